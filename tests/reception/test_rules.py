"""The rules of a service are data; each refusal says why, and everybody who writes something down gets the same."""

import datetime
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organisation
from audit.acting import SameKeyOtherContent, Stale
from centres.models import Centre, Service, ServiceOffer
from centres.offers import change_offer
from reception import rules
from reception.models import Assistance, FlagKind, PersonFlag
from reception.services import check_out, may_give, record_assistance
from tests.factories import agent_of, make_migrant

from .factories import backdate, crowd, make_assistance, make_stay

TODAY = timezone.localdate


def service(code: str) -> Service:
    return Service.objects.get(code=code)


def rule(centre, code, **values) -> None:
    ServiceOffer.objects.filter(centre=centre, service__code=code).update(**values)


def why(centre, migrant, code, on=None, user=None, quantity=1) -> str:
    found = rules.refusals(centre=centre, service=service(code), people=[migrant.pk], on=on or TODAY(), user=user, quantity=quantity)
    return found[migrant.pk].code if found else ""


def days_ago(number: int) -> datetime.date:
    return TODAY() - datetime.timedelta(days=number)


class TestRules:
    def test_once_a_day_and_once_a_stay(self, centre, persona):
        gao = centre("GAO")
        stay = backdate(make_stay(gao), 5)
        make_assistance(gao, migrant=stay.migrant, service="dejeuner", given_on=days_ago(1))
        assert why(gao, stay.migrant, "dejeuner") == "" and why(gao, stay.migrant, "dejeuner", days_ago(1)) == "already_given"
        line = make_assistance(gao, migrant=stay.migrant, service="kit-vestimentaire", given_on=days_ago(3))
        assert line.once_in_stay == stay
        with pytest.raises(ValidationError, match="pendant ce séjour") as refused:
            make_assistance(gao, migrant=stay.migrant, service="kit-vestimentaire")
        assert refused.value.code == "already_given"
        with pytest.raises(IntegrityError), transaction.atomic():  # behind the services' back
            Assistance.objects.create(migrant=stay.migrant, centre=gao, service=line.service, once_in_stay=stay)
        check_out(actor=agent_of(gao), stay=stay, reason="left")
        make_assistance(gao, migrant=make_stay(gao, migrant=stay.migrant).migrant, service="kit-vestimentaire")  # another stay, another kit

    def test_interval_in_both_directions(self, centre):
        gao = centre("GAO")
        person = backdate(make_stay(gao), 40).migrant
        rule(gao, "kit-hygiene", min_interval_days=10)
        make_assistance(gao, migrant=person, given_on=days_ago(15))
        assert [why(gao, person, "kit-hygiene", days_ago(number)) for number in (25, 24, 15, 6, 5, 0)] == ["", "too_soon", "too_soon", "too_soon", "", ""]
        with pytest.raises(ValidationError) as refused:
            make_assistance(gao, migrant=person, given_on=days_ago(10))
        assert refused.value.code == "too_soon" and "10 jours" in refused.value.message and "Possible de nouveau le" in refused.value.message
        rule(centre("KAY"), "kit-hygiene", min_interval_days=None)
        rule(gao, "kit-hygiene", min_interval_days=None)
        assert why(gao, person, "kit-hygiene", days_ago(15)) == ""

    def test_per_day_counts_the_quantity(self, centre):
        gao = centre("GAO")
        person = make_stay(gao).migrant
        rule(gao, "kit-hygiene", most_per_day=3)
        assert why(gao, person, "kit-hygiene", quantity=4) == "per_day"
        make_assistance(gao, migrant=person, quantity=2)
        assert why(gao, person, "kit-hygiene") == "" and why(gao, person, "kit-hygiene", quantity=2) == "per_day"
        with pytest.raises(ValidationError, match="Déjà donné ce jour-là"):
            make_assistance(gao, migrant=person, quantity=2)

    @pytest.mark.parametrize(("said_by", "given", "asked"), [("transport", "consultation", "transport"), ("transport", "transport", "consultation")])
    def test_what_excludes_another_excludes_it_both_ways(self, centre, said_by, given, asked):
        gao = centre("GAO")
        person = backdate(make_stay(gao), 3).migrant
        rule(gao, said_by, excludes=["consultation"])
        make_assistance(gao, migrant=person, service=given)
        assert why(gao, person, asked) == "excluded" and why(gao, person, asked, days_ago(1)) == "" and why(gao, person, "information") == ""

    def test_residents_suspended_closed(self, centre):
        gao = centre("GAO")
        person, guest = make_stay(gao).migrant, make_migrant(gao)
        assert (why(gao, person, "hebergement"), why(gao, guest, "hebergement"), why(gao, guest, "dejeuner")) == ("", "residents_only", "")
        assert why(gao, guest, "kit-vestimentaire") == "residents_only"
        rule(gao, "transport", suspended_since=TODAY(), suspended_until=TODAY(), suspended_reason="véhicule en panne")
        with pytest.raises(ValidationError, match="véhicule en panne") as refused:
            make_assistance(gao, migrant=person, service="transport")
        assert refused.value.code == "suspended"
        rule(gao, "transport", suspended_since=days_ago(9), suspended_until=days_ago(1))
        assert why(gao, person, "transport") == ""
        rule(gao, "information", days=[day for day in range(1, 8) if day != TODAY().isoweekday()])
        assert why(gao, person, "information") == "closed"
        Service.objects.filter(code="psychosocial").update(active=False)
        assert why(gao, person, "psychosocial") == "closed"

    def test_care_flags_death(self, centre):
        gao = centre("GAO")
        person, dead = make_stay(gao).migrant, make_stay(gao)
        kind = FlagKind.objects.create(code="essai", name="Essai")
        kind.suspends.add(service("transport"))
        PersonFlag.objects.create(migrant=person, kind=kind, reason="–")
        assert (why(gao, person, "transport"), why(gao, person, "dejeuner")) == ("flag", "")
        assert why(centre("KAY"), person, "dejeuner") == "not_in_care" and why(gao, person, "dejeuner", days_ago(3)) == "not_known_yet"
        check_out(actor=agent_of(gao), stay=dead, reason="died")
        assert why(gao, dead.migrant, "dejeuner", TODAY() + datetime.timedelta(days=1)) == "died"
        assert rules.refusals(centre=gao, service=service("diner"), people=[key := uuid.uuid4()], on=TODAY(), user=None)[key].code == "unknown_person"

    def test_who_may_give_what(self, persona, centre):
        gao, meal, care, talk = centre("GAO"), service("diner"), service("consultation"), service("psychosocial")
        gives = {
            name: [may_give(persona(name), one, gao) for one in (meal, care, talk)] for name in ("agent.gao", "health.gao", "protection", "returns.gao", "agent.kayes")
        }
        assert gives == {
            "agent.gao": [True, True, True],
            "health.gao": [False, True, False],
            "protection": [False, True, True],
            "returns.gao": [False, False, False],
            "agent.kayes": [False, False, False],
        }
        rule(gao, "consultation", right_needed="view_health")
        assert not may_give(persona("agent.gao"), care, gao) and may_give(persona("health.gao"), care, gao.pk)
        person = make_stay(gao).migrant
        with pytest.raises(ValidationError, match="Votre rôle") as refused:
            make_assistance(gao, migrant=person, service="consultation")
        assert refused.value.code == "right"
        line, _made = record_assistance(actor=persona("health.gao"), migrant=person, centre=gao, service=care, id=uuid.uuid4())
        assert line.provider.code == "CSREF"

    def test_the_same_number_of_queries_for_many(self, centre):
        gao = centre("GAO")
        rule(gao, "kit-hygiene", min_interval_days=10, most_per_day=2, excludes=["transport"])
        counts = []
        for number in (2, 60):
            crowd(gao, number)
            people = list(gao.stays.values_list("migrant_id", flat=True))
            with CaptureQueriesContext(connection) as counted:
                rules.refusals_by_service(centre=gao, services=Service.objects.all(), people=people, on=TODAY(), user=None)
            counts.append(len(counted))
        assert counts[0] == counts[1] <= 6


