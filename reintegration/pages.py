"""Registers the menu entries, home cards and case-file sections of this floor."""

import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases import whereabouts
from cases.models import Migrant
from cases.sections import Action, DueItem, Section, TimelineRow, register
from centres.access import allows
from centres.navigation import Entry, HomeCard, add_to_home, add_to_menu
from centres.roles import Right

from .models import EARLY_DAYS, ReintegrationCase, Support, Visit
from .services import still_missing

SHOWN = 5


def home_card(request: HttpRequest) -> dict[str, Any]:
    """The visits that are overdue, and those of the next fourteen days."""
    today = timezone.localdate()
    mine = Visit.objects.conducted_by(request.user).waiting()
    counts = mine.filter(due_on__lte=today + datetime.timedelta(days=EARLY_DAYS)).aggregate(
        overdue=Count("pk", filter=Q(due_on__lt=today)), soon=Count("pk", filter=Q(due_on__gte=today))
    )
    first = list(mine.filter(due_on__lte=today + datetime.timedelta(days=EARLY_DAYS)).select_related("case__migrant").order_by("due_on", "id")[:SHOWN])
    whereabouts.shown(request.user, [visit.case.migrant for visit in first])
    return {"overdue": counts["overdue"], "soon": counts["soon"], "visits": first, "open": ReintegrationCase.objects.conducted_by(request.user).open().count()}


def _cases_of(migrant: Migrant) -> list[ReintegrationCase]:
    """The person's reintegrations with their visits and supports, read once for a page; one query for who has none."""
    if "_reintegrations_read" not in migrant.__dict__:
        migrant.__dict__["_reintegrations_read"] = list(
            ReintegrationCase.objects.filter(migrant=migrant).prefetch_related("visits", "supports").order_by("-opened_on", "-id")
        )
    return migrant.__dict__["_reintegrations_read"]


def _url(case: ReintegrationCase) -> str:
    return reverse("reintegration:case", kwargs={"pk": case.pk})


def timeline(user: Any, migrant: Migrant) -> list[TimelineRow]:
    rows = []
    ended = migrant.care_ended(user)
    for case in _cases_of(migrant):
        if ended is not None and not case.was_over(ended):
            rows.append(TimelineRow(case.opened_on, gettext("Réintégration ouverte"), gettext("La suite appartient à l’équipe qui suit la personne.")))
            continue
        rows.append(TimelineRow(case.opened_on, gettext("Réintégration ouverte"), case.plan, _url(case)))
        for visit in case.visits.all():
            if visit.done_on:
                title = gettext("Visite du mois %(month)s") % {"month": visit.month}
                url = reverse("reintegration:visit", kwargs={"pk": visit.pk})
                tone = {"good": "ok", "fragile": "warn", "bad": "danger"}.get(visit.situation, "neutral")
                rows.append(TimelineRow(visit.done_on, title, "", url, chip={"label": visit.get_situation_display(), "tone": tone}))
        for support in case.supports.all():
            rows.append(TimelineRow(support.delivered_on, gettext("Appui remis : %(kind)s") % {"kind": Support.Kind(support.kind).label}, "", _url(case)))
        if case.closed_on:
            chip = {"label": case.get_state_display(), "tone": "neutral"}
            rows.append(TimelineRow(case.closed_on, gettext("Suivi de réintégration terminé"), "", _url(case), chip=chip))
    return rows


def due(user: Any, migrant: Migrant) -> list[DueItem]:
    items = []
    for case in _cases_of(migrant):
        if case.state != ReintegrationCase.State.OPEN:
            continue
        visit = next((visit for visit in case.visits.all() if visit.done_on is None), None)
        if visit is None:
            missing = still_missing(case, timezone.localdate())
            detail, tone = (" ".join(missing), "info") if missing else (gettext("Le suivi peut être terminé."), "ok")
            items.append(DueItem(gettext("Réintégration : toutes les visites sont faites"), detail, _url(case), tone, case.may_complete_from if missing else None))
            continue
        title = gettext("Réintégration : visite du mois %(month)s") % {"month": visit.month}
        detail = gettext("En retard.") if visit.is_overdue else ""
        items.append(DueItem(title, detail, reverse("reintegration:visit", kwargs={"pk": visit.pk}), "danger" if visit.is_overdue else "info", visit.due_on))
    return items


def actions(user: Any, migrant: Migrant) -> list[Action]:
    if migrant.died_on is not None:
        return []
    if any(case.state == ReintegrationCase.State.OPEN for case in _cases_of(migrant)) or not allows(user, Right.MANAGE_REINTEGRATION, migrant, writing=True):
        return []
    return [Action(gettext("Ouvrir une réintégration"), reverse("reintegration:open", kwargs={"pk": migrant.pk}), 15)]


def keys(user: Any, migrant: Migrant) -> list[QuerySet[Any]]:
    return [ReintegrationCase.objects.filter(migrant=migrant), Visit.objects.filter(case__migrant=migrant)]


add_to_menu(Entry(_("Réintégration"), "reintegration:list", (Right.VIEW_CASE, Right.MANAGE_REINTEGRATION), 50, "reintegration"))
add_to_home(HomeCard("reintegration/home_card.html", (Right.MANAGE_REINTEGRATION,), 50, home_card))
register(Section("reintegration", Right.VIEW_CASE, timeline=timeline, due=due, actions=actions, keys=keys))
