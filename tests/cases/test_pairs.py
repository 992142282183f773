"""Pairs for review: found after every change, seen in scope only, decided once."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit.models import ReadLog
from cases.models import DuplicateCheck, DuplicatePair, IdentityDocument, Migrant
from cases.sealed import equality_key, seal
from cases.services import check_person, check_waiting, correct_identity, tell_apart
from tests.factories import agent_of, make_migrant

from .factories import make_pair, manager_of, move
from .test_registration import _in_threads, _register

NUMBERS = ("registered", "corrected", "bulk", "document")


def waiting():
    return set(DuplicateCheck.objects.values_list("migrant_id", flat=True))


def test_whoever_is_new_or_changed_is_looked_for(centre):
    gao = centre("GAO")
    person = make_migrant(gao)
    assert waiting() == {person.pk}
    assert check_waiting() == 1
    assert waiting() == set()
    correct_identity(actor=agent_of(gao), migrant=person, version=1, surname="Coulibaly")
    assert waiting() == {person.pk}
    check_waiting()
    Migrant.objects.filter(pk=person.pk).update(mother_given_names="Awa")  # by whatever way
    assert waiting() == {person.pk}
    check_waiting()
    Migrant.objects.filter(pk=person.pk).update(marital_status="single")  # nothing that people are compared by
    assert waiting() == set()
    IdentityDocument.objects.create(migrant=person, kind="passport", country="ML", number_sealed=seal("B1"), number_key=equality_key("B1"))
    assert waiting() == {person.pk}


def test_a_pair_is_found_with_its_reasons_and_goes_when_the_names_no_longer_fit(centre):
    gao = centre("GAO")
    one = make_migrant(gao, surname="Coulibaly", given_names="Fatoumata", sex="female", nationality="ML")
    two = make_migrant(gao, surname="Kulibali", given_names="Fatoumata", sex="female", nationality="ML")
    check_waiting()
    pair = DuplicatePair.objects.get()
    assert {pair.first_id, pair.second_id} == {one.pk, two.pk} and pair.first_id < pair.second_id
    assert pair.state == "open" and pair.certainty > 0.9
    assert {"surname_near", "given_same", "birth_day"} <= set(pair.reasons)
    assert not any("oulibal" in reason for reason in pair.reasons)  # no name is kept
    correct_identity(actor=agent_of(gao), migrant=two, version=1, surname="Keïta", given_names="Salif", sex="male")
    check_waiting()
    assert not DuplicatePair.objects.exists()


def test_the_same_paper_is_found_whatever_the_name(centre):
    gao = centre("GAO")
    people = [make_migrant(gao, surname="Barry", given_names="Alpha"), make_migrant(gao, surname="Diallo", given_names="Thierno", born_on=datetime.date(1994, 1, 2))]
    for person, number in zip(people, ("AB 12-34", "ab1234"), strict=True):
        IdentityDocument.objects.create(migrant=person, kind="passport", country="GN", number_sealed=seal(number), number_key=equality_key(number))
    check_waiting()
    assert DuplicatePair.objects.get().reasons[0] == "document_same"


def test_twins_of_one_family_are_no_pair(centre):
    family = {"surname": "Traoré", "nationality": "ML", "father_given_names": "Bakary", "mother_given_names": "Awa", "phone": "22376123456"}
    for given in ("Lassine", "Fousseyni"):
        make_migrant(centre("GAO"), given_names=given, **family)
    check_waiting()
    assert not DuplicatePair.objects.exists()


def test_two_people_is_remembered_until_both_changed_much(centre, persona):
    gao = centre("GAO")
    pair = make_pair(gao)
    tell_apart(actor=persona("manager.gao"), pair=pair, why="Cousines, vues ensemble.")
    one, two = pair.first, pair.second

    def again():
        check_person(actor=None, migrant_id=one.pk)
        check_person(actor=None, migrant_id=two.pk)
        pair.refresh_from_db()
        return pair.state

    assert again() == "apart"
    Migrant.objects.filter(pk=one.pk).update(phone="22370000009")
    assert again() == "apart"
    Migrant.objects.filter(pk__in=[one.pk, two.pk]).update(born_on=datetime.date(1996, 6, 15))
    assert again() == "open"
    assert (pair.decided_by, pair.why) == (None, "")


def test_review_list_and_comparison(as_user, centre):
    gao, browser = centre("GAO"), as_user("manager.gao")
    pair = make_pair(gao)
    page = browser.get("/migrants/duplicates/").content.decode()
    assert f"/migrants/duplicates/{pair.pk}/" in page
    assert "Kulibali" in page and "nom de famille presque pareil" in page
    page = browser.get(f"/migrants/duplicates/{pair.pk}/").content.decode()
    assert "même jour de naissance" in page and "Coulibaly" in page and "Réunir les deux dossiers" in page
    assert "paire de dossiers à examiner" in browser.get("/").content.decode()
    assert ReadLog.objects.filter(user__username="manager.gao", rows__contains=[str(pair.first_id), str(pair.second_id)]).count() == 2
    assert browser.post(f"/migrants/duplicates/{pair.pk}/apart/", {"why": "Sœurs"}).status_code == 302
    pair.refresh_from_db()
    assert (pair.state, pair.why, pair.decided_by.username) == ("apart", "Sœurs", "manager.gao")
    assert f"/migrants/duplicates/{pair.pk}/" not in browser.get("/migrants/duplicates/").content.decode()
    assert f"/migrants/duplicates/{pair.pk}/" in browser.get(f"/migrants/{pair.first_id}/duplicates/").content.decode()


def test_a_file_out_of_scope_shows_only_how_sure_and_where(as_user, centre, persona):
    pair = make_pair(centre("GAO"), centre("KAY"), phone="22379998877")
    theirs = Migrant.objects.get(registered_centre__code="GAO", pk__in=[pair.first_id, pair.second_id])
    browser = as_user("manager.kayes")
    for url in ("/migrants/duplicates/", f"/migrants/duplicates/{pair.pk}/"):
        page = browser.get(url).content.decode()
        assert "Gao" in page and "la même personne" in page
        for secret in (theirs.case_number, str(theirs.pk), "Coulibaly", "téléphone", "presque pareil"):
            assert secret not in page, (url, secret)
    assert browser.get(f"/migrants/duplicates/{pair.pk}/merge/").status_code == 403
    assert browser.post(f"/migrants/duplicates/{pair.pk}/apart/", {"why": "x"}).status_code == 403
    with pytest.raises(PermissionDenied):
        tell_apart(actor=persona("manager.kayes"), pair=pair)
    assert as_user("manager.bamako").get(f"/migrants/duplicates/{pair.pk}/").status_code == 404
    for username in ("agent.gao", "protection"):
        assert as_user(username).get(f"/migrants/duplicates/{pair.pk}/").status_code == 403
        assert as_user(username).get("/migrants/duplicates/").status_code == 403
    assert ReadLog.objects.filter(user__username="manager.kayes", rows__contains=[str(theirs.pk)]).exists()


def test_what_a_former_centre_kept_is_not_compared_with_what_is_now(as_user, centre):
    pair = make_pair(centre("GAO"))
    move(pair.first, centre("BKO"))
    Migrant.objects.filter(pk=pair.first_id).update(surname="Nouveaunom")
    page = as_user("manager.gao").get(f"/migrants/duplicates/{pair.pk}/").content.decode()
    assert "Nouveaunom" not in page and "Bamako" in page


def test_nonsense_is_refused_in_words(as_user, centre, persona):
    pair, browser = make_pair(centre("GAO")), as_user("manager.gao")
    for why in ("\x01", "x" * 1000, "\ud7ff\ue000"):
        assert browser.post(f"/migrants/duplicates/{pair.pk}/apart/", {"why": why}).status_code == 302
        pair.refresh_from_db()
        assert pair.state == "open"
    with pytest.raises(ValidationError):
        tell_apart(actor=persona("manager.gao"), pair=pair, why="\x07")
    for after in ("x", "nan~1", "0.5~99999999999999999999", "1~2~3", "\x01~1"):
        assert browser.get("/migrants/duplicates/", {"after": after}).status_code == 200


def test_the_review_list_goes_page_by_page(as_user, centre):
    gao = centre("GAO")
    people = [make_migrant(gao, surname="Kassambara", given_names="Gaoussou", nationality="ML") for _ in range(9)]
    for person in people:
        check_person(actor=None, migrant_id=person.pk)
    total = DuplicatePair.objects.count()
    assert total == 36
    browser, seen, url = as_user("manager.gao"), set(), "/migrants/duplicates/"
    while url:
        page = browser.get(url)
        seen |= {row.pair.pk for row in page.context["rows"]}
        following = page.context["page"]["next_url"]
        url = "/migrants/duplicates/" + following if following else ""
    assert len(seen) == total


@pytest.mark.django_db(transaction=True)
def test_forty_registrations_of_one_person_at_once_come_to_review(centre):
    gao = centre("GAO")
    agent = agent_of(gao)
    results = _in_threads(40, lambda i: _register(agent, gao, uuid.uuid4(), given_names="Gaoussou" if i % 2 else "Gawsu"))
    assert not [result for result in results if isinstance(result, Exception)]
    assert DuplicateCheck.objects.count() == 40
    assert sum(_in_threads(3, lambda i: check_waiting())) >= 40  # workers beside each other
    assert DuplicateCheck.objects.count() == 0
    paired = set(DuplicatePair.objects.values_list("first", flat=True)) | set(DuplicatePair.objects.values_list("second", flat=True))
    assert len(paired) == 40
    assert DuplicatePair.objects.to_review_by(manager_of(gao)).count() == DuplicatePair.objects.count() >= 40
