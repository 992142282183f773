"""A family stays a family: its name is proposed, it stands in one line on every page; what names nobody is no name."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from cases.cleaning import clean_name
from cases.households import households
from cases.models import Household, Migrant, RegistrationGroup
from cases.services import register_migrant
from reception.beds import free_beds
from tests.factories import agent_of, make_migrant, make_minor
from tests.reception.factories import make_stay, queries_of
from tests.returns.factories import make_return

from .factories import group_form, move, person_form, registration_json


def kouame(centre):
    """Awa, her husband of another name, and her son; Awa's case is opened at this centre."""
    home = Household.objects.create()
    people = [make_migrant(centre, surname=surname, given_names=given, sex=sex) for surname, given, sex in (("Kouamé", "Awa", "female"), ("Koné", "Issa", "male"))]
    people.append(make_minor(centre, surname="Kouamé", given_names="Yao", sex="male", accompanied_by=people[0]))
    Migrant.objects.filter(pk__in=[person.pk for person in people]).update(household=home)
    return [Migrant.objects.get(pk=person.pk) for person in people]


class TestRegistering:
    def test_the_surname_and_the_title_are_proposed(self, as_user, centre):
        browser = as_user("agent.gao")
        body = group_form(centre("GAO"), kind="family", title="")
        browser.post(reverse("cases:group_start"), body)
        group = RegistrationGroup.objects.get()
        address = reverse("cases:group", args=[group.pk])
        first = browser.get(address).content.decode()
        assert "data-proposed" not in first
        browser.post(address, person_form(surname="Kouamé", given_names="Awa", adult="", household_role="head"))
        page = browser.get(address)
        assert page.context["form"]["surname"].value() == "Kouamé" and "data-proposed" in page.content.decode()
        group.refresh_from_db()
        assert group.title == "Famille Kouamé" and "Famille Kouamé" in page.content.decode()
        browser.post(address, person_form(surname="Koné", given_names="Issa", sex="male", adult="", household_role="spouse"))
        group.refresh_from_db()
        assert group.title == "Famille Kouamé" and browser.get(address).context["form"]["surname"].value() == "Kouamé"
        # Opened twice with the same content it is one group still.
        assert browser.post(reverse("cases:group_start"), body).status_code == 302 and RegistrationGroup.objects.count() == 1

    def test_nothing_is_proposed_on_a_bus_and_a_title_that_was_typed_stays(self, as_user, centre):
        browser = as_user("agent.gao")
        for kind, title in (("bus", ""), ("family", "Ceux du car de 6 h")):
            browser.post(reverse("cases:group_start"), group_form(centre("GAO"), kind=kind, title=title))
            group = RegistrationGroup.objects.order_by("made_at").last()
            address = reverse("cases:group", args=[group.pk])
            given = {"bus": ("Kouamé", "Awa"), "family": ("Sow", "Mamadou")}[kind]
            browser.post(address, person_form(surname=given[0], given_names=given[1], adult=""))
            group.refresh_from_db()
            assert group.title == title and bool(browser.get(address).context["form"]["surname"].value()) is (kind == "family")


