"""The demonstration is loaded with the triggers off, and yet its history begins there."""

from django.core.management import call_command
from django.db import connection, transaction

from audit.services import verify


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
