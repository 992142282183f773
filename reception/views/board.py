"""A centre: who is there, who comes, who sleeps where."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from audit.models import ReadLog
from audit.services import log_read
from cases import exporting
from cases.models import Migrant
from centres.access import access, centres_for, may
from centres.models import Centre
from centres.roles import Right

from .. import alerts, listing, occupancy, tabs
from ..forms import BoardFilter
from ..models import StayQuerySet
from .parts import PEOPLE, KnownLength

ON_A_PAGE = 50


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
    warned = alerts.open_at(user, centre)
    sleeping = [person.pk for room in rooms for _label, person in room.taken if person]
    log_read(
        request,
        ReadLog.Action.SEARCHED if form.chosen.get("who") else ReadLog.Action.LISTED,
        PEOPLE,
        sorted({stay.migrant_id for stay in (*page, *moved)} | {one.migrant.pk for one in awaited} | set(sleeping) | alerts.people_of(warned)),
        centre_code=centre.code,
    )
    context = {
        "centre": centre,
        "tabs": tabs.of(user, centre, "reception:centre", {"reception:alerts": len(warned)}),
        "alerts": warned,
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
