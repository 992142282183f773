"""Who of the people on a page is followed by another team now. Who they were for this one, the models say themselves (models/known.py)."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

import names
from accounts.models import User

from .models import Migrant


def rows_seen_by(path: str) -> Callable[[User, list[Any]], list[Any]]:
    """`seen_by` for rows about people: `path` leads from a row to its person (« migrant », « case.migrant »)."""
    person = attrgetter(path)

    def prepare(user: User, rows: list[Any]) -> list[Any]:
        seen_by(user, [person(row) for row in rows])
        return rows

    return prepare


def seen_by(user: User, people: Iterable[Migrant]) -> None:
    """Marks people whom another team follows now as `elsewhere`. With `with_care`: no query."""
    for person in people:
        person.elsewhere = person.care_ended(user) is not None


def by_name(person: Migrant) -> tuple[str, str, str]:
    """The place of somebody in a list by name: by the name that is shown, which the database's own order would not be."""
    return names.normalise(person.surname), names.normalise(person.given_names), str(person.pk)
