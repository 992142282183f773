"""What a worker's main process does beside its children. They may all be deep in long work; it never is."""

import logging
from typing import Any

from celery import bootsteps
from celery.worker import state
from celery.worker.request import Request
from django.db import DatabaseError, connection
from kombu import Consumer, Queue

from . import services
from .models import LEASE

logger = logging.getLogger(__name__)
PULSE = Queue("pulse")
RUN = "jobs.tasks.run_job"


def _in_the_database(do: Any, *arguments: Any) -> None:
    """A database that is away must not stop the worker. No connection is kept: a child forked later would inherit it."""
    try:
        do(*arguments)
    except DatabaseError as error:
        logger.warning("the database did not answer the worker (%s)", type(error).__name__)
    finally:
        connection.close()


class Pulse(bootsteps.ConsumerStep):
    """Answers the beat. The ring has a queue of its own, which no job can block; so `/readyz` knows that beat, broker and worker work together."""

    def get_consumers(self, channel: Any) -> list[Consumer]:
        return [Consumer(channel, queues=[PULSE], callbacks=[self.answer], accept=["json"], no_ack=True)]

    def answer(self, body: Any, message: Any) -> None:
        _in_the_database(services.beat_pulse)


class Leases(bootsteps.StartStopStep):
    """Renews the lease of every job whose child lives. The one rule of leases: a lease ends when the process that works ends."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any):
        self.timer = None

    def start(self, parent: Any) -> None:
        self.timer = parent.timer.call_repeatedly(LEASE.total_seconds() / 3, self.renew)

    def stop(self, parent: Any) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def renew(self) -> None:
        if active := [request.args[0] for request in list(state.active_requests) if request.name == RUN]:
            _in_the_database(services.renew, active)


class JobRequest(Request):
    """One ring of the bell, as the main process sees it."""

    def on_timeout(self, soft: bool, timeout: int) -> None:
        """The child heard the soft limit and did not stop: it is killed, and its job is not begun again."""
        super().on_timeout(soft, timeout)
        if not soft:
            _in_the_database(services.end_overdue, self.args[0])
