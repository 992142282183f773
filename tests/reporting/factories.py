"""Facts that indicators count: rows as the floors below write them, with dates of one's own."""

import datetime
import itertools
import uuid
from typing import Any

from accounts.models import User
from cases.models import BestInterest, Migrant
from centres.models import Centre, ChecklistMark, Service
from centres.roles import Role
from centres.services import post
from flows.models import FlowCount, FlowPoint
from jobs.services import Outcome, run
from outreach.models import Activity, Attendance, Community, Trainee
from outreach.services import trainee_key
from reception.models import Assistance
from reintegration.models import ReintegrationCase, Support
from reporting.measures import Period
from reporting.models import Indicator, Logframe, ManualValue, Report
from reporting.services import ask_for_report, enter_value
from returns.models import ReturnCase
from tests.factories import make_migrant
from tests.jobs.factories import kind

_numbers = itertools.count(1)
Day = datetime.date


def starts() -> Day:
    return Logframe.objects.current().starts_on


def after(days: int) -> Day:
    """A day of the action, counted from its start."""
    return starts() + datetime.timedelta(days=days)


def whole() -> Period:
    """The action from its start to its end: nothing made here lies outside."""
    logframe = Logframe.objects.current()
    return Period(logframe.starts_on, logframe.ends_on)


def make_assistance(migrant: Migrant, centre: Centre, on: Day, code: str = "dejeuner") -> Assistance:
    service, _created = Service.objects.get_or_create(code=code, defaults={"name": code, "category": "meal"})
    return Assistance.objects.create(migrant=migrant, centre=centre, service=service, given_on=on)


def make_return(migrant: Migrant, centre: Centre, on: Day, **values: Any) -> ReturnCase:
    """A voluntary return with everything that a departure needs, arrived on this day."""
    before = on - datetime.timedelta(days=2)
    if migrant.is_minor(before):
        BestInterest.objects.create(migrant=migrant, kind="determination", decision="return", decided_on=before, guardian="given", options=["return"])
    given = {
        "state": "arrived",
        "country_to": migrant.nationality,
        "opened_on": before,
        "counselled_on": before,
        "declaration_signed_on": before,
        "document": "passport",
        "document_valid_until": on + datetime.timedelta(days=90),
        "fit_to_travel_on": before,
        "fit_until": on,
        "departed_on": on,
        "arrived_on": on,
        **values,
    }
    return ReturnCase.objects.create(migrant=migrant, centre=centre, **given)


def make_reintegration(migrant: Migrant, centre: Centre, on: Day, *, supports: int = 1, **values: Any) -> ReintegrationCase:
    given = {"kind": "individual", "returned_from": "DZ", "returned_from_continent": "africa", "region": "Kayes", "opened_on": on, **values}
    case = ReintegrationCase.objects.create(migrant=migrant, centre=centre, **given)
    for number in range(supports):
        Support.objects.create(case=case, kind="business", delivered_on=on + datetime.timedelta(days=number))
    return case


def make_activity(kind: str, on: Day, *, community: Community | None = None, **counts: int) -> Activity:
    if kind == "awareness" and community is None:
        community = make_community()
    return Activity.objects.create(kind=kind, title=f"Activité {next(_numbers)}", held_on=on, community=community, **counts)


def make_community(region: str = "Kayes") -> Community:
    return Community.objects.create(name=f"Communauté {next(_numbers)}", region=region)


def make_trainee(*activities: Activity, sex: str = "male") -> Trainee:
    name, structure = f"Agent Secret {next(_numbers)}", "Protection civile"
    trainee = Trainee.objects.create(name=name, structure=structure, sex=sex, key=trainee_key(name, structure))
    for activity in activities:
        Attendance.objects.create(activity=activity, trainee=trainee)
    return trainee


def make_flow_count(on: Day, point: FlowPoint | None = None) -> FlowCount:
    if point is None:
        point = FlowPoint.objects.create(code=f"T{next(_numbers)}", name="Point", region="Gao", latitude=16, longitude=0, active_since=on)
    return FlowCount.objects.create(point=point, counted_on=on, direction="in", men=3)


