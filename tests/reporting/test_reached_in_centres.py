"""Sessions in the centres count for objective 4: each person once, the others by their number; the proof names nobody."""

import datetime

from django.urls import reverse
from django.utils import timezone

from reception.models import Session
from reporting.measures import Period, proof, tallies
from tests.factories import make_minor
from tests.reception.factories import backdate, make_session, make_stay

from . import factories as make


def reached(period: Period):
    return tallies(["people_reached"], period)["people_reached"]


def test_indicator_is_proof_is_records(centre, as_user):
    gao, kayes, today = centre("GAO"), centre("KAY"), timezone.localdate()
    yesterday = today - datetime.timedelta(days=1)
    man, other = (backdate(make_stay(gao), 5).migrant for _ in range(2))
    type(other).objects.filter(pk=other.pk).update(sex="other")
    girl = backdate(make_stay(gao, migrant=make_minor(gao, sex="female")), 5).migrant
    make_session(gao, people=[man, girl], held_on=yesterday, women=3, boys=1)
    make_session(gao, people=[man, girl, other], topic="trafficking", women=2)  # two of them for the second time
    make_session(gao, people=[other], kind="group_talk", topic="wellbeing", women=9)  # no awareness
    make_session(kayes, people=[make_stay(kayes).migrant], women=0)
    make.make_activity("awareness", today, men=10)
    period = Period(yesterday, today)
    tally = reached(period)
    assert tally.value == 4 + 6 + 10
    assert tally.by["region"] == {"Gao": 9, "Kayes": 11}
    assert tally.by["sex"] == {"female": 6, "male": 1 + 1 + 1 + 10, "other": 1} and tally.by["age_group"] == {"adults": 18, "children": 2}
    lines = proof("people_reached", period, limit=None)
    assert sum(line.amount for line in lines) == tally.value
    assert len({(line.subject, line.detail) for line in lines}) == len(lines)
    said = " ".join(f"{line.subject} {line.reference} {line.detail}" for line in lines)
    assert man.case_number not in said and str(man.pk) not in said
    page = as_user("me.aecid").get(reverse("reporting:proof", args=["R4.1"]), {"from": yesterday, "to": today})
    assert page.status_code == 200 and man.case_number not in page.content.decode()
    # In a period of its own each of them counts again, once.
    assert reached(Period(today, today)).value == 3 + 2 + 10 + 1
    session = Session.objects.filter(topic="trafficking").get()
    assert sum(line.amount for line in lines if line.subject == str(session.pk)) == 1 + 2
