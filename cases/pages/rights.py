"""The tab of a person's own data, and the menu entry of what is kept no longer."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from centres.access import allows
from centres.navigation import HomeCard, add_to_home
from centres.roles import Right

from .. import sections
from ..models import ErasureList, Migrant
from ..sections import Section, Tab


def _tabs(user: Any, migrant: Migrant) -> list[Tab]:
    if not allows(user, Right.VIEW_CASE, migrant, writing=True):
        return []
    return [Tab("own_data", _("Ses données"), reverse("cases:own_data", args=[migrant.pk]), 90)]


def _waiting(user: Any) -> QuerySet[Any]:
    return ErasureList.objects.visible_to(user).filter(confirmed_at__isnull=True, refused_at__isnull=True).exclude(proposed_by=user)


def _erasures_card(request: Any) -> dict[str, Any] | None:
    """Lists that wait for a second person, and were not proposed by the reader."""
    waiting = list(_waiting(request.user).select_related("centre")[:10])
    return {"waiting": waiting} if waiting else None


sections.register(Section("own_data", Right.VIEW_CASE, tabs=_tabs))
add_to_home(HomeCard("cases/home_erasures.html", (Right.FORGET_IDENTITY,), 70, _erasures_card, _waiting))
