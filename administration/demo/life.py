"""Invented people and what happened to them over two years up to today. Never a real person: given name, surname and fate
are drawn apart. Shares follow the action document (sections 2.1, 4.6, 5.2) and docs/glossary.md; the same seed on the same
day gives the same register."""

import datetime
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

import names
from cases import case_numbers
from cases.models import Card, Consent, Custody, Household, IdentityDocument, Migrant, Note, RegistrationGroup, years_before
from centres.models import Bed, Centre, Room, Service, ServiceOffer
from config.countries import continent
from reception.models import Assistance, BedAssignment, Stay
from reintegration.models import VISIT_MONTHS, ReintegrationCase, Support, Visit, add_months
from returns.models import ReturnCase
from returns.services import CONSULAR
from returns.workflow import State

from .clock import told_until
from .identity import Identities
from .spelling import respell

MONTHS = 24
UTC = datetime.UTC

# Where people come to: Gao is the gate to the desert, Bamako the hub, Kayes the region they left.
CENTRES = {"GAO": 0.42, "BKO": 0.35, "KAY": 0.23}
NATIONALITIES = {"ML": 34, "GN": 16, "SN": 8, "CI": 7, "GM": 6, "BF": 5, "NE": 4, "CM": 5, "NG": 4, "SL": 3, "LR": 2, "BJ": 2, "TG": 2, "GH": 2}
# Document 2.1: of those who came back, 222 from Niger, 200 from Libya, 13 from Europe; Algeria sends back through Gao.
RETURNED_FROM = {"NE": 43, "LY": 30, "DZ": 17, "MR": 3, "IT": 3, "FR": 2, "ES": 2}
# Document 5.2: 70 % of those helped to reintegrate were from Kayes, 20 % from Bamako.
REGIONS = {"Kayes": 70, "Bamako": 20, "Sikasso": 6, "Gao": 4}
REGION_CENTRE = {"Kayes": "KAY", "Bamako": "BKO", "Sikasso": "BKO", "Gao": "GAO"}
LANGUAGES = {"ML": "bam", "GN": "ful", "SN": "wol", "GM": "man", "CI": "dyu", "BF": "mos", "NE": "hau"}
PREFIXES = {
    "ML": "223",
    "GN": "224",
    "SN": "221",
    "CI": "225",
    "GM": "220",
    "BF": "226",
    "NE": "227",
    "CM": "237",
    "NG": "234",
    "SL": "232",
    "LR": "231",
    "BJ": "229",
    "TG": "228",
    "GH": "233",
}

# What some things given cost (XOF), by code of the service.
COSTS = {"transport": (2_500, 5_000, 7_500, 12_000, 20_000), "consultation": (0, 1_000, 2_000, 3_500)}

# In the order in which they can be written.
ORDER: tuple[Any, ...] = (
    Household,
    RegistrationGroup,
    Migrant,
    IdentityDocument,
    Card,
    Custody,
    Consent,
    Note,
    Stay,
    BedAssignment,
    Assistance,
    ReturnCase,
    ReintegrationCase,
    Visit,
    Support,
)


@dataclass
class Batch:
    """Rows of some people, by model, in the order in which they can be written."""

    rows: dict[type, list[Any]] = field(default_factory=lambda: {model: [] for model in ORDER})

    def add(self, *objects: Any) -> None:
        for obj in objects:
            self.rows[type(obj)].append(obj)

    @property
    def people(self) -> int:
        return len(self.rows[Migrant])


MEAL_HOURS = {"petit-dejeuner": 7, "dejeuner": 12, "diner": 19}


def planned_until(arrived: datetime.datetime, centre: Centre) -> datetime.date:
    """As the database fills it where triggers run."""
    return timezone.localdate(arrived) + datetime.timedelta(days=centre.max_stay_days)


