"""The report of a centre: its figures are those of plain SQL written by hand, in whatever zone, over whatever midnight."""

import datetime
import gzip
import io
import random
import uuid
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from cases.models import Migrant, VulnerabilityAssessment
from cases.services import merge_files
from centres import capacity
from centres.models import Bed, BedBlock, Centre, Posting, Room, Service
from config import charts
from jobs import services as jobs
from jobs.models import Job
from reception import report_pdf, report_words, services
from reception.models import Assistance, FlagKind, PersonFlag, Stay
from reception.occupancy_history import nights
from reception.periods import MONTH, WEEK, Period
from reception.report import NoReport, build
from tests.factories import make_migrant

pytestmark = pytest.mark.django_db
OPENED = datetime.date(2025, 3, 3)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def gao(centre) -> Centre:
    return opened(centre("GAO"))


def opened(centre: Centre) -> Centre:
    Centre.objects.filter(pk=centre.pk).update(functional_since=OPENED)
    Bed.objects.filter(room__centre=centre).update(since=OPENED)
    centre.refresh_from_db()
    return centre


def at(day: int, hour: int = 12, minute: int = 0, *, month: int = 1, year: int = 2026) -> datetime.datetime:
    """A moment by the clock on the wall of the centre."""
    return datetime.datetime(year, month, day, hour, minute, tzinfo=timezone.get_current_timezone())


def people(centre: Centre, number: int, like: Migrant | None = None, **values) -> list[Migrant]:
    """So many people, written as rows."""
    like = like or make_migrant(centre)
    known = {field.attname: getattr(like, field.attname) for field in Migrant._meta.concrete_fields} | values
    made = [Migrant(**{**known, "id": uuid.uuid4(), "case_number": uuid.uuid4().hex[:18]}) for _number in range(number)]
    return Migrant.objects.bulk_create(made)


def stay(person: Migrant, centre: Centre, arrived: datetime.datetime, departed: datetime.datetime | None = None, reason: str = "left", origin: str = "transit") -> Stay:
    return Stay.objects.create(migrant=person, centre=centre, arrived_at=arrived, departed_at=departed, departure_reason=reason if departed else "", origin=origin)


def give(person: Migrant, centre: Centre, day: datetime.date, code: str = "kit-hygiene", quantity: int = 1) -> Assistance:
    return Assistance.objects.create(migrant=person, centre=centre, service=Service.objects.get(code=code), given_on=day, quantity=quantity)


def leave_out(person: Migrant) -> None:
    kind, _new = FlagKind.objects.get_or_create(code="essai-hors", defaults={"name": "Hors statistiques", "out_of_statistics": True})
    PersonFlag.objects.create(migrant=person, kind=kind, reason="essai")


def month(number: int, year: int = 2026) -> Period:
    return Period.of(MONTH, datetime.date(year, number, 1))


def group(found, dimension: str, code: str) -> tuple[int, int, int, int]:
    return next(one.values for one in found.groups[dimension] if one.code == code)


# --- by hand -----------------------------------------------------------------------------------------------------

# Written otherwise than the report: each measure by itself, people by their own file, midnights as moments.
PERSON = "(SELECT coalesce(m.merged_into_id, m.id) FROM cases_migrant m WHERE m.id = {0}.migrant_id)"
COUNTED = f"{PERSON} NOT IN (SELECT f.migrant_id FROM reception_personflag f JOIN reception_flagkind k ON k.id = f.kind_id WHERE k.out_of_statistics)"
FIRST, END = "(%(first)s::timestamp AT TIME ZONE %(zone)s)", "((%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s)"
ELSEWHERE = f"FROM reception_stay o WHERE o.centre_id = s.centre_id AND o.id <> s.id AND {PERSON.format('o')} = {PERSON.format('s')}"
MIDNIGHTS = "SELECT d, (d::date + 1)::timestamp AT TIME ZONE %(zone)s AS midnight FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') d"
# From the day of the arrival, through each hospital, to that of the departure.
BACK = """WITH RECURSIVE whole AS (
        SELECT id, migrant_id, arrived_at, origin FROM reception_stay b WHERE b.id = s.id
        UNION ALL SELECT p.id, p.migrant_id, p.arrived_at, p.origin FROM whole w JOIN LATERAL (
            SELECT * FROM reception_stay q WHERE q.migrant_id = w.migrant_id AND q.arrived_at < w.arrived_at ORDER BY q.arrived_at DESC LIMIT 1) p ON w.origin = 'hospital')
    SELECT min(arrived_at) FROM whole"""
