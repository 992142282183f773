"""What was counted for a period, and what of it may be shown to people who don't see the proof."""

import calendar
import datetime
from itertools import accumulate

from django.conf import settings
from django.utils import timezone

from .measures import AGES, MEASURES, SEX_AND_AGE, Measure, Period, Quarters, Tally, together
from .models import Logframe
from .small_cells import Cells, add_up, complete, protect_list, protect_table, safe_points

PARENT = {age: "children" if age in ("0-13", "14-17") else "adults" for age in AGES}

# One person is in exactly one of the two parts of the whole: what is shown of one says something about the other.
WHOLE, PARTS = "reintegration", {"individual": "reintegration_individual", "community": "reintegration_community"}
FAMILY = (WHOLE, *PARTS.values())
# A part of the whole beside the two, which tells by subtraction how many are not in it.
SUBSET = "reintegration_enhanced"
CROSSED = "sex_by_age"
QUARTERS_A_YEAR = 4


def _codes(measure: Measure, dimension: str, tally: Tally, centres: dict[str, str]) -> dict[str, int]:
    """Every cell of a dimension; those with known codes even when empty."""
    known = measure.codes.get(dimension, tuple(centres) if dimension == "centre" else ())
    cells = dict.fromkeys(known, 0) | tally.by.get(dimension, {})
    for rare in ("other", "male_or_other"):
        if dimension == "sex" and not cells.get(rare):
            cells.pop(rare, None)
    return cells


def published_period(logframe: Logframe) -> Period:
    """The period for which people are counted for whoever does not see the proof, whatever they ask for: the action up to today.

    Two free periods, each with a large number, could be subtracted from each other down to one person on one day. A person counts once a
    period, so that periods that start on different days can't be made safe for each other at all."""
    return Period(logframe.starts_on, max(logframe.starts_on, timezone.localdate()))


def published_until(end: datetime.date) -> datetime.date:
    """Of such a period, the last day that may be asked for: today, or the end of a month that is over."""
    today = timezone.localdate()
    return today if end >= today else end if end == _end_of_month(end) else end.replace(day=1) - datetime.timedelta(days=1)


