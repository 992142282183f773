"""Registering a bus or a family: what is common once, then one person after the other."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, centres_for, may
from centres.models import Area, Centre
from centres.roles import Right
from config import private

from .. import services, whereabouts
from ..forms import GroupForm, GroupPersonForm, new_id, put_errors
from ..models import Migrant, RegistrationGroup
from ..sections import SECTIONS
from .agreeing import consent_words
from .finding import MODEL
from .registering import PARTS, alike_page, open_parts

SHOWN_DAYS = 7  # a group that was left may be taken up again from the list
MOST_GROUPS = 20
MOST_SHOWN = 150  # two buses


# What a page that knows of the group already (one that was announced) says of it in the address.
CARRIED = ("centre", "title", "nationality", "arrival_kind", "arrived_on")


def _announced(request: HttpRequest) -> uuid.UUID | None:
    """The key under which such a group is registered: its page leads there again and again."""
    try:
        return uuid.UUID(request.GET.get("id", ""))
    except ValueError:
        return None


def _used(form: Any) -> None:
    form.add_error(None, _("Ce formulaire avait déjà servi : rien n’a été enregistré cette fois. Relisez, puis enregistrez de nouveau."))


@access(Right.REGISTER, methods="GET POST")
def start(request: HttpRequest) -> HttpResponse:
    """What all have in common; and the groups of the last days, to go on with."""
    mine = centres_for(request.user, Right.REGISTER)
    centres = list(Centre.objects.filter(pk__in=mine))
    if request.method == "POST":
        form = GroupForm(request.POST, centres=centres)
        if form.is_valid():
            given = form.cleaned_data
            try:
                group, _made = services.open_group(
                    actor=request.user, id=given["id"], centre=given["centre"], kind=given["kind"], title=given["title"], common=form.common()
                )
            except SameKeyOtherContent:
                data = request.POST.copy()
                data["id"] = str(new_id())
                form = GroupForm(data, centres=centres)
                form.is_valid()
                _used(form)
            except ValidationError as error:
                put_errors(form, error)
            else:
                return redirect("cases:group", pk=group.pk)
    else:
        initial = {"id": new_id(), "arrived_on": timezone.localdate(), "consent_language": "fra"}
        carried = private.opened(request.user, request.GET, CARRIED)
        initial |= {name: carried[name][:80] for name in CARRIED if carried.get(name)}
        if key := _announced(request):
            if begun := RegistrationGroup.objects.filter(pk=key, centre__in=mine).first():
                return redirect("cases:group", pk=begun.pk)
            initial["id"] = key
        form = GroupForm(initial=initial, centres=centres)
    since = timezone.now() - datetime.timedelta(days=SHOWN_DAYS)
    groups = RegistrationGroup.objects.filter(centre__in=mine, made_at__gte=since).select_related("centre", "made_by").annotate(number=Count("people"))
    context = {"form": form, "groups": groups[:MOST_GROUPS], "open": open_parts(form), **consent_words()}
    return render(request, "cases/group_start.html", context)


def _people(request: HttpRequest, group: RegistrationGroup) -> list[Migrant]:
    """Those registered in the group whom the user may see, the latest first."""
    people = Migrant.objects.visible_to(request.user).filter(registration_group=group).select_related("accompanied_by").with_care()
    found = list(people.order_by("-registered_at", "-pk")[:MOST_SHOWN])
    whereabouts.shown(request.user, found)
    return found


def _may_go_on(request: HttpRequest, group: RegistrationGroup) -> None:
    if not may(request.user, Right.REGISTER, group.centre_id):
        raise PermissionDenied


@access(Right.REGISTER, load=RegistrationGroup, methods="GET POST", select=("centre", "household"))
def group(request: HttpRequest, group: RegistrationGroup) -> HttpResponse:
    """The next person: typed, Enter, and the form is empty again. Likely the same person is shown before anything is kept."""
    people = _people(request, group)
    adults = [person for person in reversed(people) if not person.is_minor()]
    if request.method == "GET":
        family = group.kind == RegistrationGroup.Kind.FAMILY  # the first who came bears the name that is proposed for the next
        surname = next((person.surname for person in reversed(people) if person.surname), "") if family else ""
        form = GroupPersonForm(initial={"id": new_id(), "surname": surname}, group=group, adults=adults)
        return _group_page(request, group, form, people)
    form = GroupPersonForm(request.POST, group=group, adults=adults)
    if "back" in request.POST or not form.is_valid():
        return _group_page(request, group, form, people)
    person = form.person()
    if not form.cleaned_data["confirmed"] and (found := alike_page(request, {"id": form.cleaned_data["id"], **person}, len(people) + 1)):
        return found
    try:
        migrant, made = services.register_in_group(actor=request.user, group=group, id=form.cleaned_data["id"], **person)
    except SameKeyOtherContent:
        data = request.POST.copy()
        data["id"] = str(new_id())
        data.pop("confirmed", None)
        form = GroupPersonForm(data, group=group, adults=adults)
        form.is_valid()
        _used(form)
        return _group_page(request, group, form, people)
    except ValidationError as error:
        put_errors(form, error, GroupPersonForm.SERVICE_NAMES)
        return _group_page(request, group, form, people)
    if made and migrant.is_unaccompanied_minor:
        words = _("Dossier %(number)s ouvert : %(alone)s, cas signalé à la protection.")
        messages.warning(request, words % {"number": migrant.case_number, "alone": migrant.alone_words})
    elif made:
        messages.success(request, _("Dossier %(number)s ouvert.") % {"number": migrant.case_number})
    return redirect("cases:group", pk=group.pk)


def _group_page(request: HttpRequest, group: RegistrationGroup, form: GroupPersonForm, people: list[Migrant]) -> HttpResponse:
    if people:
        log_read(request, ReadLog.Action.LISTED, MODEL, [person.pk for person in people])
    unwitnessed = form["consent_method"].value() == "spoken" and not form["consent_witness"].value()
    consent_differs = unwitnessed or any(name in form.errors for name in ("consent_purposes", "consent_method", "consent_language", "consent_witness"))
    context = {
        "group": group,
        "form": form,
        "people": people,
        "family": group.kind == RegistrationGroup.Kind.FAMILY,
        "open": open_parts(form),
        "consent_open": consent_differs,
        "due": [item for section in SECTIONS.values() if may(request.user, section.right, group.centre_id) for item in section.group(request.user, group)],
        "agreed": [label for value, label in form.fields["consent_purposes"].choices if value in (form["consent_purposes"].value() or ())],  # type: ignore[attr-defined]
        **consent_words(),
    }
    return render(request, "cases/group.html", context)


@access(Right.REGISTER, load=RegistrationGroup, methods="GET POST", select=("centre",))
def common(request: HttpRequest, group: RegistrationGroup) -> HttpResponse:
    """Changes what is common for those still to come."""
    _may_go_on(request, group)
    version, status = group.version, 200
    kept = Area.objects.select_related("parent").filter(pk=group.common["origin_area"]).first() if "origin_area" in group.common else None
    if request.method == "GET":
        form = GroupForm(initial={"title": group.title, **group.common}, centres=[], group=group, kept_area=kept)
    else:
        form = GroupForm(request.POST, centres=[], group=group, kept_area=kept)
        typed = request.POST.get("version", "")
        version = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1
        if form.is_valid():
            try:
                services.revise_group(actor=request.user, group=group, version=version, title=form.cleaned_data["title"], common=form.common())
            except Stale as stale:
                version, status = stale.current.version, 409
                form.add_error(None, _("Quelqu’un d’autre a changé ce groupe pendant que vous écriviez. Vérifiez, puis enregistrez de nouveau."))
            except ValidationError as error:
                put_errors(form, error)
            else:
                messages.success(request, _("Les valeurs communes sont changées pour les personnes suivantes."))
                return redirect("cases:group", pk=group.pk)
    context = {"group": group, "form": form, "version": version, "open": set(PARTS), **consent_words()}
    return render(request, "cases/group_common.html", context, status=status)


@access(Right.VIEW_CASE, load=RegistrationGroup, select=("centre", "made_by"))
def print_list(request: HttpRequest, group: RegistrationGroup) -> HttpResponse:
    """The list of those who came together, on paper."""
    people = list(reversed(_people(request, group)))
    log_read(request, ReadLog.Action.PRINTED, MODEL, [person.pk for person in people])
    alone = sum(person.is_unaccompanied_minor for person in people)
    return render(request, "cases/group_print.html", {"group": group, "people": people, "alone": alone, "printed_at": timezone.now()})
