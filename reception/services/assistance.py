"""What is given to people."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from audit.acting import SameKeyOtherContent, lock_key, service
from audit.models import Change
from cases.models import Migrant
from centres.access import may
from centres.models import Centre, Service
from centres.roles import Right
from config.days import midnight
from config.refusals import in_words

from .. import rules
from ..absence import missing_since
from ..models import Assistance, HealthRecord, Stay
from ..rules import Refusal, may_give
from .stays import lock_person
from .stock import tell_stock

__all__ = ["Served", "may_give", "may_withdraw", "record_assistance", "serve", "withdraw_assistance", "withdraw_served"]

MOST_AT_ONCE = 99  # of one thing for one person: more is a slip of the finger
MOST_COST = 10_000_000  # XOF: more is a slip of the finger
UNDO_MINUTES = 15  # so long whoever saved a list may take the whole of it back
LATE_DAYS = 7  # so long after the meal its list on paper may be written down


@service
def record_assistance(
    *,
    actor: User,
    migrant: Migrant,
    centre: Centre,
    service: Service,
    given_on: datetime.date | None = None,
    quantity: int = 1,
    provider: Organisation | None = None,
    cost: int | None = None,
    seen_at: datetime.datetime | None = None,
    id: uuid.UUID,
) -> tuple[Assistance, bool]:
    """Writes down what was given to a person in the centre's care. Returns (line, was it made now?).

    The rules of the service hold (reception.rules), also when two people note it at the same moment: the ValidationError has the code and
    the words of the refusal. `given_on`: a day of Mali (today). `provider`: who usually provides it there, if it is left out. `cost`: XOF.
    `seen_at`: when somebody stood before them, if that was some time ago (a line that was down); now, and of an earlier day nobody knows the hour.
    The same `id` with the same content gives the same line, with other content raises SameKeyOtherContent.
    Raises PermissionDenied, ValidationError."""
    offers = rules.offers_at(centre)
    offer = offers.get(service.pk)
    allowed = may_give(actor, service, centre, offer)
    if not (allowed or may(actor, Right.RECEIVE, centre)) or not Migrant.objects.visible_to(actor).filter(pk=migrant.pk).exists():
        raise PermissionDenied
    today, now = timezone.localdate(), timezone.now()
    day = given_on or today
    line = Assistance(
        id=id,
        migrant=migrant,
        centre=centre,
        service=service,
        given_on=day,
        quantity=quantity,
        unit=service.unit,
        provider=provider or (offer.provider if offer else None),
        cost=cost,
        once_per_day=service.once_per_day,
        recorded_by=actor,
        recorded_at=now,
        seen_at=min(seen_at, now) if seen_at is not None else now if day >= today else midnight(day),
    )
    lock_key(id)
    if existing := Assistance.objects.filter(pk=id).select_related("migrant", "centre", "service", "provider").first():
        same = ("migrant_id", "centre_id", "service_id", "quantity", "cost", "recorded_by_id")
        changed = any(getattr(existing, name) != getattr(line, name) for name in same)
        if changed or (given_on or timezone.localdate(existing.recorded_at)) != existing.given_on or (provider is not None and provider.pk != existing.provider_id):
            raise SameKeyOtherContent
        return existing, False
    if _taken_back([id]):
        raise ValidationError(_("Cette ligne a été retirée : elle ne se note pas de nouveau. Si la personne a bien reçu cela, recommencez."), code="taken_back")
    line.migrant = lock_person(migrant.pk)
    if line.given_on > today:
        raise ValidationError({"given_on": _("Ce jour n’est pas encore venu. Choisissez aujourd’hui ou un jour passé.")})
    if not 1 <= line.quantity <= MOST_AT_ONCE:
        raise ValidationError({"quantity": _("La quantité est un nombre de 1 à %(most)s.") % {"most": MOST_AT_ONCE}})
    if service.slot_words and line.quantity != 1:
        raise ValidationError({"quantity": _("Ce service se donne %(slot)s : la quantité est 1.") % {"slot": service.slot_words}})
    if line.cost is not None and not 0 <= line.cost <= MOST_COST:
        raise ValidationError({"cost": _("Le coût est un montant en FCFA de 0 à %(most)s.") % {"most": MOST_COST}})
    refused = rules.refusals(centre=centre, service=service, people=[migrant.pk], on=line.given_on, user=actor, quantity=quantity, offers=offers)
    if refusal := refused.get(migrant.pk):
        raise ValidationError(refusal.words, code=refusal.code)
    if service.once_per_stay:
        line.once_in_stay = rules.stays_on(centre, line.given_on).filter(migrant=migrant.pk).order_by("-arrived_at").first()
    line.clean_fields(exclude=["migrant", "centre", "service", "provider", "once_in_stay", "recorded_by"])
    with in_words(Assistance):
        line.save(force_insert=True)
    if service.category == Service.Category.KIT:
        tell_stock(actor, centre, service)
    return line, True


@dataclass(frozen=True)
class Served:
    """What became of a list: the lines it made (also when it was sent before), who had it already, and who was passed over and why; who of
    those on it is missing, and stays so: a list says of nobody that somebody saw them."""

    made: int
    had: int
    passed: dict[uuid.UUID, Refusal]
    missing: tuple[uuid.UUID, ...] = ()


def _line_id(key: uuid.UUID, service: Service, day: datetime.date, person: uuid.UUID) -> uuid.UUID:
    """Of a line of a list: so the same list sent twice is one list, and whoever saved it can take back exactly its lines."""
    return uuid.uuid5(key, f"{service.code} {day} {person}")


def _taken_back(ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these lines that were written and taken back: what was sent on its way before that, and comes after it, does not bring them back."""
    gone = Change.objects.filter(table=Assistance._meta.db_table, row__in=[str(id) for id in ids], operation=Change.Operation.DELETE)
    return {uuid.UUID(row) for row in gone.values_list("row", flat=True)}


