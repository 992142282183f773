"""Where somebody is: present, away with leave, missing, in hospital, on the way, gone. One place for all pages, lists, files and the API, which ask it
through `cases.whereabouts`; the counter and the gate ask it as one centre sees the person."""

import datetime
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from django.db.models import F, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Cast, JSONObject, Now
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from cases import whereabouts
from cases.models import Migrant, MigrantQuerySet
from cases.pages.file import PAPER_SOURCES, papers
from cases.whereabouts import Code, Where
from centres.access import centres_for, may
from centres.models import Centre
from centres.roles import Right
from config.among import among

from .absence import back_by, missing_since
from .evening import due_evening, evening_of
from .models import Leave, Stay, StayQuerySet, Transfer
from .workflow import State


@dataclass(frozen=True)
class Away:
    """`words`: « Partie le 12 novembre 2026 ». `todo`: what whoever stands before them does. `missing`: a roll-call missed them."""

    words: str
    todo: str
    missing: bool = False


def with_whereabouts(stays: StayQuerySet) -> StayQuerySet:
    """With what `where_of` asks: `leave_until`, `late_from` (the last night of a leave they have not come back from), `missing_on` (the evening of the
    roll-call that missed the person; not seen since), `bound_for` and `came_to` (where a transfer leads to, or has led to: the centre that sent them knows it)."""
    leaves = Leave.objects.filter(stay=OuterRef("pk")).holding(evening_of())
    sent = Transfer.objects.filter(stay=OuterRef("pk")).order_by().values("to_centre__name")
    return stays.select_related("centre").annotate(
        leave_until=Subquery(leaves.order_by().values("last_night")[:1]),
        late_from=back_by(evening_of()),
        missing_on=missing_since(),
        bound_for=Subquery(sent.filter(state=State.TRAVELLING)[:1]),
        came_to=Subquery(sent.filter(state=State.ARRIVED)[:1]),
    )


def missing_words(centre: Centre, evening: datetime.date, *, minor: bool) -> Where:
    """Of somebody whom the roll-call of this evening missed, and who was not seen since."""
    todo = _("Prévenez tout de suite le responsable et la protection.") if minor else _("Prévenez tout de suite le responsable.")
    return Where(Code.MISSING, _("Manque depuis l’appel du %(day)s") % {"day": date_format(evening)}, evening, centre=centre.code, todo=todo)


def where_of(stay: Any, *, minor: bool = False) -> Where:
    """What a stay of `with_whereabouts`, the last of the person, says of where they are."""
    code = stay.centre.code
    if stay.departed_at is None:
        if stay.missing_on is not None:
            return missing_words(stay.centre, stay.missing_on, minor=minor)
        if stay.leave_until is not None:
            words = _("En permission jusqu’à la nuit du %(day)s") % {"day": date_format(stay.leave_until)}
            return Where(Code.LEAVE, words, centre=code, todo=_("Vérifiez que c’est bien cette personne."))
        bed = getattr(stay, "bed_words", None) or ""
        if stay.late_from is not None and stay.late_from < due_evening():
            words = _("Pas encore de retour après la permission (jusqu’à la nuit du %(day)s)") % {"day": date_format(stay.late_from)}
            return Where(Code.LATE, words, stay.late_from, bed, code)
        return Where(Code.PRESENT, _("Au centre de %(centre)s") % {"centre": stay.centre}, timezone.localdate(stay.arrived_at), bed, code)
    since = timezone.localtime(stay.departed_at)
    day = date_format(since)
    if stay.bound_for:
        return Where(Code.TRAVELLING, _("En route vers %(centre)s depuis le %(day)s") % {"centre": stay.bound_for, "day": day}, since.date(), centre=code)
    if stay.came_to:
        return Where(Code.LEFT, _("Transférée au centre de %(centre)s le %(day)s") % {"centre": stay.came_to, "day": day}, since.date(), centre=code)
    if stay.departure_reason == Stay.DepartureReason.HOSPITAL:
        return Where(Code.HOSPITAL, _("À l’hôpital depuis le %(day)s") % {"day": day}, since.date(), centre=code)
    return Where(Code.LEFT, _("Partie le %(day)s") % {"day": day}, since.date(), centre=code)


def _known(user: User, people: list[Migrant]) -> dict[uuid.UUID, Where]:
    """For `cases.whereabouts`: by the last stay of each that the user knows of."""
    ended = {person.pk: person.care_ended(user) for person in people}
    last_first = (F("departed_at").desc(nulls_first=True), "-arrived_at")
    stays = Stay.objects.visible_to(user).filter(among("migrant", [person.pk for person in people])).with_bed()
    last = {stay.migrant_id: stay for stay in with_whereabouts(stays).order_by("migrant_id", *last_first).distinct("migrant_id")}
    return {person.pk: _of_person(user, person, last.get(person.pk), ended[person.pk]) for person in people}


def _of_person(user: User, person: Migrant, stay: Any, until: datetime.datetime | None) -> Where:
    """By the last stay that is known; `until`: when the care of the user's centres ended, if it did."""
    died = person.died_on
    if died is not None and (until is None or died <= timezone.localdate(until)):
        return Where(Code.DIED, _("Décès le %(day)s") % {"day": date_format(died)}, died)
    if until is not None:  # the centre that sent somebody knows where to, until they arrive; nothing else
        on_way = stay is not None and stay.bound_for and stay.centre_id in centres_for(user, Right.VIEW_CASE)
        return where_of(stay) if on_way else Where(Code.ELSEWHERE, _("Suivie par une autre équipe"))
    if stay is None:
        return Where(Code.NONE, _("Pas encore admise dans un centre"))
    where = where_of(stay, minor=person.is_minor())
    if where.is_missing and may(user, Right.VIEW_CENTRE, stay.centre):
        where = replace(where, url=reverse("reception:absences", args=[where.centre]))
    return where


