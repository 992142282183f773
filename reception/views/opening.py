"""The opening checklists of a centre, what it owns, and what its manager sets."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from cases.forms import put_errors
from centres.access import access
from centres.models import Centre, ChecklistItem, ChecklistMark, Equipment
from centres.roles import Right

from ..forms.opening import DeclareForm, EquipmentForm, MarkForm, SettingsForm, WithdrawMarkForm
from ..services import opening as services
from .parts import sent_before
from .places import frame


@dataclass(frozen=True)
class Line:
    """An item with the mark that stands at this centre, and those taken back."""

    item: ChecklistItem
    mark: ChecklistMark | None
    before: list[ChecklistMark]

    @property
    def lacking(self) -> bool:
        return self.item.obligatory and (self.mark is None or self.mark.state != ChecklistMark.State.DONE)


@dataclass(frozen=True)
class Opening:
    """A list of a centre, and since when it is declared."""

    checklist: str
    title: str
    since: Any
    lines: list[Line]

    @property
    def lacking(self) -> list[Line]:
        return [line for line in self.lines if line.lacking]

    @property
    def settled(self) -> int:
        return sum(line.mark is not None for line in self.lines)


def _openings(centre: Centre) -> list[Opening]:
    marks: dict[int, list[ChecklistMark]] = {}
    for mark in ChecklistMark.objects.filter(centre=centre).select_related("marked_by", "withdrawn_by"):
        marks.setdefault(mark.item_id, []).append(mark)
    items = list(ChecklistItem.objects.filter(active=True))

    def line(item: ChecklistItem) -> Line:
        of_item = marks.get(item.pk, [])
        return Line(item, next((mark for mark in of_item if mark.withdrawn_on is None), None), [mark for mark in of_item if mark.withdrawn_on])

    titles = {ChecklistItem.Checklist.CENTRE: _("Le centre"), ChecklistItem.Checklist.ANTENNA: _("L’antenne de suivi de la DGME")}
    return [
        Opening(checklist.value, titles[checklist], getattr(centre, services.DECLARED[checklist.value]), [line(item) for item in items if item.checklist == checklist])
        for checklist in titles
    ]


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def opening(request: HttpRequest, centre: Centre) -> HttpResponse:
    context = {**frame(request, centre, "reception:places-opening"), "openings": _openings(centre)}
    return render(request, "reception/places/opening.html", context)


def _form(request: HttpRequest, centre: Centre, form: Any, title: str, submit: str, *, here: str = "reception:places-opening", **more: Any) -> HttpResponse:
    context = {"form": form, "title": title, "submit": submit, "back": here, **more}
    return render(request, "reception/places/form.html", {**frame(request, centre, here), **context})


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def mark(request: HttpRequest, centre: Centre, item: str) -> HttpResponse:
    """The item is done at this centre, or doesn't apply."""
    here = get_object_or_404(ChecklistItem, code=item, active=True)
    form = MarkForm(request.POST or None, obligatory=here.obligatory, initial={"done_on": timezone.localdate(), "state": ChecklistMark.State.DONE})
    if request.method == "POST" and form.is_valid():
        try:
            services.mark_item(actor=request.user, centre=centre, item=here, **form.cleaned_data)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("C’est noté : « %(item)s ».") % {"item": here})
            return redirect("reception:places-opening", centre.code)
    return _form(request, centre, form, _("Remplir un élément"), _("Enregistrer"), caption=str(here))


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def withdraw_mark(request: HttpRequest, centre: Centre, mark: int) -> HttpResponse:
    here = get_object_or_404(ChecklistMark.objects.select_related("item", "centre"), pk=mark, centre=centre)
    form = WithdrawMarkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw_mark(actor=request.user, mark=here, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("L’élément « %(item)s » n’est plus rempli.") % {"item": here.item})
            return redirect("reception:places-opening", centre.code)
    intro = _("La date d’ouverture déclarée ne change pas ; la page avertit tant que l’élément manque.")
    return _form(request, centre, form, _("Retirer un élément"), _("Retirer"), caption=str(here.item), intro=intro, danger=True)


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def declare(request: HttpRequest, centre: Centre, checklist: str) -> HttpResponse:
    """The manager declares the centre functional, or its follow-up desk open."""
    if checklist not in services.DECLARED:
        raise Http404
    form = DeclareForm(request.POST or None, initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            services.declare_open(actor=request.user, centre=centre, checklist=checklist, on=form.cleaned_data["on"])
        except ValidationError as error:
            put_errors(form, error)
        else:
            day = formats.date_format(form.cleaned_data["on"])
            words = (
                _("Le centre est déclaré fonctionnel depuis le %(day)s.")
                if checklist == ChecklistItem.Checklist.CENTRE
                else _("L’antenne est déclarée ouverte depuis le %(day)s.")
            )
            messages.success(request, words % {"day": day})
            return redirect("reception:places-opening", centre.code)
    title = _("Déclarer le centre fonctionnel") if checklist == ChecklistItem.Checklist.CENTRE else _("Déclarer l’antenne ouverte")
    intro = _("Cette date compte dans les indicateurs de l’action. Elle ne se change plus ici.")
    return _form(request, centre, form, title, _("Déclarer"), intro=intro)


# --- equipment ---------------------------------------------------------------------------------------------------


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def equipment(request: HttpRequest, centre: Centre) -> HttpResponse:
    lines = list(centre.equipment.all())
    tones = {Equipment.State.GOOD: "ok", Equipment.State.REPAIR: "warn", Equipment.State.LOST: "danger"}
    context = {**frame(request, centre, "reception:places-equipment"), "lines": [(line, tones[Equipment.State(line.state)]) for line in lines]}
    return render(request, "reception/places/equipment.html", context)


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def new_equipment(request: HttpRequest, centre: Centre) -> HttpResponse:
    form = EquipmentForm(request.POST or None, initial={"id": uuid.uuid4(), "quantity": 1, "state": Equipment.State.GOOD})
    if request.method == "POST" and form.is_valid():
        content = {name: form.cleaned_data[name] for name in ("name", "quantity", "state", "note")}
        try:
            line, _new = services.add_equipment(actor=request.user, centre=centre, id=form.cleaned_data["id"] or uuid.uuid4(), **content)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("« %(line)s » est dans la liste.") % {"line": line})
            return redirect("reception:places-equipment", centre.code)
    return _form(request, centre, form, _("Ajouter un équipement"), _("Ajouter"), here="reception:places-equipment")


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def edit_equipment(request: HttpRequest, centre: Centre, pk: uuid.UUID) -> HttpResponse:
    line = get_object_or_404(Equipment, pk=pk, centre=centre)
    names = ("name", "quantity", "state", "note", "version")
    form = EquipmentForm(request.POST or None, initial={name: getattr(line, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_equipment(actor=request.user, equipment=line, **{name: form.cleaned_data[name] for name in names})
        except Stale as stale:
            now = stale.current
            form.data = form.data.copy()
            form.data["version"] = now.version
            words = _("Entre-temps, quelqu’un a changé cette ligne : %(name)s, %(quantity)s, %(state)s. Vérifiez, puis enregistrez de nouveau.")
            form.add_error(None, words % {"name": now.name, "quantity": now.quantity, "state": now.get_state_display()})
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("« %(line)s » est enregistré.") % {"line": line})
            return redirect("reception:places-equipment", centre.code)
    return _form(request, centre, form, _("Modifier un équipement"), _("Enregistrer"), here="reception:places-equipment", line=line)


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="POST")
def remove_equipment(request: HttpRequest, centre: Centre, pk: uuid.UUID) -> HttpResponse:
    line = Equipment.objects.filter(pk=pk, centre=centre).first()
    if line is not None:
        services.remove_equipment(actor=request.user, equipment=line)
        messages.success(request, _("« %(line)s » n’est plus dans la liste.") % {"line": line})
    return redirect("reception:places-equipment", centre.code)


# --- settings ----------------------------------------------------------------------------------------------------


def _settings(centre: Centre) -> dict[str, int]:
    days, age = centre.max_stay_days, centre.shared_bed_age
    return {"max_stay_days": days, "was": days, "shared_bed_age": age, "was_age": age}


@access(Right.MANAGE_CENTRE, load=Centre, by="code", methods="GET POST", edits=True)
def settings(request: HttpRequest, centre: Centre) -> HttpResponse:
    form = SettingsForm(request.POST or None, initial=_settings(centre))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_settings(actor=request.user, centre=centre, **form.cleaned_data)
        except Stale as stale:
            form.data = form.data.copy()
            now = _settings(stale.current)
            form.data["was"], form.data["was_age"] = now["was"], now["was_age"]
            words = _("Entre-temps, quelqu’un a écrit : %(days)s jours de séjour, un lit à partir de %(age)s ans. Vérifiez, puis enregistrez de nouveau.")
            form.add_error(None, words % {"days": now["was"], "age": now["was_age"]})
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Les réglages du centre sont enregistrés."))
            return redirect("reception:places-settings", centre.code)
    return _form(request, centre, form, _("Réglages du centre"), _("Enregistrer"), here="reception:places-settings")
