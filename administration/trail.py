"""What auditors read: who saw and who changed what. Never the content of a case file, never a value that was changed."""

import datetime
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KT
from django.utils.translation import gettext as _

from accounts.models import User
from audit.models import Change, ReadLog
from audit.services import Verdict, verify
from cases.models import Migrant
from config.days import midnight
from jobs.models import Job
from jobs.services import Outcome, Progress, job_kind

from .history_words import things_of

VERIFY = "verify_audit"
# Up to here the chain is checked while the page loads; above, by a worker.
AT_ONCE = 50_000


# --- narrowing -----------------------------------------------------------------------------------------------------


def _between(start: datetime.date | None, end: datetime.date | None) -> dict[str, datetime.datetime]:
    found = {}
    if start:
        found["at__gte"] = midnight(start)
    if end and end < datetime.date.max:
        found["at__lt"] = midnight(end + datetime.timedelta(days=1))
    return found


def reads(
    *, user: str = "", start=None, end=None, action: str = "", row: str = "", emergency: uuid.UUID | None = None, person: Migrant | None = None
) -> QuerySet[ReadLog]:
    """`person`: what was seen of this file and of all that hangs on it."""
    found = ReadLog.objects.filter(**_between(start, end))
    if user:
        found = found.filter(user__in=list(User.objects.filter(username__iexact=user).values_list("pk", flat=True)))
    if action:
        found = found.filter(action=action)
    if row:
        found = found.filter(rows__contains=[row])
    if person is not None:
        found = found.filter(reduce(or_, (Q(model=model._meta.label_lower, rows__overlap=keys) for model, keys in things_of(person).items())))
    if emergency:
        found = found.filter(emergency=emergency)
    return found


def changes(*, user: str = "", start=None, end=None, operation: str = "", table: str = "", row: str = "", person: Migrant | None = None) -> QuerySet[Change]:
    """`person`: what was done to this file and to all that hangs on it, or hung on it before it was deleted."""
    found = Change.objects.filter(**_between(start, end))
    if user:
        found = found.filter(actor_id__in=list(User.objects.filter(username__iexact=user).values_list("pk", flat=True)))
    if operation:
        found = found.filter(operation=operation)
    if table:
        found = found.filter(table=table)
    if row:
        found = found.filter(row=row)
    if person is not None:
        things = things_of(person)
        there = reduce(or_, (Q(table=model._meta.db_table, row__in=keys) for model, keys in things.items()))
        found = found.annotate(owner=KT("before__migrant_id")).filter(there | Q(operation=Change.Operation.DELETE, owner__in=things[Migrant]))
    return found


def reads_in_emergency(accesses: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How often something was read under each of these emergency accesses."""
    found = ReadLog.objects.filter(emergency__in=list(accesses)).order_by().values_list("emergency").annotate(n=Count("pk"))
    return dict(found)


# --- words ----------------------------------------------------------------------------------------------------------


def actors(rows: Iterable[Change]) -> dict[int, User]:
    """The accounts behind the numbers of a page, in one query. The history outlives accounts: a number may have none."""
    return User.objects.in_bulk({row.actor_id for row in rows if row.actor_id is not None})


def usernames() -> dict[int, str]:
    return dict(User.objects.values_list("pk", "username"))


# --- the chain -----------------------------------------------------------------------------------------------------


def head() -> tuple[int, str]:
    """How many links the chain has, and the hash of the last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_number, encode(last_hash, 'hex') FROM audit_head")
        return cursor.fetchone()


def last_verdict() -> Job | None:
    """The latest check of the chain, whoever asked for it: the state of the trail is no secret among auditors."""
    return Job.objects.filter(kind=VERIFY).select_related("created_by").order_by("-created_at").first()


def _verify_apart() -> Verdict:
    try:
        return verify()
    finally:
        connection.close()  # of this thread


@job_kind(VERIFY, minutes=60)
def verify_chain(progress: Progress) -> Outcome:
    """Reads the log, changes nothing, may be run any number of times. One long query: said to be alive beside it."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        checking = beside.submit(_verify_apart)
        while True:
            try:
                verdict = checking.result(timeout=5)
                break
            except NotYet:
                progress.say(0, 0, _("Vérification des maillons"))
    return Outcome(result={"links": verdict.links, "head": verdict.head, "faults": list(verdict.faults)})
