"""Who the person is. Nothing here says where they sleep or what they were given: that is on the floors above."""

from .attachment import Attachment, attachment_path
from .best_interest import BestInterest, FamilyTracing
from .births import ADULT_AGE, Precision, earliest_birth, latest_of, years_before
from .consent import Consent
from .emergency import EmergencyAccess, EmergencyNotice
from .identity_document import IdentityDocument
from .migrant import CaseCounter, Custody, FileQuerySet, Household, Migrant, MigrantQuerySet, ProtectedQuerySet, index_keys, photo_path
from .note import Note
from .profile import Profile, RouteStep
from .referral import Referral, ReferralLink, Structure
from .vulnerability import ProtectedFindings, VulnerabilityAssessment

__all__ = [
    "ADULT_AGE",
    "Attachment",
    "BestInterest",
    "CaseCounter",
    "Consent",
    "Custody",
    "EmergencyAccess",
    "EmergencyNotice",
    "FamilyTracing",
    "FileQuerySet",
    "Household",
    "IdentityDocument",
    "Migrant",
    "MigrantQuerySet",
    "Note",
    "Precision",
    "Profile",
    "ProtectedFindings",
    "ProtectedQuerySet",
    "Referral",
    "ReferralLink",
    "RouteStep",
    "Structure",
    "VulnerabilityAssessment",
    "attachment_path",
    "earliest_birth",
    "index_keys",
    "latest_of",
    "photo_path",
    "years_before",
]
