"""What a centre waits for: transfers asked, on the way and arrived, groups announced, stays that were prolonged. Onto the people who are there."""

import datetime
import random
import uuid

from django.utils import timezone

from accounts.models import User
from cases.models import ADULT_AGE, Custody, years_before
from centres.models import Centre
from reception.models import ExpectedGroup, Stay, Transfer
from reception.workflow import State

REASONS = ("Plus de place au centre", "Rejoint sa famille", "Démarches au consulat de Bamako", "Soins qui ne se donnent pas ici", "Retour organisé depuis Bamako")
NEEDS = ("", "", "Suit un traitement", "Lit du bas", "Enceinte de six mois")
EXTENSIONS = ("Attend son laissez-passer", "Convalescence", "Attend le départ de son bus", "Recherche de la famille en cours")
FROM = ("Agadez", "Niamey", "Tamanrasset", "Assamaka", "Nouadhibou", "Bordj Badji Mokhtar")
TRANSPORT = ("Un bus de 50 places", "Deux minibus", "Camion de la protection civile", "Bus de l’OIM")


def fill_transfers(seed: int, today: datetime.date) -> None:
    """A few queries for any number of people."""
    rng = random.Random(seed + 20)  # noqa: S311
    centres = {centre.code: centre for centre in Centre.objects.all()}
    users = dict(User.objects.filter(username__regex=r"^(agent|manager)\.").values_list("username", "pk"))
    agent = {code: users[f"agent.{centre.name.lower()}"] for code, centre in centres.items()}
    manager = {code: users[f"manager.{centre.name.lower()}"] for code, centre in centres.items()}
    noon = timezone.make_aware(datetime.datetime.combine(today, datetime.time(12)))
    transfers: list[Transfer] = []
    custodies: list[Custody] = []
    left_care: list[Custody] = []

    def asked(stay: Stay, to: str, at: datetime.datetime, state: State, **more: object) -> None:
        answered = {} if state == State.ASKED else {"answered_by_id": manager[to], "answered_at": at + datetime.timedelta(hours=4)}
        transfers.append(
            Transfer(
                id=uuid.UUID(int=rng.getrandbits(128), version=4), together=uuid.UUID(int=rng.getrandbits(128), version=4), migrant_id=stay.migrant_id, stay=stay,
                from_centre=stay.centre, to_centre=centres[to], state=state, reason=rng.choice(REASONS), needs=rng.choice(NEEDS), asked_by_id=agent[stay.centre.code],
                asked_at=at, version=1 + (state != State.ASKED), **answered, **{"planned_on": today + datetime.timedelta(days=2), **more},
            )
        )  # fmt: skip

    gone = Stay.objects.filter(departure_reason=Stay.DepartureReason.TRANSFERRED).select_related("centre").order_by("departed_at", "pk")
    arrivals = {stay.migrant_id: stay for stay in Stay.objects.filter(origin=Stay.Origin.TRANSFERRED, centre=centres["BKO"])}
    held = {custody.migrant_id: custody for custody in Custody.objects.filter(until__isnull=True, migrant__in=gone.values("migrant"))}
    for stay in gone:
        left = stay.departed_at
        if left is None or stay.centre.code == "BKO":
            continue
        at, planned = left - datetime.timedelta(days=2), timezone.localdate(left) + datetime.timedelta(days=1)
        arrival = arrivals.get(stay.migrant_id)
        if arrival is not None:
            asked(stay, "BKO", at, State.ARRIVED, left_at=left, ended_at=arrival.arrived_at, ended_by_id=agent["BKO"], planned_on=planned)
        elif (custody := held.get(stay.migrant_id)) is not None and custody.centre_id == stay.centre_id:
            asked(stay, "BKO", at, State.TRAVELLING, left_at=left, transport=rng.choice(TRANSPORT), planned_on=planned)
            custody.until = left
            left_care.append(custody)
            custodies.append(Custody(migrant_id=stay.migrant_id, centre=centres["BKO"], since=left, reason=Custody.Reason.TRANSFERRED))
    here = list(
        Stay.objects.open()
        .filter(migrant__accompanied_by__isnull=True, migrant__household__isnull=True, migrant__born_on__lte=years_before(today, ADULT_AGE))
        .select_related("centre")
        .order_by("arrived_at", "pk")
    )
    for state, number in ((State.ASKED, 3), (State.ACCEPTED, 2), (State.REFUSED, 1)):
        for stay in rng.sample(here, min(number, len(here))):
            here.remove(stay)
            at = max(noon - datetime.timedelta(hours=30), stay.arrived_at)
            over = {"ended_at": at + datetime.timedelta(hours=4), "ended_by_id": manager["BKO"], "end_reason": "Plus de lit pour une femme seule cette semaine"}
            to = "BKO" if stay.centre.code != "BKO" else "KAY"
            asked(stay, to, at, state, **(over if state == State.REFUSED else {}))
    prolonged = [stay for stay in here if stay.planned_until < today and rng.random() < 0.5]
    for stay in prolonged:
        stay.planned_until = today + datetime.timedelta(days=rng.randint(2, 9))
        stay.extended_at, stay.extended_by_id, stay.extended_reason = noon - datetime.timedelta(days=1), manager[stay.centre.code], rng.choice(EXTENSIONS)
    Transfer.objects.bulk_create(transfers, batch_size=1000)
    Custody.objects.bulk_update(left_care, ["until"])
    Custody.objects.bulk_create(custodies)
    Stay.objects.bulk_update(prolonged, ["planned_until", "extended_at", "extended_by", "extended_reason"])
    ExpectedGroup.objects.bulk_create(_groups(rng, noon, centres, agent))


def _groups(rng: random.Random, noon: datetime.datetime, centres: dict[str, Centre], agent: dict[str, int]) -> list[ExpectedGroup]:
    """Those of the last weeks, and those that come."""
    found = []
    for code, centre in sorted(centres.items()):
        other = rng.choice([one for one in sorted(centres) if one != code])
        for days in (-24, -13, -5, 0, 2):
            children = rng.randint(0, 9)
            group = ExpectedGroup(
                id=uuid.UUID(int=rng.getrandbits(128), version=4), centre=centre, announced_by_id=agent[other], announced_from=centres[other],
                announced_at=noon + datetime.timedelta(days=days - 1), expected_at=noon + datetime.timedelta(days=days, hours=rng.randint(3, 8)),
                men=rng.randint(8, 30), women=rng.randint(0, 8), children=children, minors_alone=rng.randint(0, children // 3), coming_from=rng.choice(FROM),
                transport=rng.choice(TRANSPORT), nationalities=rng.choice(("surtout Guinée", "Guinée, Sénégal, Mali", "Mali")), needs=rng.choice(("", "Deux blessés", "Trois nourrissons")),
                contact="Chauffeur, 00 00 00 00",
            )  # fmt: skip
            if days < 0:
                group.closed_at, group.closed_by_id, group.version = group.expected_at + datetime.timedelta(hours=1), agent[code], 2
                cancelled = days == -13 and code == "KAY"
                group.state = ExpectedGroup.State.CANCELLED if cancelled else ExpectedGroup.State.ARRIVED
                group.closing_words = "La route était coupée" if cancelled else ""
                group.number_came = None if cancelled else max(1, group.number - rng.randint(0, 3))
            found.append(group)
    return found
