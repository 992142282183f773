"""Several arrive at once, beds by rule or by hand, beds kept, and how long a stay is meant to last."""

import datetime
import re
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from cases.models import Migrant
from centres.models import Bed, Centre, Room
from reception import occupancy
from reception.beds import Places, free_beds
from reception.family_beds import plan_all
from reception.models import BedAssignment, FlagKind, PersonFlag, Stay
from reception.services import Arrival, RefusedTogether, assign_bed, check_in, check_in_together, check_out, extend_stay, release_bed, undo_departure
from tests.cases.factories import make_group
from tests.factories import make_migrant, make_minor

from .factories import a_bed, backdate, make_stay
from .test_bed import _together

Kind = Room.Kind


def day(offset=0):
    return timezone.localdate() + datetime.timedelta(days=offset)


def family(centre, children=2):
    mother = make_migrant(centre, sex="female")
    found = [make_minor(centre, accompanied_by=mother) for _ in range(children)]
    mother.refresh_from_db()
    return [mother, *found]


def together(actor, centre, arrivals, **more):
    given = {"id": uuid.uuid4(), "origin": "transit", **more}
    return check_in_together(actor=actor, centre=centre, arrivals=arrivals, **given)


class TestProposals:
    def test_no_bed_twice_and_families_in_one_room(self, centre):
        gao = centre("GAO")
        first, second = family(gao, 2), family(gao, 2)
        alone, man = make_minor(gao), make_migrant(gao)
        found = plan_all([*first, *second, alone, man], Places(gao)).proposals
        beds = [proposal.bed for proposal in found.values()]
        assert len({bed.pk for bed in beds}) == 8
        rooms = [{found[person.pk].bed.room for person in one} for one in (first, second)]
        assert [len(room) for room in rooms] == [1, 1] and rooms[0] != rooms[1]
        assert {found[person.pk].bed.room.kind for person in (*first, *second)} == {Kind.FAMILIES}
        assert (found[alone.pk].bed.room.kind, found[alone.pk].why) == (Kind.MINORS, "chambre de mineurs")
        assert (found[man.pk].bed.room.kind, found[man.pk].why) == (Kind.MEN, "chambre d’hommes")
        assert [found[child.pk].why for child in first[1:]] == ["près de sa famille"] * 2

    def test_children_alone_and_unknown_adults_are_not_proposed_one_room(self, centre):
        gao = centre("GAO")
        Bed.objects.filter(room__centre=gao, room__kind=Kind.MINORS).update(until=day())
        rooms = gao.rooms.filter(kind=Kind.FAMILIES).order_by("name")
        Bed.objects.filter(room__in=rooms[1:]).update(until=day())
        mother, *_children = family(gao, 1)
        make_stay(gao, migrant=mother, bed=a_bed(gao, Kind.FAMILIES))
        child = make_minor(gao)
        assert Places(gao).propose(child).bed is None  # a family sleeps in the only room left
        check_out(actor=mother.registered_by, stay=mother.stays.get(), reason="left")
        proposal = Places(gao).propose(child)
        assert proposal.bed.room.kind == Kind.FAMILIES and "sans adulte inconnu" in proposal.why
        make_stay(gao, migrant=child, bed=proposal.bed)
        other, *_children = family(gao, 1)
        assert Places(gao).propose(other).bed.room.kind == Kind.WOMEN

    def test_isolation_is_never_proposed(self, persona, centre):
        """And nobody is laid there without a word."""
        gao, agent = centre("GAO"), persona("agent.gao")
        Bed.objects.filter(room__centre=gao).exclude(room__kind=Kind.ISOLATION).update(until=day())
        stay = make_stay(gao)
        assert Places(gao).propose(stay.migrant).bed is None
        bed = a_bed(gao, Kind.ISOLATION)
        with pytest.raises(ValidationError, match="raison de santé"):
            assign_bed(actor=agent, stay=stay, bed=bed)
        assign_bed(actor=agent, stay=stay, bed=bed, bed_reason="Décidé par l’infirmier")
        assert (stay.beds.get().by_rule, stay.beds.get().reason) == (False, "Décidé par l’infirmier")

    def test_by_hand_needs_a_reason(self, as_user, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        stay = make_stay(gao)
        assign_bed(actor=agent, stay=stay, bed=a_bed(gao, number=20))  # as good as the one proposed
        assert stay.beds.get(until__isnull=True).by_rule
        url, bed = reverse("reception:move", args=[stay.pk]), a_bed(gao, Kind.FAMILIES)
        page = as_user("agent.gao").post(url, {"version": 2, "bed": bed.pk}).content.decode()
        assert "La règle propose un autre lit" in page
        assert as_user("agent.gao").post(url, {"version": 2, "bed": bed.pk, "bed_reason": "Près de la porte"}).status_code == 302
        assert stay.beds.get(until__isnull=True).reason == "Près de la porte"
        with pytest.raises(IntegrityError), transaction.atomic():
            BedAssignment.objects.filter(stay=stay, until__isnull=True).update(reason="")

    def test_the_reason_is_asked_for_only_for_an_unusual_bed(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay, other = make_stay(gao), make_migrant(gao)
        move, admit = reverse("reception:move", args=[stay.pk]), reverse("reception:check_in", args=["GAO", other.pk])
        together = reverse("reception:arrivals", args=["GAO"]) + f"?people={other.pk}"
        hidden = re.compile(r'<div data-reason-for="[^"]+" data-usual="([\d ]*)" hidden>')
        family, usual = a_bed(gao, Kind.FAMILIES), a_bed(gao, number=20)
        for url in (move, admit, together):
            (said,) = hidden.findall(browser.get(url).content.decode())
            assert url == together or (str(usual.pk) in said.split() and str(family.pk) not in said.split())
        # Without a script it comes once the service asks; the bed proposed, or one as good, needs none.
        page = browser.post(move, {"version": 1, "bed": family.pk})
        assert not hidden.search(page.content.decode()) and "bed_reason" in page.context["form"].errors
        assert browser.post(move, {"version": 1, "bed": usual.pk}).status_code == 302


class TestTogether:
    def test_all_of_them_once(self, persona, centre):
        gao, agent, key = centre("GAO"), persona("agent.gao"), uuid.uuid4()
        people = family(gao)
        found = plan_all(people, Places(gao)).proposals
        arrivals = [Arrival(person, found[person.pk].bed) for person in people]
        first = together(agent, gao, arrivals, id=key)
        assert {stay.migrant_id for stay in first} == {person.pk for person in people}
        assert BedAssignment.objects.filter(by_rule=True, until__isnull=True).count() == 3
        assert {stay.pk for stay in together(agent, gao, arrivals, id=key)} == {stay.pk for stay in first}
        with pytest.raises(SameKeyOtherContent):
            together(agent, gao, arrivals, id=key, origin="returned")
        assert Stay.objects.count() == 3

    def test_one_wrong_nobody_admitted(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        kind = FlagKind.objects.create(code="refus", name="Refus", denies=True, instruction="Appelez le responsable.")
        here, denied, taken, fine = make_stay(gao).migrant, make_migrant(gao), make_migrant(gao), make_migrant(gao)
        PersonFlag.objects.create(migrant=denied, kind=kind, reason="Violence")
        bed = a_bed(gao)
        make_stay(gao, bed=bed)
        before = Stay.objects.count()
        with pytest.raises(RefusedTogether) as refused:
            together(agent, gao, [Arrival(here), Arrival(denied), Arrival(taken, bed), Arrival(fine, a_bed(gao))])
        words = {key: " ".join(error.messages) for key, error in refused.value.by_person.items()}
        assert set(words) == {here.pk, denied.pk, taken.pk}
        assert "déjà admise" in words[here.pk] and "n’est pas admise" in words[denied.pk] and "vient d’être pris" in words[taken.pk]
        assert Stay.objects.count() == before
        with pytest.raises(PermissionDenied):
            together(persona("agent.kayes"), gao, [Arrival(fine)])

    def test_on_the_page(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        group = make_group(gao)
        people = [make_migrant(gao, group=group) for _ in range(3)]
        url = f"{reverse('reception:arrivals', args=['GAO'])}?group={group.pk}"
        assert url in browser.get(reverse("reception:centre", args=["GAO"])).content.decode()
        page = browser.get(url)
        rows = page.context["form"].rows()
        assert {row["person"].pk for row in rows} == {person.pk for person in people}
        data = {"id": uuid.uuid4(), "origin": "transit", "people": [person.pk for person in people]} | {row["bed"].html_name: row["bed"].initial for row in rows}
        clash = {**data, rows[0]["bed"].html_name: rows[1]["bed"].initial, rows[2]["bed"].html_name: a_bed(gao, Kind.FAMILIES).pk}
        answer = browser.post(url, clash)
        text = answer.content.decode()
        assert answer.status_code == 200 and "Ce lit vient d’être pris" in text and "La règle propose un autre lit" in text and not Stay.objects.exists()
        for _click in (1, 2):
            assert browser.post(url, data).status_code == 302
        assert Stay.objects.open().count() == 3
        assert "Personne à admettre" in browser.get(url).content.decode()
        for nonsense in ("", "?people=x", f"?people={uuid.uuid4()}", f"?people={make_migrant(centre('KAY')).pk}"):
            assert "Personne à admettre" in browser.get(reverse("reception:arrivals", args=["GAO"]) + nonsense).content.decode()

    def test_same_number_of_queries(self, as_user, centre):
        gao, browser, counts = centre("GAO"), as_user("agent.gao"), []
        for number in (2, 12):
            keys = "&".join(f"people={make_migrant(gao).pk}" for _ in range(number))
            url = f"{reverse('reception:arrivals', args=['GAO'])}?{keys}"
            browser.get(url)
            with CaptureQueriesContext(connection) as counted:
                assert browser.get(url).status_code == 200
            counts.append(len(counted))
        assert counts[0] == counts[1] <= 12

    @pytest.mark.django_db(transaction=True)
    def test_two_buses_one_dormitory(self, persona, centre):
        """Both were shown the same beds, in another order: one is admitted whole, the other not at all; nobody waits in a circle."""
        gao, agent = centre("GAO"), persona("agent.gao")
        beds = list(free_beds(gao).filter(room__kind=Kind.MEN)[:4])
        buses = [[Arrival(make_migrant(gao), bed) for bed in (beds if index % 2 else reversed(beds))] for index in range(4)]
        outcomes = _together(4, lambda index: len(together(agent, gao, buses[index])))
        assert [outcome for outcome in outcomes if outcome == 4] == [4]
        assert Stay.objects.count() == 4 and sum("Personne n’a été admis" in str(outcome) for outcome in outcomes) == 3


class TestGate:
    def test_flags_are_shown_and_act(self, as_user, persona, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        person = make_migrant(gao)
        url = reverse("reception:check_in", args=["GAO", person.pk])
        advice = FlagKind.objects.create(code="avis", name="Régime sans sel", instruction="Prévenir la cuisine.")
        PersonFlag.objects.create(migrant=person, kind=advice, reason="Tension")
        text = browser.get(url).content.decode()
        assert "Régime sans sel" in text and "Prévenir la cuisine" in text and "Admission refusée" not in text
        deny = FlagKind.objects.create(code="refus", name="Refus", denies=True)
        PersonFlag.objects.create(migrant=person, kind=deny, reason="Violence")
        assert "Admission refusée" in browser.get(url).content.decode()
        assert "n’est pas admise" in browser.post(url, {"id": uuid.uuid4(), "origin": "transit"}).content.decode()
        assert not Stay.objects.exists()


class TestKeptBed:
    def test_kept_for_the_hospital_until_a_day(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        bed = a_bed(gao)
        stay = make_stay(gao, bed=bed)
        for wrong in ({"reason": "left"}, {"keep_bed_until": day(-1)}, {"keep_bed_until": day(40)}):
            with pytest.raises(ValidationError) as refused:
                check_out(actor=agent, stay=stay, **{"reason": "hospital", "keep_bed_until": day(3), **wrong})
            assert "keep_bed_until" in refused.value.error_dict
        check_out(actor=agent, stay=stay, reason="hospital", keep_bed_until=day(3))
        assert bed not in free_beds(gao) and occupancy.rooms(agent, gao)[0].total == 4
        assert [b.label for room in occupancy.rooms(agent, gao) for b in room.beds if b.state == "kept"] == [bed.label]
        with pytest.raises(ValidationError, match="gardé jusqu’au"):
            make_stay(gao, bed=bed)
        proposal = Places(gao, person=stay.migrant_id).propose(stay.migrant)
        assert proposal.bed == bed and "hospitalisation" in proposal.why
        make_stay(gao, migrant=stay.migrant, bed=bed)
        stay.refresh_from_db()
        assert stay.kept_bed is None

    def test_back_from_hospital_the_stay_goes_on(self, as_user, persona, centre):
        gao, agent, browser = centre("GAO"), persona("agent.gao"), as_user("agent.gao")
        bed = a_bed(gao)
        stay = make_stay(gao, bed=bed, arrived_at=timezone.now() - datetime.timedelta(days=12))
        url = reverse("reception:check_in", args=["GAO", stay.migrant_id])
        other = make_migrant(gao)
        for person in (other, stay.migrant):
            with pytest.raises(ValidationError, match=r"hospitalisation|déjà admise"):
                make_stay(gao, migrant=person, origin="hospital")
        assert "retour d’hôpital" not in browser.get(reverse("reception:check_in", args=["GAO", other.pk])).content.decode()
        check_out(actor=agent, stay=stay, reason="hospital", keep_bed_until=day(3))
        assert "retour d’hôpital" in browser.get(url).content.decode()
        form = browser.get(url).context["form"]
        assert form.initial["origin"] == "hospital" and form.initial["bed"] == bed.pk
        sent = {"id": uuid.uuid4(), "origin": "hospital", "bed": bed.pk}
        assert browser.post(url, sent).status_code == 302
        back = Stay.objects.open().get(migrant=stay.migrant)
        assert (back.planned_until, back.first_arrived_at, back.days) == (stay.planned_until, stay.arrived_at, 12)
        assert back.beds.get().bed == bed
        figures = occupancy.with_day(Centre.objects.filter(pk=gao.pk)).get()
        assert (figures.arrived_today, figures.left_today, figures.back_today, figures.to_hospital_today) == (0, 0, 1, 1)
        assert "et 1 retour d’hôpital" in browser.get(reverse("reception:centre", args=["GAO"])).content.decode()
        check_out(actor=agent, stay=back, reason="left")
        with pytest.raises(ValidationError, match="hospitalisation"):
            make_stay(gao, migrant=stay.migrant, origin="hospital")

    def test_it_lapses_is_released_and_undone(self, as_user, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        beds = [a_bed(gao, number=number) for number in range(3)]
        stays = [check_out(actor=agent, stay=make_stay(gao, bed=bed), reason="hospital", keep_bed_until=day(3)) for bed in beds]
        Stay.objects.filter(pk=stays[0].pk).update(kept_until=day(-1))
        with pytest.raises(PermissionDenied):
            release_bed(actor=persona("agent.kayes"), stay=stays[1])
        url = reverse("reception:release_bed", args=[stays[1].pk])
        browser = as_user("agent.gao")
        assert url in browser.get(reverse("cases:migrant", args=[stays[1].migrant_id])).content.decode()
        assert str(beds[1]) in browser.get(url).content.decode() and browser.post(url).status_code == 302
        undo_departure(actor=persona("manager.gao"), stay=stays[2], reason="Erreur")
        assert set(beds) <= set(free_beds(gao))
        with pytest.raises(IntegrityError), transaction.atomic():
            Stay.objects.filter(pk=stays[2].pk).update(kept_bed=beds[0], kept_until=day(1))


class TestPlannedLength:
    def test_from_the_limit_of_the_centre(self, persona, centre):
        gao = centre("GAO")
        assert make_stay(gao).planned_until == day(14)
        late = make_stay(gao, arrived_at=timezone.now() - datetime.timedelta(days=2))
        late.refresh_from_db()
        assert late.planned_until == day(12)
        written = Stay.objects.create(migrant=make_migrant(gao), centre=gao, origin="transit")  # by whatever way
        written.refresh_from_db()
        assert written.planned_until == day(14)

    def test_warned_before_and_after(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        new, soon, over = (backdate(make_stay(gao), days) for days in (10, 11, 15))
        assert [stay.plan_state for stay in (new, soon, over)] == ["", "soon", "over"]
        assert list(occupancy.long_stays()) == [over]
        board = browser.get(reverse("reception:centre", args=["GAO"]))
        assert (board.context["centre"].long, board.context["centre"].ending) == (1, 1)
        for show, stay in (("soon", soon), ("long", over)):
            assert [row.pk for row in browser.get(reverse("reception:centre", args=["GAO"]), {"show": show}).context["page"]] == [stay.pk]
        assert "Fin prévue le" in browser.get(reverse("cases:migrant", args=[soon.migrant_id])).content.decode()
        assert "Fin prévue bientôt" in browser.get("/").content.decode()

    def test_agents_within_the_limit_the_manager_beyond(self, as_user, persona, centre):
        gao, agent, manager = centre("GAO"), persona("agent.gao"), persona("manager.gao")
        stay = make_stay(gao)
        extend_stay(actor=agent, stay=stay, until=day(5), reason="Part avec le bus de mardi", version=1)
        extend_stay(actor=agent, stay=stay, until=day(14), reason="Le bus est en panne", version=2)
        with pytest.raises(ValidationError, match="responsable du centre"):
            extend_stay(actor=agent, stay=stay, until=day(15), reason="Malade", version=3)
        with pytest.raises(PermissionDenied):
            extend_stay(actor=persona("manager.kayes"), stay=stay, until=day(15), reason="Malade")
        extended = extend_stay(actor=manager, stay=stay, until=day(20), reason="Malade", version=3)
        assert extend_stay(actor=manager, stay=stay, until=day(20), reason="Malade", version=3).version == extended.version == 4
        with pytest.raises(Stale):
            extend_stay(actor=manager, stay=stay, until=day(21), reason="Malade", version=3)
        for field, wrong in (("until", {"until": day(-1)}), ("until", {"until": None}), ("until", {"until": day(400)}), ("reason", {"reason": " "})):
            with pytest.raises(ValidationError) as refused:
                extend_stay(actor=manager, stay=stay, **{"until": day(21), "reason": "Malade", **wrong})
            assert field in refused.value.error_dict
        url = reverse("reception:extend", args=[stay.pk])
        assert "c’est le responsable" in as_user("agent.gao").post(url, {"version": 4, "until": day(30).isoformat(), "reason": "Attend"}).content.decode()
        assert as_user("manager.gao").post(url, {"version": 4, "until": day(30).isoformat(), "reason": "Attend"}).status_code == 302
        stay.refresh_from_db()
        assert stay.planned_until == day(30)
        assert "Séjour prévu jusqu’au" in as_user("agent.gao").get(reverse("cases:migrant", args=[stay.migrant_id])).content.decode()
        check_in_again = Migrant.objects.get(pk=stay.migrant_id)
        check_out(actor=agent, stay=stay, reason="left")
        with pytest.raises(ValidationError, match="partie le"):
            extend_stay(actor=manager, stay=stay, until=day(40), reason="Malade")
        again, _made = check_in(actor=agent, migrant=check_in_again, centre=gao, origin="transit", id=uuid.uuid4())
        assert again.planned_until == day(14)
