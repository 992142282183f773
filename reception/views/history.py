"""How full a centre was, night by night."""

import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from centres.access import access
from centres.models import Centre
from centres.roles import Right
from config import charts
from config.spreadsheet import MEDIA_TYPES, WRITERS, Column, Sheet

from ..occupancy_history import Night, history
from .places import frame

PERIODS = (30, 90, 365)


def _asked(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return next((days for days in PERIODS if str(days) == asked), PERIODS[0])


def _nights(centre: Centre, days: int) -> list[Night]:
    """The last nights, that of today included: who sleeps there if nobody leaves any more."""
    today = timezone.localdate()
    return history(centre, today - datetime.timedelta(days=days - 1), today)


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def occupancy(request: HttpRequest, centre: Centre) -> HttpResponse:
    days = _asked(request)
    nights = _nights(centre, days)
    labels = [formats.date_format(night.day, "j b") for night in nights]
    used, usable = [night.people for night in nights], [night.usable for night in nights]
    title = _("Occupation du centre de %(centre)s") % {"centre": centre}
    over = [night for night in nights if night.people > night.usable]
    offered = sum(usable)
    context: dict[str, Any] = {
        **frame(request, centre, "reception:places-occupancy"),
        "days": days,
        "periods": [{"title": ngettext("%(n)s jour", "%(n)s jours", n) % {"n": n}, "url": f"?days={n}", "current": n == days} for n in PERIODS],
        "chart": charts.days_against_capacity(labels, used, usable, title=title),
        "person_nights": sum(used),
        "rate": sum(used) / offered if offered else None,
        "most": max(nights, key=lambda night: night.people),
        "over": len(over),
        "table": charts.chart_table(
            [_("Jour"), _("Personnes"), _("Places"), _("Lits bloqués"), _("Taux")],
            [
                [
                    formats.date_format(night.day),
                    night.people,
                    night.usable,
                    night.capacity.blocked,
                    charts.format_percent(night.rate) if night.rate is not None else None,
                ]
                for night in reversed(nights)
            ],
            caption=title,
        ),
        "kinds": list(WRITERS),
    }
    return render(request, "reception/places/occupancy.html", context)


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def export(request: HttpRequest, centre: Centre, kind: str) -> HttpResponse:
    """The same figures as a file. Figures only: nobody is named."""
    if kind not in WRITERS:
        raise Http404
    days = _asked(request)
    columns = [
        Column(_("Centre"), "#loc+name"),
        Column(_("Nuit du"), "#date"),
        Column(_("Personnes"), "#reached"),
        Column(_("Lits"), "#capacity+total"),
        Column(_("Lits bloqués"), "#capacity+blocked"),
        Column(_("Places"), "#capacity"),
    ]
    rows: list[list[str | int | datetime.date]] = [
        [centre.name, night.day, night.people, night.capacity.beds, night.capacity.blocked, night.usable] for night in _nights(centre, days)
    ]
    content = WRITERS[kind](Sheet(_("Occupation"), columns, rows))
    name = f"occupation-{centre.code.lower()}-{days}.{kind}"
    return HttpResponse(content, content_type=MEDIA_TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'})
