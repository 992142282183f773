"""Which bed for whom, and never two people in one."""

import random
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from audit.acting import Stale
from cases.duplicates import identity_of
from cases.models import Custody, Household, Migrant
from cases.services.takeovers import take_over
from centres.models import Bed, Centre, Room
from reception.beds import free_beds, refusal, suitable_beds
from reception.models import BedAssignment, Stay, Transfer
from reception.services import ask_transfer, assign_bed, check_in, check_out, move_transfer
from tests.factories import make_migrant, make_minor

from .factories import MANAGERS, a_bed, make_stay


def proposed_kind(migrant, centre):
    _beds, bed = suitable_beds(migrant, centre)
    return bed.room.kind if bed else None


class TestProposal:
    def test_by_sex(self, centre):
        gao = centre("GAO")
        assert proposed_kind(make_migrant(gao, sex="male"), gao) == Room.Kind.MEN
        assert proposed_kind(make_migrant(gao, sex="female"), gao) == Room.Kind.WOMEN

    def test_nothing_is_assumed_of_whom_we_do_not_know(self, centre):
        gao = centre("GAO")
        beds, bed = suitable_beds(make_migrant(gao, sex="other"), gao)
        assert bed is None and {b.room.kind for b in beds} == {Room.Kind.MEN, Room.Kind.WOMEN, Room.Kind.FAMILIES, Room.Kind.ISOLATION}

    def test_a_child_alone_sleeps_among_children(self, centre):
        gao = centre("GAO")
        child = make_minor(gao)
        beds, bed = suitable_beds(child, gao)
        assert bed.room.kind == Room.Kind.MINORS
        assert {b.room.kind for b in beds} == {Room.Kind.MINORS, Room.Kind.FAMILIES, Room.Kind.ISOLATION}
        Bed.objects.filter(room__centre=gao, room__kind=Room.Kind.MINORS).update(until=timezone.localdate())
        assert proposed_kind(child, gao) == Room.Kind.FAMILIES

    def test_a_family_stays_together(self, centre):
        gao = centre("GAO")
        mother = make_migrant(gao, sex="female")
        child = make_minor(gao, accompanied_by=mother)
        mother.refresh_from_db()
        assert proposed_kind(mother, gao) == Room.Kind.FAMILIES
        bed = a_bed(gao, Room.Kind.FAMILIES, 5)
        make_stay(gao, migrant=mother, bed=bed)
        assert suitable_beds(child, gao)[1].room == bed.room
        # When she sleeps among women, he sleeps beside her.
        assign_bed(actor=User.objects.get(username="agent.gao"), stay=mother.stays.get(), bed=(women := a_bed(gao, Room.Kind.WOMEN)), bed_reason="À sa demande")
        assert suitable_beds(child, gao)[1].room == women.room

    def test_a_full_kind_proposes_nothing_else(self, centre):
        gao = centre("GAO")
        Bed.objects.filter(room__centre=gao, room__kind=Room.Kind.WOMEN).update(until=timezone.localdate())
        assert proposed_kind(make_migrant(gao, sex="female"), gao) is None

    def test_only_free_beds_of_the_centre(self, centre):
        gao = centre("GAO")
        taken = a_bed(gao)
        make_stay(gao, bed=taken)
        free = set(free_beds(gao))
        assert taken not in free and len(free) == 81
        assert {bed.room.centre_id for bed in free} == {gao.pk}


class TestRules:
    @pytest.mark.parametrize(
        ("who", "kind", "refused"),
        [
            ({"sex": "male"}, Room.Kind.WOMEN, True),
            ({"sex": "male"}, Room.Kind.MEN, False),
            ({"sex": "female"}, Room.Kind.MEN, True),
            ({"sex": "female"}, Room.Kind.FAMILIES, False),
            ({"sex": "male"}, Room.Kind.MINORS, True),
            ({"sex": "other"}, Room.Kind.MINORS, True),
        ],
    )
    def test_adults(self, persona, centre, who, kind, refused):
        gao = centre("GAO")
        stay = make_stay(gao, migrant=make_migrant(gao, **who))
        if refused:
            with pytest.raises(ValidationError) as found:
                assign_bed(actor=persona("agent.gao"), stay=stay, bed=a_bed(gao, kind))
            assert "bed" in found.value.error_dict
        else:
            assign_bed(actor=persona("agent.gao"), stay=stay, bed=a_bed(gao, kind), bed_reason="À sa demande")
        assert BedAssignment.objects.count() == (0 if refused else 1)

    def test_children(self, centre):
        gao = centre("GAO")
        rooms = {room.kind: room for room in gao.rooms.all()}
        alone = make_minor(gao)
        assert refusal(alone, rooms["men"]) and refusal(alone, rooms["women"])
        assert not refusal(alone, rooms["minors"]) and not refusal(alone, rooms["families"])
        accompanied = make_minor(gao, accompanied_by=make_migrant(gao, sex="female"))
        assert not any(refusal(accompanied, room) for room in rooms.values())

    def test_bed_of_another_centre_or_out_of_use(self, persona, centre):
        gao = centre("GAO")
        stay, broken = make_stay(gao), a_bed(gao)
        Bed.objects.filter(pk=broken.pk).update(until=timezone.localdate())
        for bed in (a_bed(centre("KAY")), broken):
            with pytest.raises(ValidationError):
                assign_bed(actor=persona("agent.gao"), stay=stay, bed=bed)
        assert not BedAssignment.objects.exists()


