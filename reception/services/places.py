"""Rooms and beds of a centre, and beds that can't be used for a while. For its manager."""

import datetime
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import Stale, service
from cases.cleaning import clean_line
from centres.access import may
from centres.models import Bed, BedBlock, Centre, Room
from centres.roles import Right
from config.refusals import in_words

from .. import beds as rules
from ..models import BedAssignment
from ..models.sleeping import SLEPT_IN

MOST_BEDS = 60  # at once
EARLIEST, LATEST = datetime.timedelta(days=31), datetime.timedelta(days=366)


def refuse_others(actor: User, centre: Centre) -> None:
    """Raises PermissionDenied for whoever doesn't manage this centre."""
    if not may(actor, Right.MANAGE_CENTRE, centre):
        raise PermissionDenied


def _near(field: str, *days: datetime.date | None) -> None:
    """A slip of the year rewrites the capacity of long ago: refused."""
    today = timezone.localdate()
    for day in days:
        if day is not None and not today - EARLIEST <= day <= today + LATEST:
            raise ValidationError({field: _("Vérifiez la date : au plus tôt il y a un mois, au plus tard dans un an.")})


# --- rooms -------------------------------------------------------------------------------------------------------


@service
def add_room(*, actor: User, centre: Centre, name: str, kind: str) -> Room:
    """Raises PermissionDenied, ValidationError."""
    refuse_others(actor, centre)
    room = Room(centre=centre, name=clean_line(name), kind=kind)
    room.clean_fields(exclude=["centre"])
    with in_words(Room):
        room.save(force_insert=True)
    return room


@service
def change_room(*, actor: User, room: Room, name: str, kind: str, version: int | None = None) -> Room:
    """Another name, or another kind if everybody who sleeps there now may sleep in it. Raises PermissionDenied, ValidationError, Stale."""
    room = Room.objects.select_for_update(of=("self",)).select_related("centre").get(pk=room.pk)
    refuse_others(actor, room.centre)
    name = clean_line(name)
    if (room.name, room.kind) == (name, kind):
        return room  # a second click
    if version is not None and room.version != version:
        raise Stale(room)
    if kind != room.kind:
        _refuse_kind(room, kind)
    room.name, room.kind = name, kind
    room.version += 1
    room.clean_fields(exclude=["centre"])
    with in_words(Room):
        room.save(update_fields=["name", "kind", "version"])
    return room


def _refuse_kind(room: Room, kind: str) -> None:
    """Nobody is laid there meanwhile: whoever gives a bed locks it, then reads the kind of its room."""
    list(Bed.objects.select_for_update(of=("self",)).filter(room=room).order_by("pk"))
    then = Room(centre=room.centre, name=room.name, kind=kind)
    sleeping = BedAssignment.objects.filter(bed__room=room, until__isnull=True).select_related("stay__migrant", "bed").order_by("bed__label")
    refused = [(one.bed.label, why) for one in sleeping if (why := rules.refusal(one.stay.migrant, then))]
    if refused:
        words = _("Lit %(bed)s : qui y dort ne peut pas rester dans une chambre de ce genre. %(why)s Donnez‑lui d’abord un autre lit.")
        raise ValidationError({"kind": [words % {"bed": label, "why": why} for label, why in refused]})


# --- beds --------------------------------------------------------------------------------------------------------


def next_number(room: Room) -> int:
    """The number after the highest label of the room: that of a bed withdrawn long ago is not given again."""
    numbers = [int(label) for label in room.beds.values_list("label", flat=True) if label.isascii() and label.isdigit()]
    return max(numbers, default=0) + 1


@service
def add_beds(*, actor: User, room: Room, first: int, number: int, since: datetime.date | None = None) -> list[Bed]:
    """So many beds more, numbered from `first`. Sent twice they are the same beds. Raises PermissionDenied, ValidationError."""
    room = Room.objects.select_for_update(of=("self",)).select_related("centre").get(pk=room.pk)
    refuse_others(actor, room.centre)
    if not 1 <= number <= MOST_BEDS:
        raise ValidationError({"number": _("Ajoutez de 1 à %(most)s lits à la fois.") % {"most": MOST_BEDS}})
    if not 1 <= first <= 9999:
        raise ValidationError({"first": _("Le premier numéro est entre 1 et 9999.")})
    since = since or timezone.localdate()
    _near("since", since)
    labels = [f"{label:02}" for label in range(first, first + number)]
    there = list(Bed.objects.filter(room=room, label__in=labels).order_by("pk"))
    if len(there) == number and all(bed.since == since and bed.until is None for bed in there):
        return there
    if there:
        taken = ", ".join(bed.label for bed in there)
        raise ValidationError({"first": _("Cette chambre a déjà ces lits : %(beds)s. Commencez à un autre numéro.") % {"beds": taken}})
    with in_words(Bed):
        return Bed.objects.bulk_create(Bed(room=room, label=label, since=since) for label in labels)