LENGTH = f"(departed_at AT TIME ZONE %(zone)s)::date - (({BACK}) AT TIME ZONE %(zone)s)::date"
BY_HAND = {
    **{
        name: f"""SELECT count(*) FROM reception_stay s WHERE centre_id = %(centre)s AND {COUNTED.format("s")} AND arrived_at >= {FIRST} AND arrived_at < {END}
        AND (origin = 'hospital') = {from_hospital}
        AND NOT EXISTS (SELECT 1 {ELSEWHERE} AND o.arrived_at < s.arrived_at AND (o.departed_at IS NULL OR o.departed_at > s.arrived_at))"""
        for name, from_hospital in (("arrivals", "false"), ("returned", "true"))
    },
    **{
        name: f"""SELECT {what} FROM reception_stay s WHERE centre_id = %(centre)s AND {COUNTED.format("s")} AND departed_at >= {FIRST} AND departed_at < {END}
        AND (departure_reason = 'hospital') = {to_hospital}
        AND NOT EXISTS (SELECT 1 {ELSEWHERE} AND o.arrived_at < s.departed_at AND (o.departed_at IS NULL OR o.departed_at > s.departed_at))"""
        for name, what, to_hospital in (("departures", "count(*)", "false"), ("to_hospital", "count(*)", "true"), ("stayed", f"coalesce(sum({LENGTH}), 0)", "false"))
    },
    **{
        name: f"""SELECT count(DISTINCT {PERSON.format("s")}) FROM reception_stay s
        WHERE centre_id = %(centre)s AND {COUNTED.format("s")} AND arrived_at < {moment} AND (departed_at IS NULL OR departed_at >= {moment})"""
        for name, moment in (("there_before", FIRST), ("there_after", END))
    },
    "present": f"""SELECT count(DISTINCT {PERSON.format("s")}) FROM reception_stay s
        WHERE centre_id = %(centre)s AND {COUNTED.format("s")} AND arrived_at < {END} AND coalesce(departed_at, now()) >= {FIRST}""",
    "assisted": f"SELECT count(DISTINCT migrant_id) FROM reception_assistance a WHERE centre_id = %(centre)s AND given_on BETWEEN %(first)s AND %(last)s AND {COUNTED.format('a')}",
    "lines": f"SELECT count(*) FROM reception_assistance a WHERE centre_id = %(centre)s AND given_on BETWEEN %(first)s AND %(last)s AND {COUNTED.format('a')}",
    "nights": f"""SELECT count(DISTINCT (d, {PERSON.format("s")})) FROM ({MIDNIGHTS}) n JOIN reception_stay s
        ON s.arrived_at < midnight AND (s.departed_at IS NULL OR s.departed_at >= midnight) WHERE centre_id = %(centre)s AND {COUNTED.format("s")}""",
    "women": f"""SELECT count(DISTINCT {PERSON.format("s")}) FROM reception_stay s JOIN cases_migrant w ON w.id = {PERSON.format("s")} AND w.sex = 'female'
        WHERE centre_id = %(centre)s AND {COUNTED.format("s")} AND arrived_at < {END} AND coalesce(departed_at, now()) >= {FIRST}""",
    "of_guinea": f"SELECT count(DISTINCT a.migrant_id) FROM reception_assistance a JOIN cases_migrant g ON g.id = a.migrant_id AND g.nationality = 'GN' "
    f"WHERE centre_id = %(centre)s AND given_on BETWEEN %(first)s AND %(last)s AND {COUNTED.format('a')}",
    "minors": f"""SELECT count(DISTINCT {PERSON.format("s")}) FROM reception_stay s JOIN cases_migrant w ON w.id = {PERSON.format("s")}
        AND w.born_on + interval '14 years' <= %(last)s AND w.born_on + interval '18 years' > %(last)s
        WHERE centre_id = %(centre)s AND {COUNTED.format("s")} AND arrived_at < {END} AND coalesce(departed_at, now()) >= {FIRST}""",
    "occupied": f"""SELECT count(DISTINCT (d, {PERSON.format("s")})) FROM ({MIDNIGHTS}) n JOIN reception_stay s
        ON s.arrived_at < midnight AND (s.departed_at IS NULL OR s.departed_at >= midnight) WHERE centre_id = %(centre)s""",
    "beds": """SELECT count(*) FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') d JOIN centres_bed b ON b.since <= d AND (b.until IS NULL OR b.until > d)
        JOIN centres_room r ON r.id = b.room_id AND r.centre_id = %(centre)s
        WHERE NOT EXISTS (SELECT 1 FROM centres_bedblock k WHERE k.bed_id = b.id AND k.since <= d AND (k.until IS NULL OR k.until > d))""",
}


