"""Each count against a query of its own, written here by hand; and every view of a measure against the others."""

import datetime

import pytest
from django.db import connection

from reporting import figures
from reporting.measures import MEASURES, Period, proof, tallies
from reporting.models import Logframe
from tests.factories import make_migrant

from . import factories as make

pytestmark = pytest.mark.django_db

PERSON_SUPPORTED = """SELECT count(DISTINCT c.migrant_id) FROM reintegration_support s JOIN reintegration_reintegrationcase c ON c.id = s.case_id
                      WHERE s.delivered_on BETWEEN %(start)s AND %(end)s"""
# Written without the product's code: what each measure should count.
BY_HAND = {
    "centres": "SELECT count(*) FROM centres_centre WHERE functional_since <= %(end)s",
    "antennas": "SELECT count(*) FROM centres_centre WHERE antenna_since <= %(end)s",
    "assistance": "SELECT count(DISTINCT migrant_id) FROM reception_assistance WHERE given_on BETWEEN %(start)s AND %(end)s",
    "returns": "SELECT count(DISTINCT migrant_id) FROM returns_returncase WHERE state = 'arrived' AND arrived_on BETWEEN %(start)s AND %(end)s",
    "reintegration": PERSON_SUPPORTED,
    "reintegration_community": f"{PERSON_SUPPORTED} AND c.kind = 'community'",
    "reintegration_individual": f"{PERSON_SUPPORTED} AND c.kind = 'individual'",
    "reintegration_enhanced": f"{PERSON_SUPPORTED} AND c.enhanced",
    "flow_points": "SELECT count(DISTINCT point_id) FROM flows_flowcount WHERE counted_on BETWEEN %(start)s AND %(end)s",
    "people_reached": """SELECT (SELECT coalesce(sum(women + men + girls + boys), 0) FROM outreach_activity WHERE kind = 'awareness' AND held_on BETWEEN %(start)s AND %(end)s)
                     + (SELECT coalesce(sum(women + men + girls + boys), 0) FROM reception_session WHERE kind = 'awareness' AND held_on BETWEEN %(start)s AND %(end)s)
                     + (SELECT count(DISTINCT p.migrant_id) FROM reception_sessionpresence p JOIN reception_session s ON s.id = p.session_id
                        JOIN cases_migrant m ON m.id = p.migrant_id
                        WHERE s.kind = 'awareness' AND s.held_on BETWEEN %(start)s AND %(end)s AND m.merged_into_id IS NULL)""",
    "communities_reached": "SELECT count(DISTINCT community_id) FROM outreach_activity WHERE kind = 'awareness' AND held_on BETWEEN %(start)s AND %(end)s",
    "agents_trained": """SELECT count(DISTINCT t.trainee_id) FROM outreach_attendance t JOIN outreach_activity a ON a.id = t.activity_id
                         WHERE a.kind = 'training' AND a.held_on BETWEEN %(start)s AND %(end)s""",
    "workshops": "SELECT count(*) FROM outreach_activity WHERE kind = 'workshop' AND held_on BETWEEN %(start)s AND %(end)s",
    "sessions": "SELECT count(*) FROM outreach_activity WHERE kind = 'session' AND held_on BETWEEN %(start)s AND %(end)s",
}


def by_hand(sql: str, period: Period):
    with connection.cursor() as cursor:
        cursor.execute(sql, {"start": period.start, "end": period.end})
        return cursor.fetchall()


@pytest.fixture
def facts(centre):
    make.make_everything({code: centre(code) for code in ("KAY", "BKO", "GAO")})


@pytest.fixture(params=["whole", "part", "nothing"])
def period(request, db):
    if request.param == "whole":
        return make.whole()
    if request.param == "part":
        return Period(make.after(14), make.after(66))
    return Period(datetime.date(2001, 1, 1), datetime.date(2001, 12, 31))


def test_every_measure_has_a_query_of_its_own():
    assert BY_HAND.keys() == MEASURES.keys()


