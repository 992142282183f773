"""Arrival, bed, planned length, and the end of a stay. Pages and API come here, and hold no rules."""

import datetime
import hashlib
import uuid
from collections.abc import Collection, Iterable
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
from centres.models import Bed, Centre, Room
from centres.roles import Right
from config.countries import country_choices
from config.refusals import Together, in_words

from .. import beds, flags
from ..models import BedAssignment, Stay, UndoneAdmission
from ..models.sleeping import SHARED
from ..models.stay import FROM_HOSPITAL
from .apart import children_with, refuse_apart, shares_words
from .transfer_steps import arrive, drop

INSTANT = datetime.timedelta(microseconds=1)
MOST_EXTENDED_DAYS = 90


class AlreadyLeft(ValidationError):
    """The stay has ended: nothing more can be written on it."""


class AdmissionUndone(ValidationError):
    """The admission was taken back: its key admits nobody again, and nothing more is written about it."""


def moment(when: datetime.datetime) -> str:
    local = timezone.localtime(when)
    return _("%(date)s à %(time)s") % {"date": formats.date_format(local, "DATE_FORMAT"), "time": formats.time_format(local, "H:i")}


def digest_of(*parts: Any) -> str:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


def lock_person(migrant_id: uuid.UUID) -> Migrant:
    """Whoever writes about the same person waits. Always the first row to be locked, so that nobody waits in a circle; and not the key of it, so
    that a row that only points at the person (an alert of a roll-call about somebody else's people) waits for nobody.

    Raises ValidationError if the file was joined to another one meanwhile."""
    migrant = Migrant.objects.select_for_update(of=("self",), no_key=True).get(pk=migrant_id)
    refuse_merged(migrant)
    return migrant


def lock_stay(stay: Stay) -> Stay:
    """The stay as it is now; the person is locked by then. Raises AdmissionUndone."""
    found = Stay.objects.select_for_update(of=("self",)).select_related("migrant", "centre").filter(pk=stay.pk).first()
    if found is None:
        raise AdmissionUndone(_("L’admission de cette personne vient d’être annulée : ce séjour n’existe plus."))
    return found


def lock_stay_as(actor: User, stay: Stay, right: Right) -> Stay:
    """The stay as it is now, for a write. Raises PermissionDenied, AdmissionUndone."""
    lock_person(stay.migrant_id)
    stay = lock_stay(stay)
    if not allows(actor, right, stay, writing=True):
        raise PermissionDenied
    return stay


def refuse_undone(keys: Iterable[uuid.UUID]) -> None:
    """Raises AdmissionUndone where an arrival is sent again whose admission was taken back meanwhile."""
    gone = UndoneAdmission.objects.filter(pk__in=list(keys)).order_by("undone_at").first()
    if gone is not None:
        words = _("Cette admission a été annulée le %(moment)s. Si la personne est là, notez son arrivée de nouveau depuis son dossier.")
        raise AdmissionUndone(words % {"moment": moment(gone.undone_at)}, code="undone")


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
    bed_reason: str = "",
    id: uuid.UUID,
    arrived_at: datetime.datetime | None = None,
) -> tuple[Stay, bool]:
    """One person arrives at the centre, as `admit` says it; no child is laid away from the adult who answers for it."""
    stay, made = admit(actor=actor, migrant=migrant, centre=centre, origin=origin, came_from=came_from, bed=bed, bed_reason=bed_reason, id=id, arrived_at=arrived_at)
    if made and bed is not None:
        refuse_apart(centre, [stay.migrant])
    return stay, made


