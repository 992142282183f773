"""The figures of a centre for a week or a month. Only figures: no name, no number of a file.

People are counted as people: two files that became one are one person, who comes twice arrives twice and is one person present. Who carries
a flag « out of statistics » is in no figure but the occupancy of the beds, and how many they are is said."""

import datetime
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Min
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.forms.search import AGE_GROUPS
from cases.models import Migrant, VulnerabilityAssessment
from cases.vulnerabilities import FLAGS
from centres import capacity
from centres.models import Centre, Service
from config.countries import country_name

from . import flags
from .models import Stay
from .occupancy_history import nights
from .periods import Period

# --- the figures -------------------------------------------------------------------------------------------------


class NoReport(Exception):
    """There is nothing to report of this period. The text says why."""


DIMENSIONS: dict[str, Any] = {
    "sex": gettext_lazy("Sexe"),
    "age": gettext_lazy("Âge"),
    "nationality": gettext_lazy("Nationalité"),
    "flag": gettext_lazy("Signalements de vulnérabilité"),
    "severity": gettext_lazy("Gravité de la vulnérabilité"),
}
ANY_FLAG, NOT_ASSESSED = "any", "none"


@dataclass
class Group:
    """Of whom a part of the figures is: `arrivals` are arrivals, the others people (and nights)."""

    code: str
    label: str
    arrivals: int = 0
    present: int = 0
    nights: int = 0
    assisted: int = 0

    def add(self, arrivals: int, present: int, slept: int, assisted: int) -> None:
        self.arrivals += arrivals
        self.present += present
        self.nights += slept
        self.assisted += assisted

    @property
    def values(self) -> tuple[int, int, int, int]:
        return self.arrivals, self.present, self.nights, self.assisted


@dataclass
class Given:
    """A service as it was given: how many lines, how much, to how many people."""

    service: Service
    lines: int
    quantity: int
    people: int


@dataclass
class Night:
    """The night that begins on this day: everybody who slept there, and the beds one could sleep in."""

    day: datetime.date
    people: int
    beds: int


@dataclass
class Figures:
    """What is counted of one period. Going to hospital and coming back is no departure and no arrival: the people there before + arrivals +
    returned − departures − to_hospital are those there after. `stayed`: days from arrival to departure of those who left, hospital included."""

    arrivals: int = 0
    returned: int = 0
    departures: int = 0
    to_hospital: int = 0
    stayed: int = 0
    nights: int = 0
    present: int = 0
    assisted: int = 0
    lines: int = 0
    occupancy: list[Night] = field(default_factory=list)

    @property
    def mean_stay(self) -> float | None:
        return self.stayed / self.departures if self.departures else None

    @property
    def mean_occupancy(self) -> float | None:
        return sum(night.people for night in self.occupancy) / len(self.occupancy) if self.occupancy else None

    @property
    def fullest(self) -> Night | None:
        """The night with the most people; of equal ones the first."""
        return max(self.occupancy, key=lambda night: night.people, default=None)

    @property
    def rate(self) -> float | None:
        """Nights slept for each night that a bed was there: each day against its own capacity."""
        beds = sum(night.beds for night in self.occupancy)
        return sum(night.people for night in self.occupancy) / beds if beds else None

    @property
    def top_rate(self) -> float | None:
        return max((night.people / night.beds for night in self.occupancy if night.beds), default=None)


@dataclass
class Report:
    """Everything the report of a period says."""

    centre: Centre
    period: Period
    today: datetime.date
    now: Figures = field(default_factory=Figures)
    before: Figures | None = None  # None: the centre was not open then
    reasons: list[tuple[str, str, int]] = field(default_factory=list)  # code, words, departures
    given: list[Given] = field(default_factory=list)
    groups: dict[str, list[Group]] = field(default_factory=dict)
    left_out: int = 0

    @property
    def running(self) -> bool:
        """The period has not ended: nights are counted up to the last one that is over."""
        return self.period.last >= self.today

    @property
    def empty(self) -> bool:
        return not (self.now.present or self.now.assisted or self.left_out)

    @cached_property
    def capacities(self) -> list[Night]:
        """The first night with each number of beds: one if the capacity did not change."""
        found: list[Night] = []
        for night in self.now.occupancy:
            if not found or found[-1].beds != night.beds:
                found.append(night)
        return found

    @property
    def total(self) -> Group:
        return Group("", _("Total"), self.now.arrivals, self.now.present, self.now.nights, self.now.assisted)