def by_hand(centre: Centre, period: Period, zone: str) -> dict[str, int]:
    with connection.cursor() as cursor:
        found = {}
        for name, sql in BY_HAND.items():
            cursor.execute(sql, {"centre": centre.pk, "first": period.first, "last": period.last, "zone": zone})
            found[name] = int(cursor.fetchone()[0])
    before, after = found.pop("there_before"), found.pop("there_after")
    assert before + found["arrivals"] + found["returned"] - found["departures"] - found["to_hospital"] == after
    return found


def by_report(centre: Centre, period: Period) -> dict[str, int]:
    found = build(centre, period)
    now = found.now
    assert sum(number for _code, _words, number in found.reasons) == now.departures
    for dimension in ("sex", "age", "nationality", "severity"):
        assert tuple(map(sum, zip(*(one.values for one in found.groups[dimension]), strict=True))) in ((), found.total.values), dimension
    before = build(centre, period.before).now
    assert found.before == before  # the comparison is the report of the period before
    return {
        **{name: getattr(now, name) for name in ("arrivals", "returned", "departures", "to_hospital", "stayed", "present", "assisted", "lines", "nights")},
        "women": group(found, "sex", "female")[1],
        "of_guinea": group(found, "nationality", "GN")[3] if any(one.code == "GN" for one in found.groups["nationality"]) else 0,
        "minors": group(found, "age", "14-17")[1],
        "occupied": sum(night.people for night in now.occupancy),
        "beds": sum(night.beds for night in now.occupancy),
    }


def a_busy_winter(centres: list[Centre]) -> None:
    """Eighty people who come and go in three months, some twice, some at midnight, some by two files, some out of statistics."""
    rng = random.Random(4)
    like = make_migrant(centres[0])
    everybody = [
        person
        for sex, born, nationality in (("female", 1990, "GN"), ("male", 2009, "ML"), ("male", 1960, "GN"), ("other", 2018, "SN"))
        for person in people(centres[0], 20, like, sex=sex, born_on=datetime.date(born, 1, 20), nationality=nationality)
    ]
    services_given = list(Service.objects.all())
    start = at(15, 0, month=11, year=2025)
    lines: dict[tuple, Assistance] = {}
    for person in everybody:
        before: Stay | None = None
        moment = start + datetime.timedelta(minutes=rng.choice((0, 30)) + 30 * rng.randrange(48 * 60))
        for _stay in range(rng.choice((1, 1, 2, 3))):
            centre = rng.choice(centres)
            length = datetime.timedelta(minutes=30 * rng.choice((1, 2, 47, 48, 49, rng.randrange(1, 48 * 30))))
            end = None if moment.month == 2 and rng.random() < 0.3 else moment + length
            back = before is not None and before.departure_reason == "hospital"
            centre = before.centre if back and before is not None else centre
            before = stay(person, centre, moment, end, rng.choice([*Stay.DepartureReason.values, "hospital", "hospital"]), "hospital" if back else "transit")
            for _line in range(rng.randrange(5)):
                service, day = rng.choice(services_given), timezone.localdate(moment) + DAY * rng.randrange(10)
                lines[person.pk, service.pk, day] = Assistance(
                    migrant=person, centre=centre, service=service, given_on=day, quantity=rng.randrange(1, 4), once_per_day=service.once_per_day
                )
            if end is None:
                break
            moment = end + datetime.timedelta(minutes=30 * rng.randrange(1, 48 * 20))
    Assistance.objects.bulk_create(lines.values())
    # A second file of some, with a stay that overlaps and so stayed behind with it.
    for person in everybody[::9]:
        (twin,) = people(centres[0], 1, like, merged_into_id=person.pk)
        own = person.stays.order_by("arrived_at").first()
        arrived = own.arrived_at + datetime.timedelta(hours=rng.choice((-30, -3, 0.25)))
        departed = own.departed_at and max(own.departed_at + datetime.timedelta(hours=rng.choice((-1, 40))), arrived + datetime.timedelta(hours=4))
        stay(twin, own.centre, arrived, departed)
    for person in everybody[3::13]:
        leave_out(person)
    beds = list(Bed.objects.filter(room__centre=centres[0]))
    Bed.objects.filter(pk__in=[bed.pk for bed in beds[:20]]).update(until=datetime.date(2026, 1, 10))
    BedBlock.objects.bulk_create(BedBlock(bed=bed, reason="repair", since=datetime.date(2025, 12, 30), until=datetime.date(2026, 1, 20)) for bed in beds[15:30])


