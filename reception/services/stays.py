"""Arrival, bed, departure. Pages and API come here, and hold no rules."""

import datetime
import hashlib
import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from cases import deaths
from cases.cleaning import clean_line
from cases.models import Custody, Migrant
from cases.services import open_custody, refuse_merged
from centres.access import allows, may
from centres.models import Bed, Centre
from centres.roles import Right
from config.countries import country_choices
from config.refusals import in_words

from .. import beds, flags
from ..models import BedAssignment, Stay

INSTANT = datetime.timedelta(microseconds=1)


class AlreadyLeft(ValidationError):
    """The stay has ended: nothing more can be written on it."""


def _moment(when: datetime.datetime) -> str:
    local = timezone.localtime(when)
    return _("%(date)s à %(time)s") % {"date": formats.date_format(local, "DATE_FORMAT"), "time": formats.time_format(local, "H:i")}


def _digest(*parts: Any) -> str:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


def lock_person(migrant_id: uuid.UUID) -> Migrant:
    """Whoever writes about the same person waits. Always the first row to be locked, so that nobody waits in a circle.

    Raises ValidationError if the file was joined to another one meanwhile."""
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant_id)
    refuse_merged(migrant)
    return migrant


def _lock_stay(actor: User, stay: Stay) -> Stay:
    """The stay as it is now, for a write. Raises PermissionDenied."""
    return _lock_stay_as(actor, stay, Right.RECEIVE)


def _lock_stay_as(actor: User, stay: Stay, right: Right) -> Stay:
    lock_person(stay.migrant_id)
    stay = Stay.objects.select_for_update(of=("self",)).select_related("migrant", "centre").get(pk=stay.pk)
    if not allows(actor, right, stay, writing=True):
        raise PermissionDenied
    return stay


# --- arrival -----------------------------------------------------------------------------------------------------


@service
def check_in(
    *,
    actor: User,
    migrant: Migrant,
    centre: Centre,
    origin: str,
    came_from: str = "",
    bed: Bed | None = None,
    id: uuid.UUID,
    arrived_at: datetime.datetime | None = None,
) -> tuple[Stay, bool]:
    """The person arrives at the centre, which alone cares for them from now on. Returns (stay, was it made now?).

    One open stay a person, whatever the centre. `arrived_at`: when it is written down later than it happened.
    The same `id` with the same content gives the same stay, with other content raises SameKeyOtherContent.
    Raises PermissionDenied (no right at the centre, or the person is not in the actor's scope), ValidationError."""
    if not may(actor, Right.RECEIVE, centre) or not Migrant.objects.visible_to(actor).filter(pk=migrant.pk).exists():
        raise PermissionDenied
    digest = _digest(migrant.pk, centre.code, origin, came_from, bed.pk if bed else "", arrived_at.isoformat() if arrived_at else "")
    lock_key(id)
    if existing := Stay.objects.filter(pk=id).select_related("migrant", "centre").first():
        if existing.checked_in_by_id != actor.pk or existing.digest != digest:
            raise SameKeyOtherContent
        return existing, False
    migrant = lock_person(migrant.pk)
    deaths.refuse(migrant)
    if words := flags.admission_refusal(flags.of([migrant.pk]).get(migrant.pk, ())):
        raise ValidationError(words, code="flag")
    _refuse_second_stay(actor, migrant, centre)
    if migrant.care_ended(actor) is not None:
        raise ValidationError(FOLLOWED_ELSEWHERE, code="followed_elsewhere")
    now = timezone.now()
    if came_from and came_from not in dict(country_choices()):
        raise ValidationError({"came_from": _("Choisissez un pays dans la liste.")})
    if arrived_at is not None:
        _check_arrival(migrant, centre, arrived_at, now)
    stay = Stay(id=id, migrant=migrant, centre=centre, arrived_at=arrived_at or now, origin=origin, came_from=came_from, checked_in_by=actor, digest=digest)
    stay.clean_fields(exclude=["migrant", "centre", "checked_in_by", "checked_out_by"])
    with in_words(Stay):
        stay.save(force_insert=True)
    transferred = origin == Stay.Origin.TRANSFERRED
    reason = Custody.Reason.TRANSFERRED if transferred else Custody.Reason.ARRIVED
    open_custody(actor=actor, migrant=migrant, centre=centre, reason=reason, exclusive=True, but_reintegration=True)
    if bed is not None:
        _lay(stay, bed)
    return stay, True


# Whoever comes back to a centre that let them go agrees anew, and both managers know (cases/services/takeovers.py).
FOLLOWED_ELSEWHERE = gettext_lazy(
    "Une autre équipe suit cette personne. Avec son accord, votre centre prend d’abord son dossier en charge ; ensuite vous notez son arrivée."
)


