"""What is given: on the page of a person, and by list."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from audit.services import log_read
from cases.forms import put_errors
from cases.models import Custody
from centres.access import access
from centres.models import Centre, Service
from centres.roles import Right

from .. import occupancy, services, tabs
from ..forms import AssistanceForm, MealForm
from ..models import Assistance, StockItem
from .parts import PEOPLE, find_person, sent_before

MEALS_ON_A_PAGE = 120  # a whole centre on one sheet


@access(Right.RECEIVE, load=Centre, by="code", methods="GET POST")
def assistance(request: HttpRequest, centre: Centre, migrant: uuid.UUID) -> HttpResponse:
    """What is given to a person: a big button a service, a small form for another day or quantity."""
    person = find_person(request, migrant)
    form = AssistanceForm(request.POST or None, initial={"key": uuid.uuid4(), "given_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            line, _created = services.record_assistance(actor=request.user, migrant=person, centre=centre, **form.line())
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("%(service)s : noté pour %(person)s, %(day)s.") % {"service": line.service, "person": person, "day": date_format(line.given_on)})
            if line.service.category == Service.Category.KIT and (
                warning := services.stock_warning(StockItem.objects.filter(centre=centre, service=line.service).first())
            ):
                messages.warning(request, warning)
            return redirect("reception:assistance", code=centre.code, migrant=person.pk)
    log_read(request, ReadLog.Action.OPENED, PEOPLE, [person.pk], centre_code=centre.code)
    lines = list(Assistance.objects.filter(migrant=person, centre=centre).select_related("service", "recorded_by").order_by("-given_on", "-recorded_at")[:40])
    for line in lines:
        line.mine = services.may_withdraw(request.user, line)
    given = {line.service_id: line for line in reversed(lines) if line.given_on == timezone.localdate()}
    context = {
        "form": form,
        "person": person,
        "centre": centre,
        "groups": _buttons(given),
        "lines": lines,
        "in_care": Custody.objects.filter(migrant=person, centre=centre, until__isnull=True).exists(),
        "open_details": form.is_bound and bool(set(form.errors) & {"given_on", "quantity"}),
    }
    return render(request, "reception/assistance.html", context)


# Several words of one thing stand together: what is given at the table, and all the rest.
_AT_TABLE = (Service.Category.MEAL, Service.Category.LODGING)
_MEAL_ORDER = ("petit-dejeuner", "dejeuner", "diner")


def _sorted_services(services_given: Iterable[Service]) -> list[Service]:
    """In the order of the day, then by what they are."""
    return sorted(
        services_given, key=lambda service: (_MEAL_ORDER.index(service.code) if service.code in _MEAL_ORDER else len(_MEAL_ORDER), service.category, service.name)
    )


def _buttons(given: dict[int, Assistance]) -> list[dict[str, Any]]:
    """The services in two groups, each with the line of today if there is one."""
    every = _sorted_services(Service.objects.filter(active=True))

    def button(service: Service) -> dict[str, Any]:
        line = given.get(service.pk)
        return {"service": service, "line": line, "done": line is not None and service.once_per_day}

    return [
        {"title": _("Chaque jour"), "buttons": [button(service) for service in every if service.category in _AT_TABLE]},
        {"title": _("Selon le besoin"), "buttons": [button(service) for service in every if service.category not in _AT_TABLE]},
    ]


def _meal_of_the_hour() -> str:
    hour = timezone.localtime().hour
    return _MEAL_ORDER[0 if hour < 10 else 1 if hour < 16 else 2]


@access(Right.RECEIVE, load=Centre, by="code", methods="GET POST")
def meals(request: HttpRequest, centre: Centre) -> HttpResponse:
    """One list for a meal: tick who came. Also on paper, where there is no screen at the table."""
    daily = _sorted_services(Service.objects.filter(active=True, once_per_day=True))
    wanted = request.GET.get("service") or _meal_of_the_hour()
    service = next((one for one in daily if one.code == wanted), daily[0] if daily else None)
    page = Paginator(occupancy.present(request.user, centre), MEALS_ON_A_PAGE).get_page(request.GET.get("page"))
    stays = list(page)
    had: set[uuid.UUID] = set()
    if service is not None:
        lines = Assistance.objects.filter(service=service, given_on=timezone.localdate(), migrant__in=[stay.migrant_id for stay in stays])
        had = set(lines.values_list("migrant_id", flat=True))
    form = MealForm(request.POST or None, initial={"key": uuid.uuid4()})
    if request.method == "POST" and service is not None and form.is_valid():
        try:
            made = services.serve(actor=request.user, centre=centre, service=service, **form.cleaned_data)
        except ValidationError as error:
            put_errors(form, error)
        else:
            words = ngettext("%(service)s : noté pour %(n)s personne.", "%(service)s : noté pour %(n)s personnes.", made)
            messages.success(request, words % {"service": service, "n": made})
            return redirect(f"{request.path}?service={service.code}&page={page.number}")
    log_read(request, ReadLog.Action.LISTED, PEOPLE, [stay.migrant_id for stay in stays], centre_code=centre.code)
    ticked = set(request.POST.getlist("people")) if form.is_bound else {str(stay.migrant_id) for stay in stays} if "all" in request.GET else set()
    context = {
        "centre": centre,
        "form": form,
        "service": service,
        "centre_tabs": tabs.of(request.user, centre, "reception:meals"),
        "tabs": [{"title": str(one), "url": f"?service={one.code}", "current": one == service} for one in daily],
        # Whoever still has to be served comes first.
        "rows": [
            {"stay": stay, "had": stay.migrant_id in had, "ticked": str(stay.migrant_id) in ticked} for stay in sorted(stays, key=lambda stay: stay.migrant_id in had)
        ],
        "page": page,
        "left": sum(stay.migrant_id not in had for stay in stays),
        "today": timezone.localdate(),
    }
    return render(request, "reception/meals.html", context)


@access(Right.RECEIVE, load=Assistance, methods="POST", select=("centre", "service"))
def withdraw(request: HttpRequest, line: Assistance) -> HttpResponse:
    """Take back what one noted by mistake."""
    try:
        services.withdraw_assistance(actor=request.user, assistance=line)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(service)s : retiré.") % {"service": line.service})
    return redirect("reception:assistance", code=line.centre.code, migrant=line.migrant_id)
