"""Departure, and a departure noted by mistake."""

import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import Stale, service
from cases import deaths
from cases.cleaning import clean_line
from cases.models import Custody
from centres.models import Bed, Centre
from centres.roles import Right

from .. import flags
from ..models import BedAssignment, Stay, Transfer
from ..workflow import State
from .stays import close_stay, lock_stay_as, moment, refuse_closed, reopen_stay
from .transfers import depart

MOST_KEPT_DAYS = 14  # a bed kept for somebody in hospital


@service
def check_out(
    *,
    actor: User,
    stay: Stay,
    reason: str,
    departed_at: datetime.datetime | None = None,
    transfer_to: Centre | None = None,
    keep_bed_until: datetime.date | None = None,
    version: int | None = None,
) -> Stay:
    """The person leaves; their bed is free, or kept for them up to a day while they are in hospital. A transfer must have been accepted by
    the other centre before: this is then its departure (`transfers.depart`), and `transfer_to` no more than a check.

    Noted a second time with the same reason it is the same departure. `version` as in `assign_bed`.
    Raises PermissionDenied, ValidationError, Stale."""
    stay = lock_stay_as(actor, stay, Right.RECEIVE)
    if not stay.is_open and stay.departure_reason == reason and departed_at in (None, stay.departed_at):
        return stay
    if version is not None and stay.version != version:
        raise Stale(stay)
    refuse_closed(stay)
    if reason not in Stay.DepartureReason.values:
        raise ValidationError({"reason": _("Choisissez le motif du départ.")})
    now = timezone.now()
    left = departed_at or now
    if left > now:
        raise ValidationError({"departed_at": _("Le départ ne peut pas être dans l’avenir.")})
    if left <= stay.arrived_at:
        raise ValidationError({"departed_at": _("Le départ doit être après l’arrivée (%(moment)s).") % {"moment": moment(stay.arrived_at)}})
    if reason == Stay.DepartureReason.TRANSFERRED:
        return _transferred(actor, stay, left, transfer_to)
    if transfer_to is not None:
        raise ValidationError({"transfer_to": _("Ne choisissez un centre que pour un transfert.")})
    bed = _bed_to_keep(stay, reason, keep_bed_until)
    close_stay(actor, stay, left, reason)
    if bed is not None:
        stay.kept_bed, stay.kept_until = bed, keep_bed_until
        stay.save(update_fields=["kept_bed", "kept_until"])
    if reason == Stay.DepartureReason.DIED:
        deaths.record_death(actor=actor, migrant=stay.migrant, on=timezone.localdate(left))
    return stay


def _transferred(actor: User, stay: Stay, left: datetime.datetime, to: Centre | None) -> Stay:
    transfer = Transfer.objects.select_for_update(of=("self",)).select_related("migrant", "to_centre").filter(stay=stay, state=State.ACCEPTED).first()
    if transfer is None:
        raise ValidationError({"reason": _("Aucun centre n’a encore accepté cette personne : demandez d’abord le transfert.")}, code="not_accepted")
    if to is not None and to.pk != transfer.to_centre_id:
        raise ValidationError({"transfer_to": _("C’est le centre de %(centre)s qui a accepté cette personne.") % {"centre": transfer.to_centre}})
    if words := flags.transfer_refusal(flags.of([stay.migrant_id]).get(stay.migrant_id, ())):
        raise ValidationError({"reason": words}, code="flag")
    depart(actor, transfer, left)
    stay.refresh_from_db(fields=["departed_at", "departure_reason", "checked_out_by", "version"])
    return stay


def _bed_to_keep(stay: Stay, reason: str, until: datetime.date | None) -> Bed | None:
    if until is None:
        return None
    today = timezone.localdate()
    if reason != Stay.DepartureReason.HOSPITAL:
        raise ValidationError({"keep_bed_until": _("Un lit n’est gardé que pour une personne à l’hôpital.")})
    if not today <= until <= today + datetime.timedelta(days=MOST_KEPT_DAYS):
        raise ValidationError({"keep_bed_until": _("Un lit est gardé au plus %(n)s jours : choisissez un jour plus proche.") % {"n": MOST_KEPT_DAYS}})
    now_in = BedAssignment.objects.filter(stay=stay, until__isnull=True).values_list("bed_id", flat=True).first()
    if now_in is None:
        raise ValidationError({"keep_bed_until": _("Cette personne n’a pas de lit à garder.")})
    return Bed.objects.select_for_update(of=("self",)).get(pk=now_in)


@service
def release_bed(*, actor: User, stay: Stay) -> Stay:
    """The bed kept for somebody in hospital is free again for others. Raises PermissionDenied."""
    stay = lock_stay_as(actor, stay, Right.RECEIVE)
    if stay.kept_bed_id is not None:
        stay.kept_bed, stay.kept_until = None, None
        stay.save(update_fields=["kept_bed", "kept_until"])
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
    stay = lock_stay_as(actor, stay, Right.MANAGE_CENTRE)
    if version is not None and stay.version != version:
        raise Stale(stay)
    if words := why_not_undone(stay):
        raise ValidationError(words)
    if not Custody.objects.filter(migrant=stay.migrant, centre=stay.centre, until__isnull=True).exists():
        raise ValidationError(_("Une autre équipe suit cette personne maintenant : ce départ ne s’annule plus."))
    reason = clean_line(reason)
    if not reason:
        raise ValidationError({"reason": _("Dites pourquoi ce départ est annulé.")})
    if stay.departure_reason == Stay.DepartureReason.DIED:
        deaths.undo_death(actor=actor, migrant=stay.migrant)
    reopen_stay(actor, stay, reason)
    return stay