def make_people(centre: Centre, *, women: int = 0, men: int = 0, **identity: Any) -> list[Migrant]:
    return [make_migrant(centre, sex="female", **identity) for _n in range(women)] + [make_migrant(centre, sex="male", **identity) for _n in range(men)]


def make_colleague(of: str) -> User:
    """A second person with the role of this demonstration account."""
    first = User.objects.get(username=of)
    user, created = User.objects.get_or_create(
        username=f"{of}.2", defaults={"first_name": "Deuxième", "last_name": f"Personne {of}", "organisation": first.organisation, "password": first.password}
    )
    if created:
        post(actor=None, user=user, role=Role(first.postings.first().role), centre=None)
    return user


def make_value(username: str, code: str, value: int | None = 1, *, on: Day | None = None, **content: Any) -> ManualValue:
    given = {"evidence": "Procès-verbal du 3 mars", **content}
    entered, _new = enter_value(
        actor=User.objects.get(username=username), id=uuid.uuid4(), indicator=Indicator.objects.current().get(code=code), on=on or after(10), value=value, **given
    )
    return entered


def make_everything(centres: dict[str, Centre]) -> None:
    """A little of each fact, with what must not be counted beside it."""
    ChecklistMark.objects.update(done_on=after(-500))  # complete long before
    centres["KAY"].functional_since = after(30)
    centres["GAO"].functional_since = after(60)
    centres["BKO"].functional_since = None
    centres["BKO"].antenna_since = after(-400)
    for one in centres.values():
        one.save()
    people = make_people(centres["KAY"], women=9, men=14) + make_people(centres["GAO"], women=6, men=8, nationality="CI", born_on=Day(2010, 5, 1))
    for number, person in enumerate(people):
        make_assistance(person, centres["KAY" if number % 2 else "GAO"], after(number))
        make_assistance(person, centres["BKO"], after(number + 1))  # a second time: the same person
    make_migrant(centres["BKO"])  # received nothing
    for number, person in enumerate(people[:12]):
        make_return(person, centres["KAY"], after(40 + number))
    make_return(people[0], centres["KAY"], after(200), country_to="SN")  # the same person again
    make_return(people[13], centres["KAY"], after(90), state="departed", arrived_on=None)  # on the way
    for number, person in enumerate(people[:20]):
        make_reintegration(
            person, centres["KAY"], after(60 + number), supports=2, kind="individual" if number % 2 else "community", enhanced=number % 5 == 0,
            returned_from="FR" if number < 6 else "LY", returned_from_continent="europe" if number < 6 else "africa",
        )  # fmt: skip
    make_reintegration(people[21], centres["KAY"], after(60), supports=0)  # nothing delivered
    point = make_flow_count(after(20)).point
    make_flow_count(after(21), point)
    make_flow_count(after(22))
    community = make_community()
    make_activity("awareness", after(10), community=community, women=30, men=41, girls=3, boys=7)
    make_activity("awareness", after(50), community=community, women=12)
    make_activity("awareness", after(70), community=make_community("Gao"), men=25)
    training, second = make_activity("training", after(15)), make_activity("training", after(115))
    for number in range(9):
        make_trainee(training, second, sex="female" if number < 3 else "male")
    make_trainee(make_activity("workshop", after(30)))  # a workshop trains no agent
    make_activity("session", after(33))
    make_activity("session", after(34), community=community)


def make_report(username: str = "steering.mme", content: bytes = b"%PDF-1.7 essai") -> Report:
    """A finished report, without the labour of drawing it."""
    period = Period(after(0), after(100))
    report, _new = ask_for_report(actor=User.objects.get(username=username), id=uuid.uuid4(), period=period)
    with kind(lambda progress: Outcome(content=content, file_name="rapport.pdf"), "report"):
        run(report.pk)
    return Report.objects.select_related("job").get(pk=report.pk)
