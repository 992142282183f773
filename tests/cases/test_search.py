"""Finding people: any spelling, in scope only, page by page."""

import datetime
import re

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from audit.models import ReadLog
from audit.services import verify
from cases.management.commands import refresh_names
from cases.models import Migrant
from tests.factories import make_migrant, make_minor

from .factories import move

ROW = re.compile(r'/migrants/([0-9a-f-]{36})/"><bdi>')


def found(browser, **query):
    response = browser.get("/migrants/", query)
    assert response.status_code == 200
    return [str(person.pk) for person in response.context["people"]]


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        (("Coulibaly", "Fatoumata"), "kulibali"),
        (("Coulibaly", "Fatoumata"), "Fatoumata Kouloubaly"),
        (("Traoré", "Moussa"), "traore moussa"),
        (("Diallo", "Mamadou"), "Jallow"),
        (("Cissé", "Aïssata"), "Sise"),
        (("N’Diaye", "Cheick"), "ndiaye"),
        (("Keïta", "Salif"), "SALIF KEITA"),
        (("Diarra", "Oumou"), "Jara"),
        (("محمد", "أحمد"), "محمد"),
        (("Traoré", "Moussa"), "Mou Tra"),
        (("Traoré", "Moussa"), "Moussa Karim Traoré"),
        (("ag Ali", "Mohamed"), "Mohamed Ali"),
    ],
)
def test_a_name_is_found_in_other_spellings(as_user, centre, kept, typed):
    person = make_migrant(centre("GAO"), surname=kept[0], given_names=kept[1])
    make_migrant(centre("GAO"), surname="Zerbo", given_names="Wendkuni")
    assert found(as_user("agent.gao"), q=typed)[:1] == [str(person.pk)]


def test_the_most_alike_come_first(as_user, centre):
    gao = centre("GAO")
    exact = make_migrant(gao, surname="Traoré", given_names="Moussa")
    for given in ("Mamadou", "Awa", "Moussa Karim"):
        make_migrant(gao, surname="Traoré", given_names=given)
    assert found(as_user("agent.gao"), q="Moussa Traoré")[0] == str(exact.pk)


def test_case_number_and_phone_find_the_person(as_user, centre):
    person, browser = make_migrant(centre("GAO"), phone="22376123456"), as_user("agent.gao")
    make_migrant(centre("GAO"))
    for typed in (person.case_number, person.case_number.replace("-", "").lower(), "76 12 34 56", "+223 76 12 34 56", "0022376123456"):
        assert found(browser, q=typed) == [str(person.pk)], typed


def test_a_year_narrows_a_common_name(as_user, centre):
    gao = centre("GAO")
    old = make_migrant(gao, surname="Traoré", given_names="Moussa", born_on=datetime.date(1970, 1, 1))
    make_migrant(gao, surname="Traoré", given_names="Moussa", born_on=datetime.date(1999, 1, 1))
    assert found(as_user("agent.gao"), q="Traoré 1970") == [str(old.pk)]


def test_a_mistyped_case_number_is_told(as_user, centre):
    number = make_migrant(centre("GAO")).case_number
    wrong = number[:-1] + ("A" if number[-1] != "A" else "B")
    assert "mal écrit" in as_user("agent.gao").get("/migrants/", {"q": wrong}).content.decode()


ODD = ("x" * 10_000, "'; DROP TABLE cases_migrant; --", "a:* | b", "!!!", "&|!():*<->", "\\", "%", "_", "½ ² ①", "\u202e", "\ud7ff\ue000", "ﷺ" * 200)
MORE = (
    "é" * 5000,
    "a " * 5000,
    "9" * 300,
    "9999-12-31T23:59:59+00:00_" + "f" * 32,
    "0001-01-01T00:00:00+23:59_" + "0" * 32,
    "2026-01-01_x",
    "-1",
    "1e9",
    "٣",
    "'' ''",
    "l'",
    "1999",
)


@pytest.mark.parametrize("name", ["q", "sex", "nationality", "centre", "alone", "after", "before", "from"])
def test_nothing_typed_breaks_the_list(as_user, centre, name):
    make_migrant(centre("GAO"))
    browser = as_user("agent.gao")
    for typed in ODD + MORE:
        assert browser.get("/migrants/", {"q": "Essai"} | {name: typed}).status_code == 200, typed


def test_search_and_list_show_only_people_in_scope(as_user, centre, persona):
    there = make_migrant(centre("GAO"), surname="Unique", given_names="Tombouctou", phone="22376999999")
    here = make_migrant(centre("KAY"), surname="Autre", given_names="Nom")
    agent = as_user("agent.kayes")
    assert found(agent) == [str(here.pk)]
    for typed in ("Tombouctou Unique", there.case_number, there.phone):
        assert found(agent, q=typed) == []
        assert found(as_user("agent.gao"), q=typed) == [str(there.pk)]
    assert set(found(as_user("protection"))) == {str(there.pk), str(here.pk)}
    for username in ("steering.eu", "auditor", "me.iom", "admin", "flows"):
        assert as_user(username).get("/migrants/").status_code == 403
        assert not Migrant.objects.visible_to(persona(username)).exists()


def test_a_centre_keeps_sight_of_who_left(as_user, centre):
    person = make_migrant(centre("GAO"))
    move(person, centre("KAY"))
    assert found(as_user("agent.gao")) == found(as_user("agent.kayes")) == [str(person.pk)]


def test_what_was_shown_is_written_down_without_the_words(as_user, centre):
    person = make_migrant(centre("GAO"), surname="Secretissime")
    browser = as_user("agent.gao")
    found(browser)
    found(browser, q="Secretissime")
    logged = list(ReadLog.objects.order_by("id").values_list("action", "rows", "path"))
    assert logged == [("listed", [str(person.pk)], "/migrants/"), ("searched", [str(person.pk)], "/migrants/")]


