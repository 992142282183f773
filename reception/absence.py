"""Who is missed: not seen for days, missing at the last roll-call, or not back from a leave. Read only; one query for any number of people."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from centres.models import Centre
from config.days import midnight

from .evening import due_evening, evening_of
from .models import AbsenceRule, LastSeen, Leave, RollCall, RollCallLine, Sighting, Stay, StayQuerySet


def days_of(centre: Centre) -> int:
    """After how many days without being seen this centre misses somebody."""
    return AbsenceRule.objects.filter(centre=centre).values_list("days", flat=True).first() or AbsenceRule.DEFAULT_DAYS


def with_presence(stays: StayQuerySet, evening: datetime.date | None = None) -> StayQuerySet:
    """Open stays with what is known of the person: seen_at, seen_how, seen_centre; leave_until (the leave of this night, or None); back_by (the last night
    of a leave that is over, if they were not seen since)."""
    evening = evening or evening_of()
    leaves = Leave.objects.filter(stay=OuterRef("pk"), cancelled_at__isnull=True).order_by()
    return stays.annotate(
        seen_at=F("migrant__last_seen__at"),
        seen_how=F("migrant__last_seen__how"),
        seen_centre=F("migrant__last_seen__centre"),
        leave_until=Subquery(leaves.holding(evening).values("last_night")[:1]),
        back_by=back_by(evening),
    )


def back_by(evening: datetime.date) -> Subquery:
    """Of stays: the last night of a leave that is over by this evening, if the person was not seen since; else None."""
    over = Leave.objects.filter(stay=OuterRef("pk"), cancelled_at__isnull=True, last_night__lt=evening)
    over = over.filter(last_night__gte=Subquery(LastSeen.objects.filter(migrant=OuterRef("stay__migrant")).values("at__date")))
    return Subquery(over.order_by("-last_night").values("last_night")[:1])


def missing_since(stay: str = "") -> Subquery:
    """Of stays: the evening of the roll-call of their centre that missed the person, who was not seen since; else None. `stay`: the path to the stay."""
    lines = RollCallLine.objects.filter(
        migrant=OuterRef(f"{stay}migrant"),
        call__centre=OuterRef(f"{stay}centre"),
        state=RollCallLine.State.MISSING,
        noted_at__gt=OuterRef(f"{stay}migrant__last_seen__at"),
    )
    return Subquery(lines.order_by("call__date").values("call__date")[:1])


def missed(stays: StayQuerySet) -> StayQuerySet:
    """Those of the open stays whose person is missed: `unseen` (for the days of their centre), `missing_since` (the evening of the roll-call
    that missed them; not seen since), or `back_by` (once the evening after that night is over). Nobody who has leave tonight. The longest unseen first."""
    days = Coalesce(Subquery(AbsenceRule.objects.filter(centre=OuterRef("centre")).values("days")), Value(AbsenceRule.DEFAULT_DAYS), output_field=IntegerField())
    since = ExpressionWrapper(
        Value(midnight(timezone.localdate())) - ExpressionWrapper((days - 1) * Value(datetime.timedelta(days=1)), output_field=DurationField()),
        output_field=DateTimeField(),
    )
    away = Leave.objects.filter(stay=OuterRef("pk"), cancelled_at__isnull=True, first_night__lte=evening_of()).order_by("-last_night").values("last_night")[:1]
    found = with_presence(stays.open()).annotate(away_until=Subquery(away))
    # Whoever was away with leave is missed so many days after its last night.
    back = Q(away_until__isnull=True) | Q(away_until__lt=TruncDate(since))
    found = found.annotate(
        unseen=Case(When(back, migrant__last_seen__at__lt=since, then=True), default=False, output_field=BooleanField()),
        missing_since=missing_since(),
    )
    return found.filter(Q(unseen=True) | Q(missing_since__isnull=False) | Q(back_by__lt=due_evening()), leave_until__isnull=True).order_by("seen_at", "pk")


def unseen(stays: StayQuerySet) -> StayQuerySet:
    return missed(stays).filter(unseen=True)


def last_news(people: Iterable[Any], centre: Centre) -> dict[Any, Sighting]:
    """The latest note of staff about each of these people."""
    rows = Sighting.objects.filter(migrant__in=list(people), centre=centre).order_by("migrant_id", "-at", "-pk").distinct("migrant_id").select_related("noted_by")
    return {row.migrant_id: row for row in rows}


def with_evening(centres: QuerySet[Centre]) -> QuerySet[Centre]:
    """Each centre with what its board warns of: called (was the last roll-call due finished?), somebody (was there anybody to call?),
    missing, missed."""
    due = due_evening()
    here = Stay.objects.open().filter(centre=OuterRef("pk")).order_by()
    called = RollCall.objects.filter(centre=OuterRef("pk"), date__gte=due, finished_at__isnull=False)
    missing = here.alias(missing_on=missing_since()).filter(missing_on__isnull=False)
    count = missed(Stay.objects.filter(centre=OuterRef("pk"))).order_by().values("centre").annotate(n=Count("pk")).values("n")
    return centres.annotate(
        called=Exists(called),
        somebody=Exists(here.filter(arrived_at__lt=timezone.make_aware(datetime.datetime.combine(due, datetime.time(22))))),
        missing=Coalesce(Subquery(missing.values("centre").annotate(n=Count("pk")).values("n")), 0),
        missed=Coalesce(Subquery(count), 0),
    )


def warnings(centre: Any) -> list[dict[str, str]]:
    """What the board says about evenings and absences, of a centre from `with_evening`: {"tone", "text", "url"}."""
    due, evening = due_evening(), evening_of()
    shown = []
    if centre.somebody and not centre.called:
        words = _("L’appel du soir n’est pas terminé.") if due == evening else _("L’appel du soir du %(day)s n’a pas été terminé.") % {"day": date_format(due)}
        shown.append({"tone": "warn", "text": words, "url": reverse("reception:roll_call", args=[centre.code])})
    if centre.missing:
        words = ngettext("%(n)s personne manquante à l’appel n’a pas été revue.", "%(n)s personnes manquantes à l’appel n’ont pas été revues.", centre.missing) % {
            "n": centre.missing
        }
        shown.append({"tone": "danger", "text": words, "url": reverse("reception:absences", args=[centre.code])})
    if centre.missed > centre.missing:
        words = ngettext("%(n)s personne absente à vérifier.", "%(n)s personnes absentes à vérifier.", centre.missed) % {"n": centre.missed}
        shown.append({"tone": "warn", "text": words, "url": reverse("reception:absences", args=[centre.code])})
    return shown
