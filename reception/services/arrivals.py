"""Several people arrive at once: each is admitted as alone (`admit`), all of them or nobody."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, lock_key, service
from cases.models import Migrant
from centres.models import Bed, Centre

from ..beds import Places, arriving
from ..family_beds import plan_all
from ..models import Stay
from .apart import ApartFrom, refuse_apart
from .stays import admit, lock_person, refuse_undone

MOST_ARRIVING = 60  # a bus


@dataclass(frozen=True)
class Arrival:
    """One of those who arrive, and where they sleep."""

    migrant: Migrant
    bed: Bed | None = None
    bed_reason: str = ""


class RefusedTogether(ValidationError):
    """Nobody was admitted; `by_person`: key of the person → what stands against it."""

    def __init__(self, by_person: dict[uuid.UUID, ValidationError]):
        self.by_person = by_person
        super().__init__(_("Personne n’a été admis : corrigez ce qui est signalé, puis enregistrez de nouveau."), code="together")


@service
def check_in_together(
    *, actor: User, id: uuid.UUID, centre: Centre, arrivals: Sequence[Arrival], origin: str, came_from: str = "", arrived_at: datetime.datetime | None = None
) -> list[Stay]:
    """They arrive at the centre together. The same `id` again is the same arrival. Raises RefusedTogether with words for each person,
    and what `admit` raises for all (PermissionDenied, SameKeyOtherContent)."""
    if not 0 < len(arrivals) <= MOST_ARRIVING:
        raise ValidationError({"people": _("Choisissez entre une et %(n)s personnes.") % {"n": MOST_ARRIVING}})
    lock_key(id)
    keys = {one.migrant.pk: uuid.uuid5(id, str(one.migrant.pk)) for one in arrivals}
    refuse_undone(keys.values())
    if Stay.objects.filter(pk__in=keys.values()).count() not in (0, len(keys)):
        raise SameKeyOtherContent  # they came together or not at all: with one of them more it is another arrival
    refused: dict[uuid.UUID, ValidationError] = {}
    for one in sorted(arrivals, key=lambda one: one.migrant.pk):  # the people, then the beds, each in one order: nobody waits in a circle
        try:
            lock_person(one.migrant.pk)
        except ValidationError as error:
            refused[one.migrant.pk] = error
    list(Bed.objects.select_for_update(of=("self",)).filter(pk__in=[one.bed.pk for one in arrivals if one.bed]).order_by("pk"))
    rule = plan_all([one.migrant for one in arrivals], Places(centre)).by_rule
    stays = []
    for one in sorted(arrivals, key=lambda one: arriving(one.migrant)):
        if one.migrant.pk in refused:
            continue
        try:
            with transaction.atomic():
                stay, _made = admit(
                    actor=actor,
                    id=keys[one.migrant.pk],
                    migrant=one.migrant,
                    centre=centre,
                    origin=origin,
                    came_from=came_from,
                    bed=one.bed,
                    bed_reason=one.bed_reason,
                    arrived_at=arrived_at,
                    by_rule=rule[one.migrant.pk],
                )
        except ValidationError as error:
            refused[one.migrant.pk] = error
        else:
            stays.append(stay)
    if not refused:
        try:
            refuse_apart(centre, [one.migrant for one in arrivals])
        except ApartFrom as apart:
            refused = {child.pk: apart for child in apart.children}
    if refused:
        raise RefusedTogether(refused)
    return stays
