"""What the outreach officer sees and sends."""

import datetime
import uuid

import pytest
from django.utils import timezone

from audit.models import ReadLog
from outreach.models import Activity, Attendance

from .factories import make_activity, make_attendance, make_community, make_training

pytestmark = pytest.mark.django_db


def form(**changes):
    return {
        "id": str(uuid.uuid4()),
        "kind": "awareness",
        "title": "Causerie",
        "held_on": timezone.localdate().isoformat(),
        "women": 1,
        "men": 2,
        "girls": 3,
        "boys": 4,
    } | changes


def test_list_is_filtered_and_totals_follow(as_user):
    make_activity(women=100, men=0, girls=0, boys=0, community=make_community(region="Gao"))
    make_activity(women=7, men=0, girls=0, boys=0, kind="session", community=make_community())
    client = as_user("outreach")
    assert client.get("/outreach/").context["people"] == 107
    assert client.get("/outreach/?region=Gao").context["people"] == 100
    assert client.get("/outreach/?kind=session").context["people"] == 7
    assert client.get("/outreach/?end=2020-01-01").context["people"] == 0
    assert client.get("/outreach/?start=x&kind=y&after=z~1").status_code == 200
    assert as_user("flows").get("/outreach/").status_code == 403


def test_pages_of_the_list_hold_every_activity_once(as_user):
    made = {make_activity(held_on=timezone.localdate() - datetime.timedelta(days=n // 3), kind="session").pk for n in range(70)}
    client, seen, url = as_user("outreach"), [], "/outreach/"
    while url:
        page = client.get(url).context["page"]
        seen += [row.pk for row in page.rows]
        url = f"/outreach/{page.next_url}" if page.next_url else ""
    assert len(seen) == 70
    assert set(seen) == made
    back = client.get(f"/outreach/{page.previous_url}").context["page"]
    assert [row.pk for row in back.rows] == seen[30:60]


def test_sent_twice_is_one_activity(as_user):
    sent, client = form(community=make_community().pk), as_user("outreach")
    first = client.post("/outreach/new/", sent)
    assert client.post("/outreach/new/", sent)["Location"] == first["Location"]
    assert Activity.objects.count() == 1


def test_words_beside_the_field(as_user):
    page = as_user("outreach").post("/outreach/new/", form())
    assert "community" in page.context["form"].errors


def test_a_stale_correction_shows_both_values(as_user):
    activity, client = make_activity(), as_user("outreach")
    sent = form(community=activity.community_id, version=1, men=77)
    assert client.post(f"/outreach/{activity.pk}/correct/", sent).status_code == 302
    page = client.post(f"/outreach/{activity.pk}/correct/", sent | {"men": 55})
    assert "<td>55</td><td>77</td>" in page.content.decode()
    assert client.post(f"/outreach/{activity.pk}/correct/", sent | {"men": 55, "version": 2}).status_code == 302


def test_attendance_list_is_kept_and_its_reading_is_logged(as_user):
    training, client = make_training(), as_user("outreach")
    agent = {"name": "Awa Traoré", "structure": "Police", "sex": "female"}
    assert client.post(f"/outreach/{training.pk}/attendances/", agent).status_code == 302
    assert client.post(f"/outreach/{training.pk}/attendances/", {**agent, "name": ""}).status_code == 200
    assert "Awa Traoré" in client.get(f"/outreach/{training.pk}/").content.decode()
    assert ReadLog.objects.filter(model="outreach.trainee", action="opened").exists()
    assert client.post(f"/outreach/attendances/{Attendance.objects.get().pk}/remove/").status_code == 302
    assert as_user("me.aecid").get(f"/outreach/{training.pk}/").status_code == 403
    assert client.get(f"/outreach/{uuid.uuid4()}/").status_code == 404


def test_communities(as_user):
    client = as_user("outreach")
    assert client.post("/outreach/communities/", {"name": "Kéniéba", "region": "Kayes"}).status_code == 302
    again = client.post("/outreach/communities/", {"name": "Kéniéba", "region": "Kayes"})
    assert "déjà dans la liste" in again.content.decode()
    assert client.post("/outreach/communities/", {"name": "Paris", "region": "Île-de-France"}).status_code == 200
    assert as_user("steering.eu").get("/outreach/communities/").status_code == 403


def test_home_shows_what_was_reached(as_user):
    make_activity(women=700, men=0, girls=0, boys=0)
    make_attendance()
    card = next(card["context"] for card in as_user("outreach").get("/").context["cards"] if card["template"] == "outreach/home_card.html")
    assert [(value, target) for _label, value, target in card["reached"]] == [(700, 70_000), (1, 200), (1, 120)]
    assert (card["month"], card["month_people"]) == (2, 700)


def test_number_of_queries_does_not_grow(as_user, django_assert_max_num_queries):
    client = as_user("outreach")
    training = make_training()
    for _ in range(5):
        make_activity()
        make_attendance(training)
    for url in ("/outreach/", "/outreach/communities/", f"/outreach/{training.pk}/"):
        with django_assert_max_num_queries(12):
            client.get(url)
