"""The health page of a file, and the forms behind it: for health workers and protection officers alone."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale
from audit.models import Change, ReadLog
from audit.services import log_read
from cases.forms import put_errors
from cases.models import CARE as WHO_CARES
from cases.models import Migrant, Referral
from cases.views.file import head_of
from centres.access import access, allows, centres_for
from centres.models import Centre, Service
from centres.roles import Right

from .. import rules, services
from ..forms import CareForm, DetailForm
from ..models import CARE, Assistance, HealthRecord, Stay
from ..services.health import FIELDS
from .parts import PEOPLE, find_person, sent_before, take_back

RECORDS = HealthRecord._meta.label_lower
MOST = 100
TO_HOSPITAL = "reference-hopital"
MEDICAL = ("health", "maternity", "mental_health", "disability")


@access(Right.VIEW_HEALTH, load=Migrant, log=ReadLog.Action.OPENED, prefetch=(WHO_CARES,))
def health(request: HttpRequest, migrant: Migrant) -> HttpResponse:
    """What was given, what was found, what follows."""
    user = request.user
    records = {
        record.assistance_id: record for record in HealthRecord.objects.visible_to(user).filter(assistance__migrant=migrant).select_related("structure", "written_by")
    }
    given = Assistance.objects.visible_to(user).filter(migrant=migrant, service__category__in=CARE).select_related("service", "centre", "recorded_by")
    earlier = _earlier(records.values())
    lines: list[Any] = list(given.order_by("-given_on", "-recorded_at")[:MOST])
    for line in lines:
        line.record = records.get(line.pk)
        line.earlier = earlier.get(str(line.record.pk), []) if line.record else []
        line.writes = allows(user, Right.VIEW_HEALTH, line, writing=True)
    if records:
        log_read(request, ReadLog.Action.OPENED, RECORDS, [record.pk for record in records.values()])
    stay = Stay.objects.open().filter(migrant=migrant).select_related("centre").first()
    context = {
        **head_of(user, migrant, "health"),
        "lines": lines,
        # Latest first: that one decides whether the person is to come again.
        "latest": next((record for record in list(records.values())[:1] if record.is_awaited), None),
        "centre": _centre_of(user, migrant, stay),
        "stay": stay if stay is not None and allows(user, Right.RECEIVE, stay, writing=True) else None,
        "referrals": list(Referral.objects.visible_to(user).filter(migrant=migrant, service__in=MEDICAL).select_related("structure")[:10]),
        "to_hospital": any(line.service.code == TO_HOSPITAL for line in lines),
        "today": timezone.localdate(),
    }
    return render(request, "reception/health.html", context)


def _centre_of(user: User, migrant: Migrant, stay: Stay | None) -> Centre | None:
    """Where the user would write down new care: where the person sleeps, else a centre that follows them."""
    if migrant.died_on is not None:
        return None
    own = centres_for(user, Right.VIEW_HEALTH)
    if stay is not None and stay.centre_id in own:
        return stay.centre
    return next((custody.centre for custody in migrant.custodies.all() if custody.until is None and custody.centre_id in own), None)


def _earlier(records: Any) -> dict[str, list[dict[str, Any]]]:
    """The words that corrections replaced, as the change history keeps them; the latest first."""
    corrected = [str(record.pk) for record in records if record.version > 1]
    if not corrected:
        return {}
    labels = {name: HealthRecord._meta.get_field(name).verbose_name for name in FIELDS}  # type: ignore[union-attr]
    found: dict[str, list[dict[str, Any]]] = {}
    changes = list(Change.objects.filter(table=HealthRecord._meta.db_table, row__in=corrected, operation=Change.Operation.UPDATE).order_by("-id"))
    who = User.objects.in_bulk({change.actor_id for change in changes if change.actor_id})
    for change in changes:
        before = change.before or {}
        words = [(labels[name], before[name]) for name in FIELDS if before.get(name) and name != "structure"]
        if words:
            found.setdefault(change.row, []).append({"at": change.at, "who": who.get(change.actor_id), "words": words})
    return found


def _offered(user: User, centre: Centre) -> list[Service]:
    return [one for one in Service.objects.filter(category__in=CARE).at(centre) if rules.may_give(user, one, centre, one.offer)]


@access(Right.VIEW_HEALTH, load=Centre, by="code", methods="GET POST")
def care(request: HttpRequest, centre: Centre, migrant: uuid.UUID) -> HttpResponse:
    """A consultation, care or a talk, with its detail."""
    person = find_person(request, migrant)
    offered = _offered(request.user, centre)
    # Somebody who is to come again still is, unless the new record says otherwise.
    last = HealthRecord.objects.visible_to(request.user).filter(assistance__migrant=person).first()
    coming = last.return_on if last is not None and last.return_on is not None and last.return_on > timezone.localdate() else None
    initial = {"key": uuid.uuid4(), "given_on": timezone.localdate(), "return_on": coming}
    form = CareForm(request.POST or None, services=offered, centre=centre, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.record_care(
                actor=request.user, migrant=person, centre=centre, service=given["service"], given_on=given["given_on"], id=given["key"], **form.detail()
            )
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("%(service)s : noté. Le détail n’est lu que par les agents de santé et la protection.") % {"service": given["service"]})
            return redirect("reception:health", pk=person.pk)
    log_read(request, ReadLog.Action.OPENED, PEOPLE, [person.pk], centre_code=centre.code)
    return render(request, "reception/care.html", {"form": form, "person": person, "centre": centre, "coming": coming})


@access(Right.VIEW_HEALTH, load=Assistance, methods="GET POST", edits=True, select=("migrant", "service", "centre"))
def detail(request: HttpRequest, line: Assistance) -> HttpResponse:
    """The detail of care that was noted by somebody else, or its correction; or the line taken back."""
    if line.service.category not in CARE:
        raise Http404
    user = request.user
    if request.method == "POST" and "withdraw" in request.POST:
        take_back(request, line)
        return redirect("reception:health", pk=line.migrant_id)
    record = HealthRecord.objects.visible_to(user).filter(assistance=line).select_related("structure").first()
    initial = {name: getattr(record, name) for name in FIELDS} if record else {}
    form = DetailForm(request.POST or None, centre=line.centre, initial={**initial, "version": record.version if record else 0})
    both: list[tuple[Any, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            services.write_detail(actor=user, line=line, version=form.cleaned_data["version"] or 0, **form.detail())
        except Stale as stale:
            form, both = _after_stale(form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le détail est enregistré. Les mots d’avant restent dans l’historique."))
            return redirect("reception:health", pk=line.migrant_id)
    log_read(request, ReadLog.Action.OPENED, PEOPLE, [line.migrant_id], centre_code=line.centre.code)
    if record is not None:
        log_read(request, ReadLog.Action.OPENED, RECORDS, [record.pk])
    context = {"form": form, "line": line, "person": line.migrant, "record": record, "both": both, "may_withdraw": services.may_withdraw_care(user, line)}
    return render(request, "reception/health_detail.html", context, status=409 if both else 200)


def _after_stale(form: DetailForm, current: HealthRecord | None) -> tuple[DetailForm, list[tuple[Any, Any]]]:
    """What was typed, to be saved over what is there now, which is shown beside it."""
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data["version"] = str(current.version if current else 0)  # type: ignore[index]
    typed = form.detail()
    shown = [(form.fields[name].label, getattr(current, name)) for name in FIELDS if current is not None and typed[name] != getattr(current, name)]
    form.add_error(None, _("Quelqu’un a écrit ce détail entre-temps. Vérifiez, puis enregistrez de nouveau : vos mots remplaceront les siens."))
    return form, shown
