"""The directory of structures: to read for all who refer, to keep up to date for centre managers and administrators."""

import functools
import operator
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from centres.access import access
from centres.roles import Right
from config import keyset

from .. import services
from ..forms import DirectoryFilterForm, StructureForm, new_id, put_errors, sent
from ..models import Structure
from ..services.referrals import STRUCTURE_FIELDS
from .keeping import fresh

READERS = (Right.VIEW_CASE, Right.MANAGE_USERS)
EDITORS = (Right.MANAGE_CENTRE, Right.MANAGE_USERS)
SEARCHED = ("name", "town", "organisation__name", "organisation__code")


@access(READERS)
def directory(request: HttpRequest) -> HttpResponse:
    form = DirectoryFilterForm(request.GET)
    chosen = form.chosen
    found = Structure.objects.visible_to(request.user).select_related("organisation", "centre")
    found = form.allowed(found)
    if not chosen.get("all"):
        found = found.active()
    for word in chosen.get("q", "").split()[:6]:
        found = found.filter(functools.reduce(operator.or_, (Q(**{f"{name}__icontains": word}) for name in SEARCHED)))
    if "service" in chosen:
        found = found.filter(services__contains=[chosen["service"]])
    if "centre" in chosen:
        found = found.filter(centre=chosen["centre"])
    page = keyset.read(found, request.GET, keys=("name", "id"), size=25)
    rows = [{"structure": row, "may_edit": services.may_edit_directory(request.user, row.centre_id)} for row in page.rows]
    context = {"filter_form": form, "rows": rows, "page": page.links, "filtered": bool(chosen), "may_add": services.may_edit_directory(request.user)}
    return render(request, "cases/directory.html", context)


@access(EDITORS, methods="GET POST")
def new_structure(request: HttpRequest) -> HttpResponse:
    form = StructureForm(*sent(request), user=request.user, new=True, initial={"id": new_id(), "active": True})
    if request.method == "POST" and form.is_valid():
        try:
            services.add_structure(actor=request.user, id=form.cleaned_data["id"], **form.structure())
        except SameKeyOtherContent:
            form = fresh(StructureForm, request, user=request.user, new=True)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La structure est dans l’annuaire."))
            return redirect("referrals:directory")
    return render(request, "cases/structure.html", {"form": form, "title": _("Ajouter une structure"), "both": []})


@access(EDITORS, load=Structure, methods="GET POST", select=("centre",))
def edit_structure(request: HttpRequest, structure: Structure) -> HttpResponse:
    initial: dict[str, Any] = {name: getattr(structure, name) for name in STRUCTURE_FIELDS} | {"version": structure.version, "centre": structure.centre.code}
    form = StructureForm(*sent(request), user=request.user, new=False, initial=initial)
    both: list[tuple[Any, Any, Any]] = []
    if request.method == "POST" and form.is_valid():
        typed = form.structure()
        try:
            services.correct_structure(actor=request.user, structure=structure, version=form.cleaned_data["version"] or 0, **typed)
        except Stale as stale:
            now = stale.current
            both = [(form.fields[name].label, typed[name], getattr(now, name)) for name in STRUCTURE_FIELDS if typed[name] != getattr(now, name)]
            data = request.POST.copy()
            data["version"] = str(now.version)
            form = StructureForm(data, user=request.user, new=False)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La structure est corrigée."))
            return redirect("referrals:directory")
    context = {"form": form, "title": _("Corriger une structure"), "caption": structure.name, "both": both}
    return render(request, "cases/structure.html", context, status=409 if both else 200)
