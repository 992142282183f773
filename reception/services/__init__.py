"""Writes of the reception: arrival, bed, departure, assistance. Pages and API come here, and hold no rules."""

from .alerts import raise_alert
from .assistance import MOST_AT_ONCE, may_give, may_withdraw, record_assistance, serve, withdraw_assistance
from .criteria import current_criteria, publish_criteria, tell_criteria
from .health import may_withdraw_care, record_care, write_detail
from .sessions import correct_session, may_withdraw_session, present_on, record_session, withdraw_session
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
from .stock import move_stock, set_threshold, stock_warning, tell_stock

__all__ = [
    "INSTANT",
    "MOST_AT_ONCE",
    "UNDONE",
    "AlreadyLeft",
    "assign_bed",
    "check_in",
    "check_out",
    "close_stay",
    "correct_session",
    "current_criteria",
    "lock_person",
    "may_give",
    "may_withdraw",
    "may_withdraw_care",
    "may_withdraw_session",
    "move_stock",
    "present_on",
    "publish_criteria",
    "raise_alert",
    "record_assistance",
    "record_care",
    "record_session",
    "serve",
    "set_threshold",
    "stock_warning",
    "tell_criteria",
    "tell_stock",
    "undo_departure",
    "why_not_undone",
    "withdraw_assistance",
    "withdraw_session",
    "write_detail",
]
