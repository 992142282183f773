"""The capacity of each day: a bed more, a bed less, a bed blocked, over months."""

import datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from centres import capacity
from centres.models import Bed, BedBlock, Centre, Room

Day = datetime.date
FIRST, LAST = Day(2025, 12, 20), Day(2026, 2, 10)  # over New Year and two ends of a month
DAY = datetime.timedelta(days=1)


def an_empty_centre() -> tuple[Centre, Room]:
    centre = Centre.objects.create(code="TST", name="Essai", region="Gao", latitude=0, longitude=0)
    return centre, Room.objects.create(centre=centre, name="Une", kind="men")


def test_a_bed_more_less_blocked_across_months(db):
    centre, room = an_empty_centre()
    beds = [Bed.objects.create(room=room, label=f"{n}", since=Day(2025, 12, 1)) for n in range(3)]
    Bed.objects.create(room=room, label="new", since=Day(2026, 1, 1))
    Bed.objects.filter(pk=beds[0].pk).update(until=Day(2026, 2, 1))
    BedBlock.objects.create(bed=beds[1], reason="repair", since=Day(2025, 12, 31), until=Day(2026, 1, 2))
    BedBlock.objects.create(bed=beds[0], reason="quarantine", since=Day(2026, 1, 30))  # goes on after the bed is gone: counted once
    found = {day.day: (day.beds, day.blocked, day.usable) for day in capacity.per_day(centre, FIRST, LAST)}
    assert len(found) == 53
    assert found[Day(2025, 12, 30)] == (3, 0, 3) and found[Day(2025, 12, 31)] == (3, 1, 2)
    assert found[Day(2026, 1, 1)] == (4, 1, 3) and found[Day(2026, 1, 2)] == (4, 0, 4)
    assert found[Day(2026, 1, 30)] == (4, 1, 3) and found[Day(2026, 2, 1)] == (3, 0, 3)
    assert capacity.bed_nights(centre, Day(2025, 12, 30), Day(2026, 1, 2)) == 3 + 2 + 3 + 4


DAYS = st.integers(-10, 70).map(lambda passed: FIRST + passed * DAY)
BEDS = st.lists(
    st.tuples(DAYS, st.none() | st.integers(0, 60), st.lists(st.tuples(DAYS, st.none() | st.integers(1, 20)), max_size=3)),
    max_size=6,
)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(beds=BEDS)
def test_every_day_says_what_the_querysets_of_that_day_say(beds, django_assert_num_queries):
    with transaction.atomic():
        centre, room = an_empty_centre()
        for number, (since, lasts, blocks) in enumerate(beds):
            bed = Bed.objects.create(room=room, label=str(number), since=since, until=None if lasts is None else since + lasts * DAY)
            end = None
            for begin, length in sorted(blocks, key=lambda block: block[0]):
                if end is None or begin >= end:  # no two at once: the database refuses that
                    BedBlock.objects.create(bed=bed, reason="repair", since=begin, until=None if length is None else begin + length * DAY)
                    end = Day.max if length is None else begin + length * DAY
        with django_assert_num_queries(2):
            days = capacity.per_day(centre, FIRST, LAST)
        mine = Bed.objects.filter(room__centre=centre)
        for day in days[::5]:
            assert (day.beds, day.usable) == (mine.there(day.day).count(), mine.usable(day.day).count()), day.day
        assert capacity.bed_nights(centre, FIRST, LAST) == sum(day.usable for day in days)
        transaction.set_rollback(True)
