"""Registers the menu entry, the home card and the case-file section of this floor."""

import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
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

from . import absence, alerts, given_story, occupancy, whereabouts  # noqa: F401 – registers where people are
from .journeys import travelling_together
from .models import Alert, ExpectedGroup, Incident, LastSeen, Leave, RollCallLine, Stay, Transfer
from .models.stay import IN_HOSPITAL_WITHIN
from .services import UNDONE
from .services.stays import moment
from .views.parts import PEOPLE
from .workflow import State

HOME_LINES = 8
MOST_HOME_ROWS = 60


STAYS = "_stays"


def stays_of(migrant: Migrant) -> list[Stay]:
    """The person's stays, latest first, and whether there is anything else to ask for of them; asked once for a loaded person."""
    kept = migrant.__dict__
    if STAYS not in kept:
        running = Transfer.objects.open().filter(migrant=OuterRef("migrant")).values("pk")[:1]
        stays = absence.with_presence(Stay.objects.filter(migrant=migrant).with_bed()).annotate(
            running=Subquery(running),
            any_transfer=Exists(Transfer.objects.filter(migrant=OuterRef("migrant"))),
            any_leave=Exists(Leave.objects.filter(stay=OuterRef("pk"))),
            any_absence=Exists(RollCallLine.objects.filter(migrant=OuterRef("migrant")).exclude(state=RollCallLine.State.PRESENT)),
        )
        kept[STAYS] = list(stays.select_related("centre", "kept_bed__room", "checked_in_by", "checked_out_by", "undone_by", "extended_by"))
    return kept[STAYS]


def open_stay(migrant: Migrant) -> Stay | None:
    return next((stay for stay in stays_of(migrant) if stay.is_open), None)


def _timeline(user, migrant: Migrant) -> list[TimelineRow]:
    rows = []
    for stay in stays_of(migrant):
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
        if stay.extended_at:
            title = _("Séjour prévu jusqu’au %(day)s") % {"day": formats.date_format(stay.planned_until)}
            rows.append(TimelineRow(stay.extended_at, title, stay.extended_reason, who=str(stay.extended_by or ""), chip={"label": _("séjour"), "tone": "neutral"}))
        if stay.undone_at:
            title = _("Départ noté par erreur, annulé")
            rows.append(TimelineRow(stay.undone_at, title, stay.undone_reason, who=str(stay.undone_by or ""), chip={"label": _("séjour"), "tone": "neutral"}))
    return rows + given_story.rows(user, migrant)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _due(user, migrant: Migrant) -> list[DueItem]:
    stay = open_stay(migrant)
    if migrant.care_ended(user) is not None:
        return []  # another team follows them now
    transfers = [_transfer_due(user, one) for one in _transfers(migrant)]
    if stay is None:
        return [*_in_hospital(migrant), *transfers]
    days = stay.days
    since = ngettext("depuis %(n)s jour", "depuis %(n)s jours", days) % {"n": days} if days else _("depuis aujourd’hui")
    detail = f"{_first_upper(since)} ({formats.date_format(timezone.localdate(stay.arrived_at))})"
    if stay.shares_bed and may(user, Right.VIEW_CASE, stay.centre):  # type: ignore[attr-defined]
        stay.shares_with = str(migrant.accompanied_by)  # type: ignore[attr-defined]
    bed = _("Lit : %(bed)s.") % {"bed": stay.bed_said} if stay.bed_id else _("Sans lit.")  # type: ignore[attr-defined]
    bed, tone = _seen(stay, bed, "info" if stay.bed_id else "warn")  # type: ignore[attr-defined]
    if stay.plan_state:
        tone = "danger" if stay.plan_state == "over" else "warn"
        day = formats.date_format(stay.planned_until)
        words = _("Le séjour dépasse la durée prévue (jusqu’au %(day)s).") if stay.plan_state == "over" else _("Fin prévue le %(day)s.")
        bed += " " + words % {"day": day}
    url = reverse("reception:centre", args=[stay.centre.code]) if may(user, Right.VIEW_CENTRE, stay.centre) else ""
    return [DueItem(_("Au centre de %(centre)s") % {"centre": stay.centre}, f"{detail}. {bed}", url, tone), *transfers]


