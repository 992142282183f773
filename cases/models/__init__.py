"""Who the person is. Nothing here says where they sleep or what they were given: that is on the floors above."""

from .attachment import Attachment, attachment_path
from .births import ADULT_AGE, Precision, earliest_birth, latest_of, years_before
from .consent import Consent
from .identity_document import IdentityDocument
from .migrant import NEVER, CaseCounter, Custody, FileQuerySet, Household, Migrant, MigrantQuerySet, index_keys, photo_path
from .note import Note

__all__ = [
    "ADULT_AGE",
    "NEVER",
    "Attachment",
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
    "attachment_path",
    "earliest_birth",
    "index_keys",
    "latest_of",
    "photo_path",
    "years_before",
]