# --- on the file: read with its papers, in their one question -----------------------------------------------------------

PAPER = "where"


def _last_stay(user: Any, migrant: Migrant, columns: Any) -> Iterator[Any]:
    last = Stay.objects.filter(migrant=migrant.pk).order_by(F("departed_at").desc(nulls_first=True), "-arrived_at")
    stays = with_whereabouts(Stay.objects.on_file_of(migrant).visible_to(user).with_bed()).filter(pk=Subquery(last.values("pk")[:1]))
    # It stands first, however long the file is.
    yield columns(stays, "", Value(PAPER), Now(), Value(""), Cast(_about(), TextField()))


_MOMENTS, _DAYS = ("arrived_at", "departed_at"), ("leave_until", "late_from", "missing_on")
_WORDS = ("bound_for", "came_to", "bed_words", "departure_reason", "centre_id", "centre__code", "centre__name")


def _about() -> JSONObject:
    """Of a stay of `with_whereabouts`: what `where_of` asks."""
    return JSONObject(**{name: name for name in (*_MOMENTS, *_DAYS, *_WORDS)})


def _told(about: dict[str, Any] | None) -> Any:
    """The same, as `where_of` reads it."""
    if about is None:
        return None
    read = about | {name: parse_datetime(about[name] or "") for name in _MOMENTS} | {name: parse_date(about[name] or "") for name in _DAYS}
    return SimpleNamespace(**read, centre=Centre(pk=about["centre_id"], code=about["centre__code"], name=about["centre__name"]))


def _on_file(user: User, migrant: Migrant) -> Where:
    paper = next((paper for paper in papers(user, migrant) if paper.sort == PAPER), None)
    return _of_person(user, migrant, _told(json.loads(paper.text) if paper is not None else None), migrant.care_ended(user))


def with_last_stay(user: Any, people: MigrantQuerySet) -> MigrantQuerySet:
    """People that are loaded together with what `told_with` asks."""
    last = Stay.objects.visible_to(user).filter(migrant=OuterRef("pk")).order_by(F("departed_at").desc(nulls_first=True), "-arrived_at")
    return people.annotate(last_stay=Subquery(with_whereabouts(last.with_bed()).annotate(about=_about()).values("about")[:1]))


def told_with(user: Any, person: Any) -> None:
    """Sets `where` of somebody from `with_last_stay`: no question of its own."""
    person.where = _of_person(user, person, _told(person.last_stay), person.care_ended(user))


PAPER_SOURCES.append(_last_stay)
whereabouts.ON_FILE.append(_on_file)
whereabouts.SOURCES.append(_known)


def away_of(centre: Centre, stays: Iterable[Any], *, minor: bool, elsewhere: bool = False) -> Away | None:
    """Where a person is as this centre's counter sees it, by their stays from `with_whereabouts`; None of somebody who is just here.

    `elsewhere`: another team follows them now, and where that has them is not for this centre."""
    known = [stay for stay in stays if not elsewhere or stay.centre_id == centre.pk]
    last = max(known, key=lambda stay: (stay.is_open, stay.arrived_at), default=None)
    if last is None:
        words = _("Suivie par un autre centre") if elsewhere else _("Ne séjourne pas ici")
        return Away(words, _("Vérifiez que c’est bien cette personne, puis notez d’abord son arrivée."))
    where = where_of(last, minor=minor)
    if where.code in (Code.MISSING, Code.LEAVE) and last.centre_id == centre.pk:
        return Away(where.words, where.todo, where.is_missing)
    if last.departed_at is None and last.centre_id == centre.pk:
        return None
    return _gone(centre, last, where)


def _gone(centre: Centre, stay: Any, where: Where) -> Away:
    """Of somebody who has no bed here; the last that is known of them."""
    todo = _("Vérifiez que c’est bien cette personne. Si elle est revenue, notez d’abord son arrivée.")
    if stay.departed_at is None:
        values = {"centre": stay.centre, "day": date_format(timezone.localtime(stay.arrived_at))}
        return Away(_("Hébergée au centre de %(centre)s depuis le %(day)s") % values, todo)
    if where.code != Code.LEFT or stay.came_to:
        return Away(where.words, todo)
    words = where.words if stay.centre_id == centre.pk else _("Partie d’un autre centre le %(day)s") % {"day": date_format(timezone.localtime(stay.departed_at))}
    return Away(words, f"{capfirst(stay.get_departure_reason_display())}. {todo}")


def why_missing(person: Migrant, on: datetime.date | None = None) -> str:
    """Words for why somebody who is missing takes no step out of the centre, and who can help; empty of anybody else. `on`: the day of that step, where
    it is written down later: whoever left before the evening of that roll-call was not missing then. Whoever asks need not follow the person."""
    stay: Any = Stay.objects.open().filter(migrant=person.pk).annotate(missing_on=missing_since()).filter(missing_on__isnull=False).select_related("centre").first()
    if stay is None or (on is not None and on < stay.missing_on):
        return ""
    words = _(
        "%(person)s manque depuis l’appel du %(day)s : pas de départ tant que personne ne l’a vue. Le centre de %(centre)s la cherche. Quand quelqu’un l’a vue, il marque la"
        " personne présente à l’appel du soir, ou « Vue » sous Absences. Si elle a quitté le centre, il note son départ."
    )
    return words % {"person": person, "day": date_format(stay.missing_on), "centre": stay.centre}
