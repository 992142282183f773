"""An admission noted by mistake is taken back, with all that it changed and nothing else."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.acting import Stale
from audit.models import Change
from cases.models import Custody
from cases.pages.file import papers
from reception.evening import evening_of
from reception.models import Alert, BedAssignment, LastSeen, Leave, RollCallLine, Stay, Transfer, UndoneAdmission
from reception.services import AdmissionUndone, assign_bed, check_in, check_in_together, check_out, undo_check_in
from reception.services.arrivals import Arrival
from reception.services.rollcall import Called, save_roll_call
from reception.workflow import State
from tests.factories import agent_of, make_migrant

from .factories import a_bed, make_assistance, make_leave, make_stay, make_transfer, manager_of


def undo(stay, **more):
    values = {"migrant": stay.migrant, "stay": stay.pk, "reason": "Noté pour une autre personne", "version": stay.version, **more}
    return undo_check_in(actor=values.pop("actor", None) or manager_of(stay.centre), **values)


class TestUndo:
    def test_the_stay_goes_and_the_history_says_so(self, persona, centre):
        gao = centre("GAO")
        stay = make_stay(gao, bed=a_bed(gao))
        bed, before = stay.beds.get().bed, LastSeen.objects.get(migrant=stay.migrant)
        make_leave(gao, stay=stay)
        undone = undo(stay)
        assert not Stay.objects.exists() and not BedAssignment.objects.exists() and not Leave.objects.exists()
        assert (before.how, LastSeen.objects.get(migrant=stay.migrant).how) == ("arrival", "registered")
        assert Custody.objects.get(migrant=stay.migrant).until is None  # as it was before
        assert Change.objects.filter(table="reception_stay", row=str(stay.pk), operation="DELETE").exists()
        assert undone.pk == stay.pk and undone.undone_by == manager_of(gao)
        assert any(paper.sort == "admission_undone" for paper in papers(agent_of(gao), stay.migrant))
        assert make_stay(gao, bed=bed).is_open  # the bed is free, and so is the person
        assert make_stay(gao, migrant=stay.migrant).is_open

    def test_a_second_click_is_the_same_and_the_key_admits_nobody_again(self, centre):
        gao, agent = centre("GAO"), agent_of(centre("GAO"))
        stay = make_stay(gao)
        assert undo(stay) == undo(stay)
        late = {"actor": agent, "migrant": stay.migrant, "centre": gao, "origin": "transit", "came_from": "NE", "id": stay.pk}
        with pytest.raises(AdmissionUndone, match="a été annulée"):
            check_in(**late)
        with pytest.raises(AdmissionUndone):  # whoever had the page open meanwhile
            check_out(actor=agent, stay=stay, reason="left")
        with pytest.raises(IntegrityError, match="undone"), transaction.atomic():
            Stay.objects.create(pk=stay.pk, migrant=stay.migrant, centre=gao, origin="transit")
        assert not Stay.objects.exists() and UndoneAdmission.objects.count() == 1
        again = make_stay(gao, migrant=stay.migrant)  # an old form doesn't say that this one is undone
        with pytest.raises(ValidationError, match="admise de nouveau"):
            undo(stay)
        assert list(Stay.objects.open()) == [again]

    def test_one_of_several_who_came_together(self, centre):
        gao, key = centre("GAO"), uuid.uuid4()
        people = [make_migrant(gao), make_migrant(gao)]
        together = {"actor": agent_of(gao), "id": key, "centre": gao, "arrivals": [Arrival(one) for one in people], "origin": "transit"}
        first, second = check_in_together(**together)
        undo(first)
        with pytest.raises(AdmissionUndone):
            check_in_together(**together)
        assert Stay.objects.get() == second

    def test_only_the_manager_and_with_a_reason_and_not_from_a_stale_page(self, persona, centre):
        stay = make_stay(centre("GAO"))
        for username in ("agent.gao", "manager.kayes", "protection", "admin"):
            with pytest.raises(PermissionDenied):
                undo(stay, actor=persona(username))
        with pytest.raises(ValidationError, match="Dites pourquoi"):
            undo(stay, reason="  ")
        assign_bed(actor=agent_of(stay.centre), stay=stay, bed=a_bed(stay.centre))
        with pytest.raises(Stale):
            undo(stay)
        assert Stay.objects.get().is_open and not UndoneAdmission.objects.exists()

    def test_whoever_was_there_leaves_and_was_admitted(self, centre):
        gao = centre("GAO")
        fed, called, asked, left = (make_stay(gao) for _ in range(4))
        make_assistance(gao, migrant=fed.migrant)
        save_roll_call(actor=agent_of(gao), centre=gao, evening=evening_of(), lines=[Called(called.migrant_id, RollCallLine.State.PRESENT)])
        make_transfer(asked, "KAY")
        check_out(actor=agent_of(gao), stay=left, reason="left")
        for stay, words in ((fed, "assistance"), (called, "appel"), (asked, "transfert"), (left, "est partie")):
            stay.refresh_from_db()
            with pytest.raises(ValidationError, match=words):
                undo(stay)
        assert Stay.objects.count() == 4

    def test_what_was_given_before_the_arrival_says_nothing(self, centre):
        gao = centre("GAO")
        line = make_assistance(gao, migrant=make_migrant(gao))
        type(line).objects.filter(pk=line.pk).update(recorded_at=timezone.now() - datetime.timedelta(hours=1))
        assert undo(make_stay(gao, migrant=line.migrant))


class TestAsBefore:
    def test_a_transfer_is_on_the_way_again_and_nothing_else_reopens_one(self, centre):
        gao, kayes = centre("GAO"), centre("KAY")
        travelling = make_transfer(make_stay(gao), "KAY", state=State.TRAVELLING)
        stay = make_stay(kayes, migrant=travelling.migrant, origin="transferred")
        travelling.refresh_from_db()
        assert travelling.state == State.ARRIVED
        with pytest.raises(IntegrityError, match="only after an admission was undone"), transaction.atomic():
            Transfer.objects.filter(pk=travelling.pk).update(state="travelling", ended_at=None, ended_by=None)
        undo(stay)
        travelling.refresh_from_db()
        assert travelling.state == State.TRAVELLING and travelling.ended_at is None
        assert set(Custody.objects.filter(migrant=stay.migrant, until__isnull=True).values_list("centre__code", flat=True)) == {"KAY"}
        again = make_stay(kayes, migrant=travelling.migrant, origin="transferred")
        travelling.refresh_from_db()
        assert again.is_open and travelling.state == State.ARRIVED

    def test_a_kept_bed_is_kept_again_unless_somebody_lies_in_it(self, centre):
        gao, agent = centre("GAO"), agent_of(centre("GAO"))
        until = timezone.localdate() + datetime.timedelta(days=3)
        for taken in (False, True):
            first = make_stay(gao, bed=a_bed(gao))
            bed = first.beds.get().bed
            check_out(actor=agent, stay=first, reason="hospital", keep_bed_until=until)
            back = make_stay(gao, migrant=first.migrant)
            if taken:
                make_stay(gao, bed=bed)
            undo(back)
            first.refresh_from_db()
            assert (first.kept_bed, first.kept_until) == ((None, None) if taken else (bed, until))

    def test_whoever_was_never_there_is_not_missed(self, centre):
        gao = centre("GAO")
        child = make_migrant(gao, born_on=timezone.localdate() - datetime.timedelta(days=4000))
        stay, other = make_stay(gao, migrant=child), make_stay(gao)
        missing = [Called(one.migrant_id, RollCallLine.State.MISSING) for one in (stay, other)]
        save_roll_call(actor=agent_of(gao), centre=gao, evening=evening_of(), lines=missing)
        assert Alert.objects.open().filter(migrant=child).exists()
        undo(stay)
        assert not Alert.objects.open().filter(migrant=child).exists()
        assert RollCallLine.objects.get().migrant == other.migrant


class TestPages:
    def test_the_manager_undoes_it_from_the_file(self, as_user, persona, centre):
        gao = centre("GAO")
        stay = make_stay(gao)
        manager = as_user("manager.gao")
        url = f"/centres/people/{stay.migrant_id}/undo-check-in/"
        assert url in manager.get(f"/migrants/{stay.migrant_id}/").content.decode()
        assert url not in as_user("agent.gao").get(f"/migrants/{stay.migrant_id}/").content.decode()
        sent = {"stay": stay.pk, "version": stay.version, "reason": ""}
        assert "Dites pourquoi" in manager.post(url, sent).content.decode() and Stay.objects.exists()
        for _click in range(2):
            answer = manager.post(url, sent | {"reason": "Mauvaise personne"}, follow=True)
            assert "est annulée" in answer.content.decode() and "Mauvaise personne" in answer.content.decode()
        assert not Stay.objects.exists()
        assert "pas de séjour en cours" in manager.get(url).content.decode()

    def test_the_page_says_why_not(self, as_user, centre):
        line = make_assistance(centre("GAO"))
        url = f"/centres/people/{line.migrant_id}/undo-check-in/"
        manager = as_user("manager.gao")
        assert url not in manager.get(f"/migrants/{line.migrant_id}/").content.decode()
        assert "une assistance" in manager.get(url).content.decode()

    def test_the_api_answers_that_it_was_undone(self, as_user, centre):
        stay = make_stay(centre("GAO"))
        undo(stay)
        sent = {"id": stay.pk, "migrant": stay.migrant_id, "centre": "GAO", "origin": "transit", "came_from": "NE"}
        agent = as_user("agent.gao")
        answer = agent.post("/api/v1/stays/", sent, content_type="application/json")
        assert answer.status_code == 409 and "annulée" in answer.content.decode()
        assert agent.get(f"/api/v1/stays/{stay.pk}/").status_code == 404