def _with_kept_bed(migrant: Migrant) -> Any:
    """The last stay, if its bed is still kept for the person in hospital."""
    last = next(iter(stays_of(migrant)), None)
    return last if last is not None and last.kept_until is not None and last.kept_until >= timezone.localdate() else None


def _in_hospital(migrant: Migrant) -> list[DueItem]:
    """Who went to hospital and is not back; and the bed that waits for them."""
    last = next(iter(stays_of(migrant)), None)
    if last is None or last.departed_at is None or last.departure_reason != Stay.DepartureReason.HOSPITAL or migrant.died_on is not None:
        return []
    if last.departed_at < timezone.now() - IN_HOSPITAL_WITHIN:
        return []
    detail = _("Depuis le centre de %(centre)s, où aucun lit n’est gardé.") % {"centre": last.centre}
    if _with_kept_bed(migrant) is not None:
        values = {"bed": last.kept_bed, "until": formats.date_format(last.kept_until), "centre": last.centre}
        detail = _("Lit gardé au centre de %(centre)s jusqu’au %(until)s : %(bed)s.") % values
    return [DueItem(_("À l’hôpital depuis le %(day)s") % {"day": formats.date_format(timezone.localtime(last.departed_at))}, detail, "", "warn")]


def _transfers(migrant: Migrant) -> list[Transfer]:
    """The transfer of the person that goes on, if any; asked for once, and only if there is one."""
    kept = migrant.__dict__
    if "_transfers" not in kept:
        running = next((stay.running for stay in stays_of(migrant)), None)  # type: ignore[attr-defined]
        kept["_transfers"] = list(Transfer.objects.filter(pk=running).select_related("from_centre", "to_centre")) if running else []
    return kept["_transfers"]


def _transfer_due(user: Any, transfer: Transfer) -> DueItem:
    title = _("Transfert vers %(centre)s : %(state)s") % {"centre": transfer.to_centre, "state": transfer.get_state_display()}
    day = formats.date_format(transfer.planned_on)
    words = _("Arrivée prévue le %(day)s, date dépassée.") if transfer.is_late else _("Arrivée prévue le %(day)s.")
    if transfer.left_at is not None:
        words = _("En route depuis le %(moment)s.") % {"moment": moment(transfer.left_at)} + " " + words
    seen = any(may(user, Right.VIEW_CENTRE, centre) for centre in transfer.access_centres(writing=False))
    return DueItem(title, words % {"day": day}, reverse("reception:transfer", args=[transfer.pk]) if seen else "", "danger" if transfer.is_late else "info")


def _seen(stay: Any, words: str, tone: str) -> tuple[str, str]:
    """With when the person was last seen, and whether they are away with leave."""
    if stay.leave_until:
        return words + " " + _("Absente avec permission jusqu’à la nuit du %(day)s.") % {"day": formats.date_format(stay.leave_until)}, tone
    if stay.back_by:
        return words + " " + _("Pas encore revue après sa permission (jusqu’à la nuit du %(day)s).") % {"day": formats.date_format(stay.back_by)}, "warn"
    if stay.seen_at is None or timezone.localdate(stay.seen_at) == timezone.localdate():
        return words, tone
    how = {"day": formats.date_format(timezone.localdate(stay.seen_at)), "how": dict(LastSeen.How.choices)[stay.seen_how]}
    return words + " " + _("Vue pour la dernière fois le %(day)s (%(how)s).") % how, tone


def _sent(user: Any, migrant: Migrant) -> Transfer | None:
    """The journey on which this user's centre sent the person, who has not arrived yet."""
    return next((one for one in _transfers(migrant) if one.state == State.TRAVELLING and one.from_centre_id in centres_for(user, Right.VIEW_CASE)), None)


