"""Pages of awareness and training. Agents who were trained are named on the page of their training only."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, F, Q, Sum
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access
from centres.roles import Right
from config import keyset

from .forms import ActivityForm, AttendanceForm, CommunityForm, CorrectionForm, FilterForm
from .models import CELLS, Activity, Attendance, Community
from .pages import reached_so_far
from .services import FIELDS, add_community, correct_activity, record_activity, register_attendance, remove_attendance


@access(Right.RECORD_OUTREACH)
def activities(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET or None)
    wanted = form.cleaned_data if form.is_bound and form.is_valid() else {}
    found = form.allowed(Activity.objects.visible_to(request.user)).matching(**wanted)
    totals = found.aggregate(activities=Count("pk"), **{name: Sum(name, default=0) for name in CELLS})
    page = keyset.read(found.select_related("community"), request.GET, keys=("-held_on", "-id"), size=30)
    context = {
        "reached": reached_so_far(),
        "filter_form": form,
        "page": page,
        "totals": totals,
        "people": sum(totals[name] for name in CELLS),
        "cells": [(Activity._meta.get_field(name).verbose_name, totals[name]) for name in CELLS],
    }
    return render(request, "outreach/activities.html", context)


@access(Right.RECORD_OUTREACH, methods="GET POST")
def new(request: HttpRequest) -> HttpResponse:
    form = ActivityForm(request.POST or None, initial={"community": request.GET.get("community") or None})
    if request.method == "POST" and form.is_valid():
        try:
            activity, _created = record_activity(actor=request.user, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, _("Ce formulaire a déjà été envoyé avec un autre contenu. Ouvrez l’activité enregistrée pour la corriger, ou recommencez."))
        except ValidationError as error:
            _explain(form, error)
        else:
            messages.success(request, _("Activité enregistrée."))
            return redirect("outreach:activity", pk=activity.pk)
    return render(request, "outreach/new.html", {"form": form})


@access(Right.RECORD_OUTREACH, load=Activity, select=("community", "recorded_by"))
def activity(request: HttpRequest, activity: Activity) -> HttpResponse:
    return _detail(request, activity, AttendanceForm(initial={"structure": request.GET.get("structure", "")[:120]}))


def _detail(request: HttpRequest, activity: Activity, form: AttendanceForm) -> HttpResponse:
    training = activity.kind == Activity.Kind.TRAINING
    present = list(activity.attendances.select_related("trainee").order_by("trainee__name")) if training else []
    if present:
        log_read(request, ReadLog.Action.OPENED, "outreach.trainee", [row.trainee_id for row in present])
    cells = [(Activity._meta.get_field(name).verbose_name, getattr(activity, name)) for name in CELLS]
    return render(request, "outreach/activity.html", {"activity": activity, "training": training, "present": present, "form": form, "cells": cells})


@access(Right.RECORD_OUTREACH, load=Activity, methods="GET POST", select=("recorded_by",))
def correct(request: HttpRequest, activity: Activity) -> HttpResponse:
    """Corrects an activity; if somebody else did so meanwhile, shows both and asks again."""
    seen = {name: getattr(activity, name) for name in FIELDS} | {"version": activity.version}
    form = CorrectionForm(request.POST or None, initial=seen)
    both: list[tuple[str, Any, Any]] = []
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            correct_activity(actor=request.user, activity=activity, version=values.pop("version"), **values)
        except Stale as stale:
            both = _both(form, values, stale.current)
        except ValidationError as error:
            _explain(form, error)
        else:
            messages.success(request, _("Activité corrigée."))
            return redirect("outreach:activity", pk=activity.pk)
    return render(request, "outreach/correct.html", {"form": form, "activity": activity, "both": both})


@access(Right.RECORD_OUTREACH, load=Activity, methods="POST", select=("community", "recorded_by"))
def attend(request: HttpRequest, activity: Activity) -> HttpResponse:
    form = AttendanceForm(request.POST)
    if form.is_valid():
        try:
            attendance, created = register_attendance(actor=request.user, activity=activity, **form.cleaned_data)
        except ValidationError as error:
            _explain(form, error)
        else:
            words = _("La présence de %(agent)s est notée.") if created else _("La présence de %(agent)s était déjà notée.")
            messages.success(request, words % {"agent": attendance.trainee.name})
            return redirect("outreach:activity", pk=activity.pk)
    return _detail(request, activity, form)


@access(Right.RECORD_OUTREACH, load=Attendance, methods="POST", select=("trainee",))
def unattend(request: HttpRequest, attendance: Attendance) -> HttpResponse:
    remove_attendance(actor=request.user, attendance=attendance)
    messages.success(request, _("%(agent)s est retiré de la liste.") % {"agent": attendance.trainee.name})
    return redirect("outreach:activity", pk=attendance.activity_id)


@access(Right.RECORD_OUTREACH, methods="GET POST")
def communities(request: HttpRequest) -> HttpResponse:
    form = CommunityForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            community = add_community(actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            _explain(form, error)
        else:
            messages.success(request, _("%(community)s est dans la liste.") % {"community": community})
            return redirect("outreach:communities")
    awareness = Q(activities__kind=Activity.Kind.AWARENESS)
    people = sum((F(f"activities__{name}") for name in CELLS[1:]), start=F(f"activities__{CELLS[0]}"))
    rows = Community.objects.visible_to(request.user).annotate(held=Count("activities", filter=awareness), people=Sum(people, filter=awareness, default=0))
    page = keyset.read(rows, request.GET, keys=("region", "name", "id"), size=50)
    return render(request, "outreach/communities.html", {"form": form, "page": page})


def _explain(form: Form, error: ValidationError) -> None:
    """Puts the words of the service beside the right field."""
    if hasattr(error, "error_dict"):
        for name, problems in error.error_dict.items():
            form.add_error(name if name in form.fields else None, problems)
    else:
        form.add_error(None, error)


def _both(form: CorrectionForm, typed: dict[str, Any], current: Activity) -> list[tuple[str, Any, Any]]:
    """What differs: label, what was typed, what is saved now. The form goes on with the version that is current."""
    rows = []
    for name in FIELDS:
        now = getattr(current, name)
        if typed[name] != now:
            shown = dict(Activity.Kind.choices) if name == "kind" else {}
            rows.append((str(form.fields[name].label), shown.get(typed[name], typed[name]), shown.get(now, now)))
    form.data = form.data.copy()
    form.data["version"] = current.version
    return rows
