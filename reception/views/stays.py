"""Somebody arrives, gets a bed, leaves."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from cases import as_then
from cases.forms import put_errors, typed_birth
from cases.models import Custody, Migrant
from cases.services.takeovers import offer
from centres.access import access, allows
from centres.models import Centre
from centres.roles import Right
from config.french import of

from .. import services
from ..beds import suitable_beds
from ..forms import CheckInForm, CheckOutForm, MoveForm, UndoForm
from ..models import Stay
from .parts import PEOPLE, find_person, sent_before


def _first_origin(migrant: Migrant, centre: Centre) -> str:
    """A person on transfer to this centre comes from another one; of all others it is asked."""
    reason = Custody.objects.filter(migrant=migrant, centre=centre, until__isnull=True).values_list("reason", flat=True).first()
    return Stay.Origin.TRANSFERRED if reason == Custody.Reason.TRANSFERRED else ""


def _take_over_first(request: HttpRequest, person: Migrant, centre: Centre) -> HttpResponse:
    """Somebody whom another team follows now: the way to their arrival goes over the takeover, with who they were when this centre knew
    them."""
    as_then.seen_by(request.user, [person])
    log_read(request, ReadLog.Action.OPENED, PEOPLE, [person.pk], centre_code=centre.code)
    said = {name: getattr(person, name) for name in ("surname", "given_names", "sex", "nationality")} | typed_birth(person)
    context = {"person": person, "centre": centre, "token": offer(request.user, person.pk), "said": {**said, "centre": centre.code}.items()}
    return render(request, "reception/take_over_first.html", context)


@access(Right.RECEIVE, load=Centre, by="code", methods="GET POST")
def check_in(request: HttpRequest, centre: Centre, migrant: uuid.UUID) -> HttpResponse:
    """Admit a person to the centre, with a bed proposed."""
    person = find_person(request, migrant)
    if request.method == "GET" and person.care_ended(request.user) is not None:
        return _take_over_first(request, person, centre)
    free, proposed = suitable_beds(person, centre)
    initial = {"id": uuid.uuid4(), "bed": proposed.pk if proposed else "", "origin": _first_origin(person, centre)}
    form = CheckInForm(request.POST or None, centre=centre, beds=free, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            stay, _created = services.check_in(actor=request.user, migrant=person, centre=centre, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            bed = form.cleaned_data["bed"]
            words = _("L’arrivée %(of_person)s au centre de %(centre)s est notée.") % {"of_person": of(person), "centre": centre}
            messages.success(request, f"{words} {_('Lit : %(bed)s.') % {'bed': bed}}" if bed else words)
            return redirect("cases:migrant", stay.migrant_id)
    log_read(request, ReadLog.Action.OPENED, PEOPLE, [person.pk], centre_code=centre.code)
    return render(request, "reception/check_in.html", {"form": form, "person": person, "centre": centre, "proposed": proposed, "full": not free})


@access(Right.RECEIVE, load=Stay, methods="GET POST", edits=True, select=("migrant", "centre"), log=ReadLog.Action.OPENED)
def move(request: HttpRequest, stay: Stay) -> HttpResponse:
    """Another bed, or the first one."""
    now = stay.beds.filter(until__isnull=True).select_related("bed__room").first()
    free, proposed = suitable_beds(stay.migrant, stay.centre)
    initial = {"version": stay.version, "bed": proposed.pk if proposed and not now else ""}
    form = MoveForm(request.POST or None, centre=stay.centre, beds=free, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.assign_bed(actor=request.user, stay=stay, **form.cleaned_data)
        except Stale as stale:
            form = _after_stale(form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            bed = form.cleaned_data["bed"]
            messages.success(request, _("%(person)s : %(bed)s.") % {"person": stay.migrant, "bed": bed or _("sans lit")})
            return redirect(_board_of(stay))
    return render(request, "reception/move.html", {"form": form, "stay": stay, "person": stay.migrant, "now": now, "full": not free, "proposed": proposed})


def _after_stale(form: Any, current: Stay) -> Any:
    """The form again, with what was typed, what is true now, and the version to save over."""
    bed = current.beds.filter(until__isnull=True).select_related("bed__room").first()
    if not current.is_open:
        words = _("Entre-temps, le départ de cette personne a été noté (%(reason)s).") % {"reason": current.get_departure_reason_display()}
    else:
        words = _("Entre-temps, quelqu’un a changé le lit de cette personne : elle a maintenant « %(bed)s ». Vérifiez, puis enregistrez de nouveau.")
        words %= {"bed": bed.bed if bed else _("sans lit")}
    form.data = form.data.copy()
    form.data["version"] = current.version
    form.add_error(None, words)
    return form


def _board_of(stay: Stay) -> str:
    return reverse("reception:centre", args=[stay.centre.code])


@access(Right.RECEIVE, load=Stay, methods="GET POST", edits=True, select=("migrant", "centre"), log=ReadLog.Action.OPENED)
def check_out(request: HttpRequest, stay: Stay) -> HttpResponse:
    """The person leaves."""
    may_transfer = allows(request.user, Right.MANAGE_CENTRE, stay, writing=True)
    form = CheckOutForm(request.POST or None, centre=stay.centre, may_transfer=may_transfer, initial={"version": stay.version})
    if request.method == "POST" and form.is_valid():
        try:
            services.check_out(actor=request.user, stay=stay, **form.cleaned_data)
        except Stale as stale:
            form = _after_stale(form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le départ %(of_person)s est noté.") % {"of_person": of(stay.migrant)})
            return redirect(_board_of(stay))
    return render(request, "reception/check_out.html", {"form": form, "stay": stay, "person": stay.migrant})


@access(Right.MANAGE_CENTRE, load=Stay, methods="GET POST", edits=True, select=("migrant", "centre"), log=ReadLog.Action.OPENED)
def undo_departure(request: HttpRequest, stay: Stay) -> HttpResponse:
    """The manager undoes a departure noted by mistake, and says why."""
    form = UndoForm(request.POST or None, initial={"version": stay.version})
    refusal = "" if form.is_bound else services.why_not_undone(stay)
    if request.method == "POST" and form.is_valid():
        try:
            services.undo_departure(actor=request.user, stay=stay, **form.cleaned_data)
        except Stale as stale:
            form = _after_stale(form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le départ est annulé : le séjour continue. Donnez un lit à la personne."))
            return redirect("cases:migrant", stay.migrant_id)
    return render(request, "reception/undo_departure.html", {"form": form, "stay": stay, "person": stay.migrant, "refusal": refusal})
