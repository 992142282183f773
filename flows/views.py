"""Pages of the flow monitoring points. Everything a page shows comes from one reading of the counts of a period."""

import datetime
from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit.acting import SameKeyOtherContent, Stale
from centres.access import access
from centres.roles import Right
from config import charts

from .forms import CorrectionForm, CountForm, PeriodForm
from .models import CELLS, FlowCount, FlowPoint
from .services import FIELDS, AlreadyCounted, correct_count, record_count

DIRECTIONS = tuple(FlowCount.Direction)
TITLES = {
    FlowCount.Direction.IN: lambda: pgettext("flux", "Entrants"),
    FlowCount.Direction.OUT: lambda: pgettext("flux", "Sortants"),
    FlowCount.Direction.INTERNAL: lambda: pgettext("flux", "Internes"),
}


def _days(start: datetime.date, end: datetime.date) -> list[datetime.date]:
    return [start + datetime.timedelta(days=n) for n in range((end - start).days + 1)]


def _per_day(counts: list[FlowCount], days: list[datetime.date]) -> dict[str, Any]:
    """A chart of the days and its table, from the same numbers."""
    sums: dict[tuple[datetime.date, str], int] = defaultdict(int)
    for count in counts:
        sums[count.counted_on, count.direction] += count.total
    title = _("Personnes comptées par jour")
    labels = [formats.date_format(day, "j/n") for day in days]
    series = [(TITLES[direction](), [sums[day, direction] for day in days]) for direction in DIRECTIONS]
    rows = [[formats.date_format(day, "D j N"), *[sums[day, d] for d in DIRECTIONS], sum(sums[day, d] for d in DIRECTIONS)] for day in days]
    totals = [sum(values) for _name, values in series]
    return {
        "chart": charts.stacked_bars(_thinned(labels), series, title=title),
        "table": charts.chart_table([_("Jour"), *[name for name, _values in series], _("Total")], reversed(rows), caption=title, foot=[_("Total"), *totals, sum(totals)]),
        "totals": list(zip([name for name, _values in series], totals, strict=True)),
        "total": sum(totals),
    }


