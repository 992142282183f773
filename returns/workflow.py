"""The states of a voluntary return and the only ways between them. The service and the database enforce this one table.

Source: action document 4.3 (result 1.1) and 3.2 (forced returns); steps of practice: docs/glossary.md."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext
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
    DIED = "died", _("clos par un décès")


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
    State.DIED: (),
}

ENDED = (State.ARRIVED, State.WITHDRAWN, State.INELIGIBLE, State.DIED)
STOPPED = (State.WITHDRAWN, State.INELIGIBLE, State.DIED)
GONE = (State.DEPARTED, State.ARRIVED)
LEAVING = (State.READY, State.DEPARTED)  # nobody takes these steps who is missing
# The way of a return that comes to its end, for the line of steps on the screen.
WAY = (State.REQUESTED, State.COUNSELLED, State.CONSENTED, State.DOCUMENTS, State.READY, State.DEPARTED, State.ARRIVED)
# Nobody takes these ways: a death closes a return wherever it stands, and it goes on from there if the death was noted by mistake.
BY_DEATH = tuple(way for state in TRANSITIONS if state not in ENDED for way in ((state, State.DIED), (State.DIED, state)))

Problems = dict[str, str]
Guard = Callable[[Any, datetime.date], Problems]


def _day_done(case: Any, name: str, today: datetime.date, *, not_before: datetime.date | None = None, missing: str, early: str = "") -> Problems:
    """A day on which something happened: there, not in the future, not before what must come first."""
    day = getattr(case, name)
    if day is None:
        return {name: missing}
    if day > today:
        return {name: gettext("Cette date est dans l’avenir. Notez ce qui a eu lieu.")}
    if not_before is not None and day < not_before:
        return {name: early}
    return {}


def _nothing(case: Any, today: datetime.date) -> Problems:
    return {}


def _counselled(case: Any, today: datetime.date) -> Problems:
    return _day_done(
        case,
        "counselled_on",
        today,
        not_before=case.opened_on,
        missing=gettext("Écrivez la date de l’entretien de conseil."),
        early=gettext("L’entretien ne peut pas précéder la demande."),
    )


def _consented(case: Any, today: datetime.date) -> Problems:
    return _day_done(
        case,
        "declaration_signed_on",
        today,
        not_before=case.counselled_on,
        missing=gettext("Écrivez la date à laquelle la personne a signé la déclaration de retour volontaire."),
        early=gettext("La déclaration se signe après l’entretien de conseil, pas avant."),
    )


def _documents(case: Any, today: datetime.date) -> Problems:
    problems: Problems = {}
    if not case.document:
        problems["document"] = gettext("Choisissez le document de voyage.")
    if case.document_valid_until is None:
        problems["document_valid_until"] = gettext("Écrivez jusqu’à quand le document est valable.")
    elif case.document_valid_until <= today:
        problems["document_valid_until"] = gettext("Ce document n’est plus valable : il en faut un valable après aujourd’hui.")
    return problems


def _ready(case: Any, today: datetime.date) -> Problems:
    problems = _day_done(case, "fit_to_travel_on", today, missing=gettext("Écrivez la date de l’examen médical."))
    if case.fit_until is None:
        problems["fit_until"] = gettext("Écrivez jusqu’à quand le certificat d’aptitude est valable.")
    elif case.fit_until < today:
        problems["fit_until"] = gettext("Le certificat d’aptitude n’est plus valable : un nouvel examen est nécessaire.")
    elif case.fit_to_travel_on is not None and case.fit_until < case.fit_to_travel_on:
        problems["fit_until"] = gettext("La fin de validité précède l’examen.")
    if case.document_valid_until is None or case.document_valid_until < today:
        problems["document_valid_until"] = gettext("Le document de voyage n’est plus valable : corrigez-le avec le nouveau document.")
    if case.of_child and case.best_interest_on is None:
        problems["best_interest_on"] = gettext(
            "Cette personne est un enfant : une détermination de l’intérêt supérieur (BID) qui décide le retour, et qui vaut encore, doit être notée d’abord par la protection."
        )
    return problems


def _departed(case: Any, today: datetime.date) -> Problems:
    problems = _day_done(
        case,
        "departed_on",
        today,
        not_before=case.declaration_signed_on,
        missing=gettext("Écrivez la date du départ."),
        early=gettext("Le départ ne peut pas précéder la signature de la déclaration."),
    )
    day = case.departed_on
    if problems or day is None:
        return problems
    if case.document_valid_until is None or case.document_valid_until < day:
        problems["departed_on"] = gettext("Le document de voyage n’est pas valable ce jour-là : personne ne part sans document valable.")
    elif case.fit_to_travel_on is None or case.fit_until is None or not case.fit_to_travel_on <= day <= case.fit_until:
        problems["departed_on"] = gettext("Le certificat d’aptitude au voyage n’est pas valable ce jour-là : un nouvel examen est nécessaire.")
    elif case.of_child and (case.best_interest_on is None or case.best_interest_on > day):
        problems["departed_on"] = gettext("Un enfant ne part qu’après une décision d’intérêt supérieur.")
    return problems


def _arrived(case: Any, today: datetime.date) -> Problems:
    return _day_done(
        case,
        "arrived_on",
        today,
        not_before=case.departed_on,
        missing=gettext("Écrivez la date de l’arrivée."),
        early=gettext("L’arrivée ne peut pas précéder le départ."),
    )


def _stopped(case: Any, today: datetime.date) -> Problems:
    problems = {} if case.end_reason.strip() else {"end_reason": gettext("Écrivez pourquoi le retour s’arrête.")}
    return problems | _day_done(
        case,
        "ended_on",
        today,
        not_before=case.opened_on,
        missing=gettext("Écrivez la date de la décision."),
        early=gettext("Un retour ne peut pas s’arrêter avant d’avoir été demandé."),
    )


@dataclass(frozen=True)
class Step:
    """What is written down to come into a state, what must hold then, and how the step is called on the screen."""

    fields: tuple[str, ...]
    guard: Guard
    title: Any
    # While the case stands in this state, these may still be put right.
    correctable: tuple[str, ...] = ()


STEPS: dict[State, Step] = {
    State.REQUESTED: Step(("country_to", "place_to"), _nothing, _("Noter la demande"), ("country_to", "place_to")),
    State.COUNSELLED: Step(("counselled_on",), _counselled, _("Noter l’entretien de conseil"), ("counselled_on",)),
    State.CONSENTED: Step(("declaration_signed_on",), _consented, _("Noter la déclaration signée"), ("declaration_signed_on",)),
    State.DOCUMENTS: Step(("document", "document_valid_until"), _documents, _("Noter le document de voyage"), ("document", "document_valid_until")),
    # A document or a certificate that runs out while the person waits is renewed here.
    State.READY: Step(("fit_to_travel_on", "fit_until"), _ready, _("Noter l’aptitude au voyage"), ("fit_to_travel_on", "fit_until", "document", "document_valid_until")),
    State.DEPARTED: Step(("departed_on",), _departed, _("Noter le départ")),
    State.ARRIVED: Step(("arrived_on",), _arrived, _("Noter l’arrivée")),
    State.WITHDRAWN: Step(("end_reason", "ended_on"), _stopped, _("La personne retire sa demande")),
    State.DIED: Step((), _nothing, _("Clos par un décès")),
    State.INELIGIBLE: Step(("end_reason", "ended_on"), _stopped, _("La personne n’est pas éligible")),
}


def may_follow(state: str, to: str) -> bool:
    """Is there a way from this state to that one?"""
    return State(to) in TRANSITIONS[State(state)]


def next_step(state: str) -> State | None:
    """The next state on the way to arrival; None at its end."""
    if state not in WAY or state == State.ARRIVED:
        return None
    return WAY[WAY.index(State(state)) + 1]


def missing(case: Any, to: str, today: datetime.date) -> Problems:
    """What still stands between the case, as it is, and this state: field → words."""
    return STEPS[State(to)].guard(case, today)
