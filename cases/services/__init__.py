"""Writes about a person. Views, API, imports and commands all come here."""

from .agreements import refuse_follow_up_if_withdrawn, refuse_if_withdrawn, require_consent
from .attachments import attach, media_type_of
from .cards import issue_card, revoke_card
from .consents import CONSENT_TEXT_VERSION, give_consent, withdraw_consent
from .documents import DOCUMENT_RIGHTS, add_document, correct_document, may_write_documents, remove_document
from .groups import open_group, register_in_group, revise_group
from .identity import FURTHER_FIELDS, IDENTITY_FIELDS, clean_identity, correct_identity, latest_birth, open_custody, register_migrant
from .notes import write_note
from .photos import remove_photo, set_photo

__all__ = [
    "CONSENT_TEXT_VERSION",
    "DOCUMENT_RIGHTS",
    "FURTHER_FIELDS",
    "IDENTITY_FIELDS",
    "add_document",
    "attach",
    "clean_identity",
    "correct_document",
    "correct_identity",
    "give_consent",
    "issue_card",
    "latest_birth",
    "may_write_documents",
    "media_type_of",
    "open_custody",
    "open_group",
    "refuse_follow_up_if_withdrawn",
    "refuse_if_withdrawn",
    "register_in_group",
    "register_migrant",
    "remove_document",
    "remove_photo",
    "require_consent",
    "revise_group",
    "revoke_card",
    "set_photo",
    "withdraw_consent",
    "write_note",
]
