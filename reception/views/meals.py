"""A meal by list: on a screen, on paper, and taken back."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.models import ReadLog
from audit.services import log_read
from cases.forms import put_errors
from cases.households import households, named_in
from centres.access import access
from centres.models import Centre, Service
from centres.roles import Right

from .. import meal_list, services, tabs
from ..forms import MealForm, UndoMealForm, WhichMealForm
from .parts import MEALS_OF_THE_DAY, PEOPLE, in_order

ON_A_PAGE = 400  # a whole centre
KEPT = "meal-list"  # in the session: what became of the last list, without names


def of_the_hour(daily: list[Service], now: datetime.datetime) -> Service | None:
    """The meal that is served now where the centre says its hours; else by the time of the day."""
    if (served := next((one for one in daily if one.offer.open_at(now.time())), None)) is not None:
        return served
    usual = MEALS_OF_THE_DAY[0 if now.hour < 10 else 1 if now.hour < 16 else 2]
    return next((one for one in daily if one.code == usual), daily[0] if daily else None)


@access(Right.RECEIVE, load=Centre, by="code", methods="GET POST")
def meals(request: HttpRequest, centre: Centre) -> HttpResponse:
    """One list for a meal: everybody present is ticked but who is away, untick who did not come. Also on paper, where there is no screen at the table."""
    every = in_order(Service.objects.at(centre))
    daily = [one for one in every if one.once_per_day]
    asked = WhichMealForm(request.GET).asked()
    service = next((one for one in daily if one.code == asked["service"]), None) or of_the_hour(daily, timezone.localtime())
    day: datetime.date = asked["day"]
    form = MealForm(request.POST or None, initial={"key": uuid.uuid4()})
    if request.method == "POST" and service is not None and form.is_valid():
        try:
            served = services.serve(actor=request.user, centre=centre, service=service, given_on=day, **form.cleaned_data)
        except ValidationError as error:
            put_errors(form, error)
        except PermissionDenied:  # the centre asks for another right: said on the page, not in its place
            form.add_error(None, _("Votre rôle ne permet pas de noter ce service dans ce centre."))
        else:
            key = str(form.cleaned_data["key"])
            passed = {str(person): refusal.words for person, refusal in served.passed.items()}
            request.session[KEPT] = {
                "key": key,
                "service": service.code,
                "day": day.isoformat(),
                "at": timezone.now().timestamp(),
                "made": served.made,
                "had": served.had,
                "passed": passed,
                "missing": [str(person) for person in served.missing],
            }
            messages.success(request, _told(service, served))
            page_asked = f"&page={request.GET['page']}" if request.GET.get("page", "").isdigit() else ""
            return redirect(f"{request.path}?service={service.code}&day={day}{page_asked}")
    found = meal_list.rows(request.user, centre, service, day, {one.pk: one.offer for one in every}) if service is not None else []
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    together = households(request.user, {row.person: row.household for row in page})
    log_read(request, ReadLog.Action.LISTED, PEOPLE, sorted(named_in(together) | {row.person for row in page}), centre_code=centre.code)
    sent = set(request.POST.getlist("people")) if form.is_bound else None
    today = timezone.localdate()
    rows = [(row, _ticked(row, asked["tick"], sent)) for row in page]
    context = {
        "centre": centre,
        "form": form,
        "service": service,
        "centre_tabs": tabs.of(request.user, centre, "reception:meals"),
        "tabs": [{"title": str(one), "url": f"?service={one.code}" + (f"&day={day}" if day != today else ""), "current": one == service} for one in daily],
        "rows": rows,
        "away": [one for one in rows if one[0].away is not None],
        "here": [one for one in rows if one[0].away is None],
        "page": page,
        "households": together,
        "left": sum(not row.done and not row.refused and row.away is None for row in found),
        "tickable": any(row.present and not row.done and not row.refused for row in found),
        "done": sum(row.done for row in found),
        "day": day,
        "today": today,
        "yesterday": today - datetime.timedelta(days=1),
        "saved": _saved(request, service, day, found),
    }
    return render(request, "reception/meals.html", context)


def _ticked(row: meal_list.Row, tick: str, sent: set[str] | None) -> bool:
    if sent is not None:
        return str(row.person) in sent
    return row.ticked if not tick else tick == "all" and row.ticked


def _told(service: Service, served: services.Served) -> str:
    parts = [ngettext("%(n)s personne servie", "%(n)s personnes servies", served.made) % {"n": served.made} if served.made else _("personne de plus à noter")]
    if served.had:
        parts.append(ngettext("%(n)s déjà servie", "%(n)s déjà servies", served.had) % {"n": served.had})
    if served.passed:
        parts.append(ngettext("%(n)s non servie", "%(n)s non servies", len(served.passed)) % {"n": len(served.passed)})
    return _("%(service)s : %(figures)s.") % {"service": service, "figures": ", ".join(parts)}


def _saved(request: HttpRequest, service: Service | None, day: datetime.date, found: list[meal_list.Row]) -> dict[str, Any] | None:
    """What became of the last list of this meal that was saved here: whom it passed over and why, and the way back; while there is one."""
    kept = request.session.get(KEPT)
    if service is None or not isinstance(kept, dict) or (kept.get("service"), kept.get("day")) != (service.code, day.isoformat()):
        return None
    minutes = services.UNDO_MINUTES - int((timezone.now().timestamp() - kept["at"]) // 60)
    if minutes <= 0:
        return None
    names = {str(row.person): row.name for row in found}
    undo = UndoMealForm(initial={"key": kept["key"], "service": service.code, "day": day}) if kept["made"] else None
    passed = [(names[person], words) for person, words in kept["passed"].items() if person in names]
    # Of those who are missing still: whoever was looked at meanwhile is not.
    missed = {str(row.person) for row in found if row.away is not None and row.away.is_missing}
    missing = [names[person] for person in kept.get("missing", ()) if person in missed]
    return {"passed": passed, "missing": missing, "undo": undo, "minutes": minutes}


@access(Right.RECEIVE, load=Centre, by="code", methods="POST")
def undo(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Take back a whole list that one saved by mistake."""
    form = UndoMealForm(request.POST)
    service = Service.objects.filter(code=form.cleaned_data["service"]).first() if form.is_valid() else None
    if service is None:
        messages.error(request, _("Rechargez la page : ce formulaire est abîmé."))
        return redirect("reception:meals", code=centre.code)
    day = form.cleaned_data["day"]
    try:
        gone = services.withdraw_served(actor=request.user, centre=centre, service=service, key=form.cleaned_data["key"], given_on=day)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        request.session.pop(KEPT, None)
        words = ngettext("%(service)s : %(n)s ligne annulée.", "%(service)s : %(n)s lignes annulées.", gone) if gone else _("%(service)s : il n’y a rien à annuler.")
        messages.success(request, words % {"service": service, "n": gone})
    return redirect(f"{reverse('reception:meals', args=[centre.code])}?service={service.code}&day={day}")