@pytest.mark.parametrize("zone", ["Africa/Bamako", "Asia/Kolkata", "America/Bogota"])
def test_the_report_is_what_sql_written_by_hand_says(zone, centre, gao, settings):
    Posting.objects.update(since=datetime.date(2025, 1, 1))  # west of here today may be the day before they began
    settings.TIME_ZONE = zone
    kayes = opened(centre("KAY"))
    a_busy_winter([gao, kayes])
    periods = [month(12, 2025), month(1), Period.of(WEEK, datetime.date(2025, 12, 30)), Period.of(WEEK, datetime.date(2026, 1, 13))]
    for here in (gao, kayes):
        for period in periods:
            assert by_report(here, period) == by_hand(here, period, zone), (here, period)
    assert build(gao, month(1)).left_out > 0 < build(gao, month(1)).now.returned


# --- midnights, years, capacity ----------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Africa/Bamako", "Asia/Tokyo"])
def test_over_midnight(gao, settings, zone):
    settings.TIME_ZONE = zone
    assert timezone.get_current_timezone() == ZoneInfo(zone)
    one, two, three, four = people(gao, 4)
    stay(one, gao, at(14, 23, 30), at(15, 0, 30))  # a night, short as it was
    stay(two, gao, at(14, 8), at(14, 22))  # a day trip is none
    stay(three, gao, at(14, 20), at(15, 0, 0))  # still there at midnight
    stay(four, gao, at(15, 0, 0), at(15, 6))  # not yet there at it
    found = nights(gao, datetime.date(2026, 1, 13), datetime.date(2026, 1, 16))
    assert [found[datetime.date(2026, 1, day)] for day in (13, 14, 15, 16)] == [0, 2, 0, 0]
    report = build(gao, month(1))
    assert (report.now.nights, report.now.arrivals, report.now.departures, report.now.present) == (2, 4, 4, 4)
    assert report.now.stayed == 2
    monday = build(gao, Period.of(WEEK, datetime.date(2026, 1, 12)))
    assert (monday.now.nights, monday.now.arrivals) == (2, 4)


def test_over_the_midnight_that_ends_a_month(gao):
    """The night of 31 January is January's; the departure is February's."""
    (person,) = people(gao, 1)
    stay(person, gao, at(31, 23, 30), at(1, 0, 30, month=2))
    january, february = build(gao, month(1)).now, build(gao, month(2)).now
    assert (january.arrivals, january.nights, january.departures, january.present) == (1, 1, 0, 1)
    assert (february.arrivals, february.nights, february.departures, february.present) == (0, 0, 1, 1)


def test_over_new_year(gao):
    (person,) = people(gao, 1)
    stay(person, gao, at(28, 15, month=12, year=2025), at(5, 9), "return")
    december, january = build(gao, month(12, 2025)), build(gao, month(1))
    assert (december.now.nights, january.now.nights) == (4, 4)  # 28, 29, 30, 31; 1, 2, 3, 4
    assert (december.now.present, january.now.present) == (1, 1)
    assert (december.now.arrivals, december.now.departures, december.now.mean_stay) == (1, 0, None)
    assert (january.now.arrivals, january.now.departures, january.now.mean_stay) == (0, 1, 8)
    assert january.before == december.now
    # The first week of 2026 begins in 2025.
    week = Period.of(WEEK, datetime.date(2026, 1, 1))
    assert (week.first, week.code) == (datetime.date(2025, 12, 29), "2026-S01") and "Semaine 1 de 2026" in str(week)
    assert build(gao, week).now.nights == 7


def test_over_a_change_of_capacity(gao):
    everybody = people(gao, 30)
    for person in everybody:
        stay(person, gao, at(1, 0, 10), at(31, 23, 50))
    Bed.objects.filter(room__centre=gao).exclude(room__kind=Room.Kind.MEN).update(until=datetime.date(2026, 1, 1))
    men = list(Bed.objects.filter(room__centre=gao, room__kind=Room.Kind.MEN))
    Bed.objects.filter(pk__in=[bed.pk for bed in men[40:]]).update(until=datetime.date(2026, 1, 1))
    Bed.objects.filter(pk__in=[bed.pk for bed in men[30:40]]).update(until=datetime.date(2026, 1, 16))  # 40, then 30
    BedBlock.objects.create(bed=men[0], reason="repair", since=datetime.date(2026, 1, 11), until=datetime.date(2026, 1, 12))
    report = build(gao, month(1))
    assert [night.beds for night in report.now.occupancy] == [40] * 10 + [39] + [40] * 4 + [30] * 16
    assert [night.beds for night in report.capacities] == [40, 39, 40, 30]
    assert [night.people for night in report.now.occupancy] == [30] * 30 + [0]
    assert report.now.rate == pytest.approx(900 / (14 * 40 + 39 + 16 * 30)) == pytest.approx(900 / capacity.bed_nights(gao, report.period.first, report.period.last))
    assert report.now.top_rate == 1 and report.now.fullest.day == datetime.date(2026, 1, 1)
    assert report.now.mean_occupancy == pytest.approx(900 / 31)


