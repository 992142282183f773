"""Where somebody is who does not just sleep here tonight: missing, away with leave, in hospital, on the way, gone. Asked at the gate and at the counter."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from centres.models import Centre

from .absence import missing_since
from .evening import evening_of
from .models import Leave, Stay, StayQuerySet, Transfer
from .workflow import State


@dataclass(frozen=True)
class Away:
    """`words`: « Partie le 12 novembre 2026 ». `todo`: what whoever stands before them does. `missing`: a roll-call missed them."""

    words: str
    todo: str
    missing: bool = False


def with_whereabouts(stays: StayQuerySet) -> StayQuerySet:
    """With what `away_of` asks: `leave_until`, `missing_on` (the evening of the roll-call that missed the person; not seen since), `bound_for` and `came_to`
    (where a transfer leads to, or has led to: the centre that sent them knows it)."""
    leaves = Leave.objects.filter(stay=OuterRef("pk")).holding(evening_of())
    sent = Transfer.objects.filter(stay=OuterRef("pk")).order_by().values("to_centre__name")
    return stays.select_related("centre").annotate(
        leave_until=Subquery(leaves.order_by().values("last_night")[:1]),
        missing_on=missing_since(),
        bound_for=Subquery(sent.filter(state=State.TRAVELLING)[:1]),
        came_to=Subquery(sent.filter(state=State.ARRIVED)[:1]),
    )


def away_of(centre: Centre, stays: Iterable[Any], *, minor: bool, elsewhere: bool = False) -> Away | None:
    """Where a person is, by their stays from `with_whereabouts`; None of somebody who is just here.

    `elsewhere`: another team follows them now, and where that has them is not for this centre."""
    known = [stay for stay in stays if not elsewhere or stay.centre_id == centre.pk]
    last = max(known, key=lambda stay: (stay.is_open, stay.arrived_at), default=None)
    if last is None:
        words = _("Suivie par un autre centre") if elsewhere else _("Ne séjourne pas ici")
        return Away(words, _("Vérifiez que c’est bien cette personne, puis notez d’abord son arrivée."))
    return _gone(centre, last) if last.departed_at is not None or last.centre_id != centre.pk else _out(last, minor=minor)


def _out(stay: Any, *, minor: bool) -> Away | None:
    """Of somebody who stays here."""
    if stay.missing_on is not None:
        todo = _("Prévenez tout de suite le responsable et la protection.") if minor else _("Prévenez tout de suite le responsable.")
        return Away(_("Signalée manquante à l’appel du %(day)s") % {"day": date_format(stay.missing_on)}, todo, missing=True)
    if stay.leave_until is not None:
        return Away(_("En permission jusqu’à la nuit du %(day)s") % {"day": date_format(stay.leave_until)}, _("Vérifiez que c’est bien cette personne."))
    return None


def _gone(centre: Centre, stay: Any) -> Away:
    """Of somebody who has no bed here; the last that is known of them."""
    todo = _("Vérifiez que c’est bien cette personne. Si elle est revenue, notez d’abord son arrivée.")
    if stay.departed_at is None:
        values = {"centre": stay.centre, "day": date_format(timezone.localtime(stay.arrived_at))}
        return Away(_("Hébergée au centre de %(centre)s depuis le %(day)s") % values, todo)
    day = date_format(timezone.localtime(stay.departed_at))
    if stay.bound_for:
        return Away(_("En route vers %(centre)s depuis le %(day)s") % {"centre": stay.bound_for, "day": day}, todo)
    if stay.came_to:
        return Away(_("Transférée au centre de %(centre)s le %(day)s") % {"centre": stay.came_to, "day": day}, todo)
    if stay.departure_reason == Stay.DepartureReason.HOSPITAL:
        return Away(_("À l’hôpital depuis le %(day)s") % {"day": day}, todo)
    words = _("Partie le %(day)s") if stay.centre_id == centre.pk else _("Partie d’un autre centre le %(day)s")
    return Away(words % {"day": day}, f"{capfirst(stay.get_departure_reason_display())}. {todo}")