def _thinned(labels: list[str]) -> list[str]:
    """Under many bars only some days are named, or their names would lie over each other."""
    step = -(-len(labels) // 14)
    return [label if index % step == 0 else "" for index, label in enumerate(labels)]


@access(Right.COUNT_FLOWS)
def points(request: HttpRequest) -> HttpResponse:
    """All points: when each was counted last, and how many people passed in the period."""
    form = PeriodForm(request.GET or None)
    start, end = form.period()
    counts = list(FlowCount.objects.visible_to(request.user).filter(counted_on__range=(start, end)))
    sums: dict[tuple[int, str], int] = defaultdict(int)
    counted_days: dict[int, set[datetime.date]] = defaultdict(set)
    for count in counts:
        sums[count.point_id, count.direction] += count.total
        counted_days[count.point_id].add(count.counted_on)
    today = timezone.localdate()
    rows = []
    for point in FlowPoint.objects.visible_to(request.user).annotate(last=Max("counts__counted_on")):
        by_direction = [sums[point.pk, direction] for direction in DIRECTIONS]
        rows.append(
            {
                "point": point,
                "closed": bool(point.active_until and point.active_until < today),
                "since": (today - point.last).days if point.last else None,
                "days": len(counted_days[point.pk]),
                "by_direction": list(zip([TITLES[d]() for d in DIRECTIONS], by_direction, strict=True)),
                "total": sum(by_direction),
            }
        )
    rows.sort(key=lambda row: (row["closed"], -(row["since"] if row["since"] is not None else 10_000), row["point"].name))
    days = _days(start, end)
    form.initial = {"start": start, "end": end}
    shown = form if form.is_bound and not form.is_valid() else PeriodForm(initial=form.initial)
    return render(
        request,
        "flows/points.html",
        {"rows": rows, "filter_form": shown, "start": start, "end": end, "day_count": len(days), "titles": [TITLES[d]() for d in DIRECTIONS], **_per_day(counts, days)},
    )


@access(Right.COUNT_FLOWS, load=FlowPoint, by="code")
def point_overview(request: HttpRequest, point: FlowPoint) -> HttpResponse:
    """The bi-weekly overview of a point (action document, R3.4), beside the period of the same length before it."""
    form = PeriodForm(request.GET or None)
    start, end = form.period()
    length = (end - start).days + 1
    before = start - datetime.timedelta(days=length)
    counts, earlier = [], 0
    for count in FlowCount.objects.visible_to(request.user).filter(point=point, counted_on__range=(before, end)).order_by("-counted_on", "direction"):
        if count.counted_on >= start:
            counts.append(count)
        else:
            earlier += count.total
    days = _days(start, end)
    shown = form if form.is_bound and not form.is_valid() else PeriodForm(initial={"start": start, "end": end})
    one_day = datetime.timedelta(days=1)
    pages = {
        "previous_url": f"?start={before.isoformat()}&end={(start - one_day).isoformat()}",
        "next_url": f"?start={(end + one_day).isoformat()}&end={min(end + datetime.timedelta(days=length), timezone.localdate()).isoformat()}"
        if end < timezone.localdate()
        else "",
    }
    context = {
        "point": point,
        "counts": counts,
        "cells": [(FlowCount._meta.get_field(name).verbose_name, sum(getattr(count, name) for count in counts)) for name in CELLS],
        "counted_days": len({count.counted_on for count in counts}),
        "day_count": length,
        "earlier": earlier,
        "filter_form": shown,
        "start": start,
        "end": end,
        "pages": pages,
        **_per_day(counts, days),
    }
    return render(request, "flows/point.html", context)


def _explain(request: HttpRequest, form: Form, error: ValidationError) -> None:
    """Puts the words of the service beside the right field; an existing count also gets a link to it."""
    if isinstance(error, AlreadyCounted):
        form.add_error(
            None,
            format_html(
                '{} <a href="{}">{}</a>',
                _("Ce point a déjà un comptage pour ce jour et cette direction (%(total)s personnes).") % {"total": charts.format_number(error.existing.total)},
                reverse("flows:correct", args=[error.existing.pk]),
                _("Corriger ce comptage"),
            ),
        )
    elif hasattr(error, "error_dict"):
        for name, problems in error.error_dict.items():
            form.add_error(name if name in form.fields else None, problems)
    else:
        form.add_error(None, error)


@access(Right.COUNT_FLOWS, methods="GET POST")
def count(request: HttpRequest) -> HttpResponse:
    form = CountForm(request.POST or None, initial={"point": FlowPoint.objects.filter(code=request.GET.get("point", "")).first()})
    if request.method == "POST" and form.is_valid():
        try:
            made, _created = record_count(actor=request.user, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, _("Ce formulaire a déjà été envoyé avec d’autres nombres. Ouvrez le comptage enregistré pour le corriger, ou recommencez."))
        except ValidationError as error:
            _explain(request, form, error)
        else:
            messages.success(
                request,
                _("Comptage enregistré : %(point)s, %(day)s, %(direction)s, %(total)s personnes.")
                % {
                    "point": made.point,
                    "day": formats.date_format(made.counted_on),
                    "direction": made.get_direction_display(),
                    "total": charts.format_number(made.total),
                },
            )
            return redirect("flows:points")
    return render(request, "flows/count.html", {"form": form})


@access(Right.COUNT_FLOWS, load=FlowCount, methods="GET POST", select=("point", "recorded_by"))
def correct(request: HttpRequest, count: FlowCount) -> HttpResponse:
    """Corrects a count; if somebody else did so meanwhile, shows both and asks again."""
    seen = {name: getattr(count, name) for name in FIELDS} | {"version": count.version}
    form = CorrectionForm(request.POST or None, initial=seen)
    both: list[tuple[str, Any, Any]] = []
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            corrected = correct_count(actor=request.user, count=count, version=values.pop("version"), **values)
        except Stale as stale:
            both = _both(form, values, stale.current)
        except ValidationError as error:
            _explain(request, form, error)
        else:
            messages.success(request, _("Comptage corrigé."))
            return redirect("flows:point", code=corrected.point.code)
    return render(request, "flows/correct.html", {"form": form, "count": count, "both": both})


def _both(form: CorrectionForm, typed: dict[str, Any], current: FlowCount) -> list[tuple[str, Any, Any]]:
    """What differs: label, what was typed, what is saved now. The form goes on with the version that is current."""
    rows = []
    for name in FIELDS:
        now = getattr(current, name)
        if typed[name] != now:
            shown = dict(FlowCount.Direction.choices) if name == "direction" else {}
            rows.append((str(form.fields[name].label), shown.get(typed[name], typed[name]), shown.get(now, now)))
    form.data = form.data.copy()
    form.data["version"] = current.version
    return rows
