"""Work that never ends stops no worker (docs/decisions/0004-jobs-are-rows.md)."""

import time
import uuid

import pytest

from tests.stack import Stack, wait_until

from .conftest import LEASE
from .kinds import SECONDS
from .test_report_survives import rows


def ask(stack: Stack, **kinds: str) -> list[str]:
    """Work of these kinds, by account, in this order. One start of Python for all of them."""
    keys = [str(uuid.uuid4()) for _kind in kinds]
    code = "import uuid, tests.faults.kinds; from accounts.models import User; from jobs.services import ask_for;" + ";".join(
        f"ask_for(actor=User.objects.get(username='{username}'), kind='{kind}', title='x', parameters={{}}, id=uuid.UUID('{key}'))"
        for key, (username, kind) in zip(keys, kinds.items(), strict=True)
    )
    stack.manage("shell", "--verbosity", "0", "--command", code)
    return keys


def job(stack: Stack, key: str) -> tuple:
    return rows(stack, "SELECT state, tries, error FROM jobs_job WHERE id = %s", key)[0]


def pulse(stack: Stack):
    return rows(stack, "SELECT max(at) FROM jobs_workerpulse")[0][0]


@pytest.mark.parametrize("kind", ["endless", "deaf"])
def test_work_that_never_ends(fragile: Stack, kind):
    """It keeps its one lease while its process lives, is stopped when its time is over, and is not begun again. Meanwhile the only child is
    busy, and beat, broker and worker tell each other all the same that they live."""
    wait_until(fragile.ready, 60, "a worker")
    key, after = ask(fragile, **{"manager.gao": kind, "manager.kayes": "short"})
    wait_until(lambda: job(fragile, key)[0] == "running", 20, "the worker to begin")
    before = pulse(fragile)
    time.sleep(LEASE + 1)
    assert rows(fragile, "SELECT state, lease_until > now() FROM jobs_job WHERE id = %s", key) == [("running", True)]
    wait_until(lambda: pulse(fragile) > before, SECONDS - LEASE, "the pulse")
    assert job(fragile, key)[0] == "running"
    wait_until(lambda: job(fragile, key)[0] == "failed", SECONDS, "the work to be stopped")
    assert job(fragile, key)[1] == 1
    assert "prenait plus de" in job(fragile, key)[2]
    wait_until(lambda: job(fragile, after)[0] == "done", 20, "the next one's turn")
