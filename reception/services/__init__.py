"""Writes of the reception: arrival, bed, departure, transfer, assistance. Pages and API come here, and hold no rules."""

from ..models.alert import NATIONAL
from .absences import MAY_CLOSE, MAY_NOTE, note_absence, set_absence_days, watch_absences
from .alerts import Setting, end_alerts, raise_alert, set_alert_rules, settle_alert
from .apart import children_with
from .arrivals import MOST_ARRIVING, Arrival, RefusedTogether, check_in_together
from .assistance import LATE_DAYS, MOST_AT_ONCE, MOST_COST, UNDO_MINUTES, Served, may_give, may_withdraw, record_assistance, serve, withdraw_assistance, withdraw_served
from .checks import MEASURES, Measured, check_alerts, count_assisted
from .closing import OF_PROTECTION, close_alert, may_close, still_missed
from .criteria import current_criteria, publish_criteria, tell_criteria
from .expected import announce_group, close_group, correct_number, may_cancel
from .flags import ACTS, end_flags, lift_flag, right_for, save_kind, set_flag
from .handover import finish_note, leave_note, read_notes
from .health import may_withdraw_care, record_care, write_detail
from .incidents import FOLLOWS, follow_incident, note_incident
from .leaves import allow_leave, cancel_leave
from .leaving import UNDONE, check_out, release_bed, undo_departure, why_not_undone
from .report import ask_for_report
from .rollcall import Called, Round, save_roll_call
from .sessions import correct_session, followed, may_withdraw_session, present_on, record_session, withdraw_session
from .stays import INSTANT, AdmissionUndone, AlreadyLeft, assign_bed, check_in, close_stay, extend_stay, last_in_hospital, lock_person
from .stock import move_stock, set_threshold, stock_warning, tell_stock
from .transfer_steps import drop
from .transfers import ask_transfer, may_step, move_transfer
from .undoing import undo_check_in, why_admission_stays

__all__ = [
    "ACTS",
    "FOLLOWS",
    "INSTANT",
    "LATE_DAYS",
    "MAY_CLOSE",
    "MAY_NOTE",
    "MEASURES",
    "MOST_ARRIVING",
    "MOST_AT_ONCE",
    "MOST_COST",
    "NATIONAL",
    "OF_PROTECTION",
    "UNDONE",
    "UNDO_MINUTES",
    "AdmissionUndone",
    "AlreadyLeft",
    "Arrival",
    "Called",
    "Measured",
    "RefusedTogether",
    "Round",
    "Served",
    "Setting",
    "allow_leave",
    "announce_group",
    "ask_for_report",
    "ask_transfer",
    "assign_bed",
    "cancel_leave",
    "check_alerts",
    "check_in",
    "check_in_together",
    "check_out",
    "children_with",
    "close_alert",
    "close_group",
    "close_stay",
    "correct_number",
    "correct_session",
    "count_assisted",
    "current_criteria",
    "drop",
    "end_alerts",
    "end_flags",
    "extend_stay",
    "finish_note",
    "follow_incident",
    "followed",
    "last_in_hospital",
    "leave_note",
    "lift_flag",
    "lock_person",
    "may_cancel",
    "may_close",
    "may_give",
    "may_step",
    "may_withdraw",
    "may_withdraw_care",
    "may_withdraw_session",
    "move_stock",
    "move_transfer",
    "note_absence",
    "note_incident",
    "present_on",
    "publish_criteria",
    "raise_alert",
    "read_notes",
    "record_assistance",
    "record_care",
    "record_session",
    "release_bed",
    "right_for",
    "save_kind",
    "save_roll_call",
    "serve",
    "set_absence_days",
    "set_alert_rules",
    "set_flag",
    "set_threshold",
    "settle_alert",
    "still_missed",
    "stock_warning",
    "tell_criteria",
    "tell_stock",
    "undo_check_in",
    "undo_departure",
    "watch_absences",
    "why_admission_stays",
    "why_not_undone",
    "withdraw_assistance",
    "withdraw_served",
    "withdraw_session",
    "write_detail",
]
