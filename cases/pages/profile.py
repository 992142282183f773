"""The tab « Profil » of a file, and the menu entry about how complete profiles are."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centres.navigation import Entry, add_to_menu
from centres.roles import Right

from .. import profiles, sections  # noqa: F401 - profiles registers what the file says of itself
from ..models import Migrant, RouteStep
from ..sections import Section, Tab


def _tabs(user, migrant: Migrant) -> list[Tab]:
    return [Tab("profile", _("Profil"), reverse("cases:profile", args=[migrant.pk]), 20)]


def _keys(user: Any, migrant: Migrant) -> list[QuerySet[Any]]:
    return [RouteStep.objects.filter(migrant=migrant)]


sections.register(Section("profile", Right.VIEW_CASE, tabs=_tabs, keys=_keys))
add_to_menu(Entry(gettext_lazy("Profils"), "cases:completeness", (Right.MANAGE_CENTRE, Right.EDIT_QUESTIONNAIRES), 74, "profiles"))
