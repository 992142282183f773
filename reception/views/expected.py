"""Groups that are announced: by another centre or an office, seen by the one that receives them."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.acting import SameKeyOtherContent, Stale
from cases.forms import put_errors
from centres.access import access, centres_for, may
from centres.models import Centre
from centres.roles import Right
from config import private
from config.countries import only_country_in

from .. import services, tabs
from ..forms import AnnounceForm, ArrivedForm, CancelForm, CorrectForm
from ..models import ExpectedGroup
from .parts import sent_before

LAST_DAYS = 30
MOST_SHOWN = 100
OF_GROUP = ("centre", "announced_from", "announced_by", "closed_by", "corrected_by")
ANNOUNCE = (Right.RECEIVE, Right.MANAGE_RETURN)


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def groups(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Those announced to this centre, and those of the last weeks."""
    since = timezone.now() - datetime.timedelta(days=LAST_DAYS)
    rows = ExpectedGroup.objects.filter(centre=centre).filter(Q(state=ExpectedGroup.State.ANNOUNCED) | Q(closed_at__gte=since))
    every = list(rows.select_related("announced_from", "announced_by").order_by("expected_at", "pk")[:MOST_SHOWN])
    context = {
        "centre": centre,
        "tabs": tabs.of(request.user, centre, "reception:expected"),
        "announced": [group for group in every if group.is_open],
        "closed": sorted((group for group in every if not group.is_open), key=lambda group: group.closed_at or since, reverse=True),
        "may_announce": any(may(request.user, right) for right in ANNOUNCE),
    }
    return render(request, "reception/expected.html", context)


@access(ANNOUNCE, methods="GET POST")
def announce(request: HttpRequest) -> HttpResponse:
    """Announces a group to a centre, to any."""
    own = list(Centre.objects.filter(pk__in={key for right in ANNOUNCE for key in centres_for(request.user, right)}))
    initial = {"id": uuid.uuid4(), "centre": request.GET.get("centre", "")[:3], "announced_from": own[0].code if len(own) == 1 else ""}
    form = AnnounceForm(request.POST or None, own=own, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = {name: 0 if value is None and name in ("men", "women", "children", "minors_alone") else value for name, value in form.cleaned_data.items()}
        try:
            group, _made = services.announce_group(actor=request.user, **given)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le groupe est annoncé au centre de %(centre)s.") % {"centre": group.centre})
            return redirect("reception:expected_group", group.pk)
    # Where the user came from: the board of a centre, if it is one they see.
    board = next((centre for centre in own if centre.code == request.GET.get("centre") and may(request.user, Right.VIEW_CENTRE, centre)), None)
    return render(request, "reception/announce.html", {"form": form, "board": board})


@access(Right.VIEW_CENTRE, load=ExpectedGroup, methods="GET POST", write=Right.RECEIVE, select=OF_GROUP)
def group(request: HttpRequest, group: ExpectedGroup) -> HttpResponse:
    """One announcement; the centre that receives the group notes that it came, and how many."""
    form = ArrivedForm(request.POST or None, initial={"version": group.version, "number_came": group.number})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.close_group(actor=request.user, group=group, version=given["version"], number_came=given["number_came"], words=given["words"])
        except Stale as stale:  # the page has another form by now
            messages.error(request, _stale(stale.current))
            return redirect("reception:expected_group", group.pk)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("L’arrivée du groupe est notée. Enregistrez maintenant les personnes."))
            return redirect("reception:expected_group", group.pk)
    return _page(request, group, form, CancelForm(initial={"version": group.version}))


@access(ANNOUNCE, load=ExpectedGroup, methods="POST", select=OF_GROUP)
def cancel(request: HttpRequest, group: ExpectedGroup) -> HttpResponse:
    """The group does not come."""
    form = CancelForm(request.POST)
    if form.is_valid():
        try:
            services.close_group(actor=request.user, group=group, version=form.cleaned_data["version"], words=form.cleaned_data["words"])
        except Stale as stale:
            form.add_error(None, _stale(stale.current))
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("L’annonce est annulée."))
            return redirect("reception:expected_group", group.pk)
    return _page(request, group, ArrivedForm(initial={"version": group.version, "number_came": group.number}), form)


@access(Right.RECEIVE, load=ExpectedGroup, methods="POST", select=OF_GROUP)
def correct(request: HttpRequest, group: ExpectedGroup) -> HttpResponse:
    """Another number came than was noted."""
    form = CorrectForm(request.POST)
    if form.is_valid():
        try:
            services.correct_number(actor=request.user, group=group, **form.cleaned_data)
        except Stale as stale:
            messages.error(request, _stale(stale.current))
            return redirect("reception:expected_group", group.pk)
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le nombre de personnes venues est corrigé."))
            return redirect("reception:expected_group", group.pk)
    blank = {"version": group.version}
    return _page(request, group, ArrivedForm(initial=blank), CancelForm(initial=blank), form)


def _stale(now: ExpectedGroup) -> str:
    if now.state == ExpectedGroup.State.ARRIVED:
        words = ngettext(
            "Entre-temps, l’arrivée de %(n)s personne a été notée. Si c’est faux, corrigez le nombre.",
            "Entre-temps, l’arrivée de %(n)s personnes a été notée. Si c’est faux, corrigez le nombre.",
            now.number_came or 0,
        )
        return words % {"n": now.number_came}
    return _("Entre-temps, ce groupe a été noté « %(state)s ». Rechargez la page.") % {"state": now.get_state_display()}


def _carried(user: Any, group: ExpectedGroup) -> str:
    """What the announcement says already, for the page where a group is registered: nobody asks or types it again. The registration group
    has the key of the announcement: so the link leads back to it, and the board knows how many are registered."""
    came = group.number_came or group.number
    people = ngettext("%(n)s personne", "%(n)s personnes", came) % {"n": came}
    carried = {
        "id": group.pk,
        "centre": group.centre.code,
        "title": f"{group.coming_from[:60]} – {people}" if group.coming_from else people,
        "nationality": only_country_in(group.nationalities),  # where several are named, nobody knows that of most
        "arrival_kind": group.arrival_kind,
        "arrived_on": timezone.localdate(group.closed_at) if group.closed_at else "",
    }
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in carried.items() if value})
    return private.closed(user, query, ("title",)).urlencode()  # who announced a group may have written a name


def _page(request: HttpRequest, group: ExpectedGroup, arrived: ArrivedForm, cancelled: CancelForm, corrected: CorrectForm | None = None) -> HttpResponse:
    user = request.user
    context = {
        "group": group,
        "registered": group.registered_now if group.number_came else 0,
        "register_with": _carried(user, group),
        "arrived": arrived,
        "cancelled": cancelled,
        "corrected": corrected or CorrectForm(initial={"version": group.version, "number_came": group.number_came}),
        "may_receive": may(user, Right.RECEIVE, group.centre_id),
        "may_cancel": services.may_cancel(user, group),
        "may_register": may(user, Right.REGISTER, group.centre_id),
        "own_board": may(user, Right.VIEW_CENTRE, group.centre_id),
    }
    return render(request, "reception/expected_group.html", context)
