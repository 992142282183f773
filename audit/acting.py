"""On whose behalf rows are written. The database's triggers read it, so that history names a person."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import connection, transaction

from accounts.models import User

F = TypeVar("F", bound=Callable[..., Any])


def set_actor(actor: User | None) -> None:
    """Tells the database who acts, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sira.actor', %s, true)", [str(actor.pk) if actor else ""])


def service(function: F) -> F:
    """A write of the domain: keyword-only, one transaction, and the history knows the `actor`.

    `actor` is None only for what nobody asked for (a clock, a command)."""

    @wraps(function)
    def call(*, actor: User | None, **arguments: Any) -> Any:
        with transaction.atomic():
            set_actor(actor)
            return function(actor=actor, **arguments)

    call.is_service = True  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]
