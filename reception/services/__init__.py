"""Writes of the reception: arrival, bed, departure, assistance. Pages and API come here, and hold no rules."""

from .absences import MAY_CLOSE, MAY_NOTE, close_missing, note_absence, set_absence_days, watch_absences
from .alerts import raise_alert
from .assistance import MOST_AT_ONCE, may_withdraw, record_assistance, serve, withdraw_assistance
from .flags import ACTS, end_flags, lift_flag, right_for, save_kind, set_flag
from .leaves import MOST_NIGHTS, allow_leave, cancel_leave
from .report import ask_for_report
from .rollcall import Called, Round, save_roll_call
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
    "ACTS",
    "INSTANT",
    "MAY_CLOSE",
    "MAY_NOTE",
    "MOST_AT_ONCE",
    "MOST_NIGHTS",
    "UNDONE",
    "AlreadyLeft",
    "Called",
    "Round",
    "allow_leave",
    "ask_for_report",
    "assign_bed",
    "cancel_leave",
    "check_in",
    "check_out",
    "close_missing",
    "close_stay",
    "end_flags",
    "lift_flag",
    "lock_person",
    "may_withdraw",
    "note_absence",
    "raise_alert",
    "record_assistance",
    "right_for",
    "save_kind",
    "save_roll_call",
    "serve",
    "set_absence_days",
    "set_flag",
    "undo_departure",
    "watch_absences",
    "why_not_undone",
    "withdraw_assistance",
]
