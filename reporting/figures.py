"""The figures of the logframe for a period, as plain data: what pages, API, export, snapshot and report all show."""

import datetime
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from centres.access import may
from centres.models import Centre
from config.countries import country_name

from .disclosure import FAMILY, PARTS, SUBSET, Counted, Counts, published_period, published_until
from .measures import AGES, DIMENSIONS, MEASURES, Measure, Period, Quarters, Wanted, quarterly_tallies
from .models import Indicator, Logframe, ManualValue, Objective
from .recent import recent_tallies
from .words import said

# state -> (word, tone of the chip); the order is from the worst to the best.
STATES: dict[str, tuple[Any, str]] = {
    "missing": (gettext_lazy("à saisir"), "neutral"),
    "hidden": (gettext_lazy("protégé"), "neutral"),
    "late": (gettext_lazy("en retard"), "warn"),
    "nothing": (gettext_lazy("rien encore"), "neutral"),
    "on_track": (gettext_lazy("en bonne voie"), "info"),
    "ahead": (gettext_lazy("en avance"), "ok"),
    "reached": (gettext_lazy("atteint"), "ok"),
    "told": (gettext_lazy("renseigné"), "info"),
}
Tallies = Callable[..., dict[Period, dict[str, Quarters]]]
ON_COURSE = ("reached", "ahead", "on_track")
TOLERANCE = 0.1  # a tenth above or below the straight line is "on track"
FIRST_DUE = 0.5


def default_period(logframe: Logframe | None = None) -> Period:
    """From the start of the action to today (to its first day, before it starts)."""
    logframe = logframe or Logframe.objects.current()
    return Period(logframe.starts_on, max(logframe.starts_on, timezone.localdate()))


def sees_exact(user: User) -> Callable[[Objective], bool]:
    """Who may see the proof of an objective sees its small cells too; everyone else sees protected figures."""
    return lambda objective: may(user, objective.proof_right)


def protected(objective: Objective) -> bool:
    """For whatever leaves the house: nothing exact."""
    return False


def label_of(dimension: str, code: str, centres: dict[str, str]) -> str:
    """What a code is called on the screen."""
    if not code:
        return _("Non renseigné")
    if dimension in ("nationality", "country_to"):
        return country_name(code)
    if dimension == "centre":
        return centres.get(code, code)
    words = {
        "female": _("Femmes"),
        "male": _("Hommes"),
        "other": _("Autre ou non dit"),
        "male_or_other": _("Hommes, autre ou non dit"),
        "children": _("Moins de 18 ans"),
        "adults": _("18 ans et plus"),
        "europe": _("Europe"),
        "africa": _("Afrique"),
        "individual": _("Individuelle"),
        "community": _("Communautaire"),
        "0-13": _("0 à 13 ans"),
        "14-17": _("14 à 17 ans"),
        "18-25": _("18 à 25 ans"),
        "26-35": _("26 à 35 ans"),
        "36-59": _("36 à 59 ans"),
        "60+": _("60 ans et plus"),
    }
    return words.get(code, code)


def _listed(measure: Measure, dimension: str, values: dict[str, int | None], centres: dict[str, str]) -> list[dict[str, Any]]:
    """Cells in the order they are read: known codes in theirs, others by size. Where codes are not known beforehand, hidden ones have no name."""
    ordered = measure.codes.get(dimension) or (tuple(centres) if dimension == "centre" else ())
    rows = [{"code": code, "label": label_of(dimension, code, centres), "value": value, "suppressed": value is None} for code, value in values.items()]
    if ordered:
        place = {code: number for number, code in enumerate(ordered)}
        return sorted(rows, key=lambda row: place.get(str(row["code"]), len(place)))
    open_rows = sorted((row for row in rows if not row["suppressed"]), key=lambda row: (-int(row["value"] or 0), str(row["label"])))
    if len(open_rows) < len(rows):
        open_rows.append({"code": "", "label": _("Autres (petits nombres protégés)"), "value": None, "suppressed": True})
    return open_rows


def _state(value: int | None, base: int, target: int, expected: float) -> str:
    if value is None:
        return "missing"
    if value >= target:
        return "reached"
    done, due = value - base, expected - base
    if done <= 0:
        # Nothing is never on course. It is late from the day on which half of the first one is due: before, there is nothing to reproach.
        return "late" if done < 0 or due >= FIRST_DUE else "nothing"
    if due <= 0 or (1 - TOLERANCE) * due <= done <= (1 + TOLERANCE) * due:
        return "on_track"
    if done > due:
        return "ahead"
    # Nobody can open two thirds of a centre: what is not yet due in whole is not late.
    return "on_track" if done >= math.floor(due) else "late"


def _worst(states: Iterable[str], default: str) -> str:
    order = list(STATES)
    return min(states, key=order.index, default=default)


def _share(value: int | None, base: int, target: int) -> float | None:
    return None if value is None or target == base else round(max(0, value - base) / (target - base), 4)


