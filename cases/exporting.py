"""Lists as files: one piece for the lists of all floors. Each registers its list at start; nobody gets more than the list's own scope."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from audit.models import ReadLog
from audit.reading import reading_as
from audit.services import log_read, log_read_by
from centres.access import may
from centres.roles import Right
from config.spreadsheet import MEDIA_TYPES, WRITERS, Sheet
from config.spreadsheet import Column as SheetColumn
from jobs.services import JobRefused, Outcome, Progress, ask_for

from .models import ChosenColumns, SavedFilter

MOST_NOW = 5000  # rows while somebody waits; more are made by a worker
LOGGED_AT_ONCE = 5000
PLACES = ("after", "before", "from", "page")  # where in a list, not which list
NAMESPACE = uuid.UUID("0a7f4d0e-6d2c-4d27-9a5e-3c7f0a1f6b52")


@dataclass(frozen=True)
class Column:
    """`tag`: HXL. `usual`: exported unless others are chosen. `on_screen`: shown in the list unless others are chosen."""

    name: str
    title: Any
    tag: str
    value: Callable[[Any], Any] = field(repr=False)
    usual: bool = True
    on_screen: bool = False


@dataclass(frozen=True)
class Listing:
    """A list that can be kept and exported. `rows(user, query)`: those the user may export, by the filters of the address, in the order of
    the page; `prepare(user, rows)`: what the columns need to know of the reader."""

    name: str
    title: Any
    model: str
    url_name: str
    export_name: str
    filters: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Callable[[User, QueryDict], Any] = field(repr=False)
    prepare: Callable[[User, list[Any]], list[Any]] = field(default=lambda user, rows: rows, repr=False)

    def query_of(self, query: QueryDict) -> str:
        """The filters alone: without where in the list one is, and without the words of a search, which may be a name."""
        kept = QueryDict(mutable=True)
        for name in self.filters:
            if name != "q" and (values := [value for value in query.getlist(name) if value]):
                kept.setlist(name, values)
        return kept.urlencode()

    def columns_of(self, chosen: Iterable[str]) -> list[Column]:
        """The chosen columns in the list's order; the usual ones if none of them is known."""
        wanted = set(chosen)
        return [column for column in self.columns if column.name in wanted] or [column for column in self.columns if column.usual]


LISTINGS: dict[str, Listing] = {}


def register_listing(listing: Listing) -> Listing:
    LISTINGS[listing.name] = listing
    return listing


def remembered(user: User, listing: Listing) -> list[str]:
    """The columns this user chose; empty if they never did."""
    return next(iter(ChosenColumns.objects.visible_to(user).filter(listing=listing.name).values_list("columns", flat=True)), [])


def tools(request: HttpRequest, listing: Listing, shown: int) -> dict[str, Any]:
    """What stands below a list (cases/_list_tools.html): filters kept, the way to keep these, columns, export. One question."""
    user: Any = request.user
    query = listing.query_of(request.GET)
    asked = request.GET.copy()
    for name in PLACES:
        asked.pop(name, None)
    address = f"?{asked.urlencode()}" if asked else ""
    exports = [(kind.upper(), reverse(listing.export_name, args=[kind]) + address) for kind in WRITERS] if shown and may(user, Right.EXPORT_NAMES) else []
    return {
        "listing": listing,
        "saved": [{"name": one.name, "url": f"{reverse(listing.url_name)}?{one.query}", "current": one.query == query} for one in _saved(user, listing)],
        "query": query,
        "exports": exports,
        "columns_url": f"{reverse('cases:columns', args=[listing.name])}{address}",
    }


def _saved(user: Any, listing: Listing) -> list[SavedFilter]:
    return list(SavedFilter.objects.visible_to(user).filter(listing=listing.name)[:20])


# --- the file ----------------------------------------------------------------------------------------------------


def _sheet(listing: Listing, columns: list[Column], rows: Iterable[Any]) -> Sheet:
    heads = [SheetColumn(str(column.title), column.tag) for column in columns]
    return Sheet(str(listing.title), heads, ([column.value(row) for column in columns] for row in rows))


def _file_name(listing: Listing, kind: str) -> str:
    return f"{slugify(str(listing.title))}-{timezone.localdate().isoformat()}.{kind}"


def as_file(request: HttpRequest, listing: Listing, kind: str, rows: list[Any], columns: list[Column]) -> HttpResponse:
    """These rows, which the caller has found exportable, as a file; written down."""
    log_read(request, ReadLog.Action.EXPORTED, listing.model, [row.pk for row in rows])
    content = WRITERS[kind](_sheet(listing, columns, listing.prepare(request.user, rows)))  # type: ignore[arg-type]
    headers = {"Content-Disposition": f'attachment; filename="{_file_name(listing, kind)}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=MEDIA_TYPES[kind], headers=headers)


def answer(request: HttpRequest, listing: Listing, kind: str) -> HttpResponse:
    """What the list shows, as CSV or XLSX: at once, or by a worker when it is long. For views behind `@access(Right.EXPORT_NAMES)`."""
    if kind not in WRITERS:
        raise Http404
    user: Any = request.user
    columns = listing.columns_of(request.GET.getlist("column") or remembered(user, listing))
    rows = list(listing.rows(user, request.GET)[: MOST_NOW + 1])
    if len(rows) <= MOST_NOW:
        return as_file(request, listing, kind, rows, columns)
    parameters = {"listing": listing.name, "kind": kind, "query": request.GET.urlencode(), "columns": [column.name for column in columns]}
    # A double click is one job.
    minute = timezone.now().replace(second=0, microsecond=0).isoformat()
    key = uuid.uuid5(NAMESPACE, "\x1f".join([str(user.pk), minute, *map(str, parameters.values())]))
    job = ask_for(actor=user, kind="export", title=_("Export : %(list)s") % {"list": listing.title}, parameters=parameters, id=key)
    return redirect("jobs:job", pk=job.pk)


def work(progress: Progress) -> Outcome:
    """A long list as a file. Who asked, their scope and rights are as they are now, not as they were."""
    job = progress.job
    listing, kind, user = LISTINGS[job.parameters["listing"]], job.parameters["kind"], job.created_by
    if user is None:
        raise JobRefused(_("Un export a toujours un auteur."))
    columns = listing.columns_of(job.parameters["columns"])
    found = listing.rows(user, QueryDict(job.parameters["query"]))
    total = found.count() if hasattr(found, "iterator") else len(found)
    keys: list[Any] = []

    def rows() -> Iterable[Any]:
        part: list[Any] = []
        for row in found.iterator(chunk_size=1000) if hasattr(found, "iterator") else found:
            part.append(row)
            if len(part) == 1000:
                yield from told(part)
                part = []
        yield from told(part)

    def told(part: list[Any]) -> Iterable[Any]:
        keys.extend(row.pk for row in part)
        progress.say(min(len(keys), total), max(total, 1), _("Écriture des lignes"))
        return listing.prepare(user, part)

    with reading_as(user):
        content = WRITERS[kind](_sheet(listing, columns, rows()))
    for start in range(0, max(len(keys), 1), LOGGED_AT_ONCE):
        log_read_by(user, ReadLog.Action.EXPORTED, listing.model, keys[start : start + LOGGED_AT_ONCE], path=f"/jobs/{job.pk}/")
    return Outcome(content=content, file_name=_file_name(listing, kind))
