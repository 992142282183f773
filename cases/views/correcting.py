"""Correcting an identity."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import Stale
from audit.models import ReadLog
from centres.access import access, allows
from centres.roles import Right

from .. import services
from ..forms import IdentityForm, birth_initial, put_errors
from ..models import Migrant

COMPARED = ("surname", "given_names", "sex", "birth", "nationality", "phone", "accompanied_by")


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
    birth = birth_initial(migrant)
    day, month, year = birth["birth"] or ("", "", "")
    return {
        "surname": migrant.surname,
        "given_names": migrant.given_names,
        "sex": migrant.sex,
        "birth_0": day or "",
        "birth_1": month or "",
        "birth_2": year or "",
        "age": "" if birth["age"] is None else birth["age"],
        "nationality": migrant.nationality,
        "phone": migrant.phone,
        "accompanied_by": _adult_number(migrant, user),
    }


PARTS = {"birth": ("birth_0", "birth_1", "birth_2", "age")}


def _values(migrant: Migrant) -> dict[str, Any]:
    """What is compared, and how it reads."""
    return {
        "surname": (migrant.surname, migrant.surname),
        "given_names": (migrant.given_names, migrant.given_names),
        "sex": (migrant.sex, migrant.get_sex_display()),
        "birth": ((migrant.born_on, migrant.birth_precision), migrant.birth_words),
        "nationality": (migrant.nationality, migrant.nationality_name),
        "phone": (migrant.phone, migrant.phone),
        "accompanied_by": (migrant.accompanied_by_id, migrant.accompanied_by.case_number if migrant.accompanied_by_id else ""),
    }


def _hidden_adult(migrant: Migrant, user) -> bool:
    """The adult is out of the user's sight: the field stays empty, and leaving it so must not remove the adult."""
    return bool(migrant.accompanied_by_id) and not _adult_number(migrant, user)


@access(Right.REGISTER, load=Migrant, methods="GET POST", log=ReadLog.Action.OPENED, select=("accompanied_by",))
def edit(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """Corrects the identity. If somebody else did so meanwhile, both values are shown and one is chosen for each field."""
    _may_correct(request, migrant)
    now = _identity_data(migrant, request.user)
    if request.method == "GET":
        birth = birth_initial(migrant)
        initial = {name: now.get(name) for name in ("surname", "given_names", "sex", "nationality", "phone", "accompanied_by")} | birth
        return _edit_page(request, migrant, IdentityForm(initial=initial, user=request.user), migrant.version)
    data = request.POST.copy()
    for name in COMPARED:
        if data.get(f"choose_{name}") == "theirs":
            for part in PARTS.get(name, (name,)):
                data[part] = now[part]
    typed_version = data.get("version", "")
    version = int(typed_version) if typed_version.isascii() and typed_version.isdigit() and len(typed_version) < 10 else -1
    form = IdentityForm(data, user=request.user)
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
            "Cette personne est mineure : l’enfant dont elle répondait est maintenant signalé comme mineur non accompagné. Prévenez le chargé de protection.",
            "Cette personne est mineure : les %(n)s enfants dont elle répondait sont maintenant signalés comme mineurs non accompagnés. Prévenez le chargé de protection.",
            answered_for,
        )
        messages.warning(request, words % {"n": answered_for})
    return redirect("cases:migrant", pk=migrant.pk)


def _edit_page(request: HttpRequest, migrant: Migrant, form: IdentityForm, version: int) -> HttpResponse:
    return render(request, "cases/edit.html", {"migrant": migrant, "form": form, "version": version})


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
    typed = [(part, form.data.get(part, "")) for name in COMPARED for part in PARTS.get(name, (name,))]
    context = {"migrant": current, "differing": differing, "typed": typed, "version": current.version}
    return render(request, "cases/conflict.html", context, status=409)
