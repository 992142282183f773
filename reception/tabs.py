"""The pages of one centre, as tabs on each of them: one row for the parts of the work, a second one for the pages of the part at hand."""

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
    """A page with the centre's code as its only argument, shown to whoever has the right there. `pages`: those of the second row."""

    title: Any
    url_name: str
    right: Right
    pages: tuple["Tab", ...] = ()


TABS = (
    Tab(_("Tableau"), "reception:centre", Right.VIEW_CENTRE),
    Tab(_("Guichet"), "reception:counter", Right.RECEIVE),
    Tab(_("Repas"), "reception:meals", Right.RECEIVE),
    Tab(
        _("Arrivées"),
        "reception:expected",
        Right.VIEW_CENTRE,
        (Tab(_("Groupes attendus"), "reception:expected", Right.VIEW_CENTRE), Tab(_("Transferts"), "reception:transfers", Right.VIEW_CENTRE)),
    ),
    Tab(
        _("Présences"),
        "reception:roll_call",
        Right.RECEIVE,
        (Tab(_("Appel du soir"), "reception:roll_call", Right.RECEIVE), Tab(_("Absences"), "reception:absences", Right.VIEW_CENTRE)),
    ),
    Tab(
        _("Journée"),
        "reception:day",
        Right.VIEW_CENTRE,
        (
            Tab(_("Journée"), "reception:day", Right.VIEW_CENTRE),
            Tab(_("Incidents"), "reception:incidents", Right.VIEW_CENTRE),
            Tab(_("Alertes"), "reception:alerts", Right.VIEW_CENTRE),
        ),
    ),
    Tab(
        _("Services"),
        "reception:offers",
        Right.VIEW_CENTRE,
        (
            Tab(_("Services proposés"), "reception:offers", Right.VIEW_CENTRE),
            Tab(_("Séances"), "reception:sessions", Right.VIEW_CENTRE),
            Tab(_("Stock"), "reception:stock", Right.VIEW_CENTRE),
            Tab(_("Critères"), "reception:criteria", Right.VIEW_CENTRE),
        ),
    ),
    Tab(
        _("Places"),
        "reception:places",
        Right.VIEW_CENTRE,
        (
            Tab(_("Chambres et lits"), "reception:places", Right.VIEW_CENTRE),
            Tab(_("Lits bloqués"), "reception:places-blocks", Right.VIEW_CENTRE),
            Tab(_("Occupation dans le temps"), "reception:places-occupancy", Right.VIEW_CENTRE),
            Tab(_("Ouverture"), "reception:places-opening", Right.VIEW_CENTRE),
            Tab(_("Équipement"), "reception:places-equipment", Right.VIEW_CENTRE),
            Tab(_("Réglages"), "reception:places-settings", Right.MANAGE_CENTRE),
        ),
    ),
    Tab(_("Rapport"), "reception:report", Right.MANAGE_CENTRE),
)


def of(user: User, centre: Centre, current: str, counts: dict[str, int] | None = None) -> list[dict[str, Any]]:
    """The tabs for `{% tabs %}`; `current` is the name of the page's own address. Asks the database nothing that access has not asked:
    `counts` (name of an address → number) are those that the page knows anyway."""
    return _row(user, centre, current, counts or {}, TABS)


def _row(user: User, centre: Centre, current: str, counts: dict[str, int], those: tuple[Tab, ...]) -> list[dict[str, Any]]:
    row = []
    for tab in those:
        pages = [page for page in tab.pages if may(user, page.right, centre)]
        if not (pages or may(user, tab.right, centre)):
            continue
        # Whoever may not see the first page of a part comes to the next one.
        first = tab if may(user, tab.right, centre) or not pages else pages[0]
        here = current in (tab.url_name, *(page.url_name for page in tab.pages))
        numbers = [counts[page.url_name] for page in (tab, *pages) if page.url_name in counts]
        row.append(
            {
                "title": tab.title,
                "url": reverse(first.url_name, args=[centre.code]),
                "current": here,
                "count": sum(numbers) if numbers else None,
                "pages": _row(user, centre, current, counts, tuple(pages)) if here and len(pages) > 1 else [],
            }
        )
    return row