def build_recent(period: Period, *, exact: Callable[[Objective], bool], logframe: Logframe) -> tuple[list[dict[str, Any]], datetime.datetime | None]:
    """`build` without detail for a page that is opened often, and when its figures were counted (None: just now). See `recent`."""
    counted: list[datetime.datetime | None] = [None]

    def tallies(wanted: Wanted, *, detailed: Wanted) -> dict[Period, dict[str, Quarters]]:
        found, counted[0] = recent_tallies(wanted, detailed=detailed)
        return found

    return build(period, exact=exact, detail=False, logframe=logframe, tallies=tallies), counted[0]


def indicators_of(logframe: Logframe) -> QuerySet[Indicator]:
    return Indicator.objects.filter(objective__logframe=logframe).select_related("objective").prefetch_related("targets").order_by("order")


def latest_values(codes: Iterable[str], on: datetime.date) -> dict[str, ManualValue]:
    """The value in force on a day: the latest validated one, by indicator code (a new version of the logframe keeps them)."""
    values = ManualValue.objects.validated().filter(indicator__code__in=list(codes), on__lte=on)
    return {value.indicator.code: value for value in values.select_related("indicator").order_by("indicator__code", "-on", "-validated_at").distinct("indicator__code")}


def build(
    period: Period,
    *,
    exact: Callable[[Objective], bool] = protected,
    code: str = "",
    detail: bool = True,
    logframe: Logframe | None = None,
    tallies: Tallies = quarterly_tallies,
) -> list[dict[str, Any]]:
    """All indicators (or the one of this code) with value, targets, state and, with `detail`, disaggregation and trend.

    `exact` says of which objectives small cells may be seen. A hidden figure is None and marked `suppressed`. `tallies` counts."""
    logframe = logframe or Logframe.objects.current()
    indicators = list(indicators_of(logframe).filter(code=code) if code else indicators_of(logframe))
    centres = dict(Centre.objects.order_by("code").values_list("code", "name")) if detail else {}
    counts = _count(indicators, period, logframe, centres, exact=exact, detail=detail, tallies=tallies)
    manual = [one.code for one in indicators if one.by_hand]
    by_hand = latest_values(manual, period.end) if manual else {}
    return [_figure(one, logframe, counts, by_hand.get(one.code), exact=exact(one.objective), detail=detail) for one in indicators]


def _count(
    indicators: list[Indicator],
    period: Period,
    logframe: Logframe,
    centres: dict[str, str],
    *,
    exact: Callable[[Objective], bool],
    detail: bool,
    tallies: Tallies,
) -> Counts:
    """Counts what these indicators need; in one statement."""
    published = published_period(logframe)
    wanted: dict[Period, set[str]] = {period: set(), published: set()}
    detailed: dict[Period, set[str]] = {period: set(), published: set()}
    for one in indicators:
        for target in [None, *one.targets.all()]:
            name = (target.measure if target else "") or one.measure
            if name:
                of = published if MEASURES[name].people and not exact(one.objective) else period
                names = set(FAMILY) | {name} if of is published and name in (*FAMILY, SUBSET) else {name}
                wanted[of] |= names
                detailed[of] |= names if detail or (target and target.dimension) else set()
    found = tallies(wanted, detailed=detailed)
    return Counts(Counted(found[period], period, logframe, centres), Counted(found[published], published, logframe, centres, until=published_until(period.end)))


def _figure(one: Indicator, logframe: Logframe, counts: Counts, manual: ManualValue | None, *, exact: bool, detail: bool) -> dict[str, Any]:
    measure = MEASURES.get(one.measure)
    counted = counts.of(measure, exact=exact) if measure else counts.asked
    period, centres = counted.period, counted.centres
    value = manual.value if manual else None
    if measure:
        value, until = counted.total(one.measure, exact=exact)
        period = Period(period.start, max(period.start, until))
    base = 0 if one.is_increment or one.baseline_value is None else one.baseline_value
    targets = [] if one.kind == Indicator.Kind.QUALITATIVE else _targets(one, logframe, counts, value, period, base, exact=exact)
    states = [target["state"] for target in targets if target["state"]]
    if one.kind == Indicator.Kind.QUALITATIVE:
        state = "told" if manual else "missing"
    else:
        state = _worst(states, "hidden" if measure else "missing")
    headline = one.target_value if one.target_value is not None else (targets[0]["target"] if targets else None)
    expected = _expected(measure, base, headline, period, logframe) if headline is not None else None
    if one.target_value is not None and len(targets) != 1 and not any(t["value"] is not None for t in targets):
        state = "hidden" if measure and value is None else _state(value, base, one.target_value, expected or 0)
    figure: dict[str, Any] = {
        "code": one.code,
        "level": one.level,
        "objective": one.objective.code,
        "label": said(one.label),
        "unit": said(one.unit),
        "kind": one.kind,
        "baseline": one.baseline_value,
        "baseline_text": said(one.baseline_text),
        "target": headline,
        "target_text": said(one.target_text),
        "targets": targets,
        "value": value,
        "narrative": manual.narrative if manual else "",
        "source": "measure" if measure else "manual",
        "as_of": manual.on.isoformat() if manual else None,
        "progress": _share(value, base, headline) if headline is not None else None,
        "expected": round(expected, 1) if expected is not None else None,
        "state": state,
        "state_label": str(STATES[state][0]),
        "note": said(one.note),
        "is_increment": one.is_increment,
        "subset_of": one.subset_of.split() if one.subset_of else [],
        "same_counter": one.same_counter.split() if one.same_counter else [],
        "measure": one.measure,
        "disaggregation": {},
        "sex_by_age": [],
        "trend": [],
        "suppressed": bool(measure) and value is None,
        # The days that the value counts: of people, for whoever does not see the proof, not always those that were asked for.
        "counted": {"from": period.start.isoformat(), "to": period.end.isoformat()} if measure else None,
        "withheld": [],
        "counted_until": {},
    }
    if measure and detail:
        cells = counted.shown(one.measure, exact=exact)
        figure["disaggregation"] = {dimension: _listed(measure, dimension, values, centres) for dimension, values in cells.by.items()}
        figure["withheld"] = [
            dimension for dimension in measure.dimensions if dimension not in cells.by and not (one.measure in PARTS.values() and dimension in ("kind", "continent"))
        ]
        figure["counted_until"] = {dimension: day.isoformat() for dimension, day in cells.until.items()}
        if cells.crossed is not None:
            figure["sex_by_age"] = [
                {
                    "sex": sex,
                    "sex_label": label_of("sex", sex, centres),
                    "age_group": age,
                    "age_label": label_of("age_group", age, centres),
                    "value": n,
                    "suppressed": n is None,
                }
                for (sex, age), n in cells.crossed.items()
            ]
        figure["trend"] = [{"month": month.isoformat(), "value": n} for month, n in zip(cells.months, cells.trend, strict=True)]
        figure["suppressed"] = (
            figure["suppressed"]
            or bool(figure["withheld"])
            or any(row["suppressed"] for rows in figure["disaggregation"].values() for row in rows)
            or any(row["suppressed"] for row in figure["sex_by_age"])
        )
    return figure


