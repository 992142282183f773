"""Correcting an identity."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import Stale
from audit.models import ReadLog
from centres.access import access, allows
from centres.roles import Right
from config.countries import country_name

from .. import services
from ..forms import IdentityForm, birth_initial, put_errors, typed_birth
from ..models import Migrant
from .registering import open_parts

# Compared as they are kept; birth has several fields in the form, the adult is named by their number.
PLAIN = tuple(name for name in services.IDENTITY_FIELDS if name not in ("born_on", "birth_precision"))
COMPARED = (*PLAIN[:3], "birth", *PLAIN[3:], "accompanied_by")


def _may_correct(request: HttpRequest, migrant: Migrant) -> None:
    """A form that could not be saved is not shown either."""
    if not allows(request.user, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied


def _adult_number(migrant: Migrant, user) -> str:
    if not migrant.accompanied_by_id:
        return ""
    return Migrant.objects.visible_to(user).filter(pk=migrant.accompanied_by_id).values_list("case_number", flat=True).first() or ""


def _identity_data(migrant: Migrant, user) -> dict[str, Any]:
    """The fields of the form as they would be sent for what is saved now."""
    plain = {name: getattr(migrant, name) for name in PLAIN}
    return plain | {
        "origin_area": migrant.origin_area_id or "",
        "arrived_on": migrant.arrived_on.isoformat() if migrant.arrived_on else "",
        **typed_birth(migrant),
        "accompanied_by": _adult_number(migrant, user),
    }


PARTS = {"birth": ("birth_0", "birth_1", "birth_2", "age")}


def _values(migrant: Migrant) -> dict[str, Any]:
    """What is compared, and how it reads."""
    words = {
        "sex": migrant.get_sex_display(),
        "nationality": migrant.nationality_name,
        "second_nationality": migrant.second_nationality_name,
        "origin_country": country_name(migrant.origin_country),
        "origin_area": str(migrant.origin_area or ""),
        "languages": migrant.language_words,
        "marital_status": migrant.get_marital_status_display(),
        "household_role": migrant.get_household_role_display(),
        "arrival_kind": migrant.get_arrival_kind_display(),
        "arrived_on": date_format(migrant.arrived_on) if migrant.arrived_on else "",
    }
    return {name: (getattr(migrant, name), words.get(name, getattr(migrant, name))) for name in PLAIN} | {
        "birth": ((migrant.born_on, migrant.birth_precision), migrant.birth_words),
        "accompanied_by": (migrant.accompanied_by_id, migrant.accompanied_by.case_number if migrant.accompanied_by_id else ""),
    }


def _hidden_adult(migrant: Migrant, user) -> bool:
    """The adult is out of the user's sight: the field stays empty, and leaving it so must not remove the adult."""
    return bool(migrant.accompanied_by_id) and not _adult_number(migrant, user)


@access(Right.REGISTER, load=Migrant, methods="GET POST", log=ReadLog.Action.OPENED, select=("accompanied_by", "origin_area__parent"))
def edit(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Corrects the identity. If somebody else did so meanwhile, both values are shown and one is chosen for each field."""
    _may_correct(request, migrant)
    now = _identity_data(migrant, request.user)
    if request.method == "GET":
        initial = {name: now.get(name) for name in COMPARED} | birth_initial(migrant)
        return _edit_page(request, migrant, _form(migrant, request.user, initial=initial), migrant.version)
    data = request.POST.copy()
    for name in COMPARED:
        if data.get(f"choose_{name}") == "theirs":
            for part in PARTS.get(name, (name,)):
                data.setlist(part, now[part] if isinstance(now[part], list) else [now[part]])
    typed_version = data.get("version", "")
    version = int(typed_version) if typed_version.isascii() and typed_version.isdigit() and len(typed_version) < 10 else -1
    form = _form(migrant, request.user, data)
    if not form.is_valid():
        return _edit_page(request, migrant, form, version)
    changes = form.identity()
    undecided = any(name in COMPARED and data.get(f"choose_{name}") not in ("mine", "theirs") for name in data.getlist("differing"))
    if changes["accompanied_by"] is None and _hidden_adult(migrant, request.user):
        del changes["accompanied_by"]
    if undecided:
        migrant.refresh_from_db()
        return _conflict_page(request, migrant, form, changes)
    answered_for = migrant.answers_for.minors().count()
    try:
        migrant = services.correct_identity(actor=request.user, migrant=migrant, version=version, **changes)
    except Stale as stale:
        return _conflict_page(request, stale.current, form, changes)
    except ValidationError as error:
        put_errors(form, error, IdentityForm.SERVICE_NAMES)
        return _edit_page(request, migrant, form, version)
    messages.success(request, _("L’identité est corrigée."))
    if answered_for and migrant.is_minor():
        words = ngettext(
            "Cette personne est mineure : l’enfant dont elle répondait est maintenant signalé comme non accompagné. Prévenez le chargé de protection.",
            "Cette personne est mineure : les %(n)s enfants dont elle répondait sont maintenant signalés comme non accompagnés. Prévenez le chargé de protection.",
            answered_for,
        )
        messages.warning(request, words % {"n": answered_for})
    return redirect("cases:migrant", pk=migrant.pk)


def _form(migrant: Migrant, user, *arguments: Any, **named: Any) -> IdentityForm:
    return IdentityForm(*arguments, user=user, kept_area=migrant.origin_area, **named)


def _edit_page(request: HttpRequest, migrant: Migrant, form: IdentityForm, version: int) -> HttpResponse:
    return render(request, "cases/edit.html", {"migrant": migrant, "form": form, "version": version, "open": open_parts(form)})


def _conflict_page(request: HttpRequest, current: Migrant, form: IdentityForm, changes: dict[str, Any]) -> HttpResponse:
    """Both values, side by side, where they differ; whoever typed chooses."""
    mine = Migrant(**{name: changes[name] for name in services.IDENTITY_FIELDS if name in changes}, accompanied_by=changes.get("accompanied_by", current.accompanied_by))
    theirs = _values(current)
    hidden = _hidden_adult(current, request.user)
    differing = []
    for name, (value, words) in _values(mine).items():
        if value != theirs[name][0]:
            label = form.fields[name].label
            shown = _("une personne suivie par un autre centre") if name == "accompanied_by" and hidden else theirs[name][1]
            differing.append({"name": name, "label": label, "mine": words, "theirs": shown, "chosen": request.POST.get(f"choose_{name}", "")})
    if not differing:  # sent twice, or both made the same correction
        messages.success(request, _("L’identité est corrigée."))
        return redirect("cases:migrant", pk=current.pk)
    typed = [(part, value) for name in COMPARED for part in PARTS.get(name, (name,)) for value in form.data.getlist(part)]  # type: ignore[attr-defined]
    context = {"migrant": current, "differing": differing, "typed": typed, "version": current.version}
    return render(request, "cases/conflict.html", context, status=409)
