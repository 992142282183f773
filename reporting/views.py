"""The committee's pages: the state of the targets, an indicator and its proof, values entered by hand, reports."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, allows, may
from centres.roles import Right
from config import charts
from jobs.models import Job

from . import figures, services
from .forms import PeriodForm, RefusalForm, ReportForm, ValueForm
from .measures import DIMENSIONS, MEASURES, Fact, Period, proof, tallies
from .models import Indicator, Logframe, ManualValue, Report
from .pictures import bars, cross_table, day_of, meters, trend
from .words import said

PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _period(request: HttpRequest) -> tuple[PeriodForm, Period, Logframe]:
    logframe = Logframe.objects.current()
    form = PeriodForm(request.GET if {"from", "to"} & request.GET.keys() else None, default=figures.default_period(logframe))
    return form, form.period, logframe


def _query(request: HttpRequest, period: Period) -> str:
    """The period asked for, to be kept in the links of the page; nothing for the usual one."""
    return "?" + urlencode({"from": period.start.isoformat(), "to": period.end.isoformat()}) if {"from", "to"} & request.GET.keys() else ""


def _rows(shown: list[dict[str, Any]], period: Period) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """What the tables need beside the figures, and the numbered notes."""
    notes: list[dict[str, str]] = []
    rows = []
    last = min(period.end, max(period.start, timezone.localdate())).isoformat()
    for one in shown:
        number = 0
        if one["note"]:
            notes.append({"code": one["code"], "text": one["note"]})
            number = len(notes)
        word, tone = figures.STATES[one["state"]]
        targets = meters(one)
        counted = one["counted"]
        # A day of its own is written beside a value that does not go as far as the page says.
        ends_early = counted and one["value"] is not None and counted["to"] < last
        rows.append(
            {
                **one,
                "counted_to": day_of(counted["to"]) if ends_early else None,
                "note_number": number,
                "word": word,
                "tone": tone,
                "targets": targets,
                "two_units": len({t["unit"] for t in targets}) > 1,
            }
        )
    return rows, notes


@access(Right.VIEW_INDICATORS)
def committee(request: HttpRequest) -> HttpResponse:
    """All indicators by objective, each with value, target and where it should stand today."""
    form, period, logframe = _period(request)
    shown, counted_at = figures.build_recent(period, exact=figures.sees_exact(request.user), logframe=logframe)
    rows, notes = _rows(shown, period)
    states = figures.summary(shown)
    context = {
        "form": form,
        "period": period,
        "counted_at": counted_at,
        "from_start": any(one["counted"] and one["counted"]["from"] != period.start.isoformat() for one in shown),
        "query": _query(request, period),
        "logframe": logframe,
        "action": said(logframe.title),
        "objectives": figures.by_objective(rows, figures.objectives_of(logframe)),
        "notes": notes,
        "states": [(word, tone, states[name]) for name, (word, tone) in figures.STATES.items()],
        "on_course": figures.on_course(states),
        "total": len(rows),
        "report_id": uuid.uuid4(),
        "may_report": may(request.user, Right.MAKE_REPORT),
    }
    return render(request, "reporting/committee.html", context)


def _trend_table(one: dict[str, Any]) -> dict[str, Any]:
    headers = [_("Mois"), _("Total cumulé")]
    return charts.chart_table(headers, [[day_of(point["month"]).strftime("%m/%Y"), point["value"]] for point in one["trend"]], caption=_("Total cumulé à la fin du mois"))


def _parts(one: dict[str, Any]) -> list[dict[str, Any]]:
    parts = []
    for dimension, cells in one["disaggregation"].items():
        heading = DIMENSIONS[dimension]
        rows = [[cell["label"], {"text": _("protégé"), "num": True} if cell["suppressed"] else cell["value"]] for cell in cells]
        parts.append({"heading": heading, "bar": bars(one, dimension), "table": charts.chart_table([heading, _("Nombre")], rows, caption=heading)})
    return parts


@access(Right.VIEW_INDICATORS, load=Indicator, by="code")
def indicator(request: HttpRequest, indicator: Indicator) -> HttpResponse:
    """One indicator: value, months, disaggregations, definition; for those entered by hand, their history."""
    form, period, logframe = _period(request)
    [one] = figures.build(period, exact=figures.sees_exact(request.user), code=indicator.code, logframe=logframe)
    [row], _notes = _rows([one], period)
    measure = MEASURES.get(indicator.measure)
    own = [Right.ENTER_VALUE_IOM, Right.ENTER_VALUE_AECID]
    may_enter = indicator.by_hand and any(allows(request.user, right, indicator) for right in own)
    values = []
    if indicator.by_hand:
        history = ManualValue.objects.filter(indicator__code=indicator.code).select_related("entered_by", "validated_by", "refused_by")
        if not may_enter:
            history = history.validated()
        values = list(history[:PAGE])
    table = cross_table(one)
    context = {
        "form": form,
        "period": period,
        "query": _query(request, period),
        "indicator": indicator,
        "from_start_only": bool(one["counted"]) and one["counted"]["from"] != period.start.isoformat(),
        "shown_period": Period(day_of(one["counted"]["from"]), day_of(one["counted"]["to"])) if one["counted"] else period,
        "figure": row,
        "measure": measure,
        "trend": trend(one),
        "trend_table": _trend_table(one) if measure else None,
        "parts": _parts(one),
        "withheld": [DIMENSIONS[name] for name in one["withheld"]],
        "from_start": period.start == logframe.starts_on,
        "logframe": logframe,
        "cross": table
        and charts.chart_table(
            [_("Âge"), *table["headers"]],
            [[label, *({"text": _("protégé"), "num": True} if v is None else v for v in values_)] for label, values_ in table["rows"]],
            caption=_("Sexe et âge"),
        ),
        "values": values,
        "may_enter": may_enter,
        # What a value rests on is proof: for those who see the proof of this objective.
        "sees_evidence": any(allows(request.user, right, indicator) for right in (Right.VIEW_PROOF_IOM, Right.VIEW_PROOF_AECID)),
        "may_prove": measure is not None and any(allows(request.user, right, indicator) for right in (Right.VIEW_PROOF_IOM, Right.VIEW_PROOF_AECID)),
    }
    return render(request, "reporting/indicator.html", context)


@access((Right.VIEW_PROOF_IOM, Right.VIEW_PROOF_AECID), load=Indicator, by="code")
def indicator_proof(request: HttpRequest, indicator: Indicator) -> HttpResponse:
    """The facts that are counted, line for line. Each look at case numbers is written down."""
    form, period, _logframe = _period(request)
    measure = MEASURES.get(indicator.measure)
    after = request.GET.get("after", "")
    try:
        facts = proof(measure.name, period, after=services.clean_key(measure.name, after), limit=PAGE + 1) if measure else []
    except ValueError:
        raise Http404 from None
    more = len(facts) > PAGE
    facts = facts[:PAGE]
    people = measure is not None and "centre" in measure.dimensions
    if people and facts:
        log_read(request, ReadLog.Action.LISTED, "cases.migrant", [fact.subject for fact in facts])
    total = tallies([measure.name], period, detail=False)[measure.name].value if measure else None
    headers = [_("Numéro de dossier") if people else _("Quoi"), _("Date"), *(DIMENSIONS[name] for name in (measure.dimensions if measure else ()))]
    centres = services.centre_names()

    def what(fact: Fact) -> str:
        detail = figures.label_of("sex", fact.detail.split(".")[0], centres) if measure.name == "people_reached" else fact.detail
        return " – ".join(part for part in (fact.reference, detail) if part)

    rows = [
        [
            what(fact),
            fact.day,
            *(figures.label_of(name, code, centres) for name, code in fact.codes.items()),
            *([fact.amount] if measure.name == "people_reached" else []),
        ]
        for fact in facts
    ]  # fmt: skip
    if measure and measure.name == "people_reached":
        headers.append(_("Personnes"))
    keep = {"from": period.start.isoformat(), "to": period.end.isoformat()}
    context = {
        "form": form,
        "period": period,
        "query": _query(request, period),
        "indicator": indicator,
        "total": total,
        "measure": measure,
        "people": people,
        "headers": headers,
        "rows": rows,
        "page": {
            "next_url": "?" + urlencode({**keep, "after": f"{facts[-1].subject}/{facts[-1].detail}" if measure.name == "people_reached" else facts[-1].subject})
            if more
            else "",
            "previous_url": "?" + urlencode(keep) if after else "",
        },
    }
    return render(request, "reporting/proof.html", context)


# --- values entered by hand --------------------------------------------------------------------------------------

ENTRY = (Right.ENTER_VALUE_IOM, Right.ENTER_VALUE_AECID)


@access(ENTRY, load=Indicator, by="code", methods="GET POST")
def enter_value(request: HttpRequest, indicator: Indicator) -> HttpResponse:
    """A value with its evidence; it counts once a second person has validated it."""
    form = ValueForm(request.POST or None, indicator=indicator)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.enter_value(
                actor=request.user, id=data["id"], indicator=indicator, on=data["on"], value=data.get("value"), narrative=data["narrative"], evidence=data["evidence"]
            )
        except SameKeyOtherContent:
            form.add_error(None, _("Ce formulaire a déjà servi pour une autre valeur. Rechargez la page et recommencez."))
        except ValidationError as error:
            _put(form, error)
        else:
            messages.success(request, _("La valeur est enregistrée. Elle comptera dès qu’une autre personne l’aura validée."))
            return redirect("reporting:indicator", code=indicator.code)
    return render(request, "reporting/enter_value.html", {"form": form, "indicator": indicator})


def _put(form: Any, error: ValidationError) -> None:
    """A service's words into the form: beside the field where there is one, else on top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, problems in error.error_dict.items():
        form.add_error(name if name in form.fields else None, problems)


