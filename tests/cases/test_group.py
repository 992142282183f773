"""A bus, a family: what is common once, each person once, no child overlooked."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from cases.models import Migrant, RegistrationGroup
from cases.services import open_group, register_in_group
from tests.factories import agent_of, make_migrant

from .factories import group_form, make_group, move, person_form
from .test_registration import _in_threads

START = "/migrants/register/group/"
YEAR = timezone.localdate().year


def url(group):
    return reverse("cases:group", args=[group.pk])


def test_what_is_common_is_typed_once(as_user, centre):
    browser = as_user("agent.gao")
    today = timezone.localdate()
    opened = browser.post(
        START, group_form(centre("GAO"), arrived_on=today.isoformat(), languages=["ful"], origin_country="GN", consent_purposes=["registration", "statistics"])
    )
    group = RegistrationGroup.objects.get()
    assert opened["Location"] == url(group)
    page = browser.get(url(group))
    form = page.context["form"]
    assert (form["nationality"].value(), form["consent_method"].value()) == ("GN", "signed")
    assert "autofocus" in page.content.decode()
    saved = browser.post(url(group), person_form(consent_purposes=["registration"]))
    assert saved["Location"] == url(group)
    person = Migrant.objects.get()
    assert (person.arrival_kind, person.arrived_on, person.languages, person.origin_country, person.registration_group) == ("transit", today, ["ful"], "GN", group)
    assert list(person.consents.values_list("purpose", flat=True)) == ["registration"]  # each gives their own
    assert person.case_number in browser.get(url(group)).content.decode()


def test_a_double_enter_is_one_person(as_user, centre):
    browser, group, body = as_user("agent.gao"), make_group(centre("GAO")), person_form()
    assert browser.post(url(group), body).status_code == browser.post(url(group), body).status_code == 302
    assert Migrant.objects.count() == 1


def test_an_error_keeps_what_was_typed(as_user, centre):
    browser, group = as_user("agent.gao"), make_group(centre("GAO"))
    page = browser.post(url(group), person_form(birth_2="1066"))
    assert page.status_code == 200
    assert "error-summary" in page.content.decode()
    assert page.context["form"]["surname"].value() == "Diallo"
    assert not Migrant.objects.exists()


def test_somebody_known_is_shown_first_and_nothing_typed_is_lost(as_user, centre):
    known = make_migrant(centre("GAO"), surname="Diallo", given_names="Mariama", sex="female", born_on=datetime.date(1994, 12, 31), birth_precision="year")
    browser, group = as_user("agent.gao"), make_group(centre("GAO"))
    page = browser.post(url(group), person_form())
    assert page.templates[0].name == "cases/register_alike.html"
    assert f'action="{url(group)}"' in page.content.decode()
    assert "Personne n°\xa01\xa0: Mariama Diallo" in page.content.decode()
    assert known.case_number in page.content.decode()
    assert Migrant.objects.count() == 1
    back = browser.post(url(group), dict(page.context["typed"]) | {"back": "1"})
    assert back.context["form"]["given_names"].value() == "Mariama"
    assert browser.post(url(group), dict(page.context["typed"]) | {"confirmed": "on"}).status_code == 302
    assert Migrant.objects.count() == 2


def test_a_child_of_a_family_is_linked_or_flagged_never_neither(as_user, centre):
    browser, group = as_user("agent.gao"), make_group(centre("GAO"), "family")
    browser.post(url(group), person_form(household_role="head", adult=""))
    mother = Migrant.objects.get()
    child = {"surname": "Barry", "given_names": "Petit", "birth_2": str(YEAR - 7), "household_role": "child"}
    undecided = browser.post(url(group), person_form(**child, adult=""))
    assert undecided.context["form"].errors["adult"]
    assert Migrant.objects.count() == 1
    stranger = make_migrant(centre("GAO"))
    assert browser.post(url(group), person_form(**child, adult=str(stranger.pk))).context["form"].errors["adult"]
    browser.post(url(group), person_form(**child, adult=str(mother.pk)))
    kept = Migrant.objects.get(surname="Barry")
    assert (kept.accompanied_by, kept.household, kept.household_role) == (mother, mother.household, "child")
    assert kept.household is not None and not kept.is_unaccompanied_minor
    told = browser.post(url(group), person_form(surname="Seul", given_names="Ibrahima", sex="male", birth_2=str(YEAR - 15), adult="alone"), follow=True)
    assert "signalé à la protection" in told.content.decode()
    home = as_user("protection").get("/").content.decode()
    assert "Seul" in home and "Barry" not in home


def test_nobody_decides_for_a_child_of_a_bus_by_forgetting_to(as_user, centre):
    browser, group = as_user("agent.gao"), make_group(centre("GAO"), "bus")
    child = {"surname": "Barry", "birth_2": str(YEAR - 8)}
    page = browser.post(url(group), person_form(**child, adult=""))
    assert page.context["form"].errors["adult"] and page.context["form"]["surname"].value() == "Barry"
    assert not Migrant.objects.exists()
    browser.post(url(group), person_form(adult=""))  # nobody asks it of an adult
    adult = Migrant.objects.get()
    browser.post(url(group), person_form(**child, adult=str(adult.pk)))
    assert Migrant.objects.get(surname="Barry").accompanied_by == adult


def test_who_may_be_a_child_is_treated_as_one(as_user, centre):
    """Of an estimated age the youngest counts (decision 5)."""
    group = make_group(centre("GAO"), "family")
    page = as_user("agent.gao").post(url(group), person_form(birth_2="", age="17", adult=""))
    assert page.context["form"].errors["adult"]


def test_a_lost_session_is_taken_up_again(as_user, centre):
    group = make_group(centre("GAO"))
    as_user("agent.gao").post(url(group), person_form())
    page = as_user("manager.gao").get(START)
    assert [(one.pk, one.number) for one in page.context["groups"]] == [(group.pk, 1)]
    assert not as_user("agent.kayes").get(START).context["groups"]


def test_another_centre_neither_sees_nor_fills_a_group(as_user, persona, centre):
    group = make_group(centre("GAO"))
    kayes = as_user("agent.kayes")
    assert kayes.get(url(group)).status_code == kayes.post(url(group), person_form()).status_code == 404
    assert as_user("returns.gao").get(url(group)).status_code == 403
    with pytest.raises(PermissionDenied):
        _next(persona("agent.kayes"), group, uuid.uuid4())
    with pytest.raises(PermissionDenied):
        open_group(actor=persona("agent.kayes"), id=uuid.uuid4(), centre=centre("GAO"), kind="bus", common={"consent_purposes": ("registration",)})
    assert not Migrant.objects.exists()


def test_who_has_gone_on_to_another_centre_stays_on_the_list_of_those_who_saw_them(as_user, centre):
    browser, group = as_user("agent.gao"), make_group(centre("GAO"))
    browser.post(url(group), person_form())
    move(Migrant.objects.get(), centre("KAY"))
    assert "Mariama" in browser.get(url(group)).content.decode()


def test_the_list_of_a_bus_is_printed_and_that_is_written_down(as_user, centre):
    browser, group = as_user("agent.gao"), make_group(centre("GAO"))
    browser.post(url(group), person_form())
    browser.post(url(group), person_form(surname="Seul", birth_2=str(YEAR - 12)))
    page = browser.get(reverse("cases:group_print", args=[group.pk]))
    assert [person.surname for person in page.context["people"]] == ["Diallo", "Seul"]
    assert "1 enfant non accompagné" in page.content.decode()
    assert len(ReadLog.objects.filter(action="printed").latest("id").rows) == 2


def test_common_values_change_for_those_to_come(as_user, centre):
    browser, group = as_user("agent.gao"), make_group(centre("GAO"))
    browser.post(url(group), person_form())
    change = {name: value for name, value in group_form(centre("GAO")).items() if name not in ("id", "kind", "centre")}
    common = reverse("cases:group_common", args=[group.pk])
    assert browser.post(common, change | {"version": "1", "nationality": "SN", "arrival_kind": "referred"}).status_code == 302
    assert browser.post(common, change | {"version": "1", "nationality": "CI"}).status_code == 409
    assert browser.get(url(group)).context["form"]["nationality"].value() == "SN"
    browser.post(url(group), person_form(surname="Autre", given_names="Nom"))
    assert [p.arrival_kind for p in Migrant.objects.order_by("registered_at")] == ["", "referred"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "army"},
        {"consent_purposes": ["statistics"]},
        {"consent_method": ""},
        {"title": "\x07"},
        {"arrived_on": "2999-01-01"},
        {"id": "x"},
    ],
)
def test_a_group_that_cannot_be_is_refused_in_words(as_user, centre, wrong):
    page = as_user("agent.gao").post(START, group_form(centre("GAO"), **wrong))
    assert page.status_code == 200 and page.context["form"].errors
    assert not RegistrationGroup.objects.exists()


def test_a_spoken_agreement_asks_each_time_for_the_witness_unless_it_is_the_same(as_user, centre):
    browser = as_user("agent.gao")
    group = make_group(centre("GAO"), consent_method="spoken")
    assert browser.get(url(group)).context["consent_open"]
    page = browser.post(url(group), person_form(consent_method="spoken"))
    assert page.context["form"].errors["consent_witness"]
    assert browser.post(url(group), person_form(consent_method="spoken", consent_witness="Fanta Maïga")).status_code == 302
    same = make_group(centre("GAO"), consent_method="spoken", consent_witness="Fanta Maïga")
    assert browser.get(url(same)).context["form"]["consent_witness"].value() == "Fanta Maïga"


def test_the_same_key_is_one_group(as_user, centre):
    browser, body = as_user("agent.gao"), group_form(centre("GAO"))
    assert browser.post(START, body)["Location"] == browser.post(START, body)["Location"]
    again = browser.post(START, body | {"title": "Un autre"})
    assert again.status_code == 200 and again.context["form"].non_field_errors()
    assert RegistrationGroup.objects.count() == 1


def _next(actor, group, key, **changed):
    person = {"surname": "Bah", "given_names": "Alpha", "sex": "male", "born_on": datetime.date(1995, 6, 15), "birth_precision": "day"}
    return register_in_group(actor=actor, group=group, id=key, **(person | changed))


def test_the_service_refuses_a_group_without_consent(centre):
    with pytest.raises(ValidationError):
        make_group(centre("GAO"), consent_purposes=())


@pytest.mark.django_db(transaction=True)
def test_forty_sendings_of_one_person_of_a_bus_are_one_row(centre):
    group, key = make_group(centre("GAO")), uuid.uuid4()
    agent = agent_of(centre("GAO"))
    results = _in_threads(40, lambda i: _next(agent, group, key))
    assert not [result for result in results if isinstance(result, Exception)]
    assert sum(made for _person, made in results) == Migrant.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_person_typed_at_forty_desks_is_forty_rows_to_review(centre):
    group = make_group(centre("GAO"))
    agent = agent_of(centre("GAO"))
    results = _in_threads(40, lambda i: _next(agent, group, uuid.uuid4()))
    assert not [result for result in results if isinstance(result, Exception)]
    assert Migrant.objects.filter(registration_group=group).count() == 40
    assert len(set(Migrant.objects.values_list("case_number", flat=True))) == 40


@pytest.mark.django_db(transaction=True)
def test_one_key_opened_twenty_times_is_one_group(centre):
    gao, key = centre("GAO"), uuid.uuid4()
    agent = agent_of(gao)
    common = {"consent_purposes": ("registration",), "consent_method": "signed"}
    results = _in_threads(20, lambda i: open_group(actor=agent, id=key, centre=gao, kind="family", common=common | ({"nationality": "ML"} if i % 2 else {})))
    assert RegistrationGroup.objects.count() == 1
    refused = [result for result in results if isinstance(result, Exception)]
    assert len(refused) == 10 and all(isinstance(result, SameKeyOtherContent) for result in refused)