# --- counting ----------------------------------------------------------------------------------------------------

# One statement, so that what stands together was true at the same moment. `n`: 0 the period, 1 the one before it; both are read in one go.
# A file that was joined to another is that person: what stayed behind with it was there already (a stay that overlaps, the same meal), so
# an arrival counts if the person was not there yet, a departure if nothing else kept them.
_COUNT = """
    WITH spans (n, first, past, until) AS (
        VALUES (0, %(first)s::date, %(past)s::date, %(until)s::date), (1, %(before)s::date, %(first)s::date, %(first)s::date)),
    stays AS MATERIALIZED (
        SELECT s.id, coalesce(m.merged_into_id, s.migrant_id) AS person, s.arrived_at, s.departed_at, s.departure_reason AS reason, s.origin,
            (s.first_arrived_at AT TIME ZONE %(zone)s)::date AS first_arrived,
            (s.arrived_at AT TIME ZONE %(zone)s)::date AS arrived, (s.departed_at AT TIME ZONE %(zone)s)::date AS departed
        FROM reception_stay s LEFT JOIN cases_migrant m ON m.id = s.migrant_id AND m.merged_into_id IS NOT NULL
        WHERE int8range(s.centre_id::bigint, s.centre_id::bigint, '[]') && int8range(%(centre)s, %(centre)s, '[]')
            AND tstzrange(s.arrived_at, s.departed_at, '[]') && tstzrange(%(before)s::timestamp AT TIME ZONE %(zone)s, %(past)s::timestamp AT TIME ZONE %(zone)s)),
    moves AS MATERIALIZED (
        SELECT *, coalesce(max(coalesce(departed_at, 'infinity')) OVER earlier <= arrived_at, true) AS came,
            departed_at IS NOT NULL AND coalesce(min(arrived_at) OVER longer >= departed_at, true) AS gone
        FROM stays
        WINDOW earlier AS (PARTITION BY person ORDER BY arrived_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
            longer AS (PARTITION BY person ORDER BY coalesce(departed_at, 'infinity') DESC, id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
    there AS (
        SELECT n, person, count(*) FILTER (WHERE came AND origin <> 'hospital' AND arrived >= first AND arrived < past) AS arrivals,
            count(*) FILTER (WHERE came AND origin = 'hospital' AND arrived >= first AND arrived < past) AS returned,
            range_agg(daterange(greatest(arrived, first), least(departed, until))) FILTER (WHERE greatest(arrived, first) < least(departed, until)) AS slept
        FROM moves JOIN spans ON arrived < past AND coalesce(departed, first) >= first
        GROUP BY n, person),
    lines AS MATERIALIZED (
        SELECT * FROM (
            SELECT (given_on < %(first)s)::int AS n, migrant_id AS person, service_id AS service, count(*) AS lines, sum(quantity) AS quantity
            FROM reception_assistance WHERE centre_id = %(centre)s AND given_on >= %(before)s AND given_on < %(past)s GROUP BY 1, 2, 3) l
        WHERE NOT EXISTS (SELECT FROM cases_migrant m WHERE m.id = l.person AND m.merged_into_id IS NOT NULL)),
    people AS (
        SELECT n, person, person = ANY(%(out)s::uuid[]) AS out, coalesce(arrivals, 0) AS arrivals, coalesce(returned, 0) AS returned, there.person IS NOT NULL AS present, helped.person IS NOT NULL AS assisted,
            (SELECT coalesce(sum(upper(one) - lower(one)), 0) FROM unnest(slept) AS one) AS nights
        FROM there FULL JOIN (SELECT DISTINCT n, person FROM lines) helped USING (n, person)),
    parts AS (
        SELECT n, out, sex, extract(year FROM age(least(%(past)s::date - 1, %(today)s::date), born_on))::int AS age, nationality, a.severity, a.flags,
            count(*) AS people, sum(arrivals) AS arrivals, sum(returned) AS returned, count(*) FILTER (WHERE present) AS present, sum(nights) AS nights, count(*) FILTER (WHERE assisted) AS assisted
        FROM people LEFT JOIN LATERAL (SELECT * FROM cases_migrant WHERE id = person AND n = 0 AND NOT out OFFSET 0) m ON true
        LEFT JOIN LATERAL (
            SELECT CASE decision WHEN 'not_confirmed' THEN 'not_confirmed' ELSE severity END AS severity,
                CASE decision WHEN 'not_confirmed' THEN '{}' ELSE v.flags END AS flags
            FROM cases_vulnerabilityassessment v WHERE v.migrant_id = m.id AND assessed_at < %(past)s::timestamp AT TIME ZONE %(zone)s
            ORDER BY assessed_at DESC, id DESC LIMIT 1) a ON true
        GROUP BY 1, 2, 3, 4, 5, 6, 7)
    SELECT
        (SELECT jsonb_agg(jsonb_build_array(n, out, sex, age, nationality, severity, flags, people, arrivals, returned, present, nights, assisted)) FROM parts),
        (SELECT jsonb_agg(to_jsonb(d)) FROM (
            SELECT n, reason, count(*) AS departures, sum(departed - coalesce(first_arrived, arrived)) AS stayed
            FROM moves JOIN spans ON gone AND departed >= first AND departed < past WHERE NOT person = ANY(%(out)s::uuid[]) GROUP BY n, reason) d),
        (SELECT jsonb_agg(to_jsonb(g)) FROM (
            SELECT n, service, sum(lines) AS lines, sum(quantity) AS quantity, count(*) AS people
            FROM lines WHERE NOT person = ANY(%(out)s::uuid[]) GROUP BY n, service) g)"""


