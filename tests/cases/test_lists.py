"""Around lists: filters under a name, many case numbers, many people at once."""

import uuid

import pytest

from audit.models import ReadLog
from cases.models import Note, SavedFilter
from cases.services import correct_identity, write_note_for_all
from tests.factories import agent_of, make_migrant, make_minor

from .factories import move


def test_a_filter_is_kept_applied_renamed_and_deleted(as_user, centre):
    woman, man = make_migrant(centre("GAO"), sex="female"), make_migrant(centre("GAO"))
    browser = as_user("manager.gao")
    page = browser.post("/migrants/filters/", {"listing": "people", "query": "sex=female&q=Traore&after=x&hack=1", "name": "Femmes"})
    assert page["Location"] == "/migrants/?sex=female"
    shown = browser.get("/migrants/?sex=female").content.decode()
    assert woman.case_number in shown
    assert man.case_number not in shown
    assert 'aria-current="true">Femmes' in shown
    saved = SavedFilter.objects.get()
    assert saved.query == "sex=female", "the words of a search may be a name"
    browser.post(f"/migrants/filters/{saved.pk}/", {"name": "Dames"})
    assert "Dames" in browser.get("/migrants/filters/").content.decode()
    browser.post(f"/migrants/filters/{saved.pk}/delete/")
    assert not SavedFilter.objects.exists()


def test_filters_are_ones_own(as_user, centre):
    as_user("manager.gao").post("/migrants/filters/", {"listing": "people", "query": "sex=female", "name": "Secret"})
    saved = SavedFilter.objects.get()
    other = as_user("agent.gao")
    assert "Secret" not in other.get("/migrants/filters/").content.decode()
    assert "Secret" not in other.get("/migrants/").content.decode()
    for path in (f"/migrants/filters/{saved.pk}/", f"/migrants/filters/{saved.pk}/delete/"):
        assert other.post(path, {"name": "x"}).status_code == 404


def test_the_same_name_twice_is_one_filter_and_a_taken_name_is_told(as_user):
    browser = as_user("manager.gao")
    for query in ("sex=female", "sex=male"):
        browser.post("/migrants/filters/", {"listing": "people", "query": query, "name": "A"})
    browser.post("/migrants/filters/", {"listing": "people", "query": "age=60%2B", "name": "B"})
    assert sorted(SavedFilter.objects.values_list("name", "query")) == [("A", "sex=male"), ("B", "age=60%2B")]
    page = browser.post(f"/migrants/filters/{SavedFilter.objects.get(name='B').pk}/", {"name": "A"})
    assert "déjà un filtre de ce nom" in page.content.decode()


def test_more_filters(as_user, centre):
    gao = centre("GAO")
    child = make_minor(gao, arrival_kind="forced_return", origin_country="GN")
    adult = make_migrant(gao)
    browser = as_user("agent.gao")

    def found(**query):
        text = browser.get("/migrants/", query).content.decode()
        return {person for person in (child, adult) if person.case_number in text}

    assert found(age="14-17") == found(age="0-13") | {child} or found(age="0-13") == {child}
    assert found(age="26-35") == {adult}
    assert found(arrival="forced_return") == found(origin="GN") == {child}
    assert found(since="2020-01-01") == {child, adult}
    assert found(until="2020-01-01") == set()
    assert found(since="x") == found(age="nonsense") == found(origin="ZZ") == set()


def test_many_numbers_at_once(as_user, centre):
    here, there = make_migrant(centre("GAO")), make_migrant(centre("KAY"))
    wrong = here.case_number[:-1] + ("A" if here.case_number[-1] != "A" else "B")
    pasted = f"{here.case_number.lower().replace('-', ' ')}\n{there.case_number}; {wrong}, {here.case_number}\x00"
    page = as_user("agent.gao").post("/migrants/numbers/", {"numbers": pasted.replace("\x00", "")}).content.decode()
    assert str(here) in page
    assert str(there) not in page
    assert there.case_number in page.split("pas dans vos centres")[1]
    assert wrong in page.split("mal écrits")[1]
    assert ReadLog.objects.filter(action="searched").latest("id").rows == [str(here.pk)]


def preview(browser, people, text="Réunion demain."):
    page = browser.post("/migrants/bulk/", {"person": [str(p.pk) for p in people], "id": str(uuid.uuid4()), "text": text})
    form = page.context["form"]
    shown = {name: form[name].value() for name in ("id", "text", "seen")}  # as the page hands it back
    assert all(isinstance(value, str) for value in shown.values()), shown
    return page, {"person": [str(p.pk) for p in people], **shown, "confirm": "1"}


def test_a_note_to_many_shows_first_what_will_change(as_user, centre):
    people = [make_migrant(centre("GAO")) for _ in range(3)]
    gone = make_migrant(centre("GAO"))
    move(gone, centre("KAY"))
    browser = as_user("agent.gao")
    page, sending = preview(browser, [*people, gone])
    assert page.status_code == 200
    assert "3 dossiers" in page.content.decode()
    assert not Note.objects.exists()
    for _click in range(2):
        assert browser.post("/migrants/bulk/", sending).status_code == 302
    assert set(Note.objects.values_list("migrant", "text")) == {(person.pk, "Réunion demain.") for person in people}
    assert Note.objects.count() == 3


def test_a_selection_that_changed_is_shown_again(as_user, centre):
    people = [make_migrant(centre("GAO")) for _ in range(2)]
    browser = as_user("agent.gao")
    _page, sending = preview(browser, people)
    correct_identity(actor=agent_of(centre("GAO")), migrant=people[0], version=1, phone="22376000000")
    assert browser.post("/migrants/bulk/", sending).status_code == 409
    _page, sending = preview(browser, people)
    move(people[1], centre("KAY"))
    assert browser.post("/migrants/bulk/", sending).status_code == 409
    assert browser.post("/migrants/bulk/", {**sending, "text": "Autre chose"}).status_code == 409
    assert not Note.objects.exists()


def test_nobody_out_of_sight_is_touched(as_user, persona, centre):
    from django.core.exceptions import PermissionDenied

    there = make_migrant(centre("KAY"))
    assert as_user("agent.gao").post("/migrants/bulk/", {"person": [str(there.pk)]}).status_code == 302
    with pytest.raises(PermissionDenied):
        write_note_for_all(actor=persona("agent.gao"), id=uuid.uuid4(), people=[make_migrant(centre("GAO")), there], text="x")
    assert not Note.objects.exists()
    assert as_user("agent.gao").post("/migrants/bulk/", {"person": ["nonsense"]}).status_code == 302


def test_a_selection_is_exported_by_who_may(as_user, centre):
    here, there = make_migrant(centre("GAO")), make_migrant(centre("KAY"))
    chosen = {"person": [str(here.pk), str(there.pk)], "export": "csv"}
    text = as_user("manager.gao").post("/migrants/bulk/", chosen).content.decode()
    assert here.case_number in text
    assert there.case_number not in text
    assert as_user("agent.gao").post("/migrants/bulk/", chosen).status_code == 403