@access(ENTRY, load=ManualValue, methods="POST", select=("indicator__objective",))
def validate_value(request: HttpRequest, value: ManualValue) -> HttpResponse:
    try:
        services.validate_value(actor=request.user, value=value)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("La valeur est validée et compte désormais."))
    return redirect("reporting:indicator", code=value.indicator.code)


@access(ENTRY, load=ManualValue, methods="GET POST", select=("indicator__objective", "entered_by"))
def refuse_value(request: HttpRequest, value: ManualValue) -> HttpResponse:
    form = RefusalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.refuse_value(actor=request.user, value=value, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            _put(form, error)
        else:
            messages.success(request, _("La valeur est refusée ; elle reste dans l’historique."))
            return redirect("reporting:indicator", code=value.indicator.code)
    return render(request, "reporting/refuse_value.html", {"form": form, "value": value, "indicator": value.indicator})


# --- reports and exports -----------------------------------------------------------------------------------------


@access(Right.MAKE_REPORT, methods="GET POST")
def reports(request: HttpRequest) -> HttpResponse:
    """The reports made so far, for the whole committee, and the form that asks for a new one."""
    default = figures.default_period()
    form = ReportForm(request.POST or None, default=default)
    if request.method == "POST" and form.is_valid():
        try:
            report, _new = services.ask_for_report(actor=request.user, id=form.cleaned_data["id"], period=form.cleaned_data["period"])
        except SameKeyOtherContent:
            form.add_error(None, _("Ce formulaire a déjà servi pour une autre période. Rechargez la page et recommencez."))
        else:
            return redirect("jobs:job", pk=report.pk)
    made = Report.objects.visible_to(request.user).select_related("job", "created_by").order_by("-created_at", "-id")
    after = request.GET.get("after", "")
    if after and (last := services.report_or_none(after)):
        made = made.filter(created_at__lte=last.created_at).exclude(created_at=last.created_at, pk__gte=last.pk)
    rows = list(made[: PAGE + 1])
    page = {"next_url": f"?after={rows[PAGE - 1].pk}" if len(rows) > PAGE else "", "previous_url": reverse("reporting:reports") if after else ""}
    return render(request, "reporting/reports.html", {"form": form, "reports": rows[:PAGE], "page": page if any(page.values()) else None, "states": Job.State})


@access(Right.MAKE_REPORT, load=Report, log=ReadLog.Action.DOWNLOADED, select=("job",))
def report_file(request: HttpRequest, report: Report) -> FileResponse:
    """The PDF, for every member of the committee; each download is written down."""
    if report.job.state != Job.State.DONE or not report.job.file:
        raise Http404
    return FileResponse(report.job.file.open("rb"), as_attachment=True, filename=report.job.file_name, content_type="application/pdf")


@access(Right.VIEW_INDICATORS)
def export(request: HttpRequest) -> HttpResponse:
    """The indicators of the period as a spreadsheet with HXL hashtags; small cells are empty for everybody."""
    from .spreadsheet import workbook

    _form, period, logframe = _period(request)
    content = workbook(figures.build(period, logframe=logframe), period)
    log_read(request, ReadLog.Action.EXPORTED, "reporting.indicator", [period.start, period.end])
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="indicateurs-{period.start:%Y%m%d}-{period.end:%Y%m%d}.xlsx"'
    return response