GIFT = st.tuples(st.integers(0, 12), st.sampled_from(["kit-hygiene", "transport"]), st.integers(1, 2))


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gifts=st.lists(GIFT, max_size=10), interval=st.one_of(st.none(), st.integers(1, 6)), most=st.one_of(st.none(), st.integers(1, 3)), apart=st.booleans())
def test_whatever_is_written_down_keeps_the_rules(gifts, interval, most, apart):
    """In whatever order the days are written down, what is there at the end breaks no rule, and nothing is refused that breaks none."""
    with transaction.atomic():
        gao = Centre.objects.get(code="GAO")
        person = backdate(make_stay(gao), 30).migrant
        rule(gao, "kit-hygiene", min_interval_days=interval, most_per_day=most, excludes=["transport"] if apart else [])
        kept: list[tuple[int, str, int]] = []
        for ago, code, quantity in gifts:
            kits = [(day, number) for day, name, number in kept if name == "kit-hygiene"]
            allowed = not (apart and any(day == ago and name != code for day, name, _number in kept))
            if code == "kit-hygiene":
                allowed &= interval is None or all(abs(day - ago) >= interval for day, _number in kits)
                allowed &= most is None or sum(number for day, number in kits if day == ago) + quantity <= most
            try:
                make_assistance(gao, migrant=person, service=code, given_on=days_ago(ago), quantity=quantity)
                done = True
            except ValidationError:
                done = False
            assert done == allowed, (ago, code, quantity, kept)
            if done:
                kept.append((ago, code, quantity))
        transaction.set_rollback(True)


