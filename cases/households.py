"""Those who belong together, in one line: the same on the file, the board, at the counter, on the meal list and on returns."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from centres.access import centres_for
from centres.roles import Right

from .models import Migrant

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
    members = Migrant.objects.visible_to(user).in_care_of_any(list(centres_for(user, Right.VIEW_CASE))).filter(household__in=keys, died_on__isnull=True)
    found: dict[uuid.UUID, list[Migrant]] = {}
    for one in members.order_by("household", "born_on", "pk")[:MOST_MEMBERS]:
        found.setdefault(one.household_id, []).append(one)  # type: ignore[arg-type]
    lines = {}
    for household, those in found.items():
        adults = {one.accompanied_by_id for one in those if one.accompanied_by_id and one.is_minor()}
        lines[household] = HouseholdLine(title_of(those), tuple(those), frozenset(adults))
    return {person: lines[key] for person, key in people.items() if key in lines and lines[key].besides(person)}  # type: ignore[index]


def named_in(lines: Mapping[uuid.UUID, HouseholdLine]) -> set[uuid.UUID]:
    """Keys of all whom these lines name, for the log of reads."""
    return {one.pk for line in lines.values() for one in line.members}
