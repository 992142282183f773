"""Sessions in the centre: what was held, who was reached."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from cases import as_then
from cases.forms import put_errors
from cases.models import Migrant
from centres.access import access, may
from centres.models import Centre
from centres.roles import Right

from .. import services, tabs
from ..forms import SessionForm, ticked
from ..models import Session, SessionPresence
from ..models.session import CELLS
from ..services.sessions import service_of
from ..whereabouts import told_with, with_last_stay
from .parts import PEOPLE, sent_before

ON_A_PAGE = 30
LISTS = (Right.RECEIVE, Right.VIEW_PROTECTION)  # whom one of the two kinds of sessions belongs to (services.may_give)


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def sessions(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The sessions of the centre and, of a year, how many different people they reached. Numbers only."""
    first = timezone.localdate() - datetime.timedelta(days=365)
    held = (
        Session.objects.visible_to(request.user)
        .filter(centre=centre)
        .select_related("led_by", "organisation")
        .annotate(here=Count("presences"))
        .order_by("-held_on", "-recorded_at")
    )
    reached = SessionPresence.objects.filter(session__centre=centre, session__held_on__gt=first).order_by()
    by_topic = reached.values("session__kind", "session__topic").annotate(n=Count("migrant", distinct=True)).order_by("-n")
    topics, kinds = dict(Session.Topic.choices), dict(Session.Kind.choices)
    others = Session.objects.filter(centre=centre, held_on__gt=first).aggregate(**{cell: Sum(cell) for cell in CELLS})
    context = {
        "centre": centre,
        "tabs": tabs.of(request.user, centre, "reception:sessions"),
        "page": Paginator(held, ON_A_PAGE).get_page(request.GET.get("page")),
        "people": reached.aggregate(n=Count("migrant", distinct=True))["n"],
        "others": sum(n or 0 for n in others.values()),
        "topics": [(topics[row["session__topic"]], kinds[row["session__kind"]], row["n"]) for row in by_topic],
        "may_record": any(may(request.user, right, centre) for right in LISTS),
    }
    return render(request, "reception/sessions.html", context)


def _day(request: HttpRequest) -> datetime.date:
    try:
        asked = parse_date(request.POST.get("held_on", "") or request.GET.get("on", ""))
    except ValueError:
        asked = None
    today = timezone.localdate()
    return asked if asked is not None and datetime.date(2000, 1, 1) < asked <= today else today


def _people(user: User, centre: Centre, day: datetime.date, beside: set[uuid.UUID]) -> list[Migrant]:
    """Those who were there that day, and those who are ticked already, who is away first, by the name under which this user's centres know them."""
    there = services.present_on(user, centre, day).values("migrant")
    both = (Migrant.objects.in_care_of(centre).filter(pk__in=there), Migrant.objects.visible_to(user).filter(pk__in=beside))
    found = [person for rows in both for person in with_last_stay(user, rows).prefetch_related("custodies").distinct()]
    people: list[Any] = list({person.pk: person for person in found}.values())
    as_then.seen_by(user, people)
    for person in people:
        told_with(user, person)
    here = services.followed(centre, beside) if beside else set()
    for person in people:  # noted before, and no longer this centre's to take off
        person.kept = person.pk in beside and person.pk not in here
    # Who is away stands at the top: ticked by whoever saw them there, and that is no sight of them all the same.
    return sorted(people, key=lambda person: (not person.where.is_away, person.surname, person.given_names, person.pk))


@access(LISTS, load=Centre, by="code", methods="GET POST")
def new_session(request: HttpRequest, centre: Centre) -> HttpResponse:
    """A session that was held: what it was about, and who was there."""
    user, day = request.user, _day(request)
    form = SessionForm(request.POST or None, user=user, initial={"id": uuid.uuid4(), "held_on": day, "leader": f"user:{user.pk}", "kind": Session.Kind.AWARENESS})
    if request.method == "POST" and form.is_valid():
        given = form.given()
        if services.may_give(user, service_of(given["kind"]), centre):
            try:
                session, _created = services.record_session(actor=user, centre=centre, id=form.cleaned_data["id"] or uuid.uuid4(), **given)
            except SameKeyOtherContent:
                form.add_error(None, sent_before())
            except ValidationError as error:
                put_errors(form, error)
            else:
                return _done(request, session)
        else:
            form.add_error("kind", _("Vous pouvez noter un groupe de parole, pas une séance d’information."))
    return _form_page(request, centre, form, day, set())


def _done(request: HttpRequest, session: Session) -> HttpResponse:
    number = session.presences.count()
    words = ngettext("La séance est notée, avec %(n)s personne du centre.", "La séance est notée, avec %(n)s personnes du centre.", number)
    messages.success(request, words % {"n": number})
    return redirect("reception:sessions", code=session.centre.code)


def _form_page(
    request: HttpRequest, centre: Centre, form: SessionForm, day: datetime.date, known: set[uuid.UUID], session: Session | None = None, status: int = 200
) -> HttpResponse:
    people = _people(request.user, centre, day, known)
    log_read(request, ReadLog.Action.LISTED, PEOPLE, [person.pk for person in people], centre_code=centre.code)
    context: dict[str, Any] = {
        "centre": centre,
        "form": form,
        "session": session,
        "day": day,
        "today": timezone.localdate(),
        "people": people,
        "ticked": ticked(form, {str(key) for key in known}),
        "may_withdraw": session is not None and services.may_withdraw_session(request.user, session),
    }
    return render(request, "reception/session.html", context, status=status)


@access(LISTS, load=Centre, by="code", methods="GET POST")
def session(request: HttpRequest, centre: Centre, pk: uuid.UUID) -> HttpResponse:
    """One session, to be looked at, corrected or taken back."""
    user = request.user
    held = get_object_or_404(Session.objects.visible_to(user).filter(centre=centre).select_related("led_by", "organisation", "centre"), pk=pk)
    if not services.may_give(user, service_of(held.kind), centre):
        return redirect("reception:sessions", code=centre.code)  # another team's list
    if request.method == "POST" and "withdraw" in request.POST:
        return _withdraw(request, held)
    known = set(SessionPresence.objects.visible_to(user).filter(session=held).values_list("migrant_id", flat=True))
    leader = f"user:{held.led_by_id}" if held.led_by_id else f"org:{held.organisation_id}"
    plain = {name: getattr(held, name) for name in ("topic", "precision", "language", "minutes", "version", *CELLS)}
    form = SessionForm(request.POST or None, user=user, session=held, initial={**plain, "leader": leader})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.correct_session(actor=user, session=held, version=form.cleaned_data["version"] or 0, **form.given())
        except Stale as stale:
            status = 409
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["version"] = str(stale.current.version)  # type: ignore[index]
            form.add_error(None, _("Quelqu’un a corrigé cette séance entre-temps. Vérifiez, puis enregistrez de nouveau : votre version remplacera la sienne."))
        except ValidationError as error:
            put_errors(form, error)
        else:
            return _done(request, held)
    return _form_page(request, centre, form, held.held_on, known, held, status)


def _withdraw(request: HttpRequest, held: Session) -> HttpResponse:
    try:
        services.withdraw_session(actor=request.user, session=held)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("reception:session", code=held.centre.code, pk=held.pk)
    messages.success(request, _("La séance est retirée, avec l’assistance notée pour les présents."))
    return redirect("reception:sessions", code=held.centre.code)
