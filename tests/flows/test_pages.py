"""What the flow monitor sees and sends."""

import datetime
import uuid

import pytest
from django.utils import timezone

from flows.models import FlowCount

from .factories import make_count, make_point

pytestmark = pytest.mark.django_db


def form(**changes):
    return {
        "id": str(uuid.uuid4()),
        "point": make_point().pk,
        "counted_on": timezone.localdate().isoformat(),
        "direction": "in",
        "women": 1,
        "men": 2,
        "girls": 3,
        "boys": 4,
    } | changes


def test_overview_totals_are_those_of_the_counts(as_user):
    make_count(counted_on=timezone.localdate(), women=7, men=0, girls=0, boys=0)
    make_count(counted_on=timezone.localdate(), direction="out", women=5, men=0, girls=0, boys=0)
    make_count(counted_on=timezone.localdate() - datetime.timedelta(days=14), women=1000, men=0, girls=0, boys=0)
    response = as_user("flows").get("/flows/")
    assert response.context["total"] == 12
    assert as_user("agent.gao").get("/flows/").status_code == 403


def test_two_weeks_of_a_point_and_the_two_before(as_user):
    make_count(counted_on=timezone.localdate(), women=7, men=0, girls=0, boys=0)
    make_count(counted_on=timezone.localdate() - datetime.timedelta(days=14), women=40, men=0, girls=0, boys=0)
    page = as_user("flows").get("/flows/points/FMP-BEN/")
    assert (page.context["total"], page.context["earlier"], page.context["day_count"]) == (7, 40, 14)
    assert as_user("flows").get("/flows/points/FMP-XXX/").status_code == 404
    assert as_user("outreach").get("/flows/points/FMP-BEN/").status_code == 403


@pytest.mark.parametrize("query", ["?start=x", "?start=2026-02-01&end=2026-01-01", "?start=2000-01-01&end=2026-01-01", "?start=9999-12-31", "?end=0001-01-01"])
def test_a_strange_period_is_no_fault(as_user, query):
    make_point()
    assert as_user("flows").get(f"/flows/{query}").status_code == 200
    assert as_user("flows").get(f"/flows/points/FMP-BEN/{query}").status_code == 200


def test_a_count_is_sent_twice_and_is_one(as_user):
    sent = form()
    client = as_user("flows")
    assert client.post("/flows/count/", sent).status_code == 302
    assert client.post("/flows/count/", sent).status_code == 302
    assert FlowCount.objects.count() == 1


def test_a_counted_day_leads_to_its_correction(as_user):
    existing = make_count(counted_on=timezone.localdate())
    page = as_user("flows").post("/flows/count/", form())
    assert page.status_code == 200
    assert f"/flows/counts/{existing.pk}/" in page.content.decode()


def test_a_stale_correction_shows_both_values(as_user):
    count = make_count()
    client = as_user("flows")
    url = f"/flows/counts/{count.pk}/"
    sent = form(point=count.point_id, counted_on=count.counted_on.isoformat(), version=1, men=77)
    assert client.post(url, sent).status_code == 302
    page = client.post(url, sent | {"men": 55})
    text = page.content.decode()
    assert page.status_code == 200
    assert "<td>55</td><td>77</td>" in text
    assert client.post(url, sent | {"men": 55, "version": 2}).status_code == 302
    count.refresh_from_db()
    assert count.men == 55


def test_home_names_the_points_not_counted_today(as_user):
    make_count(counted_on=timezone.localdate())
    text = as_user("flows").get("/").content.decode()
    assert "Hérémakono" in text
    assert "FMP-BEN" not in text


def test_number_of_queries_does_not_grow(as_user, django_assert_max_num_queries):
    client = as_user("flows")
    for _ in range(12):
        make_count()
    with django_assert_max_num_queries(12):
        client.get("/flows/")
    with django_assert_max_num_queries(12):
        client.get("/flows/points/FMP-BEN/")
