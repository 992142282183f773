"""The demonstration is loaded with the triggers off, and yet its history begins there."""

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from audit.services import verify
from reception.models import Alert, Assistance, BedAssignment, Stay


def test_a_row_of_the_demonstration_changed_silently_is_found(transactional_db):
    call_command("demo_data", migrants=20, seed=3, verbosity=0)
    assert verify().whole, verify().faults
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE cases_migrant SET surname = 'Autre' WHERE id = (SELECT id FROM cases_migrant LIMIT 1)")
        cursor.execute("DELETE FROM reception_assistance WHERE id = (SELECT id FROM reception_assistance LIMIT 1)")
    faults = verify().faults
    assert len(faults) == 2
    assert any("cases_migrant" in fault and "modifiée sans trace (surname)" in fault for fault in faults)
    assert any("reception_assistance" in fault and "supprimée sans trace" in fault for fault in faults)


@pytest.mark.parametrize("hour", [datetime.time(0, 20), datetime.time(9, 40), datetime.time(15)])
def test_nothing_of_the_demonstration_lies_ahead(transactional_db, hour):
    """Whoever starts it early in the morning would be proposed a bed that somebody leaves at noon."""
    with time_machine.travel(datetime.datetime.combine(timezone.localdate(), hour, datetime.UTC), tick=False):
        call_command("demo_data", migrants=150, seed=1, verbosity=0)
        now = timezone.now()
        assert Stay.objects.exists() and Assistance.objects.exists()
        assert not Stay.objects.filter(Q(arrived_at__gt=now) | Q(departed_at__gt=now)).exists()
        assert not BedAssignment.objects.filter(Q(since__gt=now) | Q(until__gt=now)).exists()
        assert not Assistance.objects.filter(Q(recorded_at__gt=now) | Q(given_on__gt=timezone.localdate())).exists()
        assert not Alert.objects.filter(raised_at__gt=now).exists()
