"""The forms of the reception. They read what was typed; the services decide."""

from .assistance import AssistanceForm, MealForm
from .board import BoardFilter
from .report import AskReportForm, PeriodForm
from .stays import CheckInForm, CheckOutForm, MoveForm, UndoForm

__all__ = ["AskReportForm", "AssistanceForm", "BoardFilter", "CheckInForm", "CheckOutForm", "MealForm", "MoveForm", "PeriodForm", "UndoForm"]