@service
def admit(
    *,
    actor: User,
    migrant: Migrant,
    centre: Centre,
    origin: str,
    came_from: str = "",
    bed: Bed | None = None,
    bed_reason: str = "",
    id: uuid.UUID,
    arrived_at: datetime.datetime | None = None,
    by_rule: Collection[int] = (),
) -> tuple[Stay, bool]:
    """The person arrives at the centre, which alone cares for them from now on. Returns (stay, was it made now?).

    One open stay a person, whatever the centre. `arrived_at`: when it is written down later than it happened. `bed_reason`: why this bed,
    where the rule proposes another one; `by_rule`: keys of the rooms where the rule lays them with those they come with. The transfer that brought
    them has arrived. Whoever admits says for all at the end that no child is laid away from its adult (`refuse_apart`).
    The same `id` with the same content gives the same stay, with other content raises SameKeyOtherContent.
    Raises PermissionDenied (no right at the centre, or the person is not in the actor's scope), ValidationError."""
    if not may(actor, Right.RECEIVE, centre) or not Migrant.objects.visible_to(actor).filter(pk=migrant.pk).exists():
        raise PermissionDenied
    said = (migrant.pk, centre.code, origin, came_from, bed.pk if bed else "", arrived_at.isoformat() if arrived_at else "")
    digest = digest_of(*said, *([bed_reason] if bed_reason else []))
    lock_key(id)
    if existing := Stay.objects.filter(pk=id).select_related("migrant", "centre").first():
        if existing.checked_in_by_id != actor.pk or existing.digest != digest:
            raise SameKeyOtherContent
        return existing, False
    migrant = lock_person(migrant.pk)
    refuse_undone([id])
    deaths.refuse(migrant)
    _refuse_second_stay(actor, migrant, centre)
    if migrant.care_ended(actor) is not None:  # before the flags: those that another team set are theirs
        raise ValidationError(FOLLOWED_ELSEWHERE, code="followed_elsewhere")
    if words := flags.admission_refusal(flags.of([migrant.pk]).get(migrant.pk, ())):
        raise ValidationError(words, code="flag")
    now = timezone.now()
    together = Together()
    with together.asked():
        check_came_from(came_from)
    with together.asked():
        check_arrival(centre, arrived_at)
    with together.asked():
        check_origin(migrant, centre, origin)
    if together.refused and bed is not None:  # else it is asked when the bed is locked
        with together.asked():
            check_bed(migrant, centre, bed, bed_reason, by_rule)
    together.refuse()
    stay = Stay(id=id, migrant=migrant, centre=centre, arrived_at=arrived_at or now, origin=origin, came_from=came_from, checked_in_by=actor, digest=digest)
    stay.planned_until = timezone.localdate(stay.arrived_at) + datetime.timedelta(days=centre.max_stay_days)
    if origin == Stay.Origin.HOSPITAL:
        _go_on(stay)
    stay.clean_fields(exclude=["migrant", "centre", "checked_in_by", "checked_out_by"])
    with in_words(Stay, triggers={FROM_HOSPITAL: NOT_FROM_HOSPITAL}):
        stay.save(force_insert=True)
    transferred = origin == Stay.Origin.TRANSFERRED
    reason = Custody.Reason.TRANSFERRED if transferred else Custody.Reason.ARRIVED
    open_custody(actor=actor, migrant=migrant, centre=centre, reason=reason, exclusive=True, but_reintegration=True)
    arrive(actor, stay)
    if bed is not None:
        _lay(stay, bed, bed_reason, by_rule)
    for kept in Stay.objects.filter(migrant=migrant, kept_bed__isnull=False):
        kept.kept_bed, kept.kept_until = None, None  # they are back
        kept.save(update_fields=["kept_bed", "kept_until"])
    return stay, True


# Whoever comes back to a centre that let them go agrees anew, and both managers know (cases/services/takeovers.py).
FOLLOWED_ELSEWHERE = gettext_lazy(
    "Une autre équipe suit cette personne. Avec son accord, votre centre prend d’abord son dossier en charge ; ensuite vous notez son arrivée."
)


NOT_FROM_HOSPITAL = gettext_lazy("Le dernier séjour de cette personne n’a pas fini par une hospitalisation depuis ce centre. Choisissez comment elle est venue.")


def last_in_hospital(migrant_id: uuid.UUID, centre: Centre) -> Stay | None:
    """The person's last stay, if it ended with their way from this centre to hospital: they may come back from there."""
    last = Stay.objects.filter(migrant=migrant_id).order_by("-arrived_at").first()
    return last if last is not None and last.centre_id == centre.pk and last.departure_reason == Stay.DepartureReason.HOSPITAL else None


