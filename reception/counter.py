"""The counter: who stands there, whether they may have this, and what the screen says. Writes go through `services`."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Q, Subquery, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from accounts.models import User
from cases import as_then, case_numbers, deaths
from cases.models import Card, Custody, Migrant, MigrantQuerySet, clean_token
from centres.access import centres_for
from centres.models import Centre, Service
from centres.roles import Right

from . import flags, rules, services
from .models import Assistance, PersonFlag, Stay
from .rules import Refusal
from .whereabouts import Away, away_of, with_whereabouts

MOST_FOUND = 8
SERIAL_DIGITS = 5  # of a case number: what somebody reads out who has forgotten the rest
# How a service refuses the second time: by its own rule, or by the constraint of the database.
ALREADY_GIVEN = frozenset({"already_given", "assistance_once_a_day", "assistance_once_a_stay"})


# --- who stands there ------------------------------------------------------------------------------------------------


@dataclass
class Found:
    """Who a typed or scanned text stands for. `sure`: by a card or a whole case number, which mean one person. `revoked`: by a card that is
    worth nothing any more."""

    people: list[Migrant]
    sure: bool = False
    revoked: bool = False
    more: bool = False


def people_of(user: User) -> MigrantQuerySet:
    """Whom the user may find at a counter; `followed`: one of their centres has the person now, so that nothing of it is as it was then."""
    now = Custody.objects.filter(migrant=OuterRef("pk"), centre__in=centres_for(user, Right.VIEW_CASE), until__isnull=True)
    return Migrant.objects.visible_to(user).annotate(followed=Exists(now)).order_by()


def look_up(user: User, centre: Centre, typed: str) -> Found:
    """Nobody out of the user's scope is found, by whatever is typed: to this counter they are unknown. By name also who was here before: whoever
    was sent on to another centre and comes back has a file."""
    people = people_of(user)
    if token := clean_token(typed):
        card = Card.objects.filter(token=token)
        owner = Subquery(card.values(owner=Coalesce("migrant__merged_into", "migrant")))
        carried = people.annotate(card_revoked_at=Subquery(card.values("revoked_at")), card_reason=Subquery(card.values("revoke_reason")))
        if person := carried.filter(pk=owner).first():
            return Found([person], sure=True, revoked=person.card_revoked_at is not None)
    if number := case_numbers.clean(typed):
        return Found(list(people.numbered(number)[:1]), sure=True)
    theirs = Custody.objects.filter(migrant=OuterRef("pk"), centre=centre)
    known = people.filter(Exists(theirs))
    if typed.isascii() and typed.isdigit() and len(typed) <= SERIAL_DIGITS:
        known = known.filter(case_number__contains=f"-{int(typed):0{SERIAL_DIGITS}d}-")
    else:
        known = known.matching(typed)
    here = Exists(Stay.objects.open().filter(centre=centre, migrant=OuterRef("pk")))
    known = known.annotate(here=here, cared=Exists(theirs.filter(until__isnull=True)))
    found: list[Any] = list(known.order_by("-here", "-cared", "surname", "given_names", "pk")[: MOST_FOUND + 1])
    if len(found) > 1 and (others := [person for person in found if not person.followed]):  # of one person `party` asks it
        prefetch_related_objects(others, "custodies")
        as_then.seen_by(user, others)
    return Found(found[:MOST_FOUND], more=len(found) > MOST_FOUND)


@dataclass
class Guest:
    """Somebody at the counter with what the screen says about them. `line`: what they had of this service on the day, if anything; `lines`:
    all they had that day and today. `refusal`: by the rules that hold when it is written. `away`: why they are not expected here."""

    person: Migrant
    stay: Stay | None = None
    carried: list[PersonFlag] = field(default_factory=list)
    away: Away | None = None
    lines: list[Assistance] = field(default_factory=list)
    line: Assistance | None = None
    refusal: Refusal | None = None

    @property
    def already(self) -> bool:
        """Had it, and can't have it again."""
        return self.refusal is not None and self.refusal.code in ALREADY_GIVEN

    @property
    def today(self) -> list[Assistance]:
        return [line for line in self.lines if line.given_on == timezone.localdate()]

    @property
    def advice(self) -> list[PersonFlag]:
        return [flag for flag in self.carried if flag.kind.advises or flag.kind.denies]

    @property
    def chips(self) -> list[dict[str, str]]:
        """What stands beside the name."""
        chips = [{"label": str(flag.kind), "tone": flag.kind.tone} for flag in self.advice]
        if self.person.is_unaccompanied_minor:
            chips.append({"label": self.person.alone_words, "tone": "danger"})
        if self.person.died_on is not None:
            chips.append({"label": _("décès noté"), "tone": "neutral"})
        elif self.away is not None:
            chips.append({"label": self.away.words, "tone": "danger" if self.away.missing else "warn"})
        return chips

    @property
    def today_words(self) -> list[str]:
        return [_("%(service)s à %(hour)s") % {"service": line.service, "hour": hour_of(line)} for line in self.today]


