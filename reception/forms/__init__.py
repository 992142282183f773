"""The forms of the reception. They read what was typed; the services decide."""

from .assistance import AssistanceForm, MealForm
from .board import BoardFilter
from .criteria import CriteriaForm, ToldForm, initial_texts
from .flags import FlagForm, KindForm, LiftForm
from .health import CareForm, DetailForm
from .presence import AbsenceForm, CloseForm, DaysForm, LeaveForm, RollCallForm, called_from, error_words
from .report import AskReportForm, PeriodForm
from .sessions import SessionForm, ticked
from .stays import CheckInForm, CheckOutForm, MoveForm, UndoForm
from .stock import MovementForm, ThresholdForm

__all__ = [
    "AbsenceForm",
    "AskReportForm",
    "AssistanceForm",
    "BoardFilter",
    "CareForm",
    "CheckInForm",
    "CheckOutForm",
    "CloseForm",
    "CriteriaForm",
    "DaysForm",
    "DetailForm",
    "FlagForm",
    "KindForm",
    "LeaveForm",
    "LiftForm",
    "MealForm",
    "MoveForm",
    "MovementForm",
    "PeriodForm",
    "RollCallForm",
    "SessionForm",
    "ThresholdForm",
    "ToldForm",
    "UndoForm",
    "called_from",
    "error_words",
    "initial_texts",
    "ticked",
]
