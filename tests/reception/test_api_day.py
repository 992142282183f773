"""/api/v1/flags/, /api/v1/roll-calls/ and /api/v1/incidents/."""

import datetime
import uuid

import pytest
from django.utils import timezone

from audit.models import ReadLog
from reception.evening import evening_of
from reception.models import Alert, FlagKind, Incident, PersonFlag, RollCallLine
from tests.cases.factories import move
from tests.factories import make_migrant, make_minor

from .factories import crowd, make_flag, make_incident, make_stay, make_transfer, queries_of

FLAGS, ROLL_CALL, INCIDENTS = "/api/v1/flags/", "/api/v1/roll-calls/GAO/", "/api/v1/incidents/"


def last_read(model: str) -> list[str]:
    return ReadLog.objects.filter(model=model).latest("id").rows


class TestFlags:
    def test_set_once_read_and_lifted(self, api_as, centre):
        gao, api = centre("GAO"), api_as("agent.gao")
        person = make_migrant(gao)
        body = {"id": str(uuid.uuid4()), "migrant": str(person.pk), "kind": "regime-alimentaire", "reason": "Sans arachide"}
        first = api.post_json(FLAGS, body)
        assert first.status_code == 201, first.content
        assert api.post_json(FLAGS, body).status_code == 200
        assert api.post_json(FLAGS, {**body, "reason": "Autre"}).status_code == 409
        other = make_flag(centre("KAY"), "regime-alimentaire")
        assert [row["id"] for row in api.get(FLAGS + "?open=true").json()["results"]] == [body["id"]]
        assert last_read("cases.migrant") == [str(person.pk)]
        assert api.get(f"{FLAGS}?migrant={other.migrant_id}").json()["results"] == []
        url = f"{FLAGS}{body['id']}/"
        assert api.get(f"{FLAGS}{other.key}/").status_code == 404
        assert api_as("returns.gao").patch_json(url, {"lifted_reason": "Guérie"}).status_code == 403
        assert api.patch_json(url, {"lifted_reason": " "}).status_code == 400
        assert api.patch_json(url, {"lifted_reason": "Mange de tout"}).json()["lifted_reason"] == "Mange de tout"
        late = api_as("manager.gao").patch_json(url, {"lifted_reason": "Trop tard"})
        assert late.status_code == 409 and "déjà levé" in late.json()["detail"]
        assert api.get(FLAGS + "?open=true").json()["results"] == [] and len(api.get(FLAGS + "?open=false").json()["results"]) == 1

    def test_refusals_in_words(self, api_as, centre):
        api, gao = api_as("agent.gao"), centre("GAO")
        denies = FlagKind.objects.filter(denies=True).first()
        body = {"id": str(uuid.uuid4()), "migrant": str(make_migrant(gao).pk), "kind": "regime-alimentaire", "reason": "Sans arachide"}
        assert api.post_json(FLAGS, {**body, "kind": denies.code}).status_code == 403  # the manager's
        for field, wrong in (("migrant", str(make_migrant(centre("KAY")).pk)), ("kind", "zzz"), ("until", "2020-01-01"), ("reason", "")):
            answer = api.post_json(FLAGS, {**body, field: wrong})
            assert answer.status_code == 400 and field in answer.json()["errors"], answer.content
        assert not PersonFlag.objects.exists()

    def test_a_former_centre_reads_them_as_they_were(self, api_as, centre, persona):
        gao, bamako = centre("GAO"), centre("BKO")
        person = make_migrant(gao)
        api, body = api_as("agent.gao"), {"id": str(uuid.uuid4()), "migrant": str(person.pk), "kind": "regime-alimentaire", "reason": "Sans arachide"}
        assert api.post_json(FLAGS, body).status_code == 201
        move(person, bamako)
        url = f"{FLAGS}{body['id']}/"
        assert api_as("agent.bamako").patch_json(url, {"lifted_reason": "Dit la vérité à Bamako"}).status_code == 200
        for answer in (api.get(url), api.get(FLAGS), api.post_json(FLAGS, body)):
            assert answer.status_code == 200 and "Bamako" not in answer.content.decode() and '"lifted_at":null' in answer.content.decode()
        assert "Bamako" in api_as("agent.bamako").get(url).content.decode()
        # Not even by asking which ones act.
        assert api.get(FLAGS + "?open=true").json()["results"] == api.get(FLAGS + "?open=false").json()["results"] == []


