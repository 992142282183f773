"""The forms of the reception. They read what was typed; the services decide."""

from .assistance import AssistanceForm, MealForm
from .board import BoardFilter
from .day import AlertFilter, AlertRulesForm, CloseAlertForm, DayForm, HandoverForm, NoteKeys
from .incidents import FollowUpForm, IncidentFilter, IncidentForm
from .stays import CheckInForm, CheckOutForm, MoveForm, UndoForm

__all__ = [
    "AlertFilter",
    "AlertRulesForm",
    "AssistanceForm",
    "BoardFilter",
    "CheckInForm",
    "CheckOutForm",
    "CloseAlertForm",
    "DayForm",
    "FollowUpForm",
    "HandoverForm",
    "IncidentFilter",
    "IncidentForm",
    "MealForm",
    "MoveForm",
    "NoteKeys",
    "UndoForm",
]
