"""Counting at a point: once per day and direction, plausible, corrected without overwriting anybody."""

import datetime
import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale
from flows.models import FlowCount, FlowPoint
from flows.services import AlreadyCounted, correct_count, record_count
from flows.setup import ensure_points

from .factories import make_count, make_point

pytestmark = pytest.mark.django_db


def numbers(**changes):
    return {
        "id": uuid.uuid4(),
        "point": make_point(),
        "counted_on": timezone.localdate(),
        "direction": "in",
        "women": 1,
        "men": 2,
        "girls": 3,
        "boys": 4,
    } | changes


def test_points_are_loaded_once():
    ensure_points()
    assert ensure_points() == 0
    assert FlowPoint.objects.count() == 10
    assert FlowPoint.objects.open_on(timezone.localdate()).count() == 7


def test_monitor_counts_and_agent_may_not(persona):
    count, created = record_count(actor=persona("flows"), **numbers())
    assert created
    assert count.total == 10
    with pytest.raises(PermissionDenied):
        record_count(actor=persona("agent.gao"), **numbers(direction="out"))


def test_same_key_is_one_count_and_other_numbers_are_refused(persona):
    given = numbers()
    first, _ = record_count(actor=persona("flows"), **given)
    again, created = record_count(actor=persona("flows"), **given)
    assert (again.pk, created) == (first.pk, False)
    with pytest.raises(SameKeyOtherContent):
        record_count(actor=persona("flows"), **given | {"men": 99})
    assert FlowCount.objects.filter(point=given["point"], counted_on=given["counted_on"]).count() == 1


def test_a_day_is_counted_once_per_direction(persona):
    first, _ = record_count(actor=persona("flows"), **numbers())
    with pytest.raises(AlreadyCounted) as refusal:
        record_count(actor=persona("flows"), **numbers())
    assert refusal.value.existing == first
    record_count(actor=persona("flows"), **numbers(direction="out"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"men": -1}, "men"),
        ({"women": 20_001}, "women"),
        ({"counted_on": datetime.date(2999, 1, 1)}, "counted_on"),
        ({"counted_on": datetime.date(2010, 1, 1)}, "counted_on"),
    ],
)
def test_implausible_counts_are_refused_in_words(persona, changes, field):
    with pytest.raises(ValidationError) as refusal:
        record_count(actor=persona("flows"), **numbers(**changes))
    assert list(refusal.value.message_dict) == [field]


def test_the_greatest_plausible_count_is_kept(persona):
    count, _ = record_count(actor=persona("flows"), **numbers(women=20_000, men=0, girls=0, boys=0))
    assert count.total == 20_000


def test_a_closed_point_is_not_counted(persona):
    with pytest.raises(ValidationError, match="fermé"):
        record_count(actor=persona("flows"), **numbers(point=make_point("FMP-KID")))
    count, _ = record_count(actor=persona("flows"), **numbers(point=make_point("FMP-KID"), counted_on=datetime.date(2019, 12, 31)))
    assert count.pk


def test_the_database_holds_the_bounds_too(persona):
    count = make_count()
    for cell in ({"men": -1}, {"men": 20_001}):
        with pytest.raises(IntegrityError), transaction.atomic():
            FlowCount.objects.filter(pk=count.pk).update(**cell)
    assert FlowCount.objects.filter(pk=count.pk).update(men=20_000) == 1


def test_correction_needs_the_current_version(persona):
    count = make_count()
    corrected = correct_count(actor=persona("flows"), count=count, version=1, men=50)
    assert (corrected.men, corrected.version) == (50, 2)
    with pytest.raises(Stale) as stale:
        correct_count(actor=persona("flows"), count=count, version=1, men=60)
    assert stale.value.current.men == 50
    with pytest.raises(PermissionDenied):
        correct_count(actor=persona("outreach"), count=count, version=2, men=60)


@pytest.mark.django_db(transaction=True)
def test_two_monitors_at_once_make_one_count():
    point, actor = make_point(), User.objects.get(username="flows")
    barrier, outcomes = threading.Barrier(6), []

    def send():
        try:
            barrier.wait()
            outcomes.append(record_count(actor=actor, **numbers(point=point))[1])
        except AlreadyCounted:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["True", *["refused"] * 5]
    assert FlowCount.objects.count() == 1