class TestOneLine:
    def test_on_file_board_counter_meals_and_returns(self, as_user, centre):
        gao = centre("GAO")
        awa, issa, yao = kouame(gao)
        for person in (awa, issa, yao):
            make_stay(gao, migrant=person, bed=next(bed for bed in free_beds(gao) if bed.room.kind == "families") if person != issa else None)
        case = make_return(gao, awa)
        agent, officer = as_user("agent.gao"), as_user("returns.gao")
        pages = [
            agent.get(reverse("cases:migrant", args=[awa.pk])),
            agent.get(reverse("reception:centre", args=["GAO"])),
            agent.get(reverse("reception:meals", args=["GAO"])),
            agent.post(reverse("reception:counter", args=["GAO"]), {"service": "petit-dejeuner", "mode": "show", "what": awa.case_number, "key": uuid.uuid4()}),
            officer.get(reverse("returns:list")),
            officer.get(reverse("returns:case", args=[case.pk])),
        ]
        for page in pages:
            text = page.content.decode()
            lines = [part.partition("</p>")[0] for part in text.split('<p class="household')[1:]]
            of_awa = [line for line in lines if "Awa Kouamé" not in line]
            assert all("Famille Kouamé" in line for line in lines) and len(of_awa) == 1, page.request["PATH_INFO"]
            assert f'href="/migrants/{yao.pk}/"' in of_awa[0] and "Yao Kouamé" in of_awa[0] and "Issa Koné" in of_awa[0]
        for browser, page in ((agent, pages[0]), (agent, pages[1]), (agent, pages[2]), (officer, pages[4]), (officer, pages[5])):
            assert queries_of(browser, page.request["PATH_INFO"]) <= 12, page.request["PATH_INFO"]

    def test_only_whom_the_reader_may_see(self, persona, centre):
        gao, kayes = centre("GAO"), centre("KAY")
        awa, issa, yao = kouame(gao)
        move(issa, kayes)
        Migrant.objects.filter(pk=issa.pk).update(surname="Autre nom")
        line = households(persona("agent.gao"), {awa.pk: awa.household_id})[awa.pk]
        assert [one.pk for one in line.besides(awa.pk)] == [yao.pk]  # another team follows him now
        assert households(persona("agent.kayes"), {issa.pk: issa.household_id}) == {}
        assert len(households(persona("protection"), {awa.pk: awa.household_id})[awa.pk].members) == 3
        assert households(persona("steering.eu"), {awa.pk: awa.household_id}) == {}

    def test_one_question_for_any_number(self, persona, centre, django_assert_num_queries):
        gao, agent = centre("GAO"), persona("agent.gao")
        people = [person for _ in range(3) for person in kouame(gao)]
        households(agent, {people[0].pk: people[0].household_id})  # the rights are read
        with django_assert_num_queries(1):
            assert len(households(agent, {person.pk: person.household_id for person in people})) == 9
        with django_assert_num_queries(0):
            assert households(agent, {people[0].pk: None}) == {}


class TestNobody:
    @pytest.mark.parametrize(
        "word", ["une famille", "Famille", "FAMILLE KOUAMÉ", "enfant", "Un enfant", "enfant d’Awa", "Inconnue", "sans nom", "bébé de Awa", "un bébé", "Nouveau-né"]
    )
    def test_what_names_nobody_is_refused(self, word):
        with pytest.raises(ValidationError, match="ne nomme personne"):
            clean_name(word)

    @pytest.mark.parametrize(
        "name", ["Lenfant", "L’Enfant", "Bébé", "Petit", "Personne", "Fille", "Famien", "Famara", "Legroupe", "Enfantin", "Lafamille", "Ménagé Traoré", "Bebey"]
    )
    def test_real_names_pass(self, name):
        assert clean_name(name) == name

    def test_by_every_door(self, as_user, centre, persona):
        gao = centre("GAO")
        with pytest.raises(ValidationError) as refused:
            register_migrant(
                actor=agent_of(gao), centre=gao, id=uuid.uuid4(), surname="Kouamé", given_names="une famille", sex="female", born_on=make_migrant(gao).born_on,
                birth_precision="day", nationality="ML", consent_method="signed",
            )  # fmt: skip
        assert set(refused.value.error_dict) == {"given_names"}
        answer = as_user("agent.gao").post("/api/v1/migrants/", registration_json(gao, surname="inconnu", given_names=""), content_type="application/json")
        assert answer.status_code == 400 and "ne nomme personne" in answer.content.decode()
        browser = as_user("agent.gao")
        browser.post(reverse("cases:group_start"), group_form(gao, kind="family", title=""))
        page = browser.post(reverse("cases:group", args=[RegistrationGroup.objects.get().pk]), person_form(surname="une famille", given_names="", adult=""))
        assert "ne nomme personne" in page.content.decode() and Migrant.objects.filter(surname="une famille").count() == 0
