"""The pages of the centres: who is there, who comes, who sleeps where, what is given, who leaves."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from cases import as_then, exporting
from cases.forms import put_errors, typed_birth
from cases.models import Custody, Migrant
from cases.services.takeovers import offer
from centres.access import access, allows, centres_for, may
from centres.models import Centre, Service
from centres.roles import Right
from config.french import of

from . import listing, occupancy, services
from .beds import suitable_beds
from .forms import AssistanceForm, BoardFilter, CheckInForm, CheckOutForm, MealForm, MoveForm, UndoForm
from .models import Assistance, Stay, StayQuerySet

PEOPLE = "cases.migrant"


ON_A_PAGE = 50
MEALS_ON_A_PAGE = 120  # a whole centre on one sheet


class KnownLength(Paginator):
    """Pages of a list whose length is known already (None: it is counted)."""

    def __init__(self, rows: Any, per_page: int, length: int | None = None):
        super().__init__(rows, per_page)
        if length is not None:
            self.__dict__["count"] = length


def _again() -> str:
    return _("Ce formulaire a déjà servi pour autre chose. Rechargez la page, puis recommencez.")


# --- the centres -------------------------------------------------------------------------------------------------


@access(Right.VIEW_CENTRE)
def centres(request: HttpRequest) -> HttpResponse:
    """The user's centres and how full they are; with one centre, that one."""
    own = list(occupancy.with_day(Centre.objects.filter(pk__in=centres_for(request.user, Right.VIEW_CENTRE))))
    if len(own) == 1:
        return redirect("reception:centre", code=own[0].code)
    return render(request, "reception/centres.html", {"centres": [(centre, occupancy.bar(centre)) for centre in own]})


@access(Right.EXPORT_NAMES)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Who is present, as a file."""
    return exporting.answer(request, listing.STAYS, kind)


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def board(request: HttpRequest, centre: Centre) -> HttpResponse:
    """A centre today."""
    user = request.user
    centre = occupancy.with_day(Centre.objects.filter(pk=centre.pk)).get()
    form = BoardFilter(request.GET)
    stays = _chosen(form, occupancy.present(user, centre))
    page = KnownLength(stays, ON_A_PAGE, None if form.chosen else centre.present).get_page(request.GET.get("page"))
    moved = occupancy.moved_today(user, centre)
    today = occupancy.start_of_today()
    rooms = occupancy.rooms(user, centre)
    awaited = occupancy.awaited(user, centre)
    sleeping = [person.pk for room in rooms for _label, person in room.taken if person]
    log_read(
        request,
        ReadLog.Action.SEARCHED if form.chosen.get("who") else ReadLog.Action.LISTED,
        PEOPLE,
        sorted({stay.migrant_id for stay in (*page, *moved)} | {one.migrant.pk for one in awaited} | set(sleeping)),
        centre_code=centre.code,
    )
    context = {
        "centre": centre,
        "bar": occupancy.bar(centre),
        "form": form,
        "page": page,
        "rooms": rooms,
        "arrivals": [stay for stay in moved if stay.arrived_at >= today],
        "departures": sorted((stay for stay in moved if stay.departed_at and stay.departed_at >= today), key=lambda stay: stay.departed_at, reverse=True),
        "awaited": awaited,
        "may_receive": may(user, Right.RECEIVE, centre),
        "may_register": may(user, Right.REGISTER, centre),
        "may_export": may(user, Right.EXPORT_NAMES, centre),
    }
    return render(request, "reception/board.html", context)


def _chosen(form: BoardFilter, stays: StayQuerySet) -> StayQuerySet:
    """Those of the people present that the filter asks for."""
    if who := form.chosen.get("who"):
        stays = stays.filter(migrant__in=Migrant.objects.matching(who))
    show = form.chosen.get("show")
    if show == "alone":
        return stays.filter(occupancy.children_alone())
    if show == "bed":
        return stays.filter(bed_id__isnull=True)
    return stays.filter(pk__in=occupancy.long_stays().values("pk")) if show == "long" else stays


# --- a stay ------------------------------------------------------------------------------------------------------


def _person(request: HttpRequest, pk: uuid.UUID) -> Migrant:
    """The person, if in the user's scope; else there is no such page."""
    return get_object_or_404(Migrant.objects.visible_to(request.user), pk=pk)


def _first_origin(migrant: Migrant, centre: Centre) -> str:
    """A person on transfer to this centre comes from another one; of all others it is asked."""
    reason = Custody.objects.filter(migrant=migrant, centre=centre, until__isnull=True).values_list("reason", flat=True).first()
    return Stay.Origin.TRANSFERRED if reason == Custody.Reason.TRANSFERRED else ""


def _take_over_first(request: HttpRequest, person: Migrant, centre: Centre) -> HttpResponse:
    """Somebody whom another team follows now: the way to their arrival goes over the takeover, with who they were when this centre knew
    them."""
    as_then.seen_by(request.user, [person])
    log_read(request, ReadLog.Action.OPENED, PEOPLE, [person.pk], centre_code=centre.code)
    said = {name: getattr(person, name) for name in ("surname", "given_names", "sex", "nationality")} | typed_birth(person)
    context = {"person": person, "centre": centre, "token": offer(request.user, person.pk), "said": {**said, "centre": centre.code}.items()}
    return render(request, "reception/take_over_first.html", context)