def test_filters_narrow_the_list_and_stay_in_the_address(as_user, centre):
    gao, kayes = centre("GAO"), centre("KAY")
    woman = make_migrant(gao, sex="female", nationality="SN")
    child = make_minor(gao, accompanied_by=woman)
    alone = make_minor(kayes)
    officer = as_user("protection")
    assert found(officer, sex="female") == [str(woman.pk)]
    assert found(officer, nationality="SN") == [str(woman.pk)]
    assert found(officer, alone="on") == [str(alone.pk)]
    assert found(officer, centre="KAY") == [str(alone.pk)]
    assert set(found(officer, centre="GAO")) == {str(woman.pk), str(child.pk)}
    assert found(officer, centre="XXX") == []  # what cannot be read answers nobody


def test_pages_go_forth_and_back_over_everyone_once(as_user, centre):
    gao = centre("GAO")
    everyone = [str(make_migrant(gao).pk) for _ in range(60)]
    Migrant.objects.filter(pk__in=everyone[:30]).update(registered_at=Migrant.objects.get(pk=everyone[0]).registered_at)
    browser, url, pages = as_user("agent.gao"), "/migrants/", []
    while url:
        response = browser.get(url)
        pages.append([str(person.pk) for person in response.context["people"]])
        last, page = response, response.context["page"]
        url = f"/migrants/{page['next_url']}" if page["next_url"] else ""
    assert [len(page) for page in pages] == [25, 25, 10]
    assert sorted(key for page in pages for key in page) == sorted(everyone)
    back = browser.get(f"/migrants/{last.context['page']['previous_url']}")
    assert [str(person.pk) for person in back.context["people"]] == pages[1]
    first = browser.get(f"/migrants/{back.context['page']['previous_url']}")
    assert [str(person.pk) for person in first.context["people"]] == pages[0]
    assert not first.context["page"]["previous_url"]


def test_pages_of_a_search_hold_a_hundred_at_most(as_user, centre):
    gao = centre("GAO")
    for _ in range(30):
        make_migrant(gao, surname="Traoré", given_names="Moussa")
    browser = as_user("agent.gao")
    first = browser.get("/migrants/", {"q": "Traoré"})
    assert len(first.context["people"]) == 25
    second = browser.get(f"/migrants/{first.context['page']['next_url']}")
    assert len(second.context["people"]) == 5
    shown = {person.pk for response in (first, second) for person in response.context["people"]}
    assert len(shown) == 30


def test_while_typing_only_the_list_comes_back(as_user, centre):
    person = make_migrant(centre("GAO"))
    page = as_user("agent.gao").get("/migrants/", {"q": person.surname}, headers={"HX-Request": "true"}).content.decode()
    assert ROW.findall(page) == [str(person.pk)]
    assert "<html" not in page


def test_nobody_found_offers_a_new_file_to_those_who_may_open_one(as_user):
    agent, officer = as_user("agent.gao").get("/migrants/", {"q": "Awa Zerbo"}), as_user("protection").get("/migrants/", {"q": "Awa Zerbo"})
    register = agent.context["register_url"]
    assert register in agent.content.decode() and "Zerbo" not in register
    assert 'value="Zerbo"' in as_user("agent.gao").get(register).content.decode()
    assert "/migrants/register/" not in officer.content.decode()


def test_rows_say_age_sex_country_and_flag_a_child_alone(as_user, centre):
    girl = make_minor(centre("GAO"), sex="female", nationality="SN")
    page = as_user("agent.gao").get("/migrants/").content.decode()
    for words in (girl.case_number, f"née en {girl.born_on.year}", "femme", "Sénégal", "mineure non accompagnée", "Gao"):
        assert words in page, words
    assert "mineur non accompagné<" not in page  # of a girl, in her words
    boy = make_minor(centre("GAO"), sex="male", nationality="SN")
    page = as_user("agent.gao").get("/migrants/").content.decode()
    for words in (boy.case_number, f"né en {boy.born_on.year}", "homme", "mineur non accompagné<"):
        assert words in page, words


def test_the_name_and_phone_indexes_are_the_ones_the_search_asks_for(centre):
    """The expression of the query must be the expression of the index, or every search reads the whole table."""
    make_migrant(centre("GAO"), phone="22376123456")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for text, index in (("Traoré", "migrant_name_keys"), ("76 12 34 56", "migrant_phone_end")):
        assert index in Migrant.objects.matching(text).order_by().explain(), text
    assert "migrant_name_words" in Migrant.objects.matching("Traoré").order_by().explain()


def test_new_rules_of_names_find_those_registered_before(as_user, centre):
    """The keys of a file are kept with it: after an update of the rules they are made anew, once, and the history stays whole."""
    person = make_migrant(centre("GAO"), surname="Konaté", given_names="Djénéba")
    Migrant.objects.filter(pk=person.pk).update(name_keys=["=old"], search_text="old")
    browser = as_user("agent.gao")
    assert found(browser, q="Zeinabou Conateh") == []
    cache.delete(refresh_names.KEPT)
    call_command("refresh_names")
    assert found(browser, q="Zeinabou Conateh") == [str(person.pk)]
    assert Migrant.objects.get(pk=person.pk).version == person.version
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is linked into the chain when a transaction ends
    assert verify().whole
    Migrant.objects.filter(pk=person.pk).update(name_keys=["=old"])
    call_command("refresh_names")  # nothing changed since: nothing is read
    assert Migrant.objects.get(pk=person.pk).name_keys == ["=old"]
