"""What a referral asks for, what it may share, and the only ways between its states. The service and the database enforce this one table.

Source: action document 4.3, result 1.1 (référencement vers les structures étatiques et non étatiques); IOM Handbook (2019), part 4 on
referral mechanisms: consent, need to know, agreed deadline, feedback to whoever referred."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

# Unanswered for so long, it comes back to whoever sent it.
ANSWER_DAYS = 7
# After acceptance the partner may still say what came of it, so long after the deadline.
OUTCOME_DAYS = 30
MOST_DAYS = 180


class State(models.TextChoices):
    SENT = "sent", _("sans réponse encore")
    ACCEPTED = "accepted", _("acceptée")
    DECLINED = "declined", _("refusée")
    DONE = "done", _("faite")
    NO_ANSWER = "no_answer", _("restée sans réponse")
    CANCELLED = "cancelled", _("annulée")


# from → to. A structure that did not answer may still do so late, by telephone.
TRANSITIONS: dict[State, tuple[State, ...]] = {
    State.SENT: (State.ACCEPTED, State.DECLINED, State.NO_ANSWER, State.CANCELLED),
    State.ACCEPTED: (State.DONE, State.CANCELLED),
    State.NO_ANSWER: (State.ACCEPTED, State.DECLINED),
    State.DECLINED: (),
    State.DONE: (),
    State.CANCELLED: (),
}
OPEN = (State.SENT, State.ACCEPTED)
# What a partner may say through the link, and when.
BY_PARTNER: dict[State, tuple[State, ...]] = {State.SENT: (State.ACCEPTED, State.DECLINED), State.ACCEPTED: (State.DONE,)}
TONES = {State.SENT: "info", State.ACCEPTED: "ok", State.DECLINED: "warn", State.DONE: "ok", State.NO_ANSWER: "warn", State.CANCELLED: "neutral"}


def may_follow(state: str, to: str) -> bool:
    return to in State.values and State(to) in TRANSITIONS[State(state)]


class Urgency(models.TextChoices):
    NORMAL = "normal", _("normale")
    URGENT = "urgent", _("urgente")
    VITAL = "vital", _("vitale, dans les 24 heures")


@dataclass(frozen=True)
class Service:
    words: Any
    protected: bool = False  # its name alone tells what only protection may read


SERVICES: dict[str, Service] = {
    "health": Service(_("soins de santé")),
    "maternity": Service(_("suivi de grossesse et accouchement")),
    "mental_health": Service(_("santé mentale et appui psychosocial")),
    "disability": Service(_("appareillage et handicap")),
    "child_protection": Service(_("protection de l’enfance")),
    "family_tracing": Service(_("rétablissement des liens familiaux")),
    "asylum": Service(_("asile et protection internationale"), protected=True),
    "trafficking": Service(_("prise en charge des victimes de traite"), protected=True),
    "violence": Service(_("prise en charge des violences"), protected=True),
    "legal": Service(_("aide juridique")),
    "civil_status": Service(_("état civil et documents")),
    "shelter": Service(_("hébergement spécialisé")),
    "food": Service(_("aide alimentaire ou matérielle")),
    "education": Service(_("école et alphabétisation")),
    "training": Service(_("formation professionnelle")),
    "employment": Service(_("emploi et création d’activité")),
    "social": Service(_("action sociale")),
    "other": Service(_("autre service")),
}
PROTECTED_SERVICES = [code for code, service in SERVICES.items() if service.protected]
SERVICE_CHOICES = [(code, service.words) for code, service in SERVICES.items()]


def _phone(migrant: Any) -> str:
    return migrant.phone_words


def _languages(migrant: Any) -> str:
    from .languages import LANGUAGES

    known = dict(LANGUAGES)
    return ", ".join(str(known.get(code, code)) for code in migrant.languages)


# What may be shared of the person; the reason and the service asked for always are.
SHARED: dict[str, tuple[Any, Callable[[Any], str]]] = {
    "name": (_("nom et prénoms"), lambda migrant: migrant.full_name),
    "case_number": (_("numéro de dossier"), lambda migrant: migrant.case_number),
    "age": (_("âge"), lambda migrant: migrant.age_words),
    "sex": (_("sexe"), lambda migrant: migrant.get_sex_display()),
    "nationality": (_("nationalité"), lambda migrant: migrant.nationality_name),
    "languages": (_("langues parlées"), _languages),
    "phone": (_("téléphone"), _phone),
}
SHARED_CHOICES = [(code, words) for code, (words, _value) in SHARED.items()]


def shared_rows(migrant: Any, codes: list[str]) -> list[tuple[str, str]]:
    """(label, value) of what is shared, in the order of the list."""
    return [(str(words), value(migrant)) for code, (words, value) in SHARED.items() if code in codes]


def link_ends(deadline: datetime.date, state: str) -> datetime.date:
    """The last day on which a link opens: the deadline, and after acceptance a month more to say what came of it."""
    return deadline + datetime.timedelta(days=OUTCOME_DAYS) if state == State.ACCEPTED else deadline
