"""The pages of reintegrations: the visits that are due first, then the people; one case with its plan, supports and five visits."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from cases import exporting, whereabouts
from cases.forms import put_errors
from cases.models import Consent, Migrant
from centres.access import access, allows
from centres.roles import Right
from config import keyset
from config.countries import country_name

from . import listing, services
from .forms import CloseForm, FilterForm, OpenForm, PlanForm, SupportForm, VisitFilterForm, VisitForm
from .models import ReintegrationCase, Visit

READERS = (Right.VIEW_CASE, Right.MANAGE_REINTEGRATION)
FIRST_VISITS = 10
VISIT_TONES: dict[str, str] = {Visit.Situation.GOOD: "ok", Visit.Situation.FRAGILE: "warn", Visit.Situation.BAD: "danger", Visit.Situation.NOT_MET: "neutral"}
STATE_TONES = {"open": "info", "completed": "ok", "lost": "warn", "remigrated": "warn"}


def person_url(migrant: Migrant) -> str:
    return reverse("cases:migrant", kwargs={"pk": migrant.pk})


def state_tone(state: str) -> str:
    return STATE_TONES.get(state, "neutral")


# --- lists -------------------------------------------------------------------------------------------------------


@access(READERS)
def cases(request: HttpRequest) -> HttpResponse:
    """The visits that are overdue, then the reintegrations in progress."""
    form = FilterForm(request.GET, user=request.user)
    chosen = form.chosen
    state = chosen.get("state", "")
    found = listing.cases(form.allowed(ReintegrationCase.objects.visible_to(request.user)), chosen)
    late = listing.narrowed(form.allowed(Visit.objects.visible_to(request.user).overdue()).select_related("case__migrant", "case__centre"), chosen, "case__")
    page = keyset.read(found, request.GET, keys=listing.ORDER, size=25)
    first_page = not page.previous_url
    overdue = list(late.order_by("due_on", "id")[: FIRST_VISITS + 1]) if first_page and not state else []
    nexts = _next_visits(page.rows)
    log_read(request, ReadLog.Action.LISTED, "reintegration.reintegrationcase", [case.pk for case in page.rows])
    if overdue:
        log_read(request, ReadLog.Action.LISTED, "reintegration.visit", [visit.pk for visit in overdue])
    whereabouts.shown(request.user, [case.migrant for case in page.rows] + [visit.case.migrant for visit in overdue])
    context = {
        "filter_form": form,
        "rows": [{"case": case, "tone": state_tone(case.state), "visit": nexts.get(case.pk)} for case in page.rows],
        "page": page.links,
        "overdue": overdue[:FIRST_VISITS],
        "more_overdue": len(overdue) > FIRST_VISITS,
        "filtered": bool(chosen),
        "tools": exporting.tools(request, listing.REINTEGRATIONS, len(page.rows)),
    }
    return render(request, "reintegration/cases.html", context)


def _next_visits(rows: list[ReintegrationCase]) -> dict[Any, Visit]:
    """The next visit of each of these cases, in one query."""
    waiting = Visit.objects.filter(case__in=[case.pk for case in rows]).waiting().order_by("case_id", "due_on").distinct("case_id")
    return {visit.case_id: visit for visit in waiting}


@access(READERS)
def visits(request: HttpRequest) -> HttpResponse:
    """The visits to be made, the longest overdue first."""
    form = VisitFilterForm(request.GET, user=request.user)
    chosen = form.chosen
    found = listing.visits(form.allowed(Visit.objects.visible_to(request.user)), chosen)
    page = keyset.read(found, request.GET, keys=listing.VISIT_ORDER, size=25)
    log_read(request, ReadLog.Action.LISTED, "reintegration.visit", [visit.pk for visit in page.rows])
    whereabouts.shown(request.user, [visit.case.migrant for visit in page.rows])
    tools = exporting.tools(request, listing.VISITS, len(page.rows))
    return render(request, "reintegration/visits.html", {"filter_form": form, "visits": page.rows, "page": page.links, "filtered": bool(chosen), "tools": tools})


@access(Right.EXPORT_NAMES)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The list of reintegrations as a file."""
    return exporting.answer(request, listing.REINTEGRATIONS, kind)


@access(Right.EXPORT_NAMES)
def export_visits(request: HttpRequest, kind: str) -> HttpResponse:
    """The list of visits as a file."""
    return exporting.answer(request, listing.VISITS, kind)


# --- opening -----------------------------------------------------------------------------------------------------


