"""The forms of a person's file."""

from .duplicates import ApartForm, MergeForm, TakeoverForm
from .fields import OLDEST, BirthField, DateParts, LineField, birth_initial, birth_of, new_id, put_errors, sent
from .filing import AttachmentForm, ConsentForm, NoteForm
from .identity import HintForm, IdentityForm, RegistrationForm
from .search import SearchForm

__all__ = [
    "OLDEST",
    "ApartForm",
    "AttachmentForm",
    "BirthField",
    "ConsentForm",
    "DateParts",
    "HintForm",
    "IdentityForm",
    "LineField",
    "MergeForm",
    "NoteForm",
    "RegistrationForm",
    "SearchForm",
    "TakeoverForm",
    "birth_initial",
    "birth_of",
    "new_id",
    "put_errors",
    "sent",
]
