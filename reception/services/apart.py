"""Children sleep where the adult who answers for them does. Part of services, and none of its own."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Migrant, years_before
from centres.models import Centre, Room

from .. import beds
from ..family_beds import room_for
from ..models import Stay


def shares_words(infant: Migrant) -> str:
    return _("%(child)s partage le lit de %(adult)s : à cet âge, un enfant n’a pas de lit à lui.") % {"child": infant, "adult": infant.accompanied_by}


def refuse_apart(centre: Centre, people: Iterable[Migrant]) -> None:
    """No child sleeps in another room than the adult who answers for it while a room has place for them together: asked of these people, adults
    and children, once all of them are laid. A room of isolation is given for a medical reason. Raises ApartFrom."""
    people = list(people)
    adults = {one.pk for one in people if not one.is_minor()} | {one.accompanied_by_id for one in people if one.is_minor() and one.accompanied_by_id}
    inside = Stay.objects.open().at(centre).filter(Q(migrant__in=adults) | Q(migrant__accompanied_by__in=adults)).select_related("migrant__accompanied_by")
    present = [stay.migrant for stay in inside.order_by("migrant__born_on", "migrant_id")]
    if not any(one.is_minor() for one in present):
        return
    places = beds.Places(centre)
    for adult in (one for one in present if one.pk in adults):
        children = [one for one in present if one.accompanied_by_id == adult.pk and one.is_minor() and not places.shares(one)]
        theirs = places.room_of(adult.pk)
        if theirs is None or theirs.kind == Room.Kind.ISOLATION:
            continue
        rooms = {one.pk: room for one in children if (room := places.room_of(one.pk)) and room.kind != Room.Kind.ISOLATION}
        apart = [one for one in children if one.pk in rooms and rooms[one.pk].pk != theirs.pk]
        if not apart:
            continue
        together = theirs if places.free_in(theirs) else room_for([adult, *(one for one in children if one.pk in rooms)], places)
        if together is not None:
            raise ApartFrom(adult, apart, together)


class ApartFrom(ValidationError):
    """Children would sleep in another room than the adult who answers for them, though a room has place."""

    def __init__(self, adult: Migrant, children: list[Migrant], room: Room):
        self.children, self.adult = children, adult
        words = _("%(children)s ne peut pas dormir dans une autre chambre que %(adult)s : la chambre « %(room)s » a assez de place pour les garder ensemble.")
        if len(children) > 1:
            words = _("%(children)s ne peuvent pas dormir dans une autre chambre que %(adult)s : la chambre « %(room)s » a assez de place pour les garder ensemble.")
        names = _(" et ").join(str(one) for one in children)
        super().__init__({"bed": ValidationError(words % {"children": names, "adult": adult, "room": room}, code="apart")})


def children_with(stay: Stay) -> list[Stay]:
    """Open stays at the same centre of the children this person answers for and who have a bed of their own age: they change rooms with them."""
    mine = Stay.objects.open().at(stay.centre).filter(migrant__accompanied_by=stay.migrant_id).select_related("migrant__accompanied_by", "centre")
    limit = years_before(timezone.localdate(), stay.centre.shared_bed_age)
    return [one for one in mine.order_by("-migrant__born_on", "migrant_id") if one.migrant.is_minor() and one.migrant.born_on <= limit]
