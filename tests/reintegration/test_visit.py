"""Visits: when they are due, when they may be made, who writes them down."""

import calendar
import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from audit.acting import Stale
from cases.services import give_consent, withdraw_consent
from reintegration import services
from reintegration.models import VISIT_MONTHS, Visit, add_months
from tests.factories import agent_of

from .factories import day, make_reintegration, make_visit, visit_of

DAYS = st.dates(datetime.date(1901, 1, 1), datetime.date(2098, 12, 31))


@given(start=DAYS, months=st.integers(0, 600))
def test_add_months_keeps_the_day_or_takes_the_last(start, months):
    found = add_months(start, months)
    assert (found.year * 12 + found.month) - (start.year * 12 + start.month) == months
    assert found.day == min(start.day, calendar.monthrange(found.year, found.month)[1])


@given(start=DAYS)
def test_visits_come_one_after_the_other_over_a_year(start):
    due = [add_months(start, month) for month in VISIT_MONTHS]
    assert (due == sorted(set(due)) and 365 <= (due[-1] - start).days <= 366) or (start.month, start.day) == (2, 29)


@pytest.mark.parametrize(
    "start,months,found",
    [
        ((2024, 2, 29), 12, (2025, 2, 28)),
        ((2023, 2, 28), 12, (2024, 2, 28)),
        ((2024, 1, 31), 1, (2024, 2, 29)),
        ((2023, 1, 31), 1, (2023, 2, 28)),
        ((2023, 12, 31), 9, (2024, 9, 30)),
        ((2023, 11, 30), 1, (2023, 12, 30)),
    ],
)
def test_leap_years_and_ends_of_months(start, months, found):
    assert add_months(datetime.date(*start), months) == datetime.date(*found)


@pytest.mark.django_db
def test_the_officer_records_others_may_not(persona, centre):
    visit = visit_of(make_reintegration(centre("KAY")), 1)
    for username in ("agent.kayes", "reintegration.bamako", "protection"):
        with pytest.raises(PermissionDenied):
            services.record_visit(actor=persona(username), visit=visit, version=1, done_on=day(), situation="good")
    done = services.record_visit(actor=persona("reintegration.kayes"), visit=visit, version=1, done_on=day(), situation="fragile", note="À revoir")
    assert (done.situation, done.version, done.done_by.username) == ("fragile", 2, "reintegration.kayes")
    with pytest.raises(Stale) as caught:
        services.record_visit(actor=persona("reintegration.kayes"), visit=visit, version=1, done_on=day(), situation="good")
    assert caught.value.current.situation == "fragile"


@pytest.mark.django_db
def test_not_in_the_future_and_at_most_fourteen_days_early(persona, centre):
    case, actor = make_reintegration(centre("KAY"), opened_on=day(-40)), persona("reintegration.kayes")
    first, second = visit_of(case, 1), visit_of(case, 3)
    for visit, wrong in (
        (first, {"done_on": day(1)}),
        (first, {"done_on": first.due_on - datetime.timedelta(days=15)}),
        (second, {"done_on": day()}),
        (first, {"situation": ""}),
        (first, {"situation": "moon"}),
        (first, {"note": "x" * 3001}),
    ):
        with pytest.raises(ValidationError):
            services.record_visit(actor=actor, visit=visit, version=1, **{"done_on": day(), "situation": "good", **wrong})
    early = first.due_on - datetime.timedelta(days=14)
    assert services.record_visit(actor=actor, visit=first, version=1, done_on=early, situation="good").done_on == early


@pytest.mark.django_db
def test_the_database_refuses_half_a_visit_and_one_too_early(centre):
    visit = visit_of(make_reintegration(centre("KAY")), 3)
    for wrong in ({"done_on": day()}, {"situation": "good"}, {"done_on": visit.due_on - datetime.timedelta(days=15), "situation": "good"}, {"month": 2}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Visit.objects.filter(pk=visit.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.create(case=visit.case, month=3, due_on=visit.due_on)


@pytest.mark.django_db
def test_what_is_due(persona, centre):
    case = make_reintegration(centre("KAY"), opened_on=day(-100))
    mine = Visit.objects.visible_to(persona("reintegration.kayes"))
    assert set(mine.due().values_list("month", flat=True)) == set(mine.overdue().values_list("month", flat=True)) == {1, 3}
    make_visit(case, 1)
    assert set(mine.due().values_list("month", flat=True)) == {3}
    assert not Visit.objects.visible_to(persona("reintegration.bamako")).due().exists()
    services.close_case(actor=persona("reintegration.kayes"), case=case, state="lost", closed_on=day(), version=1)
    assert not mine.due().exists()


@pytest.mark.django_db
def test_the_page_of_a_visit(as_user, centre):
    case = make_reintegration(centre("KAY"))
    visit, later = visit_of(case, 1), visit_of(case, 12)
    url = reverse("reintegration:visit", kwargs={"pk": visit.pk})
    client, sent = as_user("reintegration.kayes"), {"version": 1, "done_on": day().isoformat(), "situation": "good", "note": "Va bien"}
    assert "n’est pas encore à faire" in client.get(reverse("reintegration:visit", kwargs={"pk": later.pk})).content.decode()
    assert "Choisissez comment va la personne" in client.post(url, {**sent, "situation": ""}).content.decode()
    assert "avenir" in client.post(url, {**sent, "done_on": day(1).isoformat()}).content.decode()
    assert client.post(url, sent).status_code == 302
    stale = client.post(url, {**sent, "situation": "bad"})
    assert stale.status_code == 200 and "entre-temps" in stale.content.decode()
    agent = as_user("agent.kayes")
    assert "Va bien" in agent.get(url).content.decode() and agent.post(url, sent).status_code == 403
    assert as_user("agent.gao").get(url).status_code == 404


def test_nobody_is_visited_who_has_said_no(centre, persona):
    case = make_reintegration(centre("KAY"))
    agent, actor = agent_of(case.migrant.registered_centre), persona("reintegration.kayes")
    consent = give_consent(actor=agent, migrant=case.migrant, purpose="follow_up", method="signed")
    withdraw_consent(actor=agent, consent=consent)
    visit = case.visits.order_by("month").first()
    visit.__class__.objects.filter(pk=visit.pk).update(due_on=day())
    with pytest.raises(ValidationError, match="recontactée"):
        services.record_visit(actor=actor, visit=visit, version=1, done_on=day(), situation="good")
    give_consent(actor=agent, migrant=case.migrant, purpose="follow_up", method="signed")
    assert services.record_visit(actor=actor, visit=visit, version=1, done_on=day(), situation="good").done_on == day()
