"""What history needs stays in the database, whoever writes past the services."""

import datetime
import uuid

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone

from audit.acting import set_actor
from cases.models import Migrant
from reception.evening import evening_of
from reception.models import (
    Alert,
    AlertRule,
    ArrivalPlan,
    Assistance,
    BedAssignment,
    ExpectedGroup,
    Incident,
    PersonFlag,
    RollCall,
    RollCallLine,
    Session,
    Stay,
    Transfer,
)
from reception.services import Called, close_alert, save_roll_call, withdraw_assistance
from tests.factories import agent_of, make_minor

from .factories import a_bed, make_alert, make_assistance, make_expected, make_flag, make_incident, make_leave, make_session, make_stay, make_transfer

pytestmark = pytest.mark.django_db
Kind = Alert.Kind


def refused(write, match="") -> None:
    with pytest.raises((IntegrityError, InternalError), match=match), transaction.atomic():
        write()


def raw(queryset) -> None:
    """As SQL typed by hand: Django collects nothing first."""
    queryset._raw_delete(queryset.db)


def test_what_may_be_taken_back_is_taken_back_by_somebody(centre, persona):
    gao = centre("GAO")
    stay = make_stay(gao, bed=a_bed(gao))
    line, session, leave = make_assistance(gao, migrant=stay.migrant), make_session(gao, people=[stay.migrant]), make_leave(gao, stay=stay)
    transfer = make_transfer(make_stay(gao))
    rows = (
        session.presences.all(),
        Session.objects.filter(pk=session.pk),
        Assistance.objects.filter(pk=line.pk),
        stay.leaves.filter(pk=leave.pk),
        Transfer.objects.filter(pk=transfer.pk),
        BedAssignment.objects.filter(stay=stay),
        Stay.objects.filter(pk=stay.pk),
    )
    set_actor(None)
    for queryset in rows:
        refused(lambda queryset=queryset: raw(queryset), "taken back by somebody")
    withdraw_assistance(actor=agent_of(gao), assistance=line)
    assert not Assistance.objects.filter(pk=line.pk).exists()
    stay.delete()  # as part of a service: the actor is known by now
    assert not BedAssignment.objects.filter(stay=stay.pk).exists()


def test_what_is_closed_lifted_or_written_over_is_never_deleted(centre, persona):
    gao = centre("GAO")
    flag, incident, alert = make_flag(gao, "regime-alimentaire"), make_incident(gao, people=[make_stay(gao).migrant]), make_alert(gao)
    close_alert(actor=persona("manager.gao"), alert=alert, done="Retrouvé chez un ami")
    rows = (PersonFlag.objects.filter(pk=flag.pk), incident.concerned.all(), Incident.objects.filter(pk=incident.pk), Alert.objects.filter(pk=alert.pk))
    for queryset in rows:
        assert queryset.count() == 1
        refused(lambda queryset=queryset: raw(queryset), "Cannot delete")
    refused(lambda: Alert.objects.filter(pk=alert.pk).update(centre=centre("KAY")), "Cannot update")


def test_an_evening_that_is_over_is_known(centre):
    gao = centre("GAO")
    person = make_stay(gao).migrant
    tonight = save_roll_call(actor=agent_of(gao), centre=gao, evening=evening_of(), lines=[Called(person.pk, "present")]).call
    past = RollCall.objects.create(centre=gao, date=evening_of() - datetime.timedelta(days=1))
    line = RollCallLine.objects.create(call=past, migrant=person, state="present")
    for write in (
        lambda: RollCallLine.objects.filter(pk=line.pk).update(state="missing"),
        lambda: RollCallLine.objects.filter(pk=line.pk).update(noted_at=timezone.now()),
        lambda: raw(RollCallLine.objects.filter(pk=line.pk)),
    ):
        refused(write, "is over")
    refused(lambda: raw(RollCall.objects.filter(pk=past.pk)), "Cannot delete")
    RollCallLine.objects.filter(pk=line.pk).update(note="")  # as erasing does
    save_roll_call(actor=agent_of(gao), centre=gao, evening=tonight.date, lines=[Called(person.pk, "missing", version=1)])
    assert tonight.lines.get().state == "missing"


