"""Writes about a person. Views, API, imports and commands all come here."""

from .attachments import attach, media_type_of
from .best_interest import ask_for_tracing, record_best_interest, update_tracing
from .consents import CONSENT_TEXT_VERSION, give_consent, require_consent, withdraw_consent
from .emergency import acknowledge_emergency, open_in_emergency, running_accesses
from .identity import IDENTITY_FIELDS, clean_identity, correct_identity, latest_birth, open_custody, register_migrant
from .lists import choose_columns, delete_filter, rename_filter, save_filter, write_note_for_all
from .notes import write_note
from .profiles import carried_over, save_profile
from .referrals import (
    add_structure,
    answer_by_link,
    correct_structure,
    find_link,
    make_link,
    may_edit_directory,
    may_write_referral,
    move_referral,
    refer,
    was_just_sent,
)
from .route import STEP_FIELDS, add_step, change_step, move_step, remove_step
from .vulnerability import assess_vulnerability, current_assessment, decide_vulnerability, may_screen

__all__ = [
    "CONSENT_TEXT_VERSION",
    "IDENTITY_FIELDS",
    "STEP_FIELDS",
    "acknowledge_emergency",
    "add_step",
    "add_structure",
    "answer_by_link",
    "ask_for_tracing",
    "assess_vulnerability",
    "attach",
    "carried_over",
    "change_step",
    "choose_columns",
    "clean_identity",
    "correct_identity",
    "correct_structure",
    "current_assessment",
    "decide_vulnerability",
    "delete_filter",
    "find_link",
    "give_consent",
    "latest_birth",
    "make_link",
    "may_edit_directory",
    "may_screen",
    "may_write_referral",
    "media_type_of",
    "move_referral",
    "move_step",
    "open_custody",
    "open_in_emergency",
    "record_best_interest",
    "refer",
    "register_migrant",
    "remove_step",
    "rename_filter",
    "require_consent",
    "running_accesses",
    "save_filter",
    "save_profile",
    "update_tracing",
    "was_just_sent",
    "withdraw_consent",
    "write_note",
    "write_note_for_all",
]
