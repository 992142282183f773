"""What is given to one person, on their page."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from cases.forms import put_errors
from centres.access import access, may
from centres.models import Centre, Service
from centres.roles import Right

from .. import rules, services
from ..forms import AssistanceForm
from ..models import Assistance, StockItem
from .parts import PEOPLE, find_person, in_order, sent_before, take_back

GIVERS = (Right.RECEIVE, Right.VIEW_HEALTH, Right.VIEW_PROTECTION)


@access(GIVERS, load=Centre, by="code", methods="GET POST")
def assistance(request: HttpRequest, centre: Centre, migrant: uuid.UUID) -> HttpResponse:
    """What is given to a person: a big button a service, a small form for another day, quantity, provider or for the cost."""
    user, person = request.user, find_person(request, migrant)
    every = in_order(Service.objects.at(centre))
    if not may(user, Right.RECEIVE, centre):  # who writes down but one kind of service sees no others
        every = [one for one in every if rules.may_give(user, one, centre, one.offer)]
    form = AssistanceForm(request.POST or None, services=every, initial={"key": uuid.uuid4(), "given_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            line, _created = services.record_assistance(actor=user, migrant=person, centre=centre, **form.line())
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(
                request, _("C’est noté pour %(person)s : %(service)s, %(day)s.") % {"service": line.service, "person": person, "day": date_format(line.given_on)}
            )
            if line.service.category == Service.Category.KIT and (
                warning := services.stock_warning(StockItem.objects.filter(centre=centre, service=line.service).first())
            ):
                messages.warning(request, warning)
            return redirect("reception:assistance", code=centre.code, migrant=person.pk)
    log_read(request, ReadLog.Action.OPENED, PEOPLE, [person.pk], centre_code=centre.code)
    given = Assistance.objects.filter(migrant=person, centre=centre).select_related("service", "provider", "recorded_by")
    lines = list(given.order_by("-given_on", "-recorded_at")[:40])
    for line in lines:
        line.mine = services.may_withdraw(user, line)
    offers = {one.pk: one.offer for one in every}
    refused = rules.refusals_by_service(centre=centre, services=every, people=[person.pk], on=timezone.localdate(), user=user, offers=offers)
    context = {
        "form": form,
        "person": person,
        "centre": centre,
        "groups": _buttons(every, {one.pk: refused[one.pk].get(person.pk) for one in every}, lines),
        "lines": lines,
        "in_care": not any(refusal.code == "not_in_care" for found in refused.values() for refusal in found.values()),
        "open_details": form.is_bound and bool(set(form.errors) & {"given_on", "quantity", "provider", "cost"}),
    }
    return render(request, "reception/assistance.html", context)


# Several words of one thing stand together: what is given at the table, and all the rest.
_AT_TABLE = (Service.Category.MEAL, Service.Category.LODGING)


def _buttons(every: list[Service], refused: dict[int, rules.Refusal | None], lines: list[Assistance]) -> list[dict[str, Any]]:
    """The services in two groups, each with why it may not be given now, and the line of today if there is one."""
    today = {line.service_id: line for line in reversed(lines) if line.given_on == timezone.localdate()}

    def button(service: Service) -> dict[str, Any]:
        refusal = refused[service.pk]
        return {"service": service, "line": today.get(service.pk), "refusal": refusal, "done": refusal is not None and refusal.code == "already_given"}

    groups = [
        {"title": _("Chaque jour"), "buttons": [button(service) for service in every if service.category in _AT_TABLE]},
        {"title": _("Selon le besoin"), "buttons": [button(service) for service in every if service.category not in _AT_TABLE]},
    ]
    return [group for group in groups if group["buttons"]]


@access(GIVERS, load=Assistance, methods="POST", select=("centre", "service"))
def withdraw(request: HttpRequest, line: Assistance) -> HttpResponse:
    """Take back what one noted by mistake."""
    take_back(request, line)
    return redirect("reception:assistance", code=line.centre.code, migrant=line.migrant_id)