class TestMove:
    def test_move_frees_the_old_bed_at_once(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        first, second = a_bed(gao), a_bed(gao, number=1)
        stay = make_stay(gao, bed=first)
        assign_bed(actor=agent, stay=stay, bed=second, version=1)
        assert stay.beds.get(until__isnull=True).bed == second
        make_stay(gao, bed=first)
        assert assign_bed(actor=agent, stay=stay, bed=second, version=1).version == 2  # the second click
        with pytest.raises(Stale):
            assign_bed(actor=agent, stay=stay, bed=a_bed(gao), version=1)
        assign_bed(actor=agent, stay=stay, bed=None, version=2)
        assert not stay.beds.filter(until__isnull=True).exists()

    def test_others_may_not(self, persona, centre):
        gao = centre("GAO")
        stay = make_stay(gao)
        for username in ("agent.kayes", "steering.eu", "protection"):
            with pytest.raises(PermissionDenied):
                assign_bed(actor=persona(username), stay=stay, bed=a_bed(gao))

    def test_not_after_the_departure(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        stay = make_stay(gao)
        check_out(actor=agent, stay=stay, reason="left")
        with pytest.raises(ValidationError, match="partie le"):
            assign_bed(actor=agent, stay=stay, bed=a_bed(gao))

    def test_a_taken_bed_is_refused_and_the_old_one_kept(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        mine, taken = a_bed(gao), a_bed(gao, number=1)
        stay = make_stay(gao, bed=mine)
        make_stay(gao, bed=taken)
        with pytest.raises(ValidationError, match="vient d’être pris"):
            assign_bed(actor=agent, stay=stay, bed=taken)
        assert stay.beds.get(until__isnull=True).bed == mine

    def test_on_the_page(self, as_user, centre):
        gao = centre("GAO")
        stay, bed = make_stay(gao), a_bed(gao, number=3)
        url = reverse("reception:move", args=[stay.pk])
        assert as_user("agent.gao").post(url, {"version": 1, "bed": bed.pk}).status_code == 302
        assert stay.beds.get().bed == bed
        taken_by_other = make_stay(gao)
        page = as_user("agent.gao").post(reverse("reception:move", args=[taken_by_other.pk]), {"version": 1, "bed": bed.pk})
        assert page.status_code == 200 and "Ce lit vient d’être pris" in page.content.decode()
        for nonsense in ("abc", "99999999", "9" * 40, a_bed(centre("KAY")).pk):
            assert as_user("agent.gao").post(url, {"version": 2, "bed": nonsense}).status_code == 200


def _invariants() -> None:
    """What must hold after every step, asked of the database without the code under test."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT bed_id FROM reception_bedassignment WHERE until IS NULL GROUP BY 1 HAVING count(*) > 1) b")
        assert cursor.fetchone()[0] == 0, "two people in one bed"
        cursor.execute("SELECT count(*) FROM (SELECT migrant_id FROM reception_stay WHERE departed_at IS NULL GROUP BY 1 HAVING count(*) > 1) s")
        assert cursor.fetchone()[0] == 0, "one person, two open stays"
        cursor.execute(
            "SELECT count(*) FROM reception_transfer t JOIN reception_stay s ON s.id = t.stay_id WHERE (s.departed_at IS NULL) <> (t.left_at IS NULL) AND t.ended_at IS NULL"
        )
        assert cursor.fetchone()[0] == 0, "on the way and in a centre, or asked for and gone"
        cursor.execute("SELECT count(*) FROM reception_bedassignment a JOIN reception_stay s ON s.id = a.stay_id WHERE a.until IS NULL AND s.departed_at IS NOT NULL")
        assert cursor.fetchone()[0] == 0, "a bed kept by somebody who left"
        cursor.execute(
            "SELECT count(*) FROM reception_bedassignment a JOIN reception_stay s ON s.id = a.stay_id"
            " JOIN centres_bed b ON b.id = a.bed_id JOIN centres_room r ON r.id = b.room_id WHERE r.centre_id <> s.centre_id"
        )
        assert cursor.fetchone()[0] == 0, "a bed of another centre"
        cursor.execute(
            "SELECT count(*) FROM reception_bedassignment a JOIN reception_bedassignment b ON a.bed_id = b.bed_id AND a.id < b.id"
            " AND tstzrange(a.since, a.until) && tstzrange(b.since, b.until)"
        )
        assert cursor.fetchone()[0] == 0, "two people in one bed at some time"


WHAT = ["in", "in", "move", "out", "ask", "ask", "accept", "accept", "travelling", "travelling", "cancelled", "refused", "not_arrived", "takeover"]
CODES = ["GAO", "KAY", "BKO"]
STEP = st.tuples(st.sampled_from(WHAT), st.integers(0, 3), st.integers(0, 2), st.sampled_from(CODES), st.sampled_from(CODES))


@dataclass
class Model:
    """Where four people are and who follows them, by the simplest model there is: what the register must say after every step."""

    at: dict[int, tuple[str, int | None]] = field(default_factory=dict)  # person → centre, bed
    follows: dict[int, str] = field(default_factory=dict)
    way: dict[int, tuple[str, str, str]] = field(default_factory=dict)  # person → state of the open transfer, from, to

    def step(self, what: str, who: int, which: int, code: str, other: str) -> bool:
        """Does the step, if it may be done."""
        state, start, end = self.way.get(who, ("", "", ""))
        here = self.at.get(who, ("", None))[0]
        taken = {place for person, place in self.at.items() if person != who}
        if what == "in":
            if here or (code, which) in taken or self.follows[who] != code:
                return False
            self.at[who] = (code, which)
            self.way.pop(who, None)  # arrived, or it went elsewhere
        elif what == "move":
            if here != code or (code, which) in taken:
                return False
            self.at[who] = (code, which)
        elif what == "out":
            if here != code:
                return False
            self._leave(who)
        elif what == "ask":
            if here != code or state or other == code:
                return False
            self.way[who] = ("asked", code, other)
        elif what in ("accept", "refused"):
            if state != "asked" or end != code:
                return False
            self.way[who] = ("accepted", start, end)
            if what == "refused":
                del self.way[who]
        elif what == "cancelled":
            if not ((state in ("asked", "accepted") and start == code) or (state == "accepted" and end == code)):
                return False
            del self.way[who]
        elif what == "travelling":
            if state != "accepted" or start != code:
                return False
            del self.at[who]
            self.follows[who], self.way[who] = end, ("travelling", start, end)
        elif what == "not_arrived":
            if state != "travelling" or end != code:
                return False
            del self.way[who]
        else:  # taken over at this centre's counter
            if here and here != code:
                self._leave(who)
            if state == "travelling" and end != code:
                del self.way[who]
            self.follows[who] = code
        return True

    def _leave(self, who: int) -> None:
        del self.at[who]
        self.way.pop(who, None)


def _do(what, actor, person, bed, centre, other):
    stay = Stay.objects.open().filter(migrant=person).first()
    transfer = Transfer.objects.open().filter(migrant=person).first()
    if what == "in":
        check_in(actor=actor, migrant=person, centre=centre, origin="transit", bed=bed, id=uuid.uuid4())
    elif what == "takeover":
        said = identity_of(person, [])
        take_over(actor=actor, id=uuid.uuid4(), migrant=person, centre=centre, said=said, reason="Au guichet", consent_method="signed")
    elif what in ("move", "out", "ask"):
        if stay is None:
            raise PermissionDenied
        if what == "move":
            assign_bed(actor=actor, stay=stay, bed=bed)
        elif what == "out":
            check_out(actor=actor, stay=stay, reason="left")
        else:
            ask_transfer(actor=actor, id=uuid.uuid4(), stays=[stay], to_centre=other, reason="Plus de place", planned_on=timezone.localdate())
    elif transfer is None:
        raise PermissionDenied
    else:
        to = "accepted" if what == "accept" else what
        move_transfer(actor=actor, versions={transfer.pk: transfer.version}, to=to, words="Parce que")


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=30))
@example(steps=[("in", 0, 0, "GAO", "GAO"), ("ask", 0, 0, "GAO", "BKO"), ("accept", 0, 0, "BKO", "BKO"), ("in", 1, 0, "GAO", "GAO"), ("travelling", 0, 0, "GAO", "GAO"),
                ("in", 1, 0, "GAO", "GAO"), ("in", 0, 0, "BKO", "BKO"), ("in", 0, 0, "GAO", "BKO"), ("takeover", 0, 0, "GAO", "BKO"), ("in", 0, 1, "GAO", "BKO")])  # fmt: skip
@example(steps=[("in", 2, 0, "KAY", "GAO"), ("ask", 2, 0, "KAY", "BKO"), ("accept", 2, 0, "BKO", "BKO"), ("travelling", 2, 0, "KAY", "KAY"), ("takeover", 2, 0, "GAO", "BKO"),
                ("in", 2, 0, "BKO", "BKO"), ("in", 2, 0, "GAO", "BKO"), ("not_arrived", 2, 0, "BKO", "BKO"), ("ask", 2, 0, "GAO", "KAY"), ("out", 2, 0, "GAO", "KAY"),
                ("accept", 2, 0, "KAY", "GAO")])  # fmt: skip
def test_no_order_of_events_breaks_the_rules(steps):
    """Four people, three beds a centre, three centres: arrivals, moves, departures, the steps of transfers and takeovers in any order."""
    from django.db import transaction

    with transaction.atomic():
        centres = {code: Centre.objects.get(code=code) for code in CODES}
        beds = {code: list(Bed.objects.filter(room__centre=centre, room__kind=Room.Kind.MEN).order_by("pk")[:3]) for code, centre in centres.items()}
        managers = {code: User.objects.get(username=name) for code, name in MANAGERS.items()}
        people = [make_migrant(centres[code]) for code in ("GAO", "GAO", "KAY", "KAY")]
        model = Model(follows={0: "GAO", 1: "GAO", 2: "KAY", 3: "KAY"})
        for what, who, which, code, other in steps:
            should = model.step(what, who, which, code, other)
            try:
                with transaction.atomic():
                    _do(what, managers[code], people[who], beds[code][which], centres[code], centres[other])
                done = True
            except (ValidationError, PermissionDenied):
                done = False
            assert done == should, (what, who, which, code, other)
            _invariants()
            occupancy = Counter(Stay.objects.open().values_list("centre__code", flat=True))
            assert occupancy == Counter(place[0] for place in model.at.values())
            ways = {people.index(row.migrant): (row.state, row.from_centre.code, row.to_centre.code) for row in Transfer.objects.open()}
            assert ways == model.way
            followed = {people.index(row.migrant): row.centre.code for row in Custody.objects.filter(until__isnull=True, migrant__in=people)}
            assert followed == model.follows
        transaction.set_rollback(True)


def _together(number, work):
    """Runs `work(i)` in so many threads at once; what each gave or was refused."""
    gate = Barrier(number)

    def run(index):
        try:
            gate.wait(timeout=60)
            return work(index)
        except ValidationError as error:
            return " ".join(error.messages)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@pytest.mark.django_db(transaction=True)
def test_twenty_people_one_bed():
    gao, agent = Centre.objects.get(code="GAO"), User.objects.get(username="agent.gao")
    bed = a_bed(gao)
    stays = [make_stay(gao) for _ in range(20)]
    outcomes = _together(20, lambda i: assign_bed(actor=agent, stay=stays[i], bed=bed))
    assert sum(isinstance(outcome, Stay) for outcome in outcomes) == 1
    assert outcomes.count("Ce lit vient d’être pris. Choisissez-en un autre.") == 19
    assert BedAssignment.objects.get().bed == bed
    _invariants()


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_one_stay():
    """The same form twenty times at once, and twenty different forms for one person."""
    gao, agent = Centre.objects.get(code="GAO"), User.objects.get(username="agent.gao")
    migrant, key = make_migrant(gao), uuid.uuid4()
    outcomes = _together(20, lambda i: check_in(actor=agent, migrant=migrant, centre=gao, origin="transit", id=key))
    assert sum(created for _stay, created in outcomes) == 1 and len({stay.pk for stay, _created in outcomes}) == 1
    other = make_migrant(gao)
    outcomes = _together(20, lambda i: check_in(actor=agent, migrant=other, centre=gao, origin="transit", id=uuid.uuid4()))
    assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 1
    assert Stay.objects.filter(migrant=other).count() == 1


@pytest.mark.django_db(transaction=True)
def test_twelve_threads_at_random():
    """Everybody moves, leaves and comes back at once: the database keeps the rules, nobody waits in a circle."""
    gao, agent = Centre.objects.get(code="GAO"), User.objects.get(username="agent.gao")
    beds = list(free_beds(gao).filter(room__kind=Room.Kind.MEN)[:4])
    people: list[Migrant] = [make_migrant(gao) for _ in range(6)]

    def work(index):
        rng = random.Random(index)
        for _step in range(12):
            person = rng.choice(people)
            stay = Stay.objects.open().filter(migrant=person).first()
            try:
                if stay is None:
                    check_in(actor=agent, migrant=person, centre=gao, origin="transit", bed=rng.choice([*beds, None]), id=uuid.uuid4())
                elif rng.random() < 0.6:
                    assign_bed(actor=agent, stay=stay, bed=rng.choice([*beds, None]))
                else:
                    check_out(actor=agent, stay=stay, reason="left")
            except ValidationError:
                continue
        return "done"

    assert _together(12, work) == ["done"] * 12
    _invariants()
    assert Household.objects.count() == 0
