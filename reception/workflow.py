"""The states of a transfer between two centres and the only ways between them. The service and the database enforce this one table."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    ASKED = "asked", _("demandé")
    ACCEPTED = "accepted", _("accepté")
    TRAVELLING = "travelling", _("en route")
    ARRIVED = "arrived", _("arrivée")
    REFUSED = "refused", _("refusé")
    CANCELLED = "cancelled", _("annulé")
    NOT_ARRIVED = "not_arrived", _("pas arrivée")


TRANSITIONS: dict[State, tuple[State, ...]] = {
    State.ASKED: (State.ACCEPTED, State.REFUSED, State.CANCELLED),
    State.ACCEPTED: (State.TRAVELLING, State.CANCELLED),
    State.TRAVELLING: (State.ARRIVED, State.NOT_ARRIVED, State.CANCELLED),
    State.ARRIVED: (),
    State.REFUSED: (),
    State.CANCELLED: (),
    State.NOT_ARRIVED: (),
}
# An admission that is taken back (services/undoing.py): the person is on the way again.
TAKEN_BACK = ((State.ARRIVED, State.TRAVELLING), (State.NOT_ARRIVED, State.TRAVELLING))

OPEN = tuple(state for state, ways in TRANSITIONS.items() if ways)
# Before anybody has left: the person is still at the centre that asks.
BEFORE = (State.ASKED, State.ACCEPTED)
WAY = (State.ASKED, State.ACCEPTED, State.TRAVELLING, State.ARRIVED)
# These end it, and say why in words.
WITH_WORDS = (State.REFUSED, State.CANCELLED, State.NOT_ARRIVED)


def may_follow(state: str, to: str) -> bool:
    """Is there a way from this state to that one?"""
    return to in State.values and State(to) in TRANSITIONS[State(state)]
