"""Somebody arrives, gets a bed, leaves."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from cases import as_then
from cases.forms import put_errors, typed_birth
from cases.models import Custody, Migrant
from cases.services.takeovers import offer
from centres.access import access, centres_for, may
from centres.models import Bed, Centre
from centres.roles import Right
from config.french import of

from .. import flags, services
from ..beds import Places, bed_of
from ..forms import CheckInForm, CheckOutForm, ExtendForm, MoveForm, UndoArrivalForm, UndoForm
from ..models import Stay, Transfer
from ..workflow import State
from .parts import PEOPLE, find_person, said_at_registration, sent_before, without_hospital


def _said_before(migrant: Migrant, centre: Centre) -> dict[str, str]:
    """Who went from here to hospital comes back from there; a person on transfer to this centre comes from another one; others came as they
    said when they were registered."""
    if services.last_in_hospital(migrant.pk, centre) is not None:
        return {"origin": Stay.Origin.HOSPITAL}
    reason = next((custody.reason for custody in migrant.custodies.all() if custody.centre_id == centre.pk and custody.until is None), "")
    if reason == Custody.Reason.REINTEGRATION:  # its antenna follows them too
        travelling = Transfer.objects.filter(migrant=migrant, to_centre=centre, state=State.TRAVELLING).exists()
        return {"origin": Stay.Origin.TRANSFERRED} if travelling else {}
    return {"origin": Stay.Origin.TRANSFERRED} if reason == Custody.Reason.TRANSFERRED else said_at_registration([migrant])


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
    prefetch_related_objects([person], "custodies")
    if request.method == "GET" and person.care_ended(request.user) is not None:
        return _take_over_first(request, person, centre)
    places = Places(centre, person=person.pk)
    free, proposal = places.suitable(person), places.propose(person)
    initial = {"id": uuid.uuid4(), "bed": proposal.bed.pk if proposal.bed else ""} | _said_before(person, centre)
    form = CheckInForm(request.POST or None, person=person, centre=centre, beds=free, shared=proposal.shared, initial=initial)
    if initial.get("origin") != Stay.Origin.HOSPITAL:
        without_hospital(form)
    if request.method == "POST" and form.is_valid():
        try:
            stay, _created = services.check_in(actor=request.user, migrant=person, centre=centre, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            bed = form.cleaned_data.get("bed")
            words = _("L’arrivée %(of_person)s au centre de %(centre)s est notée.") % {"of_person": of(person), "centre": centre}
            words = f"{words} {_('Lit : %(bed)s.') % {'bed': bed}}" if bed else words
            if may(request.user, Right.MANAGE_CENTRE, centre):
                undo = reverse("reception:undo-check-in", args=[stay.migrant_id])
                words = format_html('{} <a href="{}">{}</a>', words, undo, _("Une erreur ? Annuler cette admission"))
            messages.success(request, words)
            return redirect("cases:migrant", stay.migrant_id)
    log_read(request, ReadLog.Action.OPENED, PEOPLE, [person.pk], centre_code=centre.code)
    carried = flags.of([person.pk]).get(person.pk, []) if person.care_ended(request.user) is None else []
    context = {
        "form": form,
        "person": person,
        "centre": centre,
        "proposal": proposal,
        "full": not free and not proposal.shared,
        "usual": _usual(places, person, free),
        "flags": carried,
        "refused": flags.admission_refusal(carried),
        "family": _family_outside(request, person),
    }
    return render(request, "reception/check_in.html", context)


def _family_outside(request: HttpRequest, person: Migrant) -> list[uuid.UUID]:
    """Keys of the person and those of their household who are in no centre, to be admitted together; nothing if they come alone."""
    if person.household_id is None:
        return []
    inside = Stay.objects.open().filter(migrant=OuterRef("pk"))
    family = Migrant.objects.visible_to(request.user).filter(~Exists(inside), household=person.household_id, died_on__isnull=True)
    found = list(family.order_by("pk").values_list("pk", flat=True)[:60])
    return found if len(found) > 1 and person.pk in found else []


@access(Right.RECEIVE, load=Stay, methods="GET POST", edits=True, select=("migrant__accompanied_by", "centre"), log=ReadLog.Action.OPENED)
def move(request: HttpRequest, stay: Stay) -> HttpResponse:
    """Another bed, or the first one."""
    now = stay.beds.filter(until__isnull=True).select_related("bed__room").first()
    places = Places(stay.centre, person=stay.migrant_id)
    free, proposal = places.suitable(stay.migrant), places.propose(stay.migrant)
    children = services.children_with(stay)
    initial = {"version": stay.version, "bed": proposal.bed.pk if proposal.bed and not now else ""}
    form = MoveForm(request.POST or None, centre=stay.centre, beds=free, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.assign_bed(actor=request.user, stay=stay, **form.cleaned_data)
        except Stale as stale:
            form = _after_stale(form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            beds = Stay.objects.filter(pk__in=[stay.pk, *(child.pk for child in children)]).with_bed(request.user).select_related("migrant")
            moved = sorted((one for one in beds if one.pk == stay.pk or one.bed_id), key=lambda one: one.pk != stay.pk)
            messages.success(request, " ".join(_("%(person)s : %(bed)s.") % {"person": one.migrant, "bed": one.bed_said or _("sans lit")} for one in moved))
            return redirect(_board_of(stay))
    context = {"form": form, "stay": stay, "person": stay.migrant, "now": now, "full": not free, "proposal": proposal, "usual": _usual(places, stay.migrant, free)}
    return render(request, "reception/move.html", context | {"children": [child.migrant for child in children]})


def _usual(places: Places, person: Migrant, beds: list[Bed]) -> str:
    """The keys of the beds that need no reason, for the page."""
    return " ".join(str(bed.pk) for bed in beds if places.by_rule(person, bed))


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
    accepted = Transfer.objects.filter(stay=stay, state=State.ACCEPTED).select_related("to_centre").first()
    bed = bed_of(stay)
    form = CheckOutForm(request.POST or None, accepted=accepted is not None, bed=bed, initial={"version": stay.version})
    if request.method == "POST" and form.is_valid():
        try:
            services.check_out(actor=request.user, stay=stay, **form.cleaned_data)
        except Stale as stale:
            form = _after_stale(form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            words = _("Le départ %(of_person)s est noté.") % {"of_person": of(stay.migrant)}
            if until := form.cleaned_data.get("keep_bed_until"):
                words += " " + _("Son lit (%(bed)s) est gardé jusqu’au %(day)s.") % {"bed": bed.bed if bed else "", "day": date_format(until)}
            messages.success(request, words)
            return redirect(_board_of(stay))
    return render(request, "reception/check_out.html", {"form": form, "stay": stay, "person": stay.migrant, "accepted": accepted, "bed": bed})


@access(Right.RECEIVE, load=Stay, methods="GET POST", edits=True, select=("migrant", "centre"), log=ReadLog.Action.OPENED)
def extend(request: HttpRequest, stay: Stay) -> HttpResponse:
    """Another planned end of the stay, with the reason."""
    form = ExtendForm(request.POST or None, initial={"version": stay.version})
    if request.method == "POST" and form.is_valid():
        try:
            services.extend_stay(actor=request.user, stay=stay, **form.cleaned_data)
        except Stale as stale:
            form = _after_stale(form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            day = date_format(form.cleaned_data["until"])
            messages.success(request, _("%(person)s : séjour prévu jusqu’au %(day)s.") % {"person": stay.migrant, "day": day})
            return redirect("cases:migrant", stay.migrant_id)
    limit = stay.since + datetime.timedelta(days=stay.centre.max_stay_days)
    manages = may(request.user, Right.MANAGE_CENTRE, stay.centre)
    return render(request, "reception/extend.html", {"form": form, "stay": stay, "person": stay.migrant, "limit": limit, "manages": manages})


@access(Right.RECEIVE, load=Stay, methods="GET POST", edits=True, select=("migrant", "centre", "kept_bed__room"), log=ReadLog.Action.OPENED)
def release_bed(request: HttpRequest, stay: Stay) -> HttpResponse:
    """The bed kept for somebody in hospital is free for others."""
    if request.method == "POST":
        services.release_bed(actor=request.user, stay=stay)
        messages.success(request, _("Le lit est de nouveau libre."))
        return redirect(_board_of(stay))
    return render(request, "reception/release_bed.html", {"stay": stay, "person": stay.migrant})


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
            messages.success(request, _("Le départ est annulé : le séjour continue. Donnez un lit à la personne."))
            return redirect("cases:migrant", stay.migrant_id)
    return render(request, "reception/undo_departure.html", {"form": form, "stay": stay, "person": stay.migrant, "refusal": refusal})


@access(Right.MANAGE_CENTRE, load=Migrant, methods="GET POST", edits=True, log=ReadLog.Action.OPENED)
def undo_check_in(request: HttpRequest, person: Migrant) -> HttpResponse:
    """The manager takes back an admission noted by mistake, and says why."""
    stay = Stay.objects.open().filter(migrant=person, centre__in=centres_for(request.user, Right.MANAGE_CENTRE)).select_related("centre").first()
    form = UndoArrivalForm(request.POST or None, initial={"stay": stay.pk, "version": stay.version} if stay else None)
    if request.method == "POST" and form.is_valid():
        try:
            undone = services.undo_check_in(actor=request.user, migrant=person, **form.cleaned_data)
        except Stale as stale:
            form = _after_stale(form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("L’admission %(of_person)s est annulée : tout est comme avant.") % {"of_person": of(person)})
            seen = Migrant.objects.visible_to(request.user).filter(pk=person.pk).exists()
            return redirect("cases:migrant", person.pk) if seen else redirect("reception:centre", undone.centre.code)
    refusal = "" if form.is_bound else services.why_admission_stays(stay) if stay else _("Cette personne n’a pas de séjour en cours.")
    return render(request, "reception/undo_check_in.html", {"form": form, "stay": stay, "person": person, "refusal": refusal})