# --- people ------------------------------------------------------------------------------------------------------


def test_who_comes_twice_arrives_twice_and_is_one_person(gao, centre):
    person, other = people(gao, 2)
    stay(person, gao, at(5), at(8))
    stay(person, gao, at(20), at(22), "hospital")
    stay(other, gao, at(3), at(4))
    stay(person, opened(centre("KAY")), at(10), at(12))
    for day in (5, 6, 20):
        give(person, gao, datetime.date(2026, 1, day), "dejeuner")
    give(person, gao, datetime.date(2026, 1, 6), "kit-hygiene", 3)
    give(other, gao, datetime.date(2026, 1, 3), "kit-hygiene", 2)
    report = build(gao, month(1))
    assert (report.now.arrivals, report.now.departures, report.now.present, report.now.nights, report.now.assisted, report.now.lines) == (3, 2, 2, 6, 2, 5)
    assert report.now.to_hospital == 1 and report.now.mean_stay == 2  # 3 and 1 days
    assert {given.service.code: (given.lines, given.quantity, given.people) for given in report.given} == {"dejeuner": (3, 3, 1), "kit-hygiene": (2, 5, 2)}
    assert {code: number for code, _words, number in report.reasons if number} == {"left": 2}


def test_back_from_hospital_is_no_new_arrival(gao):
    (person,) = people(gao, 1)
    first = stay(person, gao, at(5), at(8), "hospital")
    stay(person, gao, at(12), at(14), "hospital", "hospital")
    last = stay(person, gao, at(20), at(22), "left", "hospital")
    now = build(gao, month(1)).now
    assert (now.arrivals, now.returned, now.departures, now.to_hospital, now.present, now.nights) == (1, 2, 1, 2, 1, 7)
    assert now.mean_stay == 17  # from the arrival to the departure, hospital included
    last.refresh_from_db()
    assert (last.first_arrived_at, last.planned_until) == (at(5), Stay.objects.get(pk=first.pk).planned_until)
    shown = {line.code: line.now for line in report_words.lines(build(gao, month(1)))}
    assert (shown["returned"], shown["to_hospital"]) == (2, 2)
    with pytest.raises(IntegrityError, match="who did not go there"), transaction.atomic():
        stay(person, gao, at(25), origin="hospital")
    with pytest.raises(IntegrityError), transaction.atomic():
        Stay.objects.filter(pk=last.pk).update(first_arrived_at=None)


def test_two_files_of_one_person_count_once(gao, persona):
    first, second = make_migrant(gao, surname="Diarra"), make_migrant(gao, surname="Diara")
    stay(first, gao, at(5), at(10))
    stay(second, gao, at(7), at(15), "return")  # the same presence, noted again: it can't move to the other file
    stay(second, gao, at(20), at(22))  # this one moves
    for person in (first, second):
        give(person, gao, datetime.date(2026, 1, 8), "dejeuner")
    Assistance.objects.update(once_per_day=True)
    before = build(gao, month(1)).now
    assert (before.present, before.assisted, before.arrivals, before.nights, before.lines) == (2, 2, 3, 15, 2)
    merge, _new = merge_files(actor=persona("manager.gao"), id=uuid.uuid4(), survivor=first, merged=second, versions=(first.version, second.version), take=[])
    assert {row[0] for row in merge.stayed} >= {"reception.stay", "reception.assistance"}
    after = build(gao, month(1)).now
    # 5 to 15 January in one go, then 20 to 22.
    assert (after.present, after.assisted, after.arrivals, after.departures, after.nights, after.lines) == (1, 1, 2, 2, 12, 1)
    assert sum(nights(gao, datetime.date(2026, 1, 1), datetime.date(2026, 1, 31)).values()) == 12