class TestLine:
    def test_provider_and_cost(self, persona, centre):
        gao, agent, key = centre("GAO"), persona("agent.gao"), uuid.uuid4()
        given_by, person = Organisation.objects.get(code="HCR"), make_stay(gao).migrant

        def give(**more):
            return record_assistance(actor=agent, migrant=person, centre=gao, service=service("transport"), id=key, **more)

        line, made = give(provider=given_by, cost=12_000)
        assert made and (line.unit, line.provider, line.cost) == ("trajet", given_by, 12_000)
        rule(gao, "transport", provider=None)
        assert give(cost=12_000) == (line, False)  # who provides it was left to the centre
        for other in ({"cost": 1}, {"cost": 12_000, "provider": Organisation.objects.get(code="CRM")}):
            with pytest.raises(SameKeyOtherContent):
                give(**other)
        for wrong in (-1, 10_000_001):
            with pytest.raises(ValidationError) as refused:
                record_assistance(actor=agent, migrant=person, centre=gao, service=service("transport"), id=uuid.uuid4(), cost=wrong)
            assert "cost" in refused.value.error_dict

    def test_on_the_page(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        person = make_stay(gao).migrant
        rule(gao, "kit-hygiene", suspended_since=TODAY(), suspended_reason="plus de stock")
        url = reverse("reception:assistance", args=["GAO", person.pk])
        text = browser.get(url).content.decode()
        assert "suspendu dans ce centre : plus de stock" in text and 'value="kit-hygiene">' not in text.partition("<details")[0]
        answer = browser.post(url, {"key": uuid.uuid4(), "service": "transport", "quantity": 1, "cost": "7500", "provider": Organisation.objects.get(code="DGPC").pk})
        assert answer.status_code == 302
        assert "7 500 FCFA" in browser.get(url).content.decode().replace("\u202f", " ").replace("\xa0", " ")
        page = browser.post(url, {"key": uuid.uuid4(), "service": "transport", "cost": "cher"})
        assert page.context["open_details"] and "Écrivez le montant en chiffres" in page.content.decode()
        # A health worker sees what they may write down, and nothing else.
        text = as_user("health.gao").get(url).content.decode()
        assert 'value="consultation"' in text and 'value="dejeuner"' not in text
        assert as_user("health.gao").post(url, {"key": uuid.uuid4(), "service": "dejeuner"}).status_code == 200
        assert as_user("health.gao").post(url, {"key": uuid.uuid4(), "service": "consultation"}).status_code == 302
        assert set(Assistance.objects.values_list("service__code", flat=True)) == {"transport", "consultation"}

    def test_api_says_the_code(self, api_as, centre):
        gao, api = centre("GAO"), api_as("agent.gao")
        body = {"migrant": str(make_stay(gao).migrant_id), "centre": "GAO", "service": "transport", "provider": "CRM", "cost": 500}
        made = api.post_json("/api/v1/assistance/", {**body, "id": str(uuid.uuid4())})
        assert made.status_code == 201 and (made.json()["unit"], made.json()["provider"], made.json()["cost"]) == ("trajet", "CRM", 500)
        rule(gao, "transport", min_interval_days=7)
        refused = api.post_json("/api/v1/assistance/", {**body, "id": str(uuid.uuid4())})
        assert refused.status_code == 400 and refused.headers["content-type"].startswith("application/problem+json")
        assert refused.json()["code"] == "too_soon" and "Possible de nouveau" in refused.json()["errors"]["non_field_errors"][0]
        wrong = api.post_json("/api/v1/assistance/", {**body, "id": str(uuid.uuid4()), "cost": -1, "provider": "ZZZ"})
        assert set(wrong.json()["errors"]) == {"cost", "provider"} and "code" not in wrong.json()
        assert api_as("health.gao").post_json("/api/v1/assistance/", {**body, "id": str(uuid.uuid4())}).status_code == 403


class TestOffer:
    def values(self, **more):
        return {"version": 1, "days": [1, 2, 3], "opens": "08:00", "closes": "12:30", "min_interval_days": "30", "excludes": ["transport"], **more}

    def test_the_manager_changes_it_and_it_holds_at_once(self, as_user, persona, centre):
        gao, manager = centre("GAO"), as_user("manager.gao")
        url = reverse("reception:offer", args=["GAO", "kit-hygiene"])
        assert manager.post(url, self.values()).status_code == 302
        offer = ServiceOffer.objects.get(centre=gao, service__code="kit-hygiene")
        assert (offer.days, offer.min_interval_days, offer.excludes, offer.version) == ([1, 2, 3], 30, ["transport"], 2)
        assert manager.post(url, self.values()).status_code == 302  # the second click
        text = as_user("agent.gao").get(reverse("reception:offers", args=["GAO"])).content.decode()
        assert "lundi, mardi, mercredi" in text and "08:00 – 12:30" in text and "30 jours au moins" in text and url not in text
        assert url in manager.get(reverse("reception:offers", args=["GAO"])).content.decode()
        assert ServiceOffer.objects.filter(centre=centre("KAY"), service__code="kit-hygiene", min_interval_days__isnull=True).exists()
        for username, status in (("agent.gao", 403), ("manager.kayes", 404), ("health.gao", 403)):
            assert as_user(username).post(url, self.values(version=2)).status_code == status
        assert manager.get(reverse("reception:offer", args=["GAO", "champagne"])).status_code == 404

    def test_a_stale_form_and_what_is_wrong(self, as_user, persona, centre):
        gao, manager = centre("GAO"), as_user("manager.gao")
        url = reverse("reception:offer", args=["GAO", "kit-hygiene"])
        offer = ServiceOffer.objects.get(centre=gao, service__code="kit-hygiene")
        change_offer(actor=persona("manager.gao"), offer=offer, version=1, place="Bureau 3")
        with pytest.raises(Stale):
            change_offer(actor=persona("manager.gao"), offer=offer, version=1, place="Bureau 4")
        page = manager.post(url, self.values(place="Bureau 5"))
        assert page.status_code == 200 and "entre-temps" in page.content.decode() and "Bureau 5" in page.content.decode()
        assert page.context["form"]["version"].value() == 2
        for wrong, words in (
            ({"closes": ""}, "Donnez les deux heures"),
            ({"days": []}, "au moins un jour"),
            ({"suspended_until": TODAY()}, "Dites pourquoi"),
            ({"suspended_reason": "travaux", "suspended_until": days_ago(2)}, "ne peut pas finir avant"),
            ({"excludes": ["kit-hygiene"]}, "pas un choix"),
        ):
            page = manager.post(url, self.values(version=2, **wrong))
            assert page.status_code == 200 and (words in page.content.decode() or words == "pas un choix"), wrong
        offer.refresh_from_db()
        assert (offer.place, offer.version) == ("Bureau 3", 2)
        assert manager.post(url, self.values(version=2, suspended_reason="travaux")).status_code == 302
        offer.refresh_from_db()
        assert offer.suspended() and offer.suspended_since == TODAY()
        assert manager.post(url, self.values(version=3)).status_code == 302
        offer.refresh_from_db()
        assert not offer.suspended() and offer.suspended_since is None

    def test_the_meal_of_the_hour(self, centre):
        offer = ServiceOffer.objects.get(centre=centre("GAO"), service__code="diner")
        offer.opens, offer.closes = datetime.time(22), datetime.time(1)
        assert [offer.open_at(datetime.time(hour)) for hour in (21, 22, 0, 1, 2)] == [False, True, True, True, False]


def test_the_first_day_of_the_calendar_is_refused_in_words(centre):
    gao = centre("GAO")
    service, person = Service.objects.get(code="kit-hygiene"), make_stay(gao).migrant
    ServiceOffer.objects.filter(centre=gao, service=service).update(min_interval_days=30)
    found = rules.refusals(centre=gao, service=service, people=[person.pk], on=datetime.date.min, user=None)
    assert found[person.pk].code == "not_known_yet"