def _go_on(stay: Stay) -> None:
    """Back from hospital: the planned length goes on from the first arrival. Raises ValidationError."""
    before = last_in_hospital(stay.migrant_id, stay.centre)
    if before is None:
        raise ValidationError({"origin": NOT_FROM_HOSPITAL}, code="not_from_hospital")
    stay.first_arrived_at, stay.planned_until = before.first_arrived_at or before.arrived_at, before.planned_until


def _refuse_second_stay(actor: User, migrant: Migrant, centre: Centre) -> None:
    """Says where the person is only to those who work there too."""
    there = Stay.objects.open().filter(migrant=migrant).select_related("centre").first()
    if there is None:
        return
    if there.centre_id == centre.pk:
        words = _("Cette personne est déjà admise dans ce centre depuis le %(moment)s.") % {"moment": moment(there.arrived_at)}
    elif may(actor, Right.VIEW_CENTRE, there.centre):
        words = _("Cette personne a un séjour en cours au centre de %(centre)s. Notez d’abord son départ de ce centre.") % {"centre": there.centre}
    else:
        words = _("Cette personne a un séjour en cours dans un autre centre. Ce centre doit d’abord noter son départ.")
    raise ValidationError(words, code="open_stay")


def check_came_from(came_from: str) -> None:
    """Raises ValidationError."""
    if came_from and came_from not in dict(country_choices()):
        raise ValidationError({"came_from": _("Choisissez un pays dans la liste.")})


def check_origin(migrant: Migrant, centre: Centre, origin: str) -> None:
    """Raises ValidationError."""
    if origin == Stay.Origin.HOSPITAL and last_in_hospital(migrant.pk, centre) is None:
        raise ValidationError({"origin": NOT_FROM_HOSPITAL}, code="not_from_hospital")


def check_arrival(centre: Centre, arrived_at: datetime.datetime | None) -> None:
    """Raises ValidationError."""
    if arrived_at is None:
        return
    if arrived_at > timezone.now():
        raise ValidationError({"arrived_at": _("L’arrivée ne peut pas être dans l’avenir.")})
    if centre.functional_since and timezone.localdate(arrived_at) < centre.functional_since:
        raise ValidationError({"arrived_at": _("Le centre n’était pas encore ouvert ce jour-là. Vérifiez l’année.")})


# --- bed ---------------------------------------------------------------------------------------------------------


def check_bed(migrant: Migrant, centre: Centre, bed: Bed, reason: str, by_rule: Collection[int] = ()) -> bool:
    """May the person sleep in this bed? Returns whether the rule proposes it; `reason`: why, where it proposes a better one than a bed of
    the rooms `by_rule`.

    Raises ValidationError for `bed` and `bed_reason`."""
    if bed.room.centre_id != centre.pk:
        raise ValidationError({"bed": _("Ce lit n’est pas dans ce centre. Choisissez-en un autre.")})
    if not Bed.objects.usable().filter(pk=bed.pk).exists():
        raise ValidationError({"bed": _("Ce lit n’est pas utilisable. Choisissez-en un autre.")})
    if words := beds.refusal(migrant, bed.room):
        raise ValidationError({"bed": words})
    if BedAssignment.objects.filter(bed=bed, until__isnull=True).exists():
        raise ValidationError({"bed": _("Ce lit vient d’être pris. Choisissez-en un autre.")}, code="taken")
    kept = beds.kept_beds().exclude(migrant=migrant.pk).filter(kept_bed=bed).first()
    if kept is not None:
        day = formats.date_format(kept.kept_until, "SHORT_DATE_FORMAT")  # type: ignore[arg-type]
        raise ValidationError({"bed": _("Ce lit est gardé jusqu’au %(day)s pour une personne à l’hôpital. Choisissez-en un autre.") % {"day": day}}, code="kept")
    places = beds.Places(centre, person=migrant.pk)
    if bed.room.kind != Room.Kind.ISOLATION and places.shares(migrant):
        raise ValidationError({"bed": shares_words(migrant)}, code=SHARED)
    fits = bed.room_id in by_rule or places.by_rule(migrant, bed)
    if not fits and not clean_line(reason):
        raise ValidationError({"bed_reason": _why_by_hand(bed)}, code="by_hand")
    return fits