def _refuse_second_stay(actor: User, migrant: Migrant, centre: Centre) -> None:
    """Says where the person is only to those who work there too."""
    there = Stay.objects.open().filter(migrant=migrant).select_related("centre").first()
    if there is None:
        return
    if there.centre_id == centre.pk:
        words = _("Cette personne est déjà admise dans ce centre depuis le %(moment)s.") % {"moment": _moment(there.arrived_at)}
    elif may(actor, Right.VIEW_CENTRE, there.centre):
        words = _("Cette personne a un séjour en cours au centre de %(centre)s. Notez d’abord son départ de ce centre.") % {"centre": there.centre}
    else:
        words = _("Cette personne a un séjour en cours dans un autre centre. Ce centre doit d’abord noter son départ.")
    raise ValidationError(words, code="open_stay")


def _check_arrival(migrant: Migrant, centre: Centre, arrived_at: datetime.datetime, now: datetime.datetime) -> None:
    if arrived_at > now:
        raise ValidationError({"arrived_at": _("L’arrivée ne peut pas être dans l’avenir.")})
    if centre.functional_since and timezone.localdate(arrived_at) < centre.functional_since:
        raise ValidationError({"arrived_at": _("Le centre n’était pas encore ouvert ce jour-là. Vérifiez l’année.")})


# --- bed ---------------------------------------------------------------------------------------------------------


def _lay(stay: Stay, bed: Bed) -> BedAssignment:
    """Gives a free bed of the stay's centre that fits the person, from now on. Raises ValidationError for `bed`."""
    # Two people at once: one after the other. The room is read when the bed is locked: its kind may have changed meanwhile.
    bed = Bed.objects.select_for_update(of=("self",)).get(pk=bed.pk)
    if bed.room.centre_id != stay.centre_id:
        raise ValidationError({"bed": _("Ce lit n’est pas dans ce centre. Choisissez-en un autre.")})
    if not Bed.objects.usable().filter(pk=bed.pk).exists():
        raise ValidationError({"bed": _("Ce lit n’est pas utilisable. Choisissez-en un autre.")})
    if words := beds.refusal(stay.migrant, bed.room):
        raise ValidationError({"bed": words})
    if BedAssignment.objects.filter(bed=bed, until__isnull=True).exists():
        raise ValidationError({"bed": _("Ce lit vient d’être pris. Choisissez-en un autre.")}, code="taken")
    # The clock is read after the bed was found free: whoever left it did so before this instant.
    ended = stay.beds.order_by("-until").values_list("until", flat=True).first()
    now = timezone.now()
    assignment = BedAssignment(stay=stay, bed=bed, since=max(now, ended or now))
    try:
        with in_words(BedAssignment):
            assignment.save(force_insert=True)
    except ValidationError as error:
        raise ValidationError({"bed": error}) from error
    return assignment


def _leave_bed(stay: Stay, now: datetime.datetime) -> None:
    """The bed is free from now on; a bed that was given after this instant was in fact never slept in."""
    for assignment in BedAssignment.objects.filter(stay=stay, until__isnull=True):
        assignment.until = max(now, assignment.since + INSTANT)
        assignment.save(update_fields=["until"])


@service
def assign_bed(*, actor: User, stay: Stay, bed: Bed | None, version: int | None = None) -> Stay:
    """Gives the person a bed, or another one, or (None) none for the moment. The bed they had is free at the same instant.

    `version` is that of the stay the user saw: raises Stale if somebody moved the person since.
    Raises PermissionDenied, ValidationError."""
    stay = _lock_stay(actor, stay)
    now_in = BedAssignment.objects.filter(stay=stay, until__isnull=True).values_list("bed_id", flat=True).first()
    if stay.is_open and now_in == (bed.pk if bed else None):
        return stay  # a second click
    if version is not None and stay.version != version:
        raise Stale(stay)
    _refuse_closed(stay)
    _leave_bed(stay, timezone.now())
    if bed is not None:
        _lay(stay, bed)
    stay.version += 1
    stay.save(update_fields=["version"])
    return stay


def _refuse_closed(stay: Stay) -> None:
    if stay.departed_at is not None:
        raise AlreadyLeft(_("Cette personne est partie le %(moment)s : son séjour est terminé.") % {"moment": _moment(stay.departed_at)})


# --- departure ---------------------------------------------------------------------------------------------------


def close_stay(actor: User, stay: Stay, left: datetime.datetime, reason: str) -> None:
    """Ends an open stay that the caller has locked and checked. Part of a service, not one of its own."""
    _leave_bed(stay, left)
    stay.departed_at, stay.departure_reason, stay.checked_out_by = left, reason, actor
    stay.version += 1
    with in_words(Stay):
        stay.save(update_fields=["departed_at", "departure_reason", "checked_out_by", "version"])


