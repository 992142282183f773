"""One truth about where somebody is: a list sees nobody, and who is missing is missing on every page, in every file and at every step."""

import csv
import datetime
import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import ReadLog
from cases import whereabouts
from cases.deaths import record_death
from cases.models import Migrant
from centres.models import Centre, Service
from reception import absence
from reception.evening import evening_of
from reception.models import Alert, Assistance, CriteriaTold, LastSeen, RollCallLine, Stay, Transfer
from reception.services import (
    check_out,
    current_criteria,
    move_transfer,
    note_absence,
    record_assistance,
    serve,
    tell_criteria,
    undo_check_in,
    watch_absences,
    withdraw_assistance,
    withdraw_served,
)
from reception.services.rollcall import Called, save_roll_call
from reception.whereabouts import why_missing
from returns.models import ReturnCase
from returns.services import move
from returns.workflow import State
from tests.factories import agent_of, make_migrant, make_minor
from tests.returns.factories import bring_to, fields_for, make_return, make_return_in, officer_of

from .factories import crowd, make_leave, make_session, make_stay, make_transfer, manager_of

HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
MISSING = "Manque depuis l’appel du"


def call(centre, *lines, **options):
    return save_roll_call(actor=options.pop("actor", None) or agent_of(centre), centre=centre, evening=evening_of(), lines=lines)


def missing_boy(centre, **identity) -> Stay:
    """A boy of 15, alone, whom the roll-call of yesterday's evening missed."""
    stay = make_stay(centre, migrant=make_minor(centre, **identity), arrived_at=timezone.now() - 2 * DAY)
    call(centre, Called(stay.migrant_id, "missing"))
    Migrant.objects.filter(pk=stay.migrant_id).update(registered_at=timezone.now() - 3 * DAY)
    RollCallLine.objects.filter(migrant=stay.migrant_id).update(noted_at=timezone.now() - HOUR)
    return stay


def breakfast() -> Service:
    return Service.objects.get(code="petit-dejeuner")


def is_missing(stay: Stay) -> bool:
    return why_missing(stay.migrant) != ""


