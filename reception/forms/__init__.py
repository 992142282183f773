"""The forms of the reception. They read what was typed; the services decide."""

from .arrivals import ArrivalsForm
from .assistance import AssistanceForm, MealForm, UndoMealForm, WhichMealForm
from .board import BoardFilter
from .counter import SCAN, SHOW, CounterForm
from .criteria import CriteriaForm, ToldForm, initial_texts
from .day import AlertFilter, AlertRulesForm, CloseAlertForm, DayForm, HandoverForm, NoteKeys
from .expected import AnnounceForm, ArrivedForm, CancelForm, CorrectForm
from .flags import FlagForm, KindForm, LiftForm
from .health import CareForm, DetailForm
from .incidents import FollowUpForm, IncidentFilter, IncidentForm
from .offers import RIGHTS, OfferForm
from .presence import BACK, AbsenceForm, DaysForm, LeaveForm, RollCallForm, called_from, error_words
from .report import AskReportForm, PeriodForm
from .sessions import SessionForm, ticked
from .stays import CheckInForm, CheckOutForm, ExtendForm, MoveForm, UndoArrivalForm, UndoForm
from .stock import MovementForm, ThresholdForm
from .transfers import AskTransferForm, StepForm

__all__ = [
    "BACK",
    "RIGHTS",
    "SCAN",
    "SHOW",
    "AbsenceForm",
    "AlertFilter",
    "AlertRulesForm",
    "AnnounceForm",
    "ArrivalsForm",
    "ArrivedForm",
    "AskReportForm",
    "AskTransferForm",
    "AssistanceForm",
    "BoardFilter",
    "CancelForm",
    "CareForm",
    "CheckInForm",
    "CheckOutForm",
    "CloseAlertForm",
    "CorrectForm",
    "CounterForm",
    "CriteriaForm",
    "DayForm",
    "DaysForm",
    "DetailForm",
    "ExtendForm",
    "FlagForm",
    "FollowUpForm",
    "HandoverForm",
    "IncidentFilter",
    "IncidentForm",
    "KindForm",
    "LeaveForm",
    "LiftForm",
    "MealForm",
    "MoveForm",
    "MovementForm",
    "NoteKeys",
    "OfferForm",
    "PeriodForm",
    "RollCallForm",
    "SessionForm",
    "StepForm",
    "ThresholdForm",
    "ToldForm",
    "UndoArrivalForm",
    "UndoForm",
    "UndoMealForm",
    "WhichMealForm",
    "called_from",
    "error_words",
    "initial_texts",
    "ticked",
]
