"""The forms of the reception. They read what was typed; the services decide."""

from .arrivals import ArrivalsForm
from .assistance import AssistanceForm, MealForm
from .board import BoardFilter
from .expected import AnnounceForm, ArrivedForm, CancelForm
from .stays import CheckInForm, CheckOutForm, ExtendForm, MoveForm, UndoForm
from .transfers import AskTransferForm, StepForm

__all__ = [
    "AnnounceForm",
    "ArrivalsForm",
    "ArrivedForm",
    "AskTransferForm",
    "AssistanceForm",
    "BoardFilter",
    "CancelForm",
    "CheckInForm",
    "CheckOutForm",
    "ExtendForm",
    "MealForm",
    "MoveForm",
    "StepForm",
    "UndoForm",
]
