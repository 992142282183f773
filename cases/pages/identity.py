"""The tab with who the person is in full, and the files that wait for a decision because the agreement to them was taken back."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from centres.access import centres_for
from centres.navigation import HomeCard, add_to_home
from centres.roles import Right

from .. import sections
from ..models import IdentityDocument, Migrant
from ..sections import Section, Tab


def _tabs(user, migrant: Migrant) -> list[Tab]:
    return [Tab("identity", _("Identité et documents"), reverse("cases:identity", args=[migrant.pk]), 10)]


def _keys(user: Any, migrant: Migrant) -> list[QuerySet[Any]]:
    return [IdentityDocument.objects.filter(migrant=migrant)]


MOST_SHOWN = 10


def _withdrawn(user: Any) -> QuerySet[Any]:
    return Migrant.objects.visible_to(user).registration_withdrawn().in_care_of_any(centres_for(user, Right.MANAGE_CENTRE))


def _withdrawn_card(request) -> dict[str, Any] | None:
    """Files of the user's centres that nobody agrees to any more: they wait for the decision whether they are kept."""
    people = list(_withdrawn(request.user)[:MOST_SHOWN])
    return {"people": people} if people else None


add_to_home(HomeCard("cases/home_withdrawn.html", (Right.MANAGE_CENTRE,), 60, _withdrawn_card, _withdrawn))
sections.register(Section("identity", Right.VIEW_CASE, tabs=_tabs, keys=_keys))
