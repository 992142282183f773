"""/api/v1/stays/ and /api/v1/assistance/."""

import datetime
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import ReadLog
from centres.models import Room
from reception.models import Assistance, Stay
from reception.services import assign_bed, check_out
from tests.factories import make_migrant

from .factories import a_bed, make_assistance, make_stay

STAYS, LINES, TRANSFERS = "/api/v1/stays/", "/api/v1/assistance/", "/api/v1/transfers/"


def arrival(at, **more):
    return {"id": str(uuid.uuid4()), "migrant": str(make_migrant(at).pk), "centre": at.code, "origin": "transit", "came_from": "NE", **more}


class TestStays:
    def test_post_is_idempotent(self, api_as, centre):
        gao, api = centre("GAO"), api_as("agent.gao")
        body = arrival(gao, bed=a_bed(gao).pk)
        first = api.post_json(STAYS, body)
        assert first.status_code == 201, first.content
        assert first.json()["bed_now"] == body["bed"] and first.json()["departed_at"] is None
        again = api.post_json(STAYS, body)
        assert again.status_code == 200 and again.json() == first.json()
        other = api.post_json(STAYS, {**body, "origin": "returned"})
        assert other.status_code == 409 and other.headers["content-type"].startswith("application/problem+json")
        assert Stay.objects.count() == 1

    @pytest.mark.parametrize(("username", "status"), [("agent.kayes", 400), ("returns.gao", 403), ("steering.eu", 403), ("me.iom", 403), ("auditor", 403)])
    def test_post_by_others(self, api_as, centre, username, status):
        answer = api_as(username).post_json(STAYS, arrival(centre("GAO")))
        assert answer.status_code == status, answer.content
        assert not Stay.objects.exists()

    def test_own_person_at_another_centre(self, api_as, centre):
        body = arrival(centre("KAY"))
        assert api_as("agent.kayes").post_json(STAYS, {**body, "centre": "GAO"}).status_code == 403
        assert not Stay.objects.exists()

    def test_refusals_in_words(self, api_as, centre):
        gao, api = centre("GAO"), api_as("agent.gao")
        stay = make_stay(gao)
        answer = api.post_json(STAYS, arrival(gao, migrant=str(stay.migrant_id)))
        assert answer.status_code == 400 and "déjà admise" in str(answer.json()["errors"])
        taken = a_bed(gao)
        make_stay(gao, bed=taken)
        assert "bed" in api.post_json(STAYS, arrival(gao, bed=taken.pk)).json()["errors"]
        assert "bed" in api.post_json(STAYS, arrival(gao, bed=a_bed(gao, Room.Kind.WOMEN).pk)).json()["errors"]
        for field, wrong in (
            ("id", "x"),
            ("migrant", "y"),
            ("migrant", str(uuid.uuid4())),
            ("centre", "ZZZ"),
            ("origin", "z"),
            ("came_from", "ZZ"),
            ("arrived_at", "2999-01-01T00:00:00Z"),
            ("bed", "b"),
            ("bed", 10**30),
        ):
            answer = api.post_json(STAYS, arrival(gao, **{field: wrong}))
            assert answer.status_code == 400 and field in answer.json()["errors"], (field, wrong, answer.content)
        assert Stay.objects.count() == 2

    def test_list_and_filters(self, api_as, persona, centre):
        gao, kayes = centre("GAO"), centre("KAY")
        here, gone, there = make_stay(gao), make_stay(gao), make_stay(kayes)
        check_out(actor=persona("agent.gao"), stay=gone, reason="left")

        def keys(username, query=""):
            answer = api_as(username).send("GET", STAYS + query)
            assert answer.status_code == 200, answer.content
            return {row["id"] for row in answer.json()["results"]}

        assert keys("agent.gao") == {str(here.pk), str(gone.pk)}
        assert keys("agent.gao", "?open=true") == {str(here.pk)}
        assert keys("agent.gao", "?open=false") == {str(gone.pk)}
        assert keys("agent.gao", "?centre=KAY") == set()
        assert keys("protection", "?centre=KAY") == {str(there.pk)}
        assert keys("agent.gao", f"?migrant={gone.migrant_id}") == {str(gone.pk)}
        assert api_as("steering.eu").send("GET", STAYS).status_code == 403
        assert api_as("agent.gao").send("GET", STAYS + "?open=maybe").status_code == 400
        log = ReadLog.objects.filter(user=persona("agent.gao"), path=STAYS).latest("id")
        assert log.rows == [str(gone.migrant_id)]

    def test_one(self, api_as, centre):
        stay = make_stay(centre("GAO"))
        url = reverse("api-stay", args=[stay.pk])
        assert api_as("agent.gao").send("GET", url).json()["centre"] == "GAO"
        assert api_as("returns.gao").send("GET", url).status_code == 200
        for username in ("agent.kayes", "steering.eu", "auditor"):
            assert api_as(username).send("GET", url).status_code == 404

    def test_departure(self, api_as, centre):
        stay = make_stay(centre("GAO"))
        url, api = reverse("api-stay", args=[stay.pk]), api_as("agent.gao")
        assert api_as("returns.gao").patch_json(url, {"departure_reason": "left"}).status_code == 403
        assert api_as("agent.kayes").patch_json(url, {"departure_reason": "left"}).status_code == 404
        assert api.patch_json(url, {"departure_reason": "bored"}).status_code == 400
        assert api.patch_json(url, {"departure_reason": "left", "departed_at": "2999-01-01T00:00:00Z"}).status_code == 400
        assert api.patch_json(url, {"departure_reason": "transferred", "transfer_to": "KAY"}).status_code == 400
        assert api.patch_json(url, {"departure_reason": "left"}).status_code == 200
        assert api.patch_json(url, {"departure_reason": "left"}).status_code == 200
        assert api.patch_json(url, {"departure_reason": "hospital"}).status_code == 409

    def test_stale_departure(self, api_as, persona, centre):
        stay = make_stay(centre("GAO"))
        assign_bed(actor=persona("agent.gao"), stay=stay, bed=a_bed(centre("GAO")))
        url = reverse("api-stay", args=[stay.pk])
        assert api_as("agent.gao").patch_json(url, {"departure_reason": "left", "version": 1}).status_code == 409
        assert api_as("agent.gao").patch_json(url, {"departure_reason": "left", "version": 2}).status_code == 200

    def test_transfer(self, api_as, centre):
        """Asked, accepted, left, arrived: the other centre reads no name before it has said yes."""
        stay = make_stay(centre("GAO"))
        one = reverse("api-stay", args=[stay.pk])
        sending, receiving, manager = api_as("agent.gao"), api_as("agent.kayes"), api_as("manager.kayes")
        assert sending.patch_json(one, {"departure_reason": "transferred", "transfer_to": "KAY"}).status_code == 400  # nobody has accepted
        day = (timezone.localdate() + datetime.timedelta(days=1)).isoformat()
        body = {"id": str(uuid.uuid4()), "stays": [str(stay.pk)], "to_centre": "KAY", "planned_on": day, "reason": "Plus de place"}
        assert receiving.post_json(TRANSFERS, body).status_code == 400  # out of scope
        made = sending.post_json(TRANSFERS, body)
        assert made.status_code == 201, made.content
        assert sending.post_json(TRANSFERS, body).status_code == 200 and sending.post_json(TRANSFERS, {**body, "reason": "Autre"}).status_code == 409
        url = reverse("api-transfer", args=[made.json()[0]["id"]])
        before = manager.send("GET", url).json()
        assert before["migrant"] is None and before["age_band"] == "18–59 ans" and made.json()[0]["migrant"] == str(stay.migrant_id)
        assert sending.patch_json(url, {"state": "accepted", "version": 1}).status_code == 403
        assert manager.patch_json(url, {"state": "accepted", "version": 1}).json()["migrant"] == str(stay.migrant_id)
        assert manager.patch_json(url, {"state": "refused", "version": 1, "words": "Non"}).status_code == 409
        assert sending.patch_json(one, {"departure_reason": "transferred", "transfer_to": "BKO"}).status_code == 400
        assert sending.patch_json(one, {"departure_reason": "transferred", "transfer_to": "KAY"}).status_code == 200
        assert sending.send("GET", f"{TRANSFERS}?state=travelling&centre=GAO").json()["results"][0]["version"] == 3
        arrived = {**arrival(centre("KAY")), "migrant": str(stay.migrant_id), "origin": "transferred"}
        assert receiving.post_json(STAYS, arrived).status_code == 201
        assert receiving.send("GET", url).json()["state"] == "arrived"
        assert api_as("agent.bamako").send("GET", url).status_code == 404


