"""Who was reached by awareness and training: the facts that every page, indicator and export counts. One sum, one place.

Each function gives one row a subject, as a measure of the logframe wants them: subject, day, counts_as, reference, detail, by_…"""

import datetime
from collections.abc import Callable, Iterable

from django.db import connections
from django.db.models import CharField, F, Model, QuerySet, Value
from django.db.models.functions import Cast

from .models import Activity, Attendance

Day = datetime.date
Parts = Callable[[Day, Day], Iterable[QuerySet]]

# The numbers that are noted of whoever came: column, sex, age.
COUNTED = (("women", "female", "adults"), ("men", "male", "adults"), ("girls", "female", "children"), ("boys", "male", "children"))
COLUMNS = ("subject", "day", "counts_as", "reference", "detail", "by_sex", "by_age_group", "by_region")

_elsewhere: list[Parts] = []


def counts_too(parts: Parts) -> Parts:
    """Registers people who are reached elsewhere than in the communities: an app above adds its own facts, with the same `COLUMNS`."""
    if parts not in _elsewhere:
        _elsewhere.append(parts)
    return parts


def numbers_of(queryset: QuerySet, *, place: str) -> list[QuerySet]:
    """The facts of rows that hold women, men, girls and boys, held on a day at a place with a region."""
    return [
        queryset.filter(**{f"{column}__gt": 0}).values(
            subject=Cast(F("pk"), CharField()),
            day=F("held_on"),
            counts_as=F(column),
            reference=F(f"{place}__name"),
            detail=Value(f"{sex}.{age}", output_field=CharField()),
            by_sex=Value(sex, output_field=CharField()),
            by_age_group=Value(age, output_field=CharField()),
            by_region=F(f"{place}__region"),
        )
        for column, sex, age in COUNTED
    ]


def people(first: Day, last: Day) -> QuerySet:
    """One row an activity and group of people; those of an activity add up to the number reached by it."""
    parts = numbers_of(Activity.objects.held("awareness", first, last), place="community")
    for more in _elsewhere:
        parts += more(first, last)
    return parts[0].order_by().union(*(part.order_by() for part in parts[1:]), all=True)


def communities(first: Day, last: Day) -> QuerySet:
    """Each on the day of its first session."""
    held = Activity.objects.held("awareness", first, last).filter(community__isnull=False)
    found = held.order_by("community_id", "held_on", "id").distinct("community_id")
    return _once(Activity, found).values(
        subject=Cast(F("community_id"), CharField()),
        day=F("held_on"),
        counts_as=Value(1),
        reference=F("community__name"),
        detail=F("title"),
        by_region=F("community__region"),
    )


def agents(first: Day, last: Day) -> QuerySet:
    """Each on the day of their first training; their service, never their name."""
    present = Attendance.objects.filter(activity__kind="training", activity__held_on__range=(first, last))
    found = present.order_by("trainee_id", "activity__held_on", "id").distinct("trainee_id")
    return _once(Attendance, found).values(
        subject=F("trainee_id"),
        day=F("activity__held_on"),
        counts_as=Value(1),
        reference=F("trainee__structure"),
        detail=F("activity__title"),
        by_sex=F("trainee__sex"),
        by_structure=F("trainee__structure"),
    )


def _once(model: type[Model], found: QuerySet) -> QuerySet:
    return model._default_manager.filter(pk__in=found.values("pk"))


FACTS: dict[str, Callable[[Day, Day], QuerySet]] = {"people_reached": people, "communities_reached": communities, "agents_trained": agents}


def totals(first: Day, last: Day) -> dict[str, int]:
    """How many of each, by the name of the measure; in one statement."""
    found = {name: facts(first, last).order_by().query.get_compiler("default").as_sql() for name, facts in FACTS.items()}
    columns = ", ".join(f"(SELECT COALESCE(SUM(counts_as), 0) FROM ({sql}) AS facts)" for sql, _values in found.values())  # noqa: S608 - our own queries
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT {columns}", [value for _sql, values in found.values() for value in values])
        return dict(zip(found, map(int, cursor.fetchone()), strict=True))
