"""How full a centre is, and what happened there today: one query for any number of centres."""

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    Count,
    Exists,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cases.households import members_beside
from cases.models import ADULT_AGE, Custody, Migrant, RegistrationGroup, years_before
from centres.access import may
from centres.models import Bed, BedBlock, Centre, Room
from centres.roles import Right
from config import charts
from config.days import midnight

from .absence import missing_since
from .beds import free_isolation, held_beds, kept_beds, kept_named
from .models import ExpectedGroup, Stay, StayQuerySet, Transfer
from .workflow import State

AWAITED_DAYS = 14  # after that nobody waits for somebody who never came


def _count(rows: QuerySet, centre: str = "centre") -> Coalesce:
    return Coalesce(Subquery(rows.filter(**{centre: OuterRef("pk")}).order_by().values(centre).annotate(n=Count("pk")).values("n")), 0)


def start_of_today() -> datetime.datetime:
    return midnight(timezone.localdate())


def long_stays() -> StayQuerySet:
    """Open stays that go on past the day they were planned to."""
    return Stay.objects.all().overdue()


def children_alone() -> Q:
    """Of a stay: its person is a child for whom no adult answers."""
    return Q(migrant__born_on__gt=years_before(timezone.localdate(), ADULT_AGE), migrant__accompanied_by__isnull=True)


def with_day(centres: QuerySet[Centre]) -> QuerySet[Centre]:
    """Each centre with the figures of its day: capacity, kept, isolation (free beds of isolation rooms), present, arrived_today, left_today,
    back_today, to_hospital_today, without_bed, sharing (infants in the bed of their adult), long, ending, alone."""
    today = start_of_today()
    stays = Stay.objects.all()
    return centres.annotate(
        capacity=_count(Bed.objects.usable(), "room__centre"),
        kept=_count(held_beds(), "room__centre"),
        isolation=_count(free_isolation(), "room__centre"),
        present=_count(stays.open()),
        arrived_today=_count(stays.filter(arrived_at__gte=today).new_arrivals()),
        left_today=_count(stays.filter(departed_at__gte=today).left()),
        back_today=_count(stays.filter(arrived_at__gte=today, origin=Stay.Origin.HOSPITAL)),
        to_hospital_today=_count(stays.filter(departed_at__gte=today, departure_reason=Stay.DepartureReason.HOSPITAL)),
        without_bed=_count(stays.open().without_bed()),
        sharing=_count(stays.open().sharing_a_bed()),
        long=_count(long_stays()),
        ending=_count(stays.ending_soon()),
        alone=_count(stays.open().filter(children_alone())),
    )


def bar(centre: Centre) -> SafeString:
    """The occupancy of a centre from `with_day` as a picture. A bed kept for somebody in hospital is free for nobody, one of an isolation room is
    given for a medical reason alone; they count in the capacity."""
    day: Any = centre
    note = _("isolement : %(n)s") % {"n": day.isolation} if day.isolation else ""
    return charts.bar_against_capacity(
        day.present, day.capacity, sharing=day.sharing, kept=day.kept, note=note, title=_("Occupation du centre de %(centre)s") % {"centre": centre}
    )


@dataclass(frozen=True)
class Awaited:
    """Somebody in the centre's care who has not been admitted yet: registered here, or on the way from another centre (`way_from`: its name)."""

    migrant: Migrant
    since: datetime.datetime
    transferred: bool
    group: RegistrationGroup | None = None
    way_from: str = ""


def to_admit(centre: Centre) -> QuerySet[Custody]:
    """Whom the centre has to admit: in its care since a short time, and without a stay since."""
    recent = timezone.now() - datetime.timedelta(days=AWAITED_DAYS)
    reasons = (Custody.Reason.REGISTERED, Custody.Reason.TRANSFERRED)
    custodies = Custody.objects.filter(centre=centre, until__isnull=True, since__gte=recent, reason__in=reasons, migrant__died_on__isnull=True)
    # Somebody with an open stay anywhere is not awaited; nor who came and left since; nor whose journey ended without them.
    came = Stay.objects.filter(Q(departed_at__isnull=True) | Q(centre=centre, departed_at__gte=OuterRef("since")), migrant=OuterRef("migrant"))
    ended = Transfer.objects.filter(migrant=OuterRef("migrant"), to_centre=centre, state=State.NOT_ARRIVED, left_at__gte=recent)
    return custodies.exclude(Exists(came)).exclude(Exists(ended))


def awaited(user, centre: Centre, *, most: int = 200) -> tuple[list[Awaited], int]:
    """Those to admit, the latest first, and how many more there are."""
    if not may(user, Right.VIEW_CASE, centre):
        return [], 0
    way = Transfer.objects.filter(migrant=OuterRef("migrant"), to_centre=centre, state=State.TRAVELLING).values("from_centre__name")[:1]
    everybody = to_admit(centre)
    rows = everybody.annotate(way_from=Subquery(way)).select_related("migrant__registration_group").order_by("-since", "pk")[: most + 1]
    found = [Awaited(one.migrant, one.since, one.reason == Custody.Reason.TRANSFERRED, one.migrant.registration_group, one.way_from or "") for one in rows]
    return found[:most], everybody.count() - most if len(found) > most else 0


