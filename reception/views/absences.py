"""Who is missed at a centre, what was done about it, and who may be away."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from cases.forms import put_errors
from centres.access import access, may
from centres.models import Centre, Posting
from centres.roles import Right, Role

from .. import absence, services, tabs
from ..evening import evening_of
from ..forms import AbsenceForm, DaysForm, LeaveForm, error_words
from ..models import Alert, LastSeen, Leave, Stay
from .parts import PEOPLE, sent_before

ON_A_PAGE = 50
MOST_CHILDREN = 50
HOW = dict(LastSeen.How.choices)


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def absences(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Those whom the centre misses, the longest unseen first; above them the children whom a roll-call missed."""
    user = request.user
    page = Paginator(absence.missed(Stay.objects.visible_to(user).at(centre)).with_bed(user).select_related("migrant"), ON_A_PAGE).get_page(request.GET.get("page"))
    rows = list(page)
    # Whoever reads no files sees that a child is missing, not who.
    sees_people = may(user, Right.VIEW_CASE, centre)
    children = list(
        Alert.objects.visible_to(user)
        .open()
        .of_children()
        .filter(centre=centre, migrant__custodies__centre=centre, migrant__custodies__until__isnull=True)
        .select_related("migrant__last_seen")
        .order_by("raised_at")[:MOST_CHILDREN]
        if sees_people
        else []
    )
    news = absence.last_news([stay.migrant_id for stay in rows], centre)
    for stay in rows:
        stay.key, stay.news, stay.how = uuid.uuid4(), news.get(stay.migrant_id), HOW.get(stay.seen_how, "")
    for alert in children:
        seen = getattr(alert.migrant, "last_seen", None)
        alert.again = seen if seen is not None and seen.at > alert.raised_at else None
    shown: set[Any] = {stay.migrant_id for stay in rows} | {alert.migrant_id for alert in children}
    log_read(request, ReadLog.Action.LISTED, PEOPLE, sorted(shown), centre_code=centre.code)
    context = {
        "centre": centre,
        "tabs": tabs.of(user, centre, "reception:absences"),
        "page": page,
        "rows": rows,
        "children": children,
        "days": absence.days_of(centre),
        "may_note": any(may(user, right, centre) for right in services.MAY_NOTE),
        "may_receive": may(user, Right.RECEIVE, centre),
        "may_close": any(may(user, right, centre) for right in services.MAY_CLOSE),
        "may_manage": may(user, Right.MANAGE_CENTRE, centre),
    }
    return render(request, "reception/absences.html", context)


@access(services.MAY_NOTE, load=Stay, methods="POST", select=("migrant", "centre"))
def note_absence(request: HttpRequest, stay: Stay) -> HttpResponse:
    """Seen after all, or still absent."""
    form = AbsenceForm(request.POST)
    if form.is_valid():
        try:
            sighting, _made = services.note_absence(actor=request.user, stay=stay, **form.cleaned_data)
        except SameKeyOtherContent:
            messages.error(request, sent_before())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            words = _("%(person)s : vue, noté.") if sighting.found else _("%(person)s : toujours absente, noté.")
            messages.success(request, words % {"person": stay.migrant})
    else:
        messages.error(request, error_words(form))
    return redirect("reception:absences", code=stay.centre.code)


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def absence_days(request: HttpRequest, centre: Centre) -> HttpResponse:
    """After how many days without being seen the centre misses somebody."""
    form = DaysForm(request.POST or None, initial={"days": absence.days_of(centre)})
    if request.method == "POST" and form.is_valid():
        try:
            services.set_absence_days(actor=request.user, centre=centre, **form.cleaned_data)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le délai est enregistré."))
            return redirect("reception:absences", code=centre.code)
    return render(request, "reception/absence_days.html", {"form": form, "centre": centre})


# --- leave -------------------------------------------------------------------------------------------------------


@access(Right.RECEIVE, load=Stay, methods="GET POST", edits=True, select=("migrant", "centre"), log=ReadLog.Action.OPENED)
def leave(request: HttpRequest, stay: Stay) -> HttpResponse:
    """The nights that somebody may sleep elsewhere."""
    tonight = evening_of()
    form = LeaveForm(request.POST or None, initial={"id": uuid.uuid4(), "first_night": tonight})
    if request.method == "POST" and form.is_valid():
        try:
            services.allow_leave(actor=request.user, stay=stay, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La permission est notée."))
            return redirect("reception:leave", pk=stay.pk)
    leaves: list[Any] = list(Leave.objects.filter(stay=stay).select_related("allowed_by", "cancelled_by")[:40])
    for one in leaves:
        one.running = one.cancelled_at is None and one.last_night >= tonight
        one.tonight = one.running and one.first_night <= tonight
    manager_only = stay.migrant.is_unaccompanied_minor and not may(request.user, Right.MANAGE_CENTRE, stay.centre_id)
    asked = Posting.objects.active().filter(centre=stay.centre, role=Role.CENTRE_MANAGER, user__is_active=True).select_related("user") if manager_only else []
    context = {"form": form, "stay": stay, "person": stay.migrant, "leaves": leaves, "manager_only": manager_only, "managers": [one.user for one in asked]}
    return render(request, "reception/leave.html", context)


@access(Right.RECEIVE, load=Stay, methods="POST", select=("migrant", "centre"))
def cancel_leave(request: HttpRequest, stay: Stay, leave: uuid.UUID) -> HttpResponse:
    """The person is back, or stays after all."""
    found = Leave.objects.filter(pk=leave, stay=stay).select_related("stay").first()
    if found is None:
        raise Http404
    try:
        services.cancel_leave(actor=request.user, leave=found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("La permission est annulée : la personne est attendue ce soir."))
    return redirect("reception:leave", pk=stay.pk)
