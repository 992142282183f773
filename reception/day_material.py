"""What the database tells of a day of a centre, for its sheet: one query for all lists, and the people they name in another."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When, Window
from django.db.models.functions import JSONObject
from django.utils import timezone

from accounts.models import User
from cases import as_then
from cases.models import Migrant
from centres.models import BedBlock, Centre
from config.days import midnight

from .beds import kept_beds, kept_named
from .evening import evening_of
from .models import Assistance, ExpectedGroup, Incident, Leave, PersonFlag, RollCallLine, Stay, StayQuerySet


@dataclass(frozen=True)
class Day:
    """A day of a centre by local midnight, as one user sees it."""

    user: User
    centre: Centre
    date: datetime.date

    @property
    def start(self) -> datetime.datetime:
        return midnight(self.date)

    @property
    def end(self) -> datetime.datetime:
        return midnight(self.date + datetime.timedelta(days=1))

    @property
    def before(self) -> datetime.date:
        return self.date - datetime.timedelta(days=1)

    @property
    def after(self) -> datetime.date | None:
        """None for today: the next day has not come."""
        return None if self.is_today else self.date + datetime.timedelta(days=1)

    @property
    def is_today(self) -> bool:
        return self.date == timezone.localdate()


@dataclass(frozen=True)
class Figures:
    """How many slept there, came, left and are there: at_start + arrived + back − left − to_hospital = at_end, always. `back`: from hospital."""

    at_start: int
    arrived: int
    back: int
    left: int
    to_hospital: int
    at_end: int


def _there(day: Day) -> StayQuerySet:
    return Stay.objects.at(day.centre).there_on(day.date)


def counted(day: Day) -> QuerySet[Any]:
    """One row {"at_start" …} of all people of the centre, in scope or not; none if nobody was there. Who leaves at midnight leaves on the new day."""
    arrived_before, still_there = Q(arrived_at__lt=day.start), Q(departed_at__isnull=True)
    returned, sent = Q(origin=Stay.Origin.HOSPITAL), Q(departure_reason=Stay.DepartureReason.HOSPITAL)
    row = JSONObject(
        at_start=Count("pk", filter=arrived_before),
        arrived=Count("pk", filter=Q(arrived_at__gte=day.start) & ~returned),
        back=Count("pk", filter=Q(arrived_at__gte=day.start) & returned),
        left=Count("pk", filter=Q(departed_at__lt=day.end) & ~sent),
        to_hospital=Count("pk", filter=Q(departed_at__lt=day.end) & sent),
        at_end=Count("pk", filter=still_there | Q(departed_at__gte=day.end)),
    )
    return _there(day).order_by().values("centre").annotate(row=row).values_list("row", flat=True)


def figures(row: dict[str, int] | None) -> Figures:
    return Figures(**(row or dict.fromkeys(("at_start", "arrived", "back", "left", "to_hospital", "at_end"), 0)))


# --- what the parts are made of: one query for all of them ----------------------------------------------------------


def _moves(day: Day) -> QuerySet[Any]:
    of_day = Q(arrived_at__gte=day.start, arrived_at__lt=day.end) | Q(departed_at__gte=day.start, departed_at__lt=day.end)
    return _rows(
        Stay.objects.visible_to(day.user).at(day.centre).filter(of_day).order_by("arrived_at", "pk"),
        person="migrant",
        arrived="arrived_at",
        origin="origin",
        departed="departed_at",
        reason="departure_reason",
    )


def _given(day: Day) -> QuerySet[Any]:
    given = Assistance.objects.filter(centre=day.centre, given_on=day.date).order_by().values("service__code", "service__name", "service__category")
    return _rows(given, code="service__code", name="service__name", category="service__category", people=Count("migrant", distinct=True), pieces=Sum("quantity"))


def _called(day: Day) -> QuerySet[Any]:
    lines = RollCallLine.objects.filter(call__centre=day.centre, call__date=day.date).order_by().values("state", "call__finished_at")
    return _rows(lines, state="state", finished="call__finished_at", number=Count("pk"))


MOST_INCIDENTS = 12
DAYS_TOLD = 7  # that a slight incident is told of


def _incidents(day: Day) -> QuerySet[Any]:
    """Those of the day, then earlier ones still followed up on it that the next team must know of (of the last days, grave, or due), first what is
    to be looked at first; of the others only how many there are (`older`)."""
    of_day = Q(happened_at__gte=day.start, happened_at__lt=day.end)
    followed = Q(happened_at__lt=day.start) & (Q(closed_at__isnull=True) | Q(closed_at__gte=day.start))
    found = Incident.objects.visible_to(day.user).filter(of_day | followed, centre=day.centre)
    since = day.date - datetime.timedelta(days=DAYS_TOLD)
    told = Q(happened_at__gte=midnight(since)) | Q(due_on__range=(since, day.date)) | ~Q(severity=Incident.Severity.MINOR)
    found = found.annotate(rank=Case(When(of_day, then=0), When(told, then=1), default=2))
    rows = found.annotate(every=Window(Count("pk")), older=Window(Count("pk", filter=Q(rank=2)))).order_by(
        "rank", F("due_on").asc(nulls_last=True), "-happened_at", "pk"
    )[:MOST_INCIDENTS]
    names = ("rank", "older", "happened_at", "kind", "aid", "severity", "what", "due_on", "due_who", "closed_at", "every")
    return _rows(rows, pk="pk", **{name: name for name in names})


def _flags(day: Day) -> QuerySet[Any]:
    """Flags with an instruction, set or lifted on the day on people who were there."""
    of_day = Q(since__gte=day.start, since__lt=day.end) | Q(lifted_at__gte=day.start, lifted_at__lt=day.end)
    carried = PersonFlag.objects.visible_to(day.user).filter(of_day, migrant__in=_there(day).order_by().values("migrant")).exclude(kind__instruction="")
    about = {"name": "kind__name", "tone": "kind__tone", "instruction": "kind__instruction", "until": "until"}
    return _rows(carried.order_by("since", "pk"), person="migrant", since="since", lifted="lifted_at", **about)


def _groups(day: Day) -> QuerySet[Any]:
    """Announced and not come: until the end of tomorrow."""
    groups = ExpectedGroup.objects.announced().filter(centre=day.centre, expected_at__lt=day.end + datetime.timedelta(days=1)).order_by("expected_at", "pk")
    names = ("expected_at", "men", "women", "children", "minors_alone", "coming_from", "needs")
    return _rows(groups, pk="pk", **{name: name for name in names})


def _leaves(day: Day) -> QuerySet[Any]:
    """Who sleeps elsewhere this night, with leave; not whom the roll-call found here all the same."""
    here = RollCallLine.objects.filter(migrant=OuterRef("stay__migrant"), call__centre=day.centre, call__date=evening_of(), state=RollCallLine.State.PRESENT)
    away = Leave.objects.visible_to(day.user).holding(evening_of()).filter(~Exists(here), stay__centre=day.centre, stay__departed_at__isnull=True)
    return _rows(away.order_by("stay__migrant__surname", "pk"), person="stay__migrant", last="last_night")


def _blocks(day: Day) -> QuerySet[Any]:
    blocks = BedBlock.objects.acting(day.date).filter(bed__room__centre=day.centre).order_by("bed__room__name", "bed__label", "pk")
    return _rows(blocks, room="bed__room__name", bed="bed__label", reason="reason", until="until", note="note")


def _kept(day: Day) -> QuerySet[Any]:
    """Beds that wait for somebody in hospital; `person` only where they may be named."""
    named = Exists(kept_named(day.user, day.centre).filter(pk=OuterRef("pk")))
    kept = kept_beds().filter(centre=day.centre).order_by("kept_until", "pk")
    return _rows(kept, person=Case(When(named, then="migrant")), room="kept_bed__room__name", bed="kept_bed__label", until="kept_until")


def _rows(found: QuerySet[Any], **fields: Any) -> QuerySet[Any]:
    return found.annotate(row=JSONObject(**fields)).values("row")


@dataclass
class Material:
    """What the database told of the day. `rows`: by source, plain values; `people`: those named by them, as this user's centres know them."""

    figures: Figures
    rows: dict[str, list[dict[str, Any]]]
    people: dict[str, Migrant]


OF_EVERY_DAY = {"moves": _moves, "given": _given, "called": _called, "incidents": _incidents, "flags": _flags}
# What lies ahead: of today only, for nobody knows any more how it looked on an earlier day.
AHEAD = {"groups": _groups, "leaves": _leaves, "kept": _kept, "blocks": _blocks}


def material(day: Day) -> Material:
    sources = OF_EVERY_DAY | (AHEAD if day.is_today else {})
    lists = {f"of_{name}": ArraySubquery(source(day)) for name, source in sources.items()}
    told = Centre.objects.filter(pk=day.centre.pk).annotate(counts=Subquery(counted(day)), **lists).values("counts", *lists).get()
    rows = {name: told.get(f"of_{name}") or [] for name in (*OF_EVERY_DAY, *AHEAD)}
    keys = {row["person"] for found in rows.values() for row in found if row.get("person")}
    people = {str(person.pk): person for person in Migrant.objects.filter(pk__in=keys).prefetch_related("custodies")}
    as_then.seen_by(day.user, people.values())
    return Material(figures(told["counts"]), rows, people)
