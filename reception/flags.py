"""What the flags somebody carries allow and forbid: asked at the gate, at the counter, before a transfer and by whoever counts people."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.utils.translation import gettext as _

from centres.models import Service
from config.among import among

from .models import FlagKind, PersonFlag

Carried = dict[uuid.UUID, list[PersonFlag]]


def of(people: Iterable[uuid.UUID]) -> Carried:
    """The flags that act today on each of these people; somebody without one is not in it. One query for any number. Each with
    `suspended`: the keys of the services that it suspends."""
    carried: Carried = {}
    keys = list(people)
    theirs = PersonFlag.objects.acting().filter(among("migrant", keys))
    suspended = ArraySubquery(FlagKind.suspends.through.objects.filter(flagkind=OuterRef("kind")).order_by().values("service"))
    rows = theirs.annotate(suspended=suspended).select_related("kind").order_by("since", "pk")
    for flag in rows:
        here = carried.setdefault(flag.migrant_id, [])
        if all(flag.kind_id != other.kind_id for other in here):
            here.append(flag)
    return carried


def _words(flag: PersonFlag, words: str) -> str:
    return f"{words} {flag.kind.instruction}".strip()


def admission_refusal(flags: Iterable[PersonFlag]) -> str:
    """Why this person is not admitted, in words; empty if nothing forbids it."""
    for flag in flags:
        if flag.kind.denies:
            return _words(flag, _("Consigne « %(flag)s » : cette personne n’est pas admise.") % {"flag": flag.kind})
    return ""


def service_refusal(flags: Iterable[PersonFlag], service: Service) -> str:
    """Why this service is not given to somebody with these flags (`of`), in words; empty if nothing forbids it."""
    for flag in flags:
        if flag.kind.denies or service.pk in flag.suspended:  # type: ignore[attr-defined]
            return _words(flag, _("Consigne « %(flag)s » : ce service n’est pas donné à cette personne.") % {"flag": flag.kind})
    return ""


def transfer_refusal(flags: Iterable[PersonFlag]) -> str:
    """Why this person is not transferred, in words; empty if nothing forbids it."""
    for flag in flags:
        if flag.kind.blocks_transfer:
            return _words(flag, _("Consigne « %(flag)s » : cette personne n’est pas transférée.") % {"flag": flag.kind})
    return ""


def left_out() -> QuerySet[PersonFlag, dict[str, Any]]:
    """Keys of the people whom no statistic counts, as a subquery: `.exclude(migrant__in=flags.left_out())`."""
    return PersonFlag.objects.acting().filter(kind__out_of_statistics=True).order_by().values("migrant")
