"""Opening a file: once per sending, never without consent, and never twice for one person unseen."""

import datetime
import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DataError, IntegrityError, connection, connections
from django.urls import reverse

from audit.acting import SameKeyOtherContent
from audit.models import Change, ReadLog
from cases.duplicates import PROBABLE, likely_duplicates
from cases.models import Custody, Migrant
from cases.services import register_migrant
from tests.factories import agent_of, make_migrant, make_minor

from .factories import move, registration_form

URL = "/migrants/register/"


def test_the_form_opens_a_file_with_number_custody_and_consent(as_user, centre):
    browser = as_user("agent.gao")
    page = browser.get(URL, {"q": "Moussa Traoré"})
    assert page.context["form"]["surname"].value() == "Traoré"
    assert page.context["form"]["given_names"].value() == "Moussa"
    response = browser.post(URL, registration_form(centre("GAO"), consent_purposes=["registration", "follow_up"]))
    person = Migrant.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/migrants/{person.pk}/"
    assert person.case_number.startswith("GAO-")
    assert (person.registered_centre, person.registered_by.username) == (centre("GAO"), "agent.gao")
    assert list(person.custodies.values_list("centre__code", "until", "reason")) == [("GAO", None, "registered")]
    assert set(person.consents.values_list("purpose", flat=True)) == {"registration", "follow_up"}
    assert Change.objects.filter(table="cases_migrant", actor_id=person.registered_by_id).exists()


def test_who_may_not_register_cannot_even_see_the_form(as_user, centre):
    for username in ("protection", "returns.gao", "steering.eu", "auditor", "admin", "me.iom"):
        browser = as_user(username)
        assert browser.get(URL).status_code == 403
        assert browser.post(URL, registration_form(centre("GAO"))).status_code == 403
    assert not Migrant.objects.exists()


def test_another_centre_cannot_be_chosen(as_user, centre, persona):
    response = as_user("agent.kayes").post(URL, registration_form(centre("GAO")))
    assert response.status_code == 200
    assert "centre" in response.context["form"].errors
    with pytest.raises(PermissionDenied):
        _register(persona("agent.kayes"), centre("GAO"), uuid.uuid4())
    assert not Migrant.objects.exists()


def test_without_consent_to_registration_nothing_is_kept(as_user, centre):
    browser = as_user("agent.gao")
    for purposes in ([], ["statistics"]):
        response = browser.post(URL, registration_form(centre("GAO"), consent_purposes=purposes))
        assert response.status_code == 200
        assert response.context["form"].errors["consent_purposes"]
    assert not Migrant.objects.exists()


def test_a_double_click_is_one_person(as_user, centre):
    browser, body = as_user("agent.gao"), registration_form(centre("GAO"))
    first, second = browser.post(URL, body), browser.post(URL, body)
    assert first["Location"] == second["Location"]
    assert Migrant.objects.count() == 1


def test_resending_is_known_even_after_a_correction(as_user, centre):
    browser, body = as_user("agent.gao"), registration_form(centre("GAO"))
    browser.post(URL, body)
    Migrant.objects.update(surname="Corrigé", version=2)
    response = browser.post(URL, body)
    assert response.status_code == 302
    assert Migrant.objects.get().surname == "Corrigé"


def test_the_same_key_for_somebody_else_keeps_nothing_and_says_so(as_user, centre):
    browser, body = as_user("agent.gao"), registration_form(centre("GAO"))
    browser.post(URL, body)
    response = browser.post(URL, body | {"surname": "Keïta", "given_names": "Awa"})
    assert response.status_code == 200
    assert response.context["form"].non_field_errors()
    assert response.context["form"].data["id"] != body["id"]
    assert Migrant.objects.count() == 1


