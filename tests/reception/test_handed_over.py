"""What a centre may still do, and no longer may, once another team follows the person; and people who write about the same crowd at once."""

import datetime
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pgtrigger
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from cases.models import Migrant
from cases.services import correct_identity
from centres.models import Centre, Posting, Service
from jobs.models import Job
from reception.evening import evening_of
from reception.models import Alert, Assistance, FlagKind, HealthRecord, LastSeen, PersonFlag, Stay
from reception.periods import Period
from reception.services import Called, ask_for_report, close_alert, lift_flag, note_incident, record_care, save_roll_call, serve, withdraw_assistance
from tests.factories import agent_of, make_migrant, make_minor

from .factories import crowd, make_assistance, make_flag, make_leave, make_session, make_stay, make_transfer, manager_of


def hand_over(stay: Stay) -> None:
    """On the road to Bamako: that centre follows the person from now on."""
    make_transfer(stay, "BKO", state="travelling")


@pytest.mark.django_db
class TestFormerCentre:
    def test_writes_and_withdraws_nothing_any_more(self, as_user, persona, centre):
        gao = centre("GAO")
        stay = make_stay(gao)
        care, _made = record_care(
            actor=persona("health.gao"), migrant=stay.migrant, centre=gao, service=Service.objects.get(code="consultation"), id=uuid.uuid4(), reason="toux"
        )
        meal, leave = make_assistance(gao, migrant=stay.migrant, service="dejeuner"), make_leave(gao, stay=stay)
        hand_over(stay)
        health, agent = as_user("health.gao"), as_user("agent.gao")
        page = reverse("reception:health_detail", args=[care.assistance_id])
        assert health.post(page, {"version": 1, "reason": "autre"}).status_code == health.post(page, {"withdraw": "1"}).status_code == 403
        assert HealthRecord.objects.get().reason == "toux"
        with pytest.raises(PermissionDenied):
            withdraw_assistance(actor=agent_of(gao), assistance=meal)
        assert agent.post(reverse("reception:cancel-leave", args=[stay.pk, leave.pk])).status_code == 403
        with pytest.raises(PermissionDenied):
            note_incident(
                actor=agent_of(gao),
                centre=gao,
                kind="theft",
                severity="minor",
                what="Un sac a disparu.",
                id=uuid.uuid4(),
                happened_at=timezone.now(),
                people=[stay.migrant],
            )

    def test_reads_no_flag_that_the_new_team_set(self, as_user, centre):
        gao = centre("GAO")
        stay = make_stay(gao)
        hand_over(stay)
        make_stay(centre("BKO"), migrant=stay.migrant, origin="transferred")
        make_flag(centre("BKO"), "exclu-distribution", migrant=stay.migrant, reason="Secret de Bamako")
        browser, pk = as_user("agent.gao"), stay.migrant_id
        arrivals, check_in = reverse("reception:arrivals", args=["GAO"]), reverse("reception:check_in", args=["GAO", pk])
        for page in (browser.get(arrivals, {"people": pk}), browser.post(arrivals, {"people": pk}), browser.post(check_in, {"id": uuid.uuid4(), "origin": "transit"})):
            assert "Exclu de la distribution" not in page.content.decode() and "Secret de Bamako" not in page.content.decode()

    def test_reads_names_and_flags_as_they_were(self, as_user, persona, centre):
        """On its day sheet, on a session held then and on the file: not the name corrected later, nor why its own flag was lifted."""
        gao, bamako = centre("GAO"), centre("BKO")
        FlagKind.objects.create(code="essai", name="Essai", advises=True)
        stay = make_stay(gao, migrant=make_migrant(gao, surname="Avant"))
        session, flag = make_session(gao, people=[stay.migrant]), make_flag(gao, "essai", migrant=stay.migrant, reason="Raison de Gao")
        hand_over(stay)
        make_stay(bamako, migrant=stay.migrant, origin="transferred")
        person = Migrant.objects.get(pk=stay.migrant_id)
        correct_identity(actor=agent_of(bamako), migrant=person, version=person.version, surname="Apres")
        lift_flag(actor=manager_of(bamako), flag=PersonFlag.objects.get(pk=flag.pk), reason="Secret de Bamako")
        urls = [
            reverse("reception:day", args=["GAO"]),
            reverse("reception:session", args=["GAO", session.pk]),
            reverse("reception:flags", args=[person.pk]),
            reverse("cases:migrant", args=[person.pk]),
        ]
        for url in urls:
            page = as_user("agent.gao").get(url).content.decode()
            assert "Avant" in page and "Apres" not in page and "Secret de Bamako" not in page, url
        page = as_user("agent.gao").get(urls[2]).content.decode()
        assert "Raison de Gao" in page and "a cessé de suivre" in page and "dernier jour passé" not in page
        page = as_user("agent.bamako").get(urls[2]).content.decode()
        assert "Apres" in page and "Secret de Bamako" in page

    def test_a_report_is_not_fetched_after_the_posting(self, as_user, persona, centre):
        gao, manager = centre("GAO"), persona("manager.gao")
        job = ask_for_report(actor=manager, id=uuid.uuid4(), centre=gao, period=Period.of("month", timezone.localdate()))
        job.file.save("x.pdf", ContentFile(b"%PDF"))
        Job.objects.filter(pk=job.pk).update(state="done", file=job.file.name, file_name="x.pdf", finished_at=timezone.now())
        url = reverse("jobs:file", args=[job.pk])
        assert as_user("manager.gao").get(url).status_code == 200
        Posting.objects.filter(user=manager).update(centre=centre("KAY"), granted=False)
        assert as_user("manager.gao").get(url).status_code in (403, 404)


