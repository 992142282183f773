"""What duplicates and takeovers add to home page, menu and case file."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from centres.access import allows
from centres.navigation import HomeCard, add_to_home
from centres.roles import Right

from .. import as_then, sections
from ..models import DuplicatePair, Migrant
from ..sections import Section, Tab
from ..views.takeovers import notices_of

MOST_COUNTED = 1000  # counting on costs more than it tells
MOST_NOTICES = 5


def _pairs_card(request: Any) -> dict[str, Any] | None:
    """How many pairs wait for a decision; nothing when none does."""
    total = DuplicatePair.objects.to_review_by(request.user).order_by()[: MOST_COUNTED + 1].count()
    return {"total": total, "most": MOST_COUNTED} if total else None


def _unseen(user: Any) -> QuerySet[Any]:
    return notices_of(user).filter(seen_at__isnull=True)


def _takeovers_card(request: Any) -> dict[str, Any] | None:
    """People taken over from or by the manager's centres, until the manager has seen it."""
    notices = list(_unseen(request.user)[: MOST_NOTICES + 1])
    as_then.seen_by(request.user, [notice.takeover.migrant for notice in notices])
    return {"notices": notices[:MOST_NOTICES], "more": len(notices) > MOST_NOTICES} if notices else None


def _tabs(user: Any, migrant: Migrant) -> list[Tab]:
    if not allows(user, Right.MERGE_FILES, migrant, writing=True):
        return []
    return [Tab("duplicates", _("Doublons"), reverse("cases:file_duplicates", args=[migrant.pk]), 90)]


add_to_home(
    HomeCard("cases/home_takeovers.html", (Right.MERGE_FILES,), 15, _takeovers_card, _unseen),
    HomeCard("cases/home_duplicates.html", (Right.MERGE_FILES,), 25, _pairs_card),
)
sections.register(Section("duplicates", Right.MERGE_FILES, tabs=_tabs))
