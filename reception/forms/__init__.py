"""The forms of the reception. They read what was typed; the services decide."""

from .assistance import AssistanceForm, MealForm, UndoMealForm, WhichMealForm
from .board import BoardFilter
from .offers import RIGHTS, OfferForm
from .stays import CheckInForm, CheckOutForm, MoveForm, UndoForm

__all__ = ["RIGHTS", "AssistanceForm", "BoardFilter", "CheckInForm", "CheckOutForm", "MealForm", "MoveForm", "OfferForm", "UndoForm", "UndoMealForm", "WhichMealForm"]
