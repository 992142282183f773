"""A centre: who is there, who comes, who sleeps where."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.models import ReadLog
from audit.services import log_read
from cases import exporting
from cases.households import lines_of, named_in
from cases.models import Migrant
from centres.access import access, centres_for, may
from centres.models import Centre
from centres.roles import Right
from config import private

from .. import absence, admitting, alerts, journeys, listing, occupancy, tabs
from ..forms import BoardFilter
from ..models import StayQuerySet
from ..whereabouts import missing_words, where_of, with_whereabouts
from .parts import PEOPLE, CountedWithPage, KnownLength

ON_A_PAGE = 25  # as many as a thumb scrolls past; there is a search


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


@access(Right.VIEW_CENTRE, load=Centre, by="code", methods="GET POST")
def board(request: HttpRequest, centre: Centre) -> HttpResponse:
    """A centre today."""
    user = request.user
    form = BoardFilter(private.asked(request, BoardFilter.private))
    if request.method == "POST":
        return private.turn(request)
    centre = absence.with_evening(occupancy.with_day(Centre.objects.filter(pk=centre.pk))).get()
    stays = _chosen(form, with_whereabouts(occupancy.present(user, centre)))
    page = (CountedWithPage(stays, ON_A_PAGE) if form.chosen or not form.is_valid() else KnownLength(stays, ON_A_PAGE, centre.present)).get_page(request.GET.get("page"))
    rooms = occupancy.rooms(user, centre)
    for stay in page:
        stay.migrant.where = where_of(stay, minor=stay.migrant.is_minor())
    for bed in (bed for room in rooms for bed in room.beds if bed.who and bed.missing_on):
        bed.who.where = missing_words(centre, bed.missing_on, minor=False)
    awaited, not_named = occupancy.awaited(user, centre)
    arrivals = admitting.by_arrival(centre, awaited)
    sleeping = [one.pk for room in rooms for bed in room.beds if bed.who for one in (bed.who, *bed.infants)]
    together = lines_of((stay.migrant_id, stay.members) for stay in page)
    travelling = journeys.of_board(user, centre)
    warned = alerts.open_at(user, centre)
    log_read(
        request,
        ReadLog.Action.SEARCHED if form.chosen.get("who") else ReadLog.Action.LISTED,
        PEOPLE,
        sorted(
            named_in(together)
            | {stay.migrant_id for stay in page}
            | {one.migrant.pk for one in awaited}
            | set(sleeping)
            | set(journeys.people_named(travelling))
            | alerts.people_of(warned)
        ),
        centre_code=centre.code,
    )
    context = {
        "centre": centre,
        "warnings": absence.warnings(centre),
        "tabs": tabs.of(user, centre, "reception:centre", {"reception:alerts": len(warned)}),
        "alerts": warned,
        "bar": occupancy.bar(centre),
        "form": form,
        "page": page,
        "rooms": rooms,
        "awaited": awaited,
        "to_admit": len(awaited) + not_named,
        "not_named": not_named,
        "arrivals": arrivals[: admitting.OPEN],
        "folded": arrivals[admitting.OPEN :],
        "households": together,
        "expected": occupancy.expected(centre),
        "incoming": [one for one in travelling if one.incoming],
        "outgoing": [one for one in travelling if not one.incoming],
        "free": sum(room.free for room in rooms),
        "apart": _apart(centre),
        "states": [(state, occupancy.LETTERS[state], occupancy.WORDS[state]) for state in occupancy.LETTERS],
        "may_manage": may(user, Right.MANAGE_CENTRE, centre),
        "may_announce": any(may(user, right) for right in (Right.RECEIVE, Right.MANAGE_RETURN)),
        "may_receive": may(user, Right.RECEIVE, centre),
        "may_register": may(user, Right.REGISTER, centre),
        "may_export": may(user, Right.EXPORT_NAMES, centre),
    }
    return render(request, "reception/board.html", context)


def _apart(centre: Any) -> str:
    """The empty beds that are not for everybody."""
    parts = [_("dont isolement : %(n)s") % {"n": centre.isolation}] if centre.isolation else []
    if centre.kept:
        parts.append(ngettext("%(n)s gardé en plus", "%(n)s gardés en plus", centre.kept) % {"n": centre.kept})
    return " · ".join(parts)


def _chosen(form: BoardFilter, stays: StayQuerySet) -> StayQuerySet:
    """Those of the people present that the filter asks for."""
    stays = form.allowed(stays)
    if who := form.chosen.get("who"):
        stays = stays.filter(migrant__in=Migrant.objects.matching(who))
    show = form.chosen.get("show")
    if show == "alone":
        return stays.filter(occupancy.children_alone())
    if show == "bed":
        return stays.without_bed()
    return stays.overdue() if show == "long" else stays.ending_soon() if show == "soon" else stays
