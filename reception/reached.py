"""The sessions of the centres among what raises awareness: they count with those in the communities (objective 4)."""

import datetime
from typing import Any

from django.db.models import Case, CharField, Count, F, Func, IntegerField, QuerySet, Value, When
from django.db.models.functions import Cast, Concat

from cases.models import ADULT_AGE
from outreach import reach

from .models import Session, SessionPresence


class Years(Func):
    """Years of age on a day."""

    template = "EXTRACT(YEAR FROM AGE(%(expressions)s))::int"
    output_field = IntegerField()


@reach.counts_too
def at_the_centres(first: datetime.date, last: datetime.date) -> list[QuerySet[Any, Any]]:
    """The people of the centres, and who came from outside: those are numbers, as in the communities."""
    return [_people(first, last), *reach.numbers_of(Session.objects.filter(kind="awareness", held_on__range=(first, last)), place="centre")]


def _people(first: datetime.date, last: datetime.date) -> QuerySet[Any, Any]:
    """Each person at their first session of these days; one row a session, sex and age, and no case number: whoever reads the proof of
    objective 4 reads no file. A presence that both files of one person had stays with the one that was joined to the other."""
    came = SessionPresence.objects.filter(session__kind="awareness", session__held_on__range=(first, last), migrant__merged_into__isnull=True)
    firsts = came.order_by("migrant_id", "session__held_on", "session__recorded_at", "session_id").distinct("migrant_id")
    child = Case(When(years__lt=ADULT_AGE, then=Value("children")), default=Value("adults"), output_field=CharField())
    named = SessionPresence.objects.filter(pk__in=firsts.values("pk")).annotate(
        years=Years(F("session__held_on"), F("migrant__born_on")),
        subject=Cast(F("session_id"), CharField()),
        day=F("session__held_on"),
        reference=F("session__centre__name"),
        by_sex=F("migrant__sex"),
        by_age_group=child,
        by_region=F("session__centre__region"),
        detail=Concat("migrant__sex", Value("."), child, Value(".registered"), output_field=CharField()),
    )
    return named.values(*(name for name in reach.COLUMNS if name != "counts_as")).annotate(counts_as=Count("pk")).values(*reach.COLUMNS)
