"""Writes of the reception: arrival, bed, departure, transfer, assistance. Pages and API come here, and hold no rules."""

from .alerts import raise_alert
from .arrivals import MOST_ARRIVING, Arrival, RefusedTogether, check_in_together
from .assistance import MOST_AT_ONCE, may_withdraw, record_assistance, serve, withdraw_assistance
from .expected import announce_group, close_group, may_cancel
from .leaving import UNDONE, check_out, release_bed, undo_departure, why_not_undone
from .stays import INSTANT, AlreadyLeft, assign_bed, check_in, close_stay, extend_stay, lock_person
from .transfer_steps import drop
from .transfers import ask_transfer, may_step, move_transfer

__all__ = [
    "INSTANT",
    "MOST_ARRIVING",
    "MOST_AT_ONCE",
    "UNDONE",
    "AlreadyLeft",
    "Arrival",
    "RefusedTogether",
    "announce_group",
    "ask_transfer",
    "assign_bed",
    "check_in",
    "check_in_together",
    "check_out",
    "close_group",
    "close_stay",
    "drop",
    "extend_stay",
    "lock_person",
    "may_cancel",
    "may_step",
    "may_withdraw",
    "move_transfer",
    "raise_alert",
    "record_assistance",
    "release_bed",
    "serve",
    "undo_departure",
    "why_not_undone",
    "withdraw_assistance",
]
