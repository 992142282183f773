"""What was counted for a period, and what of it may be shown to people who don't see the proof."""

import calendar
import datetime
from itertools import accumulate

from django.conf import settings
from django.utils import timezone

from .measures import AGES, MEASURES, SEX_AND_AGE, Measure, Period, Quarters, Tally, together
from .models import Logframe
from .small_cells import Cells, add_up, complete, protect_list, protect_steps, protect_table

PARENT = {age: "children" if age in ("0-13", "14-17") else "adults" for age in AGES}

# One person is in exactly one of the two parts of the whole: what is shown of one says something about the other.
WHOLE, PARTS = "reintegration", {"individual": "reintegration_individual", "community": "reintegration_community"}
FAMILY = (WHOLE, *PARTS.values())
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


def _whole_months(period: Period, logframe: Logframe) -> bool:
    """Protected running totals come by whole months."""
    last = calendar.monthrange(period.end.year, period.end.month)[1]
    starts = period.start.day == 1 or period.start <= logframe.starts_on
    return starts and (period.end.day == last or period.end >= timezone.localdate())


def _closed_quarters(period: Period, logframe: Logframe) -> list[datetime.date]:
    """The first days of the calendar quarters that are over, when the period runs from the start of the action; else none.

    Protected disaggregations are published by these alone: tables of two periods that overlap, each of them safe, could be
    subtracted from each other down to one day."""
    first, today = period.start, timezone.localdate()
    quarters: list[datetime.date] = []
    if first != logframe.starts_on:
        return quarters
    quarter = datetime.date(first.year, (first.month - 1) // 3 * 3 + 1, 1)
    while (end := _end_of_quarter(quarter)) <= period.end and end < today:
        quarters.append(quarter)
        quarter = end + datetime.timedelta(days=1)
    return quarters


def _end_of_quarter(first: datetime.date) -> datetime.date:
    month = first.month + 2
    return datetime.date(first.year, month, calendar.monthrange(first.year, month)[1])


class Shown:
    """The cells that may be shown of one measure, and its running total. `until`: the last day of what a protected table counts."""

    def __init__(self) -> None:
        self.by: dict[str, dict[str, int | None]] = {}
        self.crossed: dict[tuple[str, str], int | None] | None = None
        self.trend: list[int | None] = []
        self.until: dict[str, datetime.date] = {}


class Counted:
    """What was counted for a period, and what of it may be shown."""

    def __init__(self, quarters: dict[str, Quarters], period: Period, logframe: Logframe, centres: dict[str, str]) -> None:
        self.quarters = quarters
        self.whole = {name: together(found.values()) for name, found in quarters.items()}
        self.period = period
        self.centres = centres
        self.closed = _closed_quarters(period, logframe)
        self.whole_months = _whole_months(period, logframe)
        self._published: dict[tuple[str, ...], tuple[Cells, datetime.date | None]] = {}

    def value(self, name: str) -> int:
        return self.whole[name].value

    def cell(self, name: str, dimension: str, code: str, *, exact: bool) -> tuple[int | None, datetime.date | None]:
        """One cell of a dimension that has targets of its own, and the last day it counts where that is not the end of the period."""
        if exact:
            return self.whole[name].by.get(dimension, {}).get(code, 0), None
        shown, until = self._publish(name, (dimension,))
        return shown.get((name, dimension), {}).get(code), until

    def shown(self, name: str, *, exact: bool) -> Shown:
        measure, tally = MEASURES[name], self.whole[name]
        result = Shown()
        increments = _increments(measure, tally, self.period)
        if exact or not measure.people:
            cells = {dimension: _codes(measure, dimension, tally, self.centres) for dimension in measure.dimensions}
            result.by = {dimension: dict(values) for dimension, values in cells.items()}
            result.crossed = {**_crossed(cells, tally)} if measure.crossed else None
            result.trend = _running(increments)
            return result
        result.trend = self._trend(name, increments)
        crossed = measure.crossed and name not in FAMILY
        for dimensions in ([SEX_AND_AGE] if crossed else []) + [(d,) for d in measure.dimensions if not (crossed and d in SEX_AND_AGE)]:
            if dimensions == ("kind",) and name in FAMILY:
                # Not a table of its own: the parts are indicators, whose values are published anyway.
                if name == WHOLE:
                    result.by["kind"] = {code: self.value(part) for code, part in PARTS.items()}
                continue
            shown, until = self._publish(name, dimensions)
            tables = {dimension: values for (one, dimension), values in shown.items() if one == name}
            result.crossed = tables.pop(CROSSED, result.crossed)
            result.by.update(tables)
            result.until.update({dimension: until for dimension in tables if until})
        result.by = {dimension: result.by[dimension] for dimension in measure.dimensions if dimension in result.by}
        return result

    def _trend(self, name: str, increments: list[int]) -> list[int | None]:
        if not self.whole_months:
            return [None] * (len(increments) - 1) + [self.value(name)]
        threshold = settings.SMALL_CELL_THRESHOLD
        trend = protect_steps(increments, threshold)
        for other in FAMILY if name in FAMILY else ():
            steps = protect_steps(_increments(MEASURES[other], self.whole[other], self.period), threshold)
            trend = [here if there is not None else None for here, there in zip(trend, steps, strict=True)]
        return trend

    def _publish(self, name: str, dimensions: tuple[str, ...]) -> tuple[Cells, datetime.date | None]:
        """One protected table, step by step, with its last day. A step is closed with the first quarter at whose end nothing in it has to
        be hidden; after a year, also with something hidden."""
        family = FAMILY if name in FAMILY else (name,)
        key = (family[0], *dimensions)
        if key not in self._published:
            steps: list[Cells] = []
            until = None
            found, open_quarters = {one: Tally() for one in family}, 0
            for quarter in self.closed:
                for one in family:
                    found[one].add(self.quarters[one].get(quarter, Tally()))
                open_quarters += 1
                shown = _protect(name, dimensions, found, self.centres)
                if shown and (complete(shown) or open_quarters >= QUARTERS_A_YEAR):
                    steps.append(shown)
                    until = _end_of_quarter(quarter)
                    found, open_quarters = {one: Tally() for one in family}, 0
            self._published[key] = add_up(steps), until
        return self._published[key]


def _increments(measure: Measure, tally: Tally, period: Period) -> list[int]:
    """What each month of the period added; what stood before it is in the first month."""
    months = period.months
    found = dict.fromkeys(months, 0)
    for month, n in tally.months.items():
        found[max(month, months[0])] += n
    return [found[month] for month in months]


def _running(increments: list[int]) -> list[int | None]:
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