def build(centre: Centre, period: Period) -> Report:
    """The report of a period. Seven questions to the database, however many people. Raises NoReport for a period without anything to tell:
    one that has not begun, or one before the centre opened."""
    today = timezone.localdate()
    if period.first > today:
        raise NoReport(_("Cette période n’a pas commencé. Choisissez-en une qui a commencé, au plus tard celle d’aujourd’hui."))
    opened = _opened(centre)
    if opened is None:
        raise NoReport(_("Le centre n’est pas encore ouvert : il n’y a rien à compter."))
    if period.last < opened:
        raise NoReport(_("Le centre a ouvert le %(day)s : choisissez une période à partir de ce jour.") % {"day": date_format(opened)})
    report = Report(centre, period, today, before=Figures() if period.before.last >= opened else None)
    parts, departures, given = _count(report)
    _add_parts(report, parts)
    _add_departures(report, departures)
    _add_given(report, given)
    for figures, night in _nights(report):
        figures.occupancy.append(night)
    return report


def _opened(centre: Centre) -> datetime.date | None:
    """The day the centre opened; that of the first arrival if somebody came before the day that was written down."""
    first = Stay.objects.filter(centre=centre).aggregate(first=Min("arrived_at"))["first"]
    days = [day for day in (centre.functional_since, first and timezone.localdate(first)) if day]
    return min(days, default=None)


