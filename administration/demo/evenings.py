"""Invented evenings: roll-calls of the last days, leaves, flags, and when everybody was last seen. The same seed on the same day gives the same."""

import datetime
import random
import uuid

from django.db import connection
from django.utils import timezone

from accounts.models import User
from cases.models import ADULT_AGE, Migrant, years_before
from centres.models import Centre
from reception.models import Alert, Assistance, FlagKind, Leave, PersonFlag, RollCall, RollCallLine, Stay

EVENINGS = 14
FLAGS = {
    "regime-alimentaire": "Sans sel",
    "allergie": "Arachide",
    "accueil-par-une-femme": "Elle le demande",
    "conflit": "Avec un voisin de chambre",
    "ne-pas-transferer": "Avis du service de santé",
}
REASONS = ("Chez un cousin en ville", "Baptême dans la famille", "Travail de nuit au marché", "Chez sa tante, jusqu’à dimanche")


def fill_evenings(seed: int, today: datetime.date) -> None:
    rng = random.Random(seed + 40)  # noqa: S311 - reproducible on purpose
    agents = dict(User.objects.filter(username__startswith="agent.").values_list("username", "pk"))
    stays = list(Stay.objects.filter(departed_at__isnull=True).select_related("migrant", "centre").order_by("arrived_at", "pk"))
    recent = list(
        Stay.objects.filter(departed_at__gte=timezone.make_aware(datetime.datetime.combine(today - datetime.timedelta(days=EVENINGS), datetime.time()))).order_by("pk")
    )
    _leaves(rng, [stay for stay in stays if stay.migrant.born_on <= years_before(today, ADULT_AGE)], today, agents)
    calls: list[RollCall] = []
    lines: list[RollCallLine] = []
    for centre in Centre.objects.order_by("pk"):
        agent = agents.get(f"agent.{centre.name.lower()}")
        for back in range(EVENINGS, 0, -1):
            date = today - datetime.timedelta(days=back)
            at = timezone.make_aware(datetime.datetime.combine(date, datetime.time(20, rng.randint(0, 50))))
            there = [stay for stay in (*stays, *recent) if stay.centre_id == centre.pk and stay.arrived_at < at and (stay.departed_at is None or stay.departed_at > at)]
            if there:
                call = RollCall(
                    centre=centre,
                    date=date,
                    taken_by_id=agent,
                    started_at=at - datetime.timedelta(minutes=25),
                    finished_at=at if rng.random() < 0.95 or back == 1 else None,
                )
                calls.append(call)
                for stay in there:
                    state = "missing" if rng.random() < 0.012 else "present"
                    seen_at = at if state == "present" else None
                    lines.append(RollCallLine(call=call, migrant_id=stay.migrant_id, state=state, noted_at=at, noted_by_id=agent, seen_at=seen_at))
    _missing_child(stays, today, {line.migrant_id: line for line in lines})  # the latest of each
    RollCall.objects.bulk_create(calls)
    RollCallLine.objects.bulk_create(lines, batch_size=2000)
    _flags(rng, [stay.migrant for stay in stays], agents)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reception_last_seen_fill(), reception_assisted_fill()")  # people are made while no trigger fires


def _leaves(rng: random.Random, adults: list[Stay], today: datetime.date, agents: dict[str, int]) -> None:
    agent = min(agents.values())
    Leave.objects.bulk_create(
        Leave(
            id=uuid.UUID(int=rng.getrandbits(128), version=4),
            stay=stay,
            first_night=today,
            last_night=today + datetime.timedelta(days=rng.randint(0, 3)),
            reason=rng.choice(REASONS),
            allowed_by_id=agent,
        )
        for stay in adults
        if rng.random() < 0.04
    )


def _flags(rng: random.Random, people: list[Migrant], agents: dict[str, int]) -> None:
    kinds = {kind.code: kind for kind in FlagKind.objects.filter(code__in=FLAGS)}
    agent = min(agents.values())
    PersonFlag.objects.bulk_create(
        PersonFlag(key=uuid.UUID(int=rng.getrandbits(128), version=4), migrant=person, kind=kinds[code], reason=FLAGS[code], set_by_id=agent)
        for person in people
        for code in sorted(kinds)
        if rng.random() < 0.02
    )


def _missing_child(stays: list[Stay], today: datetime.date, latest: dict[uuid.UUID, RollCallLine]) -> None:
    """One child whom the last roll-call missed, at Gao if there is one."""
    stays = sorted(stays, key=lambda stay: stay.centre.code != "GAO")
    children = (stay for stay in stays if stay.migrant.born_on > years_before(today, ADULT_AGE) and stay.migrant_id in latest)
    given = Assistance.objects.filter(given_on=today)
    child = next((stay for stay in children if not given.filter(migrant=stay.migrant_id).exclude(service__category="meal").exists()), None)
    if child is None:
        return
    line = latest[child.migrant_id]
    line.state, line.seen_at = RollCallLine.State.MISSING, None
    given.filter(migrant=child.migrant_id).delete()  # nobody has seen the child since
    Alert.objects.create(centre_id=child.centre_id, kind=Alert.Kind.MINOR_MISSING, subject=str(child.migrant_id), migrant=child.migrant, raised_at=line.noted_at)
