"""The forms of the reception. They read what was typed; the services decide."""

from .assistance import AssistanceForm, MealForm
from .board import BoardFilter
from .report import AskReportForm, PeriodForm
from .stays import CheckInForm, CheckOutForm, MoveForm, UndoForm

__all__ = [
    "AbsenceForm",
    "AskReportForm",
    "AssistanceForm",
    "BoardFilter",
    "CheckInForm",
    "CheckOutForm",
    "CloseForm",
    "DaysForm",
    "FlagForm",
    "KindForm",
    "LeaveForm",
    "LiftForm",
    "MealForm",
    "MoveForm",
    "PeriodForm",
    "RollCallForm",
    "UndoForm",
    "called_from",
    "error_words",
]
from .flags import FlagForm, KindForm, LiftForm
from .presence import AbsenceForm, CloseForm, DaysForm, LeaveForm, RollCallForm, called_from, error_words
