"""The case file: who sees it, what it tells, and corrections that never overwrite silently."""

import datetime
import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.acting import Stale
from audit.models import Change, ReadLog
from cases.models import Migrant
from cases.services import correct_identity, write_note
from tests.factories import agent_of, make_migrant, make_minor
from tests.reintegration.factories import make_reintegration
from tests.returns.factories import make_return

from .factories import make_attachment, make_consent, make_note, move, registration_form

PAGES = ("cases:migrant", "cases:edit", "cases:print", "cases:reads", "cases:note", "cases:attach", "cases:consents")


@pytest.mark.parametrize("name", PAGES)
def test_a_file_is_open_to_its_centre_and_absent_for_others(as_user, centre, name):
    url = reverse(name, args=[make_migrant(centre("GAO")).pk])
    assert as_user("agent.gao").get(url).status_code == 200
    for username in ("agent.kayes", "manager.bamako", "returns.bamako", "reintegration.kayes"):
        assert as_user(username).get(url).status_code == 404, username
    for username in ("me.iom", "me.aecid", "steering.eu", "auditor", "admin", "flows", "outreach"):
        assert as_user(username).get(url).status_code in (403, 404), username


@pytest.mark.parametrize("name", PAGES)
def test_writing_to_a_file_out_of_scope_answers_absent_too(as_user, centre, name):
    person = make_migrant(centre("GAO"))
    before = Migrant.objects.values().get()
    response = as_user("agent.kayes").post(reverse(name, args=[person.pk]), registration_form(centre("KAY"), version="1", text="x", kind="ordinary"))
    assert response.status_code in (404, 405)
    assert Migrant.objects.values().get() == before
    assert not person.notes.exists()


def test_things_on_a_file_out_of_scope_are_absent(as_user, centre):
    gao = centre("GAO")
    attachment, consent = make_attachment(gao), make_consent(gao)
    stranger = as_user("agent.kayes")
    assert stranger.get(reverse("cases:attachment", args=[attachment.pk])).status_code == 404
    assert stranger.post(reverse("cases:withdraw_consent", args=[consent.pk])).status_code == 404
    consent.refresh_from_db()
    assert consent.withdrawn_at is None


def test_who_reads_but_may_not_correct_is_refused(as_user, centre):
    url = reverse("cases:edit", args=[make_migrant(centre("GAO")).pk])
    assert as_user("agent.gao").get(url).status_code == 200
    for username in ("protection", "returns.gao"):
        assert as_user(username).get(url).status_code == 403
        assert as_user(username).post(url, registration_form(centre("GAO"), version="1")).status_code == 403


def test_the_file_tells_the_story_and_reading_it_is_written_down(as_user, centre):
    gao = centre("GAO")
    person = make_minor(gao, surname="Keïta", given_names="Awa")
    make_note(gao, person, text="Dort mal.")
    make_attachment(gao, person)
    page = as_user("agent.gao").get(f"/migrants/{person.pk}/").content.decode()
    for shown in ("Awa Keïta", person.case_number, "mineur non accompagné", "Dort mal.", "Passeport", "Enregistrement à", "né en"):
        assert shown in page, shown
    read = ReadLog.objects.get(action="opened")
    assert (read.user.username, read.rows) == ("agent.gao", [str(person.pk)])


def test_a_centre_the_person_left_reads_but_no_longer_writes(as_user, centre):
    gao, kayes = centre("GAO"), centre("KAY")
    person = make_migrant(gao)
    make_note(gao, person, text="Écrite à Gao")
    move(person, kayes)
    sender, receiver = as_user("agent.gao"), as_user("agent.kayes")
    url = f"/migrants/{person.pk}/"
    page = sender.get(url).content.decode()
    assert "Écrite à Gao" in page
    assert "lecture seule" in page
    assert reverse("cases:note", args=[person.pk]) not in page
    assert "Écrite à Gao" in receiver.get(url).content.decode()
    for name in ("cases:edit", "cases:note", "cases:attach", "cases:reads"):
        assert sender.get(reverse(name, args=[person.pk])).status_code == 403, name
        assert receiver.get(reverse(name, args=[person.pk])).status_code == 200, name
    body = registration_form(gao, version="1", kind="ordinary", text="trop tard")
    assert sender.post(reverse("cases:edit", args=[person.pk]), body).status_code == 403
    assert sender.post(reverse("cases:note", args=[person.pk]), body).status_code == 403
    with pytest.raises(PermissionDenied):
        write_note(actor=agent_of(gao), migrant=person, kind="ordinary", text="trop tard")
    assert receiver.post(reverse("cases:note", args=[person.pk]), body).status_code == 302


