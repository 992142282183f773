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
    Tab(_("Repas"), "reception:meals", Right.RECEIVE),
    Tab(_("Journée"), "reception:day", Right.VIEW_CENTRE),
    Tab(_("Incidents"), "reception:incidents", Right.VIEW_CENTRE),
    Tab(_("Alertes"), "reception:alerts", Right.VIEW_CENTRE),
)


def of(user: User, centre: Centre, current: str, counts: dict[str, int] | None = None) -> list[dict[str, Any]]:
    """The tabs for `{% tabs %}`; `current` is the name of the page's own address. Asks the database nothing that access has not asked:
    `counts` (name of an address → number) are those that the page knows anyway."""
    return [
        {"title": tab.title, "url": reverse(tab.url_name, args=[centre.code]), "current": tab.url_name == current, "count": (counts or {}).get(tab.url_name)}
        for tab in TABS
        if may(user, tab.right, centre)
    ]
