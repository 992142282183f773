"""Who slept at a centre, night by night, against its capacity."""

import csv
import datetime
import io
import uuid

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from centres.models import Bed, BedBlock, Centre
from reception.models import Stay
from reception.occupancy_history import history, nights
from tests.factories import make_migrant

from .factories import backdate, crowd, make_stay

Day = datetime.date
LEFT = Stay.DepartureReason.LEFT


def at(day: Day, hour: int = 12, minute: int = 0) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour, minute)))


def written(centre: Centre, migrant, arrived: datetime.datetime, departed: datetime.datetime | None) -> Stay:
    return Stay.objects.create(
        id=uuid.uuid4(), migrant=migrant, centre=centre, origin="transit", arrived_at=arrived, departed_at=departed, departure_reason=LEFT if departed else ""
    )


def test_a_stay_over_new_year_a_day_trip_and_midnight_sharp(centre):
    gao, kayes = centre("GAO"), centre("KAY")
    eve, new_year = Day(2025, 12, 31), Day(2026, 1, 1)
    written(gao, make_migrant(gao), at(Day(2025, 12, 30), 22), at(Day(2026, 1, 2), 9))
    written(gao, make_migrant(gao), at(eve, 8), at(eve, 19))  # no night
    written(gao, make_migrant(gao), at(eve, 20), at(new_year, 0))  # until midnight sharp: that night
    written(gao, make_migrant(gao), at(new_year, 0), at(new_year, 23, 59))  # came when the year began and left the same day
    written(gao, make_migrant(gao), at(new_year, 23, 59), None)
    written(kayes, make_migrant(kayes), at(eve), None)
    days = [Day(2025, 12, 29), Day(2025, 12, 30), eve, new_year, Day(2026, 1, 2)]
    assert nights(gao, days[0], days[-1]) == dict(zip(days, [0, 1, 2, 2, 1], strict=True))
    assert nights(gao, new_year, new_year) == {new_year: 2}
    assert nights(gao, new_year, eve) == {}


def test_a_capacity_that_changes_meanwhile(centre):
    gao = centre("GAO")
    first = Day(2025, 12, 30)
    written(gao, make_migrant(gao), at(first), None)
    bed, other = Bed.objects.filter(room__centre=gao)[:2]
    Bed.objects.filter(pk=bed.pk).update(until=Day(2026, 1, 1))
    BedBlock.objects.create(bed=other, reason="repair", since=Day(2025, 12, 31), until=Day(2026, 1, 1))
    found = [(night.day.day, night.people, night.usable, night.capacity.blocked) for night in history(gao, first, Day(2026, 1, 1))]
    assert found == [(30, 1, 82, 0), (31, 1, 81, 1), (1, 1, 81, 0)]
    assert history(gao, first, first)[0].rate == 1 / 82


HOURS = st.integers(0, 24 * 12)
DAY = datetime.timedelta(days=1)
START = Day(2025, 12, 27)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stays=st.lists(st.tuples(HOURS, st.none() | st.integers(1, 24 * 9)), max_size=8), first=st.integers(0, 12), length=st.integers(0, 9))
def test_every_night_is_what_its_definition_says(stays, first, length, django_assert_num_queries):
    """Whole hours, so that midnight sharp comes often."""
    with transaction.atomic():
        gao = Centre.objects.get(code="GAO")
        like = make_migrant(gao)
        Stay.objects.all().delete()
        rows = []
        for hours, lasts in stays:
            arrived = at(START, 0) + datetime.timedelta(hours=hours)
            rows.append((arrived, None if lasts is None else arrived + datetime.timedelta(hours=lasts)))
        people = [like, *(make_migrant(gao) for _ in rows[1:])]
        for person, (arrived, departed) in zip(people, rows, strict=False):
            written(gao, person, arrived, departed)
        begin = START + first * DAY
        with django_assert_num_queries(1):
            found = nights(gao, begin, begin + length * DAY)
        for day in (begin + passed * DAY for passed in range(length + 1)):
            midnight = at(day + DAY, 0)
            assert found.pop(day) == sum(arrived < midnight and (departed is None or departed >= midnight) for arrived, departed in rows), day
        assert not found
        transaction.set_rollback(True)


class TestPage:
    def url(self, name="places-occupancy", **arguments):
        return reverse(f"reception:{name}", kwargs={"code": "GAO", **arguments})

    def test_periods_and_figures(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        crowd(gao, 3)
        backdate(make_stay(gao), 40)
        page = browser.get(self.url())
        text = page.content.decode()
        assert page.context["person_nights"] == 30 + 3 and page.context["most"].people == 4 and page.context["over"] == 0
        assert page.context["rate"] == 33 / 2460 and "<svg" in text and "?days=365" in text
        assert browser.get(self.url(), {"days": "90"}).context["person_nights"] == 41 + 3
        assert browser.get(self.url(), {"days": "nonsense"}).context["days"] == 30
        year = browser.get(self.url(), {"days": "365"}, headers={"accept-encoding": "gzip"})
        assert len(year.content) < 20_000

    def test_as_a_file(self, as_user, centre):
        crowd(centre("GAO"), 2)
        answer = as_user("agent.gao").get(self.url("places-occupancy-export", kind="csv"), {"days": "90"})
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len(rows) == 2 + 90 and rows[-1] == ["Gao", timezone.localdate().isoformat(), "2", "82", "0", "82"] and rows[-2][2] == "0"
        assert 'filename="occupation-gao-90.csv"' in answer["Content-Disposition"]
        assert as_user("agent.gao").get(self.url("places-occupancy-export", kind="xlsx")).content[:2] == b"PK"
        assert as_user("agent.gao").get(self.url("places-occupancy-export", kind="exe")).status_code == 404
        assert as_user("agent.kayes").get(self.url("places-occupancy-export", kind="csv")).status_code == 404

    def test_more_people_than_beds(self, as_user, centre):
        gao = centre("GAO")
        Bed.objects.filter(room__centre=gao).update(until=timezone.localdate())
        crowd(gao, 1)
        page = as_user("agent.gao").get(self.url())
        assert page.context["over"] == 1 and "Au‑dessus de la capacité" in page.content.decode()