def test_who_is_out_of_statistics(gao):
    one, two, three = people(gao, 3)
    for person in (one, two):
        stay(person, gao, at(5), at(8))
    give(two, gao, datetime.date(2026, 1, 6))
    give(three, gao, datetime.date(2026, 1, 6))
    leave_out(two)
    leave_out(three)
    report = build(gao, month(1))
    assert (report.now.present, report.now.assisted, report.now.nights, report.now.arrivals, report.now.departures, report.now.lines, report.left_out) == (
        1,
        0,
        3,
        1,
        1,
        0,
        2,
    )
    assert report.now.fullest.people == 2  # a bed that is taken is taken
    assert build(gao, month(2)).left_out == 0


def assess(person: Migrant, when: datetime.datetime, flags: list[str], severity: str = "high", **more) -> VulnerabilityAssessment:
    return VulnerabilityAssessment.objects.create(migrant=person, assessed_at=when, flags=flags, severity=severity, **more)


def test_vulnerability_as_it_stood_at_the_end(gao):
    one, two, three, four = people(gao, 4)
    for person in (one, two, three):
        stay(person, gao, at(5), at(8))
    assess(one, at(5), ["ill"], "low")
    assess(one, at(31, 23), ["pregnant", "ill"], "critical")
    assess(one, at(1, 1, month=2), ["elderly"], "low")  # too late for January
    assess(two, at(6), ["ill"], "medium")
    assess(three, at(6), ["distress"], decision="not_confirmed", decided_at=at(7))
    assess(four, at(6), ["ill"])  # was not there
    report = build(gao, month(1))
    shown = {one.code: one.present for one in report.groups["flag"] if one.present}
    assert shown == {"pregnant": 1, "ill": 2, "any": 2}
    assert group(report, "flag", "any") == (2, 2, 6, 0)
    assert {one.code: one.present for one in report.groups["severity"] if one.present} == {"medium": 1, "critical": 1, "not_confirmed": 1}


# --- periods -----------------------------------------------------------------------------------------------------


@given(stays=st.lists(st.tuples(st.integers(0, 40 * 48), st.integers(1, 30 * 48)), min_size=1, max_size=6), weeks=st.integers(1, 5))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_nights_of_the_weeks_are_those_of_the_span(gao, stays, weeks):
    first = datetime.date(2026, 1, 5)
    with transaction.atomic():
        for person, (begin, length) in zip(people(gao, len(stays)), stays, strict=True):
            arrived = at(1, 0, month=1) + datetime.timedelta(minutes=30 * begin)
            stay(person, gao, arrived, arrived + datetime.timedelta(minutes=30 * length))
        reports = [build(gao, Period.of(WEEK, first + DAY * 7 * number)) for number in range(weeks)]
        span = nights(gao, first, reports[-1].period.last)
        slept = sum(
            sum(arrived < midnight <= departed for midnight in (at(1, 0) + DAY * (number + 1) for number in range(4, 4 + 7 * weeks)))
            for arrived, departed in Stay.objects.values_list("arrived_at", "departed_at")
        )
        assert sum(report.now.nights for report in reports) == sum(span.values()) == slept
        transaction.set_rollback(True)


def test_a_period_without_a_report(gao):
    for day, words in ((timezone.localdate() + DAY * 400, "pas commencé"), (OPENED - DAY * 40, "a ouvert le 3 mars 2025")):
        for kind in (WEEK, MONTH):
            with pytest.raises(NoReport, match=words):
                build(gao, Period.of(kind, day))
    assert build(gao, Period.of(MONTH, OPENED)).before is None
    # Somebody came before the day that was written down: the centre was open then.
    (person,) = people(gao, 1)
    stay(person, gao, at(20, month=2, year=2025), at(22, month=2, year=2025))
    assert build(gao, month(2, 2025)).now.arrivals == 1
    Stay.objects.all().delete()
    Centre.objects.filter(pk=gao.pk).update(functional_since=None)
    gao.refresh_from_db()
    with pytest.raises(NoReport, match="pas encore ouvert"):
        build(gao, month(1))


def test_a_period_that_is_not_over_counts_no_night_to_come(gao):
    (person,) = people(gao, 1)
    today = timezone.localdate()
    stay(person, gao, timezone.now() - DAY * 40)
    report = build(gao, Period.of(MONTH, today))
    assert report.running and report.now.nights == len(report.now.occupancy) == today.day - 1
    assert not build(gao, Period.of(MONTH, today).before).running


# --- the page, the paper, the spreadsheet -------------------------------------------------------------------------


def page(browser, **query):
    return browser.get(reverse("reception:report", args=["GAO"]), query)


JANUARY = {"by": "month", "on": "2026-01-17"}


