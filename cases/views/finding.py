"""Finding people: the search, the list, its export."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from audit.models import ReadLog
from audit.services import log_read
from centres.access import access, centres_for, may
from centres.roles import Right

from .. import case_numbers, listing
from ..forms import SearchForm
from ..models import Migrant

MODEL = "cases.migrant"


def asked(request: HttpRequest) -> tuple[str, SearchForm]:
    """The search words, without what can't be searched, and the filters."""
    data = request.GET.copy()
    data["q"] = " ".join("".join(c if c.isprintable() else " " for c in data.get("q", "")[:200]).split())
    return data["q"], SearchForm(data, centres=centres_for(request.user, Right.VIEW_CASE))


def _address(query: QueryDict, **changed: str) -> str:
    """This list at another place."""
    kept = {name: value for name, value in query.items() if name not in ("before", "after", "from") and value}
    return "?" + urlencode(kept | changed)


@access(Right.VIEW_CASE)
def migrants(request: HttpRequest) -> HttpResponse:
    """Search and list."""
    q, form = asked(request)
    people = listing.filtered(Migrant.objects.visible_to(request.user), form)
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
    context = {
        "q": q,
        "form": form,
        "filters_on": [(name, value) for name, value in request.GET.items() if name in form.fields and name != "q" and value],
        "people": listing.seen_by(request.user, page.rows),
        "page": pagination if page.before or page.after or counts else None,
        "many": bool(q) and page.total == listing.MOST_FOUND,
        "wrong_number": bool(q) and case_numbers.looks_like(q) and case_numbers.clean(q) is None,
        "may_register": may(request.user, Right.REGISTER),
        "may_export": may(request.user, Right.EXPORT_NAMES),
        "register_url": f"{reverse('cases:register')}?{urlencode({'q': q})}" if q else reverse("cases:register"),
        "exports": [(kind.upper(), reverse("cases:export", args=[kind]) + _address(request.GET)) for kind in ("xlsx", "csv")],
    }
    htmx = getattr(request, "htmx", False)
    return render(request, "cases/_people.html" if htmx and not htmx.boosted else "cases/migrants.html", context)


EXPORTS = {
    "csv": (listing.as_csv, "text/csv; charset=utf-8"),
    "xlsx": (listing.as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@access(Right.EXPORT_NAMES)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """What the list shows, as a file; only people of centres where the user may export names."""
    if kind not in EXPORTS:
        raise Http404
    q, form = asked(request)
    people = listing.filtered(Migrant.objects.exportable_by(request.user), form).with_care()
    chosen = people.best_matching(q, most=listing.MOST_FOUND) if q else list(people[: listing.MOST_EXPORTED + 1])
    if len(chosen) > listing.MOST_EXPORTED:
        messages.error(request, _("Cette liste dépasse %(n)s personnes. Choisissez des filtres, puis exportez de nouveau.") % {"n": listing.MOST_EXPORTED})
        return redirect(reverse("cases:migrants") + _address(request.GET))
    write, media_type = EXPORTS[kind]
    log_read(request, ReadLog.Action.EXPORTED, MODEL, [person.pk for person in chosen])
    name = f"personnes-{timezone.localdate().isoformat()}.{kind}"
    return HttpResponse(
        write(listing.seen_by(request.user, chosen)),
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )
