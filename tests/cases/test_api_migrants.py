"""The API of people keeps the rules of the pages."""

import base64
import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import ReadLog
from cases.models import Migrant
from tests.factories import make_migrant, make_minor

from .factories import registration_json

URL = "/api/v1/migrants/"
FIELDS = {
    "id",
    "whereabouts",
    "case_number",
    "surname",
    "given_names",
    "sex",
    "born_on",
    "birth_precision",
    "nationality",
    "phone",
    "other_names",
    "father_given_names",
    "mother_given_names",
    "second_nationality",
    "origin_country",
    "origin_area",
    "origin_place",
    "languages",
    "marital_status",
    "other_phone",
    "household_role",
    "arrival_kind",
    "arrived_on",
    "registration_group",
    "registered_at",
    "registered_centre",
    "unaccompanied_minor",
    "flags",
    "version",
}


def problem(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"].startswith("application/problem+json")
    body = response.json()
    assert body["status"] == status
    assert body["title"]
    return body


def test_registering_and_sending_again(api_as, centre):
    client, body = api_as("agent.gao"), registration_json(centre("GAO"))
    first = client.post_json(URL, body)
    assert first.status_code == 201
    assert set(first.json()) == FIELDS
    assert first.json()["registered_centre"] == "GAO"
    again = client.post_json(URL, body)
    assert again.status_code == 200
    assert again.json() == first.json()
    reordered = client.post_json(URL, dict(reversed(list(body.items()))) | {"surname": " Traore\u0301 "})
    assert reordered.status_code == 200, "the same words in other bytes are the same body"
    other = problem(client.post_json(URL, body | {"surname": "Keïta"}), 409)
    assert "Traor" not in json.dumps(other)
    assert Migrant.objects.count() == 1


def test_the_same_body_is_known_after_a_correction(api_as, centre):
    client, body = api_as("agent.gao"), registration_json(centre("GAO"))
    client.post_json(URL, body)
    client.patch_json(f"{URL}{body['id']}/", {"version": 1, "surname": "Corrigé"})
    again = client.post_json(URL, body)
    assert (again.status_code, again.json()["surname"]) == (200, "Corrigé")


def test_a_key_of_another_centre_answers_without_content(api_as, centre):
    theirs = make_migrant(centre("GAO"), surname="Secretissime")
    body = problem(api_as("agent.kayes").post_json(URL, registration_json(centre("KAY"), id=str(theirs.pk))), 409)
    assert "Secretissime" not in json.dumps(body)
    assert theirs.case_number not in json.dumps(body)
    assert "current" not in body
    same = {"surname": theirs.surname, "given_names": theirs.given_names, "nationality": "GN", "id": str(theirs.pk)}
    problem(api_as("agent.kayes").post_json(URL, registration_json(centre("KAY"), **same)), 409)


def test_the_centre_may_be_left_out_where_there_is_only_one(api_as, centre):
    body = registration_json(centre("GAO"))
    del body["centre"]
    assert api_as("agent.gao").post_json(URL, body).status_code == 201
    assert api_as("agent.kayes").post_json(URL, registration_json(centre("GAO"))).status_code == 403
    assert Migrant.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"surname": "", "given_names": ""},
        {"surname": "Tra\x1boré"},
        {"surname": "A" * 10_000},
        {"surname": 5},
        {"surname": None},
        {"surname": ["a"]},
        {"surname": "123"},
        {"sex": "x"},
        {"sex": None},
        {"born_on": "2026-02-30"},
        {"born_on": "9999-12-31"},
        {"born_on": "9999-12-01", "birth_precision": "month"},
        {"born_on": "0001-01-01"},
        {"born_on": "0001-01-01", "birth_precision": "age"},
        {"born_on": "1899-12-31"},
        {"born_on": 0},
        {"birth_precision": "hour"},
        {"nationality": "MLI"},
        {"nationality": "XX"},
        {"nationality": "ml"},
        {"phone": "abc"},
        {"phone": "+"},
        {"id": "x"},
        {"id": None},
        {"centre": "XXX"},
        {"centre": {"a": 1}},
        {"consent_purposes": []},
        {"consent_purposes": ["statistics"]},
        {"consent_purposes": "registration"},
        {"consent_purposes": ["registration"] * 1000},
        {"consent_method": "x"},
        {"consent_language": "xxxx"},
    ],
)
def test_what_cannot_be_kept_is_refused_by_field(api_as, centre, change):
    body = problem(api_as("agent.gao").post_json(URL, registration_json(centre("GAO")) | change), 400)
    assert body["errors"]
    assert not Migrant.objects.exists()


