"""The forms of the reception. They read what was typed; the services decide."""

from .assistance import AssistanceForm, MealForm
from .board import BoardFilter
from .criteria import CriteriaForm, ToldForm, initial_texts
from .health import CareForm, DetailForm
from .sessions import SessionForm, ticked
from .stays import CheckInForm, CheckOutForm, MoveForm, UndoForm
from .stock import MovementForm, ThresholdForm

__all__ = [
    "AssistanceForm",
    "BoardFilter",
    "CareForm",
    "CheckInForm",
    "CheckOutForm",
    "CriteriaForm",
    "DetailForm",
    "MealForm",
    "MoveForm",
    "MovementForm",
    "SessionForm",
    "ThresholdForm",
    "ToldForm",
    "UndoForm",
    "initial_texts",
    "ticked",
]
