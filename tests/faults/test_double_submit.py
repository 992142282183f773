"""A double click, a resend after a broken line: the same client-made id twenty times at once is one row."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from centres.models import Centre
from tests import databases
from tests.stack import Answer, Stack, Visitor
from tests.test_access_matrix import OWN, SAMPLES
from tests.walk import address

TIMES = 20
# URL name of a list that makes rows → who may.
MADE_BY = {
    "api-migrants": "agent.gao",
    "api-stays": "agent.gao",
    "api-assistance": "agent.gao",
    "api-return-cases": "returns.gao",
    "api-reintegration-cases": "reintegration.kayes",
    "api-flow-counts": "flows",
    "api-activities": "outreach",
    "api-reports": "steering.eu",
}


def at_once(send: Any) -> list[Answer]:
    with ThreadPoolExecutor(TIMES) as pool:
        return [future.result() for future in [pool.submit(send) for _time in range(TIMES)]]


def body_of(stack: Stack, blocker: Any, name: str) -> tuple[str, dict[str, Any]]:
    """The address and a body of the samples, its objects written to the database of the running Sira."""
    before = connections["default"].settings_dict["NAME"]
    with blocker.unblock():
        databases.use(stack.database)
        try:
            centre = Centre.objects.get(code="KAY" if "kayes" in MADE_BY[name] else OWN)
            data = SAMPLES[name].data
            return address(name, {}), data(centre) if callable(data) else dict(data)
        finally:
            databases.use(before)


@pytest.mark.parametrize("name", sorted(MADE_BY))
def test_one_key_is_one_row(fragile, django_db_blocker, name):
    path, body = body_of(fragile, django_db_blocker, name)
    assert "id" in body, "no client-made id"
    body["id"] = str(uuid.uuid4())
    visitor = Visitor(fragile.url, MADE_BY[name])
    answers = at_once(lambda: visitor.post_json(path, body))
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200] * (TIMES - 1) + [201], [answer.text[:200] for answer in answers if answer.status not in (200, 201)][:2]
    assert {answer.json()["id"] for answer in answers} == {body["id"]}


def test_the_registration_form_twenty_times(fragile):
    visitor = Visitor(fragile.url, "agent.gao")
    form = {
        "id": str(uuid.uuid4()),
        "surname": "Xilombrat",
        "given_names": "Ousmane",
        "sex": "male",
        "birth_0": "2",
        "birth_1": "2",
        "birth_2": "1991",
        "nationality": "SN",
        "consent_purposes": "registration",
        "consent_method": "signed",
        "consent_language": "fra",
        "confirmed": "on",
    }
    answers = at_once(lambda: visitor.post("/migrants/register/", form))
    assert {answer.status for answer in answers} == {302}
    assert {answer.headers["Location"] for answer in answers} == {f"/migrants/{form['id']}/"}
    found = visitor.get("/api/v1/migrants/?q=Xilombrat").json()
    assert len(found["results"]) == 1