def test_values(facts, period):
    found = tallies(MEASURES, period)
    assert {name: tally.value for name, tally in found.items()} == {name: by_hand(sql, period)[0][0] for name, sql in BY_HAND.items()}


def test_there_is_something_to_count(facts):
    assert all(tally.value for tally in tallies(MEASURES, make.whole()).values())


def test_value_disaggregations_trend_and_proof_agree(facts, period):
    for name, tally in tallies(MEASURES, period).items():
        measure = MEASURES[name]
        lines = proof(name, period, limit=None)
        assert sum(line.amount for line in lines) == tally.value, name
        assert sum(tally.months.values()) == tally.value, name
        if name != "people_reached":  # there a line is a group of people
            assert len(lines) == len({line.subject for line in lines}) == tally.value, name
        for dimension in measure.dimensions:
            assert sum(tally.by.get(dimension, {}).values()) == tally.value, (name, dimension)
            for code, n in tally.by.get(dimension, {}).items():
                assert sum(line.amount for line in lines if line.codes[dimension] == code) == n, (name, dimension, code)
        if measure.crossed:
            assert sum(tally.crossed.values()) == tally.value


def test_quick_values_are_the_detailed_ones(facts, period):
    quick, detailed = tallies(MEASURES, period, detail=False), tallies(MEASURES, period)
    assert {name: tally.value for name, tally in quick.items()} == {name: tally.value for name, tally in detailed.items()}


def test_disaggregations_by_hand(facts):
    period = make.whole()
    tally = tallies(["assistance"], period)["assistance"]
    first = "SELECT DISTINCT ON (migrant_id) * FROM reception_assistance WHERE given_on BETWEEN %(start)s AND %(end)s ORDER BY migrant_id, given_on, centre_id"
    assert tally.by["centre"] == dict(by_hand(f"SELECT c.code, count(*) FROM ({first}) f JOIN centres_centre c ON c.id = f.centre_id GROUP BY 1", period))
    assert tally.by["sex"] == dict(by_hand(f"SELECT m.sex, count(*) FROM ({first}) f JOIN cases_migrant m ON m.id = f.migrant_id GROUP BY 1", period))
    assert tally.by["nationality"] == dict(by_hand(f"SELECT m.nationality, count(*) FROM ({first}) f JOIN cases_migrant m ON m.id = f.migrant_id GROUP BY 1", period))
    minors = by_hand(f"SELECT count(*) FROM ({first}) f JOIN cases_migrant m ON m.id = f.migrant_id WHERE age(f.given_on, m.born_on) < interval '18 years'", period)[0][0]
    assert tally.by["age_group"].get("0-13", 0) + tally.by["age_group"].get("14-17", 0) == minors == 14


@pytest.mark.parametrize(
    ("born", "group"),
    [
        ((2011, 6, 15), "0-13"),
        ((2011, 6, 14), "14-17"),
        ((2007, 6, 15), "14-17"),
        ((2007, 6, 14), "18-25"),
        ((1999, 6, 14), "26-35"),
        ((1989, 6, 14), "36-59"),
        ((1965, 6, 15), "36-59"),
        ((1965, 6, 14), "60+"),
    ],
)
def test_age_on_the_day_of_the_fact(centre, born, group):
    day = datetime.date(2025, 6, 14)
    make.make_assistance(make_migrant(centre("GAO"), born_on=datetime.date(*born)), centre("GAO"), day)
    assert tallies(["assistance"], Period(day, day))["assistance"].by["age_group"] == {group: 1}


def test_first_and_last_day_of_a_period_belong_to_it(centre):
    start, end = make.after(100), make.after(110)
    for offset in (99, 100, 110, 111):
        make.make_assistance(make_migrant(centre("KAY")), centre("KAY"), make.after(offset))
    assert tallies(["assistance"], Period(start, end))["assistance"].value == 2