def _lay(stay: Stay, bed: Bed, reason: str, by_rule: Collection[int] = ()) -> BedAssignment:
    """Gives a free bed of the stay's centre that fits the person, from now on (`check_bed`)."""
    # Two people at once: one after the other. The room is read when the bed is locked: its kind may have changed meanwhile.
    bed = Bed.objects.select_for_update(of=("self",)).get(pk=bed.pk)
    fits = check_bed(stay.migrant, stay.centre, bed, reason, by_rule)
    reason = clean_line(reason)
    # The clock is read after the bed was found free: whoever left it did so before this instant.
    ended = stay.beds.order_by("-until").values_list("until", flat=True).first()
    now = timezone.now()
    assignment = BedAssignment(stay=stay, bed=bed, since=max(now, ended or now), by_rule=fits, reason=reason)
    assignment.clean_fields(exclude=["stay", "bed"])
    try:
        with in_words(BedAssignment, triggers={SHARED: shares_words(stay.migrant)}):
            assignment.save(force_insert=True)
    except ValidationError as error:
        raise ValidationError({"bed": error}) from error
    return assignment


def _why_by_hand(bed: Bed) -> str:
    if bed.room.kind == Room.Kind.ISOLATION:
        return _("La chambre d’isolement sert à une raison de santé. Écrivez qui l’a décidé, sans le détail médical.")
    return _("La règle propose un autre lit. Écrivez pourquoi la personne dort dans celui-ci, ou prenez le lit proposé.")


def _leave_bed(stay: Stay, now: datetime.datetime) -> None:
    """The bed is free from now on; a bed that was given after this instant was in fact never slept in."""
    for assignment in BedAssignment.objects.filter(stay=stay, until__isnull=True):
        assignment.until = max(now, assignment.since + INSTANT)
        assignment.save(update_fields=["until"])


@service
def assign_bed(*, actor: User, stay: Stay, bed: Bed | None, bed_reason: str = "", version: int | None = None) -> Stay:
    """Gives the person a bed, or another one, or (None) none for the moment. The bed they had is free at the same instant.

    `bed_reason`: why this bed, where the rule proposes another one. `version` is that of the stay the user saw: raises Stale if somebody moved the person since.
    Raises PermissionDenied, ValidationError."""
    followers = children_with(stay)
    for key in sorted([stay.migrant_id, *(child.migrant_id for child in followers)]):  # in one order: nobody waits in a circle
        lock_person(key)
    stay = lock_stay_as(actor, stay, Right.RECEIVE)
    now_in = BedAssignment.objects.filter(stay=stay, until__isnull=True).values_list("bed_id", flat=True).first()
    if stay.is_open and now_in == (bed.pk if bed else None):
        return stay  # a second click
    if version is not None and stay.version != version:
        raise Stale(stay)
    refuse_closed(stay)
    _leave_bed(stay, timezone.now())
    if bed is not None:
        _lay(stay, bed, bed_reason)
        _follow(followers, bed)
        refuse_apart(stay.centre, [stay.migrant])
    stay.version += 1
    stay.save(update_fields=["version"])
    return stay


def _follow(children: list[Stay], bed: Bed) -> None:
    """The children of somebody who changed rooms are laid beside them, as far as there are beds; whoever is sick in isolation stays there."""
    if bed.room.kind == Room.Kind.ISOLATION:
        return
    for child in children:
        now = BedAssignment.objects.filter(stay=child, until__isnull=True).select_related("bed__room").first()
        if now is not None and (now.bed.room_id == bed.room_id or now.bed.room.kind == Room.Kind.ISOLATION):
            continue
        near = next((one for one in beds.free_beds(child.centre, person=child.migrant_id) if one.room_id == bed.room_id), None)
        if near is None:
            continue
        _leave_bed(child, timezone.now())
        _lay(child, near, "", {near.room_id})
        child.version += 1
        child.save(update_fields=["version"])


