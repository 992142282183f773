"""The forms of a person's file."""

from .fields import OLDEST, BirthField, DateParts, LineField, birth_initial, birth_of, new_id, put_errors, sent
from .filing import AttachmentForm, ConsentForm, NoteForm
from .identity import HintForm, IdentityForm, RegistrationForm
from .protection import BestInterestForm, DecisionForm, EmergencyForm, ScreeningForm, TracingForm
from .referral import DirectoryFilterForm, MoveForm, PartnerForm, ReferralFilterForm, ReferralForm, StructureForm
from .search import AGE_GROUPS, SearchForm

__all__ = [
    "AGE_GROUPS",
    "OLDEST",
    "AttachmentForm",
    "BestInterestForm",
    "BirthField",
    "ConsentForm",
    "DateParts",
    "DecisionForm",
    "DirectoryFilterForm",
    "EmergencyForm",
    "HintForm",
    "IdentityForm",
    "LineField",
    "MoveForm",
    "NoteForm",
    "PartnerForm",
    "ReferralFilterForm",
    "ReferralForm",
    "RegistrationForm",
    "ScreeningForm",
    "SearchForm",
    "StructureForm",
    "TracingForm",
    "birth_initial",
    "birth_of",
    "new_id",
    "put_errors",
    "sent",
]
