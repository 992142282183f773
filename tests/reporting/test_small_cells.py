"""No hidden figure can be worked out: an attacker who tries every table that agrees with what is shown must stay in doubt."""

import datetime
import itertools

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporting import figures
from reporting.disclosure import Counted
from reporting.measures import Period, Tally
from reporting.small_cells import add_up, protect_list, protect_table, safe_points
from tests.factories import make_migrant

from . import factories as make

T = 5
small_numbers = st.one_of(st.integers(0, 7), st.integers(0, 40))


def splits(total: int, parts: int):
    """Every way to share `total` among so many cells, none of them empty: the attacker knows that a hidden cell is not."""
    if parts == 0:
        if total == 0:
            yield ()
        return
    if parts == 1:
        if total >= 1:
            yield (total,)
        return
    for first in range(1, total - parts + 2):
        for rest in splits(total - first, parts - 1):
            yield (first, *rest)


@settings(max_examples=300, deadline=None)
@given(st.lists(small_numbers, min_size=1, max_size=6))
def test_list(values):
    cells = {str(n): value for n, value in enumerate(values)}
    shown = protect_list(cells, T)
    if shown is None:
        # Only where nothing else is left: the small cells together can't hide behind the others.
        assert any(0 < value < T for value in values)
        return
    assert all(not 0 < value < T for value in shown.values() if value is not None)
    assert all(shown[code] in (None, value) for code, value in cells.items())
    hidden = [code for code, value in shown.items() if value is None]
    if not hidden:
        return
    rest = sum(values) - sum(value for value in shown.values() if value is not None)
    assert len(hidden) >= 2
    assert rest >= T  # nor do the hidden ones make a small cell together
    # In doubt about each: it could be the threshold or more, while all the others are at least 1.
    for code in hidden:
        if 0 < cells[code] < T:
            assert rest - (len(hidden) - 1) >= T
    if sum(values) <= 30:
        options = list(zip(*splits(rest, len(hidden)), strict=True))
        assert all(len(set(option)) > 1 for option in options)


def consistent_tables(rows, columns, shown):
    """Every table of whole numbers, nowhere negative, that agrees with the figures shown. Small tables only: it tries them all."""
    total = shown["total"]
    keys = list(itertools.product(rows, columns))

    def fill(index, table):
        if index == len(keys):
            row_sums = {row: sum(table[row, column] for column in columns) for row in rows}
            column_sums = {column: sum(table[row, column] for row in rows) for column in columns}
            if all(shown["rows"][row] in (None, n) for row, n in row_sums.items()) and all(shown["columns"][column] in (None, n) for column, n in column_sums.items()):
                yield {**table, **{("row", row): n for row, n in row_sums.items()}, **{("column", column): n for column, n in column_sums.items()}}
            return
        key = keys[index]
        left = total - sum(table.values())
        known = shown["cells"][key]
        choices = [known] if known is not None else range(left + 1)
        if index == len(keys) - 1:
            choices = [left] if known in (None, left) else []
        for value in choices:
            if value <= left:
                yield from fill(index + 1, {**table, key: value})

    yield from fill(0, {})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=4, max_size=4), st.booleans())
def test_table_of_four_cells_by_trying_every_table(values, rows_known):
    rows, columns = ("f", "m"), ("c", "a")
    cells = dict(zip(itertools.product(rows, columns), values, strict=True))
    table = protect_table(cells, T, rows_known=rows_known)
    if table is None:
        return
    everything = {**table.cells, **{("row", row): n for row, n in table.rows.items()}, **{("column", column): n for column, n in table.columns.items()}}
    truth = {**cells, **{("row", r): sum(cells[r, c] for c in columns) for r in rows}, **{("column", c): sum(cells[r, c] for r in rows) for c in columns}}
    if rows_known:
        assert None not in table.rows.values()
    possible = list(consistent_tables(rows, columns, {"total": sum(values), "cells": table.cells, "rows": table.rows, "columns": table.columns}))
    assert truth in possible
    for key, value in everything.items():
        if value is not None:
            assert value == truth[key]
            assert not 0 < value < T or (rows_known and key[0] == "row")
            continue
        guesses = {one[key] for one in possible}
        assert len(guesses) > 1, (key, "can be worked out")
        if 0 < truth[key] < T:
            assert max(guesses) >= T, (key, "is known to be small")


