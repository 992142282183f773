"""Registers the menu entry and the home card of this floor."""

from typing import Any

from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centres.action import plan
from centres.navigation import Entry, HomeCard, add_to_home, add_to_menu
from centres.roles import Right

from . import reach
from .models import CELLS, Activity

TITLES = {"people_reached": _("Personnes sensibilisées"), "communities_reached": _("Communautés sensibilisées"), "agents_trained": _("Agents formés")}


def reached_so_far() -> list[tuple[Any, int, int]]:
    """Title, number and target since the start of the action: the figures of the committee, from the same facts and the same logframe."""
    action = plan()
    if action is None:
        return []
    totals = reach.totals(*action.so_far)
    return [(title, totals[name], action.target(name)) for name, title in TITLES.items()]


def _state(request) -> dict:
    """This month's activities, and what was reached since the start of the action."""
    today = timezone.localdate()
    month = Activity.objects.filter(held_on__year=today.year, held_on__month=today.month)
    sums = month.aggregate(n=Count("pk"), **{name: Sum(name, default=0) for name in CELLS})
    return {"month": sums["n"], "month_people": sum(sums[name] for name in CELLS), "reached": reached_so_far(), "today": today}


add_to_menu(Entry(_("Sensibilisation"), "outreach:activities", (Right.RECORD_OUTREACH,), 65, "outreach"))
add_to_home(HomeCard("outreach/home_card.html", (Right.RECORD_OUTREACH,), 65, _state))