def _end_of_month(day: datetime.date) -> datetime.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _closed_quarters(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """The first days of the calendar quarters of the period that are over: protected disaggregations are published by these alone."""
    today = timezone.localdate()
    quarters: list[datetime.date] = []
    quarter = datetime.date(first.year, (first.month - 1) // 3 * 3 + 1, 1)
    while (end := _end_of_quarter(quarter)) <= last and end < today:
        quarters.append(quarter)
        quarter = end + datetime.timedelta(days=1)
    return quarters


def _end_of_quarter(first: datetime.date) -> datetime.date:
    month = first.month + 2
    return datetime.date(first.year, month, calendar.monthrange(first.year, month)[1])


class Shown:
    """The cells that may be shown of one measure, and its running total month by month of what was counted. `until`: the last day of what a
    protected table counts."""

    def __init__(self) -> None:
        self.by: dict[str, dict[str, int | None]] = {}
        self.crossed: dict[tuple[str, str], int | None] | None = None
        self.trend: list[int | None] = []
        self.months: list[datetime.date] = []
        self.until: dict[str, datetime.date] = {}


class Counted:
    """What was counted for a period, and what of it may be shown. `until`: what is shown stops there, though more was counted."""

    def __init__(self, quarters: dict[str, Quarters], period: Period, logframe: Logframe, centres: dict[str, str], *, until: datetime.date | None = None) -> None:
        self.quarters = quarters
        self.whole = {name: together(found.values()) for name, found in quarters.items()}
        self.period = period
        self.centres = centres
        self.until = period.end if until is None else until
        self.months = period.months
        self.closed = _closed_quarters(period.start, self.until)
        self._published: dict[tuple[str, ...], tuple[Cells, datetime.date | None]] = {}
        self._points: dict[str, list[int]] = {}

    def total(self, name: str, *, exact: bool) -> tuple[int | None, datetime.date]:
        """The headline, and the last day it counts. Of people, whoever does not see the proof gets it as it last was at a point that is
        safe (`points`), or None."""
        if exact or not MEASURES[name].people:
            return self.whole[name].value, self.period.end
        running, places = _running(self._increments(name)), range(len(self._shown_months()))
        points = [place for place in self.points(name) if place in places]
        if not points or (not running[points[-1]] and running[places[-1]]):
            return None, self.until
        return running[points[-1]], self._last_day(points[-1])

    def _shown_months(self) -> list[datetime.date]:
        return [month for place, month in enumerate(self.months) if self._last_day(place) <= self.until]

    def points(self, name: str) -> list[int]:
        """The months (places in `months`) at whose end the running total is published. Between any two points lie none or enough people; the
        same of the parts of a whole and of what is left of it, so that no total gives another away. Today's total is the first to be shown."""
        if name not in self._points:
            series, among = [self._increments(name)], None
            if name in PARTS.values():
                series, among = [self._increments(part) for part in PARTS.values()], self.points(WHOLE)
            elif name == SUBSET:
                rest = [whole - part for whole, part in zip(self._increments(WHOLE), series[0], strict=True)]
                series, among = [*series, rest], self.points(WHOLE)
            self._points[name] = safe_points(series, settings.SMALL_CELL_THRESHOLD, among=among)
        return self._points[name]

    def _last_day(self, place: int) -> datetime.date:
        return min(_end_of_month(self.months[place]), self.period.end)

    def _increments(self, name: str) -> list[int]:
        return _increments(self.whole[name], self.months)

    def cell(self, name: str, dimension: str, code: str, *, exact: bool) -> tuple[int | None, datetime.date | None]:
        """One cell of a dimension that has targets of its own, and the last day it counts where that is not the end of the period."""
        if exact:
            return self.whole[name].by.get(dimension, {}).get(code, 0), None
        shown, until = self._publish(name, (dimension,))
        return shown.get((name, dimension), {}).get(code), until

    def shown(self, name: str, *, exact: bool) -> Shown:
        measure, tally = MEASURES[name], self.whole[name]
        result = Shown()
        result.months = self._shown_months()
        running = _running(self._increments(name))[: len(self._shown_months())]
        if exact or not measure.people:
            cells = {dimension: _codes(measure, dimension, tally, self.centres) for dimension in measure.dimensions}
            result.by = {dimension: dict(values) for dimension, values in cells.items()}
            result.crossed = {**_crossed(cells, tally)} if measure.crossed else None
            result.trend = [*running]
            return result
        points = set(self.points(name))
        result.trend = [total if place in points else None for place, total in enumerate(running)]
        crossed = measure.crossed and name not in FAMILY
        for dimensions in ([SEX_AND_AGE] if crossed else []) + [(d,) for d in measure.dimensions if not (crossed and d in SEX_AND_AGE)]:
            if dimensions == ("kind",) and name in FAMILY:
                # Not a table of its own: the parts are indicators, whose values are published anyway.
                if name == WHOLE:
                    parts = {code: self.total(part, exact=False) for code, part in PARTS.items()}
                    result.by["kind"] = {code: value for code, (value, _until) in parts.items()}
                    result.until["kind"] = min(until for _value, until in parts.values())
                continue
            shown, until = self._publish(name, dimensions)
            tables = {dimension: values for (one, dimension), values in shown.items() if one == name}
            result.crossed = tables.pop(CROSSED, result.crossed)
            result.by.update(tables)
            result.until.update({dimension: until for dimension in tables if until})
        result.by = {dimension: result.by[dimension] for dimension in measure.dimensions if dimension in result.by}
        return result

    def _publish(self, name: str, dimensions: tuple[str, ...]) -> tuple[Cells, datetime.date | None]:
        """One protected table, step by step, with its last day. A step is closed with the first quarter at whose end nothing in it has to
        be hidden; after a year, also with something hidden. The cells may add up to the total: the last step shown ends where that is
        published too."""
        family = FAMILY if name in FAMILY else (name,)
        key = (family[0], *dimensions)
        if key not in self._published:
            steps: list[tuple[datetime.date, Cells]] = []
            total = PARTS["individual"] if name in FAMILY and dimensions != ("continent",) else family[0]
            running = _running(self._increments(total))
            ends = {self._last_day(place): running[place] for place in self.points(total)}
            found, open_quarters = {one: Tally() for one in family}, 0
            for quarter in self.closed:
                for one in family:
                    found[one].add(self.quarters[one].get(quarter, Tally()))
                open_quarters += 1
                shown = _protect(name, dimensions, found, self.centres)
                if shown and (complete(shown) or open_quarters >= QUARTERS_A_YEAR):
                    steps.append((_end_of_quarter(quarter), shown))
                    found, open_quarters = {one: Tally() for one in family}, 0
            while steps and steps[-1][0] not in ends:
                steps.pop()
            if steps and self.whole[total].value and not ends[steps[-1][0]]:
                steps.clear()  # a table of nothing, from before anybody came, would mislead
            self._published[key] = add_up([shown for _end, shown in steps]), steps[-1][0] if steps else None
        return self._published[key]


def _increments(tally: Tally, months: list[datetime.date]) -> list[int]:
    """What each month of the period added; what stood before it is in the first month."""
    found = dict.fromkeys(months, 0)
    for month, n in tally.months.items():
        found[max(month, months[0])] += n
    return [found[month] for month in months]


def _running(increments: list[int]) -> list[int]:
    return list(accumulate(increments))


def _crossed(cells: dict[str, dict[str, int]], tally: Tally) -> dict[tuple[str, str], int]:
    """Women, men, girls and boys: sex by child or adult."""
    found = {(sex, parent): 0 for sex in cells["sex"] for parent in ("children", "adults")}
    for (sex, age), n in tally.crossed.items():
        found[sex, PARENT.get(age, age)] += n
    return found


def _protect(name: str, dimensions: tuple[str, ...], found: dict[str, Tally], centres: dict[str, str]) -> Cells:
    """The tables of these dimensions, protected together: {(measure, dimension): cells}; those that can't be shown at all are missing."""
    threshold = settings.SMALL_CELL_THRESHOLD
    measure = MEASURES[name]
    if dimensions == SEX_AND_AGE:
        return _protect_people(name, {dimension: _codes(measure, dimension, found[name], centres) for dimension in dimensions}, found[name], threshold)
    [dimension] = dimensions
    if name in FAMILY and dimension != "continent":
        return _protect_parts(dimension, {one: _codes(MEASURES[one], dimension, found[one], centres) for one in FAMILY}, threshold)
    # The continent of the whole is a target of its own (E6), in no relation to the parts (contradiction C13 of the document).
    one = WHOLE if name in FAMILY else name
    safe = protect_list(_codes(MEASURES[one], dimension, found[one], centres), threshold)
    return {} if safe is None else {(one, dimension): {**safe}}


def _protect_people(name: str, cells: dict[str, dict[str, int]], tally: Tally, threshold: int) -> Cells:
    """Sex, age and sex by age are one table. A few people of neither sex are counted with the men, whose number would have to be hidden with theirs."""
    crossed = _crossed(cells, tally)
    if any(sex == "other" and 0 < n < threshold for (sex, _parent), n in crossed.items()):
        for parent in ("children", "adults"):
            crossed["male_or_other", parent] = crossed.pop(("male", parent)) + crossed.pop(("other", parent))
    parts = {code: (PARENT[code], n) for code, n in cells["age_group"].items()} if set(cells["age_group"]) <= PARENT.keys() else None
    table = protect_table(crossed, threshold, parts=parts)
    if table is None:
        return {}
    return {(name, CROSSED): {**table.cells}, (name, "sex"): {**table.rows}, (name, "age_group"): {**(table.parts if parts else table.columns)}}


def _protect_parts(dimension: str, cells: dict[str, dict[str, int]], threshold: int) -> Cells:
    """The whole and its two parts are one table with the parts as rows, protected together; the values of the rows are indicators themselves."""
    parts = {part: dict(cells[part]) for part in PARTS.values()}
    codes = list(dict.fromkeys(code for values in (cells[WHOLE], *parts.values()) for code in values))
    if dimension == "sex" and any(0 < values.get("other", 0) < threshold for values in parts.values()):
        for values in parts.values():
            values["male_or_other"] = values.pop("male", 0) + values.pop("other", 0)
        codes = ["female", "male_or_other"]
    table = protect_table({(part, code): values.get(code, 0) for part, values in parts.items() for code in codes}, threshold, rows_known=True)
    if table is None:
        safe = protect_list(cells[WHOLE], threshold)
        return {} if safe is None else {(WHOLE, dimension): {**safe}}
    return {(WHOLE, dimension): {**table.columns}, **{(part, dimension): {code: table.cells[part, code] for code in codes} for part in parts}}


class Counts:
    """What was counted for the period asked for, and for the one for which numbers of people are published."""

    def __init__(self, asked: Counted, published: Counted) -> None:
        self.asked, self.published = asked, published

    def of(self, measure: Measure, *, exact: bool) -> Counted:
        return self.published if measure.people and not exact else self.asked
