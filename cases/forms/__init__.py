"""The forms of a person's file."""

from .duplicates import ApartForm, MergeForm, TakeoverForm
from .fields import OLDEST, BirthField, DateParts, LineField, birth_initial, birth_of, new_id, put_errors, sent, typed_birth
from .filing import AttachmentForm, CardForm, ConsentForm, DocumentForm, NoteForm, PhotoForm
from .group import ALONE, GroupForm, GroupPersonForm
from .identity import HintForm, IdentityForm, RegistrationForm
from .protection import BestInterestForm, DecisionForm, EmergencyForm, ScreeningForm, TracingForm
from .referral import DirectoryFilterForm, MoveForm, PartnerForm, ReferralFilterForm, ReferralForm, StructureForm
from .search import AGE_GROUPS, SearchForm

__all__ = [
    "AGE_GROUPS",
    "ALONE",
    "OLDEST",
    "ApartForm",
    "AttachmentForm",
    "BestInterestForm",
    "BirthField",
    "CardForm",
    "ConsentForm",
    "DateParts",
    "DecisionForm",
    "DirectoryFilterForm",
    "DocumentForm",
    "EmergencyForm",
    "GroupForm",
    "GroupPersonForm",
    "HintForm",
    "IdentityForm",
    "LineField",
    "MergeForm",
    "MoveForm",
    "NoteForm",
    "PartnerForm",
    "PhotoForm",
    "ReferralFilterForm",
    "ReferralForm",
    "RegistrationForm",
    "ScreeningForm",
    "SearchForm",
    "StructureForm",
    "TakeoverForm",
    "TracingForm",
    "birth_initial",
    "birth_of",
    "new_id",
    "put_errors",
    "sent",
    "typed_birth",
]
