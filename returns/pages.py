"""Registers the menu entries, home cards and case-file sections of this floor."""

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases import whereabouts
from cases.models import Migrant
from cases.sections import Action, DueItem, Section, TimelineRow, register
from centres.access import allows
from centres.navigation import Entry, HomeCard, add_to_home, add_to_menu
from centres.roles import Right

from .models import OPEN, ReturnCase
from .services import HOME
from .workflow import GONE, STEPS, STOPPED, State, next_step

LONGEST = 5


def home_card(request: HttpRequest) -> dict[str, Any]:
    """How many stand where, who waits longest, and whose papers run out."""
    mine = ReturnCase.objects.conducted_by(request.user).open()
    counts = dict(mine.order_by().values_list("state").annotate(n=Count("pk")))
    longest = list(mine.exclude(state=State.DEPARTED).select_related("migrant").order_by("opened_on", "id")[:LONGEST])
    running_out = list(mine.running_out().select_related("migrant").order_by("document_valid_until", "id")[: LONGEST * 2])
    whereabouts.shown(request.user, [case.migrant for case in (*longest, *running_out)])
    from .views import tone_of, warning_of

    return {
        "counts": [
            {"label": state.label, "value": counts.get(state.value, 0), "url": f"{reverse('returns:list')}?state={state.value}"} for state in State if state.value in OPEN
        ],
        "longest": [{"case": case, "next": STEPS[next_step(case.state)].title, "tone": tone_of(case.state)} for case in longest],  # type: ignore[index]
        "running_out": [{"case": case, "warning": warning_of(case)} for case in running_out],
    }


def _returns_of(migrant: Migrant) -> list[ReturnCase]:
    """The person's returns, read once for a page."""
    if "_returns_read" not in migrant.__dict__:
        migrant.__dict__["_returns_read"] = list(ReturnCase.objects.filter(migrant=migrant).order_by("-opened_on", "-id"))
    return migrant.__dict__["_returns_read"]


def _url(case: ReturnCase) -> str:
    return reverse("returns:case", kwargs={"pk": case.pk})


def timeline(user: Any, migrant: Migrant) -> list[TimelineRow]:
    rows = []
    ended = migrant.care_ended(user)
    for case in _returns_of(migrant):
        if ended is not None and not case.was_over(ended):
            rows.append(TimelineRow(case.opened_on, gettext("Retour volontaire ouvert"), gettext("La suite appartient à l’équipe qui suit la personne.")))
            continue
        rows.append(TimelineRow(case.opened_on, gettext("Retour volontaire demandé"), case.destination, _url(case)))
        if case.declaration_signed_on:
            rows.append(TimelineRow(case.declaration_signed_on, gettext("Déclaration de retour volontaire signée"), "", _url(case)))
        if case.departed_on:
            rows.append(TimelineRow(case.departed_on, gettext("Départ en retour volontaire"), case.destination, _url(case)))
        if case.arrived_on:
            rows.append(TimelineRow(case.arrived_on, gettext("Arrivée"), case.destination, _url(case), chip={"label": gettext("arrivé"), "tone": "ok"}))
        if case.state in STOPPED and case.ended_on:
            chip = {"label": case.get_state_display(), "tone": "neutral"}
            rows.append(TimelineRow(case.ended_on, gettext("Retour volontaire arrêté"), case.end_reason, _url(case), chip=chip))
    return rows


def due(user: Any, migrant: Migrant) -> list[DueItem]:
    items = []
    for case in _returns_of(migrant):
        following = next_step(case.state)
        if case.is_open and following:
            title = gettext("Retour volontaire vers %(place)s : %(state)s") % {"place": case.destination, "state": case.get_state_display()}
            tone = "info" if case.state in GONE else "warn"
            items.append(DueItem(title, gettext("Étape suivante : %(step)s") % {"step": STEPS[following].title}, _url(case), tone))
    return items


def actions(user: Any, migrant: Migrant) -> list[Action]:
    if any(case.is_open for case in _returns_of(migrant)) or not allows(user, Right.MANAGE_RETURN, migrant, writing=True):
        return []
    # Somebody already at home, or who has died: what would be refused is not offered. A return from abroad is opened by its address.
    if migrant.died_on is not None or migrant.nationality == HOME:
        return []
    return [Action(gettext("Ouvrir un retour volontaire"), reverse("returns:open", kwargs={"pk": migrant.pk}), 15)]


def keys(user: Any, migrant: Migrant) -> list[QuerySet[Any]]:
    return [ReturnCase.objects.filter(migrant=migrant)]


add_to_menu(Entry(_("Retours"), "returns:list", (Right.VIEW_CASE, Right.MANAGE_RETURN), 40, "returns"))
add_to_home(HomeCard("returns/home_card.html", (Right.MANAGE_RETURN,), 40, home_card))
register(Section("returns", Right.VIEW_CASE, timeline=timeline, due=due, actions=actions, keys=keys))
