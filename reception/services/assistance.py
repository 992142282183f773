"""What is given to people."""

import datetime
import uuid
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, lock_key, service
from cases import deaths
from cases.models import Custody, Migrant
from centres.access import may
from centres.models import Centre, Service
from centres.roles import Right
from config.refusals import in_words

from .. import flags
from ..models import Assistance, HealthRecord, Stay
from .stock import tell_stock

# Whom beside the agents of the centre may write down that a service was given.
ALSO_GIVEN_WITH = {Service.Category.HEALTH: Right.VIEW_HEALTH, Service.Category.PSYCHOSOCIAL: Right.VIEW_PROTECTION}
MOST_AT_ONCE = 99  # of one thing for one person: more is a slip of the finger


def may_give(user: User, service: Service, centre: Centre | int) -> bool:
    """May they write down that this service was given at this centre? The agents every one, health workers what is health care, protection
    officers what is psychosocial."""
    also = ALSO_GIVEN_WITH.get(Service.Category(service.category))
    return may(user, Right.RECEIVE, centre) or (also is not None and may(user, also, centre))


@service
def record_assistance(
    *,
    actor: User,
    migrant: Migrant,
    centre: Centre,
    service: Service,
    given_on: datetime.date | None = None,
    quantity: int = 1,
    id: uuid.UUID,
) -> tuple[Assistance, bool]:
    """Writes down what was given to a person in the centre's care. Returns (line, was it made now?).

    A service that is given once a day is refused the second time, also when two people note it at the same moment.
    The same `id` with the same content gives the same line, with other content raises SameKeyOtherContent.
    Raises PermissionDenied, ValidationError."""
    if not may_give(actor, service, centre) or not Migrant.objects.visible_to(actor).filter(pk=migrant.pk).exists():
        raise PermissionDenied
    today = timezone.localdate()
    line = Assistance(
        id=id,
        migrant=migrant,
        centre=centre,
        service=service,
        given_on=given_on or today,
        quantity=quantity,
        once_per_day=service.once_per_day,
        recorded_by=actor,
        recorded_at=timezone.now(),
    )
    lock_key(id)
    if existing := Assistance.objects.filter(pk=id).select_related("migrant", "centre", "service").first():
        same = ("migrant_id", "centre_id", "service_id", "quantity", "recorded_by_id")
        if any(getattr(existing, name) != getattr(line, name) for name in same) or given_on not in (None, existing.given_on):
            raise SameKeyOtherContent
        return existing, False
    migrant = Migrant.objects.get(pk=migrant.pk)
    since = _in_care_since(migrant, centre)
    if since is None:
        raise ValidationError(_("Cette personne n’est pas suivie par ce centre : admettez-la d’abord."), code="not_in_care")
    if not service.active:
        raise ValidationError({"service": _("Ce service n’est plus proposé.")})
    if words := flags.service_refusal(flags.of([migrant.pk]).get(migrant.pk, ()), service):
        raise ValidationError({"service": words}, code="flag")
    if line.given_on > today:
        raise ValidationError({"given_on": _("Ce jour n’est pas encore venu. Choisissez aujourd’hui ou un jour passé.")})
    if migrant.died_on is not None and line.given_on > migrant.died_on:
        deaths.refuse(migrant)
    if line.given_on < since:
        raise ValidationError({"given_on": _("Cette personne n’est connue du centre que depuis le %(day)s.") % {"day": formats.date_format(since)}})
    if not 1 <= line.quantity <= MOST_AT_ONCE:
        raise ValidationError({"quantity": _("La quantité est un nombre de 1 à %(most)s.") % {"most": MOST_AT_ONCE}})
    if line.once_per_day and line.quantity != 1:
        raise ValidationError({"quantity": _("Ce service se donne une fois par jour : la quantité est 1.")})
    line.clean_fields(exclude=["migrant", "centre", "service", "recorded_by"])
    with in_words(Assistance):
        line.save(force_insert=True)
    if service.category == Service.Category.KIT:
        tell_stock(actor, centre, service)
    return line, True


@service
def serve(*, actor: User, centre: Centre, service: Service, people: Iterable[uuid.UUID], key: uuid.UUID) -> int:
    """Writes down at once that these people, present at the centre, were given a daily service today. Returns how many lines it made.

    Whoever had it already, isn't present, or carries a flag that forbids it, is passed over: so the same list sent twice, or by two people, is one list.
    Raises PermissionDenied, ValidationError."""
    if not may(actor, Right.RECEIVE, centre):
        raise PermissionDenied
    if not service.once_per_day or not service.active:
        raise ValidationError({"service": _("Choisissez un repas ou un service donné une fois par jour.")})
    today, now = timezone.localdate(), timezone.now()
    had = Assistance.objects.filter(service=service, given_on=today, migrant=OuterRef("migrant"))
    present = Stay.objects.visible_to(actor).open().at(centre).filter(~Exists(had), migrant__in=list(people)).order_by("migrant_id")
    here = list(present.values_list("migrant_id", flat=True))
    carried = flags.of(here)
    lines = [
        Assistance(
            id=uuid.uuid5(key, f"{service.code} {today} {migrant}"),
            migrant_id=migrant,
            centre=centre,
            service=service,
            given_on=today,
            once_per_day=True,
            recorded_by=actor,
            recorded_at=now,
        )
        for migrant in here
        if not flags.service_refusal(carried.get(migrant, ()), service)
    ]
    Assistance.objects.bulk_create(lines, ignore_conflicts=True)
    return Assistance.objects.filter(pk__in=[line.pk for line in lines]).count()


def _in_care_since(migrant: Migrant, centre: Centre) -> datetime.date | None:
    """The first day that this centre knew the person, if it cares for them now: of its first custody, or of a stay written down later."""
    custodies = list(Custody.objects.filter(migrant=migrant, centre=centre).values_list("since", "until"))
    if all(until is not None for _since, until in custodies):
        return None
    arrivals = Stay.objects.filter(migrant=migrant, centre=centre).order_by().values_list("arrived_at", flat=True)
    return timezone.localdate(min([since for since, _until in custodies] + list(arrivals)))


@service
def withdraw_assistance(*, actor: User, assistance: Assistance) -> None:
    """Takes back a line that the actor wrote themselves today by mistake; the change history keeps it.

    Raises PermissionDenied, ValidationError."""
    if not may_give(actor, assistance.service, assistance.centre_id):
        raise PermissionDenied
    if not may_withdraw(actor, assistance):
        raise ValidationError(_("Une assistance ne peut être retirée que le jour même, par la personne qui l’a notée."), code="not_yours")
    if HealthRecord.objects.filter(assistance=assistance.pk).exclude(written_by=actor).exists():
        raise ValidationError(_("Un agent de santé a écrit le détail de ce soin : c’est à lui de le retirer."), code="not_yours")
    HealthRecord.objects.filter(assistance=assistance.pk).delete()
    Assistance.objects.filter(pk=assistance.pk).delete()  # a second click finds nothing, and that is well
    if assistance.service.category == Service.Category.KIT:
        tell_stock(actor, assistance.centre, assistance.service)


def may_withdraw(user: User, assistance: Assistance) -> bool:
    return assistance.recorded_by_id == user.pk and timezone.localdate(assistance.recorded_at) == timezone.localdate()