def present(user, centre: Centre) -> StayQuerySet:
    """The people at the centre as lists show them, with their household (`members`): children alone first, then those without a bed, then by name."""
    stays = Stay.objects.visible_to(user).open().at(centre).with_bed(user).select_related("migrant")
    stays = stays.annotate(members=members_beside(user, "migrant__household"))
    alone, without_bed = Case(When(children_alone(), then=0), default=1), Case(When(bed_id__isnull=True, then=0), default=1)
    return stays.order_by(alone, without_bed, "migrant__surname", "migrant__given_names", "pk")


# State of a bed → the letter that stands for it: nobody must tell colours apart.
LETTERS = {"free": pgettext_lazy("bed", "L"), "taken": pgettext_lazy("bed", "P"), "kept": pgettext_lazy("bed", "G"), "blocked": pgettext_lazy("bed", "B")}
WORDS = {"free": gettext_lazy("libre"), "taken": gettext_lazy("pris"), "kept": gettext_lazy("gardé"), "blocked": gettext_lazy("bloqué")}


@dataclass(frozen=True)
class BedNow:
    """A bed at this moment. `who`: the person in it, or for whom it is kept; None if there is none, or if they are out of the user's scope.
    `infants`: those who share it. `block`: the key of what blocks it."""

    label: str
    state: str
    who: Migrant | None = None
    block: int | None = None
    until: datetime.date | None = None  # kept up to this day
    infants: tuple[Migrant, ...] = ()
    missing_on: datetime.date | None = None  # the roll-call that missed who sleeps here

    @property
    def letter(self) -> str:
        return str(LETTERS[self.state])

    @property
    def words(self) -> str:
        return str(WORDS[self.state])


@dataclass
class RoomNow:
    """A room and each of its beds."""

    name: str
    kind: str
    beds: list[BedNow] = field(default_factory=list)

    def _number(self, state: str) -> int:
        return sum(bed.state == state for bed in self.beds)

    @property
    def taken(self) -> int:
        return self._number("taken")

    @property
    def free(self) -> int:
        return self._number("free")

    @property
    def kept(self) -> int:
        return self._number("kept")

    @property
    def total(self) -> int:
        """Those in which somebody may sleep or sleeps."""
        return len(self.beds) - self._number("blocked")


def rooms(user, centre: Centre) -> list[RoomNow]:
    """Every room of the centre with its beds, in one query. A bed that was blocked while somebody sleeps in it is still taken."""
    block = Subquery(BedBlock.objects.acting().filter(bed=OuterRef("pk")).order_by("pk").values("pk")[:1])
    kept = Subquery(kept_beds().filter(kept_bed=OuterRef("pk")).order_by("pk").values("kept_until")[:1])
    about = {"pk": "migrant_id", "surname": "migrant__surname", "given_names": "migrant__given_names"}
    waits = Subquery(kept_named(user, centre).filter(kept_bed=OuterRef("pk")).order_by("pk").annotate(about=JSONObject(**about)).values("about")[:1])
    beds = Bed.objects.there().filter(room__centre=centre).annotate(block=block, kept=kept, waits=waits)
    beds = beds.annotate(now=FilteredRelation("assignments", condition=Q(assignments__until__isnull=True)))
    known = Exists(Migrant.objects.visible_to(user).filter(pk=OuterRef("now__stay__migrant_id")))
    sharing = Stay.objects.open().at(centre).filter(migrant__accompanied_by=OuterRef("now__stay__migrant")).sharing_a_bed()
    infants = ArraySubquery(sharing.order_by("migrant__born_on", "pk").values_list(JSONObject(**about)))
    rows = beds.annotate(known=known, infants=infants, missing_on=missing_since("now__stay__")).order_by("room__kind", "room__name", "label", "pk")
    person = ("now__stay__migrant_id", "now__stay__migrant__surname", "now__stay__migrant__given_names")
    found: dict[int, RoomNow] = {}
    kinds = dict(Room.Kind.choices)
    columns = ("room_id", "room__name", "room__kind", "label", "block", "kept", "waits", "known", "missing_on", *person, "infants")
    for room, name, kind, label, block_key, kept_until, waits, is_known, missing_on, key, surname, given, infants in rows.values_list(*columns):
        state = "taken" if key is not None else "blocked" if block_key else "kept" if kept_until else "free"
        who = Migrant(pk=key, surname=surname, given_names=given) if key is not None and is_known else None
        if state == "kept" and waits:
            who = Migrant(pk=uuid.UUID(waits["pk"]), surname=waits["surname"], given_names=waits["given_names"])
        until = kept_until if state == "kept" else None
        babies = tuple(Migrant(pk=uuid.UUID(one["pk"]), surname=one["surname"], given_names=one["given_names"]) for one in infants or () if who)
        found.setdefault(room, RoomNow(name, str(kinds[kind]))).beds.append(BedNow(label, state, who, block_key, until, babies, missing_on))
    return list(found.values())


def expected(centre: Centre, *, most: int = 20) -> list[ExpectedGroup]:
    """Groups announced and not yet come, the first to come on top; before them those of the day of whom not everybody is registered."""
    rows = (
        ExpectedGroup.objects.with_registered()
        .filter(centre=centre)
        .filter(Q(state=ExpectedGroup.State.ANNOUNCED) | Q(pk__in=ExpectedGroup.objects.to_register().values("pk")))
    )
    return list(rows.select_related("announced_from").order_by("-state", "expected_at", "pk")[:most])
