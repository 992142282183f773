"""One indicator, one definition.

A `Measure` is one function that returns a queryset of facts for a period: one row a subject (who or what is counted, once),
with the day it began to count and its dimensions. The value, every disaggregation, the trend and the proof all come from
that one queryset, so they cannot disagree. The database does the counting, all measures in one statement: what is shown
together was true at the same moment.
"""

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connections, models
from django.db.models import CharField, DateField, F, Func, IntegerField, Min, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from cases.models import Migrant
from centres.models import Centre
from flows.models import FlowPoint
from outreach import reach
from outreach.models import Activity
from reception import flags
from reintegration.models import Support
from returns.models import ReturnCase


def database() -> str:
    """Figures are read from the replica where there is one."""
    return "replica" if "replica" in settings.DATABASES else "default"


@dataclass(frozen=True)
class Period:
    """From the first to the last day, both included."""

    start: datetime.date
    end: datetime.date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("a period ends after it starts")

    @property
    def months(self) -> list[datetime.date]:
        """The first days of the months that the period touches."""
        first, last = self.start.year * 12 + self.start.month - 1, self.end.year * 12 + self.end.month - 1
        return [datetime.date(n // 12, n % 12 + 1, 1) for n in range(first, last + 1)]


class AgeGroup(Func):
    """0–5: the place of the age on that day among `AGE_BOUNDS`."""

    template = "width_bucket(EXTRACT(YEAR FROM AGE(%(expressions)s))::int, ARRAY[14,18,26,36,60])"
    output_field = IntegerField()


class Packed(Func):
    """Day and centre in one number, so that the smallest one is the first day with its centre: one pass, no sorting."""

    template = "((%(expressions)s))"
    arg_joiner = " - DATE '2000-01-01')::bigint * 100000 + ("
    output_field = models.BigIntegerField()


class UnpackDay(Func):
    template = "(DATE '2000-01-01' + (%(expressions)s / 100000)::int)"
    output_field = DateField()


class UnpackCentre(Func):
    template = "MOD(%(expressions)s, 100000)::int"
    output_field = IntegerField()


class AsText(Cast):
    def __init__(self, expression: Any):
        super().__init__(F(expression) if isinstance(expression, str) else expression, CharField())


# --- dimensions --------------------------------------------------------------------------------------------------

AGES = ("0-13", "14-17", "18-25", "26-35", "36-59", "60+")

# Name -> heading; in the order they are shown.
DIMENSIONS: dict[str, Any] = {
    "sex": _("Sexe"),
    "age_group": _("Âge"),
    "nationality": _("Nationalité"),
    "centre": _("Centre"),
    "continent": _("Revenus de"),
    "kind": _("Type de réintégration"),
    "country_to": _("Pays de destination"),
    "region": _("Région"),
    "structure": _("Service"),
}
SEX_AND_AGE = ("sex", "age_group")

# Those whose codes are known beforehand: a zero is shown too.
CODES: dict[str, tuple[str, ...]] = {
    "sex": ("female", "male", "male_or_other", "other"),
    "age_group": AGES,
    "continent": ("europe", "africa"),
    "kind": ("individual", "community"),
}
OUTREACH_CODES: dict[str, tuple[str, ...]] = {"sex": ("female", "male"), "age_group": ("children", "adults")}

_AGE_CODE = {str(number): code for number, code in enumerate(AGES)}


@dataclass(frozen=True)
class Measure:
    """`facts(period)`: one row a subject, as `.values(subject=…, day=…, counts_as=…, reference=…, detail=…, by_<dimension>=…)`.

    stock: the state at the end of the period (what stands), not what happened within it.
    people: the facts are persons, or numbers of persons: small cells are protected."""

    name: str
    unit: Any
    title: Any
    definition: Any
    source: Any
    facts: Callable[[Period], QuerySet] = field(repr=False)
    dimensions: tuple[str, ...] = ()
    people: bool = True
    stock: bool = False
    codes: dict[str, tuple[str, ...]] = field(default_factory=lambda: CODES, repr=False)

    @property
    def crossed(self) -> bool:
        """Is there a table of sex by age?"""
        return set(SEX_AND_AGE) <= set(self.dimensions)

    def sql(self, period: Period, using: str) -> tuple[str, tuple[Any, ...]]:
        """The facts as SQL, for counting in the database."""
        return self.facts(period).using(using).order_by().query.get_compiler(using).as_sql()


MEASURES: dict[str, Measure] = {}


def measure(name: str, *, of_files: bool = False, **about: Any) -> Callable[[Callable[[Period], QuerySet]], Callable[[Period], QuerySet]]:
    """`of_files`: its subjects are people with a file; those whom a flag leaves out of the statistics are in none of its facts."""

    def register(facts: Callable[[Period], QuerySet]) -> Callable[[Period], QuerySet]:
        def counted(period: Period) -> QuerySet:
            return facts(period).exclude(subject__in=flags.left_out()) if of_files else facts(period)

        MEASURES[name] = Measure(name=name, facts=counted, **about)
        return counted

    return register


ONE = Value(1)
NOTHING = Value("", output_field=CharField())


def _person(day: Any, path: str = "") -> dict[str, Any]:
    """What is said of a person, seen through the relation `path`."""
    return {
        "reference": F(f"{path}case_number"),
        "by_sex": F(f"{path}sex"),
        "by_age_group": AgeGroup(day, F(f"{path}born_on")),
        "by_nationality": F(f"{path}nationality"),
    }


# --- objective 1 -------------------------------------------------------------------------------------------------


@measure(
    "centres",
    unit=_("centres"),
    title=_("Centres fonctionnels"),
    definition=_("Centres d’accueil fonctionnels à la fin de la période, comptés à partir du jour noté comme « fonctionnel depuis »."),
    source=_("Fiches des centres"),
    dimensions=("region",),
    people=False,
    stock=True,
)
def centres(period: Period) -> QuerySet:
    return Centre.objects.filter(functional_since__lte=period.end).values(
        subject=AsText("pk"), day=F("functional_since"), counts_as=ONE, reference=F("code"), detail=F("name"), by_region=F("region")
    )


@measure(
    "assistance",
    unit=_("personnes"),
    title=_("Personnes assistées"),
    definition=_(
        "Personnes différentes qui ont reçu au moins une assistance (repas, hébergement, soins…) pendant la période. Chacune compte une seule fois, "
        "le jour et au centre de sa première assistance de la période."
    ),
    of_files=True,
    source=_("Assistances notées dans les centres"),
    dimensions=("sex", "age_group", "nationality", "centre"),
)
def assistance(period: Period) -> QuerySet:
    first = UnpackDay(F("first"))
    return (
        # A line that both files of one person had stays with the one that was joined to the other: counted there, once.
        Migrant.objects.unmerged()
        .filter(assistance__given_on__range=(period.start, period.end))
        .annotate(first=Min(Packed("assistance__given_on", "assistance__centre_id")))
        .values(subject=F("id"), day=first, counts_as=ONE, detail=NOTHING, by_centre=UnpackCentre(F("first")), **_person(first))
    )


@measure(
    "returns",
    unit=_("personnes"),
    title=_("Retours volontaires"),
    definition=_(
        "Personnes différentes arrivées à destination par un retour volontaire assisté pendant la période, comptées le jour de leur première arrivée "
        "de la période. Un départ sans arrivée notée ne compte pas."
    ),
    of_files=True,
    source=_("Dossiers de retour, arrivée notée"),
    dimensions=("sex", "age_group", "nationality", "centre", "country_to"),
)
def returns(period: Period) -> QuerySet:
    first = ReturnCase.objects.filter(state="arrived", arrived_on__range=(period.start, period.end)).order_by("migrant_id", "arrived_on", "id").distinct("migrant_id")
    return ReturnCase.objects.filter(pk__in=first.values("pk")).values(
        subject=F("migrant_id"),
        day=F("arrived_on"),
        counts_as=ONE,
        detail=NOTHING,
        by_centre=F("centre_id"),
        by_country_to=F("country_to"),
        **_person(F("arrived_on"), "migrant__"),
    )


# --- objective 2 -------------------------------------------------------------------------------------------------


@measure(
    "antennas",
    unit=_("antennes"),
    title=_("Antennes de suivi"),
    definition=_("Centres qui ont une antenne de suivi des réintégrations à la fin de la période, antenne déjà existante comprise."),
    source=_("Fiches des centres"),
    dimensions=("region",),
    people=False,
    stock=True,
)
def antennas(period: Period) -> QuerySet:
    return Centre.objects.filter(antenna_since__lte=period.end).values(
        subject=AsText("pk"), day=F("antenna_since"), counts_as=ONE, reference=F("code"), detail=F("name"), by_region=F("region")
    )


def _supported(period: Period, only: Q) -> QuerySet:
    """The first support of each person in the period."""
    delivered = Support.objects.filter(only, delivered_on__range=(period.start, period.end))
    first = delivered.order_by("case__migrant_id", "delivered_on", "id").distinct("case__migrant_id")
    return Support.objects.filter(pk__in=first.values("pk"))


def _reintegrated(supports: QuerySet) -> QuerySet:
    return supports.values(
        subject=F("case__migrant_id"),
        day=F("delivered_on"),
        counts_as=ONE,
        detail=NOTHING,
        by_centre=F("case__centre_id"),
        by_continent=F("case__returned_from_continent"),
        by_kind=F("case__kind"),
        by_region=F("case__region"),
        **_person(F("delivered_on"), "case__migrant__"),
    )


_REINTEGRATION: dict[str, Any] = {
    "of_files": True,
    "unit": _("personnes"),
    "source": _("Appuis remis, notés dans les dossiers de réintégration"),
    "dimensions": ("sex", "age_group", "nationality", "centre", "continent", "kind", "region"),
}


@measure(
    "reintegration",
    title=_("Personnes réintégrées"),
    definition=_(
        "Personnes différentes à qui au moins un appui à la réintégration a été remis pendant la période, comptées le jour du premier appui. Un "
        "dossier ouvert sans appui remis ne compte pas."
    ),
    **_REINTEGRATION,
)
def reintegration(period: Period) -> QuerySet:
    return _reintegrated(_supported(period, Q()))


@measure(
    "reintegration_community",
    title=_("Réintégration communautaire"),
    definition=_("Parmi les personnes réintégrées : celles dont le premier appui de la période relève d’une réintégration communautaire."),
    **_REINTEGRATION,
)
def reintegration_community(period: Period) -> QuerySet:
    return _reintegrated(_supported(period, Q()).filter(case__kind="community"))


@measure(
    "reintegration_individual",
    title=_("Réintégration individuelle"),
    definition=_("Parmi les personnes réintégrées : celles dont le premier appui de la période relève d’une réintégration individuelle."),
    **_REINTEGRATION,
)
def reintegration_individual(period: Period) -> QuerySet:
    return _reintegrated(_supported(period, Q()).filter(case__kind="individual"))


@measure(
    "reintegration_enhanced",
    title=_("Réintégration renforcée"),
    definition=_(
        "Parmi les personnes réintégrées : celles qui ont reçu pendant la période un appui dans une réintégration renforcée, prévue pour les "
        "personnes vulnérables. Une partie du total, jamais ajoutée à lui."
    ),
    **_REINTEGRATION,
)
def reintegration_enhanced(period: Period) -> QuerySet:
    return _reintegrated(_supported(period, Q(case__enhanced=True)))


# --- objective 3 -------------------------------------------------------------------------------------------------


@measure(
    "flow_points",
    unit=_("points"),
    title=_("Points de suivi des flux"),
    definition=_("Points de suivi des flux actifs pendant la période et pour lesquels au moins un comptage a été envoyé, à partir du premier comptage de la période."),
    source=_("Comptages aux points de suivi"),
    dimensions=("region",),
    people=False,
)
def flow_points(period: Period) -> QuerySet:
    return (
        FlowPoint.objects.filter(
            Q(active_until__isnull=True) | Q(active_until__gte=period.start), active_since__lte=period.end, counts__counted_on__range=(period.start, period.end)
        )
        .annotate(first=Min("counts__counted_on"))
        .values(subject=AsText("pk"), day=F("first"), counts_as=ONE, reference=F("code"), detail=F("name"), by_region=F("region"))
    )


# --- objectives 4 and 5 ------------------------------------------------------------------------------------------


@measure(
    "people_reached",
    unit=_("personnes"),
    title=_("Personnes sensibilisées"),
    definition=_(
        "Somme des personnes présentes aux séances de sensibilisation de la période (femmes, hommes, filles, garçons). Personne n’y est nommé : qui "
        "est venu deux fois compte deux fois. S’y ajoutent les séances dans les centres : chaque personne accueillie y compte une seule fois, à sa "
        "première séance de la période, les autres présents selon leur nombre."
    ),
    source=_("Activités de sensibilisation, séances dans les centres"),
    dimensions=("sex", "age_group", "region"),
    codes=OUTREACH_CODES,
)
def people_reached(period: Period) -> QuerySet:
    return reach.people(period.start, period.end)


@measure(
    "communities_reached",
    unit=_("communautés"),
    title=_("Communautés sensibilisées"),
    definition=_("Communautés différentes où au moins une séance de sensibilisation a eu lieu pendant la période, comptées le jour de la première."),
    source=_("Activités de sensibilisation"),
    dimensions=("region",),
    people=False,
)
def communities_reached(period: Period) -> QuerySet:
    return reach.communities(period.start, period.end)


@measure(
    "agents_trained",
    unit=_("agents"),
    title=_("Agents formés"),
    definition=_(
        "Agents des services de sécurité et des services techniques présents à au moins une formation pendant la période. Chacun compte une seule "
        "fois, quel que soit le nombre de formations."
    ),
    source=_("Listes de présence des formations"),
    dimensions=("sex", "structure"),
)
def agents_trained(period: Period) -> QuerySet:
    return reach.agents(period.start, period.end)


def _activities(kind: str, period: Period) -> QuerySet:
    return Activity.objects.held(kind, period.start, period.end).values(
        subject=F("pk"),
        day=F("held_on"),
        counts_as=ONE,
        reference=F("title"),
        detail=Coalesce(F("community__name"), NOTHING),
        by_region=Coalesce(F("community__region"), NOTHING),
    )


@measure(
    "workshops",
    unit=_("ateliers"),
    title=_("Ateliers décentralisés"),
    definition=_("Ateliers décentralisés de formation tenus pendant la période."),
    source=_("Activités de formation"),
    dimensions=("region",),
    people=False,
)
def workshops(period: Period) -> QuerySet:
    return _activities("workshop", period)


@measure(
    "sessions",
    unit=_("séances"),
    title=_("Séances d’animation"),
    definition=_("Séances d’animation tenues pendant la période auprès des communautés."),
    source=_("Activités de formation"),
    dimensions=("region",),
    people=False,
)
def sessions(period: Period) -> QuerySet:
    return _activities("session", period)


# --- counting ----------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What the facts of a measure add up to. Codes with nothing in them are missing."""

    value: int = 0
    by: dict[str, dict[str, int]] = field(default_factory=dict)
    crossed: dict[tuple[str, str], int] = field(default_factory=dict)
    months: dict[datetime.date, int] = field(default_factory=dict)

    def add(self, more: "Tally") -> None:
        self.value += more.value
        for dimension, cells in more.by.items():
            _add(self.by.setdefault(dimension, {}), cells)
        _add(self.crossed, more.crossed)
        _add(self.months, more.months)


def _add(cells: dict[Any, int], more: dict[Any, int]) -> None:
    for code, n in more.items():
        cells[code] = cells.get(code, 0) + n


def _grouped_by(one: Measure, detail: bool) -> list[str]:
    """The months of a number of people are always asked for: they decide at which day it may be published."""
    return [*one.dimensions, "month"] if detail else ["month"] if one.people else []


def _tally_sql(number: str, one: Measure, period: Period, using: str, detail: bool) -> tuple[str, list[Any]]:
    facts, parameters = one.sql(period, using)
    columns = {name: "date_trunc('month', day)::date" if name == "month" else f"by_{name}" for name in _grouped_by(one, detail)}
    sets = [[], *([column] for column in columns.values())]
    if detail and one.crossed:
        sets.append(["by_sex", "by_age_group"])
    quarter = "date_trunc('quarter', day)::date"
    grouping = ", ".join(f"({', '.join([quarter, *some])})" for some in sets)
    mask = f"GROUPING({', '.join(columns.values())})" if columns else "0"
    codes = ", ".join(f"{column}::text" for column in columns.values())
    # Only names of this module are put together here; every value is a parameter.
    head = f"SELECT %s AS number, {quarter}::text AS quarter, {mask} AS mask, ARRAY[{codes}]::text[] AS codes, COALESCE(SUM(counts_as), 0)::bigint AS n"
    return f"{head} FROM ({facts}) AS facts GROUP BY GROUPING SETS ({grouping})", [number, *parameters]


Quarters = dict[datetime.date, Tally]


Wanted = Mapping[Period, Collection[str]]


def quarterly_tallies(wanted: Wanted, *, detailed: Wanted) -> dict[Period, dict[str, Quarters]]:
    """The tallies of these measures, each over its period, in one statement, apart by the quarter in which a subject began to count (its
    first day).

    Those not `detailed` have their value only. Quarters in which nothing began to count are missing."""
    result: dict[Period, dict[str, Quarters]] = {period: {name: {} for name in dict.fromkeys(names)} for period, names in wanted.items()}
    every = [(period, MEASURES[name], name in detailed.get(period, ())) for period, found in result.items() for name in found]
    if not every:
        return result
    using = database()
    parts = [_tally_sql(str(number), one, period, using, detail) for number, (period, one, detail) in enumerate(every)]
    with connections[using].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"({sql})" for sql, _parameters in parts), [value for _sql, values in parts for value in values])
        rows = cursor.fetchall()
    by_centre = any(detail and "centre" in one.dimensions for _period, one, detail in every)
    centre_codes = dict(Centre.objects.using(using).values_list("pk", "code")) if by_centre else {}
    for number, quarter, mask, codes, n in rows:
        period, one, detail = every[int(number)]
        tally = result[period][one.name].setdefault(datetime.date.fromisoformat(quarter), Tally())
        _read(one, tally, _grouped_by(one, detail), mask, codes, int(n), centre_codes)
    return result


