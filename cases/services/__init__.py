"""Writes about a person. Views, API, imports and commands all come here."""

from .attachments import attach, media_type_of
from .consents import CONSENT_TEXT_VERSION, give_consent, require_consent, withdraw_consent
from .identity import IDENTITY_FIELDS, clean_identity, correct_identity, index_name, latest_birth, open_custody, refuse_merged, register_migrant
from .merging import merge_files, undo_merge
from .notes import write_note
from .pairs import check_person, check_waiting, tell_apart
from .takeovers import acknowledge, take_over

__all__ = [
    "CONSENT_TEXT_VERSION",
    "IDENTITY_FIELDS",
    "acknowledge",
    "attach",
    "check_person",
    "check_waiting",
    "clean_identity",
    "correct_identity",
    "give_consent",
    "index_name",
    "latest_birth",
    "media_type_of",
    "merge_files",
    "open_custody",
    "refuse_merged",
    "register_migrant",
    "require_consent",
    "take_over",
    "tell_apart",
    "undo_merge",
    "withdraw_consent",
    "write_note",
]
