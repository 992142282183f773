"""Writes about a person. Views, API, imports and commands all come here."""

from .attachments import attach, media_type_of
from .consents import CONSENT_TEXT_VERSION, give_consent, require_consent, withdraw_consent
from .identity import IDENTITY_FIELDS, clean_identity, correct_identity, latest_birth, open_custody, register_migrant
from .notes import write_note
from .profiles import carried_over, save_profile
from .route import STEP_FIELDS, add_step, change_step, move_step, remove_step

__all__ = [
    "CONSENT_TEXT_VERSION",
    "IDENTITY_FIELDS",
    "STEP_FIELDS",
    "add_step",
    "attach",
    "carried_over",
    "change_step",
    "clean_identity",
    "correct_identity",
    "give_consent",
    "latest_birth",
    "media_type_of",
    "move_step",
    "open_custody",
    "register_migrant",
    "remove_step",
    "require_consent",
    "save_profile",
    "withdraw_consent",
    "write_note",
]
