"""The case file page shows what upper floors know: each registers a section at start, so that `cases` imports none of them."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from centres.access import allows
from centres.roles import Right

from .models import Migrant, RegistrationGroup


@dataclass(frozen=True)
class TimelineRow:
    """One thing that happened. `chip` is {"label", "tone"} or None; `parts`: what it is made of, as (when, what), shown once it is opened."""

    when: datetime.datetime | datetime.date
    title: str
    detail: str = ""
    url: str = ""
    who: str = ""
    chip: dict[str, str] | None = None
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DueItem:
    """Something open or due for this person: an open stay, a visit to make."""

    title: str
    detail: str = ""
    url: str = ""
    tone: str = "info"
    due: datetime.date | None = None


@dataclass(frozen=True)
class Action:
    """What may be done with the file. The first two by `order` are buttons, those from `FURTHER` on never are; the rest is behind « Plus »."""

    title: str
    url: str
    order: int = 50


FURTHER = 30  # an action of this order or a later one is seldom the next thing to do


@dataclass(frozen=True)
class Tab:
    """A page of the file beside its first one. `name` tells it apart."""

    name: str
    title: str
    url: str
    order: int = 50


@dataclass(frozen=True)
class Section:
    """What one floor says about a person. Each function takes (request user, migrant). `right`: needed to see it at all. `keys`: the
    rows (with UUID keys) whose pages are in the read log; as far as the user may see them. `flags` ({"label", "tone"}) stand beside the name;
    `tabs` ask the database nothing. `onward` is shown, instead of what is due, to a team that let the person go: what it knows of that itself.
    `older`: of the timeline, what comes from papers, for the pages of older ones. `group`: what is open for the people of a registration group,
    on its page (user, group). `prepare`: before the whole file is read, what the other functions will ask for, so that they know what not to ask."""

    name: str
    right: Right
    timeline: Callable[[Any, Migrant], list[TimelineRow]] = field(default=lambda user, migrant: [])
    older: Callable[[Any, Migrant], list[TimelineRow]] = field(default=lambda user, migrant: [])
    due: Callable[[Any, Migrant], list[DueItem]] = field(default=lambda user, migrant: [])
    onward: Callable[[Any, Migrant], list[DueItem]] = field(default=lambda user, migrant: [])
    actions: Callable[[Any, Migrant], list[Action]] = field(default=lambda user, migrant: [])
    flags: Callable[[Any, Migrant], list[dict[str, str]]] = field(default=lambda user, migrant: [])
    tabs: Callable[[Any, Migrant], list[Tab]] = field(default=lambda user, migrant: [])
    keys: Callable[[Any, Migrant], list[QuerySet[Any]]] = field(default=lambda user, migrant: [])
    prepare: Callable[[Migrant], Any] = field(default=lambda migrant: None)
    group: Callable[[Any, RegistrationGroup], list[DueItem]] = field(default=lambda user, group: [])


SECTIONS: dict[str, Section] = {}


def register(section: Section) -> None:
    SECTIONS[section.name] = section


def tabs_of(user: Any, migrant: Migrant, current: str) -> list[dict[str, Any]]:
    """The pages of a file that this user may see, for `{% tabs %}`; nothing where there is but one."""
    found = [Tab("cases", _("Dossier"), reverse("cases:migrant", args=[migrant.pk]), 0)]
    found += [tab for section in SECTIONS.values() if allows(user, section.right, migrant) for tab in section.tabs(user, migrant)]
    found.sort(key=lambda tab: tab.order)
    return [{"title": tab.title, "url": tab.url, "current": tab.name == current} for tab in found] if len(found) > 1 else []
