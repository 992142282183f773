"""Reintegrations for the tests, made as the product makes them."""

import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from cases.models import Migrant
from centres.models import Centre
from centres.roles import Role
from centres.services import post
from reintegration.models import ReintegrationCase, Visit
from reintegration.services import open_reintegration, record_visit

from ..factories import make_migrant

OFFICERS = {"KAY": "reintegration.kayes", "BKO": "reintegration.bamako"}


def day(offset: int = 0) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=offset)


def officer_of(centre: Centre) -> User:
    """The reintegration officer of the centre; Gao has none among the accounts and gets one for the test."""
    username = OFFICERS.get(centre.code, f"reintegration.{centre.code.lower()}")
    user = User.objects.filter(username=username).first()
    if user is None:
        model = User.objects.get(username="reintegration.kayes")
        user = User.objects.create(username=username, organisation=model.organisation, password="!")
        post(actor=None, user=user, role=Role.REINTEGRATION_OFFICER, centre=centre)
    return user


def make_reintegration(centre: Centre, migrant: Migrant | None = None, **content: Any) -> ReintegrationCase:
    """A reintegration of a person of this centre, followed up by it; opened long enough ago for the first visit if not said otherwise."""
    migrant = migrant or make_migrant(centre, nationality="ML")
    asked = {"kind": "individual", "returned_from": "DZ", "centre": centre, "opened_on": day(-40), "plan": "Atelier de couture", **content}
    case, _made = open_reintegration(actor=officer_of(centre), migrant=migrant, **asked)
    return case


def visit_of(case: ReintegrationCase, month: int) -> Visit:
    return case.visits.get(month=month)


def make_visit(case: ReintegrationCase, month: int = 1) -> Visit:
    """A visit made on its day, or today if its day is still to come."""
    visit = visit_of(case, month)
    done = min(visit.due_on, day())
    return record_visit(actor=officer_of(case.centre), visit=visit, version=visit.version, done_on=done, situation="good", note="Va bien")


def make_followed_up(centre: Centre) -> ReintegrationCase:
    """A year of follow-up with all its visits, still open."""
    case = make_reintegration(centre, opened_on=day(-372))
    for month in (1, 3, 6, 9, 12):
        make_visit(case, month)
    return case