class Life:
    """Draws people one group after the other, in the order of their arrival."""

    def __init__(self, seed: int, today: datetime.date, users: dict[str, int]):
        self.rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self.today = today
        self.now = told_until(today)
        self.users = users
        self.centres = {c.code: c for c in Centre.objects.all()}
        self.services = {s.code: s for s in Service.objects.filter(active=True)}
        self.prices = random.Random(seed + 3)  # noqa: S311 - its own, so that a price more changes nobody's life
        self.providers = {(offer.centre_id, offer.service_id): offer.provider_id for offer in ServiceOffer.objects.all()}
        self.meals = [s for s in self.services.values() if s.category == Service.Category.MEAL]
        self.free: dict[str, dict[str, list[tuple[datetime.datetime, int]]]] = {
            code: {kind: [(datetime.datetime.min.replace(tzinfo=UTC), bed) for bed in beds] for kind, beds in self._beds(centre).items()}
            for code, centre in self.centres.items()
        }
        self.serials: dict[tuple[str, int], int] = {}
        self.settled: list[Migrant] = []
        self.identities = Identities(seed, today, REGIONS)
        self.twice: list[tuple[Migrant, Migrant]] = []  # two files of one person
        self.served: set[tuple[uuid.UUID, int, datetime.date]] = set()  # of the person at hand

    @staticmethod
    def _beds(centre: Centre) -> dict[str, list[int]]:
        beds: dict[str, list[int]] = {kind: [] for kind in Room.Kind.values}
        for pk, kind in Bed.objects.usable().filter(room__centre=centre).order_by("pk").values_list("pk", "room__kind"):
            beds[kind].append(pk)
        return beds

    # --- small draws -------------------------------------------------------------------------------------------

    def uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def pick(self, weights: dict[str, int] | dict[str, float]) -> str:
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def at(self, day: datetime.date, first: int = 7, last: int = 19) -> datetime.datetime:
        return datetime.datetime.combine(day, datetime.time(self.rng.randint(first, last), self.rng.randrange(60)), UTC)

    @staticmethod
    def at_desk(day: datetime.date) -> datetime.datetime:
        return datetime.datetime.combine(day, datetime.time(6, 30), UTC)

    def case_number(self, code: str, year: int) -> str:
        number = None
        while number is None:
            serial = self.serials[code, year] = self.serials.get((code, year), 0) + 1
            number = case_numbers.compose(code, year, serial)
        return number

    # --- people ------------------------------------------------------------------------------------------------

    def groups(self, people: int) -> Iterator[Batch]:
        """Batches of whole groups, until there are `people` of them, over the months up to today."""
        start = self.today - datetime.timedelta(days=MONTHS * 30)
        span = (self.today - start).days
        # A slow growth of the action, and the buses of the dry season.
        days = sorted(start + datetime.timedelta(days=min(span, int(span * self.rng.random() ** 0.85))) for _ in range(people))
        for recent in range(min(people, max(3, people // 200))):  # a bus this morning
            days[-1 - recent] = self.today
        batch, index, made = Batch(), 0, 0
        while made < people:
            before = batch.people
            self.group(batch, days[index], people - made)
            grown = batch.people - before
            made += grown
            index = min(index + grown, people - 1)
            if batch.people >= 250:
                yield batch
                batch = Batch()
        yield batch

    def group(self, batch: Batch, day: datetime.date, most: int) -> None:
        """One arrival: mostly a person alone, sometimes a family, rarely somebody who is already known elsewhere."""
        rng = self.rng
        code = self.pick(CENTRES)
        draw = rng.random()
        if draw < 0.015 and self.settled:
            self.known_again(batch, day, code)
        elif draw < 0.06 and most >= 2:
            nationality = self.pick(NATIONALITIES)
            surname = self.pick(names.pool(nationality).surnames)
            household = Household(id=self.uuid(), created_at=self.at(day))
            batch.add(household)
            family = self.identities.family(
                household, self.centres[code], nationality, self.users[f"agent.{self.centres[code].name.lower()}"], min(self.at_desk(day), self.now)
            )
            batch.add(family)
            adult = self.person(
                batch, day, code, nationality, sex="female" if rng.random() < 0.8 else "male", age=rng.randint(22, 42), surname=surname, household=household
            )
            adult.household_role, adult.registration_group = Migrant.HouseholdRole.HEAD, family
            for _ in range(min(most - 1, rng.choice((1, 1, 2, 2, 3)))):
                child = self.person(
                    batch, day, code, nationality, sex=rng.choice(("female", "male")), age=rng.randint(0, 15), surname=surname, household=household, adult=adult
                )
                child.household_role, child.registration_group = Migrant.HouseholdRole.CHILD, family
        elif draw < 0.115:
            self.person(batch, day, code, self.pick(NATIONALITIES), sex="male" if rng.random() < 0.9 else "female", age=rng.randint(13, 17))
        else:
            self.person(batch, day, code, self.pick(NATIONALITIES), sex="male" if rng.random() < 0.94 else "female", age=min(67, max(18, round(rng.gauss(25, 6)))))

    def person(
        self,
        batch: Batch,
        day: datetime.date,
        code: str,
        nationality: str,
        *,
        sex: str,
        age: int,
        surname: str = "",
        household: Household | None = None,
        adult: Migrant | None = None,
    ) -> Migrant:
        rng = self.rng
        pool = names.pool(nationality)
        precision = rng.choices(list(Migrant.Precision), (45, 10, 30, 15))[0]
        year = day.year - age
        born = datetime.date(year, 12, 31)
        if precision == Migrant.Precision.DAY:
            born = datetime.date(year, 1, 1) + datetime.timedelta(days=rng.randrange(365))
        elif precision == Migrant.Precision.MONTH:
            born = add_months(datetime.date(year, 1, 31), rng.randrange(12))
        if born > day:
            born, precision = day - datetime.timedelta(days=rng.randint(20, 300)), Migrant.Precision.DAY
        given = self.pick(pool.female if sex == "female" else pool.male)
        if rng.random() < 0.18:
            given = f"{given} {self.pick(pool.female if sex == 'female' else pool.male)}"
        phone = f"{PREFIXES.get(nationality, '223')}{rng.randint(60_000_000, 99_999_999)}" if age > 14 and rng.random() < 0.55 else ""
        migrant = self.identity(batch, day, code, surname or self.pick(pool.surnames), given, sex, born, precision, nationality, phone, household, adult)
        self.stay_and_after(batch, migrant, day, code)
        return migrant

    def identity(self, batch, day, code, surname, given, sex, born, precision, nationality, phone, household, adult) -> Migrant:
        arrived = min(self.at(day), self.now)
        agent = self.users[f"agent.{self.centres[code].name.lower()}"]
        language = LANGUAGES.get(nationality, "eng" if nationality in ("NG", "SL", "LR", "GH") else "fra")
        age = day.year - born.year
        further = self.identities.further(nationality, sex, age, language)
        group = None
        if day == self.today and household is None:
            group, made = self.identities.bus(self.centres[code], nationality, agent, arrived)
            if made:
                batch.add(group)
        full = f"{given} {surname} {further.get('other_names', '')}"
        migrant = Migrant(
            id=self.uuid(), case_number=self.case_number(code, day.year), surname=surname, given_names=given, sex=sex, born_on=born, birth_precision=precision,
            nationality=nationality, phone=phone, household=household, accompanied_by=adult, registered_centre=self.centres[code], registered_at=arrived, registered_by_id=agent,
            name_keys=names.keys(full), search_text=" ".join(names.tokens(full))[:250], arrived_on=arrived.date(), registration_group=group, **further,
        )  # fmt: skip
        batch.add(migrant)
        method = self.rng.choices(list(Consent.Method), (45, 35, 20))[0]
        for purpose, share in ((Consent.Purpose.REGISTRATION, 1), (Consent.Purpose.REFERRAL, 0.6), (Consent.Purpose.FOLLOW_UP, 0.8), (Consent.Purpose.STATISTICS, 0.93)):
            if self.rng.random() < share:
                batch.add(self.identities.consent(migrant, purpose, method, language, arrived, agent))
        if self.identities.rng.random() < 0.45:
            batch.add(self.identities.consent(migrant, Consent.Purpose.PHOTO, method, language, arrived, agent))
        batch.add(*self.identities.carried(migrant, age))
        return migrant

    def known_again(self, batch: Batch, day: datetime.date, code: str) -> None:
        """Somebody registered before gives their name to another clerk, mostly at another centre: a true duplicate."""
        known = self.rng.choice(self.settled)
        if self.rng.random() < 0.4:
            code = known.registered_centre.code  # a second time at the same counter
        elif known.registered_centre.code == code:
            code = next(other for other in CENTRES if other != code)
        migrant = self.identity(
            batch,
            day,
            code,
            respell(known.surname, self.rng),
            respell(known.given_names, self.rng),
            known.sex,
            known.born_on,
            known.birth_precision,
            known.nationality,
            known.phone,
            None,
            None,
        )
        self.twice.append((known, migrant))
        self.stay_and_after(batch, migrant, day, code)

    # --- what happens to them ------------------------------------------------------------------------------------

    def stay_and_after(self, batch: Batch, migrant: Migrant, day: datetime.date, code: str) -> None:
        rng = self.rng
        arrived = migrant.registered_at
        self.served.clear()
        malian = migrant.nationality == "ML"
        came_from = self.pick(RETURNED_FROM) if malian else rng.choice(("DZ", "NE", "BF", "MR", "ML", migrant.nationality))
        if malian:
            origin = rng.choices((Stay.Origin.VOLUNTARY_RETURN, Stay.Origin.RETURNED, Stay.Origin.FORCED_RETURN), (45, 25, 30))[0]
        else:
            origin = Stay.Origin.TRANSIT if rng.random() < 0.9 else Stay.Origin.REFERRED
        migrant.arrival_kind = origin.value
        # A child travels with the adult who answers for them; their stay follows that of nobody else here.
        wants_return = not malian and rng.random() < 0.38
        days = max(1, round(rng.lognormvariate(1.9, 0.65)))
        return_case = self.return_case(batch, migrant, day, code) if wants_return else None
        if return_case is not None:
            if return_case.document in CONSULAR:  # the consulate was asked: the person had agreed to that
                consent = self.identities.consent(migrant, Consent.Purpose.CONSULATE, Consent.Method.SIGNED, "fra", arrived, migrant.registered_by_id or 0)
                batch.add(consent)
            end = return_case.departed_on or return_case.ended_on
            leaves = self.at(end, 5, 8) if end else None
            reason = Stay.DepartureReason.RETURN if return_case.departed_on else Stay.DepartureReason.LEFT
        else:
            leaves = self.at(day + datetime.timedelta(days=days), 6, 16)
            reason = rng.choices(list(Stay.DepartureReason)[:5], (25 if malian else 0, 62, 0, 11, 2))[0]
        if leaves is not None and leaves <= arrived:
            leaves = arrived + datetime.timedelta(hours=6)
        if leaves is not None and leaves > self.now:
            # Whoever has departed on a return does not sleep here any more.
            leaves = self.now if return_case is not None and return_case.departed_on and self.now > arrived else None
        agent = migrant.registered_by_id
        moved_on = leaves is not None and return_case is None and code != "BKO" and rng.random() < 0.06
        stay = Stay(
            id=self.uuid(), migrant=migrant, centre=self.centres[code], arrived_at=arrived, origin=origin, came_from=came_from, checked_in_by_id=agent,
            departed_at=leaves, departure_reason=(Stay.DepartureReason.TRANSFERRED if moved_on else reason) if leaves else "", checked_out_by_id=agent if leaves else None,
            planned_until=planned_until(arrived, self.centres[code]),
        )  # fmt: skip
        batch.add(stay)
        self.bed(batch, stay, migrant, code)
        self.assistance(batch, migrant, stay, code)
        custody = Custody(migrant=migrant, centre=self.centres[code], since=arrived, reason=Custody.Reason.REGISTERED)
        batch.add(custody)
        if moved_on and leaves is not None and self.transfer(batch, migrant, custody, leaves):
            code = "BKO"
        if malian and migrant.age(day) >= 16 and rng.random() < 0.34:
            self.reintegration(batch, migrant, day, came_from, code)
        if rng.random() < 0.05:
            batch.add(
                Note(
                    id=self.uuid(),
                    migrant=migrant,
                    kind=Note.Kind.ORDINARY,
                    text=rng.choice(NOTES),
                    written_by_id=agent,
                    written_at=min(arrived + datetime.timedelta(hours=3), self.now),
                )
            )
        if migrant.accompanied_by is None and migrant.is_minor(day) and rng.random() < 0.7:
            written = min(arrived + datetime.timedelta(hours=20), self.now)
            batch.add(
                Note(
                    id=self.uuid(),
                    migrant=migrant,
                    kind=Note.Kind.PROTECTION,
                    text=rng.choice(PROTECTION_NOTES),
                    written_by_id=self.users["protection"],
                    written_at=written,
                )
            )
        if rng.random() < 0.2:
            self.settled.append(migrant)

    def transfer(self, batch: Batch, migrant: Migrant, custody: Custody, left: datetime.datetime) -> bool:
        """On to Bamako; False if the person is still on the road today."""
        arrived = left + datetime.timedelta(hours=self.rng.randint(14, 30))
        if arrived > self.now:
            return False
        custody.until = left
        leaves: datetime.datetime | None = arrived + datetime.timedelta(days=self.rng.randint(1, 9), hours=3)
        if leaves is not None and leaves > self.now:
            leaves = None
        agent = self.users["agent.bamako"]
        stay = Stay(
            id=self.uuid(), migrant=migrant, centre=self.centres["BKO"], arrived_at=arrived, origin=Stay.Origin.TRANSFERRED, came_from="ML", checked_in_by_id=agent,
            departed_at=leaves, departure_reason=Stay.DepartureReason.LEFT if leaves else "", checked_out_by_id=agent if leaves else None,
            planned_until=planned_until(arrived, self.centres["BKO"]),
        )  # fmt: skip
        batch.add(stay, Custody(migrant=migrant, centre=self.centres["BKO"], since=arrived, reason=Custody.Reason.TRANSFERRED))
        self.bed(batch, stay, migrant, "BKO")
        self.assistance(batch, migrant, stay, "BKO")
        return True

    def bed(self, batch: Batch, stay: Stay, migrant: Migrant, code: str) -> None:
        """The first bed of a fitting room that is free at arrival; none when the centre is full."""
        day = stay.arrived_at.date()
        if migrant.accompanied_by is not None and migrant.born_on > years_before(day, self.centres[code].shared_bed_age):
            return  # an infant, in the bed of their adult
        if migrant.household is not None:
            wanted = [Room.Kind.FAMILIES, Room.Kind.WOMEN if migrant.sex == "female" else Room.Kind.MEN]
        elif migrant.is_minor(day):
            wanted = [Room.Kind.MINORS]
        else:
            wanted = [Room.Kind.WOMEN if migrant.sex == "female" else Room.Kind.MEN]
        forever = datetime.datetime.max.replace(tzinfo=UTC)
        for kind in wanted:
            for index, (free_from, bed) in enumerate(self.free[code][kind]):
                if free_from <= stay.arrived_at:
                    self.free[code][kind][index] = (stay.departed_at or forever, bed)
                    batch.add(BedAssignment(stay=stay, bed_id=bed, since=stay.arrived_at, until=stay.departed_at))
                    return

    def assistance(self, batch: Batch, migrant: Migrant, stay: Stay, code: str) -> None:
        rng, first, last = self.rng, stay.arrived_at.date(), (stay.departed_at or self.now).date()
        centre, agent = self.centres[code], self.users[f"agent.{self.centres[code].name.lower()}"]

        def give(service: Service, day: datetime.date) -> None:
            if service.once_per_day and (migrant.pk, service.pk, day) in self.served:
                return  # had it at the other centre, on the day of the transfer
            self.served.add((migrant.pk, service.pk, day))
            recorded, key = self.at(day), self.uuid()
            if service.code in MEAL_HOURS:
                recorded = recorded.replace(hour=MEAL_HOURS[service.code])
                if recorded > self.now:
                    return  # not yet
            elif recorded > self.now:  # some time this morning
                recorded = max(self.now - datetime.timedelta(minutes=3 * recorded.minute + 1), stay.arrived_at, recorded.replace(hour=0, minute=0))
            batch.add(
                Assistance(
                    id=key,
                    migrant=migrant,
                    centre=centre,
                    service=service,
                    given_on=day,
                    unit=service.unit,
                    provider_id=self.providers.get((centre.pk, service.pk)),
                    once_per_day=service.once_per_day,
                    cost=self.prices.choice(COSTS[service.code]) if service.code in COSTS else None,
                    once_in_stay=stay if service.once_per_stay else None,
                    recorded_by_id=agent,
                    recorded_at=recorded,
                    seen_at=recorded,  # at the counter, one by one
                )
            )

        for offset in range(min((last - first).days + 1, 60)):
            day = first + datetime.timedelta(days=offset)
            for meal in self.meals:
                if rng.random() < (0.93 if offset else 0.6):
                    give(meal, day)
        for category, share in (
            (Service.Category.KIT, 0.8),
            (Service.Category.INFORMATION, 0.95),
            (Service.Category.HEALTH, 0.35),
            (Service.Category.PSYCHOSOCIAL, 0.14),
            (Service.Category.TRANSPORT, 0.2),
        ):
            offered = [s for s in self.services.values() if s.category == category]
            if offered and rng.random() < share:
                give(rng.choice(offered), min(last, first + datetime.timedelta(days=rng.randint(0, 3))))

    def return_case(self, batch: Batch, migrant: Migrant, day: datetime.date, code: str) -> ReturnCase:
        rng = self.rng
        officer = self.users["returns.gao" if code == "GAO" else "returns.bamako"]
        opened = day + datetime.timedelta(days=rng.randint(0, 3))
        case = ReturnCase(
            id=self.uuid(), migrant=migrant, centre=self.centres[code], opened_on=min(opened, self.today), opened_by_id=officer, country_from="ML", country_to=migrant.nationality,
            place_to=rng.choice(PLACES.get(migrant.nationality, ("",))), minor=migrant.is_minor(day),
        )  # fmt: skip
        batch.add(case)
        step = opened
        stop_at = rng.choices((None, State.WITHDRAWN, State.INELIGIBLE), (88, 9, 3))[0]
        stop_after = rng.randint(1, 4)
        plan = ((State.COUNSELLED, 1, 4), (State.CONSENTED, 1, 5), (State.DOCUMENTS, 4, 28), (State.READY, 1, 8), (State.DEPARTED, 1, 6), (State.ARRIVED, 0, 1))
        for number, (state, least, longest) in enumerate(plan):
            step = step + datetime.timedelta(days=rng.randint(least, longest))
            if step > self.today:
                return case
            if stop_at is not None and number == stop_after:
                case.state, case.ended_on, case.end_reason = stop_at, step, rng.choice(WITHDRAWALS if stop_at == State.WITHDRAWN else INELIGIBLE)
                return case
            case.state = state
            if state == State.COUNSELLED:
                case.counselled_on = step
            elif state == State.CONSENTED:
                case.declaration_signed_on = step
            elif state == State.DOCUMENTS:
                case.document = rng.choices(list(ReturnCase.Document), (15, 25, 20, 40))[0]
                case.document_valid_until = step + datetime.timedelta(days=rng.randint(60, 900))
                if case.minor:
                    case.best_interest_on = step
            elif state == State.READY:
                case.fit_to_travel_on, case.fit_until = step, step + datetime.timedelta(days=14)
            elif state == State.DEPARTED:
                case.departed_on = step
            else:
                case.arrived_on = step
        return case

    def reintegration(self, batch: Batch, migrant: Migrant, day: datetime.date, came_from: str, custody_code: str) -> None:
        rng = self.rng
        region = self.pick(REGIONS)
        code = REGION_CENTRE[region]
        opened = day + datetime.timedelta(days=rng.randint(5, 25))
        if opened > self.today or not continent(came_from):
            return
        officer = self.users["reintegration.kayes" if code == "KAY" else "reintegration.bamako"]
        case = ReintegrationCase(
            id=self.uuid(), migrant=migrant, centre=self.centres[code], kind="community" if rng.random() < 0.79 else "individual", enhanced=rng.random() < 0.2,
            returned_from=came_from, returned_from_continent=continent(came_from), region=region, opened_on=opened, opened_by_id=officer, plan=rng.choice(PLANS),
        )  # fmt: skip
        batch.add(case)
        if code != custody_code:
            batch.add(Custody(migrant=migrant, centre=self.centres[code], since=min(self.at(opened), self.now), reason=Custody.Reason.REINTEGRATION))
        lost_after = rng.choice((3, 6, 9)) if rng.random() < 0.09 else None
        last_done = None
        for month in VISIT_MONTHS:
            due = add_months(opened, month)
            visit = Visit(id=self.uuid(), case=case, month=month, due_on=due)
            done = due + datetime.timedelta(days=rng.randint(-5, 12))
            if done <= self.today and (lost_after is None or month <= lost_after) and rng.random() < 0.93:
                visit.done_on, visit.situation, visit.note, visit.done_by_id = (
                    done,
                    rng.choices(list(Visit.Situation), (55, 30, 10, 5))[0],
                    rng.choice(VISIT_NOTES),
                    officer,
                )
                last_done = (month, done)
            batch.add(visit)
        if lost_after is not None and add_months(opened, lost_after + 2) <= self.today:
            case.state, case.closed_on = rng.choice((ReintegrationCase.State.LOST, ReintegrationCase.State.REMIGRATED)), add_months(opened, lost_after + 2)
        elif last_done is not None and last_done[0] == 12 and last_done[1] <= self.today - datetime.timedelta(days=5):
            case.state, case.closed_on = ReintegrationCase.State.COMPLETED, max(last_done[1], opened + datetime.timedelta(days=366))
            if case.closed_on > self.today:
                case.state, case.closed_on = ReintegrationCase.State.OPEN, None
        kinds = [Support.Kind.COMMUNITY] if case.kind == "community" else [Support.Kind.BUSINESS]
        kinds += rng.sample([Support.Kind.TRAINING, Support.Kind.PSYCHOSOCIAL, Support.Kind.HEALTH, Support.Kind.HOUSING], rng.randint(0, 2))
        delivered = opened
        for kind in kinds:
            delivered = delivered + datetime.timedelta(days=rng.randint(15, 70))
            if delivered <= min(self.today, case.closed_on or self.today):
                amount = rng.randrange(150, 1900) * 1000 if kind in (Support.Kind.BUSINESS, Support.Kind.COMMUNITY) else rng.randrange(20, 300) * 1000
                batch.add(Support(id=self.uuid(), case=case, kind=kind, delivered_on=delivered, amount=amount, recorded_by_id=officer))


PLACES = {
    "GN": ("Labé", "Conakry", "Mamou", "Kankan", "Kissidougou"), "SN": ("Tambacounda", "Kolda", "Dakar", "Vélingara"), "CI": ("Abidjan", "Bouaké", "Daloa", "Korhogo"),
    "GM": ("Banjul", "Brikama", "Basse"), "BF": ("Ouagadougou", "Bobo-Dioulasso", "Tenkodogo"), "NE": ("Niamey", "Zinder", "Tahoua"), "CM": ("Douala", "Yaoundé", "Maroua"),
    "NG": ("Benin City", "Kano", "Lagos"), "SL": ("Freetown", "Bo"), "LR": ("Monrovia", "Gbarnga"), "BJ": ("Cotonou", "Parakou"), "TG": ("Lomé", "Sokodé"), "GH": ("Accra", "Tamale"),
}  # fmt: skip
NOTES = (
    "Souhaite appeler sa famille ; téléphone prêté.", "Demande des nouvelles d’un frère parti avec lui d’Agadez.", "A perdu ses documents en route.",
    "Parle mieux le peul que le français : prévoir un interprète.", "Attend un virement de sa famille.", "Orienté vers le centre de santé pour un contrôle.",
)  # fmt: skip
PROTECTION_NOTES = (
    "Premier entretien fait avec interprète. Recherche de la famille à lancer.", "Se dit plus âgé qu’il ne paraît ; évaluation de l’âge à prévoir.",
    "Contact téléphonique établi avec la mère. Suivi hebdomadaire.", "Récit de violences en route ; suivi psychosocial proposé et accepté.",
)  # fmt: skip
WITHDRAWALS = ("A trouvé du travail sur place.", "Préfère continuer sa route.", "Rejoint un parent à Bamako.", "A changé d’avis.")
INELIGIBLE = ("Demande l’asile : orienté vers le HCR.", "Nationalité non confirmée par le consulat.", "Aide au retour déjà reçue.")
PLANS = (
    "Élevage de petits ruminants avec deux voisins.", "Atelier de soudure métallique.", "Boutique d’alimentation générale.", "Maraîchage sur le périmètre du village.",
    "Couture : machine et premier stock de tissus.", "Tricycle pour le transport de marchandises.", "Aviculture villageoise.", "Atelier de menuiserie.",
)  # fmt: skip
VISIT_NOTES = (
    "Activité en marche, clients réguliers.",
    "Matériel en bon état, ventes faibles en saison des pluies.",
    "Vit dans sa famille ; enfants scolarisés.",
    "Difficultés de trésorerie, conseils donnés.",
    "Projet installé, revenus modestes.",
)
