"""Registers the menu entry, the home card and the case-file section of this floor."""

import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.models import ReadLog
from audit.services import log_read
from cases import sections
from cases.models import Migrant
from cases.pages.file import PRESENCE
from cases.sections import Action, DueItem, Section, TimelineRow
from centres.access import allows, centres_for, may
from centres.models import Centre
from centres.navigation import Entry, HomeCard, add_to_home, add_to_menu
from centres.roles import Right
from config.countries import country_name

from . import alerts, occupancy
from .models import Alert, Assistance, Incident, Stay
from .services import UNDONE
from .views.parts import PEOPLE

MOST_LINES = 400


def _stays(migrant: Migrant) -> list[Stay]:
    """The person's stays, latest first; asked once for a loaded person."""
    kept = migrant.__dict__
    if "_stays" not in kept:
        kept["_stays"] = list(Stay.objects.filter(migrant=migrant).with_bed().select_related("centre", "checked_in_by", "checked_out_by", "undone_by"))
    return kept["_stays"]


def _open_stay(migrant: Migrant) -> Stay | None:
    return next((stay for stay in _stays(migrant) if stay.is_open), None)


def _timeline(user, migrant: Migrant) -> list[TimelineRow]:
    rows = []
    for stay in _stays(migrant):
        came = stay.get_origin_display()
        detail = _("%(origin)s, venant de : %(country)s") % {"origin": came, "country": country_name(stay.came_from)} if stay.came_from else came
        who = str(stay.checked_in_by) if stay.checked_in_by_id else ""
        rows.append(
            TimelineRow(
                stay.arrived_at,
                _("Arrivée au centre de %(centre)s") % {"centre": stay.centre},
                _first_upper(detail),
                who=who,
                chip={"label": _("séjour"), "tone": "info"},
            )
        )
        if stay.departed_at:
            who = str(stay.checked_out_by) if stay.checked_out_by_id else ""
            title = _("Départ du centre de %(centre)s") % {"centre": stay.centre}
            rows.append(TimelineRow(stay.departed_at, title, _first_upper(stay.get_departure_reason_display()), who=who, chip={"label": _("séjour"), "tone": "neutral"}))
        if stay.undone_at:
            title = _("Départ noté par erreur, annulé")
            rows.append(TimelineRow(stay.undone_at, title, stay.undone_reason, who=str(stay.undone_by or ""), chip={"label": _("séjour"), "tone": "neutral"}))
    return rows + _assistance_by_day(user, migrant)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _assistance_by_day(user: Any, migrant: Migrant) -> list[TimelineRow]:
    """One row a day and centre: what was given."""
    lines = Assistance.objects.visible_to(user).filter(migrant=migrant).select_related("service", "centre").order_by("-given_on", "recorded_at")[:MOST_LINES]
    days: dict[tuple[datetime.date, Centre], dict[str, int]] = {}
    last: dict[tuple[datetime.date, Centre], datetime.date | datetime.datetime] = {}
    for line in lines:
        # By the hour of the last line noted that day, so that a departure in the afternoon stands above the breakfast.
        same_day = timezone.localdate(line.recorded_at) == line.given_on
        last[line.given_on, line.centre] = line.recorded_at if same_day else last.get((line.given_on, line.centre), line.given_on)
        given = days.setdefault((line.given_on, line.centre), {})
        given[str(line.service)] = given.get(str(line.service), 0) + line.quantity
    return [
        TimelineRow(
            last[day, centre],
            _("Assistance à %(centre)s") % {"centre": centre},
            ", ".join(name if number == 1 else f"{name} × {number}" for name, number in given.items()),
        )
        for (day, centre), given in days.items()
    ]


def _due(user, migrant: Migrant) -> list[DueItem]:
    stay = _open_stay(migrant)
    if stay is None:
        return []
    days = stay.days
    since = ngettext("depuis %(n)s jour", "depuis %(n)s jours", days) % {"n": days} if days else _("depuis aujourd’hui")
    detail = f"{_first_upper(since)} ({formats.date_format(timezone.localdate(stay.arrived_at))})"
    bed = _("Lit : %(bed)s.") % {"bed": stay.bed_words} if stay.bed_id else _("Sans lit.")  # type: ignore[attr-defined]
    tone = "info"
    if days > stay.centre.max_stay_days:
        tone = "warn"
        bed += " " + _("Le séjour dure plus que les %(days)s jours prévus.") % {"days": stay.centre.max_stay_days}
    elif not stay.bed_id:  # type: ignore[attr-defined]
        tone = "warn"
    url = reverse("reception:centre", args=[stay.centre.code]) if may(user, Right.VIEW_CENTRE, stay.centre) else ""
    return [DueItem(_("Au centre de %(centre)s") % {"centre": stay.centre}, f"{detail}. {bed}", url, tone)]


