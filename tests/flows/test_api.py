import uuid

import pytest
from django.utils import timezone

from flows.models import FlowCount

from .factories import make_count, make_point

pytestmark = pytest.mark.django_db
URL = "/api/v1/flow-counts/"


def body(**changes):
    return {
        "id": str(uuid.uuid4()),
        "point": make_point().code,
        "counted_on": timezone.localdate().isoformat(),
        "direction": "in",
        "women": 1,
        "men": 2,
        "girls": 3,
        "boys": 4,
    } | changes


def test_same_body_again_is_the_same_count(api_as):
    client, sent = api_as("flows"), body()
    assert client.post_json(URL, sent).status_code == 201
    again = client.post_json(URL, sent)
    assert (again.status_code, again.json()["total"]) == (200, 10)
    other = client.post_json(URL, sent | {"men": 9})
    assert (other.status_code, other["Content-Type"]) == (409, "application/problem+json")
    assert FlowCount.objects.count() == 1


def test_who_may_not_count(api_as):
    assert api_as("agent.gao").post_json(URL, body()).status_code == 403
    assert api_as("agent.gao").get(URL).status_code == 403


@pytest.mark.parametrize("changes", [{"men": -1}, {"men": 20_001}, {"counted_on": "2999-01-01"}, {"point": "?"}, {"direction": "up"}, {"id": "1"}])
def test_wrong_bodies_are_problems(api_as, changes):
    answer = api_as("flows").post_json(URL, body(**changes))
    assert answer.status_code == 400
    assert set(changes) <= set(answer.json()["errors"])


def test_a_counted_day_is_refused(api_as):
    client = api_as("flows")
    assert client.post_json(URL, body()).status_code == 201
    assert client.post_json(URL, body()).status_code == 400


def test_list_is_filtered(api_as):
    make_count()
    client = api_as("flows")
    assert len(client.get(URL).json()["results"]) == 1
    assert client.get(f"{URL}?point=FMP-TOM").json()["results"] == []
    assert client.get(f"{URL}?from=nonsense").status_code == 400


def test_correction_by_version(api_as):
    count, client = make_count(), api_as("flows")
    assert client.patch_json(f"{URL}{count.pk}/", {"men": 20}).status_code == 400
    assert client.patch_json(f"{URL}{count.pk}/", {"version": 1, "men": 20}).json()["men"] == 20
    assert client.patch_json(f"{URL}{count.pk}/", {"version": 1, "men": 30}).status_code == 409
    assert client.get(f"{URL}{count.pk}/").json()["version"] == 2
