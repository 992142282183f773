"""Records of the reception, made by the real services."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from cases.models import Consent, Custody, Migrant
from centres.models import Bed, Centre, Room, Service
from reception.beds import free_beds
from reception.evening import evening_of
from reception.models import Alert, Assistance, BedAssignment, ExpectedGroup, FlagKind, HandoverNote, Incident, Leave, PersonFlag, Session, Stay, Transfer
from reception.services import (
    allow_leave,
    announce_group,
    ask_transfer,
    check_in,
    leave_note,
    move_transfer,
    note_incident,
    raise_alert,
    record_assistance,
    record_session,
    set_flag,
)
from reception.workflow import WAY, State
from tests.factories import agent_of, make_migrant, make_minor

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


def make_session(centre: Centre, *, people: Iterable[Migrant] = (), **given: Any) -> Session:
    """An awareness session held today, with these people of the centre and three women of the neighbourhood."""
    actor = agent_of(centre)
    given = {
        "id": uuid.uuid4(),
        "kind": "awareness",
        "topic": "rights",
        "held_on": timezone.localdate(),
        "language": "bam",
        "minutes": 45,
        "led_by": actor,
        "women": 3,
        **given,
    }
    session, _created = record_session(actor=actor, centre=centre, people=[person.pk for person in people], **given)
    return session


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
    agreed = list(like.consents.values("purpose", "text_version", "language", "method", "witness", "taken_by_id"))
    Consent.objects.bulk_create(Consent(migrant=person, **one) for person in people for one in agreed)
    stays = Stay.objects.bulk_create(Stay(migrant=person, centre=centre, origin="transit", checked_in_by=like.registered_by) for person in people)
    BedAssignment.objects.bulk_create(BedAssignment(stay=stay, bed=bed) for stay, bed in zip(stays, free_beds(centre), strict=False))


def make_incident(centre: Centre, **what: Any) -> Incident:
    """An incident noted by the centre's agent."""
    what = {"id": uuid.uuid4(), "kind": "theft", "severity": "minor", "what": "Un téléphone a disparu au dortoir.", **what}
    incident, _created = note_incident(actor=agent_of(centre), centre=centre, **what)
    return incident


def make_alert(centre: Centre, kind: str = Alert.Kind.MINOR_MISSING, **what: Any) -> Alert:
    """Of a child of the centre, a kit, or the centre, as the kind wants it."""
    if kind in (Alert.Kind.MINOR_MISSING, Alert.Kind.ABSENCE):
        child = what.setdefault("migrant", None) or make_minor(centre)
        what |= {"migrant": child, "subject": str(child.pk)}
    elif kind == Alert.Kind.STOCK:
        what.setdefault("subject", "kit-hygiene")
    alert, _new = raise_alert(actor=None, centre=centre, kind=kind, **what)
    return alert


def make_note(centre: Centre, **what: Any) -> HandoverNote:
    """A line that the centre's agent leaves to the next shift."""
    note, _created = leave_note(actor=agent_of(centre), centre=centre, **{"id": uuid.uuid4(), "text": "Lit 12 : relire la lettre.", **what})
    return note
