"""Transfers between centres: asking, answering, leaving; who is awaited and has not come."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from audit.services import log_read
from cases import as_then, whereabouts
from cases.as_then import by_name
from cases.forms import put_errors
from centres.access import access, may
from centres.models import Centre
from centres.roles import Right

from .. import flags, services, tabs
from ..forms import AskTransferForm, StepForm
from ..journeys import TONES, journeys, people_named
from ..models import Stay, Transfer
from ..workflow import OPEN, WAY, State, may_follow
from .parts import PEOPLE, sent_before

LAST_DAYS = 30
MOST_SHOWN = 200


@access(Right.VIEW_CENTRE, load=Centre, by="code")
def transfers(request: HttpRequest, centre: Centre) -> HttpResponse:
    """From and to this centre: what goes on, and what came to its end lately."""
    since = timezone.now() - datetime.timedelta(days=LAST_DAYS)
    rows = Transfer.objects.filter(Q(from_centre=centre) | Q(to_centre=centre)).filter(Q(state__in=OPEN) | Q(ended_at__gte=since))
    every = journeys(
        request.user,
        centre,
        list(rows.select_related("migrant", "from_centre", "to_centre").prefetch_related("migrant__custodies").order_by("planned_on", "asked_at", "pk")[:MOST_SHOWN]),
    )
    as_then.seen_by(request.user, [row.migrant for journey in every for row in journey.rows])
    log_read(request, ReadLog.Action.LISTED, PEOPLE, people_named(every), centre_code=centre.code)
    context = {
        "centre": centre,
        "tabs": tabs.of(request.user, centre, "reception:transfers"),
        "incoming": [one for one in every if one.incoming and one.first.is_open],
        "outgoing": [one for one in every if not one.incoming and one.first.is_open],
        "ended": sorted((one for one in every if not one.first.is_open), key=lambda one: one.first.ended_at or since, reverse=True),
    }
    return render(request, "reception/transfers.html", context)


@access((Right.RECEIVE, Right.MANAGE_CENTRE), load=Stay, methods="GET POST", edits=True, select=("migrant", "centre"), log=ReadLog.Action.OPENED)
def ask(request: HttpRequest, stay: Stay) -> HttpResponse:
    """Asks another centre for a place, for the person or with their family."""
    family = Stay.objects.open().filter(centre=stay.centre, migrant__household__isnull=False, migrant__household=stay.migrant.household_id)
    stays = [stay, *family.exclude(pk=stay.pk).select_related("migrant", "centre").order_by("migrant__surname", "pk")]
    initial = {"id": uuid.uuid4(), "people": [str(one.pk) for one in stays], "planned_on": timezone.localdate() + datetime.timedelta(days=2)}
    form = AskTransferForm(request.POST or None, centre=stay.centre, stays=stays, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("id", "to_centre", "planned_on", "reason", "needs")}
        try:
            made, _new = services.ask_transfer(actor=request.user, stays=form.chosen(), **given)
        except SameKeyOtherContent:
            form.add_error(None, sent_before())
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Le transfert est demandé au centre de %(centre)s. Son responsable répond.") % {"centre": made[0].to_centre})
            return redirect("reception:transfer", made[0].pk)
    carried = flags.of(one.migrant_id for one in stays)
    refused = [f"{one.migrant} : {words}" for one in stays if (words := flags.transfer_refusal(carried.get(one.migrant_id, ())))]
    running = Transfer.objects.open().filter(migrant=stay.migrant_id).first()
    context = {"form": form, "stay": stay, "person": stay.migrant, "refused": refused, "running": running, "several": len(stays) > 1}
    return render(request, "reception/transfer_ask.html", context)


STEPS = (State.ACCEPTED, State.REFUSED, State.TRAVELLING, State.NOT_ARRIVED, State.CANCELLED)  # in the order of the page


@access(
    Right.VIEW_CENTRE,
    load=Transfer,
    methods="GET POST",
    write=(Right.RECEIVE, Right.MANAGE_CENTRE),
    select=("migrant", "from_centre", "to_centre", "asked_by", "answered_by"),
)
def transfer(request: HttpRequest, transfer: Transfer) -> HttpResponse:
    """One journey: who, why, where it stands, and the next step for whose turn it is."""
    user = request.user
    form = StepForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        step = {name: given[name] for name in ("to", "words", "planned_on", "transport", "left_at")}
        try:
            moved = services.move_transfer(actor=user, versions=given["rows"], **step)
        except Stale as stale:
            words = _("Entre-temps, ce transfert est passé à « %(state)s ». Vérifiez, puis recommencez.")
            form.add_error(None, words % {"state": stale.current.get_state_display()})
        except ValidationError as error:
            put_errors(form, error)
        else:
            messages.success(request, _("Transfert : %(state)s.") % {"state": moved[0].get_state_display()})
            if given["to"] == State.CANCELLED and transfer.left_at is not None:
                messages.info(request, _("Le départ est annulé : le séjour continue. Donnez un lit à la personne."))
            return redirect("reception:transfer", moved[0].pk)
    rows = Transfer.objects.visible_to(user).filter(together=transfer.together).select_related("migrant").prefetch_related("migrant__custodies")
    every = sorted(rows.order_by("pk"), key=lambda row: by_name(row.migrant))
    whereabouts.shown(user, [row.migrant for row in every])
    now = next(row for row in every if row.pk == transfer.pk)
    named = now.names_for(user)
    if named:
        log_read(request, ReadLog.Action.OPENED, PEOPLE, [row.migrant_id for row in every])
    same = [row for row in every if row.state == now.state]
    may_receive = may(user, Right.RECEIVE, transfer.to_centre_id)
    context = {
        "form": form,
        "transfer": transfer,
        "here": transfer.from_centre if may(user, Right.VIEW_CENTRE, transfer.from_centre_id) else transfer.to_centre,
        "now": now,
        "named": named,
        "rows": [
            {
                "row": row,
                "value": f"{row.pk}:{row.version}",
                "acts": row in same and now.is_open,
                "ticked": not row.migrant.where.is_missing,
                "tone": "danger" if row.is_late else TONES[State(row.state)],
            }
            for row in every
        ],
        "opens": {row.migrant_id for row in every if named} if _sees_file(user, now) else set(),
        "steps": _line(now),
        "actions": [state.value for state in STEPS if _possible(user, now, state)],
        "arrivals": [row.migrant_id for row in same] if now.state == State.TRAVELLING and may_receive else [],
    }
    return render(request, "reception/transfer.html", context)


def _possible(user: User, now: Transfer, to: State) -> bool:
    return may_follow(now.state, to) and services.may_step(user, now, to)


def _sees_file(user: User, now: Transfer) -> bool:
    """The receiving centre opens the file once the person is on the way."""
    return may(user, Right.VIEW_CASE, now.from_centre_id) or (now.left_at is not None and may(user, Right.VIEW_CASE, now.to_centre_id))


def _line(now: Transfer) -> list[dict[str, Any]]:
    """The line of steps: where it stands."""
    if now.state not in WAY:
        return []
    here = WAY.index(State(now.state))
    return [
        {"title": str(state.label), "state": "done" if number < here or now.state == State.ARRIVED else "current" if number == here else "todo"}
        for number, state in enumerate(WAY)
    ]
