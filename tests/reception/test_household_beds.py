"""A household and its beds: infants with their adult, children never away from theirs while a room fits, the two best ways otherwise."""

import datetime
import uuid
from dataclasses import dataclass

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import Household, Migrant
from cases.models.births import years_before
from cases.services import correct_identity
from centres.models import Bed, Centre, Room
from reception import occupancy
from reception.beds import Places, free_beds, refusal
from reception.family_beds import plan_all
from reception.models import BedAssignment, Stay
from reception.services import Arrival, RefusedTogether, assign_bed, check_in_together, check_out
from tests.factories import agent_of, make_migrant

from .factories import a_bed, make_stay

Kind = Room.Kind


def born(*, years: int = 0, days: int = 0) -> datetime.date:
    return years_before(timezone.localdate(), years) - datetime.timedelta(days=days)


def member(centre, household, *, sex="female", years=30, days=40, adult=None):
    person = make_migrant(centre, sex=sex, born_on=born(years=years, days=days), birth_precision="day")
    Migrant.objects.filter(pk=person.pk).update(household=household, accompanied_by=adult)
    person.refresh_from_db()
    return person


@dataclass
class Family:
    mother: Migrant
    father: Migrant
    child: Migrant
    baby: Migrant

    def __iter__(self):
        return iter((self.mother, self.father, self.child, self.baby))


def a_family(centre):
    home = Household.objects.create()
    mother = member(centre, home)
    father = member(centre, home, sex="male", years=34)
    return Family(mother, father, member(centre, home, sex="male", years=4, adult=mother), member(centre, home, years=0, days=60, adult=mother))


def only(centre, **rooms):
    """The centre has these rooms alone: name → (kind, beds)."""
    Bed.objects.filter(room__centre=centre).update(until=timezone.localdate())
    found = {}
    for name, (kind, number) in rooms.items():
        room = found[name] = Room.objects.create(centre=centre, name=name, kind=kind)
        Bed.objects.bulk_create(Bed(room=room, label=f"{label:02}") for label in range(1, number + 1))
    return found


def admitted(actor, centre, people, places=None):
    plan = plan_all(people, places or Places(centre))
    arrivals = [Arrival(person, plan.proposals[person.pk].bed) for person in people]
    return plan, check_in_together(actor=actor, id=uuid.uuid4(), centre=centre, arrivals=arrivals, origin="transit")


def bed_now(person):
    return Stay.objects.open().filter(migrant=person).with_bed(person.registered_by).get()


def room_now(person):
    return Room.objects.get(beds=bed_now(person).bed_id)