class TestPage:
    def test_of_the_manager_alone(self, as_user, gao):
        (person,) = people(gao, 1, surname="Introuvable")
        stay(person, gao, at(5), at(8))
        answer = page(as_user("manager.gao"), **JANUARY)
        text = answer.content.decode()
        assert answer.context["report"].now.nights == 3
        assert all(words in text for words in ("Janvier 2026", "Nuitées", "Départs par motif", "Guinée", "Interne au centre"))
        assert "Introuvable" not in text and person.case_number not in text
        assert reverse("reception:report", args=["GAO"]) in as_user("manager.gao").get("/centres/GAO/").content.decode()
        assert reverse("reception:report", args=["GAO"]) not in as_user("agent.gao").get("/centres/GAO/").content.decode()
        assert page(as_user("agent.gao"), **JANUARY).status_code == 403
        for username in ("manager.kayes", "steering.eu", "auditor"):
            assert page(as_user(username), **JANUARY).status_code == 404

    def test_from_one_period_to_the_next(self, as_user, gao):
        browser = as_user("manager.gao")
        answer = page(browser, **JANUARY)
        assert "?by=month&amp;on=2025-12-01" in answer.content.decode() and "?by=month&amp;on=2026-02-01" in answer.content.decode()
        assert "Personne n’a été présent" in answer.content.decode()
        assert page(browser).context["period"] == Period.of(MONTH, timezone.localdate()).before
        assert page(browser, by="week", on="2026-01-01").context["period"].code == "2026-S01"
        now = page(browser, by="week", on=timezone.localdate().isoformat())
        assert now.context["after_url"] == "" and "en cours" in now.content.decode()
        assert "n’a pas commencé" in page(browser, by="week", on=(timezone.localdate() + DAY * 60).isoformat()).content.decode()
        assert "a ouvert le 3 mars 2025" in page(browser, by="month", on="2024-01-01").content.decode()
        for wrong in ({"on": "demain"}, {"on": "0001-01-01"}, {"on": "9999-12-31"}, {"by": "year"}, {"by": "week", "on": "2026-02-30"}):
            answer = page(browser, **wrong)
            assert answer.status_code == 200 and answer.context["form"].errors, wrong

    def test_same_number_of_queries_whoever_was_there(self, as_user, gao):
        browser = as_user("manager.gao")

        def asked() -> int:
            page(browser, **JANUARY)
            with CaptureQueriesContext(connection) as counted:
                answer = page(browser, **JANUARY)
            assert len(gzip.compress(answer.content)) < 20_000
            return len(counted)

        everybody = people(gao, 150)
        Stay.objects.bulk_create(Stay(migrant=person, centre=gao, arrived_at=at(5), origin="transit") for person in everybody[:10])
        few = asked()
        Stay.objects.bulk_create(Stay(migrant=person, centre=gao, arrived_at=at(5), origin="transit") for person in everybody[10:])
        assert asked() == few <= 12


def test_the_spreadsheet_says_the_same(as_user, gao, persona):
    a_busy_winter([gao])
    browser = as_user("manager.gao")
    answer = browser.get(reverse("reception:report_xlsx", args=["GAO"]), JANUARY)
    assert answer["Content-Disposition"] == 'attachment; filename="rapport-GAO-2026-01.xlsx"'
    book = load_workbook(io.BytesIO(answer.content))
    report = build(gao, month(1))
    assert "Interne au centre" in book["Chiffres"].cell(3, 1).value and "n’est pas finie" not in str(list(book["Chiffres"].values))
    assert not any("Foule" in str(value) or "Essai" in str(value) for sheet in book for row in sheet.values for value in row)
    figures = {row[0].value: (row[1].value, row[2].value) for row in book["Chiffres"].iter_rows(min_row=3)}
    for line in report_words.lines(report):
        assert figures[line.label] == (pytest.approx(line.now, abs=1e-3), pytest.approx(line.before, abs=1e-3)), line.label
    assert figures["Personnes hors statistiques, non comptées"][0] == report.left_out > 0
    assert [tuple(cell.value for cell in row) for row in book["Départs"].iter_rows(min_row=3)] == [(capfirst(words), number) for _code, words, number in report.reasons]
    given = {row[0].value: tuple(cell.value for cell in row[1:]) for row in book["Assistance"].iter_rows(min_row=3)}
    assert given == {str(one.service): (one.lines, one.quantity, one.people) for one in report.given} != {}
    parts = {(row[0].value, row[1].value): tuple(cell.value for cell in row[3:]) for row in book["Répartitions"].iter_rows(min_row=3)}
    assert parts == {(table.title, one.label): one.values for table in report_words.tables(report)[2:] for one in report.groups[table.code]}
    assert [(row[1].value, row[2].value) for row in book["Nuits"].iter_rows(min_row=3)] == [(night.people, night.beds) for night in report.now.occupancy]
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert ReadLog.objects.get(action="exported", user=persona("manager.gao")).centre_code == "GAO"
    future = browser.get(reverse("reception:report_xlsx", args=["GAO"]), {"by": "month", "on": "2024-01-01"}, follow=True)
    assert "a ouvert le 3 mars 2025" in future.content.decode()


