"""The states of a voluntary return and the only ways between them. The service and the database enforce this one table.

Source: action document 4.3 (result 1.1) and 3.2 (forced returns); steps of practice: docs/glossary.md."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    REQUESTED = "requested", _("demandé")
    COUNSELLED = "counselled", _("conseillé")
    CONSENTED = "consented", _("déclaration signée")
    DOCUMENTS = "documents", _("documents prêts")
    READY = "ready", _("prêt au départ")
    DEPARTED = "departed", _("parti")
    ARRIVED = "arrived", _("arrivé")
    WITHDRAWN = "withdrawn", _("retiré")
    INELIGIBLE = "ineligible", _("non éligible")


# from → to. Withdrawal is possible until departure.
TRANSITIONS: dict[State, tuple[State, ...]] = {
    State.REQUESTED: (State.COUNSELLED, State.WITHDRAWN, State.INELIGIBLE),
    State.COUNSELLED: (State.CONSENTED, State.WITHDRAWN, State.INELIGIBLE),
    State.CONSENTED: (State.DOCUMENTS, State.WITHDRAWN, State.INELIGIBLE),
    State.DOCUMENTS: (State.READY, State.WITHDRAWN, State.INELIGIBLE),
    State.READY: (State.DEPARTED, State.WITHDRAWN),
    State.DEPARTED: (State.ARRIVED,),
    State.ARRIVED: (),
    State.WITHDRAWN: (),
    State.INELIGIBLE: (),
}

ENDED = (State.ARRIVED, State.WITHDRAWN, State.INELIGIBLE)
# The way of a return that comes to its end, for the line of steps on the screen.
WAY = (State.REQUESTED, State.COUNSELLED, State.CONSENTED, State.DOCUMENTS, State.READY, State.DEPARTED, State.ARRIVED)