def test_a_former_centre_writes_nothing(api_as, centre):
    gao = centre("GAO")
    stay = make_stay(gao)
    flag, body = make_flag(gao, "regime-alimentaire", migrant=stay.migrant), {"id": str(uuid.uuid4()), "migrant": str(stay.migrant_id)}
    make_transfer(stay, "BKO", state="travelling")
    stay.refresh_from_db()
    agent = api_as("agent.gao")
    assert agent.get(f"{FLAGS}{flag.key}/").status_code == agent.get(f"/api/v1/stays/{stay.pk}/").status_code == 200  # it reads what it wrote
    assert agent.patch_json(f"{FLAGS}{flag.key}/", {"lifted_reason": "Mange de tout"}).status_code == 403
    assert agent.post_json(FLAGS, {**body, "kind": "allergie", "reason": "Arachide"}).status_code == 403
    noted = {"id": body["id"], "centre": "GAO", "kind": "theft", "severity": "minor", "what": "Un sac a disparu.", "people": [body["migrant"]]}
    assert agent.post_json(INCIDENTS, noted).status_code == 403
    called = agent.post_json(ROLL_CALL, {"evening": str(evening_of()), "lines": [{"migrant": body["migrant"], "state": "missing"}]}).json()
    assert called["gone"] == 1 and called["alerted"] == []
    given = agent.post_json("/api/v1/assistance/", {**body, "centre": "GAO", "service": "diner"})
    assert given.status_code == 400 and given.json()["code"] == "not_in_care"
    assert agent.patch_json(f"/api/v1/stays/{stay.pk}/", {"departure_reason": "left", "version": stay.version}).status_code in (403, 409)
    flag.refresh_from_db()
    assert flag.lifted_at is None and not RollCallLine.objects.exists() and not Incident.objects.exists() and PersonFlag.objects.count() == 1


class TestRollCall:
    def test_called_and_saved(self, api_as, centre):
        gao, api = centre("GAO"), api_as("agent.gao")
        here, child = make_stay(gao), make_stay(gao, migrant=make_minor(gao))
        other = make_stay(centre("KAY"))
        rows = api.get(ROLL_CALL).json()["results"]
        assert {row["migrant"] for row in rows} == {str(here.migrant_id), str(child.migrant_id)} and {row["state"] for row in rows} == {""}
        assert sorted(last_read("cases.migrant")) == sorted(row["migrant"] for row in rows)
        lines = [{"migrant": str(here.migrant_id), "state": "present"}, {"migrant": str(other.migrant_id), "state": "present"}]
        body = {"evening": evening_of().isoformat(), "lines": lines}
        for _time in range(2):
            done = api.post_json(ROLL_CALL, body).json()
            assert (done["left"], done["gone"], done["finished_at"]) == (1, 1, None)
        done = api.post_json(ROLL_CALL, {**body, "lines": [{"migrant": str(child.migrant_id), "state": "missing", "note": "Cherché"}]}).json()
        assert (done["left"], done["missing"], done["alerted"]) == (0, [str(child.migrant_id)], [str(child.migrant_id)]) and done["finished_at"]
        assert Alert.objects.open().filter(kind="minor_missing", centre=gao).count() == 1 and RollCallLine.objects.count() == 2
        assert {row["note"] for row in api.get(ROLL_CALL).json()["results"]} == {"", "Cherché"}

    def test_refusals(self, api_as, centre):
        stay, api = make_stay(centre("GAO")), api_as("agent.gao")
        line = {"migrant": str(stay.migrant_id), "state": "present"}
        tonight = evening_of()
        late = api.post_json(ROLL_CALL, {"evening": (tonight - datetime.timedelta(days=1)).isoformat(), "lines": [line]})
        assert late.status_code == 400 and late.json()["code"] == "other_evening" and "autre soir" in str(late.json()["errors"])
        for wrong in ({"lines": []}, {"lines": [{**line, "state": "asleep"}]}, {"lines": [{**line, "state": "leave"}]}, {"lines": [{**line, "zzz": 1}]}, {"lines": "x"}):
            assert api.post_json(ROLL_CALL, {"evening": tonight.isoformat(), "lines": [line], **wrong}).status_code == 400, wrong
        assert api_as("agent.kayes").get(ROLL_CALL).status_code == 404
        assert api_as("returns.gao").get(ROLL_CALL).status_code == 403
        assert not RollCallLine.objects.exists()

    def test_as_many_questions_for_a_hundred(self, as_user, centre):
        make_stay(centre("GAO"))
        browser = as_user("agent.gao")
        few = queries_of(browser, ROLL_CALL + "?page_size=200")
        crowd(centre("GAO"), 100)
        assert queries_of(browser, ROLL_CALL + "?page_size=200") == few <= 12


