"""For whom rows are read. Whoever no longer follows a person reads what was there while they did (cases.models.known): the models ask here,
so that no page can forget it. Services work on the whole truth."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_reader: ContextVar[Any] = ContextVar("sira_reader", default=None)


class Reader:
    """Somebody who reads, for the length of one request or one file. `user` may be lazy: it is asked for when somebody's row is read."""

    def __init__(self, user: Any):
        self.user = user
        self.withheld: list[Any] = []  # rows read whose reader has not asked for their content yet


def reader() -> Reader | None:
    return _reader.get()


@contextmanager
def reading_as(user: Any) -> Iterator[None]:
    """What is loaded in here is loaded for this user. None: for the machine, which reads what is true."""
    token = _reader.set(None if user is None else Reader(user))
    try:
        yield
    finally:
        _reader.reset(token)
