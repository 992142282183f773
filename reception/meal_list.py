"""The list of a meal: who is away, who is there, who had it, who is not ticked and why."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from cases import as_then
from cases.as_then import by_name
from cases.whereabouts import Code, Where
from centres.models import Centre, Service

from . import rules, whereabouts
from .models import Leave, Stay, StayQuerySet, Transfer
from .models.stay import IN_HOSPITAL_WITHIN
from .workflow import State


@dataclass(frozen=True)
class Row:
    """Somebody on the list. `done`: had it already; `refused`: a rule forbids it; `why`: why they are not ticked, in words. `away`: where they are, if
    they are not just here (missing, on leave, in hospital …): said at the top, never ticked by the list itself; `present` False: nobody can tick them."""

    person: uuid.UUID
    name: str
    where: str
    ticked: bool = False
    done: bool = False
    refused: bool = False
    why: str = ""
    household: uuid.UUID | None = None
    away: Where | None = None
    present: bool = True


def rows(user: User, centre: Centre, service: Service, day: datetime.date, offers: rules.Offers) -> list[Row]:
    """Who was at the centre on that day, by name: first those who are away, the missing before all; then those who can be served, those who may not, and
    those who had it. Today also those in hospital or on their way from here, whom nobody serves here."""
    today = day == timezone.localdate()
    seen = Stay.objects.visible_to(user).filter(centre=centre)
    there = seen.filter(pk__in=rules.stays_on(centre, day).order_by().values("pk"))
    if today:
        there = there.open() | outside(seen)
    stays = whereabouts.with_whereabouts(there.with_bed(user)).select_related("migrant").order_by("pk")
    # Read from the people themselves, who say what their reader knows of them.
    people: dict[uuid.UUID, Any] = {stay.migrant_id: stay for stay in sorted(stays, key=lambda stay: by_name(stay.migrant))}
    if left := [stay.migrant for stay in people.values() if not stay.is_open]:
        prefetch_related_objects(left, "custodies")
        as_then.seen_by(user, left)
    here = [person for person, stay in people.items() if not today or stay.is_open]
    refused = rules.refusals(centre=centre, service=service, people=here, on=day, user=user, offers=offers)
    leave = {} if today else _on_leave(centre, day)
    found = []
    for person, stay in people.items():
        home = stay.migrant.household_id
        name, where = stay.migrant.full_name, stay.bed_said or stay.migrant.case_number
        now = whereabouts.where_of(stay, minor=stay.migrant.is_minor())
        away = now if now.is_missing or (today and now.is_away) else None
        refusal = refused.get(person)
        if refusal is not None:
            done = refusal.code == "already_given"
            found.append(Row(person, name, where, done=done, refused=not done, why=refusal.words, away=away, household=home))
        elif away is not None:
            found.append(Row(person, name, where, why=away.words, away=away, present=stay.is_open, household=home))
        elif person in leave:
            found.append(Row(person, name, where, why=leave[person], away=Where(Code.LEAVE, leave[person]), household=home))
        elif stay.departed_at is not None and timezone.localdate(stay.departed_at) == day:
            found.append(Row(person, name, where, why=_("partie ce jour-là"), household=home))
        else:
            found.append(Row(person, name, where, ticked=True, household=home))
    return sorted(found, key=lambda row: (row.away is None, row.away is not None and not row.away.is_missing, row.done, row.refused))


def outside(stays: StayQuerySet) -> StayQuerySet:
    """Of the stays at a centre those whose person went to hospital from here a short time ago, or is on the way to another centre, and is nowhere else since."""
    later = Stay.objects.filter(migrant=OuterRef("migrant"), arrived_at__gt=OuterRef("arrived_at"))
    way = Exists(Transfer.objects.filter(stay=OuterRef("pk"), state=State.TRAVELLING))
    hospital = Q(departure_reason=Stay.DepartureReason.HOSPITAL, departed_at__gte=timezone.now() - IN_HOSPITAL_WITHIN, migrant__died_on__isnull=True)
    return stays.filter(~Exists(later), hospital | Q(way), departed_at__isnull=False)


def _on_leave(centre: Centre, day: datetime.date) -> dict[uuid.UUID, str]:
    """Who had leave for the night of that day, in words."""
    leaves = Leave.objects.holding(day).filter(stay__centre=centre).values_list("stay__migrant_id", "last_night")
    return {person: _("en permission jusqu’à la nuit du %(day)s") % {"day": date_format(last)} for person, last in leaves}
