"""What was found is read by health workers and protection officers alone; that there was a consultation, by all who assist."""

import datetime
import json
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from audit.models import Change, ReadLog
from cases import own_data
from cases.person_data import DATA
from centres.models import Service
from reception.models import Assistance, HealthRecord, Stay
from reception.services import check_out, may_give, record_assistance, record_care, withdraw_assistance, write_detail
from tests.factories import make_migrant

from .factories import make_assistance, make_stay

SECRET = "Paludisme grave confirmé"


def service(code: str) -> Service:
    return Service.objects.get(code=code)


def care(actor, migrant, centre, code="consultation", **more):
    given = {"id": uuid.uuid4(), "reason": "Fièvre", "diagnosis": SECRET, **more}
    return record_care(actor=actor, migrant=migrant, centre=centre, service=service(code), **given)


def test_who_may_give_what(persona, centre):
    gao, kayes = centre("GAO"), centre("KAY")
    given = {
        username: {
            code for code in ("dejeuner", "kit-hygiene", "consultation", "reference-hopital", "soins", "psychosocial") if may_give(persona(username), service(code), gao)
        }
        for username in ("agent.gao", "health.gao", "protection", "returns.gao", "agent.kayes")
    }
    health = {"consultation", "reference-hopital", "soins"}
    assert given == {
        "agent.gao": {"dejeuner", "kit-hygiene", "psychosocial", *health},
        "health.gao": health,
        "protection": {"psychosocial", *health},
        "returns.gao": set(),
        "agent.kayes": set(),
    }
    assert not may_give(persona("health.gao"), service("soins"), kayes)


class TestRecord:
    def test_a_line_and_its_detail_once(self, persona, centre):
        gao, nurse, key = centre("GAO"), persona("health.gao"), uuid.uuid4()
        migrant = make_stay(gao).migrant
        record, created = care(nurse, migrant, gao, id=key)
        assert created and (record.assistance_id, record.assistance.service.code, record.written_by) == (key, "consultation", nurse)
        assert care(nurse, migrant, gao, id=key) == (record, False)
        for other in ({"diagnosis": "Grippe"}, {"code": "soins"}):
            with pytest.raises(SameKeyOtherContent):
                care(nurse, migrant, gao, id=key, **other)
        assert (Assistance.objects.count(), HealthRecord.objects.count()) == (1, 1)

    def test_refusals(self, persona, centre):
        gao = centre("GAO")
        migrant = make_stay(gao).migrant
        for username in ("agent.gao", "manager.gao", "returns.gao", "agent.kayes", "me.iom"):
            with pytest.raises(PermissionDenied):
                care(persona(username), migrant, gao)
        with pytest.raises(PermissionDenied):
            record_assistance(actor=persona("health.gao"), migrant=migrant, centre=gao, service=service("dejeuner"), id=uuid.uuid4())
        today = timezone.localdate()
        for wrong, where in (
            ({"reason": " "}, "reason"),
            ({"code": "dejeuner"}, "service"),
            ({"return_on": today - datetime.timedelta(days=1)}, "return_on"),
            ({"return_on": today + datetime.timedelta(days=900)}, "return_on"),
            ({"given_on": today + datetime.timedelta(days=1)}, "given_on"),
        ):
            with pytest.raises(ValidationError) as refused:
                care(persona("health.gao"), migrant, gao, **wrong)
            assert where in refused.value.error_dict
        assert not Assistance.objects.exists()  # neither half of it

    def test_detail_of_what_an_agent_noted(self, persona, centre):
        line = make_assistance(centre("GAO"), service="consultation")
        nurse, officer = persona("health.gao"), persona("protection")
        record = write_detail(actor=nurse, line=line, version=0, reason="Toux", findings="Ronchi")
        with pytest.raises(Stale):
            write_detail(actor=officer, line=line, version=0, reason="Autre")
        corrected = write_detail(actor=officer, line=line, version=1, reason="Toux grasse", findings="Ronchi")
        assert (corrected.pk, corrected.version) == (record.pk, 2)
        assert Change.objects.get(table="reception_healthrecord", row=str(record.pk), operation="UPDATE").before["reason"] == "Toux"
        with pytest.raises(PermissionDenied):
            write_detail(actor=persona("agent.gao"), line=line, version=2, reason="Rien")
        with pytest.raises(ValidationError):
            write_detail(actor=nurse, line=make_assistance(centre("GAO")), version=0, reason="Kit")
        with pytest.raises(IntegrityError), transaction.atomic():  # the database says so too
            HealthRecord.objects.create(assistance=make_assistance(centre("GAO")), reason="Kit")

    def test_nobody_takes_back_the_words_of_somebody_else(self, persona, centre):
        line = make_assistance(centre("GAO"), service="consultation")
        write_detail(actor=persona("health.gao"), line=line, version=0, reason="Toux")
        with pytest.raises(ValidationError, match="agent de santé"):
            withdraw_assistance(actor=persona("agent.gao"), assistance=line)
        record, _ = care(persona("health.gao"), line.migrant, centre("GAO"))
        withdraw_assistance(actor=persona("health.gao"), assistance=record.assistance)
        assert list(Assistance.objects.all()) == [line] and HealthRecord.objects.count() == 1


