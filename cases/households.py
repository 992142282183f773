"""Those who belong together, in one line: the same on the file, the board, at the counter, on the meal list and on returns."""

import datetime
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from accounts.models import User
from centres.access import centres_for
from centres.roles import Right

from .models import Migrant
from .models.migrant import MigrantQuerySet

MOST_MEMBERS = 600  # of all the households of a page


@dataclass(frozen=True)
class HouseholdLine:
    """« Famille Kouamé », and who is in it, the eldest first."""

    title: str
    members: tuple[Migrant, ...]
    adults: frozenset[uuid.UUID]  # who answer for a child of it

    def besides(self, person: uuid.UUID) -> list[Migrant]:
        return [one for one in self.members if one.pk != person]


def family_title(surname: str) -> str:
    """« Famille Kouamé »; empty without a name."""
    return _("Famille %(surname)s") % {"surname": surname} if surname else ""


def title_of(members: Iterable[Migrant]) -> str:
    """By the surname most of them bear; of two borne alike that of the head of the household, then of the eldest."""
    members = list(members)
    borne = Counter(one.surname for one in members if one.surname)
    if not borne:
        return _("Ménage")
    most = [one for one in members if borne[one.surname] == max(borne.values())]
    head = next((one for one in most if one.household_role == Migrant.HouseholdRole.HEAD), None)
    return family_title((head or min(most, key=lambda one: (one.born_on, one.pk))).surname)


def households(user: User, people: Mapping[uuid.UUID, uuid.UUID | None]) -> dict[uuid.UUID, HouseholdLine]:
    """For each of these people (→ their household) who has somebody with them: their line. One question, none where nobody is of a household.

    Named is only who is in the care of a centre where this user reads files: of whoever another team follows now, nothing is told here."""
    keys = {household for household in people.values() if household is not None}
    if not keys:
        return {}
    found: dict[uuid.UUID, list[Migrant]] = {}
    for one in _told(user).filter(household__in=keys).order_by("household", "born_on", "pk")[:MOST_MEMBERS]:
        found.setdefault(one.household_id, []).append(one)  # type: ignore[arg-type]
    lines = {household: _line(those) for household, those in found.items()}
    return {person: lines[key] for person, key in people.items() if key in lines and lines[key].besides(person)}  # type: ignore[index]


def _told(user: User) -> MigrantQuerySet:
    return Migrant.objects.visible_to(user).in_care_of_any(list(centres_for(user, Right.VIEW_CASE))).filter(died_on__isnull=True)


def _line(members: list[Migrant]) -> HouseholdLine:
    adults = {one.accompanied_by_id for one in members if one.accompanied_by_id and one.is_minor()}
    return HouseholdLine(title_of(members), tuple(members), frozenset(adults))


SHOWN = ("pk", "surname", "given_names", "sex", "born_on", "birth_precision", "household_role", "accompanied_by_id")


def members_beside(user: User, household: str) -> ArraySubquery:
    """For a page that asks enough already: the same members in the question for its rows; `household`: the path from there. Read by `lines_of`."""
    about = JSONObject(**{name: name for name in SHOWN})
    return ArraySubquery(_told(user).filter(household=OuterRef(household)).order_by("born_on", "pk").values_list(about))


def lines_of(rows: Iterable[tuple[uuid.UUID, list[dict[str, Any]] | None]]) -> dict[uuid.UUID, HouseholdLine]:
    """Lines from people and what `members_beside` says of each."""
    lines = {}
    for person, members in rows:
        line = _line([_read(one) for one in members or ()])
        if line.besides(person):
            lines[person] = line
    return lines


def _read(told: dict[str, Any]) -> Migrant:
    adult = told["accompanied_by_id"]
    return Migrant(
        **told | {"pk": uuid.UUID(told["pk"]), "born_on": datetime.date.fromisoformat(told["born_on"]), "accompanied_by_id": uuid.UUID(adult) if adult else None}
    )


def named_in(lines: Mapping[uuid.UUID, HouseholdLine]) -> set[uuid.UUID]:
    """Keys of all whom these lines name, for the log of reads."""
    return {one.pk for line in lines.values() for one in line.members}
