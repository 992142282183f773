"""The counter: who stands there, whether they may have this, and what the screen says. Writes go through `services`."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from accounts.models import User
from cases import as_then, case_numbers, deaths
from cases.models import CARE, Card, Migrant, clean_token
from centres.models import Centre, Service

from . import flags, services
from .models import Assistance, PersonFlag, Stay

MOST_FOUND = 8
SERIAL_DIGITS = 5  # of a case number: what somebody reads out who has forgotten the rest
# How a service refuses the second time: by its own rule, or by the constraint of the database.
ALREADY_GIVEN = frozenset({"already_given", "assistance_once_a_day"})


# --- who stands there ------------------------------------------------------------------------------------------------


@dataclass
class Found:
    """Who a typed or scanned text stands for. `sure`: by a card or a whole case number, which mean one person. `revoked`: by a card that is
    worth nothing any more."""

    people: list[Migrant]
    sure: bool = False
    revoked: bool = False
    more: bool = False


def look_up(user: User, centre: Centre, typed: str) -> Found:
    """Nobody out of the user's scope is found, by whatever is typed: to this counter they are unknown."""
    people = Migrant.objects.visible_to(user).prefetch_related(CARE).order_by()
    if token := clean_token(typed):
        card = Card.objects.filter(token=token)
        owner = Subquery(card.values(owner=Coalesce("migrant__merged_into", "migrant")))
        carried = people.annotate(card_revoked_at=Subquery(card.values("revoked_at")), card_reason=Subquery(card.values("revoke_reason")))
        if person := carried.filter(pk=owner).first():
            return Found([person], sure=True, revoked=person.card_revoked_at is not None)
    if number := case_numbers.clean(typed):
        return Found(list(people.numbered(number)[:1]), sure=True)
    cared = people.in_care_of(centre)
    if typed.isascii() and typed.isdigit() and len(typed) <= SERIAL_DIGITS:
        cared = cared.filter(case_number__contains=f"-{int(typed):0{SERIAL_DIGITS}d}-")
    else:
        cared = cared.matching(typed)
    here = Exists(Stay.objects.open().filter(centre=centre, migrant=OuterRef("pk")))
    found: list[Migrant] = list(cared.annotate(here=here).order_by("-here", "surname", "given_names", "pk")[: MOST_FOUND + 1])
    return Found(found[:MOST_FOUND], more=len(found) > MOST_FOUND)


@dataclass
class Guest:
    """Somebody at the counter with what the screen says about them. `line`: what they had of this service today, if anything."""

    person: Migrant
    stay: Stay | None = None
    carried: list[PersonFlag] = field(default_factory=list)
    today: list[Assistance] = field(default_factory=list)
    line: Assistance | None = None
    refusal: str = ""

    @property
    def advice(self) -> list[PersonFlag]:
        return [flag for flag in self.carried if flag.kind.advises or flag.kind.denies]

    @property
    def chips(self) -> list[dict[str, str]]:
        """What stands beside the name."""
        chips = [{"label": str(flag.kind), "tone": flag.kind.tone} for flag in self.advice]
        if self.person.is_unaccompanied_minor:
            chips.append({"label": _("mineur non accompagné"), "tone": "danger"})
        if self.person.died_on is not None:
            chips.append({"label": _("décédée"), "tone": "neutral"})
        elif self.stay is None and not self.person.elsewhere:
            chips.append({"label": _("ne séjourne pas ici"), "tone": "warn"})
        return chips

    @property
    def today_words(self) -> list[str]:
        return [_("%(service)s à %(hour)s") % {"service": line.service, "hour": hour_of(line)} for line in self.today]


def hour_of(line: Assistance) -> str:
    return time_format(timezone.localtime(line.recorded_at), "H:i")


