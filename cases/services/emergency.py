"""Opening a file out of scope for three hours ("break-glass"), and telling those who run its centre."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import service
from centres.access import may
from centres.roles import Right

from .. import case_numbers
from ..cleaning import clean_line
from ..models import Custody, EmergencyAccess, EmergencyNotice, Migrant
from ..models.emergency import LASTS

LEAST_REASON = 15


def running_accesses(user: Any) -> dict[Any, EmergencyAccess]:
    """The files that are open to this user by an emergency access now: person → access. Asked by `centres.access.find_for`."""
    return {access.migrant_id: access for access in EmergencyAccess.objects.running().filter(user=user).order_by("opened_at")}


@service
def open_in_emergency(*, actor: User, case_number: str, reason: str) -> EmergencyAccess:
    """Opens the file with exactly this number to a protection officer who does not have it in scope, to read it, for three hours.

    Those who run the centres that care for the person are told at once, and so are auditors. While it runs it is the same access; when
    it has ended, a new one needs a new reason. Raises PermissionDenied, and ValidationError by field."""
    if not may(actor, Right.VIEW_PROTECTION):
        raise PermissionDenied
    try:
        reason = clean_line(reason)
    except ValidationError as error:
        raise ValidationError({"reason": error}) from error
    if len(reason) < LEAST_REASON:
        words = _("Écrivez en une phrase (%(n)s signes au moins) pourquoi ce dossier doit être ouvert maintenant : le responsable du centre et l’auditeur le liront.")
        raise ValidationError({"reason": words % {"n": LEAST_REASON}})
    if len(reason) > 500:
        raise ValidationError({"reason": _("Ce motif est trop long : 500 signes au plus.")})
    number = case_numbers.clean(case_number)
    if number is None:
        raise ValidationError({"case_number": _("Ce numéro de dossier est mal écrit. Vérifiez chaque signe.")})
    migrant = Migrant.objects.select_for_update(of=("self",)).filter(case_number=number).first()
    if migrant is None:
        raise ValidationError({"case_number": _("Aucun dossier ne porte ce numéro.")})
    if Migrant.objects.visible_to(actor).filter(pk=migrant.pk).exists():
        raise ValidationError({"case_number": _("Ce dossier est déjà ouvert à votre équipe : cherchez-le dans la liste des personnes.")}, code="in_scope")
    earlier = EmergencyAccess.objects.filter(user=actor, migrant=migrant)
    if running := earlier.running().first():
        return running
    if earlier.filter(reason=reason).exists():
        raise ValidationError({"reason": _("Ce motif a déjà servi. Écrivez pourquoi le dossier doit être ouvert de nouveau.")})
    now = timezone.now()
    access = EmergencyAccess.objects.create(user=actor, migrant=migrant, reason=reason, opened_at=now, until=now + LASTS)
    cared = Custody.objects.filter(migrant=migrant)
    centres = set(cared.filter(until__isnull=True).values_list("centre", flat=True))
    if not centres:  # nobody has the person now: those who had them last
        centres = set(cared.order_by("-until").values_list("centre", flat=True)[:1])
    EmergencyNotice.objects.bulk_create(EmergencyNotice(access=access, centre_id=centre) for centre in sorted(centres))
    return access


@service
def acknowledge_emergency(*, actor: User, notice: EmergencyNotice) -> EmergencyNotice:
    """Somebody who runs the centre has read it. Raises PermissionDenied."""
    if not may(actor, Right.MANAGE_CENTRE, notice.centre_id):
        raise PermissionDenied
    notice = EmergencyNotice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    if notice.acknowledged_at is None:
        notice.acknowledged_at, notice.acknowledged_by = timezone.now(), actor
        notice.save(update_fields=["acknowledged_at", "acknowledged_by"])
    return notice
