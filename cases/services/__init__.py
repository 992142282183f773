"""Writes about a person. Views, API, imports and commands all come here."""

from .attachments import attach, media_type_of
from .consents import CONSENT_TEXT_VERSION, give_consent, require_consent, withdraw_consent
from .identity import IDENTITY_FIELDS, clean_identity, correct_identity, latest_birth, open_custody, register_migrant
from .lists import choose_columns, delete_filter, rename_filter, save_filter, write_note_for_all
from .notes import write_note

__all__ = [
    "CONSENT_TEXT_VERSION",
    "IDENTITY_FIELDS",
    "attach",
    "choose_columns",
    "clean_identity",
    "correct_identity",
    "delete_filter",
    "give_consent",
    "latest_birth",
    "media_type_of",
    "open_custody",
    "register_migrant",
    "rename_filter",
    "require_consent",
    "save_filter",
    "withdraw_consent",
    "write_note",
    "write_note_for_all",
]
