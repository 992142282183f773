"""Records of the reception, made by the real services."""

import datetime
import uuid
from typing import Any

from django.utils import timezone

from cases.models import Custody, Migrant
from centres.models import Bed, Centre, Room, Service
from reception.beds import free_beds
from reception.models import Alert, Assistance, BedAssignment, HandoverNote, Incident, Stay
from reception.services import check_in, leave_note, note_incident, raise_alert, record_assistance
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


def a_bed(centre: Centre, kind: str = Room.Kind.MEN, number: int = 0) -> Bed:
    """A free bed of this kind of room."""
    return free_beds(centre).filter(room__kind=kind)[number]


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


def make_incident(centre: Centre, **what: Any) -> Incident:
    """An incident noted by the centre's agent."""
    what = {"id": uuid.uuid4(), "kind": "theft", "severity": "minor", "what": "Un téléphone a disparu au dortoir.", **what}
    incident, _created = note_incident(actor=agent_of(centre), centre=centre, **what)
    return incident


def make_alert(centre: Centre, kind: str = Alert.Kind.MINOR_MISSING, **what: Any) -> Alert:
    alert, _new = raise_alert(actor=None, centre=centre, kind=kind, **what)
    return alert


def make_note(centre: Centre, **what: Any) -> HandoverNote:
    """A line that the centre's agent leaves to the next shift."""
    note, _created = leave_note(actor=agent_of(centre), centre=centre, **{"id": uuid.uuid4(), "text": "Lit 12 : relire la lettre.", **what})
    return note
