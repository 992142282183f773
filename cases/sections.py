"""The case file page shows what upper floors know: each registers a section at start, so that `cases` imports none of them."""

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from centres.roles import Right

from .models import Migrant


@dataclass(frozen=True)
class TimelineRow:
    """One thing that happened. `chip` is {"label", "tone"} or None."""

    when: datetime.datetime | datetime.date
    title: str
    detail: str = ""
    url: str = ""
    who: str = ""
    chip: dict[str, str] | None = None


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
    """A button in the head of the file."""

    title: str
    url: str


@dataclass(frozen=True)
class Section:
    """What one floor says about a person. Each function takes (request user, migrant). `right`: needed to see it at all. `keys`: the
    keys (UUIDs) under which the floor's pages are in the read log, given the person."""

    name: str
    right: Right
    timeline: Callable[[Any, Migrant], list[TimelineRow]] = field(default=lambda user, migrant: [])
    due: Callable[[Any, Migrant], list[DueItem]] = field(default=lambda user, migrant: [])
    actions: Callable[[Any, Migrant], list[Action]] = field(default=lambda user, migrant: [])
    keys: Callable[[Migrant], list[uuid.UUID]] = field(default=lambda migrant: [])


SECTIONS: dict[str, Section] = {}


def register(section: Section) -> None:
    SECTIONS[section.name] = section
