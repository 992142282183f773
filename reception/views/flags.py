"""Flags that act: on a person, and the kinds there are."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from cases.forms import put_errors
from cases.models import CARE, Migrant
from cases.views.file import head_of
from centres.access import access, allows, may
from centres.roles import Right

from .. import services
from ..file_flags import as_then
from ..forms import FlagForm, KindForm, LiftForm
from ..models import FlagKind, PersonFlag
from .parts import sent_before


def _offered(user: Any, migrant: Migrant, carried: list[PersonFlag]) -> list[FlagKind]:
    """The kinds that the user may put on this person."""
    held = {right for right in (Right.RECEIVE, Right.MANAGE_CENTRE) if allows(user, right, migrant, writing=True)}
    there = {flag.kind_id for flag in carried if flag.acts}
    kinds = FlagKind.objects.filter(active=True).prefetch_related("suspends") if held else []
    return [kind for kind in kinds if kind.pk not in there and services.right_for(kind) in held]


@access(Right.VIEW_CASE, load=Migrant, methods="GET POST", write=Right.RECEIVE, log=ReadLog.Action.OPENED, prefetch=(CARE,))
def flags(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """What staff must know of somebody, and what they must not do: now, and before."""
    user = request.user
    carried: list[Any] = list(
        PersonFlag.objects.visible_to(user).filter(migrant=migrant).select_related("kind", "set_by", "lifted_by").prefetch_related("kind__suspends")
    )
    form = FlagForm(request.POST or None, kinds=_offered(user, migrant, [] if request.method == "POST" else carried), initial={"key": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            services.set_flag(actor=user, migrant=migrant, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La consigne est posée."))
            return redirect("reception:flags", migrant.pk)
    as_then(user, migrant, carried)
    followed = migrant.care_ended(user) is None
    for flag in carried:
        flag.may_lift = flag.lifted_at is None and allows(user, services.right_for(flag.kind), migrant, writing=True)
    context = {
        **head_of(user, migrant, "flags"),
        "form": form,
        # What a flag tells the staff of now to do is no business of a team that let the person go.
        "acting": [flag for flag in carried if flag.acts and followed],
        "before": [flag for flag in carried if not (flag.acts and followed)],
        "may_set": bool(form.fields["kind"].queryset),  # type: ignore[attr-defined]
        "may_manage": may(user, Right.MANAGE_CENTRE),
    }
    return render(request, "reception/flags.html", context)


@access(Right.RECEIVE, load=PersonFlag, methods="GET POST", edits=True, select=("migrant", "kind"), log=ReadLog.Action.OPENED)
def lift(request: HttpRequest, flag: PersonFlag) -> HttpResponse:
    """The flag no longer holds."""
    form = LiftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.lift_flag(actor=request.user, flag=flag, **form.cleaned_data)
        except Stale as stale:
            words = _("%(who)s a déjà levé cette consigne : %(reason)s") % {"who": stale.current.lifted_by or "–", "reason": stale.current.lifted_reason}
            messages.info(request, words)
            return redirect("reception:flags", flag.migrant_id)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("La consigne est levée."))
            return redirect("reception:flags", flag.migrant_id)
    return render(request, "reception/flag_lift.html", {"form": form, "flag": flag, "person": flag.migrant})


# --- kinds -------------------------------------------------------------------------------------------------------


@access(Right.VIEW_CASE)
def flag_kinds(request: HttpRequest) -> HttpResponse:
    """The kinds of flags of all centres, what they do, and who wrote them last."""
    carried = Count("people", filter=Q(people__in=PersonFlag.objects.acting()))
    kinds = FlagKind.objects.select_related("changed_by").prefetch_related("suspends").annotate(carried=carried).order_by("-active", "name")
    return render(request, "reception/flag_kinds.html", {"kinds": kinds, "may_manage": may(request.user, Right.MANAGE_CENTRE)})


@access(Right.MANAGE_CENTRE, methods="GET POST")
def new_flag_kind(request: HttpRequest) -> HttpResponse:
    """A kind more, for all centres."""
    return _write_kind(request, None)


@access(Right.MANAGE_CENTRE, methods="GET POST")
def flag_kind(request: HttpRequest, pk: int) -> HttpResponse:
    """Shared by all centres: any manager changes it, and all read who did."""
    return _write_kind(request, get_object_or_404(FlagKind.objects.select_related("changed_by"), pk=pk))


def _write_kind(request: HttpRequest, kind: FlagKind | None) -> HttpResponse:
    names = ("name", "instruction", "tone", "advises", "denies", "blocks_transfer", "out_of_statistics", "active", "version")
    initial = {name: getattr(kind, name) for name in names} | {"suspends": [one.code for one in kind.suspends.all()]} if kind is not None else {}
    form = KindForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_kind(actor=request.user, kind=kind, **form.cleaned_data)
        except Stale as stale:
            form.data = form.data.copy()
            form.data["version"] = stale.current.version
            words = _("Entre-temps, %(who)s a changé cette consigne. Vérifiez ce que vous avez écrit, puis enregistrez de nouveau.")
            form.add_error(None, words % {"who": stale.current.changed_by or "–"})
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Consigne « %(kind)s » enregistrée pour tous les centres.") % {"kind": saved})
            return redirect("reception:flag-kinds")
    carried = PersonFlag.objects.acting().filter(kind=kind).count() if kind is not None else 0
    return render(request, "reception/flag_kind.html", {"form": form, "kind": kind, "carried": carried})