def party(user: User, centre: Centre, service: Service | None, person: Migrant) -> list[Guest]:
    """The person, then who of their household is at the centre now, each with flags and what they had today. `service` is None at the gate.
    The same four questions for any number."""
    as_then.seen_by(user, [person])
    together = Q(migrant=person.pk) | Q(migrant__household=person.household_id) if person.household_id and not person.elsewhere else Q(migrant=person.pk)
    stays = Stay.objects.visible_to(user).open().at(centre).filter(together).with_bed().select_related("migrant")
    by_person = {stay.migrant_id: stay for stay in stays.order_by("migrant__born_on", "migrant_id")}
    guests = [Guest(person, by_person.pop(person.pk, None)), *(Guest(stay.migrant, stay) for stay in by_person.values())]
    keys = [guest.person.pk for guest in guests]
    carried = {} if person.elsewhere else flags.of(keys)
    lines: dict[uuid.UUID, list[Assistance]] = {}
    for line in Assistance.objects.visible_to(user).filter(migrant__in=keys, given_on=timezone.localdate()).select_related("service", "centre").order_by("recorded_at"):
        lines.setdefault(line.migrant_id, []).append(line)
    cared = any(custody.centre_id == centre.pk and custody.until is None for custody in person.custodies.all())
    for guest in guests:
        guest.carried, guest.today = carried.get(guest.person.pk, []), lines.get(guest.person.pk, [])
        guest.line = next((line for line in guest.today if service is not None and line.service_id == service.pk), None)
        guest.refusal = _refusal(guest, service, cared=cared or guest.person is not person)
    return guests


def _refusal(guest: Guest, service: Service | None, *, cared: bool) -> str:
    """What is known before anything is written; the last word is that of `record_assistance`."""
    if guest.person.died_on is not None:
        return deaths.why_not(guest.person)
    if service is None:
        return flags.admission_refusal(guest.carried)
    if not cared:
        return _("Cette personne n’est pas suivie par ce centre : admettez-la d’abord.")
    return flags.service_refusal(guest.carried, service)


# --- what is given ---------------------------------------------------------------------------------------------------


@dataclass
class Given:
    """How it went with one person: a line, or why there is none. `already`: they had it before."""

    guest: Guest
    line: Assistance | None = None
    already: bool = False
    refusal: str = ""


def give(user: User, centre: Centre, service: Service, guests: Iterable[Guest], *, key: uuid.UUID, day: datetime.date | None = None) -> list[Given]:
    """Serves these people, each on their own: one who is refused stops nobody else. The same `key` again serves nobody twice. In order of
    key, so that two counters with one family never wait for each other."""
    return [_give(user, centre, service, guest, uuid.uuid5(key, str(guest.person.pk)), day) for guest in sorted(guests, key=lambda guest: guest.person.pk)]


def _give(user: User, centre: Centre, service: Service, guest: Guest, id: uuid.UUID, day: datetime.date | None) -> Given:
    if sent := next((line for line in guest.today if line.pk == id), None):  # sent before, over a line that broke
        return Given(guest, sent)
    if day is None and guest.line is not None and service.once_per_day:
        return Given(guest, guest.line, already=True)
    if guest.refusal:
        return Given(guest, refusal=guest.refusal)
    try:
        line, _created = services.record_assistance(actor=user, migrant=guest.person, centre=centre, service=service, given_on=day, id=id)
    except ValidationError as error:
        if not _codes(error) & ALREADY_GIVEN:
            return Given(guest, refusal=" ".join(error.messages))
        # Another counter was quicker by an instant.
        others = Assistance.objects.visible_to(user).filter(migrant=guest.person, service=service, given_on=day or timezone.localdate())
        guest.line = others.select_related("service", "centre").first()
        return Given(guest, guest.line, already=True)
    guest.line = line
    return Given(guest, line)


def _codes(error: ValidationError) -> set[str | None]:
    errors = [one for several in error.error_dict.values() for one in several] if hasattr(error, "error_dict") else error.error_list
    return {one.code for one in errors}


def progress(centre: Centre, service: Service | None) -> dict[str, int]:
    """How many of the people at the centre have had this today: one question."""
    had = Exists(Assistance.objects.filter(migrant=OuterRef("migrant"), service=service, given_on=timezone.localdate())) if service else Q(pk=None)
    counted = Stay.objects.open().at(centre).aggregate(present=Count("pk"), served=Count("pk", filter=had))
    return {**counted, "left": counted["present"] - counted["served"]}