def hour_of(line: Assistance) -> str:
    return time_format(timezone.localtime(line.recorded_at), "H:i")


def party(user: User, centre: Centre, service: Service | None, person: Any, offers: rules.Offers, *, day: datetime.date | None = None) -> list[Guest]:
    """The person (of `people_of`), then who of their household is at the centre now, each with flags, what they had, and what the rules of
    the service say before anything is written. `service` is None at the gate. The same questions for any number."""
    if not person.followed:
        as_then.seen_by(user, [person])
    together = Q(migrant=person.pk) | Q(migrant__household=person.household_id) if person.household_id and not person.elsewhere else Q(migrant=person.pk)
    wanted = Q(migrant=person.pk) | Q(together, departed_at__isnull=True, centre=centre)
    stays: dict[uuid.UUID, list[Stay]] = {person.pk: []}
    for stay in with_whereabouts(Stay.objects.visible_to(user).filter(wanted).with_bed(user)).select_related("migrant").order_by("migrant__born_on", "migrant_id"):
        stays.setdefault(stay.migrant_id, []).append(stay)
    guests = [_guest(centre, person if key == person.pk else theirs[0].migrant, theirs) for key, theirs in stays.items()]
    if person.elsewhere:  # what the others gave since, and what they are told to do, is theirs
        if service is not None:
            guests[0].refusal = rules.not_in_care()
        return guests
    today = timezone.localdate()
    on = day or today
    looked = rules.look(centre=centre, service=service, people=list(stays), on=on, days={today, on}, user=user, offers=offers)
    for guest in guests:
        found = looked[guest.person.pk]
        guest.carried, guest.lines, guest.refusal = found.flags, found.lines, found.refusal
        guest.line = next((line for line in guest.lines if service is not None and line.service_id == service.pk and line.given_on == on), None)
        if guest.person.died_on is not None:
            guest.refusal = Refusal("died", deaths.why_not(guest.person))
        elif service is None and (words := flags.admission_refusal(guest.carried)):
            guest.refusal = Refusal("flag", words)
    return guests


def _guest(centre: Centre, person: Migrant, stays: list[Stay]) -> Guest:
    here = next((stay for stay in stays if stay.is_open and stay.centre_id == centre.pk), None)
    away = None if person.died_on is not None else away_of(centre, stays, minor=person.is_minor(), elsewhere=person.elsewhere)
    return Guest(person, here, away=away)


# --- what is given ---------------------------------------------------------------------------------------------------


@dataclass
class Given:
    """How it went with one person: a line, or why there is none in words. `already`: they had it before."""

    guest: Guest
    line: Assistance | None = None
    already: bool = False
    refusal: str = ""


def give(
    user: User, centre: Centre, service: Service, guests: Iterable[Guest], *, key: uuid.UUID, day: datetime.date | None = None, seen_at: datetime.datetime | None = None
) -> list[Given]:
    """Serves these people, each on their own: one who is refused stops nobody else. The same `key` again serves nobody twice. In order of
    key, so that two counters with one family never wait for each other."""
    return [_give(user, centre, service, guest, uuid.uuid5(key, str(guest.person.pk)), day, seen_at) for guest in sorted(guests, key=lambda guest: guest.person.pk)]


def _give(user: User, centre: Centre, service: Service, guest: Guest, id: uuid.UUID, day: datetime.date | None, seen_at: datetime.datetime | None) -> Given:
    if sent := next((line for line in guest.lines if line.pk == id), None):  # sent before, over a line that broke
        return Given(guest, sent)
    if guest.refusal is not None:
        return Given(guest, guest.line if guest.already else None, already=guest.already, refusal=guest.refusal.words)
    try:
        line, _created = services.record_assistance(actor=user, migrant=guest.person, centre=centre, service=service, given_on=day, seen_at=seen_at, id=id)
    except ValidationError as error:
        words = " ".join(error.messages)
        if not _codes(error) & ALREADY_GIVEN:
            return Given(guest, refusal=words)
        # Another counter was quicker by an instant.
        others = Assistance.objects.visible_to(user).filter(migrant=guest.person, service=service, given_on=day or timezone.localdate())
        guest.line = others.select_related("service", "centre").first()
        return Given(guest, guest.line, already=True, refusal=words)
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