class TestAListSeesNobody:
    def test_the_meal_list_says_where_he_is_leaves_him_unticked_and_finds_nobody(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        boy, here, leave, hospital = missing_boy(gao), make_stay(gao), make_stay(gao), make_stay(gao)
        make_leave(gao, stay=leave)
        check_out(actor=agent_of(gao), stay=hospital, reason="hospital")
        url = reverse("reception:meals", args=["GAO"]) + "?service=petit-dejeuner"
        page = browser.get(url)
        assert [(row.person, ticked) for row, ticked in page.context["rows"]][:1] == [(boy.migrant_id, False)]  # before all others
        assert {row.person: ticked for row, ticked in page.context["rows"]} == {
            boy.migrant_id: False, leave.migrant_id: False, hospital.migrant_id: False, here.migrant_id: True,
        }  # fmt: skip
        text = page.content.decode()
        assert MISSING in text and "En permission jusqu’à" in text and "À l’hôpital depuis le" in text
        assert f'value="{hospital.migrant_id}"' not in text  # nobody serves them here
        assert not any(ticked for row, ticked in browser.get(url + "&tick=all").context["rows"] if row.away)
        before = LastSeen.objects.get(migrant=boy.migrant)
        # Ticked all the same: the meal is noted, and he is missing as before, on all pages that say so.
        key = uuid.uuid4()
        saved = browser.post(url, {"key": key, "people": [boy.migrant_id, here.migrant_id]}, follow=True).content.decode()
        assert Assistance.objects.count() == 2 and "Toujours manquantes" in saved and str(boy.migrant) in saved
        assert is_missing(boy) and LastSeen.objects.get(migrant=boy.migrant).at == before.at
        assert [stay.pk for stay in browser.get(reverse("reception:absences", args=["GAO"])).context["rows"]] == [boy.pk]
        assert absence.with_evening(Centre.objects.filter(pk=gao.pk)).get().missing == 1
        withdraw_served(actor=agent_of(gao), centre=gao, service=breakfast(), key=key, given_on=timezone.localdate())
        lunch = browser.get(reverse("reception:meals", args=["GAO"]) + "?service=dejeuner")
        assert next((row.person, ticked) for row, ticked in lunch.context["rows"]) == (boy.migrant_id, False)

    def test_nor_does_a_session_or_a_roll_call_sent_as_a_whole(self, api_as, centre):
        gao = centre("GAO")
        boy, other = missing_boy(gao), make_stay(gao)
        make_session(gao, people=[boy.migrant, other.migrant])
        assert is_missing(boy) and Assistance.objects.filter(migrant=boy.migrant).exists()
        lines = [{"migrant": str(stay.migrant_id), "state": "present", "version": 1} for stay in (boy, other)]
        sent = {"evening": evening_of().isoformat(), "lines": lines}
        answer = api_as("agent.gao").post_json("/api/v1/roll-calls/GAO/", sent).json()
        assert answer["still_missing"] == [str(boy.migrant_id)] == answer["missing"] and is_missing(boy)
        assert RollCallLine.objects.get(migrant=other.migrant).seen_at is None  # noted as present, seen by nobody
        alone = {**sent, "lines": lines[:1]}
        assert api_as("agent.gao").post_json("/api/v1/roll-calls/GAO/", alone).json()["still_missing"] == []
        assert not is_missing(boy) and LastSeen.objects.get(migrant=boy.migrant).how == "roll_call"

    def test_one_person_looked_at_is_seen_then_and_taken_back_he_is_missing_again(self, centre):
        gao = centre("GAO")
        boy = missing_boy(gao)
        give = {"actor": agent_of(gao), "migrant": boy.migrant, "centre": gao, "service": breakfast()}
        # A scan that waited on a broken line, and a meal of yesterday: both were before the roll-call.
        line, _made = record_assistance(**give, id=uuid.uuid4(), seen_at=timezone.now() - 2 * HOUR)
        assert is_missing(boy) and line.seen_at < line.recorded_at
        record_assistance(**{**give, "service": Service.objects.get(code="dejeuner")}, id=uuid.uuid4(), given_on=timezone.localdate() - DAY)
        assert is_missing(boy)
        withdraw_assistance(actor=agent_of(gao), assistance=line)
        line, _made = record_assistance(**give, id=uuid.uuid4())
        assert not is_missing(boy)
        withdraw_assistance(actor=agent_of(gao), assistance=line)
        assert is_missing(boy)

    def test_the_alert_that_a_sight_closed_comes_back_with_the_absence(self, centre):
        gao = centre("GAO")
        stay = make_stay(gao)
        Migrant.objects.filter(pk=stay.migrant_id).update(registered_at=timezone.now() - 5 * DAY)
        Stay.objects.filter(pk=stay.pk).update(arrived_at=timezone.now() - 5 * DAY)
        assert watch_absences(actor=None, centre=gao) == 1
        line, _made = record_assistance(actor=agent_of(gao), migrant=stay.migrant, centre=gao, service=breakfast(), id=uuid.uuid4())
        assert watch_absences(actor=None, centre=gao) == 0 and not Alert.objects.open().exists()
        withdraw_assistance(actor=agent_of(gao), assistance=line)  # noted for the wrong person
        assert watch_absences(actor=None, centre=gao) == 1 and Alert.objects.open().get().migrant == stay.migrant

    def test_a_proposed_present_is_no_sight_and_a_stale_page_finds_nobody(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay, other = make_stay(gao), make_stay(gao)
        url = reverse("reception:roll_call", args=["GAO"])
        sent = {"evening": evening_of().isoformat()}
        for number, one in enumerate((stay, other)):
            sent |= {f"k{number}": f"{one.migrant_id}|0|present|", f"s{number}": "present", f"n{number}": ""}
        browser.post(url, {name: value for name, value in sent.items() if name.endswith("1") or name == "evening"} | {"k0": sent["k1"], "s0": "present"})
        assert RollCallLine.objects.get().seen_at is None
        call(gao, Called(stay.migrant_id, "missing"), actor=manager_of(gao))
        # The page was opened before that, and somebody had clicked « présente » on it.
        stale = {"evening": sent["evening"], "k0": f"{stay.migrant_id}|0||", "s0": "present", "n0": ""}
        text = browser.post(url, stale, follow=True).content.decode()
        assert "Toujours signalées manquantes" in text and RollCallLine.objects.get(migrant=stay.migrant).state == "missing" and is_missing(stay)
        whole = {"evening": sent["evening"], "k0": f"{stay.migrant_id}|1|missing|", "s0": "present", "n0": "", "a0": "1"}
        assert "Toujours signalées manquantes" in browser.post(url, whole, follow=True).content.decode()
        fresh = {"evening": sent["evening"], "k0": f"{stay.migrant_id}|1|missing|", "s0": "present", "n0": ""}
        browser.post(url, fresh)
        assert RollCallLine.objects.get(migrant=stay.migrant).state == "present" and not is_missing(stay)


class TestEveryPageSaysIt:
    def test_for_every_role_and_for_the_former_centre_nothing(self, as_user, api_as, centre):
        gao = centre("GAO")
        boy = missing_boy(gao)
        case = make_return(gao, boy.migrant)
        pages = {
            "agent.gao": [
                f"/migrants/{boy.migrant_id}/",
                "/centres/GAO/",
                "/migrants/",
                f"/centres/GAO/assistance/{boy.migrant_id}/",
                f"/migrants/{boy.migrant_id}/print/",
            ],
            "protection": ["/", f"/migrants/{boy.migrant_id}/", f"/migrants/{boy.migrant_id}/protection/"],
            "returns.gao": [f"/returns/{case.pk}/", "/returns/", "/", f"/migrants/{boy.migrant_id}/"],
        }
        for username, addresses in pages.items():
            for address in addresses:
                answer = as_user(username).get(address)
                assert answer.status_code == 200 and MISSING in answer.content.decode(), (username, address)
        for address in (f"/api/v1/migrants/{boy.migrant_id}/", f"/api/v1/stays/{boy.pk}/", f"/api/v1/return-cases/{case.pk}/"):
            assert api_as("returns.gao").get(address).json()["whereabouts"]["code"] == "missing", address
        assert api_as("agent.gao").get("/api/v1/roll-calls/GAO/").json()["results"][0]["missing_since"] == evening_of().isoformat()
        for address in ("/centres/export.csv?centre=GAO", "/migrants/export.csv", "/returns/export.csv"):
            text = as_user("manager.gao").get(address).content.decode("utf-8-sig")
            row = next(row for row in csv.DictReader(io.StringIO(text)) if boy.migrant.case_number in row.values())
            assert row["Où est la personne"].startswith(MISSING), address
        assert ReadLog.objects.exists()

    def test_also_days_later(self, as_user, centre):
        gao = centre("GAO")
        boy = missing_boy(gao)
        with time_machine.travel(timezone.now() + 4 * DAY, tick=False):
            text = as_user("agent.gao").get("/centres/GAO/").content.decode()
            assert "1 personne manquante à l’appel" in text and MISSING in text
            assert str(boy.migrant) in as_user("agent.gao").get("/centres/GAO/roll-call/").context["missing"][0]["name"]

    @pytest.mark.parametrize("code", ["present", "leave", "missing", "hospital", "travelling", "left", "died", "none"])
    def test_one_word_for_each(self, persona, centre, code):
        gao, agent = centre("GAO"), persona("agent.gao")
        stay = make_stay(gao) if code != "none" else Stay(migrant=make_migrant(gao))
        if code == "leave":
            make_leave(gao, stay=stay)
        elif code == "missing":
            call(gao, Called(stay.migrant_id, "missing"))
        elif code in ("hospital", "left"):
            check_out(actor=agent, stay=stay, reason=code)
        elif code == "died":
            record_death(actor=agent, migrant=stay.migrant, on=timezone.localdate())
        elif code == "travelling":
            make_transfer(stay, "KAY", state="travelling")
        person = Migrant.objects.get(pk=stay.migrant_id)
        found = whereabouts.of(agent, [person])[person.pk]
        assert found.code == code and found.words and found == whereabouts.on_file(agent, Migrant.objects.get(pk=person.pk))

    def test_whoever_let_somebody_go_learns_nothing_more(self, persona, centre):
        gao, kayes, agent = centre("GAO"), centre("KAY"), persona("agent.gao")
        stay = make_stay(gao)
        make_transfer(stay, "KAY", state="travelling")
        there = make_stay(kayes, migrant=Migrant.objects.get(pk=stay.migrant_id), origin="transferred")
        call(kayes, Called(there.migrant_id, "missing"))
        person = Migrant.objects.get(pk=stay.migrant_id)
        assert whereabouts.of(persona("agent.kayes"), [person])[person.pk].code == "missing"
        person = Migrant.objects.get(pk=stay.migrant_id)
        assert whereabouts.of(agent, [person])[person.pk].code == "elsewhere"
        assert whereabouts.on_file(agent, person).code == "elsewhere"

    def test_as_many_questions_for_one_as_for_many(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        crowd(gao, 30)
        people = list(Migrant.objects.visible_to(agent).prefetch_related("custodies"))
        whereabouts.of(agent, people[:1])
        with CaptureQueriesContext(connection) as counted:
            assert len(whereabouts.of(agent, people)) == len(people) >= 30
        assert len(counted) == 1


class TestNobodyLeavesWhoIsMissing:
    def test_the_steps_of_a_return_wait_in_words_on_the_page_in_the_service_and_in_the_database(self, as_user, api_as, centre):
        gao = centre("GAO")
        stay = make_stay(gao, arrived_at=timezone.now() - 3 * DAY)
        case = make_return_in(gao, State.DOCUMENTS, migrant=stay.migrant)
        call(gao, Called(stay.migrant_id, "missing"))
        page = as_user("returns.gao").get(f"/returns/{case.pk}/").content.decode()
        assert "Cette étape attend que la personne soit retrouvée" in page and "sous Absences" in page and "Noter l’aptitude au voyage</button>" not in page
        ready = {"actor": officer_of(gao), "case": case, "to": "ready", "version": case.version, **fields_for(State.READY)}
        with pytest.raises(ValidationError, match="manque depuis l’appel") as refused:
            move(**ready)
        assert refused.value.code == "missing"
        body = {"to": "ready", "version": case.version, **{name: str(value) for name, value in fields_for(State.READY).items()}}
        answer = api_as("returns.gao").patch_json(f"/api/v1/return-cases/{case.pk}/", body)
        assert answer.status_code == 400 and "sous Absences" in answer.content.decode()
        with pytest.raises(IntegrityError, match="missing"), transaction.atomic():
            ReturnCase.objects.filter(pk=case.pk).update(state="ready", **fields_for(State.READY))
        note_absence(actor=agent_of(gao), stay=stay, found=True, note="Au marché", id=uuid.uuid4())
        case = move(**ready)
        assert case.state == "ready"
        call(gao, Called(stay.migrant_id, "missing", note="De nouveau", version=1), Called(stay.migrant_id, "present", version=1))
        assert bring_to(case, State.DEPARTED).state == "departed"

    def test_who_left_before_that_roll_call_was_not_missing(self, centre):
        gao = centre("GAO")
        stay = make_stay(gao, arrived_at=timezone.now() - 3 * DAY)
        case = make_return_in(gao, State.READY, migrant=stay.migrant)
        ReturnCase.objects.filter(pk=case.pk).update(declaration_signed_on=timezone.localdate() - DAY, fit_to_travel_on=timezone.localdate() - DAY)
        call(gao, Called(stay.migrant_id, "missing"))
        given = {"actor": officer_of(gao), "case": case, "to": "departed", "version": case.version}
        with pytest.raises(ValidationError, match="manque depuis"):
            move(**given, departed_on=timezone.localdate())
        assert move(**given, departed_on=timezone.localdate() - DAY).state == "departed"

    def test_nor_on_a_transfer_with_the_others(self, as_user, centre):
        gao = centre("GAO")
        stay = make_stay(gao)
        transfer = make_transfer(stay, "KAY", state="accepted")
        call(gao, Called(stay.migrant_id, "missing"))
        page = as_user("agent.gao").get(reverse("reception:transfer", args=[transfer.pk])).content.decode()
        assert MISSING in page and f'id="row-{transfer.pk}" checked' not in page
        with pytest.raises(ValidationError, match="manque depuis"):
            move_transfer(actor=agent_of(gao), versions={transfer.pk: transfer.version}, to="travelling")
        assert Stay.objects.get(pk=stay.pk).is_open


# --- taken back ------------------------------------------------------------------------------------------------------


def undo(stay: Stay) -> None:
    undo_check_in(actor=manager_of(stay.centre), migrant=stay.migrant, stay=stay.pk, reason="Noté pour une autre personne")


class TestTakenBack:
    def test_an_admission_whose_transfer_was_called_off_can_be_undone(self, centre):
        gao = centre("GAO")
        stay, asked, turned = make_stay(gao), make_stay(gao), make_stay(gao)
        transfer = make_transfer(stay, "KAY")
        move_transfer(actor=agent_of(gao), versions={transfer.pk: transfer.version}, to="cancelled", words="Erreur de personne")
        undo(stay)
        assert not Stay.objects.filter(pk=stay.pk).exists() and not Transfer.objects.filter(pk=transfer.pk).exists()
        make_transfer(asked, "KAY")
        travelling = make_transfer(turned, "KAY", state="travelling")
        move_transfer(actor=manager_of(gao), versions={travelling.pk: travelling.version}, to="cancelled", words="Le bus est revenu")
        for one in (asked, Stay.objects.get(pk=turned.pk)):  # still asked for; and somebody sat in that bus
            with pytest.raises(ValidationError, match="un transfert demandé"):
                undo(one)

    def test_what_comes_after_it_was_taken_back_does_not_bring_it_back(self, centre):
        gao, agent = centre("GAO"), agent_of(centre("GAO"))
        people = [make_stay(gao).migrant_id for _ in range(3)]
        sent = {"actor": agent, "centre": gao, "service": breakfast(), "people": people, "key": uuid.uuid4()}
        assert serve(**sent).made == serve(**sent).made == 3
        withdraw_served(actor=agent, centre=gao, service=breakfast(), key=sent["key"], given_on=timezone.localdate())
        with pytest.raises(ValidationError, match="a été annulée"):
            serve(**sent)
        one = {"actor": agent, "migrant": Migrant.objects.get(pk=people[0]), "centre": gao, "service": breakfast(), "id": uuid.uuid4()}
        line, _made = record_assistance(**one)
        withdraw_assistance(actor=agent, assistance=line)
        with pytest.raises(ValidationError, match="a été retirée"):
            record_assistance(**one)
        assert not Assistance.objects.exists() and serve(**{**sent, "key": uuid.uuid4()}).made == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["meal", "roll-call", "criteria"])
def test_a_line_saved_in_the_very_moment_of_an_undo_does_not_survive_it(what):
    """The list waits for the person, whose admission is being taken back, and reads who is there only then."""
    gao = Centre.objects.get(code="GAO")
    stay = make_stay(gao)
    agent, locked = agent_of(gao), Event()

    def take_back() -> None:
        try:
            with transaction.atomic():
                undo(stay)
                locked.set()
                _until_somebody_waits()
        finally:
            connections.close_all()

    def save() -> None:
        try:
            locked.wait(10)
            if what == "meal":
                serve(actor=agent, centre=gao, service=breakfast(), people=[stay.migrant_id], key=uuid.uuid4())
            elif what == "criteria":
                tell_criteria(actor=agent, criteria=current_criteria(gao), people=[stay.migrant_id], language="fra", how="read", key=uuid.uuid4())
            else:
                call(gao, Called(stay.migrant_id, "missing"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(take_back), pool.submit(save)]:
            job.result(30)
    assert not Stay.objects.filter(pk=stay.pk).exists()
    assert not Assistance.objects.filter(migrant=stay.migrant).exists() and not RollCallLine.objects.filter(migrant=stay.migrant).exists()
    assert not CriteriaTold.objects.filter(migrant=stay.migrant).exists() and not Alert.objects.filter(migrant=stay.migrant).exists()


def _until_somebody_waits() -> None:
    """Until another connection waits for a lock that this transaction holds."""
    with connection.cursor() as cursor:
        for _try in range(100):
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return


WAITING = "SELECT count(*) FROM pg_stat_activity a, pg_sleep(0.03) WHERE pg_backend_pid() = ANY(pg_blocking_pids(a.pid))"