class TestPages:
    def test_all_see_the_fact_and_few_the_words(self, as_user, persona, centre, django_assert_max_num_queries):
        gao = centre("GAO")
        migrant = make_stay(gao).migrant
        record, _ = care(persona("health.gao"), migrant, gao, treatment="Quinine", return_on=timezone.localdate())
        file, page = reverse("cases:migrant", args=[migrant.pk]), reverse("reception:health", args=[migrant.pk])
        for username, reads in (("agent.gao", False), ("manager.gao", False), ("returns.gao", False), ("health.gao", True), ("protection", True)):
            browser = as_user(username)
            with django_assert_max_num_queries(20):
                text = browser.get(file).content.decode()
            assert "Consultation médicale" in text and SECRET not in text and "Quinine" not in text
            assert ("À revoir pour un soin" in text) == reads == (page in text)
            answer = browser.get(page)
            assert answer.status_code == (200 if reads else 403)
            assert (SECRET in answer.content.decode()) == reads
            for url in (
                reverse("api-assistance"),
                reverse("reception:centre", args=["GAO"]),
                reverse("home"),
                reverse("cases:migrants"),
                reverse("cases:print", args=[migrant.pk]),
            ):
                assert SECRET not in browser.get(url).content.decode()
        assert as_user("agent.kayes").get(page).status_code == 404
        assert ReadLog.objects.filter(model="reception.healthrecord", rows=[str(record.pk)]).count() == 2
        assert as_user("auditor").get(page).status_code == 404
        trail = as_user("auditor").get(reverse("administration:changes"), {"table": "reception_healthrecord"})
        assert trail.status_code == 200 and str(record.pk) in trail.content.decode() and SECRET not in trail.content.decode()

    def test_form_correction_and_what_was_written_before(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("health.gao")
        migrant = make_stay(gao).migrant
        url = reverse("reception:care", args=["GAO", migrant.pk])
        page = browser.get(url)
        assert "Soutien psychosocial" not in page.content.decode() and "Référence à l’hôpital" in page.content.decode()
        data = {
            "key": page.context["form"].initial["key"],
            "service": "reference-hopital",
            "given_on": timezone.localdate(),
            "reason": "Fracture",
            "elsewhere": "Hôpital de Gao",
        }
        for _click in (1, 2):
            assert browser.post(url, data).status_code == 302
        line = Assistance.objects.get()
        assert "Écrivez le motif" in browser.post(url, {**data, "key": uuid.uuid4(), "reason": ""}).content.decode()
        edit = reverse("reception:health_detail", args=[line.pk])
        assert browser.post(edit, {"version": 1, "reason": "Fracture du tibia"}).status_code == 302
        stale = as_user("protection").post(edit, {"version": 1, "reason": "Entorse"})
        assert stale.status_code == 409 and "Fracture du tibia" in stale.content.decode() and "Entorse" in stale.content.decode()
        text = browser.get(reverse("reception:health", args=[migrant.pk])).content.decode()
        assert "Fracture du tibia" in text and "Hôpital de Gao" in text and "1 correction" in text and "garde son lit" in text
        assert as_user("agent.gao").post(edit, {"version": 2, "reason": "Rien"}).status_code == 403
        assert browser.post(edit, {"withdraw": 1}).status_code == 302 and not Assistance.objects.exists()

    def test_who_is_to_come_again(self, as_user, persona, centre):
        gao, nurse, today = centre("GAO"), persona("health.gao"), timezone.localdate()
        due, later, seen = (make_stay(gao).migrant for _ in range(3))
        care(nurse, due, gao, return_on=today)
        care(nurse, later, gao, return_on=today + datetime.timedelta(days=2))
        care(nurse, seen, gao, return_on=today)
        care(nurse, seen, gao)  # came, and need not come again
        text = as_user("health.gao").get(reverse("home")).content.decode()
        assert due.full_name in text and later.full_name not in text and seen.full_name not in text
        assert due.full_name not in as_user("agent.gao").get(reverse("home")).content.decode()
        assert "partie du centre" not in text
        check_out(actor=persona("agent.gao"), stay=Stay.objects.get(migrant=due), reason="hospital")
        home = as_user("health.gao").get(reverse("home")).content.decode()
        assert "départ du centre le " in home and 'name="q"' in home and reverse("reception:centre", args=["GAO"]) in home
        Stay.objects.filter(migrant=due).update(departure_reason="left")
        assert due.full_name not in as_user("health.gao").get(reverse("home")).content.decode()
        form = as_user("health.gao").get(reverse("reception:care", args=["GAO", later.pk])).context["form"]
        assert form.initial["return_on"] == today + datetime.timedelta(days=2)  # a bandage in between does not lose it


def test_given_to_the_person_only_by_protection_and_gone_with_the_identity(persona, centre):
    gao = centre("GAO")
    migrant = make_stay(gao).migrant
    care(persona("health.gao"), migrant, gao)
    ordinary = own_data.as_json(migrant, own_data.collect(migrant, with_protection=False), with_protection=False)
    whole = own_data.as_json(migrant, own_data.collect(migrant, with_protection=True), with_protection=True)
    assert SECRET not in ordinary.decode() and SECRET in json.loads(whole)["records"]["reception.healthrecord"][0]["diagnosis"]
    said = DATA[HealthRecord]
    assert said.removed and said.speaks  # the words and their history go; the line of assistance stays


def test_former_centre_reads_what_was_there_by_then(as_user, persona, centre):
    gao, kayes = centre("GAO"), centre("KAY")
    migrant = make_migrant(gao)
    care(persona("health.gao"), migrant, gao)
    migrant.custodies.update(until=timezone.now())
    make_stay(kayes, migrant=make_migrant(kayes))
    later, _ = care(persona("protection"), make_stay(kayes).migrant, kayes, diagnosis="Rougeole")
    visible = HealthRecord.objects.visible_to(persona("health.gao"))
    assert visible.count() == 1 and later not in visible and HealthRecord.objects.visible_to(persona("protection")).count() == 2