def _onward(user: Any, migrant: Migrant) -> list[DueItem]:
    """The centre that sent the person knows where to and since when, until they arrive."""
    sent = _sent(user, migrant)
    return [_transfer_due(user, sent)] if sent else []


def _actions(user, migrant: Migrant) -> list[Action]:
    stay = open_stay(migrant)
    undo = _undo(user, migrant)
    if migrant.died_on is not None:
        return undo
    if stay is None:
        return _to_admit(user, migrant) + undo
    if not may(user, Right.RECEIVE, stay.centre):
        return []
    ask = [] if _transfers(migrant) else [Action(_("Demander un transfert"), reverse("reception:ask_transfer", args=[stay.pk]), 60)]
    bed = Action(_("Changer de lit"), reverse("reception:move", args=[stay.pk]), 30)
    if not stay.bed_id:  # type: ignore[attr-defined]
        bed = Action(_("Attribuer un lit"), reverse("reception:move", args=[stay.pk]), 5)
    return [
        bed,
        Action(_("Donner une assistance"), reverse("reception:assistance", args=[stay.centre.code, migrant.pk]), 10),
        Action(_("Noter le départ"), reverse("reception:check_out", args=[stay.pk]), 10),
        Action(_("Permission d’absence"), reverse("reception:leave", args=[stay.pk]), 30),
        Action(_("Changer la durée"), reverse("reception:extend", args=[stay.pk]), 60),
        *ask,
        *_undo_arrival(user, migrant, stay),
    ]


def _to_admit(user: Any, migrant: Migrant) -> list[Action]:
    """For somebody who is in no centre. The centre that sent them on their way doesn't admit them: if they came back, it says so."""
    own = centres_for(user, Right.RECEIVE)
    if not own:
        return []
    centres = list(Centre.objects.filter(pk__in=own))
    cared = {custody.centre_id for custody in migrant.custodies.all() if custody.until is None}
    sent, several = _sent(user, migrant), len(centres) > 1
    found = []
    for centre in centres:
        admit = reverse("reception:check_in", args=[centre.code, migrant.pk])
        if sent is not None and centre.pk == sent.from_centre_id:
            found.append(Action(_("Noter le retour au centre de %(centre)s") % {"centre": centre}, admit, 60))
            continue
        title = _("Admettre au centre de %(centre)s") % {"centre": centre} if several else _("Admettre au centre")
        found.append(Action(title, admit, 10))
        if centre.pk in cared:
            title = _("Donner une assistance à %(centre)s") % {"centre": centre} if several else _("Donner une assistance")
            found.append(Action(title, reverse("reception:assistance", args=[centre.code, migrant.pk]), 10))
    return found + _kept(user, migrant)


def _kept(user: Any, migrant: Migrant) -> list[Action]:
    """The bed that waits for somebody in hospital."""
    last = _with_kept_bed(migrant)
    if last is None or not may(user, Right.RECEIVE, last.centre):
        return []
    return [Action(_("Libérer le lit gardé"), reverse("reception:release_bed", args=[last.pk]), 60)]


def _undo_arrival(user: Any, migrant: Migrant, stay: Any) -> list[Action]:
    """The manager takes back an admission noted by mistake: of somebody whom nobody has seen since."""
    if stay.seen_how not in (None, LastSeen.How.ARRIVAL, LastSeen.How.REGISTERED) or not allows(user, Right.MANAGE_CENTRE, stay, writing=True):
        return []
    return [Action(_("Annuler l’admission"), reverse("reception:undo-check-in", args=[migrant.pk]), 70)]


UNDONE_WITHIN = datetime.timedelta(days=7)  # a slip is seen soon; a death may be undone at any time


