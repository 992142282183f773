"""Who the person is. Nothing here says where they sleep or what they were given: that is on the floors above."""

from .attachment import Attachment, attachment_path
from .best_interest import BestInterest, FamilyTracing
from .births import ADULT_AGE, Precision, birth_for_lists, birth_for_machines, birth_words, earliest_birth, latest_of, years_before
from .card import Card, clean_token, new_token
from .consent import Consent
from .data_request import DataRequest, own_data_path
from .duplicate import DuplicateCheck, DuplicatePair, Merge, Takeover, TakeoverNotice
from .emergency import EmergencyAccess, EmergencyNotice
from .erasure import Erasure, ErasureList
from .group import RegistrationGroup
from .identity_document import IdentityDocument
from .import_batch import ImportBatch, import_path
from .known import LastKnown, keeps_last_known
from .migrant import CARE, NEVER, CaseCounter, Custody, FileQuerySet, Household, Migrant, MigrantQuerySet, ProtectedQuerySet, index_keys, photo_path
from .note import Note
from .profile import Profile, RouteStep
from .referral import Referral, ReferralLink, Structure
from .saved import ChosenColumns, SavedFilter
from .vulnerability import ProtectedFindings, VulnerabilityAssessment

__all__ = [
    "ADULT_AGE",
    "CARE",
    "NEVER",
    "Attachment",
    "BestInterest",
    "Card",
    "CaseCounter",
    "ChosenColumns",
    "Consent",
    "Custody",
    "DataRequest",
    "DuplicateCheck",
    "DuplicatePair",
    "EmergencyAccess",
    "EmergencyNotice",
    "Erasure",
    "ErasureList",
    "FamilyTracing",
    "FileQuerySet",
    "Household",
    "IdentityDocument",
    "ImportBatch",
    "LastKnown",
    "Merge",
    "Migrant",
    "MigrantQuerySet",
    "Note",
    "Precision",
    "Profile",
    "ProtectedFindings",
    "ProtectedQuerySet",
    "Referral",
    "ReferralLink",
    "RegistrationGroup",
    "RouteStep",
    "SavedFilter",
    "Structure",
    "Takeover",
    "TakeoverNotice",
    "VulnerabilityAssessment",
    "attachment_path",
    "birth_for_lists",
    "birth_for_machines",
    "birth_words",
    "clean_token",
    "earliest_birth",
    "import_path",
    "index_keys",
    "keeps_last_known",
    "latest_of",
    "new_token",
    "own_data_path",
    "photo_path",
    "years_before",
]
