"""Activities, communities, and agents who are counted once."""

import datetime
import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from outreach.models import Activity, Attendance, Community, Trainee
from outreach.services import add_community, correct_activity, record_activity, register_attendance, remove_attendance

from .factories import make_activity, make_attendance, make_community, make_training, officer

pytestmark = pytest.mark.django_db


def given(**changes):
    return {
        "id": uuid.uuid4(),
        "kind": "session",
        "title": "Animation",
        "held_on": timezone.localdate(),
        "women": 1,
        "men": 2,
        "girls": 3,
        "boys": 4,
    } | changes


def test_officer_records_and_agent_may_not(persona):
    activity, created = record_activity(actor=persona("outreach"), **given())
    assert (created, activity.total) == (True, 10)
    with pytest.raises(PermissionDenied):
        record_activity(actor=persona("agent.gao"), **given())


def test_same_key_is_one_activity(persona):
    body = given()
    record_activity(actor=persona("outreach"), **body)
    assert record_activity(actor=persona("outreach"), **body)[1] is False
    with pytest.raises(SameKeyOtherContent):
        record_activity(actor=persona("outreach"), **body | {"men": 9})
    assert Activity.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "awareness"}, "community"),
        ({"men": -1}, "men"),
        ({"girls": 20_001}, "girls"),
        ({"held_on": datetime.date(2999, 1, 1)}, "held_on"),
        ({"held_on": datetime.date(1999, 1, 1)}, "held_on"),
        ({"title": "  "}, "title"),
        ({"kind": "dance"}, "kind"),
    ],
)
def test_wrong_activities_are_refused_in_words(persona, changes, field):
    with pytest.raises(ValidationError) as refusal:
        record_activity(actor=persona("outreach"), **given(**changes))
    assert list(refusal.value.message_dict) == [field]


def test_the_database_wants_a_community_for_awareness():
    activity = make_activity()
    with pytest.raises(IntegrityError), transaction.atomic():
        Activity.objects.filter(pk=activity.pk).update(community=None)
    assert Activity.objects.filter(pk=activity.pk).update(kind="session", community=None) == 1


def test_correction_needs_the_current_version(persona):
    activity = make_activity()
    assert correct_activity(actor=persona("outreach"), activity=activity, version=1, men=99).version == 2
    with pytest.raises(Stale):
        correct_activity(actor=persona("outreach"), activity=activity, version=1, men=98)
    with pytest.raises(PermissionDenied):
        correct_activity(actor=persona("flows"), activity=activity, version=2, men=98)


def test_a_community_is_once_in_its_region(persona):
    make_community(name="Kéniéba", region="Kayes")
    with pytest.raises(ValidationError, match="déjà dans la liste"):
        add_community(actor=persona("outreach"), name="KÉNIÉBA ", region="Kayes")
    add_community(actor=persona("outreach"), name="Kéniéba", region="Sikasso")
    assert Community.objects.filter(name="Kéniéba").count() == 2


def test_an_agent_is_counted_once_however_many_sessions(persona):
    first, second = make_training(), make_training()
    agent = {"structure": "Police des frontières", "sex": "female"}
    one, _ = register_attendance(actor=persona("outreach"), activity=first, name="Awa Traoré", **agent)
    again, created = register_attendance(actor=persona("outreach"), activity=first, name="TRAORE Awa", **agent)
    assert (again.pk, created) == (one.pk, False)
    other, created = register_attendance(actor=persona("outreach"), activity=second, name="Awa  Traoré", **agent | {"structure": "POLICE des Frontieres"})
    assert created
    assert other.trainee == one.trainee
    assert (Trainee.objects.count(), Attendance.objects.count()) == (1, 2)


def test_attendance_is_for_trainings(persona):
    with pytest.raises(ValidationError, match="formations"):
        register_attendance(actor=persona("outreach"), activity=make_activity(), name="Awa Traoré", structure="Police", sex="female")
    with pytest.raises(PermissionDenied):
        register_attendance(actor=persona("me.aecid"), activity=make_training(), name="Awa Traoré", structure="Police", sex="female")
    with pytest.raises(ValidationError):
        register_attendance(actor=persona("outreach"), activity=make_training(), name="…", structure="Police", sex="female")


def test_a_training_with_a_list_stays_a_training(persona):
    attendance = make_attendance()
    with pytest.raises(ValidationError, match="formation"):
        correct_activity(actor=persona("outreach"), activity=attendance.activity, version=1, kind="workshop")
    remove_attendance(actor=persona("outreach"), attendance=attendance)
    assert correct_activity(actor=persona("outreach"), activity=attendance.activity, version=1, kind="workshop").kind == "workshop"
    assert not Trainee.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_agent_added_by_many_at_once_is_one():
    training, actor = make_training(), officer()
    barrier = threading.Barrier(6)

    def send():
        try:
            barrier.wait()
            register_attendance(actor=actor, activity=training, name="Awa Traoré", structure="Police", sex="female")
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Trainee.objects.count(), Attendance.objects.count()) == (1, 1)