def together(quarters: Iterable[Tally]) -> Tally:
    """What was counted apart, counted together."""
    whole = Tally()
    for quarter in quarters:
        whole.add(quarter)
    return whole


def tallies(names: Iterable[str], period: Period, *, detail: bool = True) -> dict[str, Tally]:
    """The tallies of these measures over the whole period. Without `detail`: values only."""
    names = list(names)
    return {name: together(quarters.values()) for name, quarters in quarterly_tallies({period: names}, detailed={period: names if detail else ()})[period].items()}


def _read(one: Measure, tally: Tally, names: Sequence[str], mask: int, codes: Sequence[str | None], n: int, centre_codes: dict[int, str]) -> None:
    """Puts one row of the counting where it belongs. Bit i (from the right: the last column) of the mask is 1 where all codes were added up."""
    kept = [(name, codes[i] or "") for i, name in enumerate(names) if not mask >> (len(names) - 1 - i) & 1]
    if not kept:
        tally.value = n
    elif len(kept) == 2:
        (_sex, sex), (_age, age) = kept
        tally.crossed[sex, _code(one, "age_group", age, centre_codes)] = n
    elif kept[0][0] == "month":
        tally.months[datetime.date.fromisoformat(kept[0][1])] = n
    else:
        name, code = kept[0]
        tally.by.setdefault(name, {})[_code(one, name, code, centre_codes)] = n


