"""Writes about a person. Views, API, imports and commands all come here."""

from .agreements import refuse_follow_up_if_withdrawn, refuse_if_withdrawn, require_consent
from .attachments import attach, media_type_of
from .best_interest import ask_for_tracing, record_best_interest, update_tracing
from .cards import issue_card, revoke_card
from .consents import CONSENT_TEXT_VERSION, give_consent, withdraw_consent
from .documents import DOCUMENT_RIGHTS, add_document, correct_document, may_write_documents, remove_document
from .emergency import acknowledge_emergency, open_in_emergency, running_accesses
from .groups import open_group, register_in_group, revise_group
from .identity import (
    FURTHER_FIELDS,
    IDENTITY_FIELDS,
    clean_identity,
    correct_identity,
    end_reintegration_care,
    index_name,
    latest_birth,
    open_custody,
    refuse_merged,
    register_migrant,
)
from .lists import choose_columns, delete_filter, rename_filter, save_filter, write_note_for_all
from .merging import merge_files, undo_merge
from .notes import write_note
from .pairs import check_person, check_waiting, tell_apart
from .photos import remove_photo, set_photo
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
from .takeovers import acknowledge, take_over
from .vulnerability import assess_vulnerability, current_assessment, decide_vulnerability, may_screen

__all__ = [
    "CONSENT_TEXT_VERSION",
    "DOCUMENT_RIGHTS",
    "FURTHER_FIELDS",
    "IDENTITY_FIELDS",
    "STEP_FIELDS",
    "acknowledge",
    "acknowledge_emergency",
    "add_document",
    "add_step",
    "add_structure",
    "answer_by_link",
    "ask_for_tracing",
    "assess_vulnerability",
    "attach",
    "carried_over",
    "change_step",
    "check_person",
    "check_waiting",
    "choose_columns",
    "clean_identity",
    "correct_document",
    "correct_identity",
    "correct_structure",
    "current_assessment",
    "decide_vulnerability",
    "delete_filter",
    "end_reintegration_care",
    "find_link",
    "give_consent",
    "index_name",
    "issue_card",
    "latest_birth",
    "make_link",
    "may_edit_directory",
    "may_screen",
    "may_write_documents",
    "may_write_referral",
    "media_type_of",
    "merge_files",
    "move_referral",
    "move_step",
    "open_custody",
    "open_group",
    "open_in_emergency",
    "record_best_interest",
    "refer",
    "refuse_follow_up_if_withdrawn",
    "refuse_if_withdrawn",
    "refuse_merged",
    "register_in_group",
    "register_migrant",
    "remove_document",
    "remove_photo",
    "remove_step",
    "rename_filter",
    "require_consent",
    "revise_group",
    "revoke_card",
    "running_accesses",
    "save_filter",
    "save_profile",
    "set_photo",
    "take_over",
    "tell_apart",
    "undo_merge",
    "update_tracing",
    "was_just_sent",
    "withdraw_consent",
    "write_note",
    "write_note_for_all",
]
