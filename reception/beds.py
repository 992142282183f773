"""Which bed for whom: what is free, what fits, what to propose and why."""

import datetime
import uuid
from collections import Counter
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases.models import ADULT_AGE, Custody, Migrant, years_before
from centres.access import may
from centres.models import Bed, Centre, Room
from centres.roles import Right

from .models import BedAssignment, Stay

Kind = Room.Kind
OWN_SEX = {Migrant.Sex.FEMALE.value: Kind.WOMEN, Migrant.Sex.MALE.value: Kind.MEN}
CHOSEN = (Kind.MEN, Kind.WOMEN, Kind.FAMILIES)  # where somebody whose sex isn't known may ask to sleep


def kept_beds(on: datetime.date | None = None) -> QuerySet[Stay]:
    """Stays of those in hospital whose bed is kept for them on this day (today)."""
    return Stay.objects.filter(kept_until__gte=on or timezone.localdate(), kept_bed__isnull=False)


def kept_named(user: User, centre: Centre) -> QuerySet[Stay]:
    """Of the kept beds of this centre, those for people whom it still cares for and whose file the user reads: they may be named."""
    theirs = Custody.objects.filter(migrant=OuterRef("migrant"), centre=centre, until__isnull=True)
    return kept_beds().filter(Exists(theirs), centre=centre) if may(user, Right.VIEW_CASE, centre) else Stay.objects.none()


def held_beds() -> QuerySet[Bed]:
    """Usable beds in which nobody sleeps because they are kept for somebody in hospital: not free, and not taken."""
    taken = BedAssignment.objects.filter(bed=OuterRef("pk"), until__isnull=True)
    return Bed.objects.usable().filter(Exists(kept_beds().filter(kept_bed=OuterRef("pk"))), ~Exists(taken))


def free_isolation() -> QuerySet[Bed]:
    """Free beds that are given for a medical reason, and never proposed."""
    taken = BedAssignment.objects.filter(bed=OuterRef("pk"), until__isnull=True)
    return Bed.objects.usable().filter(~Exists(taken), ~Exists(kept_beds().filter(kept_bed=OuterRef("pk"))), room__kind=Kind.ISOLATION)


def free_beds(centre: Centre, *, person: uuid.UUID | None = None) -> QuerySet[Bed]:
    """Usable beds in which nobody sleeps and that are kept for nobody else, room by room; `is_kept`: for this person."""
    taken = BedAssignment.objects.filter(bed=OuterRef("pk"), until__isnull=True)
    kept = kept_beds().exclude(migrant=person).filter(kept_bed=OuterRef("pk"))
    mine = Exists(kept_beds().filter(migrant=person, kept_bed=OuterRef("pk"))) if person else Value(False)
    free = Bed.objects.usable().filter(~Exists(taken), ~Exists(kept), room__centre=centre).annotate(is_kept=mine)
    return free.select_related("room").order_by("room__kind", "room__name", "label", "pk")


def refusal(migrant: Migrant, room: Room) -> str:
    """Why this person doesn't sleep in this room, in words; empty when they may.

    Children stay apart from adults they don't know (action document, 4.6; CRC); nobody sleeps with adults of the other sex."""
    kind = room.kind
    if kind == Kind.ISOLATION:
        return ""  # for a medical reason, which whoever decides it writes down
    if migrant.is_unaccompanied_minor:
        if kind in (Kind.MEN, Kind.WOMEN):
            return _("Un enfant sans adulte responsable ne dort pas dans une chambre d’adultes : choisissez une chambre de mineurs.")
        return ""
    if migrant.is_minor():
        return ""  # where the adult who answers for the child sleeps
    if kind == Kind.MINORS:
        return _("Cette chambre est réservée aux mineurs. Choisissez-en une autre.")
    if kind in (Kind.MEN, Kind.WOMEN) and migrant.sex in OWN_SEX and kind != OWN_SEX[Migrant.Sex(migrant.sex).value]:
        return _("Cette chambre est réservée aux femmes.") if kind == Kind.WOMEN else _("Cette chambre est réservée aux hommes.")
    return ""


