"""Writes of the reception: arrival, bed, departure, assistance. Pages and API come here, and hold no rules."""

from .alerts import Setting, close_alert, may_close, raise_alert, set_alert_rules, settle_alert
from .assistance import MOST_AT_ONCE, may_withdraw, record_assistance, serve, withdraw_assistance
from .checks import MEASURES, NATIONAL, Measured, check_alerts
from .handover import finish_note, leave_note, read_notes
from .incidents import FOLLOWS, follow_incident, note_incident
from .stays import (
    INSTANT,
    UNDONE,
    AlreadyLeft,
    assign_bed,
    check_in,
    check_out,
    close_stay,
    lock_person,
    undo_departure,
    why_not_undone,
)

__all__ = [
    "FOLLOWS",
    "INSTANT",
    "MEASURES",
    "MOST_AT_ONCE",
    "NATIONAL",
    "UNDONE",
    "AlreadyLeft",
    "Measured",
    "Setting",
    "assign_bed",
    "check_alerts",
    "check_in",
    "check_out",
    "close_alert",
    "close_stay",
    "finish_note",
    "follow_incident",
    "leave_note",
    "lock_person",
    "may_close",
    "may_withdraw",
    "note_incident",
    "raise_alert",
    "read_notes",
    "record_assistance",
    "serve",
    "set_alert_rules",
    "settle_alert",
    "undo_departure",
    "why_not_undone",
    "withdraw_assistance",
]