def _actions(user, migrant: Migrant) -> list[Action]:
    stay = _open_stay(migrant)
    undo = _undo(user, migrant)
    if migrant.died_on is not None:
        return undo
    if stay is not None:
        if not may(user, Right.RECEIVE, stay.centre):
            return []
        return [
            Action(_("Donner une assistance"), reverse("reception:assistance", args=[stay.centre.code, migrant.pk]), 10),
            Action(_("Changer de lit") if stay.bed_id else _("Attribuer un lit"), reverse("reception:move", args=[stay.pk]), 10),  # type: ignore[attr-defined]
            Action(_("Noter le départ"), reverse("reception:check_out", args=[stay.pk]), 10),
        ]
    own = centres_for(user, Right.RECEIVE)
    if not own:
        return []
    centres = list(Centre.objects.filter(pk__in=own))
    cared = {custody.centre_id for custody in migrant.custodies.all() if custody.until is None}
    found = []
    for centre in centres:
        several = len(centres) > 1
        title = _("Admettre au centre de %(centre)s") % {"centre": centre} if several else _("Admettre au centre")
        found.append(Action(title, reverse("reception:check_in", args=[centre.code, migrant.pk]), 10))
        if centre.pk in cared:
            title = _("Donner une assistance à %(centre)s") % {"centre": centre} if several else _("Donner une assistance")
            found.append(Action(title, reverse("reception:assistance", args=[centre.code, migrant.pk]), 10))
    return found + undo


UNDONE_WITHIN = datetime.timedelta(days=7)  # a slip is seen soon; a death may be undone at any time


def _undo(user: Any, migrant: Migrant) -> list[Action]:
    """The manager undoes a departure noted by mistake."""
    last = next(iter(_stays(migrant)), None)
    if last is None or last.departed_at is None or last.departure_reason not in UNDONE or not allows(user, Right.MANAGE_CENTRE, last, writing=True):
        return []
    cared = any(custody.centre_id == last.centre_id and custody.until is None for custody in migrant.custodies.all())
    recent = last.departed_at > timezone.now() - UNDONE_WITHIN or last.departure_reason == Stay.DepartureReason.DIED
    return [Action(_("Annuler le départ noté"), reverse("reception:undo-departure", args=[last.pk]))] if cared and recent else []


def _home(request) -> dict[str, Any] | None:
    own = occupancy.with_day(Centre.objects.filter(pk__in=centres_for(request.user, Right.RECEIVE)))
    centres = [(centre, occupancy.bar(centre)) for centre in own]
    return {"centres": centres} if centres else None


MOST_ON_HOME = 8
WATCH = (Right.MANAGE_CENTRE, Right.VIEW_PROTECTION)  # who must see to what a centre is warned of


def _watched(user: Any) -> list[int]:
    return sorted({pk for right in WATCH for pk in centres_for(user, right)})


def _open_alerts(user: Any) -> QuerySet[Alert]:
    return Alert.objects.visible_to(user).open().filter(centre__in=_watched(user), gone_at__isnull=True)


def _overdue(user: Any) -> QuerySet[Incident]:
    return Incident.objects.visible_to(user).overdue().filter(centre__in=_watched(user))


def _home_alerts(request: HttpRequest) -> dict[str, Any]:
    found = list(alerts.with_person(request.user, _open_alerts(request.user)).order_by("-raised_at")[: MOST_ON_HOME + 1])
    rows = sorted(alerts.shown(request.user, found[:MOST_ON_HOME]), key=lambda row: row.tone != "danger")
    people = sorted(alerts.people_of(rows))
    if people:
        log_read(request, ReadLog.Action.LISTED, PEOPLE, people)
    return {"rows": rows, "more": len(found) > MOST_ON_HOME}


def _home_incidents(request: HttpRequest) -> dict[str, Any]:
    return {"rows": list(_overdue(request.user).select_related("centre").order_by("due_on")[:MOST_ON_HOME])}


add_to_home(HomeCard("reception/home_alerts.html", WATCH, 12, _home_alerts, rows=_open_alerts))
add_to_home(HomeCard("reception/home_incidents.html", WATCH, 13, _home_incidents, rows=_overdue))
add_to_menu(Entry(gettext_lazy("Centres"), "reception:centres", (Right.VIEW_CENTRE,), 20, "centres"))
add_to_home(HomeCard("reception/home_centre.html", (Right.RECEIVE,), 15, _home))
PRESENCE.append(lambda: Exists(Stay.objects.open().filter(migrant=OuterRef("pk"))))
sections.register(Section("reception", Right.VIEW_CASE, timeline=_timeline, due=_due, actions=_actions))
