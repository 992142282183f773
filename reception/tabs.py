"""The pages of one centre, as tabs on each of them."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from centres.access import may
from centres.models import Centre
from centres.roles import Right


@dataclass(frozen=True)
class Tab:
    """A page with the centre's code as its only argument, shown to whoever has the right there."""

    title: Any
    url_name: str
    right: Right


TABS = (
    Tab(_("Tableau"), "reception:centre", Right.VIEW_CENTRE),
    Tab(_("Groupes attendus"), "reception:expected", Right.VIEW_CENTRE),
    Tab(_("Transferts"), "reception:transfers", Right.VIEW_CENTRE),
    Tab(_("Guichet"), "reception:counter", Right.RECEIVE),
    Tab(_("Repas"), "reception:meals", Right.RECEIVE),
    Tab(_("Rapport"), "reception:report", Right.MANAGE_CENTRE),
    Tab(_("Appel du soir"), "reception:roll_call", Right.RECEIVE),
    Tab(_("Absences"), "reception:absences", Right.VIEW_CENTRE),
    Tab(_("Stock"), "reception:stock", Right.VIEW_CENTRE),
    Tab(_("Séances"), "reception:sessions", Right.VIEW_CENTRE),
    Tab(_("Critères"), "reception:criteria", Right.VIEW_CENTRE),
    Tab(_("Places"), "reception:places", Right.VIEW_CENTRE),
)
# The pages below the tab of the places.
PLACES = (
    Tab(_("Chambres et lits"), "reception:places", Right.VIEW_CENTRE),
    Tab(_("Lits bloqués"), "reception:places-blocks", Right.VIEW_CENTRE),
    Tab(_("Occupation dans le temps"), "reception:places-occupancy", Right.VIEW_CENTRE),
    Tab(_("Ouverture"), "reception:places-opening", Right.VIEW_CENTRE),
    Tab(_("Équipement"), "reception:places-equipment", Right.VIEW_CENTRE),
    Tab(_("Réglages"), "reception:places-settings", Right.MANAGE_CENTRE),
    Tab(_("Services"), "reception:offers", Right.VIEW_CENTRE),
)


def of(user: User, centre: Centre, current: str, those: tuple[Tab, ...] = TABS) -> list[dict[str, Any]]:
    """The tabs for `{% tabs %}`; `current` is the name of the page's own address. Asks the database nothing that access has not asked."""
    return [{"title": tab.title, "url": reverse(tab.url_name, args=[centre.code]), "current": tab.url_name == current} for tab in those if may(user, tab.right, centre)]
