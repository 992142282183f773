"""`LastSeen` is the latest event of a person, whatever way rows are written."""

import datetime
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cases.models import Migrant
from centres.models import Centre, Service
from reception.models import Assistance, LastSeen, RollCall, RollCallLine, Sighting, Stay
from reception.services import check_out, serve, withdraw_assistance
from tests.cases.factories import make_pair
from tests.cases.test_merge import join, sides
from tests.factories import agent_of, make_migrant

from .factories import crowd, make_assistance, make_stay

HOUR = datetime.timedelta(hours=1)


def seen(person) -> LastSeen:
    return LastSeen.objects.get(pk=getattr(person, "pk", person))


def by_hand(person) -> datetime.datetime:
    """The latest event, told without the product's code; of files joined to this one too."""
    found = []
    for file in [person.pk, *Migrant.objects.filter(merged_into=person).values_list("pk", flat=True)]:
        found.append(Migrant.objects.get(pk=file).registered_at)
        for stay in Stay.objects.filter(migrant=file):
            found += [moment for moment in (stay.arrived_at, stay.departed_at) if moment]
        # A line of a list says of nobody that somebody saw them.
        found += Assistance.objects.filter(migrant=file, seen_at__isnull=False).values_list("seen_at", flat=True)
        found += RollCallLine.objects.filter(migrant=file, state="present", seen_at__isnull=False).values_list("seen_at", flat=True)
        found += Sighting.objects.filter(migrant=file, found=True).values_list("at", flat=True)
    return max(found)


def test_each_event_tells(centre):
    gao = centre("GAO")
    person = make_migrant(gao)
    assert (seen(person).how, seen(person).at, seen(person).centre) == ("registered", person.registered_at, gao)
    stay = make_stay(gao, migrant=person)
    assert (seen(person).how, seen(person).at) == ("arrival", stay.arrived_at)
    line = make_assistance(gao, migrant=person)
    assert (seen(person).how, seen(person).at) == ("assistance", line.recorded_at)
    make_assistance(gao, migrant=person, service="dejeuner")
    Assistance.objects.filter(migrant=person, service__code="dejeuner").update(seen_at=line.seen_at - datetime.timedelta(days=3))
    assert seen(person).at == line.recorded_at  # written down late, it is older
    call = RollCall.objects.create(centre=gao, date=timezone.localdate())
    missing = RollCallLine.objects.create(call=call, migrant=person, state="missing", noted_at=timezone.now() + HOUR)
    assert seen(person).how == "assistance"
    missing.state = "present"
    missing.save()
    assert seen(person).how == "assistance"  # as it was proposed, or with others
    missing.seen_at = missing.noted_at
    missing.save()
    assert (seen(person).how, seen(person).at) == ("roll_call", missing.seen_at)
    missing.delete()
    withdraw_assistance(actor=agent_of(gao), assistance=line)  # noted by mistake: nobody saw them then
    assert (seen(person).how, seen(person).at) == ("arrival", stay.arrived_at)
    check_out(actor=agent_of(gao), stay=stay, reason="left")
    assert (seen(person).how, seen(person).at) == ("departure", Stay.objects.get(pk=stay.pk).departed_at)
    Sighting.objects.create(migrant=person, centre=gao, found=False, note="Cherchée au marché")
    assert seen(person).how == "departure"


def test_in_bulk_and_from_nothing(centre):
    gao = centre("GAO")
    crowd(gao, 40)
    people = list(Stay.objects.open().at(gao).values_list("migrant_id", flat=True))
    assert LastSeen.objects.filter(migrant__in=people, how="arrival").count() == len(people) == 40
    made = serve(actor=agent_of(gao), centre=gao, service=Service.objects.get(code="diner"), people=people, key=uuid.uuid4()).made
    assert made == 40 and not LastSeen.objects.filter(migrant__in=people, how="assistance").exists()  # a list sees nobody
    moment = timezone.now()
    Assistance.objects.filter(migrant__in=people[:20]).update(seen_at=moment)
    assert LastSeen.objects.filter(migrant__in=people, how="assistance", at=moment).count() == 20
    before = set(LastSeen.objects.values_list("migrant", "at", "how", "centre"))
    LastSeen.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT reception_last_seen_fill()")  # as the migration does
    assert set(LastSeen.objects.values_list("migrant", "at", "how", "centre")) == before


