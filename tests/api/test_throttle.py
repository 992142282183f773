"""So many requests of one account in a minute: counted in the real Redis, in words when it is too much."""

import datetime
import uuid

import pytest
import time_machine
from django.utils import timezone

from config import settings as configured
from reception.models import Assistance
from tests.reception.factories import make_stay

pytestmark = pytest.mark.django_db
DAY_OF_THE_CENTRE = ("/api/v1/flags/", "/api/v1/roll-calls/GAO/", "/api/v1/incidents/", "/api/v1/assistance/", "/api/v1/stays/", "/api/v1/transfers/")


@pytest.fixture(autouse=True)
def counted_anew(settings):
    settings.CACHES = settings.CACHES | {"counts": settings.CACHES["counts"] | {"KEY_PREFIX": uuid.uuid4().hex}}
    with time_machine.travel(timezone.now().replace(second=20), tick=False):
        yield


def test_too_many_in_a_minute(api_as, settings):
    settings.API_PER_MINUTE = 10
    agent, other = api_as("agent.gao"), api_as("manager.gao")
    for url in (*DAY_OF_THE_CENTRE, *DAY_OF_THE_CENTRE[:4]):
        assert agent.get(url).status_code == 200
    for url in DAY_OF_THE_CENTRE:
        answer = agent.get(url)
        assert answer.status_code == 429 and answer["Retry-After"] == "40", url
        assert answer["Content-Type"] == "application/problem+json" and "Trop de demandes en une minute" in answer.json()["detail"]
    assert agent.post_json("/api/v1/flags/", {}).status_code == 429
    assert other.get(DAY_OF_THE_CENTRE[0]).status_code == 200  # each account for itself
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=1), tick=False):
        assert agent.get(DAY_OF_THE_CENTRE[0]).status_code == 200


def test_a_bus_and_two_hundred_scans_are_not_too_many(api_as, centre, settings):
    """All of them within one minute, where the counter takes ten."""
    settings.API_PER_MINUTE = configured.API_PER_MINUTE
    agent, person = api_as("agent.gao"), make_stay(centre("GAO")).migrant
    body = {"migrant": str(person.pk), "centre": "GAO", "service": "consultation"}
    answers = [agent.post_json("/api/v1/assistance/", {"id": str(uuid.uuid4()), **body}).status_code for _ in range(40)]
    assert answers == [201] * 40 and Assistance.objects.count() == 40
    assert {agent.get(f"/api/v1/assistance/?migrant={person.pk}").status_code for _ in range(200)} == {200}


def test_nobody_waits_for_redis(api_as, settings):
    settings.API_PER_MINUTE = 1
    settings.CACHES = settings.CACHES | {"counts": settings.CACHES["counts"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert {api_as("agent.gao").get(DAY_OF_THE_CENTRE[0]).status_code for _ in range(3)} == {200}