def test_twins_have_the_same_figures(facts):
    rows = {one["code"]: one for one in figures.build(make.whole(), exact=lambda objective: True)}
    for one, other in [("E1", "R1.1"), ("E3", "R1.2"), ("E5", "R1.5"), ("E9", "R4.1"), ("E10", "R5.2")]:
        for key in ("value", "disaggregation", "trend", "sex_by_age"):
            assert rows[one][key] == rows[other][key]
    assert rows["E6"]["value"] == rows["R2.5"]["value"] + rows["R2.6"]["value"] > rows["R2.7"]["value"]
    assert [t["value"] for t in rows["E9"]["targets"]] == [rows["R4.1"]["value"], rows["R4.2"]["value"]]
    assert [t["value"] for t in rows["E11"]["targets"]] == [rows["R5.3"]["value"], rows["R5.4"]["value"]]
    assert sum(t["value"] for t in rows["E6"]["targets"]) == rows["E6"]["value"]


def test_a_person_helped_in_both_ways_is_one_person_of_the_1900(centre):
    person = make_migrant(centre("KAY"))
    first = make.make_reintegration(person, centre("KAY"), make.after(10), kind="community", state="withdrawn", closed_on=make.after(20))
    make.make_reintegration(person, centre("KAY"), make.after(30), kind="individual", enhanced=True)
    found = tallies(["reintegration", "reintegration_community", "reintegration_individual", "reintegration_enhanced"], make.whole())
    assert first.kind == "community"
    assert {name: tally.value for name, tally in found.items()} == {
        "reintegration": 1,
        "reintegration_community": 1,
        "reintegration_individual": 0,
        "reintegration_enhanced": 1,
    }


def test_the_straight_line(centre):
    logframe = Logframe.objects.current()
    half = Period(logframe.starts_on, make.after(547))  # 548 of 1,095 days
    by_code = {one["code"]: one for one in figures.build(half, exact=lambda objective: True)}
    assert by_code["E3"]["expected"] == pytest.approx(16000 * 548 / 1095, abs=0.1)
    assert by_code["R2.4"]["expected"] == pytest.approx(1 + 2 * 548 / 1095, abs=0.1)
    assert by_code["R3.3"]["expected"] == pytest.approx(548 / 1095, abs=0.1)  # one study more, not one less
    quarter = {one["code"]: one for one in figures.build(Period(make.after(100), make.after(199)), exact=lambda objective: True)}
    assert quarter["E3"]["expected"] == pytest.approx(16000 * 100 / 1095, abs=0.1)


@pytest.mark.parametrize(
    ("value", "base", "target", "expected", "state"),
    [
        (None, 0, 10, 5, "missing"), (10, 0, 10, 5, "reached"), (12, 0, 10, 10, "reached"), (6, 0, 10, 5, "ahead"), (50, 0, 100, 50, "on_track"),
        (46, 0, 100, 50, "on_track"), (44, 0, 100, 50, "late"), (1, 1, 3, 2.4, "late"), (2, 1, 3, 2.4, "on_track"),
        # Zero is never on track: late once half of the first one is due, before that nothing yet.
        (0, 0, 1, 0.667, "late"), (0, 0, 1, 0.2, "nothing"), (0, 0, 1, 0, "nothing"), (0, 0, 1, 1, "late"), (0, 0, 16000, 14.6, "late"), (1, 1, 3, 1.3, "nothing"),
        (0, 1, 3, 1.3, "late"),
    ],
)  # fmt: skip
def test_state(value, base, target, expected, state):
    assert figures._state(value, base, target, expected) == state


def test_all_measures_are_counted_in_one_statement(facts, django_assert_num_queries):
    period = make.whole()
    with django_assert_num_queries(2):  # the counting, and the codes of the centres
        tallies(MEASURES, period)


def test_proof_by_pages(facts):
    for name in ("assistance", "people_reached", "communities_reached"):
        everything = proof(name, make.whole(), limit=None)
        pages, after = [], ""
        while page := proof(name, make.whole(), after=after, limit=4):
            pages += page
            after = f"{page[-1].subject}/{page[-1].detail}"
        assert pages == everything
