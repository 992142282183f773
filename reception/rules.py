"""May this person be given this service, here, on this day? Every way of writing it down asks here: one person's page, the meal list, the
counter, the API. The rules themselves are data (centres.models: Service for the country, ServiceOffer for a centre)."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from cases import deaths
from cases.models import Custody, Migrant
from centres.access import may
from centres.models import Centre, Service, ServiceOffer
from centres.roles import Right
from config.among import among

from . import flags
from .models import Assistance, PersonFlag, Stay

# Whom beside the agents of the centre may write down that a service was given.
ALSO_GIVEN_WITH = {Service.Category.HEALTH.value: Right.VIEW_HEALTH, Service.Category.PSYCHOSOCIAL.value: Right.VIEW_PROTECTION}
Offers = dict[int, ServiceOffer]  # of one centre, by service


@dataclass(frozen=True)
class Refusal:
    """Why not. `code` for machines: unknown_person, not_in_care, not_known_yet, died, right, already_given, closed, suspended, flag,
    residents_only, excluded, per_day, too_soon. `words` for people: what, since when, and when it is possible again."""

    code: str
    words: str


def offers_at(centre: Centre | int) -> Offers:
    key = centre if isinstance(centre, int) else centre.pk
    return {offer.service_id: offer for offer in ServiceOffer.objects.filter(centre=key).select_related("provider")}


def may_give(user: User, service: Service, centre: Centre | int, offer: ServiceOffer | None = None) -> bool:
    """May they write down that this service was given at this centre? The agents every one, health workers what is health care,
    protection officers what is psychosocial; where the centre says which right a service needs, that one alone counts."""
    if offer is None:
        key = centre if isinstance(centre, int) else centre.pk
        offer = ServiceOffer.objects.filter(centre=key, service=service).first()
    if offer is not None and offer.right_needed:
        return may(user, Right(offer.right_needed), centre)
    also = ALSO_GIVEN_WITH.get(service.category)
    return may(user, Right.RECEIVE, centre) or (also is not None and may(user, also, centre))


def refusals(
    *,
    centre: Centre,
    service: Service,
    people: Iterable[uuid.UUID],
    on: datetime.date,
    user: User | None,
    quantity: int = 1,
    offers: Offers | None = None,
) -> dict[uuid.UUID, Refusal]:
    """Of these people, those who may not be given this service on this day, each with why. The same number of queries for one and for 300.

    `user` None: it is not asked who writes it down. `offers`: those of the centre, where the caller has read them already."""
    return refusals_by_service(centre=centre, services=[service], people=people, on=on, user=user, quantity=quantity, offers=offers)[service.pk]


def refusals_by_service(
    *,
    centre: Centre,
    services: Iterable[Service],
    people: Iterable[uuid.UUID],
    on: datetime.date,
    user: User | None,
    quantity: int = 1,
    offers: Offers | None = None,
) -> dict[int, dict[uuid.UUID, Refusal]]:
    """The same for several services at once, by their key."""
    services, people = list(services), list(people)
    offers = offers_at(centre) if offers is None else offers
    rules = [_Rule(centre, service, offers, on, user, quantity) for service in services]
    facts = _facts(centre, people, on, rules) if rules else {}
    return {rule.service.pk: {person: refusal for person in people if (refusal := rule.judge(facts.get(person)))} for rule in rules}


@dataclass(frozen=True)
class Look:
    """One person as a counter looks at them: why not; all they had on the days asked for, oldest first; the flags they carry."""

    refusal: Refusal | None
    lines: list[Assistance]
    flags: list[PersonFlag]


def look(
    *, centre: Centre, service: Service | None, people: Iterable[uuid.UUID], on: datetime.date, days: Iterable[datetime.date], user: User, offers: Offers
) -> dict[uuid.UUID, Look]:
    """`refusals` of one service (None: of none) with what they are judged by, and with everything that was given to these people on these days."""
    days, people = set(days), list(people)
    rules = [_Rule(centre, service, offers, on, user, 1)] if service is not None else []
    facts = _facts(centre, people, on, rules, Q(given_on__in=days))
    looked = {}
    for person in people:
        found = facts.get(person)
        refusal = rules[0].judge(found) if rules else None
        lines = [line for line in found.lines if line.given_on in days] if found else []
        looked[person] = Look(refusal, sorted(lines, key=lambda line: line.recorded_at), found.carried if found else [])
    return looked


@dataclass
class _Facts:
    """What the rules look at, of one person."""

    died_on: datetime.date | None
    cared: bool
    known_since: datetime.date | None
    stay: uuid.UUID | None  # at this centre, on the day
    lines: list[Assistance]
    carried: list[PersonFlag]

    def flags(self, on: datetime.date) -> list[PersonFlag]:
        return [flag for flag in self.carried if timezone.localdate(flag.since) <= on]


@dataclass
class _Rule:
    centre: Centre
    service: Service
    offers: Offers
    on: datetime.date
    user: User | None
    quantity: int

    def __post_init__(self) -> None:
        self.offer = self.offers.get(self.service.pk) or ServiceOffer(centre=self.centre, service=self.service)
        # What excludes this one, and what this one excludes: said on one side it holds on both.
        against = {key for key, offer in self.offers.items() if self.service.code in offer.excludes}
        self.excludes_codes, self.excluded_by = set(self.offer.excludes), against
        self.refused = self._refused_to_all()

    @property
    def days_back(self) -> int:
        return max((self.offer.min_interval_days or 1) - 1, 0)

    def lines_that_matter(self) -> Q:
        """Of Assistance, beside those of the same stay: given near that day."""
        on, back = self.on.toordinal(), self.days_back
        days = (datetime.date.fromordinal(max(on - back, 1)), datetime.date.fromordinal(min(on + back, datetime.date.max.toordinal())))
        near = Q(service=self.service.pk, given_on__range=days)
        if self.excludes_codes or self.excluded_by:
            near |= Q(given_on=self.on) & (Q(service__code__in=self.excludes_codes) | Q(service__in=self.excluded_by))
        return near

    def judge(self, facts: _Facts | None) -> Refusal | None:
        if facts is None:
            return Refusal("unknown_person", _("Ce dossier n’existe pas, ou il a été réuni à un autre."))
        return self._of_the_person(facts) or self._again(facts) or self.refused or self._of_today(facts)

    def _refused_to_all(self) -> Refusal | None:
        """What does not depend on the person."""
        offer = self.offer
        if self.user is not None and not may_give(self.user, self.service, self.centre, offer):
            return Refusal("right", _("Votre rôle ne permet pas de noter ce service dans ce centre."))
        if not self.service.active:
            return Refusal("closed", _("Ce service n’est plus proposé."))
        if offer.suspended(self.on):
            if offer.suspended_until is None:
                return Refusal("suspended", _("Ce service est suspendu dans ce centre : %(reason)s.") % {"reason": offer.suspended_reason.rstrip(".")})
            values = {"reason": offer.suspended_reason.rstrip("."), "day": date_format(offer.suspended_until)}
            return Refusal("suspended", _("Ce service est suspendu dans ce centre jusqu’au %(day)s inclus : %(reason)s.") % values)
        if self.on.isoweekday() not in offer.days:
            names = dict(ServiceOffer.DAYS)
            return Refusal("closed", _("Ce service n’est pas donné ce jour-là, mais : %(days)s.") % {"days": ", ".join(str(names[day]) for day in sorted(offer.days))})
        return None

    def _of_the_person(self, facts: _Facts) -> Refusal | None:
        # First: a death is nothing to a centre that follows somebody no more.
        if not facts.cared or facts.known_since is None:
            return not_in_care()
        if facts.died_on is not None and facts.died_on < self.on:
            return Refusal("died", deaths.why_not(Migrant(died_on=facts.died_on)))
        if self.on < facts.known_since:
            return Refusal("not_known_yet", _("Cette personne n’est connue du centre que depuis le %(day)s.") % {"day": date_format(facts.known_since)})
        return None

    def _again(self, facts: _Facts) -> Refusal | None:
        """Once a slot: that day, or that stay. The database refuses the same."""
        own = [line for line in facts.lines if line.service_id == self.service.pk]
        if self.service.once_per_day and (line := next((line for line in own if line.given_on == self.on), None)):
            words = _("Ce service a déjà été donné à cette personne ce jour-là.")
            noted = timezone.localtime(line.recorded_at)
            if noted.date() == self.on:
                words = _("Ce service a déjà été donné à cette personne ce jour-là, à %(hour)s.") % {"hour": f"{noted:%H:%M}"}
            return Refusal("already_given", words + " " + _("Il se donne une fois par jour."))
        if self.service.once_per_stay and facts.stay and (line := next((line for line in own if line.once_in_stay_id == facts.stay), None)):
            words = _("Ce service a déjà été donné à cette personne pendant ce séjour, le %(day)s. Il se donne une fois par séjour.")
            return Refusal("already_given", words % {"day": date_format(line.given_on)})
        return None

    def _of_today(self, facts: _Facts) -> Refusal | None:
        offer, own = self.offer, [line for line in facts.lines if line.service_id == self.service.pk]
        if words := flags.service_refusal(facts.flags(self.on), self.service):
            return Refusal("flag", words)
        if facts.stay is None and offer.residents_only:
            return Refusal("residents_only", _("Ce service est réservé aux personnes hébergées ici : notez d’abord l’arrivée de cette personne."))
        if facts.stay is None and self.service.once_per_stay:
            return Refusal("residents_only", _("Ce service se donne une fois par séjour : notez d’abord l’arrivée de cette personne."))
        for line in facts.lines:
            if line.given_on == self.on and (line.service.code in self.excludes_codes or line.service_id in self.excluded_by):
                return Refusal(
                    "excluded", _("« %(other)s » a été donné à cette personne ce jour-là : les deux ne vont pas ensemble le même jour.") % {"other": line.service}
                )
        if offer.most_per_day is not None:
            had = sum(line.quantity for line in own if line.given_on == self.on)
            if had + self.quantity > offer.most_per_day:
                most = ngettext("%(n)s par jour au plus", "%(n)s par jour au plus", offer.most_per_day) % {"n": offer.most_per_day}
                return Refusal(
                    "per_day", _("Déjà donné ce jour-là : %(had)s. La règle du centre : %(most)s. Possible de nouveau le lendemain.") % {"had": had, "most": most}
                )
        if offer.min_interval_days is not None and (near := [line.given_on for line in own if abs((line.given_on - self.on).days) < offer.min_interval_days]):
            last = max(near)
            values = {
                "last": date_format(last),
                "days": ngettext("%(n)s jour", "%(n)s jours", offer.min_interval_days) % {"n": offer.min_interval_days},
                "next": date_format(last + datetime.timedelta(days=offer.min_interval_days)),
            }
            return Refusal("too_soon", _("Donné le %(last)s ; il faut %(days)s entre deux fois. Possible de nouveau le %(next)s.") % values)
        return None


def not_in_care() -> Refusal:
    return Refusal("not_in_care", _("Cette personne n’est pas suivie par ce centre : admettez-la d’abord."))


def stays_on(centre: Centre, on: datetime.date) -> QuerySet[Stay]:
    """The stays at this centre that touch this day."""
    return Stay.objects.at(centre).there_on(on)


def _facts(centre: Centre, people: list[uuid.UUID], on: datetime.date, rules: list[_Rule], more: Q | None = None) -> dict[uuid.UUID, _Facts]:
    """Of each person that there is. Three queries, however many people and services. `more`: lines wanted beside those that matter to the rules."""
    custodies = Custody.objects.filter(migrant=OuterRef("pk"), centre=centre).order_by()
    arrivals = Stay.objects.filter(migrant=OuterRef("pk"), centre=centre).order_by()
    rows: Any = (
        Migrant.objects.filter(among("pk", people), merged_into__isnull=True)
        .order_by()
        .annotate(
            cared=Exists(custodies.filter(until__isnull=True)),
            in_care=Subquery(custodies.values("migrant").annotate(first=Min("since")).values("first")),
            arrived=Subquery(arrivals.values("migrant").annotate(first=Min("arrived_at")).values("first")),
            stay=Subquery(stays_on(centre, on).filter(migrant=OuterRef("pk")).order_by("-arrived_at").values("pk")[:1]),
        )
        .values_list("pk", "died_on", "cared", "in_care", "arrived", "stay")
    )
    facts = {
        person: _Facts(died_on, cared, timezone.localdate(min(moments)) if (moments := [moment for moment in (in_care, arrived) if moment]) else None, stay, [], [])
        for person, died_on, cared, in_care, arrived, stay in rows
    }
    wanted = more or Q()
    for rule in rules:
        wanted |= rule.lines_that_matter()
    stays = [one.stay for one in facts.values() if one.stay]
    if stays and any(rule.service.once_per_stay for rule in rules):
        wanted |= Q(among("once_in_stay", stays))
    for line in Assistance.objects.filter(wanted, among("migrant", facts)).select_related("service", "centre").order_by("given_on", "recorded_at"):
        facts[line.migrant_id].lines.append(line)
    for person, carried in flags.of(facts).items():
        facts[person].carried = carried
    return facts
