"""Who the person is. Nothing here says where they sleep or what they were given: that is on the floors above."""

from .attachment import Attachment, attachment_path
from .births import ADULT_AGE, Precision, earliest_birth, latest_of, years_before
from .consent import Consent
from .data_request import DataRequest, own_data_path
from .erasure import Erasure, ErasureList
from .identity_document import IdentityDocument
from .import_batch import ImportBatch, import_path
from .migrant import CaseCounter, Custody, FileQuerySet, Household, Migrant, MigrantQuerySet, index_keys, photo_path
from .note import Note
from .saved import ChosenColumns, SavedFilter

__all__ = [
    "ADULT_AGE",
    "Attachment",
    "CaseCounter",
    "ChosenColumns",
    "Consent",
    "Custody",
    "DataRequest",
    "Erasure",
    "ErasureList",
    "FileQuerySet",
    "Household",
    "IdentityDocument",
    "ImportBatch",
    "Migrant",
    "MigrantQuerySet",
    "Note",
    "Precision",
    "SavedFilter",
    "attachment_path",
    "earliest_birth",
    "import_path",
    "index_keys",
    "latest_of",
    "own_data_path",
    "photo_path",
    "years_before",
]