@dataclass(frozen=True)
class Proposal:
    """The bed that the rule proposes (None: none), and why, in words. `shared`: none is needed, the person sleeps in that of their adult."""

    bed: Bed | None
    why: str = ""
    shared: bool = False


@dataclass(frozen=True)
class Sleeper:
    """As much of somebody in a room as the rule asks for."""

    person: uuid.UUID
    household: uuid.UUID | int | None
    born_on: datetime.date
    accompanied: bool

    def is_adult(self, limit: datetime.date) -> bool:
        return self.born_on <= limit


class Places:
    """The free beds of a centre and who sleeps in which room, read once (two queries). A bed that was proposed to one is gone for the next."""

    def __init__(self, centre: Centre, *, person: uuid.UUID | None = None):
        self.centre = centre
        self.beds = list(free_beds(centre, person=person))
        self._kept = {bed.pk for bed in self.beds if bed.is_kept}  # type: ignore[attr-defined]
        self._sleepers: dict[int, list[Sleeper]] = {}
        self._room_of: dict[uuid.UUID, Room] = {}
        columns = ("stay__migrant_id", "stay__migrant__household_id", "stay__migrant__born_on", "stay__migrant__accompanied_by_id")
        room = ("bed__room_id", "bed__room__name", "bed__room__kind")
        rows = BedAssignment.objects.filter(until__isnull=True, bed__room__centre=centre).order_by("pk")
        for key, household, born_on, adult, room_key, name, kind in rows.values_list(*columns, *room):
            self._sleepers.setdefault(room_key, []).append(Sleeper(key, household, born_on, adult is not None))
            self._room_of[key] = Room(pk=room_key, centre=centre, name=name, kind=kind)
        today = timezone.localdate()
        self._adult_since = years_before(today, ADULT_AGE)
        self._own_bed_since = years_before(today, centre.shared_bed_age)

    def is_infant(self, migrant: Migrant) -> bool:
        """So young that they share the bed of the adult who answers for them."""
        return migrant.born_on > self._own_bed_since and migrant.accompanied_by_id is not None

    def shares(self, migrant: Migrant) -> bool:
        """Does the person sleep in the bed of their adult, who has one here (not of isolation, where nobody is with the sick)?"""
        room = self.room_of(migrant.accompanied_by_id)
        return self.is_infant(migrant) and room is not None and room.kind != Kind.ISOLATION

    def room_of(self, person: uuid.UUID | None) -> Room | None:
        """Where somebody sleeps now, or is laid by what was proposed."""
        return self._room_of.get(person) if person is not None else None

    def rooms(self) -> list[Room]:
        """Those with a free bed, isolation apart."""
        return list({bed.room_id: bed.room for bed in self.beds if bed.room.kind != Kind.ISOLATION}.values())

    def free_in(self, room: Room) -> list[Bed]:
        return [bed for bed in self.beds if bed.room_id == room.pk]

    def suitable(self, migrant: Migrant) -> list[Bed]:
        """The free beds where the person may sleep."""
        shared = self.shares(migrant)
        return [bed for bed in self.beds if not refusal(migrant, bed.room) and (not shared or bed.room.kind == Kind.ISOLATION)]

    def propose(self, migrant: Migrant, number: int = 1) -> Proposal:
        """The best bed for the person. `number`: how many of their family come with them now, themselves included."""
        if self.shares(migrant):
            return Proposal(None, _("partage le lit de %(adult)s") % {"adult": migrant.accompanied_by}, shared=True)
        left = Counter(bed.room_id for bed in self.beds)
        best: tuple[int, str, Bed] | None = None
        for bed in self.beds:
            ranked = self._rank(migrant, bed, left[bed.room_id] >= number)
            if ranked is not None and (best is None or ranked[0] < best[0]):
                best = (*ranked, bed)
        return Proposal(best[2], best[1]) if best else Proposal(None)

    def take(self, migrant: Migrant, bed: Bed | None) -> None:
        """The person sleeps there: nobody else is proposed this bed, and their family is proposed the room."""
        if bed is not None:
            self.beds = [one for one in self.beds if one.pk != bed.pk]
            self._sleepers.setdefault(bed.room_id, []).append(Sleeper(migrant.pk, migrant.household_id, migrant.born_on, migrant.accompanied_by_id is not None))
            self._room_of[migrant.pk] = bed.room

    def by_rule(self, migrant: Migrant, bed: Bed) -> bool:
        """Is this bed as good by the rule as the one it proposes?"""
        if not migrant.is_minor() and migrant.sex not in OWN_SEX and bed.room.kind in CHOSEN:
            return True  # nothing is assumed of them: they were asked
        mine, best = self._rank(migrant, bed, True), self.propose(migrant)
        if mine is None:
            return False
        if best.bed is None:
            return True
        found = self._rank(migrant, best.bed, True)
        return found is not None and mine[0] <= found[0]

    def strangers_refuse(self, migrant: Migrant, room: Room) -> bool:
        """Children alone and adults whom they don't know are not proposed one room."""
        _family, strangers = self._others(migrant, room)
        if migrant.is_unaccompanied_minor:
            return room.kind != Kind.MINORS and any(one.is_adult(self._adult_since) for one in strangers)
        return room.kind == Kind.FAMILIES and any(not one.accompanied and not one.is_adult(self._adult_since) for one in strangers)

    def is_empty(self, room: Room) -> bool:
        return not self._sleepers.get(room.pk)

    def with_family(self, migrant: Migrant, room: Room, *, adults: bool = False) -> bool:
        """Does somebody of the person's household sleep there (an adult of it)?"""
        family, _strangers = self._others(migrant, room)
        return any(one.is_adult(self._adult_since) for one in family) if adults else bool(family)

    def _others(self, migrant: Migrant, room: Room) -> tuple[list[Sleeper], list[Sleeper]]:
        """Who else sleeps there: of the same household, and strangers."""
        others = [one for one in self._sleepers.get(room.pk, []) if one.person != migrant.pk]
        family = [one for one in others if migrant.household_id is not None and one.household == migrant.household_id]
        return family, [one for one in others if one not in family]

    def _rank(self, migrant: Migrant, bed: Bed, enough: bool) -> tuple[int, str] | None:
        """How well the bed fits, 0 the best, and why; None: never proposed. Of a person whose sex isn't known nothing is assumed: they are asked."""
        room, kind = bed.room, bed.room.kind
        if kind == Kind.ISOLATION or refusal(migrant, room):
            return None
        if bed.pk in self._kept:
            return 0, _("son lit, gardé pendant l’hospitalisation")
        if self.strangers_refuse(migrant, room):
            return None
        alone, adults_room = migrant.is_unaccompanied_minor, self.room_of(migrant.accompanied_by_id)
        if migrant.is_minor() and adults_room is not None and adults_room.pk == room.pk:
            return 1, _("près de sa famille")
        if self.with_family(migrant, room):
            return 2, _("près de sa famille")
        if alone:
            return {Kind.MINORS: (3, _("chambre de mineurs")), Kind.FAMILIES: (4, _("chambre de familles sans adulte inconnu : plus de place chez les mineurs"))}.get(
                Kind(kind)
            )
        empty = self.is_empty(room)
        if kind == Kind.FAMILIES and (migrant.is_minor() or migrant.household_id is not None):
            return (3 if enough and empty else 4 if empty else 5), _("chambre de familles")
        if not migrant.is_minor() and migrant.sex in OWN_SEX and kind == OWN_SEX[Migrant.Sex(migrant.sex).value]:
            words = _("chambre de femmes") if kind == Kind.WOMEN else _("chambre d’hommes")
            return (6 if migrant.household_id is not None else 3), words
        return None


def suitable_beds(migrant: Migrant, centre: Centre) -> tuple[list[Bed], Bed | None]:
    """The free beds where the person may sleep, and the one to propose; None if none fits."""
    places = Places(centre, person=migrant.pk)
    return places.suitable(migrant), places.propose(migrant).bed


def arriving(person: Migrant) -> tuple[bool, str, uuid.UUID]:
    """In which order those who come together are given a bed."""
    return person.is_minor(), str(person.household_id or ""), person.pk


def bed_of(stay: Stay) -> BedAssignment | None:
    """Where the person sleeps now."""
    return stay.beds.filter(until__isnull=True).select_related("bed__room").first()