def test_a_key_of_another_centre_tells_nothing(as_user, centre):
    elsewhere = make_migrant(centre("GAO"), surname="Secretissime", given_names="Zzyzx")
    response = as_user("agent.kayes").post(URL, registration_form(centre("KAY"), id=str(elsewhere.pk)))
    assert response.status_code == 200
    page = response.content.decode()
    assert "Secretissime" not in page
    assert elsewhere.case_number not in page
    assert Migrant.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("surname", "Tra\x07oré"),
        ("surname", "A" * 10_000),
        ("surname", "12345"),
        ("given_names", "…!?"),
        ("nationality", "ZZ"),
        ("nationality", "ml"),
        ("nationality", "<b>"),
        ("sex", "unknown"),
        ("phone", "abc"),
        ("phone", "1" * 40),
        ("phone", "\x07"),
        ("accompanied_by", "GAO-2026-00001-!"),
        ("accompanied_by", "\x07"),
        ("id", "no-uuid"),
        ("id", ""),
        ("id", "\x07"),
        ("consent_method", "telepathy"),
        ("consent_language", "xxxx"),
        ("consent_purposes", ["registration", "everything"]),
        ("centre", "\x07"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_words(as_user, centre, field, typed):
    response = as_user("agent.gao").post(URL, registration_form(centre("GAO"), **{field: typed}))
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert "error-summary" in response.content.decode()
    assert not Migrant.objects.exists()


@pytest.mark.parametrize(
    ("field", "typed"),
    [("surname", "Tra\x00oré"), ("phone", "\x00"), ("accompanied_by", "\x00"), ("id", "\x00"), ("centre", "\x00"), ("consent_purposes", ["registration", "\x00"])],
)
def test_what_is_no_text_is_refused_at_the_door(as_user, centre, field, typed):
    response = as_user("agent.gao").post(URL, registration_form(centre("GAO"), **{field: typed}))
    assert response.status_code == 400
    assert "Rien n’a été enregistré" in response.content.decode()
    assert not Migrant.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  N’Diaye   épouse\u00a0Sow ", "N’Diaye épouse Sow"),
        ("Traore\u0301", "Traoré"),
        ("\u202eéroarT\u202c", "éroarT"),
        ("\u200fمحمد\u200f", "محمد"),
        ("ߞߋߌߕߊ", "ߞߋߌߕߊ"),
        ("d'Almeida-Kø", "d'Almeida-Kø"),
        ("=cmd|'/c calc'!A1", "=cmd|'/c calc'!A1"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_names_are_kept_as_people_write_them(as_user, centre, typed, kept):
    browser = as_user("agent.gao")
    response = browser.post(URL, registration_form(centre("GAO"), surname=typed))
    assert Migrant.objects.get().surname == kept
    page = browser.get(response["Location"]).content.decode()
    assert "<script>alert" not in page


def test_a_very_long_name_of_one_word_fits_its_keys(centre):
    make_migrant(centre("GAO"), surname="K" + "al" * 39, given_names="ﷺ" * 100 + "a")
    assert Migrant.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("76 12 34 56", "22376123456"), ("+223 76-12-34-56", "22376123456"), ("00221 77 123 45 67", "221771234567"), ("٠٠٢٢٣٧٦١٢٣٤٥٦", "22376123456"), ("", "")],
)
def test_phones_are_kept_as_international_digits(centre, typed, kept):
    assert make_migrant(centre("GAO"), phone=typed).phone == kept


def test_a_child_is_put_under_an_adult_of_the_same_centre(as_user, centre):
    browser, gao = as_user("agent.gao"), centre("GAO")
    adult, elsewhere, child = make_migrant(gao), make_migrant(centre("KAY")), make_minor(gao)
    young = {"birth_0": "", "birth_1": "", "birth_2": "", "age": "9", "surname": "Zongo", "given_names": "Petit"}
    for number in (elsewhere.case_number, child.case_number, adult.case_number[:-1] + "!"):
        response = browser.post(URL, registration_form(gao, **young, accompanied_by=number))
        assert response.status_code == 200
        assert response.context["form"].errors["accompanied_by"]
    response = browser.post(URL, registration_form(gao, **young, accompanied_by=adult.case_number.lower()))
    assert response.status_code == 302
    kept = Migrant.objects.get(surname="Zongo")
    assert kept.accompanied_by == adult
    adult.refresh_from_db()
    assert kept.household == adult.household
    grown = browser.post(URL, registration_form(gao, surname="Adulte", accompanied_by=adult.case_number))
    assert grown.context["form"].errors["accompanied_by"]


# --- who may be the same ---------------------------------------------------------------------------------------------


