"""The report of a centre: a week or a month, on the screen, on paper, as a spreadsheet. For its manager; nobody is named in it."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access
from centres.models import Centre
from centres.roles import Right
from config.spreadsheet import MEDIA_TYPES

from .. import report_words, services, tabs
from ..forms import AskReportForm, PeriodForm
from ..periods import Period
from ..report import NoReport, build
from .parts import sent_before


def _query(period: Period) -> str:
    return "?" + urlencode({"by": period.kind, "on": period.first.isoformat()})


@access(Right.MANAGE_CENTRE, load=Centre, by="code")
def report(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The figures, beside those of the period before."""
    form = PeriodForm(request.GET if request.GET else None)
    period = form.period
    context = {
        "centre": centre,
        "period": period,
        "query": _query(period),
        "form": form if form.errors else PeriodForm(initial={"by": period.kind, "on": period.first}),
        "tabs": tabs.of(request.user, centre, "reception:report"),
        "before_url": _query(period.before),
        "after_url": _query(period.after) if period.past <= timezone.localdate() else "",
    }
    try:
        found = build(centre, period)
    except NoReport as reason:
        return render(request, "reception/report.html", {**context, "reason": str(reason)})
    context |= {"report": found, "main": _main(found), "ask": AskReportForm(initial={"id": uuid.uuid4(), "by": period.kind, "on": period.first})}
    if not found.empty:
        context |= {
            "lines": report_words.lines(found),
            "tables": report_words.tables(found),
            "nights": report_words.nights_table(found),
            "chart": report_words.chart(found) if found.now.occupancy else "",
        }
    return render(request, "reception/report.html", context)


# What the head of the page shows large.
_MAIN = ("arrivals", "departures", "present", "nights", "mean_stay", "rate")


def _main(found) -> list[report_words.Line]:
    return [line for line in report_words.lines(found) if line.code in _MAIN]


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="POST")
def ask(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Asks for the PDF; the page of the job says when it is there."""
    form = AskReportForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Rechargez la page : ce formulaire est abîmé."))
        return redirect("reception:report", code=centre.code)
    try:
        job = services.ask_for_report(actor=request.user, id=form.cleaned_data["id"], centre=centre, period=form.period)
    except SameKeyOtherContent:
        messages.error(request, sent_before())
        return redirect(reverse("reception:report", args=[centre.code]) + _query(form.period))
    return redirect("jobs:job", pk=job.pk)


@access(Right.MANAGE_CENTRE, load=Centre, by="code")
def export(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The same figures as a spreadsheet."""
    period = PeriodForm(request.GET).period
    try:
        content = report_words.workbook(build(centre, period))
    except NoReport as reason:
        messages.error(request, str(reason))
        return redirect(reverse("reception:report", args=[centre.code]) + _query(period))
    log_read(request, ReadLog.Action.EXPORTED, "centres.centre", [centre.pk], centre_code=centre.code)
    name = f"rapport-{centre.code}-{period.code}.xlsx"
    return HttpResponse(content, content_type=MEDIA_TYPES["xlsx"], headers={"Content-Disposition": f'attachment; filename="{name}"'})
