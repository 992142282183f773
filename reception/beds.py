"""Which bed for whom: what is free, what fits, what to propose."""

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from cases.models import Migrant
from centres.models import Bed, Centre, Room

from .models import BedAssignment, Stay

Kind = Room.Kind
OWN_SEX = {Migrant.Sex.FEMALE.value: Kind.WOMEN, Migrant.Sex.MALE.value: Kind.MEN}


def free_beds(centre: Centre) -> QuerySet[Bed]:
    """Usable beds in which nobody sleeps, room by room."""
    taken = BedAssignment.objects.filter(bed=OuterRef("pk"), until__isnull=True)
    return Bed.objects.usable().filter(~Exists(taken), room__centre=centre).select_related("room").order_by("room__kind", "room__name", "label", "pk")


def refusal(migrant: Migrant, room: Room) -> str:
    """Why this person doesn't sleep in this room, in words; empty when they may.

    Children stay apart from adults they don't know (action document, 4.6; CRC); nobody sleeps with adults of the other sex."""
    kind = room.kind
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


def _rooms_of_family(migrant: Migrant, centre: Centre) -> set[int]:
    """Rooms of this centre where somebody of the person's household sleeps now."""
    if migrant.household_id is None:
        return set()
    here = BedAssignment.objects.filter(until__isnull=True, stay__migrant__household=migrant.household_id, bed__room__centre=centre)
    return set(here.exclude(stay__migrant=migrant.pk).values_list("bed__room_id", flat=True))


def _wanted_kinds(migrant: Migrant) -> list[str]:
    """Kinds of room, the best first. Of a person whose sex isn't known nothing is assumed: they are asked."""
    if migrant.is_unaccompanied_minor:
        return [Kind.MINORS, Kind.FAMILIES]
    own: list[str] = [OWN_SEX[migrant.sex]] if migrant.sex in OWN_SEX else []
    if migrant.is_minor():
        return [Kind.FAMILIES]
    return [Kind.FAMILIES, *own] if migrant.household_id is not None else own


def suitable_beds(migrant: Migrant, centre: Centre) -> tuple[list[Bed], Bed | None]:
    """The free beds where the person may sleep, and the one to propose: near their family, else by age and sex; None if none fits."""
    beds = [bed for bed in free_beds(centre) if not refusal(migrant, bed.room)]
    near = _rooms_of_family(migrant, centre)
    for bed in beds:
        if bed.room_id in near:
            return beds, bed
    for kind in _wanted_kinds(migrant):
        for bed in beds:
            if bed.room.kind == kind:
                return beds, bed
    return beds, None


def bed_of(stay: Stay) -> BedAssignment | None:
    """Where the person sleeps now."""
    return stay.beds.filter(until__isnull=True).select_related("bed__room").first()