def rank(rows):
    """Of a matrix of fractions, by elimination."""
    from fractions import Fraction

    rows = [[Fraction(x) for x in row] for row in rows]
    found = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i in range(len(rows)):
            if i != found and rows[i][column]:
                factor = rows[i][column] / rows[found][column]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[found], strict=True)]
        found += 1
    return found


@settings(max_examples=200, deadline=None)
@given(st.lists(small_numbers, min_size=12, max_size=12), st.lists(st.integers(0, 6), min_size=6, max_size=6))
def test_large_table_with_age_groups_by_linear_algebra(values, weights):
    """Sex by child or adult, with the age groups inside: no hidden figure follows from the sums by adding and subtracting."""
    sexes, parents = ("f", "m", "o"), ("children", "adults")
    cells = {key: values[n] for n, key in enumerate(itertools.product(sexes, parents))}
    groups = {}
    for parent, names in (("children", ("0", "14")), ("adults", ("18", "26", "36", "60"))):
        left = sum(cells[sex, parent] for sex in sexes)
        for number, name in enumerate(names):
            take = left if number == len(names) - 1 else min(left, weights[number])
            groups[name] = (parent, take)
            left -= take
    table = protect_table(cells, T, parts=groups)
    if table is None:
        return
    unknown = [("cell", *key) for key, v in table.cells.items() if v is None]
    unknown += [("row", key) for key, v in table.rows.items() if v is None]
    unknown += [("column", key) for key, v in table.columns.items() if v is None]
    unknown += [("part", key) for key, v in table.parts.items() if v is None]
    place = {name: n for n, name in enumerate(unknown)}
    equations = []
    sums = [[*(("cell", sex, parent) for parent in parents), ("row", sex)] for sex in sexes]
    sums += [[*(("cell", sex, parent) for sex in sexes), ("column", parent)] for parent in parents]
    sums += [[*(("part", name) for name, (p, _n) in groups.items() if p == parent), ("column", parent)] for parent in parents]
    sums += [[("row", sex) for sex in sexes], [("column", parent) for parent in parents]]
    for number, terms in enumerate(sums):
        row = [0] * len(unknown)
        for term in terms:
            if term in place:
                row[place[term]] += -1 if term is terms[-1] and number < len(sums) - 2 else 1
        equations.append(row)
    if not unknown:
        return
    known = rank(equations)
    for n in range(len(unknown)):
        alone = [1 if i == n else 0 for i in range(len(unknown))]
        assert rank([*equations, alone]) > known, (unknown[n], "follows from the sums")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-6, 9)), max_size=15))
def test_running_totals(increments):
    """Of several series, at any two points that are published, and from nothing."""
    points = safe_points([[one for one, _other in increments], [other for _one, other in increments]], T)
    for series in zip(*increments, strict=True):
        totals = list(itertools.accumulate(series))
        assert all(not 0 < abs(after - before) < T for before, after in itertools.combinations([0, *(totals[place] for place in points)], 2))
        assert not increments or len(increments) - 1 in points or any(0 < abs(sum(each)) < T for each in zip(*increments, strict=True))


def test_the_last_total_comes_first():
    assert safe_points([[0, 3, 2, 1, 0, 9]], T) == [0, 3, 4, 5]
    assert safe_points([[40, 4, 4]], T) == [0, 2]
    assert safe_points([[40, 4, 4]], T, among={0, 1}) == [1]
    assert safe_points([[3]], T) == []


# --- over time ---------------------------------------------------------------------------------------------------


