"""Where people are now, in one word for all pages, lists, files and the API. What a person's stays say is known by a floor above, which registers here."""

import datetime
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db import models
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from accounts.models import User

from . import as_then
from .exporting import Column
from .models import Migrant


class Code(models.TextChoices):
    """For machines; what people read is `Where.words`."""

    PRESENT = "present", _("au centre")
    LEAVE = "leave", _("en permission")
    LATE = "late", _("pas revenue de permission")
    MISSING = "missing", _("manque à l’appel")
    HOSPITAL = "hospital", _("à l’hôpital")
    TRAVELLING = "travelling", _("en route")
    LEFT = "left", _("partie")
    DIED = "died", _("décédée")
    ELSEWHERE = "elsewhere", _("suivie par une autre équipe")
    NONE = "none", _("pas dans un centre")


TONES = {Code.MISSING: "danger", Code.LATE: "warn", Code.LEAVE: "warn", Code.HOSPITAL: "warn", Code.TRAVELLING: "info", Code.PRESENT: "info"}


@dataclass(frozen=True)
class Where:
    """`words`: « Manque depuis l’appel du 28 novembre 2026 ». `since`: the day of it, where there is one; `bed`: of somebody who has one;
    `todo`: what whoever meets them does; `centre`: where this is known of, by its code; `url`: where it is seen to, for whoever may look there."""

    code: str
    words: str
    since: datetime.date | None = None
    bed: str = ""
    centre: str = ""
    todo: str = ""
    url: str = ""

    @property
    def tone(self) -> str:
        return TONES.get(Code(self.code), "neutral")

    @property
    def is_missing(self) -> bool:
        return self.code == Code.MISSING

    @property
    def is_away(self) -> bool:
        """Does not just sleep at the centre that keeps a bed for them: said beside the name, wherever it stands."""
        return self.code in (Code.MISSING, Code.LATE, Code.LEAVE, Code.HOSPITAL, Code.TRAVELLING)

    @property
    def line(self) -> str:
        """In one cell of a list or a file."""
        return f"{self.words} ({self.bed})" if self.bed else self.words


TITLE = _("Où est la personne")
NOWHERE = Where(Code.NONE, "")
Known = Callable[[User, list[Migrant]], dict[uuid.UUID, Where]]
SOURCES: list[Known] = []
ON_FILE: list[Callable[[User, Migrant], Where]] = []  # of one person, read with the papers of the file


def of(user: Any, people: Iterable[Migrant]) -> dict[uuid.UUID, Where]:
    """Where each of these people is, as far as this user follows them: to a team that let somebody go, only that another one follows them. One
    query for any number of people (and one for their care, where it is not read yet)."""
    people = list({person.pk: person for person in people}.values())
    if not people:
        return {}
    prefetch_related_objects(people, "custodies")
    found: dict[uuid.UUID, Where] = {}
    for source in SOURCES:
        found |= source(user, people)
    return {person.pk: found.get(person.pk, NOWHERE) for person in people}


def mark(user: Any, people: Iterable[Migrant]) -> None:
    """`of`, as `where` on each of them: before a list is shown or written to a file."""
    people = list(people)
    found = of(user, people)
    for person in people:
        person.where = found[person.pk]


def shown(user: Any, people: Iterable[Migrant]) -> None:
    """Before people are shown to somebody: who they were when this user's centres let them go (`as_then`), and where they are."""
    people = list(people)
    prefetch_related_objects(people, "custodies")
    as_then.seen_by(user, people)
    mark(user, people)


def rows_shown(path: str) -> Callable[[User, list[Any]], list[Any]]:
    """`shown` for rows about people: `path` leads from a row to its person (« migrant », « case.migrant »)."""
    person = attrgetter(path)

    def prepare(user: User, rows: list[Any]) -> list[Any]:
        shown(user, [person(row) for row in rows])
        return rows

    return prepare


def column(path: str) -> Column:
    """Of a list of rows about people that `rows_shown` has prepared, as a file."""
    person = attrgetter(path)
    return Column("where", TITLE, "#x_person+whereabouts", lambda row: person(row).where.line)


def on_file(user: Any, person: Migrant) -> Where:
    """Of the person whose file is shown: no question of its own."""
    if person.where is None:
        person.where = ON_FILE[0](user, person) if ON_FILE else NOWHERE
    return person.where


def where(user: Any, person: Migrant) -> Where:
    """Of one person; asked once for a loaded person."""
    if person.where is None:
        mark(user, [person])
    return person.where or NOWHERE