def _count(report: Report) -> list[list[Any]]:
    period = report.period
    values: dict[str, Any] = {
        "zone": timezone.get_current_timezone_name(),
        "centre": report.centre.pk,
        "before": period.before.first,
        "first": period.first,
        "past": period.past,
        "until": min(period.past, report.today),  # tonight is not over
        "today": report.today,
        "out": [str(key) for key in flags.left_out().values_list("migrant_id", flat=True)],
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        return [json.loads(found) if isinstance(found, str) else found or [] for found in cursor.fetchone()]


def _of(report: Report, n: int) -> Figures:
    """The figures of the period or of the one before it; those nobody will see if the centre was not open then."""
    return report.now if n == 0 else report.before or Figures()


def _add_parts(report: Report, parts: list[list[Any]]) -> None:
    groups: dict[str, dict[str, Group]] = {
        "sex": {code: Group(code, str(label)) for code, label in Migrant.Sex.choices},
        "age": {code: Group(code, _("%(ages)s ans") % {"ages": code}) for code in AGE_GROUPS},
        "nationality": {},
        "flag": {code: Group(code, str(label)) for code, label in (*FLAGS.items(), (ANY_FLAG, _("Au moins un signalement")))},
        "severity": {
            code: Group(code, str(label))
            for code, label in (*VulnerabilityAssessment.Severity.choices, ("not_confirmed", _("non confirmée")), (NOT_ASSESSED, _("non évaluée")))
        },
    }
    for n, out, sex, age, nationality, severity, found, people, *counted in parts:
        arrivals, returned, present, slept, assisted = (int(value) for value in counted)
        values = (arrivals, present, slept, assisted)
        if out:
            report.left_out += people if n == 0 else 0
            continue
        figures = _of(report, n)
        figures.arrivals += arrivals
        figures.returned += returned
        figures.present += present
        figures.nights += slept
        figures.assisted += assisted
        if n:
            continue
        groups["sex"][sex].add(*values)
        groups["age"][_age_group(age)].add(*values)
        groups["nationality"].setdefault(nationality, Group(nationality, country_name(nationality))).add(*values)
        groups["severity"][severity or NOT_ASSESSED].add(*values)
        for code in {*(found or ()), *([ANY_FLAG] if found else [])} & groups["flag"].keys():
            groups["flag"][code].add(*values)
    report.groups = {name: list(by_code.values()) for name, by_code in groups.items()}
    report.groups["nationality"].sort(key=lambda group: (-group.present, -group.assisted, group.label))


def _age_group(age: int) -> str:
    return next((code for code, (least, below) in AGE_GROUPS.items() if least <= age < below), next(iter(AGE_GROUPS)))


def _add_departures(report: Report, rows: list[dict[str, Any]]) -> None:
    counted: Counter[str] = Counter()
    for row in rows:
        figures = _of(report, row["n"])
        if row["reason"] == Stay.DepartureReason.HOSPITAL:
            figures.to_hospital += row["departures"]
            continue
        figures.departures += row["departures"]
        figures.stayed += row["stayed"]
        if row["n"] == 0:
            counted[row["reason"]] += row["departures"]
    report.reasons = [(code, str(words), counted[code]) for code, words in Stay.DepartureReason.choices if code != Stay.DepartureReason.HOSPITAL]


def _add_given(report: Report, rows: list[dict[str, Any]]) -> None:
    services = {service.pk: service for service in Service.objects.all()}
    for row in rows:
        _of(report, row["n"]).lines += int(row["lines"])
        if row["n"] == 0:
            report.given.append(Given(services[row["service"]], int(row["lines"]), int(row["quantity"]), row["people"]))
    report.given.sort(key=lambda given: (list(Service.Category.values).index(given.service.category), -given.lines, given.service.name))


def _nights(report: Report) -> Iterator[tuple[Figures, Night]]:
    """Every night that is over, of the period and of the one before it, with whose figures it belongs to."""
    first, last = report.period.before.first, min(report.period.last, report.today - datetime.timedelta(days=1))
    if last < first:
        return
    slept = nights(report.centre, first, last)
    for day in capacity.per_day(report.centre, first, last):
        yield _of(report, int(day.day < report.period.first)), Night(day.day, slept[day.day], day.usable)
