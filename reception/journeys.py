"""Transfers as lists show them: those who travel together in one line."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from centres.models import Centre

from .models import Transfer
from .workflow import BEFORE, State

TONES = {
    State.ASKED: "warn",
    State.ACCEPTED: "info",
    State.TRAVELLING: "info",
    State.ARRIVED: "ok",
    State.REFUSED: "danger",
    State.CANCELLED: "neutral",
    State.NOT_ARRIVED: "danger",
}


@dataclass
class Journey:
    """Those who travel together, as one line of a list."""

    rows: list[Transfer]
    incoming: bool
    named: bool

    @property
    def first(self) -> Transfer:
        return self.rows[0]

    @property
    def who(self) -> str:
        """Names, or (before the receiving centre said yes) only what it needs to find beds."""
        if self.named:
            return ", ".join(str(row.migrant) for row in self.rows)
        return ", ".join(f"{row.migrant.get_sex_display()} {row.age_band}" for row in self.rows)

    @property
    def is_late(self) -> bool:
        return any(row.is_late for row in self.rows)

    @property
    def tone(self) -> str:
        return "danger" if self.is_late else TONES[State(self.first.state)]


def of_board(user: User, centre: Centre, *, most: int = 60) -> list[Journey]:
    """What goes on from and to a centre, the day planned first. One query. Who has left is named no more: another team follows them now."""
    rows = Transfer.objects.open().filter(Q(from_centre=centre) | Q(to_centre=centre)).select_related("migrant", "from_centre", "to_centre")
    found = journeys(user, centre, list(rows.order_by("planned_on", "asked_at", "pk")[:most]))
    for journey in found:
        journey.named = journey.named and (journey.incoming or journey.first.state in BEFORE)
    return found


def journeys(user: User, centre: Centre, rows: list[Transfer]) -> list[Journey]:
    """The transfers of a list, those of one journey in one line (a state apart is a line apart). Asks the database nothing."""
    return [Journey(group, group[0].to_centre_id == centre.pk, group[0].names_for(user)) for group in travelling_together(rows)]


def travelling_together(rows: Iterable[Transfer]) -> list[list[Transfer]]:
    """Those of one journey who are as far, in the order of the list."""
    found: dict[tuple[uuid.UUID, str], list[Transfer]] = {}
    for row in rows:
        found.setdefault((row.together, row.state), []).append(row)
    return list(found.values())


def people_named(journeys: list[Journey]) -> list[uuid.UUID]:
    return sorted({row.migrant_id for journey in journeys if journey.named for row in journey.rows})
