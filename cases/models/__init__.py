"""Who the person is. Nothing here says where they sleep or what they were given: that is on the floors above."""

from .attachment import Attachment, attachment_path
from .births import ADULT_AGE, Precision, earliest_birth, latest_of, years_before
from .card import Card, clean_token, new_token
from .consent import Consent
from .group import RegistrationGroup
from .identity_document import IdentityDocument
from .migrant import CaseCounter, Custody, FileQuerySet, Household, Migrant, MigrantQuerySet, index_keys, photo_path
from .note import Note

__all__ = [
    "ADULT_AGE",
    "Attachment",
    "Card",
    "CaseCounter",
    "Consent",
    "Custody",
    "FileQuerySet",
    "Household",
    "IdentityDocument",
    "Migrant",
    "MigrantQuerySet",
    "Note",
    "Precision",
    "RegistrationGroup",
    "attachment_path",
    "clean_token",
    "earliest_birth",
    "index_keys",
    "latest_of",
    "new_token",
    "photo_path",
    "years_before",
]
