"""Returns over the API: the same rules, in JSON."""

import uuid

import pytest

from returns.models import ReturnCase

from ..cases.factories import make_best_interest
from ..factories import make_migrant, make_minor
from .factories import day, make_return

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/return-cases/"


def test_open_and_again(api_as, centre):
    body = {"id": str(uuid.uuid4()), "migrant": str(make_migrant(centre("GAO")).pk), "country_to": "GN", "place_to": "Labé"}
    client = api_as("returns.gao")
    first, again = client.post_json(ROOT, body), client.post_json(ROOT, body)
    assert (first.status_code, again.status_code) == (201, 200) and first.json() == again.json()
    assert first.json()["state"] == "requested" and first.json()["centre"] == "GAO"
    other = client.post_json(ROOT, {**body, "country_to": "SN"})
    assert other.status_code == 409 and other["Content-Type"] == "application/problem+json"


def test_nobody_opens_for_a_person_out_of_scope(api_as, centre):
    body = {"id": str(uuid.uuid4()), "migrant": str(make_migrant(centre("GAO")).pk), "country_to": "GN"}
    assert api_as("returns.bamako").post_json(ROOT, body).status_code == 400  # as if the person did not exist
    assert api_as("agent.gao").post_json(ROOT, body).status_code == 403
    assert api_as("returns.gao").post_json(ROOT, body).status_code == 201


def test_list_with_filters(api_as, centre):
    here, elsewhere = make_return(centre("GAO")), make_return(centre("BKO"))
    rows = api_as("agent.gao").get(ROOT).json()["results"]
    assert str(here.pk) in {row["id"] for row in rows} and str(elsewhere.pk) not in {row["id"] for row in rows}
    assert api_as("returns.gao").get(ROOT + "?state=arrived").json()["results"] == []
    assert api_as("returns.gao").get(ROOT + "?state=moon").status_code == 400
    assert api_as("me.aecid").get(ROOT).status_code == 403


def test_move_correct_and_stale(api_as, centre):
    url = f"{ROOT}{make_return(centre('GAO')).pk}/"
    client = api_as("returns.gao")
    moved = client.patch_json(url, {"to": "counselled", "version": 1, "counselled_on": day().isoformat()})
    assert moved.status_code == 200 and (moved.json()["state"], moved.json()["version"]) == ("counselled", 2)
    stale = client.patch_json(url, {"to": "withdrawn", "version": 1, "end_reason": "Reste"})
    assert stale.status_code == 409 and stale.json()["current"]["state"] == "counselled"
    refused = client.patch_json(url, {"to": "arrived", "version": 2, "arrived_on": day().isoformat()})
    assert refused.status_code == 400 and "to" in refused.json()["errors"]
    same = client.patch_json(url, {"version": 2, "counselled_on": day().isoformat()})
    assert same.status_code == 200 and same.json()["version"] == 2
    ReturnCase.objects.update(opened_on=day(-3))
    corrected = client.patch_json(url, {"version": 2, "counselled_on": day(-1).isoformat()})
    assert corrected.status_code == 200 and corrected.json()["version"] == 3
    assert client.patch_json(url, {"to": "consented", "declaration_signed_on": day().isoformat()}).status_code == 400  # no version
    assert api_as("agent.gao").patch_json(url, {"to": "consented", "version": 3}).status_code == 403
    assert api_as("agent.gao").get(url).status_code == 200
    assert api_as("returns.bamako").get(url).status_code == 404


def test_the_best_interest_decision_is_read_only(api_as, centre):
    child = make_minor(centre("GAO"))
    case = make_return(centre("GAO"), child)
    make_best_interest(child)
    sent = {"version": 1, "to": "counselled", "counselled_on": day().isoformat()}
    refused = api_as("returns.gao").patch_json(f"{ROOT}{case.pk}/", {**sent, "best_interest_on": "2020-01-01"})
    assert refused.status_code == 400 and "best_interest_on" in refused.json()["errors"]
    assert api_as("returns.gao").patch_json(f"{ROOT}{case.pk}/", sent).json()["best_interest_on"] == day().isoformat()