def refuse_closed(stay: Stay) -> None:
    """Raises AlreadyLeft if the stay has ended."""
    if stay.departed_at is not None:
        raise AlreadyLeft(_("Cette personne est partie le %(moment)s : son séjour est terminé.") % {"moment": moment(stay.departed_at)})


# --- planned length ----------------------------------------------------------------------------------------------


@service
def extend_stay(*, actor: User, stay: Stay, until: datetime.date | None, reason: str, version: int | None = None) -> Stay:
    """Plans the stay to another day, later or earlier, and says why. Beyond the limit of the centre, counted from the arrival, its manager
    decides. Raises PermissionDenied, ValidationError, Stale."""
    stay = lock_stay_as(actor, stay, Right.RECEIVE)
    refuse_closed(stay)
    try:
        reason = clean_line(reason)
    except ValidationError as error:
        raise ValidationError({"reason": error}) from error
    if stay.planned_until == until and stay.extended_reason == reason and stay.extended_by_id == actor.pk:
        return stay  # a second click
    if version is not None and stay.version != version:
        raise Stale(stay)
    today = timezone.localdate()
    if until is None or until < today:
        raise ValidationError({"until": _("Choisissez un jour à venir.")})
    if until > today + datetime.timedelta(days=MOST_EXTENDED_DAYS):
        raise ValidationError({"until": _("Une prolongation va au plus jusqu’à %(n)s jours d’ici. Elle peut être renouvelée.") % {"n": MOST_EXTENDED_DAYS}})
    limit = stay.since + datetime.timedelta(days=stay.centre.max_stay_days)
    if until > limit and not may(actor, Right.MANAGE_CENTRE, stay.centre):
        words = _("Au-delà de %(days)s jours (le %(day)s), c’est le responsable du centre qui prolonge un séjour.")
        raise ValidationError({"until": words % {"days": stay.centre.max_stay_days, "day": formats.date_format(limit)}}, code="manager")
    if not reason:
        raise ValidationError({"reason": _("Dites pourquoi la durée du séjour change.")})
    stay.planned_until, stay.extended_at, stay.extended_by, stay.extended_reason = until, timezone.now(), actor, reason
    stay.version += 1
    stay.clean_fields(exclude=["migrant", "centre", "checked_in_by", "checked_out_by", "undone_by", "extended_by", "kept_bed"])
    with in_words(Stay):
        stay.save(update_fields=["planned_until", "extended_at", "extended_by", "extended_reason", "version"])
    return stay


# --- departure ---------------------------------------------------------------------------------------------------


def close_stay(actor: User, stay: Stay, left: datetime.datetime, reason: str) -> None:
    """Ends an open stay that the caller has locked and checked. Part of a service, not one of its own."""
    _leave_bed(stay, left)
    stay.departed_at, stay.departure_reason, stay.checked_out_by = left, reason, actor
    stay.version += 1
    with in_words(Stay):
        stay.save(update_fields=["departed_at", "departure_reason", "checked_out_by", "version"])
    if reason != Stay.DepartureReason.TRANSFERRED:
        drop(actor, stay.migrant_id, _("La personne a quitté le centre : %(reason)s.") % {"reason": stay.get_departure_reason_display()})


def reopen_stay(actor: User, stay: Stay, reason: str) -> None:
    """The departure did not take place: the stay goes on, without a bed until one is given. Of a stay that the caller has locked and checked; part
    of a service."""
    stay.departed_at, stay.departure_reason, stay.checked_out_by = None, "", None
    stay.kept_bed, stay.kept_until = None, None
    stay.undone_at, stay.undone_by, stay.undone_reason = timezone.now(), actor, reason
    stay.version += 1
    stay.clean_fields(exclude=["migrant", "centre", "checked_in_by", "checked_out_by", "undone_by", "extended_by", "kept_bed"])
    with in_words(Stay):
        stay.save(update_fields=["departed_at", "departure_reason", "checked_out_by", "kept_bed", "kept_until", "undone_at", "undone_by", "undone_reason", "version"])
