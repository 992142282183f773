"""Asking for long work, and doing it exactly once to the end."""

import logging
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from audit.acting import service, set_actor
from centres.access import may
from centres.models import Centre
from centres.roles import Right

from .models import LEASE, MOST_TRIES, ONE_AT_A_TIME, Job, WorkerPulse

logger = logging.getLogger(__name__)
RING_SECONDS = 60
RINGS = 50  # in a round


class LeaseLost(Exception):
    """Another worker has the job now, or it was cancelled: this one must stop and leave no trace."""


class JobRefused(Exception):
    """The work can't be done, and trying again won't help. The text is shown to whoever asked."""


@dataclass
class Outcome:
    """What a finished job leaves: a file (bytes and the name to save it under), or only words."""

    content: bytes | None = None
    file_name: str = ""
    result: dict[str, Any] | None = None


Work = Callable[["Progress"], Outcome]


@dataclass(frozen=True)
class Kind:
    work: Work
    right: Right | None
    minutes: float = 10


KINDS: dict[str, Kind] = {}


def job_kind(name: str, *, right: Right | None = None, minutes: float = 10) -> Callable[[Work], Work]:
    """Declares the function that does the work of a kind. It must be safe to run twice from the start.

    `right`: needed to ask for it, and still held when it runs and when its file is fetched. `minutes`: after these it is stopped, with words;
    whatever does not stop is killed JOB_GRACE_SECONDS later. Neither is begun again."""

    def register(work: Work) -> Work:
        KINDS[name] = Kind(work, right, minutes)
        return work

    return register


def may_have(user: User | None, kind: str, parameters: dict[str, Any] | None = None) -> bool:
    """May this user ask for such work, and have what it made? None is the installation itself. Work for one centre (the code of it is the
    parameter `centre`) needs the right there."""
    known = KINDS.get(kind)
    if known is None or user is None or known.right is None:
        return known is not None
    if code := (parameters or {}).get("centre"):
        centre = Centre.objects.filter(code=code).first()
        return centre is not None and may(user, known.right, centre)
    return may(user, known.right)


class Progress:
    """Handed to the work: its job, and the way to say how far it is."""

    def __init__(self, job: Job):
        self.job = job

    def say(self, done: int, total: int, step: str) -> None:
        """Raises LeaseLost when the job is no longer this worker's."""
        renewed = Job.objects.filter(pk=self.job.pk, lease=self.job.lease, state=Job.State.RUNNING).update(
            done=min(done, total), total=total, step=step[:200], lease_until=timezone.now() + LEASE
        )
        if not renewed:
            raise LeaseLost