@service
def serve(*, actor: User, centre: Centre, service: Service, people: Iterable[uuid.UUID], key: uuid.UUID, given_on: datetime.date | None = None) -> Served:
    """Writes down at once that these people, present at the centre, were given a daily service on that day (today).

    Whoever had it already, or may not have it, is passed over: so the same list sent twice, or by two people, is one list. People who
    were not at the centre on that day are left out without a word.
    Raises PermissionDenied, ValidationError."""
    offers = rules.offers_at(centre)
    if not may_give(actor, service, centre, offers.get(service.pk)):
        raise PermissionDenied
    if not service.once_per_day or not service.active:
        raise ValidationError({"service": _("Choisissez un repas ou un service donné une fois par jour.")})
    today, now = timezone.localdate(), timezone.now()
    day = given_on or today
    if not today - datetime.timedelta(days=LATE_DAYS) <= day <= today:
        raise ValidationError({"given_on": _("Une liste se note le jour même, ou dans les %(days)s jours qui suivent.") % {"days": LATE_DAYS}})
    lock_key(key)
    there = Stay.objects.visible_to(actor).filter(pk__in=rules.stays_on(centre, day).order_by().values("pk"), migrant__in=list(people))
    # In order of their key, as whoever locks several people. Who is there is read once they are locked: an admission may be taken back meanwhile.
    list(Migrant.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=there.order_by().values("migrant")).order_by("pk").values_list("pk"))
    stays = {stay.migrant_id: stay for stay in there.annotate(missing_on=missing_since()).order_by("arrived_at")}
    present: list[uuid.UUID] = sorted(stays)
    refused = rules.refusals(centre=centre, service=service, people=present, on=day, user=actor, offers=offers)
    offer = offers.get(service.pk)
    ids = {person: _line_id(key, service, day, person) for person in present}
    before = set(Assistance.objects.filter(pk__in=ids.values(), recorded_by=actor).values_list("migrant_id", flat=True))
    if gone := _taken_back(ids.values()):
        if not before:
            raise ValidationError(_("Cette liste a été annulée : elle ne s’enregistre pas de nouveau. Rechargez la page, puis notez qui a été servi."), code="taken_back")
        present = [person for person in present if ids[person] not in gone]
    lines = [
        Assistance(
            id=ids[person],
            migrant_id=person,
            centre=centre,
            service=service,
            given_on=day,
            unit=service.unit,
            provider=offer.provider if offer else None,
            once_per_day=True,
            recorded_by=actor,
            recorded_at=now,
        )
        for person in present
        if person not in refused
    ]
    with in_words(Assistance):
        Assistance.objects.bulk_create(lines)
    if service.category == Service.Category.KIT:
        tell_stock(actor, centre, service)
    had = [person for person, refusal in refused.items() if refusal.code == "already_given" and person not in before]
    passed = {person: refusal for person, refusal in refused.items() if refusal.code != "already_given" and person not in before}
    missing = tuple(person for person, stay in stays.items() if stay.missing_on is not None)  # type: ignore[attr-defined]
    return Served(len(lines) + len(before), len(had), passed, missing)


