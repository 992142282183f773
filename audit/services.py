"""Writing the read log, and proving that neither log was touched, nor a row behind the log's back."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.http import HttpRequest

from .models import ReadLog


def log_read(request: HttpRequest, action: ReadLog.Action, model: str, rows: Iterable[object], *, centre_code: str = "") -> None:
    """Writes down that the signed-in user saw these rows. `rows` are primary keys: never a name, never a search word."""
    ReadLog.objects.create(
        user=request.user,  # type: ignore[misc]  # views that log need a sign-in
        action=action,
        model=model,
        rows=[str(row) for row in rows],
        centre_code=centre_code,
        path=request.path[:200],
        address=request.META.get("REMOTE_ADDR") or None,
    )


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: how many links were checked, and every fault in words. `head` is the last hash, in hex;
    kept outside the database (printed, mailed) it also proves that nothing was cut off at the end."""

    links: int
    faults: tuple[str, ...]
    head: str

    @property
    def whole(self) -> bool:
        return not self.faults


def verify(*, most: int = 20, rows: bool = True) -> Verdict:
    """Recomputes the whole chain in the database and compares; `rows`: then every row that has a history with what the history says
    it is, which finds what was changed while no trigger fired. Takes time in proportion to the log."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT fault FROM audit_faults(%s)", [most])
        faults = tuple(row[0] for row in cursor.fetchall())
        if rows:
            cursor.execute("SELECT fault FROM audit_row_faults(%s)", [most])
            faults += tuple(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT last_number, encode(last_hash, 'hex') FROM audit_head")
        links, head = cursor.fetchone()
    return Verdict(links, faults, head)