@pytest.mark.django_db
def test_the_alert_of_a_child_still_missing_is_not_closed(persona, centre):
    gao, agent = centre("GAO"), agent_of(centre("GAO"))
    child = make_stay(gao, migrant=make_minor(gao)).migrant
    save_roll_call(actor=agent, centre=gao, evening=evening_of(), lines=[Called(child.pk, "missing")])
    (alert,) = Alert.objects.open()
    close_alert(actor=persona("protection"), alert=alert, done="Cherché partout, police prévenue", seen=False)
    assert alert in Alert.objects.open()
    save_roll_call(actor=agent, centre=gao, evening=evening_of(), lines=[Called(child.pk, "missing", version=1)])
    assert [one.migrant for one in Alert.objects.open()] == [child]


@pytest.mark.django_db
def test_a_roll_call_of_four_hundred_people(as_user, centre):
    gao = centre("GAO")
    crowd(gao, 400)
    sent: dict[str, Any] = {"evening": evening_of().isoformat()}
    for number, person in enumerate(Stay.objects.open().filter(centre=gao).values_list("migrant_id", flat=True)):
        sent |= {f"k{number}": f"{person}|0|present|", f"s{number}": "present", f"n{number}": ""}
    assert as_user("agent.gao").post(reverse("reception:roll_call", args=["GAO"]), sent).status_code == 302


@pytest.mark.django_db
def test_a_nul_in_the_address(as_user):
    assert as_user("agent.gao").get(reverse("reception:counter", args=["GAO"]) + "?service=%00", HTTP_HX_REQUEST="true").status_code == 400
    assert as_user("manager.gao").get(reverse("reception:export", args=["csv"]) + "?centre=%00").status_code == 400


def at_once(*writes: Callable[[], Any]) -> list[Exception]:
    """What failed of these, each in a thread of its own, begun at one moment."""
    failed: list[Exception] = []
    start = threading.Barrier(len(writes))

    def work(write: Callable[[], Any]) -> None:
        try:
            start.wait()
            write()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[write]) for write in writes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


@pytest.mark.django_db(transaction=True)
def test_a_roll_call_and_a_meal_of_the_same_people_wait_for_each_other():
    gao = Centre.objects.get(code="GAO")
    crowd(gao, 40)
    people = list(Stay.objects.open().filter(centre=gao).order_by("migrant_id").values_list("migrant_id", flat=True))

    def call(some: list[uuid.UUID], state: str = "present") -> None:
        save_roll_call(actor=agent_of(gao), centre=gao, evening=evening_of(), lines=[Called(person, state) for person in reversed(some)])

    def meal(code: str) -> None:
        serve(actor=manager_of(gao), centre=gao, service=Service.objects.get(code=code), people=people, key=uuid.uuid4())

    assert at_once(lambda: call(people), lambda: meal("dejeuner"), lambda: call(people), lambda: meal("diner")) == []
    # Nobody was seen for days: each half of the round tells of people of the other half.
    halves = people[:20], people[20:]

    def unseen() -> None:
        with pgtrigger.ignore("reception.Alert:stays", "reception.Assistance:by_somebody"):
            Alert.objects.all().delete()
            Assistance.objects.all().delete()
        LastSeen.objects.update(at=timezone.now() - datetime.timedelta(days=9))

    unseen()
    assert at_once(lambda: call(halves[0], "missing"), lambda: call(halves[1], "missing")) == []
    assert Alert.objects.filter(kind=Alert.Kind.ABSENCE, migrant__in=people).exists()
    # And while a meal is served, before or after which they are seen.
    for code, state in (("dejeuner", "present"), ("diner", "missing")):
        unseen()
        assert at_once(lambda state=state: call(halves[0], state), lambda state=state: call(halves[1], state), lambda code=code: meal(code)) == []
