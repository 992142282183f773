"""Writing the read log, and proving that neither log was touched, nor a row behind the log's back."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.http import HttpRequest

from accounts.models import User

from .models import ReadLog


def log_read(request: HttpRequest, action: ReadLog.Action, model: str, rows: Iterable[object], *, centre_code: str = "") -> None:
    """Writes down that the signed-in user saw these rows. `rows` are primary keys: never a name, never a search word."""
    log_read_by(
        request.user,  # type: ignore[arg-type]  # views that log need a sign-in
        action,
        model,
        rows,
        path=request.path,
        address=request.META.get("REMOTE_ADDR") or None,
        centre_code=centre_code,
        emergency=request.user.__dict__.get("_sira_read_under"),
    )


def log_read_by(
    user: User,
    action: ReadLog.Action,
    model: str,
    rows: Iterable[object],
    *,
    path: str,
    address: str | None = None,
    centre_code: str = "",
    emergency: UUID | None = None,
) -> None:
    """The same where there is no request: a worker makes what somebody asked for. `path`: what was made."""
    ReadLog.objects.create(
        user=user, action=action, model=model, rows=[str(row) for row in rows], centre_code=centre_code, path=path[:200], address=address, emergency=emergency
    )


def log_outside_read(request: HttpRequest, action: ReadLog.Action, model: str, rows: Iterable[object], *, party: str, path: str) -> None:
    """The same for somebody without an account, who came by a secret address. `party`: in whose name; `path`: without the secret."""
    address = request.META.get("REMOTE_ADDR") or None
    ReadLog.objects.create(user=None, party=party[:200], action=action, model=model, rows=[str(row) for row in rows], path=path, address=address)


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


def forget_history(person: object, rows: Iterable[tuple[str, object]], *, why: object) -> int:
    """Blanks what the history says about these rows (table, key) and about what was deleted from under the person; who and when is
    written down, and the chain still verifies. Inside the caller's transaction, after its last write. Returns how many lines."""
    pairs = [(table, str(key)) for table, key in rows]
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_forget(%s, %s, %s, %s)", [str(person), [table for table, _key in pairs], [key for _table, key in pairs], str(why)])
        return cursor.fetchone()[0]