class TestInfant:
    def test_in_the_bed_of_the_mother_and_no_place_taken(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        before = len(free_beds(gao))
        family = a_family(gao)
        plan, _stays = admitted(agent, gao, list(family))
        assert plan.proposals[family.baby.pk].shared and "partage le lit de" in plan.proposals[family.baby.pk].why
        assert {room_now(person) for person in family} == {room_now(family.mother)}
        row = bed_now(family.baby)
        assert row.shares_bed and row.bed_id == bed_now(family.mother).bed_id
        assert row.bed_said.endswith(f"partage le lit de {family.mother}")
        assert len(free_beds(gao)) == before - 3 and not BedAssignment.objects.filter(stay__migrant=family.baby).exists()
        day = occupancy.with_day(Centre.objects.filter(pk=gao.pk)).get()
        assert (day.present, day.without_bed, day.sharing) == (4, 0, 1)
        assert f"{day.capacity - 3} places libres" in occupancy.bar(day) and "dont 1 nourrisson" in occupancy.bar(day)
        beds = {bed.who: bed for room in occupancy.rooms(agent, gao) for bed in room.beds if bed.who}
        assert beds[family.mother].infants == (family.baby,) and beds[family.father].infants == ()

    def test_twins(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        home = Household.objects.create()
        mother = member(gao, home)
        twins = [member(gao, home, years=0, days=90, adult=mother) for _ in range(2)]
        admitted(agent, gao, [mother, *twins])
        assert {bed_now(twin).bed_id for twin in twins} == {bed_now(mother).bed_id}
        assert BedAssignment.objects.count() == 1

    def test_no_bed_of_its_own_by_hand_nor_past_the_services(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        family = a_family(gao)
        admitted(agent, gao, [family.mother])
        with pytest.raises(ValidationError, match="partage le lit de"):
            make_stay(gao, migrant=family.baby, bed=a_bed(gao, Kind.FAMILIES, 5), bed_reason="À sa demande")
        stay = make_stay(gao, migrant=family.baby)
        with pytest.raises(IntegrityError, match="shares the bed"), transaction.atomic():
            BedAssignment.objects.create(stay=stay, bed=a_bed(gao, Kind.FAMILIES, 5))
        # For a medical reason it may sleep apart.
        assign_bed(actor=agent, stay=stay, bed=a_bed(gao, Kind.ISOLATION), bed_reason="Décidé par l’infirmière")
        assert room_now(family.baby).kind == Kind.ISOLATION

    def test_alone_a_bed_among_children_until_the_mother_comes(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        home = Household.objects.create()
        mother = member(gao, home)
        baby = member(gao, None, years=0, days=60)
        bed = Places(gao, person=baby.pk).propose(baby).bed
        assert bed.room.kind == Kind.MINORS
        make_stay(gao, migrant=baby, bed=bed)
        correct_identity(actor=agent, migrant=baby, version=baby.version, accompanied_by=mother)
        assert room_now(baby).kind == Kind.MINORS  # she is not there yet
        make_stay(gao, migrant=mother, bed=a_bed(gao, Kind.FAMILIES))
        assert bed_now(baby).shares_bed and room_now(baby).kind == Kind.FAMILIES
        assert bed in free_beds(gao)

    def test_named_later_the_own_bed_is_free_again(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        mother, baby = make_migrant(gao, sex="female"), member(gao, None, years=0, days=60)
        make_stay(gao, migrant=mother, bed=a_bed(gao, Kind.WOMEN))
        make_stay(gao, migrant=baby, bed=(own := a_bed(gao, Kind.MINORS)))
        correct_identity(actor=agent, migrant=baby, version=baby.version, accompanied_by=mother)
        assert bed_now(baby).shares_bed and own in free_beds(gao)

    def test_who_left_shares_no_bed_any_more(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        family = a_family(gao)
        admitted(agent, gao, list(family))
        assert bed_now(family.baby).shares_bed
        check_out(actor=agent, stay=family.baby.stays.get(), reason="hospital")
        gone = Stay.objects.filter(migrant=family.baby).with_bed(agent).get()
        assert (gone.bed_id, gone.bed_words, gone.shares_bed, gone.shares_with) == (None, None, False, "")
        assert bed_now(family.mother).bed_id and not Stay.objects.sharing_a_bed().exists()

    def test_follows_the_mother_and_is_without_a_bed_when_she_leaves(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        family = a_family(gao)
        admitted(agent, gao, [family.mother, family.baby])
        other = a_bed(gao, Kind.WOMEN)
        assign_bed(actor=agent, stay=family.mother.stays.get(), bed=other, bed_reason="À sa demande")
        assert bed_now(family.baby).bed_id == other.pk
        check_out(actor=agent, stay=family.mother.stays.get(), reason="left")
        assert not bed_now(family.baby).shares_bed and Stay.objects.open().without_bed().get().migrant == family.baby
        # Left with nobody of theirs here, the child is given a bed.
        assign_bed(actor=agent, stay=family.baby.stays.get(), bed=a_bed(gao, Kind.FAMILIES))

    def test_old_enough_for_a_bed_by_the_setting_of_the_centre(self, persona, centre, as_user):
        gao, agent = centre("GAO"), persona("agent.gao")
        home = Household.objects.create()
        mother = member(gao, home)
        girl = member(gao, home, years=2, days=0, adult=mother)
        almost = member(gao, home, years=2, days=-2, adult=mother)
        admitted(agent, gao, [mother, girl, almost])
        assert not bed_now(girl).shares_bed and room_now(girl) == room_now(mother) and bed_now(almost).shares_bed
        Migrant.objects.filter(pk=almost.pk).update(born_on=girl.born_on)  # the birthday
        assert Stay.objects.open().without_bed().get().migrant == almost
        page = reverse("reception:places-settings", args=["GAO"])
        sent = {"max_stay_days": 14, "was": 14, "shared_bed_age": 3, "was_age": 2}
        assert as_user("agent.gao").post(page, sent).status_code == 403
        assert "Écrivez un âge de 0 à 5 ans." in as_user("manager.gao").post(page, {**sent, "shared_bed_age": 6}).content.decode()
        assert as_user("manager.gao").post(page, sent).status_code == 302
        assert bed_now(almost).shares_bed and not bed_now(girl).shares_bed  # who has a bed keeps it
        assert "Entre-temps" in as_user("manager.gao").post(page, {**sent, "shared_bed_age": 1}).content.decode()


class TestChildrenWithTheirAdult:
    def test_a_child_is_not_laid_in_another_room_while_one_fits(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        rooms = only(gao, F1=(Kind.FAMILIES, 3), F2=(Kind.FAMILIES, 4), W=(Kind.WOMEN, 1))
        family = a_family(gao)
        beds = {name: list(room.beds.order_by("label")) for name, room in rooms.items()}
        make_stay(gao, migrant=family.mother, bed=beds["F1"][0])
        with pytest.raises(ValidationError, match=r"F1.*a assez de place"):
            make_stay(gao, migrant=family.child, bed=beds["F2"][0], bed_reason="À sa demande")
        stay = make_stay(gao, migrant=family.child, bed=beds["F1"][1])
        with pytest.raises(ValidationError, match="ne peut pas dormir dans une autre chambre"):
            assign_bed(actor=agent, stay=stay, bed=beds["F2"][0], bed_reason="À sa demande")
        with pytest.raises(ValidationError, match="ne peut pas dormir dans une autre chambre"):  # there is one bed: she would leave the child behind
            assign_bed(actor=agent, stay=family.mother.stays.get(), bed=beds["W"][0], bed_reason="À sa demande")
        # To another room they go together, in one gesture.
        assign_bed(actor=agent, stay=family.mother.stays.get(), bed=beds["F2"][1], bed_reason="Plus calme")
        assert room_now(family.child) == room_now(family.mother) == rooms["F2"]

    def test_together_or_nobody(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        rooms = only(gao, F1=(Kind.FAMILIES, 3), F2=(Kind.FAMILIES, 3))
        family = a_family(gao)
        first, second = (list(rooms[name].beds.order_by("label")) for name in ("F1", "F2"))
        apart = [Arrival(family.mother, first[0]), Arrival(family.father, first[1]), Arrival(family.child, second[0], "À sa demande"), Arrival(family.baby)]
        with pytest.raises(RefusedTogether) as refused:
            check_in_together(actor=agent, id=uuid.uuid4(), centre=gao, arrivals=apart, origin="transit")
        assert set(refused.value.by_person) == {family.child.pk} and not Stay.objects.exists()

    def test_a_household_that_fits_nowhere_whole_two_ways(self, as_user, centre):
        gao = centre("GAO")
        rooms = only(gao, F1=(Kind.FAMILIES, 3), F2=(Kind.FAMILIES, 2), H2=(Kind.MEN, 4))
        home = Household.objects.create()
        mother, father = member(gao, home), member(gao, home, sex="male")
        with_her = [member(gao, home, years=age, adult=mother) for age in (5, 9)]
        with_him = [member(gao, home, sex="male", years=7, adult=father)]
        people = [mother, father, *with_her, *with_him]
        plan = plan_all(people, Places(gao))
        [(_family, ways)] = plan.parted
        assert len(ways) == 2 and [len(way.parts) for way in ways] == [2, 2]
        assert {ways[0].rooms[one.pk].name for one in (mother, *with_her)} == {ways[1].rooms[mother.pk].name} == {"F1"}
        assert {way.rooms[father.pk].name for way in ways} == {"F2", "H2"} and all(way.rooms[with_him[0].pk] == way.rooms[father.pk] for way in ways)
        browser, url = as_user("agent.gao"), reverse("reception:arrivals", args=["GAO"])
        page = browser.get(url, {"people": [person.pk for person in people]}).content.decode()
        assert "Aucune chambre n’a assez de place pour toute la famille" in page and "F1" in page and "F2" in page and "H2" in page
        sent = {"people": [str(person.pk) for person in people], "other_way": "1", "origin": "forced_return", "way": "0", "id": str(uuid.uuid4())}
        other = browser.post(url, sent)
        form = other.context["form"]
        assert not Stay.objects.exists() and form["origin"].value() == "forced_return" and form["id"].value() == sent["id"]
        chosen = {form.bed_name(person): str(form[form.bed_name(person)].value()) for person in people}
        assert Bed.objects.get(pk=chosen[form.bed_name(father)]).room == ways[1].rooms[father.pk]
        done = {**{name: value for name, value in sent.items() if name != "other_way"}, **chosen, "way": "1"}
        assert browser.post(url, done).status_code == 302  # no reason is asked: it is one of the ways of the rule
        assert room_now(father) == ways[1].rooms[father.pk] and room_now(mother) == rooms["F1"]
        assert not BedAssignment.objects.filter(by_rule=False).exists()


MEMBERS = st.lists(st.tuples(st.sampled_from(["female", "male"]), st.lists(st.sampled_from([0, 1, 3, 8, 14, 17]), max_size=4)), min_size=1, max_size=3)
ROOMS = st.lists(st.tuples(st.sampled_from([Kind.FAMILIES, Kind.FAMILIES, Kind.WOMEN, Kind.MEN, Kind.MINORS]), st.integers(1, 6)), min_size=1, max_size=6)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(households=st.lists(MEMBERS, min_size=1, max_size=3), rooms=ROOMS)
def test_any_households_and_rooms(households, rooms):
    with transaction.atomic():
        gao = Centre.objects.get(code="GAO")
        agent = agent_of(gao)
        only(gao, **{f"R{number}": room for number, room in enumerate(rooms)})
        people = []
        for adults in households:
            home = Household.objects.create()
            for sex, children in adults:
                adult = member(gao, home, sex=sex)
                people += [adult, *(member(gao, home, sex="male", years=age, days=20, adult=adult) for age in children)]
        plan, _stays = admitted(agent, gao, people)
        beds = list(BedAssignment.objects.filter(until__isnull=True).select_related("bed__room", "stay__migrant"))
        room_of = {one.stay.migrant_id: one.bed.room for one in beds}
        taken = {}
        for one in beds:
            taken.setdefault(one.bed_id, []).append(one.stay.migrant)
            assert not refusal(one.stay.migrant, one.bed.room)
            if not one.stay.migrant.is_minor():
                assert one.bed.room.kind in (Kind.FAMILIES, Kind.WOMEN if one.stay.migrant.sex == "female" else Kind.MEN)
        assert all(len(sleepers) == 1 for sleepers in taken.values())  # never two adults, and no more people than places
        infants = [one for one in people if one.is_minor() and one.age() < 2]
        for infant in infants:
            assert infant.pk not in room_of or infant.accompanied_by_id not in room_of  # no place, beside an adult who has one
        places = Places(gao)
        for child in (one for one in people if one.is_minor() and one not in infants):
            adult = child.accompanied_by
            if child.pk in room_of and adult.pk in room_of and room_of[child.pk] != room_of[adult.pk]:
                together = [adult, *(one for one in people if one.accompanied_by_id == adult.pk and one not in infants and one.pk in room_of)]
                for room in gao.rooms.all():
                    own = sum(room_of[one.pk] == room for one in together)
                    if not any(refusal(one, room) for one in together):
                        assert len(places.free_in(room)) + own < len(together), (room, together)
        for family, ways in plan.parted:
            assert 1 <= len(ways) <= 2 and len({way.signature for way in ways}) == len(ways)
            assert not ways[0].is_whole and len(family) > 1
        transaction.set_rollback(True)