class TestPaper:
    def ask(self, browser, key=None, **query):
        return browser.post(reverse("reception:report_pdf", args=["GAO"]), {"id": key or uuid.uuid4(), **JANUARY, **query})

    def test_a_job_makes_it(self, as_user, gao):
        (person,) = people(gao, 1, surname="Introuvable", given_names="Zoumana")
        stay(person, gao, at(1, 1), at(31, 23))
        a_busy_winter([gao])
        browser = as_user("manager.gao")
        key = uuid.uuid4()
        for _click in range(2):
            assert self.ask(browser, key).url == f"/jobs/{key}/"
        jobs.run(key)
        job = Job.objects.get()
        assert (job.state, job.error, job.file_name) == (Job.State.DONE, "", "rapport-GAO-2026-01.pdf")
        assert job.title == "Rapport du centre de Gao\u00a0: janvier 2026"
        reader = PdfReader(io.BytesIO(job.file.read()))
        text = " ".join(word for sheet in reader.pages for word in sheet.extract_text().split())
        assert len(reader.pages) <= 2
        report = build(gao, month(1))
        for line in report_words.lines(report):
            assert " ".join(line.now_words.split()) in text, line.label
        shown = page(browser, **JANUARY).context["tables"]
        assert shown == report_words.tables(report)  # of whom: the same lists on the screen, on paper and in the spreadsheet
        on_paper = report_words.tables(report, nationalities=report_words.NATIONALITIES_ON_PAPER)
        for table in on_paper:
            for row in table.rows:
                assert " ".join(" ".join(map(charts.format_number, row[1:])).split()) in text and row[0] in text, (table.title, row)
        for words in (
            "Janvier 2026",
            "Rapport du centre de Gao",
            "Interne au centre",
            "Financé par l’Union européenne",
            "Guinée",
            "Départs par motif",
            "hors statistiques",
        ):
            assert words in text, words
        assert not any(word in text for word in ("Introuvable", "Zoumana", person.case_number))
        assert reader.trailer["/Root"]["/Lang"] == "fr" and reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert b"".join(browser.get(f"/jobs/{key}/file/").streaming_content).startswith(b"%PDF")

    def test_a_worker_that_dies_leaves_it_to_the_next(self, as_user, gao, monkeypatch):
        class Killed(BaseException):
            pass

        def die(report, say):
            raise Killed

        self.ask(as_user("manager.gao"), key := uuid.uuid4())
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(report_pdf, "render", die)
            jobs.run(key)
        said = []
        say = jobs.Progress.say
        monkeypatch.setattr(jobs.Progress, "say", lambda self, done, total, step: (said.append((done, total)), say(self, done, total, step)))
        jobs.run(key)
        assert said == []  # the dead one's lease still runs
        Job.objects.update(lease_until="2020-01-01T00:00Z")
        jobs.run(key)
        job = Job.objects.get()
        assert (job.state, job.tries) == (Job.State.DONE, 2) and len(said) > 3 and all(done < total for done, total in said)

    def test_refused(self, as_user, gao, persona, monkeypatch):
        browser, key = as_user("manager.gao"), uuid.uuid4()
        self.ask(browser, key)
        assert "déjà servi" in browser.get(self.ask(browser, key, on="2026-02-01").url).content.decode()
        with pytest.raises(SameKeyOtherContent):
            services.ask_for_report(actor=persona("manager.gao"), id=key, centre=gao, period=month(3))
        assert "abîmé" in browser.get(self.ask(browser, on="").url).content.decode()
        assert self.ask(as_user("agent.gao")).status_code == 403 and self.ask(as_user("manager.kayes")).status_code == 404
        assert Job.objects.count() == 1
        # Who manages another centre by now does not get this one's figures.
        Job.objects.filter(pk=key).update(created_by=persona("manager.kayes"))
        jobs.run(key)
        assert Job.objects.get().state == Job.State.FAILED and "droit" in Job.objects.get().error
        self.ask(browser, later := uuid.uuid4(), on=(timezone.localdate() + DAY * 60).isoformat())
        jobs.run(later)
        assert "pas commencé" in Job.objects.get(pk=later).error
