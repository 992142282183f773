"""Incidents: noted at the counter, followed up, closed; what is reserved is read by few."""

import datetime
import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from cases.models import Merge
from cases.person_data import unspoken
from cases.services.merging import merge_files
from reception.models import Alert, Incident, IncidentFollowUp, IncidentPerson
from reception.services import follow_incident, note_incident
from tests.factories import agent_of, make_migrant

from .factories import make_incident
from .test_board import queries_of

pytestmark = pytest.mark.django_db
THEFT = {"kind": "theft", "severity": "minor", "what": "Un téléphone a disparu."}


def form(**more):
    return {"id": uuid.uuid4(), **THEFT, **more}


class TestNote:
    def test_at_the_counter(self, as_user, centre):
        gao, person, other = centre("GAO"), make_migrant(centre("GAO")), make_migrant(centre("GAO"))
        browser, url = as_user("agent.gao"), reverse("reception:note-incident", args=["GAO"])
        sent = form(people=f"{person.case_number.lower().replace('-', ' ')}, {other.case_number}", due_on=timezone.localdate().isoformat(), due_who="le chef d’équipe")
        answer = browser.post(url, sent)
        incident = Incident.objects.get()
        assert answer.url == reverse("reception:incident", args=[incident.pk])
        assert set(incident.people.all()) == {person, other} and incident.reported_by.username == "agent.gao" and incident.centre == gao
        assert browser.post(url, sent).url == answer.url and Incident.objects.count() == 1  # a lost connection
        for other_content in ({"what": "Autre chose."}, {"people": other.case_number}, {"due_on": ""}, {"due_who": "la nuit"}):
            text = browser.post(url, {**sent, **other_content}).content.decode()
            assert "déjà servi" in text and all(value in text for value in other_content.values()), other_content
        page = browser.get(answer.url).content.decode()
        assert str(person) in page and "le chef d’équipe" in page
        assert "Un téléphone a disparu." in browser.get(reverse("reception:incidents", args=["GAO"])).content.decode()

    def test_what_is_typed_wrong(self, as_user, centre):
        browser, url = as_user("agent.gao"), reverse("reception:note-incident", args=["GAO"])
        elsewhere = make_migrant(centre("KAY"))
        tomorrow = timezone.localdate() + datetime.timedelta(days=1)
        for more, field in (
            ({"kind": "tension_aid"}, "aid"),
            ({"kind": "nonsense"}, "kind"),
            ({"severity": ""}, "severity"),
            ({"what": "  \n "}, "what"),
            ({"what": "a\x01b"}, "what"),
            ({"people": elsewhere.case_number}, "people"),
            ({"people": "GAO-2026-00000-X"}, "people"),
            ({"happened_at": f"{tomorrow}T10:00"}, "happened_at"),
            ({"happened_at": "1999-01-01T10:00"}, "happened_at"),
            ({"due_on": "2020-01-01"}, "due_on"),
            ({"id": "x"}, "id"),
        ):
            page = browser.post(url, form(**more))
            assert page.status_code == 200 and field in page.context["form"].errors, more
        assert not Incident.objects.exists()

    def test_rights(self, persona, centre, as_user):
        gao, stranger = centre("GAO"), make_migrant(centre("KAY"))
        for username in ("agent.kayes", "protection", "returns.gao"):
            with pytest.raises(PermissionDenied):
                note_incident(actor=persona(username), centre=gao, **form())
        with pytest.raises(PermissionDenied):
            note_incident(actor=persona("agent.gao"), centre=gao, people=[stranger], **form())
        assert "Noter un incident" not in as_user("returns.gao").get(reverse("reception:incidents", args=["GAO"])).content.decode()

    def test_the_database_holds_it_too(self, centre):
        gao = centre("GAO")
        for wrong in (
            {"kind": "theft", "aid": "meal"},
            {"kind": "tension_aid", "aid": ""},
            {"kind": "theft", "outcome": "x"},
            {"kind": "theft", "closed_at": timezone.now()},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Incident.objects.create(centre=gao, severity="minor", what="x", **wrong)


class TestReserved:
    @pytest.mark.parametrize("kind", ["violence", "staff"])
    def test_the_writer_sends_it_and_reads_it_no_more(self, as_user, centre, kind):
        browser = as_user("agent.gao")
        answer = browser.post(reverse("reception:note-incident", args=["GAO"]), form(kind=kind, what="Un secret."), follow=True)
        assert "transmis au responsable" in answer.content.decode() and "Un secret." not in answer.content.decode()
        url = reverse("reception:incident", args=[Incident.objects.get().pk])
        for username, seen in (
            ("agent.gao", False),
            ("returns.gao", False),
            ("health.gao", False),
            ("manager.kayes", False),
            ("manager.gao", True),
            ("protection", True),
        ):
            reader = as_user(username)
            assert reader.get(url).status_code == (200 if seen else 404), username
            if username != "manager.kayes":
                for page in ("reception:incidents", "reception:day"):
                    assert ("Un secret." in reader.get(reverse(page, args=["GAO"])).content.decode()) is seen, (username, page)
        assert browser.post(url, {"id": uuid.uuid4(), "version": 1, "step": "note", "text": "x"}).status_code == 404
        with pytest.raises(PermissionDenied):
            follow_incident(actor=agent_of(centre("GAO")), incident=Incident.objects.get(), id=uuid.uuid4(), text="Je sais.")

    def test_people_only_in_scope(self, as_user, persona, centre):
        person = make_migrant(centre("GAO"))
        incident = make_incident(centre("GAO"), people=[person])
        reader = as_user("reintegration.kayes")  # of another centre
        assert reader.get(reverse("reception:incident", args=[incident.pk])).status_code == 404
        stranger = make_migrant(centre("KAY"))
        IncidentPerson.objects.create(incident=incident, migrant=stranger)
        text = as_user("agent.gao").get(reverse("reception:incident", args=[incident.pk])).content.decode()
        assert str(person) in text and str(stranger) not in text and "1 personne que vos centres ne suivent pas" in text


class TestFollowUp:
    def test_until_it_is_closed_and_open_again(self, as_user, centre):
        incident = make_incident(centre("GAO"))
        browser, url = as_user("agent.gao"), reverse("reception:incident", args=[incident.pk])
        later = timezone.localdate() + datetime.timedelta(days=3)
        step = {"id": uuid.uuid4(), "version": 1, "step": "note", "text": "Le groupe a été entendu.", "due_on": later.isoformat(), "due_who": "la nuit"}
        assert browser.post(url, step).status_code == 302 and browser.post(url, step).status_code == 302
        incident.refresh_from_db()
        assert (incident.due_on, incident.due_who, incident.version, incident.follow_ups.count()) == (later, "la nuit", 2, 1)
        # two people at once: the second reads what the first wrote, and loses nothing
        close = {"id": uuid.uuid4(), "version": 1, "step": "closed", "text": "Téléphone rendu."}
        page = browser.post(url, close)
        assert "Entre-temps" in page.content.decode() and "Téléphone rendu." in page.content.decode() and "entendu" in page.content.decode()
        assert browser.post(url, {**close, "version": page.context["form"]["version"].value()}).status_code == 302
        incident.refresh_from_db()
        assert not incident.is_open and incident.outcome == "Téléphone rendu." and incident.closed_by.username == "agent.gao" and incident.due_on is None
        with pytest.raises(Stale):
            follow_incident(actor=agent_of(centre("GAO")), incident=incident, id=uuid.uuid4(), text="Encore.", version=2)
        with pytest.raises(ValidationError):
            follow_incident(actor=agent_of(centre("GAO")), incident=incident, id=uuid.uuid4(), text="Encore.")
        assert "L’incident est rouvert" in browser.get(url).content.decode()
        assert browser.post(url, {"id": uuid.uuid4(), "version": 3, "step": "reopened", "text": "Ce n’était pas le bon."}).status_code == 302
        incident.refresh_from_db()
        assert incident.is_open and incident.outcome == ""
        assert list(incident.follow_ups.values_list("step", flat=True)) == ["note", "closed", "reopened"]

    def test_same_key_other_content(self, centre):
        incident, key, agent = make_incident(centre("GAO")), uuid.uuid4(), agent_of(centre("GAO"))
        follow_incident(actor=agent, incident=incident, id=key, text="Une suite.")
        with pytest.raises(SameKeyOtherContent):
            follow_incident(actor=agent, incident=incident, id=key, text="Une autre.")

    def test_who_may(self, as_user, persona, centre):
        incident = make_incident(centre("GAO"))
        follow_incident(actor=persona("protection"), incident=incident, id=uuid.uuid4(), text="Vu.")
        with pytest.raises(PermissionDenied):
            follow_incident(actor=persona("returns.gao"), incident=incident, id=uuid.uuid4(), text="Vu.")
        assert "<textarea" not in as_user("returns.gao").get(reverse("reception:incident", args=[incident.pk])).content.decode()

    def test_overdue_is_on_the_managers_first_page(self, as_user, centre):
        incident = make_incident(centre("GAO"))
        assert "Incidents à revoir" not in as_user("manager.gao").get("/").content.decode()
        Incident.objects.filter(pk=incident.pk).update(due_on=timezone.localdate() - datetime.timedelta(days=1))
        assert "Incidents à revoir" in as_user("manager.gao").get("/").content.decode()
        assert "Incidents à revoir" not in as_user("agent.gao").get("/").content.decode()
        browser = as_user("agent.gao")
        for query, found in (("state=overdue", True), ("state=open", True), ("state=closed", False), ("kind=theft", True), ("kind=violence", False), ("aid=meal", False)):
            text = browser.get(reverse("reception:incidents", args=["GAO"]) + "?" + query).content.decode()
            assert (reverse("reception:incident", args=[incident.pk]) in text) is found, query
        assert "error-summary" in browser.get(reverse("reception:incidents", args=["GAO"]) + "?kind=moon").content.decode()


class TestTension:
    def test_the_third_about_one_aid_is_told_at_once(self, centre):
        gao = centre("GAO")
        for number, aid in enumerate(("meal", "meal", "kit")):
            make_incident(gao, kind="tension_aid", aid=aid)
            make_incident(gao, kind="accident")
            assert not Alert.objects.exists(), number
        make_incident(gao, kind="tension_residents", aid="meal")
        alert = Alert.objects.get()
        assert (alert.kind, alert.subject, alert.value, alert.threshold, alert.days, alert.centre) == ("tension", "meal", 3, 3, 14, gao)
        with connection.cursor() as cursor:  # the history knows who wrote, also after the rule was measured
            cursor.execute("SELECT current_setting('sira.actor')")
            assert cursor.fetchone()[0] == str(agent_of(gao).pk)
        make_incident(gao, kind="tension_aid", aid="meal")
        assert Alert.objects.get().value == 4

    def test_old_ones_do_not_count(self, centre):
        gao, long_ago = centre("GAO"), timezone.now() - datetime.timedelta(days=15)
        for _ in range(3):
            make_incident(gao, kind="tension_aid", aid="meal", happened_at=long_ago)
        assert not Alert.objects.exists()


class TestPeople:
    def test_nothing_is_unspoken(self):
        assert [one for one in unspoken() if one.startswith("reception.")] == []

    def test_two_files_of_one_person_are_joined(self, persona, centre):
        gao = centre("GAO")
        one, two = make_migrant(gao), make_migrant(gao)
        both, single = make_incident(gao, people=[one, two]), make_incident(gao, people=[two])
        one.refresh_from_db(), two.refresh_from_db()
        merge_files(actor=persona("manager.gao"), id=uuid.uuid4(), survivor=one, merged=two, versions=(one.version, two.version), take=())
        assert Merge.objects.count() == 1
        assert set(single.people.all()) == {one} and one in both.people.all()


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_by_two_threads_is_one_incident(centre):
    gao, key, made = centre("GAO"), uuid.uuid4(), []
    agent = agent_of(gao)

    def send():
        try:
            made.append(note_incident(actor=agent, centre=gao, id=key, **THEFT)[1])
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(made) == [False, False, False, True] and Incident.objects.count() == 1


def test_few_queries(as_user, centre):
    gao, browser = centre("GAO"), as_user("agent.gao")
    incident = make_incident(gao, people=[make_migrant(gao) for _ in range(3)])
    for _ in range(5):
        follow_incident(actor=agent_of(gao), incident=incident, id=uuid.uuid4(), text="Suite.")
    urls = [reverse("reception:incidents", args=["GAO"]), reverse("reception:incident", args=[incident.pk]), reverse("reception:note-incident", args=["GAO"])]
    few = [queries_of(browser, url) for url in urls]
    for _ in range(20):
        make_incident(gao)
    assert [queries_of(browser, url) for url in urls] == few and max(few) <= 12
    assert IncidentFollowUp.objects.count() == 5
