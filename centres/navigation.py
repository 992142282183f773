"""The menu and the home page: each floor adds its own entries at start, so that no arrow runs upwards."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from config.typed import account_of

from . import access
from .roles import Right


@dataclass(frozen=True)
class Entry:
    """One place of the menu, shown to whoever has one of the rights. `title` is lazy text."""

    title: Any
    url_name: str
    rights: tuple[Right, ...]
    order: int
    section: str  # first part of the path, by which the entry knows that it is the current one


@dataclass(frozen=True)
class HomeCard:
    """What needs somebody today. `build(request)` returns a context for `template`, or None when there is nothing to show.

    `rows(user)`: of a card that mostly has nothing to show, the rows it would be about. All such cards are asked in one question whether
    there are any; only then are they built."""

    template: str
    rights: tuple[Right, ...]
    order: int
    build: Callable[[Any], dict[str, Any] | None] = field(repr=False)
    rows: Callable[[Any], QuerySet[Any]] | None = field(default=None, repr=False)


MENU: list[Entry] = []
HOME: list[HomeCard] = []
# Shown on the sign-in page of a demonstration: {"username", "role"}.
DEMO_ACCOUNTS: list[dict[str, Any]] = []


def add_to_menu(*entries: Entry) -> None:
    MENU.extend(entry for entry in entries if entry not in MENU)
    MENU.sort(key=lambda entry: entry.order)


def add_to_home(*cards: HomeCard) -> None:
    known = {card.template for card in HOME}
    HOME.extend(card for card in cards if card.template not in known)
    HOME.sort(key=lambda card: card.order)


def may_any(user, rights: Iterable[Right]) -> bool:
    return any(access.may(user, right) for right in rights)


def context(request) -> dict[str, Any]:
    """What every page needs: who is signed in, and where they may go. Asks the database nothing that access has not asked."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"demo": settings.DEMO, "demo_accounts": DEMO_ACCOUNTS if settings.DEMO else []}
    section = request.path.strip("/").split("/")[0]
    return {
        "demo": settings.DEMO,
        "nav": [
            {"title": entry.title, "url": reverse(entry.url_name), "current": bool(section) and entry.section == section} for entry in MENU if may_any(user, entry.rights)
        ],
        "can_search": access.may(user, Right.VIEW_CASE),
        "me": {"name": str(user), "first_name": user.first_name or user.username},
        "account": account_of(user),
        "session_seconds": settings.SESSION_IDLE_SECONDS,
        "keepalive_url": "/stay-signed-in/",
    }
