"""The forms of a person's file."""

from .fields import OLDEST, BirthField, DateParts, LineField, birth_initial, birth_of, new_id, put_errors, sent
from .filing import AttachmentForm, CardForm, ConsentForm, DocumentForm, NoteForm, PhotoForm
from .group import ALONE, GroupForm, GroupPersonForm
from .identity import HintForm, IdentityForm, RegistrationForm
from .search import SearchForm

__all__ = [
    "ALONE",
    "OLDEST",
    "AttachmentForm",
    "BirthField",
    "CardForm",
    "ConsentForm",
    "DateParts",
    "DocumentForm",
    "GroupForm",
    "GroupPersonForm",
    "HintForm",
    "IdentityForm",
    "LineField",
    "NoteForm",
    "PhotoForm",
    "RegistrationForm",
    "SearchForm",
    "birth_initial",
    "birth_of",
    "new_id",
    "put_errors",
    "sent",
]
