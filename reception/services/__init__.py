"""Writes of the reception: arrival, bed, departure, assistance. Pages and API come here, and hold no rules."""

from .alerts import raise_alert
from .assistance import LATE_DAYS, MOST_AT_ONCE, MOST_COST, UNDO_MINUTES, Served, may_give, may_withdraw, record_assistance, serve, withdraw_assistance, withdraw_served
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
    "LATE_DAYS",
    "MOST_AT_ONCE",
    "MOST_COST",
    "UNDONE",
    "UNDO_MINUTES",
    "AlreadyLeft",
    "Served",
    "assign_bed",
    "check_in",
    "check_out",
    "close_stay",
    "lock_person",
    "may_give",
    "may_withdraw",
    "raise_alert",
    "record_assistance",
    "serve",
    "undo_departure",
    "why_not_undone",
    "withdraw_assistance",
    "withdraw_served",
]
