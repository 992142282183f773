"""How full a centre is, and what happened there today: one query for any number of centres."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, DateTimeField, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cases.models import Custody, Migrant, years_before
from centres.access import may
from centres.models import Bed, Centre
from centres.roles import Right
from config import charts

from .models import Stay

AWAITED_DAYS = 14  # after that nobody waits for somebody who never came


def _count(rows: QuerySet, centre: str = "centre") -> Coalesce:
    return Coalesce(Subquery(rows.filter(**{centre: OuterRef("pk")}).order_by().values(centre).annotate(n=Count("pk")).values("n")), 0)


def start_of_today() -> datetime.datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def long_stays() -> QuerySet[Stay]:
    """Open stays that last longer than the centre means them to."""
    planned = ExpressionWrapper(F("centre__max_stay_days") * Value(datetime.timedelta(days=1)), output_field=DurationField())
    return Stay.objects.open().filter(arrived_at__lt=ExpressionWrapper(Now() - planned, output_field=DateTimeField()))


def with_day(centres: QuerySet[Centre]) -> QuerySet[Centre]:
    """Each centre with the figures of its day: capacity, present, arrived_today, left_today, without_bed, long, alone."""
    today = start_of_today()
    stays = Stay.objects.all()
    children_alone = Q(migrant__born_on__gt=years_before(timezone.localdate(), 18), migrant__accompanied_by__isnull=True)
    return centres.annotate(
        capacity=_count(Bed.objects.filter(in_use=True), "room__centre"),
        present=_count(stays.open()),
        arrived_today=_count(stays.filter(arrived_at__gte=today)),
        left_today=_count(stays.filter(departed_at__gte=today)),
        without_bed=_count(stays.open().without_bed()),
        long=_count(long_stays()),
        alone=_count(stays.open().filter(children_alone)),
    )


def bar(centre: Centre) -> SafeString:
    """The occupancy of a centre from `with_day` as a picture."""
    return charts.bar_against_capacity(centre.present, centre.capacity, title=_("Occupation du centre de %(centre)s") % {"centre": centre})  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Awaited:
    """Somebody in the centre's care who has not been admitted yet: registered here, or on the way from another centre."""

    migrant: Migrant
    since: datetime.datetime
    transferred: bool


def awaited(user, centre: Centre, *, most: int = 20) -> list[Awaited]:
    """Those to admit, the latest first: in the care of this centre since a short time, and without a stay since."""
    if not may(user, Right.VIEW_CASE, centre):
        return []
    recent = timezone.now() - datetime.timedelta(days=AWAITED_DAYS)
    reasons = (Custody.Reason.REGISTERED, Custody.Reason.TRANSFERRED)
    custodies = Custody.objects.filter(centre=centre, until__isnull=True, since__gte=recent, reason__in=reasons)
    # Somebody with an open stay anywhere is not awaited; nor who came and left since.
    came = Stay.objects.filter(Q(departed_at__isnull=True) | Q(centre=centre, departed_at__gte=OuterRef("since")), migrant=OuterRef("migrant"))
    rows = custodies.exclude(Exists(came)).select_related("migrant").order_by("-since")[:most]
    return [Awaited(custody.migrant, custody.since, custody.reason == Custody.Reason.TRANSFERRED) for custody in rows]


def in_order(stays: Iterable[Stay]) -> list[Stay]:
    """Present people as the board lists them: children alone first, then those without a bed, then by name."""
    return sorted(
        stays,
        key=lambda stay: (
            not stay.migrant.is_unaccompanied_minor,
            stay.bed_id is not None,  # type: ignore[attr-defined]  # annotated by with_bed()
            stay.migrant.surname.casefold(),
            stay.migrant.given_names.casefold(),
        ),
    )
