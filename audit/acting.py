"""On whose behalf rows are written. The database's triggers read it, so that history names a person."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from config.refusals import all_in_words

from .reading import reading_as

F = TypeVar("F", bound=Callable[..., Any])


def set_actor(actor: User | None) -> None:
    """Tells the database who acts, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sira.actor', %s, true)", [str(actor.pk) if actor else ""])


def service(function: F) -> F:
    """A write of the domain: keyword-only, one transaction, on the rows as they are, and the history knows the `actor`. What the database
    refuses is raised as ValidationError with the words of the rule.

    `actor` is None only for what nobody asked for (a clock, a command)."""

    @wraps(function)
    def call(*, actor: User | None, **arguments: Any) -> Any:
        with all_in_words(), transaction.atomic(), reading_as(None):
            set_actor(actor)
            return function(actor=actor, **arguments)

    call.is_service = True  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def read_under(user: User, access: uuid.UUID) -> None:
    """From here on, what this request reads is marked as read under an emergency access (its key)."""
    user.__dict__["_sira_read_under"] = access


class SameKeyOtherContent(Exception):
    """A client-made key came a second time, with other content."""


class Stale(Exception):
    """Somebody else changed the record since it was read. `current` is what it is now."""

    def __init__(self, current: Any):
        self.current = current
        super().__init__(_("Quelqu’un a modifié cet enregistrement entre-temps."))


def lock_key(key: uuid.UUID) -> None:
    """Two parallel sendings of one client-made key: the second waits here until the first is done, and then finds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key.int & 0x7FFFFFFFFFFFFFFF])