class Action:
    """As much of a logframe as the closed quarters ask for."""

    starts_on = datetime.date(2024, 1, 1)


def quarter_of(number):
    return datetime.date(2024 + number // 4, number % 4 * 3 + 1, 1)


def published(counts, upto):
    """What somebody without the proof reads at the end of that many quarters: {dimension: {code: number}} and the total."""
    counts = [{key: n for key, n in cells.items() if n} for cells in counts]  # codes with nothing in them are missing in a tally
    quarters = {
        "assistance": {
            quarter_of(n): Tally(value=sum(cells.values()), by=tables(cells), crossed=dict(cells), months={quarter_of(n): sum(cells.values())})
            for n, cells in enumerate(counts[:upto])
        }
    }
    end = quarter_of(upto) - datetime.timedelta(days=1)
    shown = Counted(quarters, Period(Action.starts_on, end), Action, {"KAY": "Kayes"}).shown("assistance", exact=False)
    return shown, sum(sum(cells.values()) for cells in counts[:upto])


def tables(cells):
    sexes, ages = {}, {}
    for (sex, age), n in cells.items():
        sexes[sex] = sexes.get(sex, 0) + n
        ages[age] = ages.get(age, 0) + n
    return {"sex": sexes, "age_group": ages, "nationality": {"GN": sexes.get("female", 0), "SN": sexes.get("male", 0), "CI": sexes.get("other", 0)}}


one_quarter = st.fixed_dictionaries({(sex, age): st.one_of(st.just(0), small_numbers) for sex in ("female", "male", "other") for age in ("0-13", "18-25")})


@settings(max_examples=120, deadline=None)
@given(st.lists(one_quarter, min_size=1, max_size=7))
def test_no_difference_of_two_publications_is_a_small_number(counts):
    """The attacker keeps what was published at the end of every quarter and subtracts: cell by cell, and all cells shown from the total."""
    seen = [published(counts, upto) for upto in range(1, len(counts) + 1)]
    for dimension in ("sex", "age_group", "nationality"):
        for (before, _earlier), (after, _later) in itertools.combinations(seen, 2):
            old, new = before.by.get(dimension), after.by.get(dimension)
            if not old or not new or before.until[dimension] == after.until[dimension]:
                continue
            both = [code for code, n in new.items() if n is not None and old.get(code, 0) is not None and code != "male_or_other"]
            for code in both:
                assert not 0 < new[code] - old.get(code, 0) < T, (dimension, code)
            if {"male", "other"} <= old.keys() and "male_or_other" in new and None not in (new["male_or_other"], old["male"], old["other"]):
                assert not 0 < new["male_or_other"] - old["male"] - old["other"] < T
    for shown, _total in seen:
        until = shown.until.get("sex")
        if until is None:
            continue
        closed = [dict.fromkeys(counts[0], 0) | cells for n, cells in enumerate(counts) if quarter_of(n) <= until]
        truth = tables({key: sum(cells[key] for cells in closed) for key in closed[0]})["sex"]
        truth["male_or_other"] = truth["male"] + truth["other"]
        assert all(n is None or n == truth[code] for code, n in shown.by["sex"].items())
        if None not in shown.by["sex"].values():
            assert sum(shown.by["sex"].values()) == truth["female"] + truth["male_or_other"]


def test_a_step_waits_until_nothing_in_it_is_small():
    few, many = {("female", "18-25"): 2, ("male", "18-25"): 40}, {("female", "18-25"): 30, ("male", "18-25"): 40}
    shown, _total = published([many, few, few], 3)
    assert shown.by["sex"] == {"female": 30, "male": 40} and shown.until["sex"] == datetime.date(2024, 3, 31)
    shown, _total = published([many, few, few, few], 4)
    assert shown.by["sex"] == {"female": 36, "male": 160} and shown.until["sex"] == datetime.date(2024, 12, 31)


def test_after_a_year_a_step_is_closed_with_something_hidden_and_it_stays_hidden():
    many = {("female", "18-25"): 30, ("male", "18-25"): 40, ("male", "26-35"): 40}
    little = {("male", "0-13"): 0, ("male", "60+"): 1, ("male", "18-25"): 40, ("female", "18-25"): 30}
    shown, _total = published([little, {}, {}], 3)
    assert "age_group" not in shown.by
    shown, _total = published([little, {}, {}, {}, many], 5)
    assert shown.until["age_group"] == datetime.date(2025, 3, 31)
    assert shown.by["age_group"]["60+"] is None and shown.by["sex"] == {"female": 60, "male": 121}


def test_quarters_not_over_are_not_published(time_machine):
    time_machine.move_to(datetime.datetime(2024, 6, 30, 12, tzinfo=datetime.UTC))
    many = {("female", "18-25"): 30, ("male", "18-25"): 40}
    shown, _total = published([many, many], 2)
    assert shown.until["sex"] == datetime.date(2024, 3, 31)
    time_machine.move_to(datetime.datetime(2024, 7, 1, 12, tzinfo=datetime.UTC))
    shown, _total = published([many, many], 2)
    assert shown.until["sex"] == datetime.date(2024, 6, 30)


def test_a_sum_of_steps_shows_what_every_step_shows():
    steps = [{"sex": {"female": 10, "male": 20, "other": 6}}, {"sex": {"female": None, "male_or_other": 30}}]
    assert add_up(steps) == {"sex": {"female": None, "male_or_other": 56}}
    assert add_up([steps[0], {}]) == {} and add_up([]) == {}


# --- in the figures ----------------------------------------------------------------------------------------------


@pytest.fixture
def people(centre):
    for number in range(40):
        person = make_migrant(centre("GAO"), sex="female" if number < 3 else "male", nationality="GN" if number < 38 else "TG")
        make.make_assistance(person, centre("GAO" if number > 1 else "KAY"), make.after(number))
        make.make_reintegration(
            person, centre("GAO"), make.after(number), kind="community" if number < 22 else "individual", returned_from_continent="europe" if number < 2 else "africa"
        )


def figure_of(code, user=None, **period):
    exact = figures.sees_exact(user) if user else figures.protected
    [one] = figures.build(make.whole() if not period else figures.Period(**period), exact=exact, code=code)
    return one


@pytest.mark.django_db
def test_committee_sees_no_small_cell_and_monitoring_sees_all(people, persona):
    for username, small in (("me.iom", True), ("steering.eu", False), ("me.aecid", False)):
        one = figure_of("E3", persona(username))
        assert one["value"] == 40
        sexes = {cell["code"]: cell["value"] for cell in one["disaggregation"]["sex"]}
        assert sexes == ({"female": 3, "male": 37} if small else {"female": None, "male": None})
        centres = {cell["code"]: cell["value"] for cell in one["disaggregation"]["centre"]}
        assert (centres["KAY"] == 2) is small
        assert [cell["label"] for cell in one["disaggregation"]["nationality"] if cell["value"] is None] == ([] if small else ["Autres (petits nombres protégés)"])
        assert one["suppressed"] is not small


@pytest.mark.django_db
def test_the_parts_of_the_whole_do_not_betray_each_other(people):
    """R2.5 + R2.6 = E6: what is shown of two of them must not give the third."""
    whole, community, individual = (figure_of(code) for code in ("E6", "R2.5", "R2.6"))
    for dimension in ("sex", "age_group", "nationality", "centre", "region"):
        found = [{cell["code"]: cell["value"] for cell in one["disaggregation"].get(dimension, [])} for one in (whole, community, individual)]
        for code in set().union(*found):
            hidden = [cells.get(code, 0) is None for cells in found]
            assert sum(hidden) != 1, (dimension, code)
    assert [target["value"] for target in whole["targets"]] == [None, None]
    assert [target["suppressed"] for target in whole["targets"]] == [True, True]
    totals, *parts = [{point["month"]: point["value"] for point in one["trend"]} for one in (whole, community, individual)]
    assert any(parts[0].values())
    for month, total in totals.items():
        assert (parts[0][month] is None) is (parts[1][month] is None)
        assert parts[0][month] is None or parts[0][month] + parts[1][month] == total


@pytest.mark.django_db
def test_periods_of_ones_own_choice_give_nobody_away(people, persona):
    """Whoever does not see the proof gets people from the start of the action on, to the end of a month; whoever sees it gets what was asked for."""
    starts = make.starts()
    for code, exact in (("E3", 1), ("E6", 1), ("R2.5", 1)):
        day = {"start": make.after(20), "end": make.after(20)}
        seen = figure_of(code, persona("steering.eu"), **day)
        assert seen["counted"]["from"] == starts.isoformat() and seen["value"] != exact, code
        assert datetime.date.fromisoformat(seen["counted"]["to"]) < make.after(20)
        assert figure_of(code, persona("me.iom"), **day)["value"] == exact
        assert seen["value"] in (None, 0) or seen["value"] >= T
    before = figure_of("E3", persona("steering.eu"), start=starts, end=make.after(3))
    assert before["value"] is None and before["suppressed"] and before["state_label"] == "protégé"
    assert before["disaggregation"] == {} and before["withheld"]
    assert figure_of("E3", persona("me.iom"), start=make.after(0), end=make.after(20))["disaggregation"]["sex"]
    assert figure_of("E6", persona("steering.eu"), start=make.after(0), end=make.after(20))["targets"][0]["value"] is None


@pytest.mark.django_db
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 200), st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_no_two_publications_differ_by_a_few_people(centre, found):
    """Over every period that can be asked for: values of people, of the parts of a whole and what is left of it, targets of a part."""
    with transaction.atomic():
        for day, individual, enhanced, europe in found:
            person = make_migrant(centre("GAO"))
            kind, continent = "individual" if individual else "community", "europe" if europe else "africa"
            make.make_reintegration(person, centre("GAO"), make.after(day), kind=kind, enhanced=enhanced, returned_from_continent=continent)
        ends = {make.after(day) for day in (0, 7, 8, *range(37, 240, 25), 719)} | {datetime.date(2025, month, 28) for month in (1, 2, 6)} | {datetime.date(2025, 3, 31)}
        seen = {name: {0} for name in ("E6", "R2.5", "R2.6", "R2.7", "rest", "europe", "africa")}
        together = []
        for end in ends:
            for start in (make.starts(), end):
                figures_ = {one["code"]: one for one in figures.build(figures.Period(start, end)) if one["code"] in seen}
                for code, one in figures_.items():
                    seen[code].add(one["value"])
                europe, africa = figures_["E6"]["targets"]
                seen["europe"].add(europe["value"])
                seen["africa"].add(africa["value"])
                together.append({code: (one["value"], one["counted"]["to"]) for code, one in figures_.items()})
        by_day = {}
        for one in together:
            for code, (value, day) in one.items():
                by_day.setdefault(day, {})[code] = value
        for values in by_day.values():
            if None not in (values.get("E6"), values.get("R2.7")):
                seen["rest"].add(values["E6"] - values["R2.7"])
            if None not in (values.get("E6"), values.get("R2.5")):
                seen["R2.6"].add(values["E6"] - values["R2.5"])
            if None not in (values.get("E6"), values.get("R2.6")):
                seen["R2.5"].add(values["E6"] - values["R2.6"])
        for code, values in seen.items():
            for one, other in itertools.combinations([value for value in values if value is not None], 2):
                assert not 0 < abs(one - other) < T, (code, one, other)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_things_are_no_people(centre):
    make.make_flow_count(make.after(3))
    assert figure_of("R3.4")["disaggregation"]["region"] == [{"code": "Gao", "label": "Gao", "value": 1, "suppressed": False}]
