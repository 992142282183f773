"""Beds of a whole household: one room where one fits, else the two best ways to part it, no child away from the adult who answers for it."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext as _

from cases.models import Migrant
from centres.models import Room

from .beds import OWN_SEX, Kind, Places, Proposal, arriving, refusal

MOST_WAYS = 2
MOST_ROOMS = 8  # for each part of a household: more of them than it has parts, so that a room is left for each
MOST_TRIED = 4000  # a household of any size costs no more


class Cost(NamedTuple):
    """What is bad about a way, the worst first."""

    without_bed: int = 0
    apart: int = 0  # children in another room than their adult
    rooms: int = 0
    misfit: int = 0

    def plus(self, other: "Cost") -> "Cost":
        return Cost(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


@dataclass(frozen=True)
class Way:
    """A room for each of a household (None: no bed is left)."""

    rooms: dict[uuid.UUID, Room | None]
    people: tuple[Migrant, ...] = field(repr=False)

    @property
    def is_whole(self) -> bool:
        return len({room.pk if room else None for room in self.rooms.values()}) == 1 and None not in self.rooms.values()

    @property
    def parts(self) -> list[tuple[Room | None, list[Migrant]]]:
        """Who sleeps together, the largest part first."""
        found: dict[int | None, tuple[Room | None, list[Migrant]]] = {}
        for person in self.people:
            room = self.rooms[person.pk]
            found.setdefault(room.pk if room else None, (room, []))[1].append(person)
        return sorted(found.values(), key=lambda part: -len(part[1]))

    @property
    def words(self) -> str:
        """« Awa, Ali et Fanta : Familles 1 ; Issa : Hommes 2 »."""
        parts = []
        for room, people in self.parts:
            names = [one.given_names or one.surname for one in people]
            together = _("%(people)s et %(last)s") % {"people": ", ".join(names[:-1]), "last": names[-1]} if names[1:] else names[0]
            parts.append(_("%(people)s : %(room)s") % {"people": together, "room": room.name if room else _("sans lit pour l’instant")})
        return _(" ; ").join(parts)

    @property
    def signature(self) -> frozenset[frozenset[uuid.UUID]]:
        return frozenset(frozenset(person.pk for person in people) | ({uuid.UUID(int=room.pk)} if room else set()) for room, people in self.parts)


def families_of(people: Iterable[Migrant]) -> list[list[Migrant]]:
    """Those who belong together: of one household, or child and adult. The largest first, then children alone, adults alone last."""
    found: dict[object, list[Migrant]] = defaultdict(list)
    for person in sorted(people, key=arriving):
        found[person.household_id or person.accompanied_by_id or person.pk].append(person)
    return sorted(found.values(), key=lambda family: (-len(family), not family[0].is_minor(), arriving(family[0])))


def with_their_adult(people: Sequence[Migrant]) -> list[list[Migrant]]:
    """The parts of a household that stay together: each adult with the children they answer for."""
    found: dict[uuid.UUID, list[Migrant]] = {}
    adults = {person.pk for person in people if not person.is_minor()}
    for person in sorted(people, key=arriving):
        key = person.accompanied_by_id if person.is_minor() and person.accompanied_by_id in adults else person.pk
        found.setdefault(key, []).append(person)
    for part in found.values():
        part.sort(key=lambda one: (one.is_minor(), -one.born_on.toordinal()))  # the youngest nearest to their adult
    return sorted(found.values(), key=lambda part: -len(part))


class Household:
    """Looks for rooms for the members of one household who need a bed, in places that it only reads."""

    def __init__(self, members: Sequence[Migrant], places: Places):
        self.members, self.places = tuple(members), places
        self.rooms = places.rooms()
        self.free = {room.pk: len(places.free_in(room)) for room in self.rooms}
        self.adults_with = {person.pk for person in members if not person.is_minor()}

    def ways(self) -> list[Way]:
        """The best first; only one where the household fits into a room whole."""
        parts = with_their_adult(self.members)
        found = self._search(parts)
        while found and found[0][0].without_bed and any(len(part) > 1 for part in parts):
            # What fits nowhere together is parted, its adult first.
            lost = {key for key, room in found[0][1].rooms.items() if room is None}
            parts = [smaller for part in parts for smaller in ([[one] for one in part] if part[0].pk in lost else [part])]
            again = self._search(parts)
            if not any(len(part) > 1 and part[0].pk in lost for part in parts) and again == found:
                break
            found = again
        ways = [way for _cost, way in found]
        return ways[:1] if ways and ways[0].is_whole else ways[:MOST_WAYS]

    def fits(self, people: Sequence[Migrant], room: Room, taken: dict[uuid.UUID, Room]) -> int | None:
        """How badly these may sleep there together, 0 the best; None: they may not. `taken`: who of the household is laid already."""
        worst = 0
        for person in people:
            if refusal(person, room) or self.places.strangers_refuse(person, room):
                return None
            near = self.places.with_family(person, room, adults=True) or any(other.pk == room.pk and key in self.adults_with for key, other in taken.items())
            near = near or any(not other.is_minor() for other in people if other is not person)
            if person.is_minor():
                if room.kind in (Kind.MEN, Kind.WOMEN) and not near:
                    return None
            elif person.sex not in OWN_SEX and room.kind != Kind.FAMILIES and not near:
                return None  # nothing is assumed of them: they are asked
            worst = max(worst, self._misfit(person, room, near))
        return worst

    def _misfit(self, person: Migrant, room: Room, near: bool) -> int:
        if self.places.with_family(person, room):
            return 0
        if person.is_unaccompanied_minor:
            return 0 if room.kind == Kind.MINORS else 1
        if room.kind == Kind.FAMILIES:
            return 1 if self.places.is_empty(room) else 2
        return 3 if not person.is_minor() or near else 4

    def _search(self, parts: list[list[Migrant]]) -> list[tuple[Cost, Way]]:
        """The cheapest ways to give each part one room, at most two, of different rooms or different company."""
        best: dict[frozenset, tuple[Cost, Way]] = {}
        tried = 0
        free, taken = dict(self.free), dict[uuid.UUID, Room]()

        def lay(number: int, cost: Cost) -> None:
            nonlocal tried
            tried += 1
            if number == len(parts):
                self._keep(best, cost, taken)
                return
            part = parts[number]
            for room, more in [*self._candidates(part, free, taken), (None, Cost(without_bed=len(part)))]:
                if tried > MOST_TRIED and best:
                    return
                if room is not None:
                    free[room.pk] -= len(part)
                    taken.update({one.pk: room for one in part})
                lay(number + 1, cost.plus(more))
                if room is not None:
                    free[room.pk] += len(part)
                    for one in part:
                        del taken[one.pk]

        lay(0, Cost())
        return sorted(best.values(), key=lambda found: found[0])[:MOST_WAYS]

    def _candidates(self, part: list[Migrant], free: dict[int, int], taken: dict[uuid.UUID, Room]) -> list[tuple[Room, Cost]]:
        used = {room.pk for room in taken.values()}
        found = []
        for room in self.rooms:
            misfit = self.fits(part, room, taken) if free[room.pk] >= len(part) else None
            if misfit is None:
                continue
            family_there = any(self.places.with_family(one, room) for one in part)
            cost = Cost(apart=sum(self._is_apart(one, room, taken) for one in part), rooms=int(room.pk not in used and not family_there), misfit=misfit * len(part))
            found.append((cost, free[room.pk] - len(part), room.name, room))
        found.sort(key=lambda one: one[:3])
        return [(room, cost) for cost, _left, _name, room in found[:MOST_ROOMS]]

    def _is_apart(self, person: Migrant, room: Room, taken: dict[uuid.UUID, Room]) -> bool:
        if not person.is_minor() or person.accompanied_by_id is None:
            return False
        adults = taken.get(person.accompanied_by_id) or self.places.room_of(person.accompanied_by_id)
        if adults is None or (any(one.pk == person.accompanied_by_id for one in self.members) and person.accompanied_by_id not in taken):
            return False  # in one part with this child, or without a bed
        return adults.pk != room.pk

    def _keep(self, best: dict, cost: Cost, taken: dict[uuid.UUID, Room]) -> None:
        way = Way({one.pk: taken.get(one.pk) for one in self.members}, self.members)
        known = best.get(way.signature)
        if known is None or cost < known[0]:
            best[way.signature] = (cost, way)
            if len(best) > MOST_WAYS * 20:
                del best[max(best, key=lambda key: best[key][0])]


def room_for(people: Sequence[Migrant], places: Places) -> Room | None:
    """A room in which all of these, who may have beds already, could sleep together; None where none fits."""
    own: dict[int, int] = defaultdict(int)
    candidates = {room.pk: room for room in places.rooms()}
    for person in people:
        room = places.room_of(person.pk)
        if room is not None and room.kind != Kind.ISOLATION:
            own[room.pk] += 1
            candidates.setdefault(room.pk, room)
    household = Household(people, places)
    fitting = [
        (-own[room.pk], misfit, room.name, room)
        for room in candidates.values()
        if len(places.free_in(room)) + own[room.pk] >= len(people) and (misfit := household.fits(people, room, {})) is not None
    ]
    return min(fitting, key=lambda one: one[:3])[3] if fitting else None


@dataclass
class Plan:
    """A bed for each of those who arrive together, and the households that fit nowhere whole with the ways to part them."""

    proposals: dict[uuid.UUID, Proposal]
    parted: list[tuple[list[Migrant], list[Way]]]
    by_rule: dict[uuid.UUID, set[int]]  # keys of the rooms where the rule would lay each person


def plan_all(people: Iterable[Migrant], places: Places, *, chosen: int = 0) -> Plan:
    """No bed twice, families in one room where there is one. `chosen`: which of the ways to part a household is taken."""
    plan = Plan({}, [], defaultdict(set))
    for family in families_of(people):
        coming = {person.pk for person in family if not places.is_infant(person)}
        with_adult = [one for one in family if places.is_infant(one) and (places.shares(one) or one.accompanied_by_id in coming)]
        members = [person for person in family if person not in with_adult]
        if len(family) == 1:
            for person in members:
                plan.proposals[person.pk] = places.propose(person)
                places.take(person, plan.proposals[person.pk].bed)
        else:
            _lay_household(members, family, places, plan, chosen)
        for infant in with_adult:
            plan.proposals[infant.pk] = places.propose(infant) if places.shares(infant) else Proposal(None)
    return plan


def _lay_household(members: list[Migrant], family: list[Migrant], places: Places, plan: Plan, chosen: int) -> None:
    ways = Household(members, places).ways()
    if len(ways) > 1 or (ways and not ways[0].is_whole):
        plan.parted.append((family, ways))
    for way in ways:
        for key, room in way.rooms.items():
            if room is not None:
                plan.by_rule[key].add(room.pk)
    taken = ways[min(chosen, len(ways) - 1)].rooms if ways else {}
    for person in sorted(members, key=arriving):
        room = taken.get(person.pk)
        bed = next(iter(places.free_in(room)), None) if room is not None else None
        plan.proposals[person.pk] = Proposal(bed, _why(person, room, places)) if bed and room else Proposal(None)
        places.take(person, bed)


def _why(person: Migrant, room: Room, places: Places) -> str:
    adults_room = places.room_of(person.accompanied_by_id)
    if places.with_family(person, room) or (person.is_minor() and adults_room is not None and adults_room.pk == room.pk):
        return _("près de sa famille")
    words = {Kind.FAMILIES: _("chambre de familles"), Kind.WOMEN: _("chambre de femmes"), Kind.MEN: _("chambre d’hommes"), Kind.MINORS: _("chambre de mineurs")}
    return words[Kind(room.kind)]
