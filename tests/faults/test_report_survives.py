"""A report that somebody waits for comes, once, whatever is killed meanwhile (docs/decisions/0004-jobs-are-rows.md)."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.stack import OwnRedis, Stack, Visitor, wait_until

PERIOD = {"from": "2026-01-01", "to": "2026-06-30"}
PATIENCE = 90


@pytest.fixture(scope="module")
def committee(fragile: Stack) -> Visitor:
    wait_until(fragile.ready, 60, "a worker")
    return Visitor(fragile.url, "steering.eu")


def ask(committee: Visitor) -> str:
    key = str(uuid.uuid4())
    answer = committee.post_json("/api/v1/reports/", {"id": key, **PERIOD})
    assert answer.status == 201, answer.text[:500]
    return key


def state(committee: Visitor, key: str) -> str:
    return committee.get(f"/api/v1/reports/{key}/").json()["state"]


def rows(stack: Stack, query: str, *values: Any) -> list[tuple]:
    connection = psycopg2.connect(stack.environment["DATABASE_URL"])
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()
    finally:
        connection.close()


@contextmanager
def held_in_the_middle(stack: Stack) -> Iterator[None]:
    """While this lasts no snapshot can be written: a report stands still in the middle of its work."""
    connection = psycopg2.connect(stack.environment["DATABASE_URL"])
    try:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE reporting_snapshot IN EXCLUSIVE MODE")
            yield
    finally:
        connection.close()


def somebody_waits(stack: Stack) -> bool:
    return bool(rows(stack, "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"))


def arrived_once(stack: Stack, committee: Visitor, key: str, *, tries: int) -> None:
    wait_until(lambda: state(committee, key) in ("done", "failed"), PATIENCE, "the report")
    [(how, times, file)] = rows(stack, "SELECT state, tries, file FROM jobs_job WHERE id = %s", key)
    assert (how, times) == ("done", tries)
    assert rows(stack, "SELECT count(*) FROM reporting_snapshot WHERE job_id = %s", key) == [(1,)]
    assert rows(stack, "SELECT count(*) FROM reporting_report WHERE job_id = %s", key) == [(1,)]
    known = {Path(path).name for (path,) in rows(stack, "SELECT file FROM jobs_job WHERE file <> ''")}
    kept = {path.name for path in (stack.folder / "files" / "jobs").iterdir()}
    assert kept == known, "a file that belongs to no job"
    pdf = committee.get(f"/api/v1/reports/{key}/file/")
    assert pdf.status == 200
    assert pdf.content.startswith(b"%PDF-")
    assert Path(file).name in kept


def test_the_child_that_makes_it_is_killed(fragile, committee):
    """As when the kernel takes the memory back: the pool's child is gone, its parent lives."""
    with held_in_the_middle(fragile):
        key = ask(committee)
        wait_until(lambda: somebody_waits(fragile), 60, "the worker to be in the middle")
        assert state(committee, key) == "running"
        assert fragile.kill_worker_child() >= 1
    arrived_once(fragile, committee, key, tries=2)


def test_the_worker_is_killed_and_another_started(fragile, committee):
    """As when the power goes."""
    with held_in_the_middle(fragile):
        key = ask(committee)
        wait_until(lambda: somebody_waits(fragile), 60, "the worker to be in the middle")
        fragile.kill("worker")
    fragile.start("worker")
    arrived_once(fragile, committee, key, tries=2)


def test_redis_is_gone_and_comes_back_empty(fragile, committee, own_redis: OwnRedis):
    """The bell is broken: asking is answered at once and clearly, and the report comes when the bell is back."""
    own_redis.stop()
    began = time.monotonic()
    key = ask(committee)
    assert time.monotonic() - began < 8, "the page hung on the broker"
    assert state(committee, key) == "queued"
    page = committee.get(f"/jobs/{key}/")
    assert page.status == 200
    assert "en attente" in page.text.lower()
    assert committee.get("/reporting/").status == 200
    readiness = committee.get("/readyz")
    assert readiness.status == 503
    assert readiness.json()["broker"] is False
    try:
        wait_until(lambda: "onnect" in fragile.log("worker"), 30, "the worker to tell it")
    finally:
        own_redis.start()
    arrived_once(fragile, committee, key, tries=1)
    for name in ("worker", "beat", "web"):
        assert "kombu.exceptions" not in fragile.log(name), fragile.log(name)


def test_rung_many_times_it_is_made_once(fragile, committee):
    """Two beats, a resend, a redelivery: the row decides, not the bell."""
    key = ask(committee)
    again = [committee.post_json("/api/v1/reports/", {"id": key, **PERIOD}) for _time in range(5)]
    assert {answer.status for answer in again} == {200}
    ring = f"from jobs.services import ring\nimport uuid\nfor _time in range(10): ring(uuid.UUID('{key}'), 'report')"
    fragile.manage("shell", "--verbosity", "0", "--command", ring)
    arrived_once(fragile, committee, key, tries=1)
