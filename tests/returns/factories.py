"""Voluntary returns for the tests, made as the product makes them."""

import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from cases.models import Consent, Migrant
from centres.models import Centre
from returns.models import ReturnCase
from returns.services import move, open_return
from returns.workflow import WAY, State

from ..cases.factories import make_best_interest
from ..factories import make_migrant

OFFICERS = {"BKO": "returns.bamako", "GAO": "returns.gao"}


def day(offset: int = 0) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=offset)


def officer_of(centre: Centre) -> User:
    """The return officer of the centre; Kayes has none among the accounts and gets one for the test."""
    username = OFFICERS.get(centre.code, f"returns.{centre.code.lower()}")
    user = User.objects.filter(username=username).first()
    if user is None:
        from centres.roles import Role
        from centres.services import post

        model = User.objects.get(username="returns.gao")
        user = User.objects.create(username=username, organisation=model.organisation, password="!")
        post(actor=None, user=user, role=Role.RETURN_OFFICER, centre=centre)
    return user


def agree(migrant: Migrant, purpose: str) -> None:
    """The person agrees to this, whoever noted it."""
    Consent.objects.get_or_create(migrant=migrant, purpose=purpose, withdrawn_at=None, defaults={"method": "signed", "text_version": "2026-2"})


def make_return(centre: Centre, migrant: Migrant | None = None, **content: Any) -> ReturnCase:
    """A return just asked for by a person of this centre."""
    migrant = migrant or make_migrant(centre)
    agree(migrant, Consent.Purpose.CONSULATE)
    case, _made = open_return(actor=officer_of(centre), migrant=migrant, **{"country_to": "GN", "place_to": "Labé", **content})
    return case


def fields_for(to: State) -> dict[str, Any]:
    """What an officer writes down at this step, on the day."""
    return {
        State.COUNSELLED: {"counselled_on": day()},
        State.CONSENTED: {"declaration_signed_on": day()},
        State.DOCUMENTS: {"document": "laissez_passer", "document_valid_until": day(90)},
        State.READY: {"fit_to_travel_on": day(), "fit_until": day(7)},
        State.DEPARTED: {"departed_on": day()},
        State.ARRIVED: {"arrived_on": day()},
        State.WITHDRAWN: {"end_reason": "Reste auprès de sa famille"},
        State.INELIGIBLE: {"end_reason": "Demande l’asile"},
        State.DIED: {},
    }[to]


def bring_to(case: ReturnCase, state: State, *, actor: Any = None) -> ReturnCase:
    """Moves the case along the way up to this state."""
    actor = actor or officer_of(case.centre)
    way = WAY[WAY.index(State(case.state)) + 1 : WAY.index(state) + 1] if state in WAY else (state,)
    for step in way:
        if step == State.READY and case.minor:
            make_best_interest(case.migrant)
        case = move(actor=actor, case=case, to=step, version=case.version, **fields_for(step))
    return case


def make_return_in(centre: Centre, state: State, migrant: Migrant | None = None) -> ReturnCase:
    return bring_to(make_return(centre, migrant), state)
