"""Who the person was when a centre's care ended: what that centre keeps seeing, read back from the audit trail."""

import datetime
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from accounts.models import User
from audit.models import Change

from .models import Migrant

# What is said of a person on lists, heads of pages and papers.
SHOWN = frozenset(
    {
        "surname", "given_names", "other_names", "father_given_names", "mother_given_names", "sex", "born_on", "birth_precision", "nationality",
        "second_nationality", "languages", "origin_country", "origin_area_id", "origin_place", "marital_status", "arrival_kind", "arrived_on", "accompanied_by_id", "household_role", "died_on",
    }
)  # fmt: skip


def rows_seen_by(path: str) -> Callable[[User, list[Any]], list[Any]]:
    """`seen_by` for rows about people: `path` leads from a row to its person (« migrant », « case.migrant »)."""
    person = attrgetter(path)

    def prepare(user: User, rows: list[Any]) -> list[Any]:
        seen_by(user, [person(row) for row in rows])
        return rows

    return prepare


def seen_by(user: User, people: Iterable[Migrant]) -> None:
    """Marks people whom another team follows now as `elsewhere`, and gives them the identity they had when this user's centres let them go.
    Not to be saved. With `with_care`: one query, and none if there is nobody elsewhere."""
    ended: dict[str, datetime.datetime] = {}
    elsewhere: dict[str, list[Migrant]] = {}
    for person in people:
        until = person.care_ended(user)
        person.elsewhere = until is not None
        if until is not None:
            ended[str(person.pk)] = until
            elsewhere.setdefault(str(person.pk), []).append(person)
    if not ended:
        return
    # Backwards: the last one applied is the first that was made after the care had ended.
    changes = Change.objects.filter(table=Migrant._meta.db_table, row__in=list(ended), operation=Change.Operation.UPDATE, at__gt=min(ended.values())).order_by("-id")
    for row, at, before in changes.values_list("row", "at", "before"):
        if at > ended[row] and before:
            for column in SHOWN & before.keys():
                value = before[column] if column.endswith("_id") else Migrant._meta.get_field(column).to_python(before[column])  # type: ignore[union-attr]
                for person in elsewhere[row]:
                    setattr(person, column, value)