def test_a_relative_out_of_sight_is_not_named(as_user, centre):
    gao, kayes = centre("GAO"), centre("KAY")
    adult = make_migrant(gao, surname="Grandpere", given_names="Ali")
    child = make_minor(gao, surname="Petit", given_names="Ali", accompanied_by=adult)
    assert "Grandpere" in as_user("agent.gao").get(f"/migrants/{child.pk}/").content.decode()
    move(child, kayes)
    for name in ("cases:migrant", "cases:print", "cases:edit"):
        page = as_user("agent.kayes").get(reverse(name, args=[child.pk])).content.decode()
        assert "Grandpere" not in page
        assert adult.case_number not in page


def test_children_of_an_adult_found_to_be_a_child_are_flagged_at_once(as_user, centre):
    gao = centre("GAO")
    adult, other = make_migrant(gao), make_migrant(gao)
    child, cousin = make_minor(gao, accompanied_by=adult), make_minor(gao, accompanied_by=other)
    browser = as_user("agent.gao")
    url = reverse("cases:edit", args=[adult.pk])
    body = {name: value if value is not None else "" for name, value in browser.get(url).context["form"].initial.items() if name != "birth"}
    body |= {"birth_0": "", "birth_1": "", "birth_2": str(timezone.localdate().year - 12), "age": ""}
    page = browser.post(url, body | {"version": "1"}, follow=True).content.decode()
    assert "maintenant signalé comme non accompagné" in page
    alone = set(Migrant.objects.unaccompanied_minors())
    assert {child, Migrant.objects.get(pk=adult.pk)} <= alone and cousin not in alone
    child.refresh_from_db()
    assert child.is_unaccompanied_minor and child.version == 2
    assert Change.objects.filter(table="cases_migrant", row=str(child.pk), actor_id=browser.session["_auth_user_id"]).exists()
    with pytest.raises(ValidationError, match="mineure"):
        correct_identity(actor=agent_of(gao), migrant=child, version=2, accompanied_by=adult)
    correct_identity(actor=agent_of(gao), migrant=child, version=2, accompanied_by=other)


def test_correcting_a_child_keeps_the_adult_one_cannot_see(as_user, centre):
    gao, kayes = centre("GAO"), centre("KAY")
    adult = make_migrant(gao)
    child = make_minor(gao, accompanied_by=adult)
    move(child, kayes)
    browser = as_user("agent.kayes")
    page = browser.get(reverse("cases:edit", args=[child.pk]))
    body = {name: value if value is not None else "" for name, value in page.context["form"].initial.items() if name != "birth"}
    body |= {"birth_2": str(child.born_on.year), "age": "", "given_names": "Corrigé", "version": "1"}
    assert browser.post(reverse("cases:edit", args=[child.pk]), body).status_code == 302
    child.refresh_from_db()
    assert (child.given_names, child.accompanied_by) == ("Corrigé", adult)


def test_who_has_seen_the_file_is_shown_to_those_who_care_for_the_person(as_user, centre):
    person = make_migrant(centre("GAO"))
    make_attachment(centre("GAO"), person)
    as_user("manager.gao").get(f"/migrants/{person.pk}/")
    as_user("manager.gao").get(reverse("cases:attachment", args=[person.attachments.get().pk]))
    page = as_user("agent.gao").get(reverse("cases:reads", args=[person.pk])).content.decode()
    assert "Ibrahim Touré" in page
    assert "téléchargé" in page


def test_who_has_seen_the_person_in_a_return_or_a_reintegration_is_shown_too(as_user, persona, centre):
    gao = centre("GAO")
    person, other = make_migrant(gao), make_migrant(gao)
    for username, url in (
        ("returns.gao", reverse("returns:case", args=[make_return(gao, person).pk])),
        ("reintegration.gao", reverse("reintegration:case", args=[make_reintegration(gao, person).pk])),
    ):
        as_user(username).get(url)
        for one, seen in ((person, True), (other, False)):
            readers = as_user("agent.gao").get(reverse("cases:reads", args=[one.pk])).context["seen"]
            assert (persona(username) in {read.user for read in readers}) is seen


def test_printing_is_written_down(as_user, centre):
    person = make_migrant(centre("GAO"), surname="Keïta")
    page = as_user("agent.gao").get(reverse("cases:print", args=[person.pk])).content.decode()
    assert "Signature" in page
    assert "Keïta" in page
    assert ReadLog.objects.get(action="printed").rows == [str(person.pk)]


# --- corrections ---------------------------------------------------------------------------------------------------


def _correction(person, **changed):
    return registration_form(person.registered_centre, surname=person.surname, given_names=person.given_names, nationality="GN", version=str(person.version)) | changed