def _expected(measure: Measure | None, base: int, target: int, period: Period, logframe: Logframe) -> float:
    """Where the value should stand: on the straight line from the baseline to the target over the action. Of what is counted within a
    period, the part of the line that lies in it."""
    end = logframe.elapsed(min(period.end, max(timezone.localdate(), logframe.starts_on)))
    start = 0.0 if measure is None or measure.stock else logframe.elapsed(period.start - datetime.timedelta(days=1))
    return base + (target - base) * max(0.0, end - start)


def _targets(one: Indicator, logframe: Logframe, counts: Counts, value: int | None, counted_for: Period, base: int, *, exact: bool) -> list[dict[str, Any]]:
    rows = []
    last = min(counts.asked.period.end, max(timezone.localdate(), counts.asked.period.start))  # nothing is counted beyond today
    for target in one.targets.all():
        measure = MEASURES.get(target.measure or one.measure)
        reached, period = value, counted_for
        if measure and (target.dimension or target.measure):
            counted = counts.of(measure, exact=exact)
            reached, until = (
                counted.cell(measure.name, target.dimension, target.dimension_code, exact=exact) if target.dimension else counted.total(measure.name, exact=exact)
            )
            period = Period(counted.period.start, max(counted.period.start, until or counted.period.end))
        hidden = measure is not None and reached is None
        expected = _expected(measure, base, target.value, period, logframe)
        state = "" if hidden else _state(reached, base, target.value, expected)
        rows.append(
            {
                "text": said(target.text),
                "unit": said(target.unit),
                "target": target.value,
                "baseline": base,
                "value": reached,
                "suppressed": hidden,
                "expected": round(expected, 1),
                "progress": _share(reached, base, target.value),
                "state": state,
                "measure": target.measure or one.measure,
                "counted_until": period.end.isoformat() if measure and min(period.end, last) != last and not hidden else None,
            }
        )
    return rows


def summary(figures: list[dict[str, Any]]) -> dict[str, int]:
    """How many indicators are in each state."""
    return {state: sum(figure["state"] == state for figure in figures) for state in STATES}


def objectives_of(logframe: Logframe) -> list[dict[str, str]]:
    """The objectives as they are shown and frozen."""
    return [
        {
            "code": one.code,
            "heading": said(one.heading),
            "label": said(one.label),
            "statement": said(one.statement),
            "note": said(one.note),
            "lead": one.get_lead_display(),
        }
        for one in logframe.objectives.all()
    ]


def on_course(states: Mapping[str, int]) -> int:
    """How many of a `summary` are reached, ahead or on track."""
    return sum(states.get(name, 0) for name in ON_COURSE)


def by_objective(figures: list[dict[str, Any]], objectives: Iterable[Any]) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Figures under their objectives, in the order of the logframe. An objective is a row or a dict with `code`."""
    return [(one, [figure for figure in figures if figure["objective"] == (one["code"] if isinstance(one, dict) else one.code)]) for one in objectives]


__all__ = [
    "AGES",
    "DIMENSIONS",
    "STATES",
    "build",
    "build_recent",
    "by_objective",
    "default_period",
    "label_of",
    "latest_values",
    "objectives_of",
    "on_course",
    "protected",
    "sees_exact",
    "summary",
]
