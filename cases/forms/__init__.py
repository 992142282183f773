"""The forms of a person's file."""

from .fields import OLDEST, BirthField, DateParts, LineField, birth_initial, birth_of, new_id, put_errors, sent
from .filing import AttachmentForm, ConsentForm, NoteForm
from .identity import HintForm, IdentityForm, RegistrationForm
from .search import AGE_GROUPS, SearchForm

__all__ = [
    "AGE_GROUPS",
    "OLDEST",
    "AttachmentForm",
    "BirthField",
    "ConsentForm",
    "DateParts",
    "HintForm",
    "IdentityForm",
    "LineField",
    "NoteForm",
    "RegistrationForm",
    "SearchForm",
    "birth_initial",
    "birth_of",
    "new_id",
    "put_errors",
    "sent",
]