@access(Right.MANAGE_REINTEGRATION, load=Migrant, methods="GET POST", edits=True)
def open_(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    current = ReintegrationCase.objects.open().filter(migrant=migrant).first() if request.method == "GET" else None
    here = next((centre for centre in migrant.centres_now if allows(request.user, Right.MANAGE_REINTEGRATION, centre)), None)
    form = OpenForm(request.POST or None, initial={"centre": here.code if here else None, "region": here.region if here else ""})
    if request.method == "POST" and form.is_valid():
        try:
            case, made = services.open_reintegration(actor=request.user, migrant=migrant, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, _("Ce formulaire a déjà été envoyé avec un autre contenu. Rechargez la page avant de recommencer."))
        except ValidationError as error:
            put_errors(form, error)
        else:
            if made:
                messages.success(request, _("La réintégration est ouverte ; ses cinq visites sont prévues."))
            return redirect("reintegration:case", pk=case.pk)
    return render(request, "reintegration/open.html", {"form": form, "migrant": migrant, "person_url": person_url(migrant), "current": current})


# --- one case ----------------------------------------------------------------------------------------------------


@access(READERS, load=ReintegrationCase, log=ReadLog.Action.OPENED, select=("migrant", "centre"))
def case(request: HttpRequest, case: ReintegrationCase) -> HttpResponse:
    """The plan, what was delivered, and the five visits."""
    may_write = case.state == ReintegrationCase.State.OPEN and allows(request.user, Right.MANAGE_REINTEGRATION, case, writing=True)
    whereabouts.shown(request.user, [case.migrant])
    planned = list(case.visits.visible_to(request.user).select_related("done_by").order_by("month"))
    supports = list(case.supports.visible_to(request.user).select_related("recorded_by").order_by("-delivered_on"))
    context = {
        "case": case,
        "migrant": case.migrant,
        "person_url": person_url(case.migrant),
        "facts": [case.migrant.age_words, case.migrant.get_sex_display(), country_name(case.migrant.nationality)],
        "flags": flags_of(case),
        "steps": steps_of(case, planned),
        "visits": [{"visit": visit, "tone": VISIT_TONES.get(visit.situation), "ready": may_write and _may_record(visit)} for visit in planned],
        "supports": supports,
        "total": sum(support.amount or 0 for support in supports),
        "may_write": may_write,
        "may_print": allows(request.user, Right.MANAGE_REINTEGRATION, case),
        "missing": services.still_missing(case, timezone.localdate()) if case.state == ReintegrationCase.State.OPEN else [],
    }
    return render(request, "reintegration/case.html", context)


def _may_record(visit: Visit) -> bool:
    return visit.earliest <= timezone.localdate()


def flags_of(case: ReintegrationCase) -> list[dict[str, str]]:
    flags = [{"label": case.get_state_display(), "tone": state_tone(case.state)}]
    if case.enhanced:
        flags.append({"label": _("Renforcée"), "tone": "warn"})
    if case.state == ReintegrationCase.State.OPEN and not case.migrant.consents.filter(purpose=Consent.Purpose.FOLLOW_UP, withdrawn_at=None).exists():
        flags.append({"label": _("Pas d’accord noté pour être recontacté"), "tone": "danger"})
    return flags


def steps_of(case: ReintegrationCase, planned: list[Visit]) -> list[dict[str, Any]]:
    """The five visits: done, the next, those to come; overdue ones say so."""
    items, next_found = [], False
    for visit in planned:
        state = "done" if visit.done_on else "todo"
        if visit.done_on:
            detail = _("faite le %(day)s") % {"day": date_format(visit.done_on, "SHORT_DATE_FORMAT")}
        elif case.state != ReintegrationCase.State.OPEN:
            detail = _("non faite")
        else:
            words = _("en retard, prévue le %(day)s") if visit.is_overdue else _("prévue le %(day)s")
            detail = words % {"day": date_format(visit.due_on, "SHORT_DATE_FORMAT")}
            if not next_found:
                state, next_found = "current", True
        items.append({"title": _("Mois %(month)s") % {"month": visit.month}, "state": state, "detail": detail})
    return items


@access(READERS, load=ReintegrationCase, log=ReadLog.Action.PRINTED, select=("migrant", "centre"))
def sheet(request: HttpRequest, case: ReintegrationCase) -> HttpResponse:
    """The visit sheet to take along where there is no screen."""
    whereabouts.shown(request.user, [case.migrant])
    planned = list(case.visits.visible_to(request.user).order_by("month"))
    following = next((visit for visit in planned if visit.done_on is None), None)
    context = {
        "case": case,
        "migrant": case.migrant,
        "visits": planned,
        "following": following,
        "ended": case.migrant.care_ended(request.user),
        "situations": [label for _value, label in Visit.Situation.choices],
    }
    return render(request, "reintegration/sheet.html", context)


# --- writing -----------------------------------------------------------------------------------------------------


def _edit(request: HttpRequest, case: ReintegrationCase, form: forms.Form, context: dict[str, Any], save: Callable[[dict[str, Any]], Any], done: str) -> HttpResponse:
    """A form on a case. When somebody else was quicker both values are shown, and nothing is overwritten."""
    if request.method == "GET" and case.state != ReintegrationCase.State.OPEN and "visit" not in context:
        messages.info(request, _("Cette réintégration est close : plus rien ne s’y ajoute."))
        return redirect("reintegration:case", pk=case.pk)
    whereabouts.shown(request.user, [case.migrant])
    context |= {"case": case, "migrant": case.migrant, "case_url": reverse("reintegration:case", kwargs={"pk": case.pk}), "stale_rows": None}
    if request.method == "POST" and form.is_valid():
        try:
            save(form.cleaned_data)
        except Stale as stale:
            context["stale_rows"] = compare(form, stale.current)
            data = request.POST.copy()
            data["version"] = str(stale.current.version)
            form = type(form)(data, **getattr(form, "about", {}))
        except SameKeyOtherContent:
            form.add_error(None, _("Ce formulaire a déjà été envoyé avec un autre contenu. Rechargez la page avant de recommencer."))
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, done)
            return redirect(context["case_url"])
    return render(request, "reintegration/form.html", context | {"form": form})


