"""Writes about a person. Views, API, imports and commands all come here."""

from .attachments import attach, media_type_of
from .consents import CONSENT_TEXT_VERSION, give_consent, require_consent, withdraw_consent
from .identity import IDENTITY_FIELDS, clean_identity, correct_identity, latest_birth, open_custody, register_migrant
from .notes import write_note

__all__ = [
    "CONSENT_TEXT_VERSION",
    "IDENTITY_FIELDS",
    "attach",
    "clean_identity",
    "correct_identity",
    "give_consent",
    "latest_birth",
    "media_type_of",
    "open_custody",
    "register_migrant",
    "require_consent",
    "withdraw_consent",
    "write_note",
]
