"""How many questions each page asks the database: the same number with ten people and with two hundred, and never more than twelve.

The numbers are checked in (query_counts.json), so that one question more is seen in review. After a change that is meant:
SIRA_WRITE_QUERY_COUNTS=1 pytest tests/test_pages.py"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User

from . import databases
from .walk import READABLE, address, make_objects, viewer

BASELINE = Path(__file__).resolve().parent / "query_counts.json"
MOST = 12
# The first page is no list: one question for each card, asked only where it has something to show, so a day with everything at once asks most.
MOST_OF_THE_FIRST_PAGE = 16
FEW, MANY = 10, 200
# One process makes the two registers for all of these.
pytestmark = pytest.mark.xdist_group("pages")
# Transactions, and what a package asks for itself.
NOT_COUNTED = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SET CONSTRAINTS")


@pytest.fixture(scope="module")
def two_registers(django_db_setup, django_db_blocker) -> Iterator[dict[int, tuple[str, dict[str, dict[str, Any]]]]]:
    """{people: (database, {URL name: arguments})}: a small register and a large one, each with one object of every sample."""
    before = connections["default"].settings_dict["NAME"]
    made = {}
    with django_db_blocker.unblock():
        try:
            for people in (FEW, MANY):
                name = databases.own_name(f"register{people}")
                databases.copy_template(name)
                databases.use(name)
                call_command("demo_data", migrants=people, seed=3, verbosity=0, stdout=open(os.devnull, "w"))  # noqa: SIM115
                made[people] = (name, make_objects(READABLE))
            yield made
        finally:
            for name, _objects in made.values():
                databases.drop(name)
            databases.use(before)


def count(name: str, kwargs: dict[str, Any]) -> tuple[int, list[str]]:
    """Questions of a second visit (the first fills what Django keeps for the life of the process)."""
    client = Client()
    if username := viewer(name):
        client.force_login(User.objects.get(username=username))
    url = address(name, kwargs)
    for _visit in range(2):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(url)
            if getattr(response, "streaming", False):
                b"".join(response.streaming_content)
    assert response.status_code < 500 or name == "readyz", f"{name}: {response.status_code}"
    asked = [query["sql"] for query in captured.captured_queries if not query["sql"].upper().startswith(NOT_COUNTED)]
    return len(asked), asked


@pytest.fixture(scope="module")
def counts(two_registers, django_db_blocker) -> dict[str, dict[int, tuple[int, list[str]]]]:
    found: dict[str, dict[int, tuple[int, list[str]]]] = {name: {} for name in READABLE}
    with django_db_blocker.unblock():
        for people, (database, objects) in two_registers.items():
            databases.use(database)
            for name in READABLE:
                found[name][people] = count(name, objects[name])
        databases.use(two_registers[FEW][0])
    if os.environ.get("SIRA_WRITE_QUERY_COUNTS"):
        BASELINE.write_text(json.dumps({name: found[name][MANY][0] for name in READABLE}, indent=1) + "\n")
    return found


def test_no_page_asks_more_with_more_people(counts):
    more = {}
    for name, by_people in counts.items():
        (few, asked_few), (many, asked_many) = by_people[FEW], by_people[MANY]
        # One question less with few people is an empty list that needs no second look (prefetch); more than that is a loop.
        if many > few + 1 and name != "home":
            shapes = {sql[:200] for sql in asked_few}
            more[name] = f"{few} → {many}; new: {[sql[:200] for sql in asked_many if sql[:200] not in shapes][:3]}"
    assert more == {}


def test_no_page_asks_more_than_twelve(counts):
    most = {"home": MOST_OF_THE_FIRST_PAGE}
    assert {name: by_people[MANY][0] for name, by_people in counts.items() if by_people[MANY][0] > most.get(name, MOST)} == {}


def test_no_page_asks_more_than_it_did(counts):
    known = json.loads(BASELINE.read_text())
    now = {name: by_people[MANY][0] for name, by_people in counts.items()}
    assert {name: f"{known.get(name)} → {now[name]}" for name in now if now[name] > known.get(name, -1)} == {}
    assert sorted(set(known) - set(now)) == [], "pages that are no more"