def compare(form: forms.Form, current: Any) -> list[dict[str, Any]]:
    """What the user typed beside what is recorded now."""
    rows = []
    for name, field in form.fields.items():
        if name == "version":
            continue
        words = dict(getattr(field, "choices", ()))
        typed, now = form.cleaned_data[name], getattr(current, name)
        rows.append({"label": field.label, "typed": _shown(words, typed), "now": _shown(words, now)})
    return rows


def _shown(words: dict[Any, Any], value: Any) -> Any:
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    return words.get(value, value)


@access(READERS, load=Visit, methods="GET POST", write=Right.MANAGE_REINTEGRATION, log=ReadLog.Action.OPENED, select=("case__migrant", "case__centre"))
def visit(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A visit: what was found, or the form to write it down."""
    case = visit.case
    open_case = case.state == ReintegrationCase.State.OPEN
    may_write = open_case and _may_record(visit) and allows(request.user, Right.MANAGE_REINTEGRATION, visit, writing=True)
    initial = {"version": visit.version, "done_on": visit.done_on or timezone.localdate(), "situation": visit.situation, "note": visit.note}
    context = {
        "title": _("Visite du mois %(month)s") % {"month": visit.month},
        "intro": _("Prévue le %(day)s.") % {"day": date_format(visit.due_on, "DATE_FORMAT")},
        "submit": _("Enregistrer la visite"),
        "visit": visit,
        "readonly": request.method == "GET" and not may_write,
        "too_early": open_case and not _may_record(visit),
    }

    def save(asked: dict[str, Any]) -> None:
        services.record_visit(actor=request.user, visit=visit, **asked)

    return _edit(request, case, VisitForm(request.POST or None, visit=visit, initial=initial), context, save, _("La visite est enregistrée."))


@access(Right.MANAGE_REINTEGRATION, load=ReintegrationCase, methods="GET POST", edits=True, log=ReadLog.Action.OPENED, select=("migrant",))
def support(request: HttpRequest, case: ReintegrationCase) -> HttpResponse:
    context = {
        "title": _("Noter un appui remis"),
        "intro": _("Ce qui a vraiment été remis à la personne, pas ce qui est promis."),
        "submit": _("Enregistrer l’appui"),
    }

    def save(asked: dict[str, Any]) -> None:
        services.record_support(actor=request.user, case=case, **asked)

    return _edit(request, case, SupportForm(request.POST or None, case=case), context, save, _("L’appui est enregistré."))


@access(Right.MANAGE_REINTEGRATION, load=ReintegrationCase, methods="GET POST", edits=True, log=ReadLog.Action.OPENED, select=("migrant",))
def plan(request: HttpRequest, case: ReintegrationCase) -> HttpResponse:
    initial = {"version": case.version, "plan": case.plan, "enhanced": case.enhanced, "region": case.region}

    def save(asked: dict[str, Any]) -> None:
        services.revise_plan(actor=request.user, case=case, **asked)

    context = {"title": _("Modifier le projet"), "intro": "", "submit": _("Enregistrer le projet")}
    return _edit(request, case, PlanForm(request.POST or None, initial=initial), context, save, _("Le projet est enregistré."))


@access(Right.MANAGE_REINTEGRATION, load=ReintegrationCase, methods="GET POST", edits=True, log=ReadLog.Action.OPENED, select=("migrant",))
def close(request: HttpRequest, case: ReintegrationCase) -> HttpResponse:
    intro = _("« Menée à terme » se choisit après douze mois de suivi, à partir du %(day)s, quand la dernière visite est faite.")
    context = {
        "title": _("Terminer le suivi"),
        "intro": intro % {"day": date_format(case.may_complete_from, "DATE_FORMAT")},
        "submit": _("Terminer le suivi"),
    }

    def save(asked: dict[str, Any]) -> None:
        services.close_case(actor=request.user, case=case, **asked)

    return _edit(request, case, CloseForm(request.POST or None, case=case, initial={"version": case.version}), context, save, _("Le suivi est terminé."))
