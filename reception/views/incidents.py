"""Incidents of a centre: note one, see them, follow one up."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from cases import whereabouts
from cases.forms import put_errors, sent
from centres.access import access, allows, may
from centres.models import Centre
from centres.roles import Right

from .. import services, tabs
from ..forms import FollowUpForm, IncidentFilter, IncidentForm
from ..models import Incident, IncidentFollowUp, IncidentPerson
from .parts import PEOPLE, sent_before

ON_A_PAGE = 50
TONES = {"minor": "neutral", "serious": "warn", "grave": "danger"}
STEP_TONES = {"note": "neutral", "closed": "ok", "reopened": "warn"}


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def incidents(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The incidents of a centre that the user may read, latest first."""
    form = IncidentFilter(request.GET)
    rows = form.of(Incident.objects.visible_to(request.user).filter(centre=centre)).select_related("reported_by")
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    log_read(request, ReadLog.Action.LISTED, Incident._meta.label_lower, [one.pk for one in page], centre_code=centre.code)
    context = {
        "centre": centre,
        "tabs": tabs.of(request.user, centre, "reception:incidents"),
        "form": form,
        "page": page,
        "rows": [(one, TONES[one.severity]) for one in page],
        "may_note": may(request.user, Right.RECEIVE, centre),
    }
    return render(request, "reception/incidents.html", context)


@access(Right.RECEIVE, load=Centre, by="code", methods="GET POST")
def note(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Note an incident: type, gravity, what happened; all else may stay empty."""
    form = IncidentForm(*sent(request), user=request.user, initial={"id": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            incident, _created = services.note_incident(actor=request.user, centre=centre, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            if Incident.objects.visible_to(request.user).filter(pk=incident.pk).exists():
                messages.success(request, _("L’incident est noté."))
                return redirect("reception:incident", incident.pk)
            messages.success(request, _("L’incident est transmis au responsable du centre et à la protection, qui seuls le lisent."))
            return redirect("reception:incidents", centre.code)
    return render(request, "reception/note_incident.html", {"form": form, "centre": centre})


@access(Right.VIEW_CENTRE, load=Incident, methods="GET POST", write=services.FOLLOWS, select=("centre", "reported_by", "closed_by"), log=ReadLog.Action.OPENED)
def incident(request: HttpRequest, incident: Incident) -> HttpResponse:
    """One incident with what was done since; POST adds a step."""
    user = request.user
    form = FollowUpForm(*sent(request), incident=incident)
    if request.method == "POST" and form.is_valid():
        try:
            step = services.follow_incident(actor=user, incident=incident, **form.cleaned_data)
        except Stale as stale:
            incident = stale.current
            form = _after_stale(form, incident)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("L’incident est clos.") if step.step == IncidentFollowUp.Step.CLOSED else _("La suite est notée."))
            return redirect("reception:incident", incident.pk)
    lines = IncidentPerson.objects.visible_to(user).filter(incident=incident).select_related("migrant").prefetch_related("migrant__custodies")
    people = [line.migrant for line in lines]
    whereabouts.shown(user, people)
    log_read(request, ReadLog.Action.LISTED, PEOPLE, [person.pk for person in people], centre_code=incident.centre.code)
    steps = list(incident.follow_ups.select_related("written_by"))
    context = {
        "incident": incident,
        "centre": incident.centre,
        "tone": TONES[incident.severity],
        "people": people,
        "unseen": incident.concerned.count() - len(people),
        "entries": [_entry(step) for step in reversed(steps)],
        "form": form if any(allows(user, right, incident, writing=True) for right in services.FOLLOWS) else None,
    }
    return render(request, "reception/incident.html", context)


def _entry(step: IncidentFollowUp) -> dict[str, Any]:
    chip = {"label": step.get_step_display(), "tone": STEP_TONES[step.step]}
    return {"when": step.written_at, "title": "", "detail": step.text, "who": str(step.written_by or ""), "chip": chip}


def _after_stale(form: FollowUpForm, current: Incident) -> FollowUpForm:
    """The form again with what was typed, and the version to save over; what happened meanwhile stands above it."""
    data: Any = form.data.copy()
    data["version"] = current.version
    if not current.is_open and data.get("step") != IncidentFollowUp.Step.REOPENED:
        data["step"] = IncidentFollowUp.Step.REOPENED
    elif current.is_open and data.get("step") == IncidentFollowUp.Step.REOPENED:
        data["step"] = IncidentFollowUp.Step.NOTE
    again = FollowUpForm(data, incident=current)
    again.add_error(None, _("Entre-temps, quelqu’un a écrit une suite (ci-dessous). Lisez-la, puis enregistrez de nouveau."))
    return again
