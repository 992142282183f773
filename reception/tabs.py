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
    Tab(_("Guichet"), "reception:counter", Right.RECEIVE),
    Tab(_("Repas"), "reception:meals", Right.RECEIVE),
)


def of(user: User, centre: Centre, current: str) -> list[dict[str, Any]]:
    """The tabs for `{% tabs %}`; `current` is the name of the page's own address. Asks the database nothing that access has not asked."""
    return [{"title": tab.title, "url": reverse(tab.url_name, args=[centre.code]), "current": tab.url_name == current} for tab in TABS if may(user, tab.right, centre)]