@service
def ask_for(*, actor: User | None, kind: str, title: str, parameters: dict[str, Any], id: uuid.UUID | None = None) -> Job:
    """Queues a job. The same `id` again (a double click) gives the same job. Rings the bell after commit.

    Raises PermissionDenied; JobRefused when the `id` is another job's."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of job: {kind}")
    if not may_have(actor, kind, parameters):
        raise PermissionDenied
    job, created = Job.objects.get_or_create(pk=id or uuid.uuid4(), defaults={"kind": kind, "title": title[:200], "parameters": parameters, "created_by": actor})
    if not created and (job.created_by_id != (actor.pk if actor else None) or job.kind != kind or job.parameters != parameters):
        raise JobRefused(_("Cette demande porte un numéro déjà pris. Rechargez la page et recommencez."))
    if created:
        transaction.on_commit(lambda: ring(job.pk, job.kind))
    return job


def seconds_for(kind: str) -> float:
    """How long work of this kind may take."""
    return KINDS[kind].minutes * 60 if kind in KINDS else 60


def ring(job_id: uuid.UUID, kind: str) -> None:
    """Tells a worker. If the broker is away nothing is lost: the row waits, and the beat rings again."""
    from .tasks import run_job

    seconds = seconds_for(kind)
    try:
        # Rung again every few seconds while nobody is free: an old ring must not pile up before the broker.
        run_job.apply_async([str(job_id)], expires=RING_SECONDS, soft_time_limit=seconds, time_limit=seconds + settings.JOB_GRACE_SECONDS)
    except Exception as error:
        logger.warning("the bell for job %s could not be rung (%s); the beat will", job_id, type(error).__name__)


def ring_waiting() -> int:
    """Rings for one job of every account that waits, first for whoever was served longest ago. Returns how many times."""
    turns = sorted(Job.objects.next_turns(), key=lambda job: (job.served is not None, job.served, job.created_at))  # type: ignore[attr-defined]
    for job in turns[:RINGS]:
        ring(job.pk, job.kind)
    return len(turns[:RINGS])


def renew(job_ids: Iterable[uuid.UUID | str]) -> None:
    """Their processes live: so do their leases."""
    Job.objects.filter(pk__in=list(job_ids), state=Job.State.RUNNING, lease_until__gte=timezone.now()).update(lease_until=timezone.now() + LEASE)


def _claim(job_id: uuid.UUID) -> Job | None:
    """Takes the job for this worker, or None if it is done, if somebody has it, or if whoever asked has another under way: an account has
    one worker at a time, so that a pile of work of one leaves room for the others."""
    with transaction.atomic():
        job = Job.objects.waiting().select_for_update(skip_locked=True).filter(pk=job_id).first()
        if job is None:
            return None
        set_actor(job.created_by)
        now = timezone.now()
        if job.tries >= MOST_TRIES:
            _fail(job, _("Le travail a été interrompu trop souvent. Relancez-le ; si cela recommence, prévenez l’administrateur."))
            return None
        job.state, job.lease, job.lease_until = Job.State.RUNNING, uuid.uuid4(), now + LEASE
        job.tries += 1
        job.started_at, job.done, job.step = now, 0, ""
        try:
            with transaction.atomic():
                job.save()
        except IntegrityError as error:
            if ONE_AT_A_TIME not in str(error):
                raise
            return None
        return job


def _fail(job: Job, words: str) -> None:
    job.state, job.finished_at, job.lease, job.lease_until = Job.State.FAILED, timezone.now(), None, None
    job.error = words
    job.save()


@transaction.atomic
def end_overdue(job_id: uuid.UUID | str) -> None:
    """Its process was killed because it took too long: it would take as long again."""
    job = Job.objects.select_for_update().filter(pk=job_id, state=Job.State.RUNNING).first()
    if job is not None:
        set_actor(job.created_by)
        _fail(job, _too_long(job))


def _too_long(job: Job) -> str:
    minutes = max(1, round(seconds_for(job.kind) / 60))
    return ngettext(
        "Ce travail a été arrêté : il prenait plus de %(n)s minute. Demandez moins à la fois (une période plus courte, une liste plus petite).",
        "Ce travail a été arrêté : il prenait plus de %(n)s minutes. Demandez moins à la fois (une période plus courte, une liste plus petite).",
        minutes,
    ) % {"n": minutes}


def run(job_id: uuid.UUID) -> None:
    """Does the work if it waits; returns at once if it doesn't. Whoever holds the lease at the end writes the result: once."""
    job = _claim(job_id)
    if job is None:
        return
    try:
        if not may_have(job.created_by, job.kind, job.parameters):
            raise JobRefused(_("Vous n’avez plus le droit de demander ce travail."))
        outcome = KINDS[job.kind].work(Progress(job))
    except LeaseLost:
        logger.warning("job %s was taken over", job_id)
        return
    except JobRefused as refusal:
        _finish(job, Job.State.FAILED, error=str(refusal))
        return
    except SoftTimeLimitExceeded:
        _finish(job, Job.State.FAILED, error=_too_long(job))
        return
    except Exception:
        logger.exception("job %s failed", job_id)
        _finish(job, Job.State.FAILED, error=_("Une erreur inattendue a arrêté ce travail. Relancez-le ; si cela recommence, prévenez l’administrateur."))
        return
    _finish(job, Job.State.DONE, outcome=outcome)


@transaction.atomic
def _finish(job: Job, state: Job.State, *, outcome: Outcome | None = None, error: str = "") -> None:
    mine = Job.objects.select_for_update().filter(pk=job.pk, lease=job.lease, state=Job.State.RUNNING).first()
    if mine is None:
        return
    set_actor(mine.created_by)
    mine.state, mine.error, mine.finished_at, mine.lease, mine.lease_until, mine.step = state, error, timezone.now(), None, None, ""
    if outcome is not None:
        mine.done = mine.total = max(mine.total, 1)
        mine.result = outcome.result or {}
        if outcome.content is not None:
            # Named by the try: a file written by a worker that died before the commit is an orphan, never a wrong answer.
            mine.file.save(f"{job.lease}", ContentFile(outcome.content), save=False)
            mine.file_name = outcome.file_name
    mine.save()


@service
def cancel(*, actor: User, job: Job) -> Job:
    """Stops a job that has not ended. A worker in the middle of it finds out at its next word. Raises PermissionDenied."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.created_by_id != actor.pk:
        raise PermissionDenied
    if not job.ended:
        job.state, job.finished_at, job.lease, job.lease_until = Job.State.CANCELLED, timezone.now(), None, None
        job.save()
    return job


@service
def retry(*, actor: User, job: Job, id: uuid.UUID) -> Job:
    """The same work once more, as a new job; what was tried stays in the list. Raises PermissionDenied; JobRefused if it goes on still."""
    if job.created_by_id != actor.pk:
        raise PermissionDenied
    if not job.ended:
        raise JobRefused(_("Ce travail n’est pas terminé."))
    return ask_for(actor=actor, kind=job.kind, title=job.title, parameters=job.parameters, id=id)


def beat_pulse() -> None:
    """A worker is alive: said by a task that the beat rings."""
    WorkerPulse.objects.update_or_create(pk=True, defaults={"at": timezone.now()})