def _lock_bed(actor: User, bed: Bed) -> Bed:
    bed = Bed.objects.select_for_update(of=("self",)).select_related("room__centre").get(pk=bed.pk)
    refuse_others(actor, bed.room.centre)
    return bed


def _slept_in(bed: Bed) -> dict[str, str]:
    return {SLEPT_IN: _("Quelqu’un dort dans le lit « %(bed)s » ce jour‑là. Donnez‑lui d’abord un autre lit.") % {"bed": bed}}


@service
def withdraw_bed(*, actor: User, bed: Bed, on: datetime.date | None = None) -> Bed:
    """From this day (today) on the centre no longer has this bed. Raises PermissionDenied, ValidationError."""
    bed = _lock_bed(actor, bed)
    on = on or timezone.localdate()
    if bed.until == on:
        return bed
    if bed.until is not None and bed.until <= timezone.localdate():
        raise ValidationError(_("Ce lit est déjà retiré depuis le %(day)s.") % {"day": formats.date_format(bed.until)})
    _near("on", on)
    bed.until = on
    try:
        with in_words(Bed, triggers=_slept_in(bed)):
            bed.save(update_fields=["until"])
    except ValidationError as error:
        raise ValidationError({"on": error}) from error
    return bed


@service
def put_back_bed(*, actor: User, bed: Bed) -> Bed:
    """A withdrawal noted by mistake, or given up, as long as no night has passed since. Raises PermissionDenied, ValidationError."""
    bed = _lock_bed(actor, bed)
    if bed.until is None:
        return bed
    if bed.until < timezone.localdate():
        raise ValidationError(_("Ce lit est retiré depuis le %(day)s : ajoutez un nouveau lit.") % {"day": formats.date_format(bed.until)})
    bed.until = None
    bed.save(update_fields=["until"])
    return bed


# --- beds blocked ------------------------------------------------------------------------------------------------


@service
def block_beds(
    *, actor: User, centre: Centre, beds: Iterable[Bed], reason: str, note: str = "", since: datetime.date | None = None, until: datetime.date | None = None
) -> list[BedBlock]:
    """Nobody sleeps in these beds from `since` (today) until they can be used again on `until` (not known: None). All or none.
    Sent twice it is the same. Raises PermissionDenied, ValidationError."""
    refuse_others(actor, centre)
    since = since or timezone.localdate()
    _near("since", since)
    _near("until", until)
    blocks = []
    for bed in Bed.objects.select_for_update(of=("self",)).filter(pk__in=[bed.pk for bed in beds], room__centre=centre).select_related("room").order_by("pk"):
        block = BedBlock(bed=bed, reason=reason, note=clean_line(note), since=since, until=until, blocked_by=actor)
        block.clean_fields(exclude=["bed", "blocked_by"])
        if reason == BedBlock.Reason.OTHER and not block.note:
            raise ValidationError({"note": _("Dites pourquoi le lit est bloqué.")})
        if since < bed.since or (bed.until is not None and bed.until <= since):
            raise ValidationError({"beds": _("Le lit « %(bed)s » n’est pas au centre ce jour‑là.") % {"bed": bed}})
        same = BedBlock.objects.filter(bed=bed, reason=reason, note=block.note, since=since, until=until).first()
        if same is None:
            try:
                with in_words(BedBlock, triggers=_slept_in(bed)):
                    block.save(force_insert=True)
            except ValidationError as error:
                raise ValidationError({"until" if error.code == "bed_block_dates" else "beds": error}) from error
        blocks.append(same or block)
    if not blocks:
        raise ValidationError({"beds": _("Choisissez au moins un lit.")})
    return blocks


@service
def change_block(*, actor: User, block: BedBlock, until: datetime.date | None) -> BedBlock | None:
    """The bed can be used again on another day, earlier or later. A block that would have lasted no day at all is gone: None.
    Raises PermissionDenied, ValidationError."""
    bed = _lock_bed(actor, Bed(pk=block.bed_id))
    found = BedBlock.objects.select_for_update(of=("self",)).filter(pk=block.pk).first()
    if found is None or found.until == until:
        return found  # a second click
    block = found
    today = timezone.localdate()
    if block.until is not None and block.until <= today:
        raise ValidationError(_("Ce blocage est terminé depuis le %(day)s : bloquez le lit de nouveau.") % {"day": formats.date_format(block.until)})
    if until is not None and until < today:
        raise ValidationError({"until": _("Le lit est de nouveau utilisable au plus tôt aujourd’hui.")})
    _near("until", until)
    if until is not None and until <= block.since:
        block.delete()
        return None
    block.until = until
    try:
        with in_words(BedBlock, triggers=_slept_in(bed)):
            block.save(update_fields=["until"])
    except ValidationError as error:
        raise ValidationError({"until": error}) from error
    return block