@access(Right.RECEIVE, load=Centre, by="code", methods="GET POST")
def check_in(request: HttpRequest, centre: Centre, migrant: uuid.UUID) -> HttpResponse:
    """Admit a person to the centre, with a bed proposed."""
    person = _person(request, migrant)
    if request.method == "GET" and person.care_ended(request.user) is not None:
        return _take_over_first(request, person, centre)
    free, proposed = suitable_beds(person, centre)
    initial = {"id": uuid.uuid4(), "bed": proposed.pk if proposed else "", "origin": _first_origin(person, centre)}
    form = CheckInForm(request.POST or None, centre=centre, beds=free, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            stay, _created = services.check_in(actor=request.user, migrant=person, centre=centre, **form.cleaned_data)
        except SameKeyOtherContent:
            form.add_error(None, _again())
        except ValidationError as error:
            put_errors(form, error)
        else:
            bed = form.cleaned_data["bed"]
            words = _("L’arrivée %(of_person)s au centre de %(centre)s est notée.") % {"of_person": of(person), "centre": centre}
            messages.success(request, f"{words} {_('Lit : %(bed)s.') % {'bed': bed}}" if bed else words)
            return redirect("cases:migrant", stay.migrant_id)
    log_read(request, ReadLog.Action.OPENED, PEOPLE, [person.pk], centre_code=centre.code)
    return render(request, "reception/check_in.html", {"form": form, "person": person, "centre": centre, "proposed": proposed, "full": not free})


@access(Right.RECEIVE, load=Stay, methods="GET POST", edits=True, select=("migrant", "centre"), log=ReadLog.Action.OPENED)
def move(request: HttpRequest, stay: Stay) -> HttpResponse:
    """Another bed, or the first one."""
    now = stay.beds.filter(until__isnull=True).select_related("bed__room").first()
    free, proposed = suitable_beds(stay.migrant, stay.centre)
    initial = {"version": stay.version, "bed": proposed.pk if proposed and not now else ""}
    form = MoveForm(request.POST or None, centre=stay.centre, beds=free, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.assign_bed(actor=request.user, stay=stay, **form.cleaned_data)
        except Stale as stale:
            form = _after_stale(form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            bed = form.cleaned_data["bed"]
            messages.success(request, _("%(person)s : %(bed)s.") % {"person": stay.migrant, "bed": bed or _("sans lit")})
            return redirect(_board_of(stay))
    return render(request, "reception/move.html", {"form": form, "stay": stay, "person": stay.migrant, "now": now, "full": not free, "proposed": proposed})


def _after_stale(form: Any, current: Stay) -> Any:
    """The form again, with what was typed, what is true now, and the version to save over."""
    bed = current.beds.filter(until__isnull=True).select_related("bed__room").first()
    if not current.is_open:
        words = _("Entre-temps, le départ de cette personne a été noté (%(reason)s).") % {"reason": current.get_departure_reason_display()}
    else:
        words = _("Entre-temps, quelqu’un a changé le lit de cette personne : elle a maintenant « %(bed)s ». Vérifiez, puis enregistrez de nouveau.")
        words %= {"bed": bed.bed if bed else _("sans lit")}
    form.data = form.data.copy()
    form.data["version"] = current.version
    form.add_error(None, words)
    return form


def _board_of(stay: Stay) -> str:
    return reverse("reception:centre", args=[stay.centre.code])


@access(Right.RECEIVE, load=Stay, methods="GET POST", edits=True, select=("migrant", "centre"), log=ReadLog.Action.OPENED)
def check_out(request: HttpRequest, stay: Stay) -> HttpResponse:
    """The person leaves."""
    may_transfer = allows(request.user, Right.MANAGE_CENTRE, stay, writing=True)
    form = CheckOutForm(request.POST or None, centre=stay.centre, may_transfer=may_transfer, initial={"version": stay.version})
    if request.method == "POST" and form.is_valid():
        try:
            services.check_out(actor=request.user, stay=stay, **form.cleaned_data)
        except Stale as stale:
            form = _after_stale(form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le départ %(of_person)s est noté.") % {"of_person": of(stay.migrant)})
            return redirect(_board_of(stay))
    return render(request, "reception/check_out.html", {"form": form, "stay": stay, "person": stay.migrant})


@access(Right.MANAGE_CENTRE, load=Stay, methods="GET POST", edits=True, select=("migrant", "centre"), log=ReadLog.Action.OPENED)
def undo_departure(request: HttpRequest, stay: Stay) -> HttpResponse:
    """The manager undoes a departure noted by mistake, and says why."""
    form = UndoForm(request.POST or None, initial={"version": stay.version})
    refusal = "" if form.is_bound else services.why_not_undone(stay)
    if request.method == "POST" and form.is_valid():
        try:
            services.undo_departure(actor=request.user, stay=stay, **form.cleaned_data)
        except Stale as stale:
            form = _after_stale(form, stale.current)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le départ est annulé : le séjour continue. Donnez un lit à la personne."))
            return redirect("cases:migrant", stay.migrant_id)
    return render(request, "reception/undo_departure.html", {"form": form, "stay": stay, "person": stay.migrant, "refusal": refusal})


# --- assistance --------------------------------------------------------------------------------------------------


@access(Right.RECEIVE, load=Centre, by="code", methods="GET POST")
def assistance(request: HttpRequest, centre: Centre, migrant: uuid.UUID) -> HttpResponse:
    """What is given to a person: a big button a service, a small form for another day or quantity."""
    person = _person(request, migrant)
    form = AssistanceForm(request.POST or None, initial={"key": uuid.uuid4(), "given_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            line, _created = services.record_assistance(actor=request.user, migrant=person, centre=centre, **form.line())
        except SameKeyOtherContent:
            form.add_error(None, _again())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("%(service)s : noté pour %(person)s, %(day)s.") % {"service": line.service, "person": person, "day": date_format(line.given_on)})
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
