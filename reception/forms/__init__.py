"""The forms of the reception. They read what was typed; the services decide."""

from .assistance import AssistanceForm, MealForm
from .board import BoardFilter
from .counter import SCAN, SHOW, CounterForm
from .stays import CheckInForm, CheckOutForm, MoveForm, UndoForm

__all__ = ["SCAN", "SHOW", "AssistanceForm", "BoardFilter", "CheckInForm", "CheckOutForm", "CounterForm", "MealForm", "MoveForm", "UndoForm"]
