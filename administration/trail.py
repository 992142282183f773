"""What auditors read: who saw and who changed what. Never the content of a case file, never a value that was changed."""

import csv
import datetime
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KT
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.models import Change, ReadLog
from audit.services import Verdict, verify
from cases.models import Migrant
from config.days import midnight
from config.spreadsheet import harmless
from jobs.models import Job
from jobs.services import Outcome, Progress, job_kind

from .history_words import fields_of, label_of, model_words, numbers_of, table_words, things_of

# A file longer than this is cut, and says so at its end: a spreadsheet would cut it without a word.
MOST_LINES = 100_000
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


# --- as a file -----------------------------------------------------------------------------------------------------


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _csv(name: str, head: list[str], lines: Iterator[list[Any]]) -> StreamingHttpResponse:
    def content() -> Iterator[str]:
        writer = csv.writer(_Line(), lineterminator="\r\n")
        yield "\ufeff"  # so that spreadsheets read the accents
        yield writer.writerow(head)
        for number, line in enumerate(lines):
            if number == MOST_LINES:
                yield writer.writerow([_("Liste coupée après %(n)s lignes : choisissez une période plus courte.") % {"n": MOST_LINES}])
                return
            yield writer.writerow([harmless(str(value)) for value in line])

    return StreamingHttpResponse(
        content(), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}-{timezone.localdate().isoformat()}.csv"'}
    )


def batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rows = iter(rows)
    while part := list(islice(rows, size)):
        yield part


def _time(moment: datetime.datetime) -> str:
    return timezone.localtime(moment).isoformat(sep=" ", timespec="seconds")


def reads_file(found: QuerySet[ReadLog]) -> StreamingHttpResponse:
    def lines() -> Iterator[list[Any]]:
        for part in batched(found.select_related("user").order_by("-id")[: MOST_LINES + 1].iterator(chunk_size=2000), 500):
            numbers = numbers_of((row.model, key) for row in part for key in row.rows)
            for row in part:
                who = row.user.username if row.user is not None else row.party
                people = " ".join(dict.fromkeys(numbers[row.model, key] for key in row.rows if (row.model, key) in numbers))
                what = [model_words(row.model), people, " ".join(row.rows)]
                yield [_time(row.at), who, row.get_action_display(), *what, row.centre_code, row.path, row.address or "", row.emergency or ""]

    heads = [_("Quand"), _("Qui"), _("Action"), _("Type"), _("Personnes"), _("Objets"), _("Centre"), _("Page"), _("Adresse"), _("Accès d’urgence")]
    return _csv("consultations", heads, lines())


def changes_file(found: QuerySet[Change]) -> StreamingHttpResponse:
    def lines() -> Iterator[list[Any]]:
        usernames = dict(User.objects.values_list("pk", "username"))
        words = table_words()
        for part in batched(found.order_by("-id")[: MOST_LINES + 1].iterator(chunk_size=2000), 500):
            numbers = numbers_of((label_of(row.table), row.row) for row in part)
            for row in part:
                who = usernames.get(row.actor_id, row.actor_id) if row.actor_id else row.database_user
                person = numbers.get((label_of(row.table), row.row), "")
                yield [_time(row.at), who, words.get(row.table, row.table), person, row.row, row.get_operation_display(), ", ".join(fields_of(row))]

    return _csv("modifications", [_("Quand"), _("Qui"), _("Table"), _("Personne"), _("Ligne"), _("Opération"), _("Champs")], lines())


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


@job_kind(VERIFY)
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
