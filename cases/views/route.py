"""The road somebody came, place by place."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from centres.access import access, allows
from centres.roles import Right
from config.countries import country_name

from .. import places, services
from ..forms import new_id, put_errors, sent
from ..forms.route import RouteStepForm
from ..models import CARE, Migrant, RouteStep


def _may_write(request: HttpRequest, migrant: Migrant) -> None:
    if not allows(request.user, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied


def _page(request: HttpRequest, migrant: Migrant, form: RouteStepForm, step: RouteStep | None, theirs: list[tuple[str, str]] | None = None) -> HttpResponse:
    context = {"migrant": migrant, "form": form, "step": step, "theirs": theirs, "places": places.places()}
    return render(request, "cases/route_step.html", context, status=409 if theirs else 200)


@access(Right.VIEW_CASE, load=Migrant, methods="GET POST", prefetch=(CARE,))
def add_step(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """A place more, at the end of the road."""
    _may_write(request, migrant)
    protection = allows(request.user, Right.VIEW_PROTECTION, migrant)
    form = RouteStepForm(*sent(request), protection=protection, initial={"id": new_id(), "version": 0})
    if request.method == "POST" and form.is_valid():
        try:
            services.add_step(actor=request.user, migrant=migrant, id=form.cleaned_data["id"], **form.values())
        except SameKeyOtherContent:
            data = request.POST.copy()
            data["id"] = str(new_id())
            form = RouteStepForm(data, protection=protection)
            form.add_error(None, _("Ce formulaire avait déjà servi : rien n’a été enregistré cette fois. Relisez, puis enregistrez de nouveau."))
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("L’étape est ajoutée à l’itinéraire."))
            return redirect("cases:add_step" if "another" in request.POST else "cases:profile", pk=migrant.pk)
    return _page(request, migrant, form, None)


@access(Right.VIEW_CASE, load=RouteStep, methods="GET POST", log=ReadLog.Action.OPENED, select=("migrant",))
def step(request: HttpRequest, step: RouteStep) -> HttpResponse:
    """Corrects a place. If somebody else did so meanwhile, both are shown."""
    migrant = step.migrant
    _may_write(request, migrant)
    protection = allows(request.user, Right.VIEW_PROTECTION, migrant)
    form = RouteStepForm(*sent(request), protection=protection, initial=RouteStepForm.initial_of(step, protection=protection))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_step(actor=request.user, step=step, version=form.cleaned_data["version"], **form.values())
        except Stale as stale:
            theirs = _theirs(stale.current, form, protection=protection)
            if not theirs:  # sent twice, or both wrote the same
                messages.success(request, _("L’étape est corrigée."))
                return redirect("cases:profile", pk=migrant.pk)
            data = request.POST.copy()
            data["version"] = str(stale.current.version)
            form = RouteStepForm(data, protection=protection)
            form.add_error(None, _("Quelqu’un a corrigé cette étape entre-temps. Rien n’est encore enregistré : comparez, puis enregistrez de nouveau."))
            return _page(request, migrant, form, step, theirs)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("L’étape est corrigée."))
            return redirect("cases:profile", pk=migrant.pk)
    return _page(request, migrant, form, step)


def _theirs(current: RouteStep, form: RouteStepForm, *, protection: bool) -> list[tuple[str, str]]:
    """(label, words) of what is saved now where it differs from what was typed; of protection only to those who may see it."""
    shown = {
        "place": current.place,
        "country": country_name(current.country),
        "since": formats.date_format(current.since, "YEAR_MONTH_FORMAT") if current.since else "",
        "until": formats.date_format(current.until, "YEAR_MONTH_FORMAT") if current.until else "",
        "means": current.get_means_display() if current.means else "",
        "cost": f"{current.cost}" if current.cost is not None else "",
        "currency": current.currency,
        "events": ", ".join(current.event_words),
        "notes": current.notes,
    }
    if protection:
        shown["protection_events"] = ", ".join(current.protection_words)
    typed = form.cleaned_data
    return [(str(form.fields[name].label), words or _("non renseigné")) for name, words in shown.items() if typed.get(name) != getattr(current, name)]


def _number(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _do(request: HttpRequest, step: RouteStep, act: Any, done: str = "") -> HttpResponse:
    try:
        act()
    except Stale:
        messages.error(request, _("Quelqu’un a modifié cette étape entre-temps. Rien n’a été fait : regardez l’itinéraire, puis réessayez."))
    except ValidationError as error:
        for words in error.messages:
            messages.error(request, words)
    else:
        if done:
            messages.success(request, done)
    return redirect("cases:profile", pk=step.migrant_id)


@access(Right.VIEW_CASE, load=RouteStep, methods="POST", select=("migrant",))
def move_step(request: HttpRequest, step: RouteStep) -> HttpResponse:
    """One place earlier or later on the road."""
    return _do(request, step, lambda: services.move_step(actor=request.user, step=step, version=_number(request), up=request.POST.get("to") != "down"))


@access(Right.VIEW_CASE, load=RouteStep, methods="POST", select=("migrant",))
def remove_step(request: HttpRequest, step: RouteStep) -> HttpResponse:
    """Takes a place off the road."""
    return _do(request, step, lambda: services.remove_step(actor=request.user, step=step, version=_number(request)), _("L’étape est retirée de l’itinéraire."))