def test_half_a_surrogate_is_refused(api_as, centre):
    text = json.dumps(registration_json(centre("GAO"), surname="SURROGATE")).replace("SURROGATE", "\\ud800")
    problem(api_as("agent.gao").generic("POST", URL, text, content_type="application/json"), 400)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1", '"x"', "[" * 5000])
def test_what_is_no_object_is_refused(api_as, text):
    problem(api_as("agent.gao").generic("POST", URL, text, content_type="application/json"), 400)


@pytest.mark.parametrize(("day", "precision", "kept"), [
        ("1990-03-05", "year", "1990-12-31"), ("2008-02-01", "month", "2008-02-29"), ("1990-03-05", "day", "1990-03-05"),
        ("1990", "year", "1990-12-31"), ("1990", "age", "1990-12-31"), ("2008-02", "month", "2008-02-29"),
    ],
)  # fmt: skip
def test_any_day_of_a_known_year_is_kept_as_its_last_and_never_said(api_as, centre, day, precision, kept):
    answer = api_as("agent.gao").post_json(URL, registration_json(centre("GAO"), born_on=day, birth_precision=precision)).json()
    assert Migrant.objects.get().born_on.isoformat() == kept
    assert answer["born_on"] == kept[: {"day": 10, "month": 7}.get(precision, 4)]
    again = api_as("agent.gao").patch_json(f"{URL}{answer['id']}/", {"version": 1, "born_on": answer["born_on"], "birth_precision": precision})
    assert (again.status_code, Migrant.objects.get().born_on.isoformat()) == (200, kept)


@pytest.mark.parametrize(("day", "precision"), [("1990", "day"), ("1990-03", "day"), ("1990", "month")])
def test_no_day_is_made_of_a_year(api_as, centre, day, precision):
    problem(api_as("agent.gao").post_json(URL, registration_json(centre("GAO"), born_on=day, birth_precision=precision)), 400)
    person = make_migrant(centre("GAO"))
    problem(api_as("agent.gao").patch_json(f"{URL}{person.pk}/", {"version": 1, "born_on": day}), 400)


def test_reading_is_for_the_scope_and_written_down(api_as, centre):
    person = make_minor(centre("GAO"))
    url = f"{URL}{person.pk}/"
    response = api_as("agent.gao").get(url)
    assert response.json()["unaccompanied_minor"] is True
    assert ReadLog.objects.get(action="opened").rows == [str(person.pk)]
    problem(api_as("agent.kayes").get(url), 404)
    problem(api_as("agent.kayes").patch_json(url, {"version": 1, "surname": "Vol"}), 404)
    problem(api_as("agent.kayes").get(f"{url}duplicates/"), 404)
    for username in ("steering.eu", "me.iom", "auditor", "admin"):
        assert api_as(username).get(url).status_code in (403, 404)
        assert api_as(username).get(URL).status_code == 403
        assert api_as(username).post_json(URL, registration_json(centre("GAO"))).status_code == 403
    problem(api_as("agent.gao").get(f"{URL}{uuid.uuid4()}/"), 404)


def test_nobody_signed_in_gets_nothing(client, db, centre):
    person = make_migrant(centre("GAO"))
    for url in (URL, f"{URL}{person.pk}/", f"{URL}{person.pk}/duplicates/"):
        assert client.get(url).status_code in (401, 403)
    assert client.post(URL, registration_json(centre("GAO")), content_type="application/json").status_code in (401, 403)


def test_a_correction_needs_the_version_that_was_read(api_as, centre):
    person, client = make_migrant(centre("GAO"), surname="Avant"), api_as("agent.gao")
    url = f"{URL}{person.pk}/"
    problem(client.patch_json(url, {"surname": "Sans"}), 400)
    done = client.patch_json(url, {"version": 1, "surname": "Après", "phone": "76 12 34 56"})
    assert done.status_code == 200
    assert (done.json()["surname"], done.json()["version"], done.json()["phone"]) == ("Après", 2, "22376123456")
    stale = problem(client.patch_json(url, {"version": 1, "surname": "Trop tard"}), 409)
    assert (stale["current"]["surname"], stale["current"]["version"]) == ("Après", 2)
    assert api_as("protection").patch_json(url, {"version": 2, "surname": "Non"}).status_code == 403
    for bad in ({"version": 0}, {"version": "x"}, {"version": 10**30}, {"version": 2, "surname": "", "given_names": ""}, {"version": 2, "born_on": "9999-01-01"}):
        problem(client.patch_json(url, bad), 400)
    person.refresh_from_db()
    assert (person.surname, person.version) == ("Après", 2)


def test_what_is_not_identity_cannot_be_corrected(api_as, centre):
    person, client = make_migrant(centre("GAO")), api_as("agent.gao")
    number = person.case_number
    response = client.patch_json(f"{URL}{person.pk}/", {"version": 1, "case_number": "GAO-1", "registered_centre": "KAY", "id": str(uuid.uuid4())})
    assert response.status_code == 400 and set(response.json()["errors"]) == {"case_number", "registered_centre", "id"}
    person.refresh_from_db()
    assert (person.case_number, person.registered_centre.code, person.version) == (number, "GAO", 1)


def test_searching_orders_by_likeness_and_stays_in_scope(api_as, centre):
    gao = centre("GAO")
    make_migrant(gao, surname="Traoré", given_names="Moussa Karim")
    exact = make_migrant(gao, surname="Traoré", given_names="Moussa")
    make_migrant(centre("KAY"), surname="Traoré", given_names="Moussa")
    results = api_as("agent.gao").get(URL, {"q": "traore moussa"}).json()["results"]
    assert len(results) == 2
    assert results[0]["id"] == str(exact.pk)
    assert {len(entry.rows) for entry in ReadLog.objects.filter(action="searched")} == {2}
    for typed in ("x" * 10_000, "&|!", "%"):
        assert api_as("agent.gao").get(URL, {"q": typed}).status_code == 200


def test_filters_and_pages(api_as, centre):
    gao = centre("GAO")
    child = make_minor(gao, nationality="SN")
    for _ in range(3):
        make_migrant(gao)
    client = api_as("agent.gao")
    assert [row["id"] for row in client.get(URL, {"unaccompanied_minor": "true"}).json()["results"]] == [str(child.pk)]
    assert [row["id"] for row in client.get(URL, {"nationality": "SN"}).json()["results"]] == [str(child.pk)]
    assert client.get(URL, {"centre": "KAY"}).json()["results"] == []
    problem(client.get(URL, {"sex": "x"}), 400)
    seen, url = [], f"{URL}?page_size=3"
    while url:
        body = client.get(url).json()
        seen += [row["id"] for row in body["results"]]
        url = body["next"]
    assert len(seen) == len(set(seen)) == 4


@pytest.mark.django_db(transaction=True)
def test_a_cursor_that_somebody_made_up_is_absent(api_as, centre):
    make_migrant(centre("GAO"))
    client = api_as("agent.gao")
    for made_up in ("p=0001-01-01T00:00:00%2B23:59", "p=x", "o=1&p=9999-12-31T00:00:00%2B00:00", "r=1", "o=-5", "o=" + "9" * 400, "p=\x00", ""):
        cursor = base64.b64encode(made_up.encode()).decode()
        assert client.get(URL, {"cursor": cursor}).status_code in (200, 404), made_up
    problem(client.get(URL, {"cursor": "x"}), 404)


def test_duplicates_show_detail_only_in_scope(api_as, centre):
    gao, kayes = centre("GAO"), centre("KAY")
    person = make_migrant(gao, surname="Traoré", given_names="Moussa")
    near = make_migrant(gao, surname="Traore", given_names="Moussa")
    far = make_migrant(kayes, surname="Traoré", given_names="Musa", phone="22370000001")
    answer = api_as("agent.gao").get(f"{URL}{person.pk}/duplicates/")
    by_centre = {row["centre"]: row for row in answer.json()}
    assert set(by_centre) == {"GAO", "KAY"}
    assert by_centre["GAO"]["migrant"]["id"] == str(near.pk)
    assert by_centre["KAY"]["migrant"] is None
    assert set(by_centre["KAY"]) == {"certainty", "centre", "migrant", "reasons"}
    assert by_centre["KAY"]["reasons"] == [] and by_centre["GAO"]["reasons"]
    assert 0.85 <= by_centre["KAY"]["certainty"] <= 1
    assert str(far.pk) not in answer.content.decode()
    assert "22370000001" not in answer.content.decode()
    assert api_as("protection").get(f"{URL}{person.pk}/duplicates/").status_code == 403


def test_a_list_costs_the_same_however_long(api_as, centre):
    client, gao = api_as("agent.gao"), centre("GAO")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        return len(queries)

    make_migrant(gao)
    cost()  # the first request of a session writes it
    before = cost()
    for _ in range(10):
        make_migrant(gao)
    assert cost() == before <= 8
