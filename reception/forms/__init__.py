"""The forms of the reception. They read what was typed; the services decide."""

from .assistance import AssistanceForm, MealForm
from .board import BoardFilter
from .stays import CheckInForm, CheckOutForm, MoveForm, UndoForm

__all__ = ["AssistanceForm", "BoardFilter", "CheckInForm", "CheckOutForm", "MealForm", "MoveForm", "UndoForm"]
