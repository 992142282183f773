"""Reintegrations and visits over the API: the same rules, in JSON."""

import uuid

import pytest

from ..factories import make_migrant
from .factories import day, make_reintegration, visit_of

pytestmark = pytest.mark.django_db
CASES, VISITS = "/api/v1/reintegration-cases/", "/api/v1/visits/"


def test_open_and_again(api_as, centre):
    migrant = make_migrant(centre("KAY"), nationality="ML")
    body = {"id": str(uuid.uuid4()), "migrant": str(migrant.pk), "kind": "individual", "returned_from": "FR", "centre": "KAY", "region": "Kayes"}
    client = api_as("reintegration.kayes")
    first, again = client.post_json(CASES, body), client.post_json(CASES, body)
    assert (first.status_code, again.status_code) == (201, 200) and first.json() == again.json()
    assert first.json()["returned_from_continent"] == "europe"
    assert client.post_json(CASES, {**body, "kind": "community"}).status_code == 409
    refused = client.post_json(CASES, {**body, "id": str(uuid.uuid4()), "returned_from": "US"})
    assert refused.status_code == 400 and "returned_from" in refused.json()["errors"]
    assert api_as("agent.kayes").post_json(CASES, {**body, "id": str(uuid.uuid4())}).status_code == 403
    assert api_as("reintegration.bamako").post_json(CASES, {**body, "id": str(uuid.uuid4())}).status_code == 400


def test_read_with_visits_and_supports(api_as, centre):
    case = make_reintegration(centre("KAY"))
    found = api_as("agent.kayes").get(f"{CASES}{case.pk}/").json()
    assert [visit["month"] for visit in found["visits"]] == [1, 3, 6, 9, 12] and found["supports"] == []
    assert api_as("reintegration.bamako").get(f"{CASES}{case.pk}/").status_code == 404
    assert [row["id"] for row in api_as("reintegration.kayes").get(f"{CASES}?centre=KAY").json()["results"]] == [str(case.pk)]
    assert api_as("reintegration.kayes").get(f"{CASES}?kind=moon").status_code == 400


def test_due_visits_and_recording(api_as, centre):
    visit = visit_of(make_reintegration(centre("KAY")), 1)
    client, url = api_as("reintegration.kayes"), f"{VISITS}{visit.pk}/"
    assert [row["id"] for row in client.get(f"{VISITS}?due=true").json()["results"]] == [str(visit.pk)]
    assert len(client.get(f"{VISITS}?case={visit.case_id}").json()["results"]) == 5
    assert client.get(f"{VISITS}?due=moon").status_code == 400 and client.get(f"{VISITS}?case=moon").status_code == 400
    body = {"version": 1, "done_on": day().isoformat(), "situation": "good", "note": "Va bien"}
    assert api_as("agent.kayes").patch_json(url, body).status_code == 403
    assert client.patch_json(url, {"version": 1}).status_code == 400
    done = client.patch_json(url, body)
    assert done.status_code == 200 and (done.json()["situation"], done.json()["version"]) == ("good", 2)
    stale = client.patch_json(url, {**body, "situation": "bad"})
    assert stale.status_code == 409 and stale.json()["current"]["situation"] == "good"
    assert client.get(f"{VISITS}?due=true").json()["results"] == []
    assert api_as("agent.kayes").get(url).json()["note"] == "Va bien"
    assert api_as("agent.gao").get(url).status_code == 404
