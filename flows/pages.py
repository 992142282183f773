"""Registers the menu entry and the home card of this floor."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centres.navigation import Entry, HomeCard, add_to_home, add_to_menu
from centres.roles import Right

from .models import FlowCount, FlowPoint


def _today(request) -> dict | None:
    """Open points that nobody has counted today."""
    today = timezone.localdate()
    done = FlowCount.objects.filter(counted_on=today).values("point")
    return {"missing": list(FlowPoint.objects.open_on(today).exclude(pk__in=done)), "open": FlowPoint.objects.open_on(today).count()}


add_to_menu(Entry(_("Flux"), "flows:points", (Right.COUNT_FLOWS,), 60, "flows"))
add_to_home(HomeCard("flows/home_card.html", (Right.COUNT_FLOWS,), 60, _today))
