"""Records of the reception, made by the real services."""

import datetime
import uuid
from typing import Any

from django.utils import timezone

from accounts.models import User
from cases.models import Custody, Migrant
from centres.models import Bed, Centre, Room, Service
from reception.beds import free_beds
from reception.models import Assistance, BedAssignment, ExpectedGroup, Stay, Transfer
from reception.services import announce_group, ask_transfer, check_in, move_transfer, record_assistance
from reception.workflow import WAY, State
from tests.factories import agent_of, make_migrant

MANAGERS = {"KAY": "manager.kayes", "BKO": "manager.bamako", "GAO": "manager.gao"}


def make_stay(centre: Centre, *, migrant: Migrant | None = None, bed: Bed | None = None, **arrival: Any) -> Stay:
    """A person who is at the centre now."""
    arrival = {"origin": Stay.Origin.TRANSIT, "came_from": "NE", "id": uuid.uuid4(), **arrival}
    stay, _created = check_in(actor=agent_of(centre), migrant=migrant or make_migrant(centre), centre=centre, bed=bed, **arrival)
    return stay


def make_assistance(centre: Centre, *, migrant: Migrant | None = None, service: str = "kit-hygiene", **given: Any) -> Assistance:
    """Something given today to a person at the centre."""
    given = {"id": uuid.uuid4(), **given}
    migrant = migrant or make_stay(centre).migrant
    line, _created = record_assistance(actor=agent_of(centre), migrant=migrant, centre=centre, service=Service.objects.get(code=service), **given)
    return line


def a_bed(centre: Centre, kind: str = Room.Kind.MEN, number: int = 0) -> Bed:
    """A free bed of this kind of room."""
    return free_beds(centre).filter(room__kind=kind)[number]


def backdate(stay: Stay, days: int) -> Stay:
    """As if the person had come so many days ago."""
    back = datetime.timedelta(days=days)
    Stay.objects.filter(pk=stay.pk).update(arrived_at=stay.arrived_at - back, planned_until=stay.planned_until - back)
    stay.refresh_from_db()
    return stay


def make_transfer(stay: Stay, to: str = "BKO", *, state: str = State.ASKED, **asked: Any) -> Transfer:
    """A transfer of somebody who is at a centre, taken as far as `state` by those whose steps they are."""
    there, day = Centre.objects.get(code=to), timezone.localdate()
    asked = {"reason": "Plus de place", "planned_on": day + datetime.timedelta(days=2), **asked}
    (transfer,), _made = ask_transfer(actor=agent_of(stay.centre), id=uuid.uuid4(), stays=[stay], to_centre=there, **asked)
    for step in WAY[1 : WAY.index(State(state)) + 1]:
        actor = User.objects.get(username=MANAGERS[to]) if step == State.ACCEPTED else agent_of(stay.centre)
        (transfer,) = move_transfer(actor=actor, versions={transfer.pk: transfer.version}, to=step)
    return transfer


def make_expected(centre: Centre, **values: Any) -> ExpectedGroup:
    """A group announced to this centre by its own agent, for tomorrow."""
    values = {"expected_at": timezone.now() + datetime.timedelta(days=1), "men": 12, "women": 3, "children": 4, "minors_alone": 1, "coming_from": "Agadez", **values}
    group, _made = announce_group(actor=agent_of(centre), id=uuid.uuid4(), centre=centre, **values)
    return group


def crowd(centre: Centre, number: int) -> None:
    """So many people more at the centre, written as rows: where only their number matters."""
    like = make_migrant(centre)
    people = []
    for index in range(number):
        born = datetime.date(timezone.localdate().year - (14 if index % 9 == 0 else 30), 12, 31)
        values = {field.attname: getattr(like, field.attname) for field in Migrant._meta.concrete_fields}
        people.append(Migrant(**{**values, "id": uuid.uuid4(), "case_number": uuid.uuid4().hex[:18], "surname": f"Foule{index}", "born_on": born}))
    Migrant.objects.bulk_create(people)
    Custody.objects.bulk_create(Custody(migrant=person, centre=centre, reason="arrived") for person in people)
    stays = Stay.objects.bulk_create(Stay(migrant=person, centre=centre, origin="transit", checked_in_by=like.registered_by) for person in people)
    BedAssignment.objects.bulk_create(BedAssignment(stay=stay, bed=bed) for stay, bed in zip(stays, free_beds(centre), strict=False))