def _code(one: Measure, name: str, code: str, centre_codes: dict[int, str]) -> str:
    if name == "age_group":
        return _AGE_CODE.get(code, code)
    if name == "centre" and code:
        return centre_codes[int(code)]
    return code


@dataclass(frozen=True)
class Fact:
    """One line of the proof."""

    subject: str
    reference: str
    detail: str
    day: datetime.date
    amount: int
    codes: dict[str, str]


def proof(name: str, period: Period, *, after: str = "", limit: int | None = 50) -> list[Fact]:
    """The facts that are counted, a page at a time by key: line for line, they add up to the value."""
    one = MEASURES[name]
    using = database()
    facts, parameters = one.sql(period, using)
    values: list[Any] = list(parameters)
    where = ""
    key, rest = (after.split("/", 1) + [""])[:2] if after else ("", "")
    if key:
        where = " WHERE (subject, detail) > (%s, %s)" if one.name == "people_reached" else " WHERE subject > %s"
        values += [key, rest] if one.name == "people_reached" else [key]
    order = "subject, detail" if one.name == "people_reached" else "subject"
    columns = ", ".join(f"by_{dimension}::text" for dimension in one.dimensions)
    sql = f"SELECT subject, reference, detail, day, counts_as, {columns} FROM ({facts}) AS facts{where} ORDER BY {order}"  # noqa: S608 - names of this module only
    if limit is not None:
        sql += " LIMIT %s"
        values.append(limit)
    with connections[using].cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    centre_codes = dict(Centre.objects.using(using).values_list("pk", "code")) if "centre" in one.dimensions else {}
    return [
        Fact(str(subject), reference, detail, day, amount, {d: _code(one, d, code or "", centre_codes) for d, code in zip(one.dimensions, codes, strict=True)})
        for subject, reference, detail, day, amount, *codes in rows
    ]
