import uuid

import pytest
from django.utils import timezone

from outreach.models import Activity

from .factories import make_activity, make_community

pytestmark = pytest.mark.django_db
URL = "/api/v1/activities/"


def body(**changes):
    return {
        "id": str(uuid.uuid4()),
        "kind": "awareness",
        "title": "Causerie",
        "held_on": timezone.localdate().isoformat(),
        "community": make_community().pk,
        "women": 1,
        "men": 2,
        "girls": 3,
        "boys": 4,
    } | changes


def test_same_body_again_is_the_same_activity(api_as):
    client, sent = api_as("outreach"), body()
    assert client.post_json(URL, sent).status_code == 201
    again = client.post_json(URL, sent)
    assert (again.status_code, again.json()["total"]) == (200, 10)
    assert client.post_json(URL, sent | {"men": 9}).status_code == 409
    assert Activity.objects.count() == 1


def test_who_may_not(api_as):
    assert api_as("flows").post_json(URL, body()).status_code == 403
    assert api_as("steering.eu").get(URL).status_code == 403


@pytest.mark.parametrize("changes", [{"men": -1}, {"held_on": "2999-01-01"}, {"community": None}, {"community": 0}, {"kind": "?"}, {"title": ""}])
def test_wrong_bodies_are_problems(api_as, changes):
    answer = api_as("outreach").post_json(URL, body(**changes))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, list(changes))


def test_list_is_filtered(api_as):
    make_activity(community=make_community(region="Gao"))
    client = api_as("outreach")
    assert len(client.get(f"{URL}?region=Gao&kind=awareness").json()["results"]) == 1
    assert client.get(f"{URL}?to=2020-01-01").json()["results"] == []
    assert client.get(f"{URL}?kind=nonsense").status_code == 400


def test_correction_by_version(api_as):
    activity, client = make_activity(), api_as("outreach")
    assert client.patch_json(f"{URL}{activity.pk}/", {"version": 1, "men": 20}).json()["men"] == 20
    assert client.patch_json(f"{URL}{activity.pk}/", {"version": 1, "men": 30}).status_code == 409
    assert client.get(f"{URL}{activity.pk}/").json()["version"] == 2
    assert client.get(f"{URL}{uuid.uuid4()}/").status_code == 404
