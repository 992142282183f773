"""What the console says while Redis is away: one line, then silence for a minute; other faults keep their stack."""

import logging

import pytest
import redis
from celery import Celery
from celery.beat import ScheduleEntry, Scheduler, SchedulingError
from celery.schedules import schedule
from kombu.exceptions import OperationalError

from config.celery import BrokerAway


def told(*errors: Exception) -> list[str]:
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    logger, handler = logging.Logger("essai"), Keep()
    handler.addFilter(BrokerAway())
    logger.addHandler(handler)
    for error in errors:
        try:
            raise error
        except Exception as raised:
            logger.error("Message Error: %s\n%s", raised, ["a stack"], exc_info=True)
    return lines


def test_a_broker_that_is_away_is_told_once_without_a_stack():
    assert told(redis.ConnectionError("refused"), OperationalError("refused"), ConnectionRefusedError()) == [
        "Redis ne répond plus (ConnectionError) : les travaux attendent et repartiront seuls."
    ]


def test_the_schedulers_error_is_the_brokers():
    """Beat wraps whatever stopped a task from being sent; only the broker's is told in one line."""
    app = Celery("essai", broker="redis://127.0.0.1:1/0")
    app.conf.task_publish_retry = False
    entry = ScheduleEntry(name="ring-jobs", task="jobs.tasks.ring", schedule=schedule(1), app=app)
    with pytest.raises(SchedulingError) as away:
        Scheduler(app=app, lazy=True).apply_async(entry, advance=False)
    assert told(away.value) == ["Redis ne répond plus (OperationalError) : les travaux attendent et repartiront seuls."]
    (line,) = told(SchedulingError("nothing of the broker"))
    assert "Traceback" in line


def test_another_fault_keeps_its_stack():
    (line,) = told(ValueError("a fault of ours"))
    assert "Traceback" in line and "ValueError" in line and "raise error" in line  # what it says may name somebody (config.logs)