def _undo(user: Any, migrant: Migrant) -> list[Action]:
    """The manager undoes a departure noted by mistake."""
    last = next(iter(stays_of(migrant)), None)
    if last is None or last.departed_at is None or last.departure_reason not in UNDONE or not allows(user, Right.MANAGE_CENTRE, last, writing=True):
        return []
    cared = any(custody.centre_id == last.centre_id and custody.until is None for custody in migrant.custodies.all())
    recent = last.departed_at > timezone.now() - UNDONE_WITHIN or last.departure_reason == Stay.DepartureReason.DIED
    return [Action(_("Annuler le départ noté"), reverse("reception:undo-departure", args=[last.pk]))] if cared and recent else []


def _home(request) -> dict[str, Any] | None:
    """The user's own centre: also of whoever works there in health. Protection sees to all centres at once, on cards of its own."""
    health = set(centres_for(request.user, Right.VIEW_HEALTH)) - set(centres_for(request.user, Right.VIEW_PROTECTION))
    own = occupancy.with_day(Centre.objects.filter(pk__in={*centres_for(request.user, Right.RECEIVE), *health}))
    centres = [(centre, occupancy.bar(centre)) for centre in own]
    return {"centres": centres} if centres else None


def _to_follow(user: Any) -> QuerySet[Transfer]:
    """Transfers whose next step is this user's: to answer, to send off, to receive."""
    asked = Q(state=State.ASKED, to_centre__in=centres_for(user, Right.MANAGE_CENTRE))
    own = centres_for(user, Right.RECEIVE)
    return Transfer.objects.filter(asked | Q(state=State.ACCEPTED, from_centre__in=own) | Q(state=State.TRAVELLING, to_centre__in=own))


def _home_transfers(request) -> dict[str, Any] | None:
    """One line for those who travel together."""
    rows = list(_to_follow(request.user).select_related("from_centre", "to_centre").order_by("planned_on", "asked_at", "pk")[:MOST_HOME_ROWS])
    journeys = travelling_together(rows)
    return {"journeys": journeys[:HOME_LINES], "more": len(journeys) > HOME_LINES} if rows else None


def _awaited_groups(user: Any) -> QuerySet[ExpectedGroup]:
    return ExpectedGroup.objects.announced().filter(Q(centre__in=centres_for(user, Right.RECEIVE)) | Q(announced_by=user))


def _home_expected(request) -> dict[str, Any] | None:
    """Those that come to the user's centres, and apart from them those the user announced to another one."""
    rows = list(_awaited_groups(request.user).select_related("centre").order_by("expected_at", "pk")[:HOME_LINES])
    own = centres_for(request.user, Right.RECEIVE)
    here, elsewhere = [row for row in rows if row.centre_id in own], [row for row in rows if row.centre_id not in own]
    return {"lists": [(_("Groupes attendus"), here), (_("Annoncés par vous à d’autres centres"), elsewhere)]} if rows else None


add_to_home(
    HomeCard("reception/home_expected.html", (Right.RECEIVE, Right.MANAGE_RETURN), 16, _home_expected, _awaited_groups),
    HomeCard("reception/home_transfers.html", (Right.RECEIVE, Right.MANAGE_CENTRE), 16, _home_transfers, _to_follow),
)
MOST_ON_HOME = 8
WATCH = (Right.MANAGE_CENTRE, Right.VIEW_PROTECTION)  # who must see to what a centre is warned of


def _watched(user: Any) -> list[int]:
    return sorted({pk for right in WATCH for pk in centres_for(user, right)})


def _open_alerts(user: Any) -> QuerySet[Alert]:
    """But for people who are missed: they have cards of their own (`home_cards`)."""
    missed = (Alert.Kind.MINOR_MISSING, Alert.Kind.ABSENCE)
    return Alert.objects.visible_to(user).open().filter(centre__in=_watched(user), gone_at__isnull=True).exclude(kind__in=missed)


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
add_to_home(HomeCard("reception/home_centre.html", (Right.RECEIVE, Right.VIEW_HEALTH), 15, _home))
PRESENCE.append(lambda: Exists(Stay.objects.open().filter(migrant=OuterRef("pk"))))
sections.register(Section("reception", Right.VIEW_CASE, timeline=_timeline, due=_due, onward=_onward, actions=_actions, prepare=stays_of))
