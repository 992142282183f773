"""A list that is brought in is registered once, or not at all, whatever is killed meanwhile."""

import re
import uuid
from contextlib import contextmanager

import psycopg2
import pytest

from tests.stack import Stack, Visitor, wait_until

from .test_report_survives import rows, somebody_waits

PEOPLE = 40


@pytest.fixture(scope="module")
def manager(fragile: Stack) -> Visitor:
    wait_until(fragile.ready, 60, "a worker")
    return Visitor(fragile.url, "manager.gao")


@contextmanager
def held_while_writing(stack: Stack):
    """While this lasts no agreement can be written: the import has written its people, not yet committed."""
    connection = psycopg2.connect(stack.environment["DATABASE_URL"])
    try:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE cases_consent IN EXCLUSIVE MODE")
            yield
    finally:
        connection.close()


def state(stack: Stack, key: str) -> str:
    return rows(stack, "SELECT state FROM cases_importbatch WHERE id = %s", key)[0][0]


def checked_list(stack: Stack, manager: Visitor, mark: str) -> str:
    """A list that the worker has read and checked, through the pages."""
    key = str(uuid.uuid4())
    lines = ["Référence;Nom;Prénoms;Sexe;Naissance;Nationalité;Accord;Accord donné par"]
    lines += [f"{mark}{n};Xq{mark}{n};Awa{n};femme;19{50 + n};ML;oui;signature" for n in range(PEOPLE)]
    path = stack.folder / f"{mark}.csv"
    path.write_text("\n".join(lines))
    code = (
        "import uuid; from pathlib import Path; from django.core.files import File; from accounts.models import User; from centres.models import Centre;"
        "from cases.importing import batches;"
        f"batches.receive(actor=User.objects.get(username='manager.gao'), id=uuid.UUID('{key}'), centre=Centre.objects.get(code='GAO'),"
        f" file=File(Path('{path}').open('rb')), name='liste.csv')"
    )
    stack.manage("shell", "--verbosity", "0", "--command", code)
    wait_until(lambda: state(stack, key) == "read", 60, "the list to be read")
    page = manager.get(f"/migrants/import/{key}/").text
    selects = re.findall(r'name="column_(\d+)"[^>]*>(.*?)</select>', page, re.DOTALL)
    places = {place: found[1] for place, options in selects if (found := re.search(r'<option value="(\w+)" selected', options))}
    manager.post(f"/migrants/import/{key}/columns/", {f"column_{place}": name for place, name in places.items()} | {"date_order": "dmy", "consent": "6"})
    wait_until(lambda: state(stack, key) == "checked", 60, "the list to be checked")
    return key


def registered(stack: Stack, mark: str) -> int:
    return rows(stack, "SELECT count(*) FROM cases_migrant WHERE surname LIKE %s", f"Xq{mark}%")[0][0]


@pytest.mark.parametrize("way", ["child", "worker"])
def test_a_killed_worker_registers_everybody_once(fragile, manager, way):
    key = checked_list(fragile, manager, way)
    with held_while_writing(fragile):
        assert manager.post(f"/migrants/import/{key}/confirm/", {"alike": "keep_all"}).status == 302
        wait_until(lambda: somebody_waits(fragile), 60, "the worker to be in the middle")
        if way == "child":
            assert fragile.kill_worker_child() >= 1
        else:
            fragile.kill("worker")
    if way == "worker":
        fragile.start("worker")
    wait_until(lambda: state(fragile, key) == "done", 90, f"the import; it is {state(fragile, key)}")
    assert registered(fragile, way) == PEOPLE
    [(made, kept)] = rows(fragile, "SELECT made, file FROM cases_importbatch WHERE id = %s", key)
    assert (made, kept) == (PEOPLE, "")
    assert rows(
        fragile, "SELECT count(*) FROM cases_migrant m WHERE surname LIKE %s AND (SELECT count(*) FROM cases_custody c WHERE c.migrant_id = m.id) <> 1", f"Xq{way}%"
    ) == [(0,)]
    assert rows(fragile, "SELECT tries FROM jobs_job WHERE parameters->>'batch' = %s AND parameters->>'step' = 'write'", key) == [(2,)]
