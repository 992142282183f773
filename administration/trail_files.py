"""The two journals as files. A short one at once, a long one by a worker: a journal has millions of lines, and who reads it waits in a web thread."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from audit.models import Change, ReadLog
from audit.services import log_read, log_read_by
from centres.roles import Right
from config import private
from config.spreadsheet import MEDIA_TYPES, Column, Sheet, as_csv
from jobs.services import JobRefused, Outcome, Progress, ask_for, job_kind

from . import trail
from .forms import ChangeFilterForm, ReadFilterForm, TrailFilterForm
from .history_words import fields_of, label_of, model_words, numbers_of, table_words

MOST_NOW = 2000  # lines while somebody waits
MOST_LINES = 100_000  # a longer file is cut, and says so at its end: a spreadsheet would cut it without a word
CHUNK = 2000
EXPORT = "trail_export"
NAMESPACE = uuid.UUID("5d8e3f0a-9c41-4c6b-8a53-2f1f0c9b7d10")

Line = list[Any]


@dataclass(frozen=True)
class Journal:
    """`form`: its filters; `found(form)`: the rows they ask for; `lines(rows)`: as they stand in the file."""

    title: Promise | str
    model: str
    form: type[TrailFilterForm]
    found: Callable[[Any], QuerySet[Any]]
    heads: tuple[Promise | str, ...]
    lines: Callable[[QuerySet[Any]], Iterator[Line]]


def _wanted(form: TrailFilterForm) -> dict[str, Any]:
    return {**form.cleaned_data, "person": form.person} if form.is_bound and form.is_valid() else {}


def reads(form: TrailFilterForm) -> QuerySet[ReadLog]:
    """What a filter form asks for; nobody's where it can't be read."""
    return form.allowed(trail.reads(**_wanted(form)))


def changes(form: TrailFilterForm) -> QuerySet[Change]:
    return form.allowed(trail.changes(**_wanted(form)))


def _time(moment: Any) -> str:
    return timezone.localtime(moment).isoformat(sep=" ", timespec="seconds")


def _batched(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rows = iter(rows)
    while part := list(islice(rows, CHUNK)):
        yield part


def _read_lines(found: QuerySet[ReadLog]) -> Iterator[Line]:
    for part in _batched(found.select_related("user").order_by("-id").iterator(chunk_size=CHUNK)):
        numbers = numbers_of((row.model, key) for row in part for key in row.rows)
        for row in part:
            who = row.user.username if row.user is not None else row.party
            people = " ".join(dict.fromkeys(numbers[row.model, key] for key in row.rows if (row.model, key) in numbers))
            what = [model_words(row.model), people, " ".join(row.rows)]
            yield [_time(row.at), who, row.get_action_display(), *what, row.centre_code, row.path, row.address or "", str(row.emergency or "")]


def _change_lines(found: QuerySet[Change]) -> Iterator[Line]:
    usernames, words = trail.usernames(), table_words()
    for part in _batched(found.order_by("-id").iterator(chunk_size=CHUNK)):
        numbers = numbers_of((label_of(row.table), row.row) for row in part)
        for row in part:
            who = usernames.get(row.actor_id, row.actor_id) if row.actor_id else row.database_user
            person = numbers.get((label_of(row.table), row.row), "")
            yield [_time(row.at), str(who), words.get(row.table, row.table), person, row.row, row.get_operation_display(), ", ".join(fields_of(row))]


JOURNALS = {
    "reads": Journal(
        _lazy("Consultations"),
        "audit.readlog",
        ReadFilterForm,
        reads,
        (
            _lazy("Quand"),
            _lazy("Qui"),
            _lazy("Action"),
            _lazy("Type"),
            _lazy("Personnes"),
            _lazy("Objets"),
            _lazy("Centre"),
            _lazy("Page"),
            _lazy("Adresse"),
            _lazy("Accès d’urgence"),
        ),
        _read_lines,
    ),
    "changes": Journal(
        _lazy("Modifications"),
        "audit.change",
        ChangeFilterForm,
        changes,
        (_lazy("Quand"), _lazy("Qui"), _lazy("Table"), _lazy("Personne"), _lazy("Ligne"), _lazy("Opération"), _lazy("Champs")),
        _change_lines,
    ),
}


def _content(journal: Journal, lines: Iterator[Line]) -> bytes:
    return as_csv(Sheet(str(journal.title), [Column(str(head)) for head in journal.heads], lines))


def _file_name(journal: Journal) -> str:
    return f"{slugify(str(journal.title))}-{timezone.localdate().isoformat()}.csv"


def answer(request: HttpRequest, name: str) -> HttpResponse:
    """The journal as CSV, or the page of the job that makes it. For views behind `@access(Right.VIEW_AUDIT)`."""
    journal, user = JOURNALS[name], request.user
    found = journal.found(journal.form(private.asked(request, journal.form.private) or None))
    if len(found.order_by()[: MOST_NOW + 1].values_list("pk")) <= MOST_NOW:
        log_read(request, ReadLog.Action.EXPORTED, journal.model, [])
        headers = {"Content-Disposition": f'attachment; filename="{_file_name(journal)}"'}
        return HttpResponse(_content(journal, journal.lines(found)), content_type=MEDIA_TYPES["csv"], headers=headers)
    parameters = {"journal": name, "query": request.GET.urlencode()}
    # A double click is one job.
    minute = timezone.now().replace(second=0, microsecond=0).isoformat()
    key = uuid.uuid5(NAMESPACE, "\x1f".join([str(user.pk), minute, *parameters.values()]))
    job = ask_for(actor=user, kind=EXPORT, title=_("Export : %(list)s") % {"list": journal.title}, parameters=parameters, id=key)  # type: ignore[arg-type]
    return redirect("jobs:job", pk=job.pk)


@job_kind(EXPORT, right=Right.VIEW_AUDIT, minutes=30)
def work(progress: Progress) -> Outcome:
    """A long journal as a file, as it was when the work began: what is written meanwhile is not in it."""
    job = progress.job
    if job.created_by is None:
        raise JobRefused(_("Un export a toujours un auteur."))
    journal = JOURNALS[job.parameters["journal"]]
    query = private.opened(job.created_by, QueryDict(job.parameters["query"]), journal.form.private)
    found = journal.found(journal.form(query or None))
    total = min(found.count(), MOST_LINES)

    def told() -> Iterator[Line]:
        for number, line in enumerate(islice(journal.lines(found), MOST_LINES), start=1):
            if number % CHUNK == 0:
                progress.say(min(number, total), total, _("Écriture des lignes"))
            yield line

    cut = [[_("Liste coupée après %(n)s lignes : choisissez une période plus courte.") % {"n": MOST_LINES}]] if found[MOST_LINES : MOST_LINES + 1].exists() else []
    content = _content(journal, chain(told(), cut))
    log_read_by(job.created_by, ReadLog.Action.EXPORTED, journal.model, [], path=f"/jobs/{job.pk}/")
    return Outcome(content=content, file_name=_file_name(journal))
