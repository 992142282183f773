"""Records of the reception, made by the real services."""

import datetime
import uuid
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from cases.models import Custody, Migrant
from centres.models import Bed, Centre, Room, Service
from reception.beds import free_beds
from reception.evening import evening_of
from reception.models import Assistance, BedAssignment, FlagKind, Leave, PersonFlag, Stay
from reception.services import allow_leave, check_in, record_assistance, set_flag
from tests.factories import agent_of, make_migrant


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


def make_flag(centre: Centre, kind: str, *, migrant: Migrant | None = None, **flag: Any) -> PersonFlag:
    """Somebody carries this flag; set by the centre's manager, who may set any."""
    values = {"reason": "Pour l’essai", "key": uuid.uuid4(), **flag}
    person = migrant or make_migrant(centre)
    return set_flag(actor=manager_of(centre), migrant=person, kind=FlagKind.objects.get(code=kind), **values)[0]


def make_leave(centre: Centre, *, stay: Stay | None = None, nights: int = 1, **leave: Any) -> Leave:
    """Somebody may be away from tonight on."""
    tonight = evening_of()
    values = {"first_night": tonight, "last_night": tonight + datetime.timedelta(days=nights - 1), "reason": "Chez un oncle", "id": uuid.uuid4(), **leave}
    return allow_leave(actor=manager_of(centre), stay=stay or make_stay(centre), **values)[0]


def manager_of(centre: Centre) -> User:
    return User.objects.get(username=f"manager.{agent_of(centre).username.partition('.')[2]}")


def a_bed(centre: Centre, kind: str = Room.Kind.MEN, number: int = 0) -> Bed:
    """A free bed of this kind of room."""
    return free_beds(centre).filter(room__kind=kind)[number]


def queries_of(browser: Client, url: str) -> int:
    """Questions of a second visit."""
    browser.get(url)
    with CaptureQueriesContext(connection) as counted:
        assert browser.get(url).status_code == 200
    return len([query for query in counted.captured_queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])


def backdate(stay: Stay, days: int) -> Stay:
    """As if the person had come so many days ago."""
    earlier = stay.arrived_at - datetime.timedelta(days=days)
    Stay.objects.filter(pk=stay.pk).update(arrived_at=earlier)
    stay.refresh_from_db()
    return stay


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