class TestIncidents:
    def body(self, gao, **more):
        return {"id": str(uuid.uuid4()), "centre": gao.code, "kind": "theft", "severity": "minor", "what": "Un téléphone a disparu.", **more}

    def test_noted_once_and_read(self, api_as, centre):
        gao, api = centre("GAO"), api_as("agent.gao")
        person = make_stay(gao).migrant
        body = self.body(gao, people=[str(person.pk)], happened_at=(timezone.now() - datetime.timedelta(hours=1)).isoformat())
        first = api.post_json(INCIDENTS, body)
        assert first.status_code == 201, first.content
        assert api.post_json(INCIDENTS, body).json() == first.json()
        assert api.post_json(INCIDENTS, {**body, "what": "Deux téléphones ont disparu."}).status_code == 409
        make_incident(centre("KAY"))
        (row,) = api.get(INCIDENTS + "?open=true").json()["results"]
        assert (row["id"], row["people"], row["what"]) == (body["id"], [str(person.pk)], body["what"])
        assert last_read("reception.incident") == [body["id"]] and last_read("cases.migrant") == [str(person.pk)]
        assert api.get(f"{INCIDENTS}{body['id']}/").status_code == 200 and api_as("agent.kayes").get(f"{INCIDENTS}{body['id']}/").status_code == 404
        partial = api_as("steering.mme").get(f"{INCIDENTS}{body['id']}/")
        assert partial.status_code in (403, 404) or partial.json()["people"] == []

    def test_what_is_reserved_is_noted_and_not_read(self, api_as, centre):
        gao, api = centre("GAO"), api_as("agent.gao")
        body = self.body(gao, kind="violence", what="Une femme a été frappée.")
        for status in (201, 200):
            answer = api.post_json(INCIDENTS, body)
            assert answer.status_code == status and set(answer.json()) == {"id", "reported_at"}
        assert api.get(INCIDENTS).json()["results"] == [] and api.get(f"{INCIDENTS}{body['id']}/").status_code == 404
        assert [row["id"] for row in api_as("manager.gao").get(INCIDENTS).json()["results"]] == [body["id"]]

    @pytest.mark.parametrize(("username", "status"), [("health.gao", 403), ("agent.kayes", 403), ("steering.eu", 403)])
    def test_refusals(self, api_as, centre, username, status):
        gao, api = centre("GAO"), api_as("agent.gao")
        for field, wrong in (
            ("kind", "zzz"),
            ("what", ""),
            ("people", [str(make_migrant(centre("KAY")).pk)]),
            ("happened_at", "2999-01-01T00:00:00Z"),
            ("centre", "ZZZ"),
        ):
            answer = api.post_json(INCIDENTS, self.body(gao, **{field: wrong}))
            assert answer.status_code == 400 and field in answer.json()["errors"], answer.content
        assert api_as(username).post_json(INCIDENTS, self.body(gao)).status_code == status
        assert not Incident.objects.exists()