def test_an_alert_is_about_what_its_kind_is_about(centre):
    gao, child = centre("GAO"), make_minor(centre("GAO"))
    whom = {"migrant": child, "subject": str(child.pk)}
    right = [
        (Kind.OCCUPANCY, {}),
        (Kind.TARGET_PASSED, {"subject": "national"}),
        (Kind.TENSION, {"subject": "meal"}),
        (Kind.STOCK, {"subject": "kit-hygiene"}),
        (Kind.ABSENCE, whom),
    ]
    wrong = [
        (Kind.OCCUPANCY, {"subject": "meal"}),
        (Kind.LONG_STAY, whom),
        (Kind.TARGET_PASSED, {"subject": "GAO"}),
        (Kind.TENSION, {"subject": "thé"}),
        (Kind.STOCK, {}),
        (Kind.MINOR_MISSING, {}),
        (Kind.MINOR_MISSING, {"migrant": child, "subject": str(uuid.uuid4())}),
        (Kind.ABSENCE, {"subject": str(child.pk)}),
    ]
    for kind, about in right:
        Alert.objects.create(centre=gao, kind=kind, **about)
    for kind, about in wrong:
        refused(lambda kind=kind, about=about: Alert.objects.create(centre=gao, kind=kind, **about), "alert_about")


def test_a_threshold_makes_sense(centre):
    gao = centre("GAO")
    right = [
        ("arrivals_above", "100.5", 7),
        ("arrivals_below", "99", 366),
        ("occupancy", "200", None),
        ("tension", "1", 1),
        ("target_passed", "0", None),
        ("long_stay", "0", None),
    ]
    for kind, threshold, days in right:
        AlertRule.objects.create(centre=gao, kind=kind, threshold=threshold, days=days)
    wrong = [
        ("arrivals_above", {"threshold": 100}),
        ("arrivals_above", {"threshold": 1001}),
        ("arrivals_below", {"threshold": 100}),
        ("arrivals_below", {"threshold": 0}),
        ("arrivals_below", {"days": 6}),
        ("arrivals_below", {"days": None}),
        ("occupancy", {"threshold": 0}),
        ("occupancy", {"days": 30}),
        ("tension", {"threshold": 0}),
        ("target_passed", {"threshold": 1_000_001}),
        ("long_stay", {"kind": "stock"}),
    ]
    for kind, values in wrong:
        refused(lambda kind=kind, values=values: AlertRule.objects.filter(centre=gao, kind=kind).update(**values), "alert_rule")


@pytest.mark.parametrize("year", [26, 1999, 2100, 9999])
def test_a_year_that_nobody_meant(centre, year):
    gao = centre("GAO")
    stay, day = make_stay(gao), datetime.date(year, 1, 1)
    line, group, flag, incident = make_assistance(gao, migrant=stay.migrant), make_expected(gao), make_flag(gao, "regime-alimentaire"), make_incident(gao)
    moment = datetime.datetime(year, 1, 1, 12, tzinfo=datetime.UTC)
    for row, values in (
        (stay, {"planned_until": day}),
        (stay, {"arrived_at": moment}),
        (line, {"given_on": day}),
        (group, {"expected_at": moment}),
        (flag, {"until": day}),
        (incident, {"due_on": day}),
        (incident, {"happened_at": moment}),
        (make_session(gao), {"held_on": day}),
    ):
        refused(lambda row=row, values=values: type(row).objects.filter(pk=row.pk).update(**values), "_year")
    refused(lambda: RollCall.objects.create(centre=gao, date=day), "roll_call_year")
    refused(lambda: ArrivalPlan.objects.create(centre=gao, since=day, per_month=1), "arrival_plan_year")
    assert ExpectedGroup.objects.exists() and Migrant.objects.exists() and connection.in_atomic_block
