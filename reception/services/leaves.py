"""Who may sleep elsewhere, and until when."""

import datetime
import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, lock_key, service
from cases.cleaning import clean_line
from centres.access import allows
from centres.roles import Right
from config.refusals import in_words

from ..evening import evening_of
from ..models import Leave, Stay
from ..models.rollcall import MOST_AHEAD, MOST_NIGHTS
from .stays import lock_person, lock_stay


@service
def allow_leave(*, actor: User, stay: Stay, first_night: datetime.date, last_night: datetime.date, reason: str, id: uuid.UUID) -> tuple[Leave, bool]:
    """The person may be away in these nights, both included. Returns (leave, was it made now?). For a child alone only the manager allows it.

    The same `id` with the same content is the same leave, with other content raises SameKeyOtherContent.
    Raises PermissionDenied, ValidationError."""
    reason = clean_line(reason)
    lock_key(id)
    if existing := Leave.objects.filter(pk=id).first():
        if (existing.stay_id, existing.first_night, existing.last_night, existing.reason, existing.allowed_by_id) != (stay.pk, first_night, last_night, reason, actor.pk):
            raise SameKeyOtherContent
        return existing, False
    migrant = lock_person(stay.migrant_id)
    stay = lock_stay(stay)
    if not allows(actor, Right.RECEIVE, stay, writing=True):
        raise PermissionDenied
    if migrant.is_unaccompanied_minor and not allows(actor, Right.MANAGE_CENTRE, stay, writing=True):
        raise ValidationError(_("Pour un enfant sans adulte responsable, seul le responsable du centre donne cette permission."), code="minor")
    if not stay.is_open:
        raise ValidationError(_("Cette personne n’est plus au centre."))
    if first_night < evening_of():
        raise ValidationError({"first_night": _("Cette nuit est passée. Choisissez cette nuit ou une nuit à venir.")})
    if first_night > timezone.localdate() + datetime.timedelta(days=MOST_AHEAD):
        words = _("Une permission commence dans les %(most)s jours : plus tard, personne ne sait encore qui sera au centre. Vérifiez l’année.")
        raise ValidationError({"first_night": words % {"most": MOST_AHEAD}})
    if last_night < first_night:
        raise ValidationError({"last_night": _("La dernière nuit ne peut pas précéder la première.")})
    if (last_night - first_night).days >= MOST_NIGHTS:
        raise ValidationError({"last_night": _("Une permission dure %(most)s nuits au plus. Pour plus longtemps, notez un départ.") % {"most": MOST_NIGHTS}})
    if not reason:
        raise ValidationError({"reason": _("Dites pourquoi, et où la personne dort.")})
    leave = Leave(id=id, stay=stay, first_night=first_night, last_night=last_night, reason=reason, allowed_by=actor, allowed_at=timezone.now())
    leave.clean_fields(exclude=["stay", "allowed_by", "cancelled_by"])
    with in_words(Leave):
        leave.save(force_insert=True)
    return leave, True


@service
def cancel_leave(*, actor: User, leave: Leave) -> Leave:
    """The person stays after all, or is back for good: from now on they are expected. A second click changes nothing. Raises PermissionDenied."""
    lock_person(leave.stay.migrant_id)
    leave = Leave.objects.select_for_update(of=("self",)).select_related("stay").get(pk=leave.pk)
    if not allows(actor, Right.RECEIVE, leave, writing=True):
        raise PermissionDenied
    if leave.cancelled_at is None:
        leave.cancelled_at, leave.cancelled_by = timezone.now(), actor
        leave.save(update_fields=["cancelled_at", "cancelled_by"])
    return leave
