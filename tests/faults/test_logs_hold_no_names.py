"""Faults forced in the web server, the API, a job, a worker's own task and a command, with rows full of canaries: no log of any process
tells of whom they were, and neither does the page of the job."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest

from tests.stack import ROOT, Stack, Visitor, wait_until

SURNAME, GIVEN, PHONE, FATHER = "Canaridiarra", "Canarimariam", "22376543219", "Canaripapa"
CANARIES = (SURNAME, GIVEN, PHONE, FATHER, "76543219")
TRAP = """
CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'no Canaridiarra here: %', to_jsonb(NEW)::text
        USING DETAIL = 'Failing row contains ' || to_jsonb(NEW)::text || ' Canaridiarra', HINT = 'Canarimariam', ERRCODE = 'XX000';
END $$;
CREATE TRIGGER trap BEFORE UPDATE ON cases_migrant FOR EACH ROW EXECUTE FUNCTION trap();
CREATE TRIGGER trap BEFORE INSERT ON cases_note FOR EACH ROW EXECUTE FUNCTION trap();
CREATE TRIGGER trap BEFORE INSERT OR UPDATE ON jobs_workerpulse FOR EACH ROW EXECUTE FUNCTION trap();
"""


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("canaries"), people=0, GUNICORN_CMD_ARGS="--access-logfile -")
    try:
        running.start("web")
        wait_until(running.answers, 60, f"the web server to answer; its log: {running.log('web')}")
        yield running
    finally:
        running.stop()


def owner(stack: Stack, sql: str, *values: object) -> list[tuple]:
    connection = psycopg2.connect(stack.environment["DATABASE_URL"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def command(stack: Stack, code: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code], cwd=ROOT, env=stack.environment, capture_output=True, text=True, timeout=120
    )


def whole(stack: Stack, name: str) -> str:
    path = Path(stack.folder) / f"{name}.log"
    return path.read_text(errors="replace") if path.exists() else ""


def test_no_log_tells_of_whom_a_fault_was(stack: Stack) -> None:
    agent, key = Visitor(stack.url, "agent.gao"), str(uuid.uuid4())
    body = {
        "id": key,
        "centre": "GAO",
        "surname": SURNAME,
        "given_names": GIVEN,
        "sex": "female",
        "born_on": "1995-05-05",
        "birth_precision": "day",
        "nationality": "ML",
        "phone": PHONE,
        "father_given_names": FATHER,
        "consent_method": "signed",
        "consent_purposes": ["registration"],
    }
    made = agent.post_json("/api/v1/migrants/", body)
    assert made.status == 201, made.text[:300]
    owner(stack, TRAP)

    # The web: a page and the API; searches by name, as they should be asked and as somebody may still type them.
    page = agent.get(f"/migrants/{key}/notes/new/")
    assert page.status in (200, 404)
    note = command(stack, f"from django.urls import reverse; print(reverse('cases:note', args=['{key}']))").stdout.strip()
    agent.get(note)
    failed = agent.post(note, {"id": str(uuid.uuid4()), "text": f"{SURNAME} {PHONE}", "kind": "ordinary"})
    assert failed.status == 500 and SURNAME not in failed.text
    failed = agent.send("PATCH", f"/api/v1/migrants/{key}/", json.dumps({"version": 1, "surname": f"{SURNAME}x"}).encode(), "application/json")
    assert failed.status == 500 and SURNAME not in failed.text
    assert agent.get(f"/migrants/?q={quote(SURNAME)}").status == 200
    assert agent.get(f"/api/v1/migrants/?q={quote(SURNAME)}").status == 200
    found = agent.post("/migrants/", {"q": f"{SURNAME} {GIVEN}"})
    assert found.status == 302 and SURNAME not in found.headers["Location"]
    shown = agent.get(found.headers["Location"])
    assert SURNAME in shown.text

    # The worker: its own task falls into the trap, a job into what it was asked.
    stack.start("worker")
    code = "from jobs.models import Job; from accounts.models import User; from jobs.services import ring\n"
    code += f"job = Job.objects.create(kind='export', title='Export', parameters={{'listing': '{SURNAME}', 'kind': 'csv', 'query': 'q={SURNAME}', 'columns': []}},"
    code += " created_by=User.objects.get(username='manager.gao'))\nring(job.pk, job.kind); print(job.pk)"
    job = command(stack, code).stdout.strip()
    wait_until(lambda: owner(stack, "SELECT state FROM jobs_job WHERE id = %s", job) == [("failed",)], 60, "the job to fail")
    wait_until(lambda: "the database did not answer the worker" in whole(stack, "worker"), 60, "the pulse to fall into the trap")
    ((error,),) = owner(stack, "SELECT error FROM jobs_job WHERE id = %s", job)
    told = Visitor(stack.url, "manager.gao").get(f"/jobs/{job}/")
    assert told.status == 200 and "erreur inattendue" in told.text

    # A command, which ends with its traceback on the terminal (or in a crontab's mail).
    ended = command(stack, "from cases.models import Migrant; Migrant.objects.update(other_names='x')")
    assert ended.returncode != 0 and "XX000" in ended.stderr

    written = {"web": whole(stack, "web"), "worker": whole(stack, "worker"), "command": ended.stdout + ended.stderr, "job": error + told.text}
    for name, text in written.items():
        assert [canary for canary in CANARIES if canary in text] == [], name
    assert written["web"].count("XX000") >= 2 and "in wsgi_request" not in written["web"]
    assert '"GET /migrants/" 200' in written["web"] and '"POST /migrants/" 302' in written["web"]  # it is the log with the requests
    assert "KeyError: …" in written["worker"]
