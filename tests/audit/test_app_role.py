"""The role that the site works as: everything of the domain, nothing that would switch the history off."""

import os
import secrets
from urllib.parse import quote

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.services import verify
from centres.models import Centre


@pytest.fixture
def role(transactional_db, monkeypatch):
    name, password = f"sira_app_{os.getpid()}", secrets.token_urlsafe(12) + "'\""
    settings = connection.settings_dict
    monkeypatch.setenv("SIRA_APP_DATABASE_URL", f"postgresql://{name}:{quote(password, safe='')}@{settings['HOST']}:{settings['PORT']}/x")
    call_command("app_role")
    call_command("app_role")  # after each migration
    yield psycopg2.connect(host=settings["HOST"], port=settings["PORT"], dbname=settings["NAME"], user=name, password=password)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


REFUSED = [
    "SET session_replication_role = replica",
    "ALTER TABLE centres_room DISABLE TRIGGER ALL",
    "DROP TRIGGER append_only ON audit_change",
    "UPDATE audit_change SET actor_id = NULL",
    "DELETE FROM audit_change",
    "TRUNCATE audit_change CASCADE",
    "INSERT INTO audit_change SELECT * FROM audit_change LIMIT 1",
    "UPDATE audit_readlog SET rows = '{}'",
    "DELETE FROM audit_readlog",
    "UPDATE audit_link SET hash = sha256('x')",
    "DELETE FROM audit_link",
    "UPDATE audit_head SET last_number = 0",
    "CREATE OR REPLACE FUNCTION audit_write(table_name text, operation text, old_row jsonb, new_row jsonb, left_out text[]) RETURNS void LANGUAGE sql AS ''",
    "CREATE TABLE public.beside (id int)",
    "SET ROLE sira",
    "ALTER ROLE CURRENT_USER SUPERUSER",
]


def test_it_works_and_its_work_is_written_down(role):
    with role, role.cursor() as cursor:
        cursor.execute("INSERT INTO centres_room (centre_id, name, kind, version) VALUES (%s, 'Salle X', 'men', 1) RETURNING id", [Centre.objects.get(code="GAO").pk])
        key = cursor.fetchone()[0]
        cursor.execute("UPDATE centres_room SET name = 'Salle Y' WHERE id = %s", [key])
        cursor.execute("INSERT INTO audit_readlog (user_id, action, model, rows, centre_code, path) SELECT id, 'opened', 'x', '{1}', '', '/' FROM accounts_user LIMIT 1")
        cursor.execute("DELETE FROM centres_room WHERE id = %s", [key])
    with role.cursor() as cursor:
        cursor.execute("SELECT operation, database_user FROM audit_change WHERE \"table\" = 'centres_room' AND row = %s ORDER BY id", [str(key)])
        assert [line[0] for line in cursor.fetchall()] == ["INSERT", "UPDATE", "DELETE"]
    role.close()
    assert verify().whole


@pytest.mark.parametrize("statement", REFUSED)
def test_it_can_neither_silence_nor_rewrite_the_history(role, statement):
    # A refusal of rights, not one of the append-only triggers: those could be dropped by whoever owns the table.
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), role, role.cursor() as cursor:
        cursor.execute(statement)
    role.close()


def test_the_owner_is_not_taken_for_it(transactional_db, monkeypatch):
    user = connection.settings_dict["USER"]
    monkeypatch.setenv("SIRA_APP_DATABASE_URL", f"postgresql://{user}:x@127.0.0.1/x")
    with pytest.raises(CommandError, match="propriétaire"):
        call_command("app_role")


def test_the_backup_role_copies_and_reads_no_table(role, monkeypatch):
    settings, name = connection.settings_dict, f"sira_backup_{os.getpid()}"
    monkeypatch.setenv("SIRA_BACKUP_DATABASE_URL", f"postgresql://{name}:secret@{settings['HOST']}:{settings['PORT']}/x")
    try:
        call_command("app_role")
        call_command("app_role")
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper, rolreplication, rolcreaterole FROM pg_roles WHERE rolname = %s", [name])
            assert cursor.fetchone() == (False, True, False)
        its = psycopg2.connect(host=settings["HOST"], port=settings["PORT"], dbname=settings["NAME"], user=name, password="secret")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), its.cursor() as cursor:
            cursor.execute("SELECT * FROM cases_migrant")
        its.close()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP ROLE IF EXISTS {name}")