@service
def check_out(
    *,
    actor: User,
    stay: Stay,
    reason: str,
    departed_at: datetime.datetime | None = None,
    transfer_to: Centre | None = None,
    version: int | None = None,
) -> Stay:
    """The person leaves; their bed is free. A transfer needs the right to manage the centre, names the centre that receives them,
    and hands the care of the person over to it: it finds them among those it awaits.

    Noted a second time with the same reason it is the same departure. `version` as in `assign_bed`.
    Raises PermissionDenied, ValidationError, Stale."""
    stay = _lock_stay(actor, stay)
    if not stay.is_open and stay.departure_reason == reason and departed_at in (None, stay.departed_at):
        return stay
    if version is not None and stay.version != version:
        raise Stale(stay)
    _refuse_closed(stay)
    if reason not in Stay.DepartureReason.values:
        raise ValidationError({"reason": _("Choisissez le motif du départ.")})
    now = timezone.now()
    left = departed_at or now
    if left > now:
        raise ValidationError({"departed_at": _("Le départ ne peut pas être dans l’avenir.")})
    if left <= stay.arrived_at:
        raise ValidationError({"departed_at": _("Le départ doit être après l’arrivée (%(moment)s).") % {"moment": _moment(stay.arrived_at)}})
    transferred = reason == Stay.DepartureReason.TRANSFERRED
    if transferred:
        if not allows(actor, Right.MANAGE_CENTRE, stay, writing=True):
            raise ValidationError({"reason": _("Un transfert est décidé par le responsable du centre.")})
        if transfer_to is None or transfer_to.pk == stay.centre_id:
            raise ValidationError({"transfer_to": _("Choisissez le centre qui reçoit la personne.")})
        if words := flags.transfer_refusal(flags.of([stay.migrant_id]).get(stay.migrant_id, ())):
            raise ValidationError({"reason": words}, code="flag")
    elif transfer_to is not None:
        raise ValidationError({"transfer_to": _("Ne choisissez un centre que pour un transfert.")})
    close_stay(actor, stay, left, reason)
    if transferred and transfer_to is not None:
        open_custody(actor=actor, migrant=stay.migrant, centre=transfer_to, reason=Custody.Reason.TRANSFERRED, exclusive=True)
    if reason == Stay.DepartureReason.DIED:
        deaths.record_death(actor=actor, migrant=stay.migrant, on=timezone.localdate(left))
    return stay


# A transfer hands the person over, and a voluntary return is noted with its case: neither is undone from here.
UNDONE = (Stay.DepartureReason.LEFT, Stay.DepartureReason.REFERRED, Stay.DepartureReason.HOSPITAL, Stay.DepartureReason.DIED)


def why_not_undone(stay: Stay) -> str:
    """Words for why this departure can't be undone; empty if it can."""
    if stay.is_open:
        return _("Aucun départ n’est noté pour ce séjour.")
    if stay.departure_reason not in UNDONE:
        return _("Ce départ ne s’annule pas ici : la personne a été transférée, ou elle est partie en retour. Admettez-la de nouveau si elle est là.")
    if Stay.objects.filter(migrant=stay.migrant_id, arrived_at__gt=stay.arrived_at).exists():
        return _("Cette personne a eu un autre séjour depuis : ce départ ne s’annule plus.")
    return ""


@service
def undo_departure(*, actor: User, stay: Stay, reason: str, version: int | None = None) -> Stay:
    """A departure noted by mistake: the stay goes on, without a bed until one is given. If it was a death, what it closed is open again.

    For the manager of the centre. Raises PermissionDenied, ValidationError, Stale."""
    stay = _lock_stay_as(actor, stay, Right.MANAGE_CENTRE)
    if version is not None and stay.version != version:
        raise Stale(stay)
    if words := why_not_undone(stay):
        raise ValidationError(words)
    if not Custody.objects.filter(migrant=stay.migrant, centre=stay.centre, until__isnull=True).exists():
        raise ValidationError(_("Une autre équipe suit cette personne maintenant : ce départ ne s’annule plus."))
    reason = clean_line(reason)
    if not reason:
        raise ValidationError({"reason": _("Dites pourquoi ce départ est annulé.")})
    if stay.departure_reason == Stay.DepartureReason.DIED:
        deaths.undo_death(actor=actor, migrant=stay.migrant)
    stay.departed_at, stay.departure_reason, stay.checked_out_by = None, "", None
    stay.undone_at, stay.undone_by, stay.undone_reason = timezone.now(), actor, reason
    stay.version += 1
    stay.clean_fields(exclude=["migrant", "centre", "checked_in_by", "checked_out_by", "undone_by"])
    with in_words(Stay):
        stay.save(update_fields=["departed_at", "departure_reason", "checked_out_by", "undone_at", "undone_by", "undone_reason", "version"])
    return stay
