"""Celery only rings the bell: the truth about long work is a row of `jobs.Job`."""

import logging
import os
import time

import redis
from celery import Celery
from celery.beat import SchedulingError
from celery.signals import after_setup_logger, worker_ready
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sira")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def say_alive(sender=None, **kwargs):
    """At once, not at the next beat: the site is ready as soon as its worker is."""
    sender.app.send_task("jobs.tasks.heartbeat")


class BrokerAway(logging.Filter):
    """A broker that is away is told in one line a minute, without the stack of calls that found it away: it comes back, and nothing
    is lost."""

    said = -60.0

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        # The scheduler raises an error of its own while it handles the broker's.
        while isinstance(error, SchedulingError):
            error = error.__context__
        if isinstance(error, redis.ConnectionError | redis.TimeoutError | OperationalError | ConnectionError):
            if time.monotonic() - self.said < 60:
                return False
            self.said = time.monotonic()
            record.msg, record.args = "Redis ne répond plus (%s) : les travaux attendent et repartiront seuls.", (type(error).__name__,)
            record.exc_info = record.exc_text = None
        return True


@after_setup_logger.connect
def tell_in_one_line(logger=None, **kwargs):
    for handler in logger.handlers:
        handler.addFilter(BrokerAway())