def test_a_correction_is_kept_and_found_under_the_new_name(as_user, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    response = browser.post(reverse("cases:edit", args=[person.pk]), _correction(person, surname="Kulibali", birth_0="", birth_1=""))
    assert response.status_code == 302
    person.refresh_from_db()
    assert (person.surname, person.version, person.birth_precision, person.born_on) == ("Kulibali", 2, "year", datetime.date(1995, 12, 31))
    assert person in Migrant.objects.matching("Coulibaly")


def test_a_correction_that_changes_nothing_makes_no_version(persona, centre):
    person = make_migrant(centre("GAO"))
    assert correct_identity(actor=persona("agent.gao"), migrant=person, version=1, surname=person.surname).version == 1


def test_two_at_once_both_values_are_shown_and_one_is_chosen(as_user, centre):
    person = make_migrant(centre("GAO"), surname="Avant", phone="22370000000")
    url = reverse("cases:edit", args=[person.pk])
    first, second = as_user("agent.gao"), as_user("manager.gao")
    assert first.post(url, _correction(person, surname="Premier", phone="22371111111")).status_code == 302
    conflict = second.post(url, _correction(person, surname="Second", phone="22372222222"))
    assert conflict.status_code == 409
    page = conflict.content.decode()
    assert {"Premier", "Second", "22371111111", "22372222222"} <= set(re.findall(r"\w+", page))
    person.refresh_from_db()
    assert person.surname == "Premier", "nothing is overwritten silently"
    body = dict(conflict.context["typed"]) | {"version": str(conflict.context["version"]), "differing": ["surname", "phone"]}
    undecided = second.post(url, body | {"choose_surname": "mine"})
    assert undecided.status_code == 409
    person.refresh_from_db()
    assert person.surname == "Premier"
    decided = second.post(url, body | {"choose_surname": "mine", "choose_phone": "theirs"})
    assert decided.status_code == 302
    person.refresh_from_db()
    assert (person.surname, person.phone, person.version) == ("Second", "22371111111", 3)


def test_the_same_correction_sent_twice_is_no_conflict(as_user, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    body = _correction(person, surname="Corrigé")
    for _time in range(2):
        assert browser.post(reverse("cases:edit", args=[person.pk]), body).status_code == 302
    person.refresh_from_db()
    assert person.version == 2


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "99999999999999999999", "٣", "\x01"])
def test_a_version_nobody_saw_saves_nothing(as_user, centre, version):
    person = make_migrant(centre("GAO"))
    assert as_user("agent.gao").post(reverse("cases:edit", args=[person.pk]), _correction(person, surname="Faux", version=version)).status_code == 409
    person.refresh_from_db()
    assert person.surname != "Faux"


def test_a_stale_service_call_says_what_is_saved_now(persona, centre):
    person, agent = make_migrant(centre("GAO")), persona("agent.gao")
    correct_identity(actor=agent, migrant=person, version=1, surname="Neuf")
    with pytest.raises(Stale) as stale:
        correct_identity(actor=agent, migrant=person, version=1, surname="Vieux")
    assert stale.value.current.surname == "Neuf"
    with pytest.raises(PermissionDenied):
        correct_identity(actor=persona("agent.kayes"), migrant=person, version=2, surname="Vol")


def test_nobody_answers_for_oneself(as_user, centre):
    person = make_minor(centre("GAO"))
    response = as_user("agent.gao").post(
        reverse("cases:edit", args=[person.pk]), _correction(person, birth_0="", birth_1="", birth_2=str(person.born_on.year), accompanied_by=person.case_number)
    )
    assert response.status_code == 200
    assert response.context["form"].errors["accompanied_by"]


# --- home and cost -------------------------------------------------------------------------------------------------


def test_the_home_page_shows_each_role_what_is_theirs(as_user, centre):
    child = make_minor(centre("GAO"), surname="Zongo", given_names="Biba")
    agent, officer = as_user("agent.gao").get("/").content.decode(), as_user("protection").get("/").content.decode()
    assert "1 personne enregistrée aujourd’hui" in agent
    assert "Biba Zongo" not in agent
    assert "Biba Zongo" in officer
    assert child.case_number.startswith("GAO")
    assert "/migrants/register/" not in as_user("steering.eu").get("/").content.decode()


@pytest.mark.parametrize(
    "url", ["/migrants/", "/migrants/?q=Essai", "/migrants/{pk}/", "/migrants/{pk}/print/", "/migrants/{pk}/reads/", "/migrants/{pk}/consents/", "/"]
)
def test_a_page_costs_the_same_whatever_is_on_it(as_user, centre, url):
    gao = centre("GAO")
    adult = make_migrant(gao)
    person = make_minor(gao, accompanied_by=adult)
    browser = as_user("agent.gao")
    url = url.format(pk=person.pk)

    def cost():
        browser.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(url).status_code == 200
        return [query["sql"] for query in queries.captured_queries]

    before = cost()
    for number in range(12):
        make_minor(gao, accompanied_by=adult)
        make_note(gao, person, text=f"Note {number}")
        make_attachment(gao, person)
    after = cost()
    assert len(before) == len(after), "\n".join(after)
    own = [sql for sql in after if not any(table in sql for table in ('"reception_', '"returns_', '"reintegration_'))]
    assert len(own) <= 11, "\n".join(own)