def test_likely_the_same_person_is_shown_before_anything_is_kept(as_user, centre):
    known = make_migrant(centre("GAO"), surname="Traoré", given_names="Moussa", nationality="ML")
    browser, body = as_user("agent.gao"), registration_form(centre("GAO"), surname="Traore", given_names="Musa")
    response = browser.post(URL, body)
    assert response.templates[0].name == "cases/register_alike.html"
    assert f"/migrants/{known.pk}/" in response.content.decode()
    assert Migrant.objects.count() == 1
    again = browser.post(URL, dict(response.context["typed"]) | {"confirmed": "on"})
    assert again.status_code == 302
    assert Migrant.objects.count() == 2
    back = browser.post(URL, dict(response.context["typed"]) | {"back": "1"})
    assert back.context["form"]["surname"].value() == "Traore"


def test_someone_out_of_scope_is_a_hint_without_any_detail(as_user, centre):
    known = make_migrant(centre("GAO"), surname="Traoré", given_names="Moussa Bakary", nationality="ML", phone="22370000001")
    body = registration_form(centre("KAY"), surname="Traore", given_names="Moussa")
    for url in (URL, "/migrants/register/similar/"):
        page = as_user("agent.kayes").post(url, body).content.decode()
        assert "Gao" in page
        for secret in ("Bakary", known.case_number, str(known.pk), "22370000001"):
            assert secret not in page
    assert ReadLog.objects.filter(user__username="agent.kayes", action="searched", rows__contains=[str(known.pk)]).count() == 2


def test_names_alone_do_not_make_the_same_person(as_user, centre):
    make_migrant(centre("GAO"), surname="Traoré", given_names="Moussa", born_on=datetime.date(1960, 1, 1))
    make_migrant(centre("GAO"), surname="Coulibaly", given_names="Awa", sex="female")
    response = as_user("agent.gao").post(URL, registration_form(centre("GAO")))
    assert response.status_code == 302


def test_a_common_name_and_a_rough_age_are_never_near_certain(centre):
    born = datetime.date(1995, 12, 31)
    make_migrant(centre("GAO"), surname="Traoré", given_names="Moussa", nationality="ML", born_on=born, birth_precision="year")
    make_migrant(centre("GAO"), surname="Traoré", given_names="Moussa", nationality="ML", born_on=datetime.date(1995, 3, 4), phone="22376123456")
    rough = likely_duplicates(full_name="Moussa Traoré", sex="male", born_on=born, birth_precision="year", nationality="ML")
    assert [why.certainty < PROBABLE for _person, why in rough] == [True, True]
    for known in ({"born_on": datetime.date(1995, 3, 4)}, {"born_on": born, "birth_precision": "year", "phone": "22376123456"}):
        best, why = likely_duplicates(full_name="Moussa Traoré", sex="male", nationality="ML", **known)[0]
        assert best.phone == "22376123456" and why.certainty >= PROBABLE


def test_the_hint_is_empty_for_nothing_and_for_nonsense(as_user, centre):
    browser = as_user("agent.gao")
    for body in ({}, {"surname": "\x07"}, {"surname": "A" * 10_000}, {"surname": "Zzzz", "birth_2": "9999", "age": "x", "phone": "\x07", "sex": "?"}):
        response = browser.post("/migrants/register/similar/", body)
        assert response.status_code == 200
        assert not response.content.strip()
    for body in ({"surname": "\x00"}, {"surname": "Zzzz", "phone": "\x00"}):
        assert browser.post("/migrants/register/similar/", body).status_code == 400
    assert browser.get("/migrants/register/similar/").status_code == 405
    assert as_user("returns.gao").post("/migrants/register/similar/", {"surname": "Traoré"}).status_code == 403


def test_the_hint_finds_with_part_of_the_form(as_user, centre):
    make_migrant(centre("GAO"), surname="Coulibaly", given_names="Fatoumata", sex="female")
    page = as_user("agent.gao").post("/migrants/register/similar/", {"surname": "Kulibali", "given_names": "Fatoumata", "birth_2": ""})
    assert "Coulibaly" in page.content.decode()


def test_a_person_moved_away_is_named_by_the_centre_that_cares_now(as_user, centre):
    known = make_migrant(centre("GAO"), surname="Traoré", given_names="Moussa", nationality="ML")
    move(known, centre("BKO"))
    page = as_user("agent.kayes").post(URL, registration_form(centre("KAY"))).content.decode()
    assert "Bamako" in page


# --- many at once ------------------------------------------------------------------------------------------------


