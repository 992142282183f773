"""Writes of the reception: arrival, bed, departure, assistance. Pages and API come here, and hold no rules."""

from .alerts import raise_alert
from .assistance import MOST_AT_ONCE, may_withdraw, record_assistance, serve, withdraw_assistance
from .report import ask_for_report
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
    "INSTANT",
    "MOST_AT_ONCE",
    "UNDONE",
    "AlreadyLeft",
    "ask_for_report",
    "assign_bed",
    "check_in",
    "check_out",
    "close_stay",
    "lock_person",
    "may_withdraw",
    "raise_alert",
    "record_assistance",
    "serve",
    "undo_departure",
    "why_not_undone",
    "withdraw_assistance",
]
