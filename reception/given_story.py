"""What was given to a person, in the story of the file: other aid day by day, meals of days that follow each other in one line that opens."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Migrant
from cases.sections import TimelineRow
from centres.models import Centre, Service

from .models import Assistance

MOST_LINES = 400
DAY = datetime.timedelta(days=1)


@dataclass
class DayGiven:
    """What was given on a day at a centre: name of the service → how many. `last`: by the hour of the last line noted on the day itself, so that a
    departure in the afternoon stands above the breakfast."""

    day: datetime.date
    centre: Centre
    last: datetime.date | datetime.datetime
    given: dict[str, int] = field(default_factory=dict)

    def add(self, line: Assistance) -> None:
        if timezone.localdate(line.recorded_at) == line.given_on:
            self.last = line.recorded_at
        name = str(line.service)
        self.given[name] = self.given.get(name, 0) + line.quantity

    @property
    def number(self) -> int:
        return sum(self.given.values())

    @property
    def words(self) -> str:
        return ", ".join(name if number == 1 else f"{name} × {number}" for name, number in self.given.items())


def rows(user: Any, migrant: Migrant) -> list[TimelineRow]:
    lines = Assistance.objects.visible_to(user).filter(migrant=migrant).select_related("service", "centre").order_by("-given_on", "recorded_at")[:MOST_LINES]
    days: dict[tuple[datetime.date, Centre, bool], DayGiven] = {}
    for line in lines:
        key = (line.given_on, line.centre, line.service.category == Service.Category.MEAL)
        days.setdefault(key, DayGiven(line.given_on, line.centre, line.given_on)).add(line)
    found: list[TimelineRow] = []
    for run in _following([one for (_day, _centre, meal), one in days.items() if meal]):
        if len(run) > 1:
            found.append(_folded(run))
        elif (other := days.get((run[0].day, run[0].centre, False))) is not None:
            other.given = {**run[0].given, **other.given}  # a day's meal goes with the rest of that day
        else:
            found.append(_of_day(run[0]))
    return found + [_of_day(one) for (_day, _centre, meal), one in days.items() if not meal]


def _following(days: list[DayGiven]) -> Iterator[list[DayGiven]]:
    """Days of the same centre without a day between them, latest first."""
    run: list[DayGiven] = []
    for one in sorted(days, key=lambda one: (str(one.centre), one.day), reverse=True):
        if run and (run[-1].centre != one.centre or run[-1].day - one.day > DAY):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _of_day(one: DayGiven) -> TimelineRow:
    return TimelineRow(one.last, _("Assistance à %(centre)s") % {"centre": one.centre}, one.words)


def _folded(run: list[DayGiven]) -> TimelineRow:
    number = sum(one.number for one in run)
    first, last = run[-1].day, run[0].day
    words = ngettext("%(n)s repas servi du %(first)s au %(last)s à %(centre)s", "%(n)s repas servis du %(first)s au %(last)s à %(centre)s", number)
    figures = {"n": number, "first": _day_of(first, last), "last": _day_of(last), "centre": run[0].centre}
    return TimelineRow(run[0].last, words % figures, parts=tuple((formats.date_format(one.day), one.words) for one in run))


def _day_of(day: datetime.date, until: datetime.date | None = None) -> str:
    """« 7 novembre »; the month and the year only where they are not said after it, or are not this year's."""
    if until is not None and (day.year, day.month) == (until.year, until.month):
        return str(day.day)
    if until is not None and day.year == until.year:
        return formats.date_format(day, "j F")
    return formats.date_format(day, "j F" if day.year == timezone.localdate().year else "j F Y")