@pytest.mark.django_db
def test_a_merge_keeps_the_later_one_also_of_a_row_that_stays(centre):
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao))
    for person in (survivor, merged):  # the same meal of the same day: the second line stays with the joined file
        stay = make_stay(gao, migrant=person)
        make_assistance(gao, migrant=person, service="dejeuner")
        check_out(actor=agent_of(gao), stay=stay, reason="left")
    later = timezone.now() + HOUR
    Assistance.objects.filter(migrant=merged).update(recorded_at=later, seen_at=later, given_on=timezone.localdate(later))
    Assistance.objects.filter(migrant=survivor).update(given_on=timezone.localdate(later))
    before = {person.pk: seen(person).at for person in (survivor, merged)}
    join(gao, survivor, merged)
    assert Assistance.objects.get(recorded_at=later).migrant_id == merged.pk
    assert seen(survivor).at == later > before[survivor.pk]


STEP = st.tuples(st.sampled_from(["stay", "leave", "meal", "older", "withdraw", "missing", "present", "sight", "undo"]), st.integers(0, 2))


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEP, max_size=14))
def test_it_is_always_the_latest_event(centre, steps):
    gao = Centre.objects.get(code="GAO")
    meal = Service.objects.get(code="kit-hygiene")
    with transaction.atomic():
        people = [make_migrant(gao) for _ in range(3)]
        call = RollCall.objects.create(centre=gao, date=timezone.localdate())
        for number, (step, who) in enumerate(steps):
            person, now = people[who], timezone.now() + number * HOUR
            open_stay = Stay.objects.open().filter(migrant=person).first()
            if step == "stay" and open_stay is None:
                Stay.objects.create(migrant=person, centre=gao, origin="transit", arrived_at=now)
            elif step == "leave" and open_stay:
                Stay.objects.filter(pk=open_stay.pk).update(departed_at=now, departure_reason="left")
            elif step == "undo" and open_stay is None:
                last = Stay.objects.filter(migrant=person).order_by("-arrived_at").first()
                Stay.objects.filter(pk=last.pk if last else None).update(departed_at=None, departure_reason="")
            elif step in ("meal", "older"):
                day = timezone.localdate(now) - datetime.timedelta(days=4 if step == "older" else 0)
                seen_at = now if step == "meal" and number % 2 else None
                Assistance.objects.bulk_create(
                    [Assistance(migrant=one, centre=gao, service=meal, given_on=day, recorded_at=now, seen_at=seen_at) for one in people[: who + 1]]
                )
            elif step == "withdraw":
                Assistance.objects.filter(migrant=person).delete()
            elif step in ("missing", "present"):
                RollCallLine.objects.update_or_create(call=call, migrant=person, defaults={"state": step, "noted_at": now, "seen_at": now if step == "present" else None})
            elif step == "sight":
                Sighting.objects.create(migrant=person, centre=gao, found=bool(number % 2), note="–", at=now)
            for one in people:
                assert seen(one).at == by_hand(one), (number, step, who)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_bulk_writers_do_not_wait_in_a_circle():
    """Four lists of the same people at once, each in another order, and single writers between them."""
    gao = Centre.objects.get(code="GAO")
    crowd(gao, 60)
    people = list(Stay.objects.open().at(gao).values_list("migrant_id", flat=True))
    services = [Service.objects.get(code=code) for code in ("petit-dejeuner", "dejeuner", "diner", "hebergement")]
    start = Barrier(8)

    def work(index: int):
        try:
            start.wait(20)
            order = people[index:] + people[:index] if index % 2 else people[::-1]
            if index < 4:
                now = timezone.now()
                given = {"centre": gao, "service": services[index], "once_per_day": True, "recorded_at": now, "seen_at": now}
                Assistance.objects.bulk_create([Assistance(migrant_id=one, **given) for one in order])
            else:
                for one in order[:8]:
                    Sighting.objects.create(migrant_id=one, centre=gao, found=True)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert Assistance.objects.count() == 240
    for person in Migrant.objects.filter(pk__in=people):
        assert seen(person).at == by_hand(person)
