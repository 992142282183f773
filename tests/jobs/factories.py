"""Jobs for the tests, and a kind of work that does what a test tells it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from accounts.models import User
from jobs.models import Job
from jobs.services import KINDS, Kind, Outcome, Progress, ask_for, run

TITLE = "Travail d’essai"


@contextmanager
def kind(work: Callable[[Progress], Outcome], name: str = "essai", right: Any = None) -> Iterator[str]:
    """A kind of job that exists for a while."""
    before = KINDS.get(name)
    KINDS[name] = Kind(work, right)
    try:
        yield name
    finally:
        del KINDS[name]
        if before is not None:
            KINDS[name] = before


def nothing(progress: Progress) -> Outcome:
    return Outcome()


def make_job(username: str, *, content: bytes | None = b"fini", state: str = "done") -> Job:
    """A job of this account: done (with a file), queued, failed or cancelled."""
    user = User.objects.get(username=username)

    def work(progress: Progress) -> Outcome:
        progress.say(1, 2, "au milieu")
        if state == "failed":
            raise ValueError
        return Outcome(content=content, file_name="essai.txt")

    with kind(work, "report"):
        job = ask_for(actor=None, kind="report", title=TITLE, parameters={"from": "2025-01-01", "to": "2025-03-31"}, id=uuid.uuid4())
        Job.objects.filter(pk=job.pk).update(created_by=user)
        if state in ("done", "failed"):
            run(job.pk)
    job.refresh_from_db()
    return job