@service
def withdraw_assistance(*, actor: User, assistance: Assistance) -> None:
    """Takes back a line that the actor wrote themselves today by mistake; the change history keeps it.

    Raises PermissionDenied, ValidationError."""
    if not may_give(actor, assistance.service, assistance.centre_id) or assistance.centre_id not in assistance.access_centres(writing=True):
        raise PermissionDenied
    if not may_withdraw(actor, assistance):
        raise ValidationError(_("Une assistance ne peut être retirée que le jour même, par la personne qui l’a notée."), code="not_yours")
    if HealthRecord.objects.filter(assistance=assistance.pk).exclude(written_by=actor).exists():
        raise ValidationError(_("Un agent de santé a écrit le détail de ce soin : c’est à lui de le retirer."), code="not_yours")
    HealthRecord.objects.filter(assistance=assistance.pk).delete()
    Assistance.objects.filter(pk=assistance.pk).delete()  # a second click finds nothing, and that is well
    if assistance.service.category == Service.Category.KIT:
        tell_stock(actor, assistance.centre, assistance.service)


def may_withdraw(user: User, assistance: Assistance) -> bool:
    return assistance.recorded_by_id == user.pk and timezone.localdate(assistance.recorded_at) == timezone.localdate()


@service
def withdraw_served(*, actor: User, centre: Centre, service: Service, key: uuid.UUID, given_on: datetime.date) -> int:
    """Takes back a whole list that the actor saved by mistake some minutes ago; the change history keeps it. Returns how many lines.

    Whoever had the service before the list, or since from somebody else, keeps it. Done twice it is done once.
    Raises PermissionDenied, ValidationError when it is too late."""
    if not may_give(actor, service, centre):
        raise PermissionDenied
    lock_key(key)
    own = Assistance.objects.filter(centre=centre, given_on=given_on, service=service, recorded_by=actor)
    lines = {pk: at for pk, person, at in own.values_list("pk", "migrant_id", "recorded_at") if pk == _line_id(key, service, given_on, person)}
    if lines and min(lines.values()) < timezone.now() - datetime.timedelta(minutes=UNDO_MINUTES):
        raise ValidationError(
            _("Cette liste est enregistrée depuis plus de %(n)s minutes : elle ne s’annule plus d’un coup. Retirez les lignes une à une.") % {"n": UNDO_MINUTES},
            code="too_late",
        )
    people = Migrant.objects.select_for_update(of=("self",), no_key=True).filter(assistance__in=list(lines)).order_by("pk")
    list(people.values_list("pk", flat=True))
    Assistance.objects.filter(pk__in=list(lines)).delete()
    if service.category == Service.Category.KIT:
        tell_stock(actor, centre, service)
    return len(lines)