class TestAssistance:
    def line(self, at, **more):
        return {"id": str(uuid.uuid4()), "migrant": str(make_stay(at).migrant_id), "centre": at.code, "service": "dejeuner", **more}

    def test_post_is_idempotent(self, api_as, centre):
        api, body = api_as("agent.gao"), self.line(centre("GAO"))
        first = api.post_json(LINES, body)
        assert first.status_code == 201, first.content
        assert first.json()["given_on"] == timezone.localdate().isoformat()
        assert api.post_json(LINES, body).status_code == 200
        assert api.post_json(LINES, {**body, "service": "diner"}).status_code == 409
        assert api.post_json(LINES, {**body, "id": str(uuid.uuid4())}).status_code == 400
        assert Assistance.objects.count() == 1

    def test_scope(self, api_as, centre):
        body = self.line(centre("GAO"))
        for username, status in (("agent.kayes", 400), ("returns.gao", 403), ("steering.eu", 403)):
            assert api_as(username).post_json(LINES, body).status_code == status
        assert api_as("agent.gao").post_json(LINES, body).status_code == 201

    def test_refusals(self, api_as, centre):
        gao, api = centre("GAO"), api_as("agent.gao")
        tomorrow = (timezone.localdate() + datetime.timedelta(days=1)).isoformat()
        for field, wrong in (
            ("service", "champagne"),
            ("given_on", tomorrow),
            ("given_on", "hier"),
            ("quantity", 0),
            ("quantity", 1000),
            ("quantity", 2),
            ("centre", "ZZZ"),
        ):
            answer = api.post_json(LINES, self.line(gao, **{field: wrong}))
            assert answer.status_code == 400 and field in answer.json()["errors"], (field, wrong, answer.content)

    def test_list_and_one(self, api_as, centre):
        line, other = make_assistance(centre("GAO")), make_assistance(centre("KAY"))
        answer = api_as("agent.gao").send("GET", f"{LINES}?centre=GAO&given_on={timezone.localdate()}")
        assert [row["id"] for row in answer.json()["results"]] == [str(line.pk)]
        url = reverse("api-assistance-line", args=[line.pk])
        assert api_as("agent.gao").send("GET", url).json()["service"] == "kit-hygiene"
        assert api_as("agent.kayes").send("GET", url).status_code == 404
        assert api_as("agent.gao").send("GET", reverse("api-assistance-line", args=[other.pk])).status_code == 404
        assert api_as("agent.gao").send("DELETE", url).status_code == 405

    def test_same_number_of_queries(self, api_as, centre, django_assert_max_num_queries):
        gao, api = centre("GAO"), api_as("agent.gao")
        for _ in range(12):
            make_assistance(gao)
        for url in (STAYS, LINES):
            with django_assert_max_num_queries(12):
                assert len(api.send("GET", url).json()["results"]) == 12
