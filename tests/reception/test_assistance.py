"""What is given to a person, once."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.acting import SameKeyOtherContent
from audit.models import Change
from cases.models import Custody
from centres.models import Centre, Service
from reception.models import Assistance
from reception.services import Served, record_assistance, serve, withdraw_assistance
from tests.factories import make_migrant

from .factories import make_assistance, make_stay
from .test_bed import _together


def service(code: str) -> Service:
    return Service.objects.get(code=code)


def give(actor, migrant, centre, code="dejeuner", **more):
    return record_assistance(actor=actor, migrant=migrant, centre=centre, service=service(code), **{"id": uuid.uuid4(), **more})


class TestRecord:
    def test_agent_gives_a_meal(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        line, created = give(agent, make_stay(gao).migrant, gao)
        assert created and (line.given_on, line.quantity, line.recorded_by) == (timezone.localdate(), 1, agent)

    @pytest.mark.parametrize("username", ["agent.kayes", "steering.eu", "protection", "returns.gao", "me.iom"])
    def test_nobody_else(self, persona, centre, username):
        migrant = make_stay(centre("GAO")).migrant
        for code in ("GAO", "KAY"):
            with pytest.raises(PermissionDenied):
                give(persona(username), migrant, centre(code))
        assert not Assistance.objects.exists()

    def test_second_serving_is_refused_and_another_kit_is_not(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        migrant = make_stay(gao).migrant
        give(agent, migrant, gao)
        with pytest.raises(ValidationError, match="déjà été donné à cette personne ce jour-là"):
            give(persona("manager.gao"), migrant, gao)
        give(agent, migrant, gao, "diner")
        give(agent, migrant, gao, "kit-hygiene")
        give(agent, migrant, gao, "kit-hygiene", quantity=2)
        assert Assistance.objects.count() == 4

    def test_same_id_is_one_line(self, persona, centre):
        gao, agent, key = centre("GAO"), persona("agent.gao"), uuid.uuid4()
        migrant = make_stay(gao).migrant
        line, _ = give(agent, migrant, gao, id=key)
        assert give(agent, migrant, gao, id=key) == (line, False)
        for other in ({"code": "diner"}, {"quantity": 2}, {"given_on": timezone.localdate() - datetime.timedelta(days=1)}):
            with pytest.raises(SameKeyOtherContent):
                give(agent, migrant, gao, id=key, **other)
        with pytest.raises(SameKeyOtherContent):
            give(persona("manager.gao"), migrant, gao, id=key)

    def test_dates(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        today = timezone.localdate()
        migrant = make_stay(gao, arrived_at=timezone.now() - datetime.timedelta(days=3)).migrant
        give(agent, migrant, gao, given_on=today - datetime.timedelta(days=2))
        for wrong, words in ((today + datetime.timedelta(days=1), "pas encore venu"), (today - datetime.timedelta(days=10), "connue du centre que depuis")):
            with pytest.raises(ValidationError, match=words):
                give(agent, migrant, gao, given_on=wrong)

    def test_quantity(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        migrant = make_stay(gao).migrant
        for code, wrong in (("kit-hygiene", 0), ("kit-hygiene", -1), ("kit-hygiene", 100000), ("dejeuner", 2)):
            with pytest.raises(ValidationError) as refused:
                give(agent, migrant, gao, code, quantity=wrong)
            assert "quantity" in refused.value.error_dict

    def test_only_who_is_in_the_care_of_the_centre(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        registered_only = make_migrant(gao)
        give(agent, registered_only, gao)  # hungry before the bed is made
        Custody.objects.filter(migrant=registered_only).update(until=timezone.now())
        with pytest.raises(ValidationError, match="n’est pas suivie par ce centre"):
            give(agent, registered_only, gao, "diner")

    def test_a_service_no_longer_offered(self, persona, centre):
        Service.objects.filter(code="transport").update(active=False)
        with pytest.raises(ValidationError, match="plus proposé"):
            give(persona("agent.gao"), make_stay(centre("GAO")).migrant, centre("GAO"), "transport")

    def test_the_database_refuses_too(self, centre):
        line = make_assistance(centre("GAO"), service="dejeuner")
        with pytest.raises(IntegrityError), transaction.atomic():
            Assistance.objects.create(migrant=line.migrant, centre=centre("KAY"), service=line.service, given_on=line.given_on, once_per_day=True)

    def test_the_mark_of_a_meal_is_not_wiped_off(self, persona, centre):
        """Else a second meal would come in behind it. Taken back, the line frees its place."""
        gao = centre("GAO")
        Service.objects.filter(code="kit-hygiene").update(once_per_day=False, once_per_stay=True)
        line, kit = make_assistance(gao, service="dejeuner"), make_assistance(gao, service="kit-hygiene")
        assert kit.once_in_stay is not None
        other = make_stay(gao)
        for pk, cleared in ((line.pk, {"once_per_day": False}), (kit.pk, {"once_in_stay": None}), (kit.pk, {"once_in_stay": other})):
            with pytest.raises(IntegrityError, match="stays marked"), transaction.atomic():
                Assistance.objects.filter(pk=pk).update(**cleared)
        withdraw_assistance(actor=line.recorded_by, assistance=line)
        assert give(line.recorded_by, line.migrant, gao, "dejeuner")[1]


class TestWithdraw:
    def test_ones_own_of_today(self, persona, centre):
        line = make_assistance(centre("GAO"))
        withdraw_assistance(actor=persona("agent.gao"), assistance=line)
        withdraw_assistance(actor=persona("agent.gao"), assistance=line)  # the second click
        assert not Assistance.objects.exists()
        assert Change.objects.filter(table="reception_assistance", row=str(line.pk)).values_list("operation", flat=True)[0] == "DELETE"
        assert Change.objects.filter(table="reception_assistance", row=str(line.pk), operation="DELETE").get().actor_id == persona("agent.gao").pk

    def test_not_that_of_others_nor_of_yesterday(self, persona, centre):
        line = make_assistance(centre("GAO"))
        with pytest.raises(ValidationError, match="le jour même"):
            withdraw_assistance(actor=persona("manager.gao"), assistance=line)
        for username in ("agent.kayes", "steering.eu"):
            with pytest.raises(PermissionDenied):
                withdraw_assistance(actor=persona(username), assistance=line)
        Assistance.objects.filter(pk=line.pk).update(recorded_at=timezone.now() - datetime.timedelta(days=1))
        line.refresh_from_db()
        with pytest.raises(ValidationError, match="le jour même"):
            withdraw_assistance(actor=persona("agent.gao"), assistance=line)
        assert Assistance.objects.count() == 1


class TestPage:
    def test_one_click_a_service(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        migrant = make_stay(gao).migrant
        url = reverse("reception:assistance", args=["GAO", migrant.pk])
        key = browser.get(url).context["form"].initial["key"]
        for _click in (1, 2):  # twice the same button of one page is one line
            assert browser.post(url, {"key": key, "service": "kit-hygiene"}).status_code == 302
        assert browser.post(url, {"key": key, "service": "dejeuner"}).status_code == 302  # another button of the same page is another line
        assert Assistance.objects.count() == 2
        text = browser.get(url).content.decode()
        assert "donné aujourd’hui" in text and "Retirer" in text

    def test_refusals_in_words(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        migrant = make_stay(gao).migrant
        url = reverse("reception:assistance", args=["GAO", migrant.pk])
        make_assistance(gao, migrant=migrant, service="dejeuner")
        page = browser.post(url, {"key": uuid.uuid4(), "service": "dejeuner"})
        assert page.status_code == 200 and "déjà été donné" in page.content.decode()
        tomorrow = timezone.localdate() + datetime.timedelta(days=1)
        page = browser.post(url, {"key": uuid.uuid4(), "service": "transport", "given_on": tomorrow, "quantity": 1})
        assert "pas encore venu" in page.content.decode() and page.context["open_details"]
        assert "Choisissez ce qui a été donné" in browser.post(url, {"key": uuid.uuid4()}).content.decode()

    def test_scope(self, as_user, centre):
        migrant = make_stay(centre("GAO")).migrant
        url = reverse("reception:assistance", args=["GAO", migrant.pk])
        assert as_user("agent.gao").get(url).status_code == 200
        assert as_user("agent.kayes").get(url).status_code == 404
        assert as_user("agent.kayes").get(reverse("reception:assistance", args=["KAY", migrant.pk])).status_code == 404
        assert as_user("returns.gao").get(url).status_code == 403

    def test_withdraw_button(self, as_user, centre):
        line = make_assistance(centre("GAO"))
        url = reverse("reception:withdraw_assistance", args=[line.pk])
        assert as_user("agent.kayes").post(url).status_code == 404
        page = as_user("manager.gao").post(url, follow=True)
        assert "le jour même" in page.content.decode()
        assert as_user("agent.gao").get(url).status_code == 405
        assert as_user("agent.gao").post(url).status_code == 302
        assert not Assistance.objects.exists()

    def test_not_in_care(self, as_user, centre):
        migrant = make_migrant(centre("GAO"))
        Custody.objects.filter(migrant=migrant).update(until=timezone.now())
        text = as_user("agent.gao").get(reverse("reception:assistance", args=["GAO", migrant.pk])).content.decode()
        assert "n’est pas suivie par ce centre" in text and 'name="service"' not in text


class TestMealList:
    def test_ticked_people_are_served_once(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        people = [make_stay(gao).migrant for _ in range(3)]
        make_assistance(gao, migrant=people[0], service="diner")
        url = reverse("reception:meals", args=["GAO"]) + "?service=diner"
        key = browser.get(url).context["form"].initial["key"]
        for _click in (1, 2):
            assert browser.post(url, {"key": key, "people": [p.pk for p in people[:2]]}).status_code == 302
        assert sorted(Assistance.objects.values_list("migrant_id", flat=True)) == sorted(p.pk for p in people[:2])
        assert "checked" in browser.get(url + "&all=1").content.decode()

    def test_nobody_else_and_nobody_absent(self, as_user, persona, centre):
        gao, kayes = centre("GAO"), centre("KAY")
        elsewhere, registered_only = make_stay(kayes).migrant, make_migrant(gao)
        made = serve(actor=persona("agent.gao"), centre=gao, service=service("diner"), people=[elsewhere.pk, registered_only.pk, uuid.uuid4()], key=uuid.uuid4())
        assert (made.made, made.had, made.passed) == (0, 0, {}) and not Assistance.objects.exists()
        with pytest.raises(PermissionDenied):
            serve(actor=persona("agent.kayes"), centre=gao, service=service("diner"), people=[], key=uuid.uuid4())
        with pytest.raises(ValidationError):
            serve(actor=persona("agent.gao"), centre=gao, service=service("kit-hygiene"), people=[], key=uuid.uuid4())
        url = reverse("reception:meals", args=["GAO"])
        assert as_user("returns.gao").get(url).status_code == 403
        assert as_user("agent.kayes").get(url).status_code == 404
        make_stay(gao)
        page = as_user("agent.gao").post(url, {"key": uuid.uuid4(), "people": [elsewhere.pk]})
        assert page.status_code == 302 and not Assistance.objects.exists()
        assert as_user("agent.gao").post(url, {"key": uuid.uuid4(), "people": ["nonsense"]}).status_code == 200
        assert "Cochez au moins une personne" in as_user("agent.gao").post(url, {"key": uuid.uuid4()}).content.decode()


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_one_meal():
    gao, agent = Centre.objects.get(code="GAO"), User.objects.get(username="agent.gao")
    migrant, lunch = make_stay(gao).migrant, service("dejeuner")
    outcomes = _together(20, lambda i: record_assistance(actor=agent, migrant=migrant, centre=gao, service=lunch, id=uuid.uuid4()))
    assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 1
    refused = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(refused) == 19 and all(words.startswith("Ce service a déjà été donné à cette personne ce jour-là") for words in refused)
    assert Assistance.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_meal_lists_at_once():
    """Ten agents send overlapping lists, others give one by one: each person has one dinner."""
    gao, agent = Centre.objects.get(code="GAO"), User.objects.get(username="agent.gao")
    people, dinner = [make_stay(gao).migrant for _ in range(8)], service("diner")

    def work(index):
        if index % 2:
            return serve(actor=agent, centre=gao, service=dinner, people=[p.pk for p in reversed(people)], key=uuid.uuid4())
        return record_assistance(actor=agent, migrant=people[index % 8], centre=gao, service=dinner, id=uuid.uuid4())

    outcomes = _together(12, work)
    made = sum(outcome.made for outcome in outcomes if isinstance(outcome, Served)) + sum(isinstance(outcome, tuple) for outcome in outcomes)
    assert made == 8 and Assistance.objects.count() == 8
