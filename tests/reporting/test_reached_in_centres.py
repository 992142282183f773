"""Sessions in the centres count for objective 4: each person once, the others by their number; the proof names nobody."""

import datetime
import io

import openpyxl
from django.urls import reverse
from django.utils import timezone

from reception.models import Session, Stay
from reporting.measures import Period, proof, tallies
from reporting.models import Logframe, Target
from tests.factories import make_minor
from tests.reception.factories import backdate, crowd, make_session, make_stay

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


def test_one_number_on_every_page(centre, as_user, api_as):
    """Awareness in the communities and in the centres; not trainings, not what was before the action."""
    gao, today = centre("GAO"), timezone.localdate()
    crowd(gao, 12)
    make_session(gao, people=[stay.migrant for stay in Stay.objects.filter(centre=gao).select_related("migrant")[:12]], women=30)
    make.make_activity("awareness", today, men=100, girls=11)
    make.make_activity("workshop", today, men=50)
    make.make_activity("awareness", make.starts() - datetime.timedelta(days=1), women=700)
    logframe = Logframe.objects.current()
    Target.objects.filter(indicator__objective__logframe=logframe, measure="", indicator__measure="people_reached").update(value=71_000)
    expected = 12 + 30 + 111
    one = {row["code"]: row for row in api_as("me.aecid").get("/api/v1/indicators/").json()}
    assert one["R4.1"]["value"] == one["E9"]["value"] == expected and one["R4.1"]["targets"][0]["target"] == 71_000
    committee = as_user("me.aecid").get(reverse("reporting:committee")).context["objectives"]
    assert {row["value"] for _objective, rows in committee for row in rows if row["measure"] == "people_reached"} == {expected}
    officer = as_user("outreach")
    card = next(card["context"] for card in officer.get("/").context["cards"] if card["template"] == "outreach/home_card.html")
    listed = officer.get(reverse("outreach:activities")).context["reached"]
    assert card["reached"] == listed
    assert next((str(title), value, target) for title, value, target in listed) == ("Personnes sensibilisées", expected, 71_000)
    assert [value for _title, value, _target in listed] == [one[code]["value"] for code in ("R4.1", "R4.2", "R5.2")]
    sheet = openpyxl.load_workbook(io.BytesIO(as_user("me.aecid").get(reverse("reporting:export")).content)).worksheets[0]
    assert {row[7].value for row in sheet.iter_rows() if row[0].value == "R4.1"} == {expected}
