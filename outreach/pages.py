"""Registers the menu entry and the home card of this floor."""

from django.db.models import Count, F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centres.navigation import Entry, HomeCard, add_to_home, add_to_menu
from centres.roles import Right

from .models import CELLS, Activity, Trainee

# Source: action document, logframe: R4.1, R4.2, E10.
PEOPLE, COMMUNITIES, AGENTS = 70_000, 200, 120


def _state(request) -> dict:
    """This month's activities, and what was reached so far. Only from the tables of this floor."""
    today = timezone.localdate()
    month = Q(held_on__year=today.year, held_on__month=today.month)
    awareness = Q(kind=Activity.Kind.AWARENESS)
    everybody = sum((F(name) for name in CELLS[1:]), start=F(CELLS[0]))
    sums = Activity.objects.aggregate(
        month=Count("pk", filter=month),
        month_people=Sum(everybody, filter=month, default=0),
        people=Sum(everybody, filter=awareness, default=0),
        communities=Count("community", filter=awareness, distinct=True),
    )
    agents = Trainee.objects.filter(attendances__isnull=False).distinct().count()
    reached = [
        (_("Personnes sensibilisées"), sums["people"], PEOPLE),
        (_("Communautés sensibilisées"), sums["communities"], COMMUNITIES),
        (_("Agents formés"), agents, AGENTS),
    ]
    return {"month": sums["month"], "month_people": sums["month_people"], "reached": reached, "today": today}


add_to_menu(Entry(_("Sensibilisation"), "outreach:activities", (Right.RECORD_OUTREACH,), 65, "outreach"))
add_to_home(HomeCard("outreach/home_card.html", (Right.RECORD_OUTREACH,), 65, _state))