def _in_threads(count, work):
    """Runs work(i) in real threads that start together; returns what each returned or raised."""
    start, results = threading.Barrier(count), [None] * count

    def run(i):
        try:
            start.wait(30)
            results[i] = work(i)
        except Exception as error:
            results[i] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads), "deadlock"
    return results


def _register(agent, gao, key, **changed):
    identity = {"surname": "Traoré", "given_names": "Moussa", "sex": "male", "born_on": datetime.date(1995, 6, 15), "birth_precision": "day", "nationality": "ML"}
    return register_migrant(actor=agent, centre=gao, id=key, consent_method="signed", **(identity | changed))


@pytest.mark.django_db(transaction=True)
def test_forty_sendings_of_one_key_are_one_row(centre):
    gao, key = centre("GAO"), uuid.uuid4()
    agent = agent_of(gao)
    results = _in_threads(40, lambda i: _register(agent, gao, key))
    assert not [result for result in results if isinstance(result, Exception)]
    assert sum(made for _person, made in results) == 1
    assert Migrant.objects.count() == 1
    assert Custody.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_forty_people_at_once_get_forty_numbers(centre):
    gao = centre("GAO")
    agent = agent_of(gao)
    results = _in_threads(40, lambda i: _register(agent, gao, uuid.uuid4(), surname=f"Essai {'abcdefghij'[i % 10]}{'klmn'[i // 10]}"))
    assert not [result for result in results if isinstance(result, Exception)]
    numbers = list(Migrant.objects.values_list("case_number", flat=True))
    assert len(numbers) == len(set(numbers)) == 40


@pytest.mark.django_db(transaction=True)
def test_one_key_for_two_people_at_once_keeps_one(centre):
    gao, key = centre("GAO"), uuid.uuid4()
    agent = agent_of(gao)
    results = _in_threads(20, lambda i: _register(agent, gao, key, given_names="Awa" if i % 2 else "Moussa"))
    refused = [result for result in results if isinstance(result, Exception)]
    assert len(refused) == 10
    assert all(isinstance(result, SameKeyOtherContent) for result in refused)
    assert Migrant.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_children_of_one_adult_registered_at_once_share_one_household(centre):
    gao = centre("GAO")
    agent, adult = agent_of(gao), make_migrant(gao)
    born = datetime.date(datetime.date.today().year - 8, 12, 31)  # noqa: DTZ011
    results = _in_threads(8, lambda i: _register(agent, gao, uuid.uuid4(), given_names="abcdefgh"[i] * 3, born_on=born, birth_precision="year", accompanied_by=adult))
    assert not [result for result in results if isinstance(result, Exception)]
    assert len(set(Migrant.objects.values_list("household", flat=True))) == 1


# --- the database itself -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    ["surname = '', given_names = ''", "born_on = '1899-12-31'", "birth_precision = 'year'", "nationality = 'Mali'", "phone = '+223'", "accompanied_by_id = id"],
)
def test_the_database_refuses_what_no_form_would_send(centre, change):
    person = make_migrant(centre("GAO"))
    with pytest.raises((IntegrityError, DataError)), connection.cursor() as cursor:
        cursor.execute(f"UPDATE cases_migrant SET {change} WHERE id = %s", [person.pk])


def test_the_service_judges_what_the_form_did_not(centre):
    for changed in ({"born_on": datetime.date(9999, 12, 31)}, {"nationality": "XX"}, {"surname": "", "given_names": ""}, {"surname": "\ud800"}, {"sex": "?"}):
        with pytest.raises(ValidationError):
            make_migrant(centre("GAO"), **changed)
    assert not Migrant.objects.exists()


@pytest.mark.parametrize("name", ["\u3164", "\u200b\u2800", "\u115f\u1160", "..."])
def test_a_name_that_nobody_can_see_is_none(as_user, centre, name):
    browser, url = as_user("agent.gao"), reverse("cases:register")
    page = browser.post(url, registration_form(centre("GAO"), surname=name, given_names=""))
    assert page.status_code == 200 and page.context["form"].errors
    assert not Migrant.objects.exists()
    page = browser.post(url, registration_form(centre("GAO"), surname=f"Tra{name[0]}oré" if name != "..." else "Traoré", given_names=""))
    assert Migrant.objects.get().surname == "Traoré"
