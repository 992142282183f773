"""Finding people: the search, the list, its export."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, may
from centres.roles import Right
from config import private

from .. import case_numbers, exporting, listing
from ..forms import SearchForm
from ..models import Migrant

MODEL = "cases.migrant"


def asked(request: HttpRequest) -> tuple[str, SearchForm]:
    """The search words, without what can't be searched, and the filters."""
    data = private.asked(request, SearchForm.private)
    data["q"] = listing.words_of(data)
    return data["q"], listing.asked_for(request.user, data)


def _address(query: QueryDict, **changed: str) -> str:
    """This list at another place."""
    kept = {name: value for name, value in query.items() if name not in ("before", "after", "from") and value}
    return "?" + urlencode(kept | changed)


@access(Right.VIEW_CASE, methods="GET POST")
def migrants(request: HttpRequest) -> HttpResponse:
    """Search and list. The words of a search come by POST."""
    q, form = asked(request)
    htmx = getattr(request, "htmx", False)
    part = htmx and not htmx.boosted
    if request.method == "POST" and not part:
        return private.turn(request)
    people = listing.filtered(Migrant.objects.visible_to(request.user), form).select_related("origin_area")
    if q:
        page, start = listing.ranked_page(people, people.best_keys(q, most=listing.MOST_FOUND), request.GET)
        place = "from"
        counts = {"first": start + 1, "last": start + len(page.rows), "total": page.total} if page.rows else {}
    else:
        page, place, counts = listing.page_of(people, request.GET), "", {}
    pagination = {
        "previous_url": _address(request.GET, **{place or "before": page.before}) if page.before else "",
        "next_url": _address(request.GET, **{place or "after": page.after}) if page.after else "",
        **counts,
    }
    log_read(request, ReadLog.Action.SEARCHED if q else ReadLog.Action.LISTED, MODEL, [person.pk for person in page.rows])
    chosen = exporting.remembered(request.user, listing.PEOPLE)
    columns = listing.PEOPLE.columns_of(chosen or [column.name for column in listing.COLUMNS if column.on_screen])
    columns = [column for column in columns if column.name not in ("surname", "given_names")]  # they head each row
    shown = listing.seen_by(request.user, page.rows)
    for person in shown:
        person.cells = [(column.title, column.value(person)) for column in columns]  # type: ignore[attr-defined]
    context = {
        "q": q,
        "form": form,
        "filters_on": [(name, value) for name, value in request.GET.items() if name in SearchForm.base_fields and value],
        "people": shown,
        "page": pagination if page.before or page.after or counts else None,
        "many": bool(q) and page.total == listing.MOST_FOUND,
        "wrong_number": bool(q) and case_numbers.looks_like(q) and case_numbers.clean(q) is None,
        "may_register": may(request.user, Right.REGISTER),
        "register_url": f"{reverse('cases:register')}?{urlencode({private.SEALED: request.GET[private.SEALED]})}" if q else reverse("cases:register"),
        "tools": exporting.tools(request, listing.PEOPLE, len(page.rows)),
        "columns": columns,
        "can_choose": bool(shown),
        "may_forget": may(request.user, Right.FORGET_IDENTITY),
        "may_import": may(request.user, Right.IMPORT_LISTS),
    }
    response = render(request, "cases/_people.html" if part else "cases/migrants.html", context)
    if part:
        response["HX-Replace-Url"] = private.here(request)
    return response


@access(Right.EXPORT_NAMES)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """What the list shows, as a file; only people of centres where the user may export names."""
    return exporting.answer(request, listing.PEOPLE, kind)
