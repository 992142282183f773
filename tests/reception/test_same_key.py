"""A key that the client made: the same content again is the same row, other content is refused, and nobody reads through it."""

import datetime
import inspect
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.utils import timezone

import reception.services
from accounts.models import User
from audit.acting import SameKeyOtherContent
from centres.models import Centre, Service
from reception.models import FlagKind, Stay
from reception.periods import Period
from reception.services import Arrival
from reception.services.opening import add_equipment
from reception.services.sessions import record_session
from tests.factories import agent_of, make_migrant

from .factories import make_incident, make_stay, manager_of

# Merged person by person, with tests of their own.
LISTS = {"serve", "withdraw_served", "tell_criteria"}


@dataclass
class Sent:
    """What is sent, and what makes it another thing."""

    service: Callable[..., Any]
    actor: User
    content: dict[str, Any]
    others: list[dict[str, Any]]
    key: str = "id"
    by_person: bool = False  # the key counts with the person: for other people it is another one

    def send(self, key: uuid.UUID, **changed: Any) -> Any:
        result = self.service(**{"actor": self.actor, **self.content, self.key: key, **changed})
        return result[0] if isinstance(result, tuple) else result


def day(days: int = 0) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=days)


def check_in(at: Centre) -> Sent:
    content = {"migrant": make_migrant(at), "centre": at, "origin": "transit", "came_from": "NE"}
    return Sent(reception.services.check_in, agent_of(at), content, [{"came_from": "SN"}, {"origin": "referred"}, {"migrant": make_migrant(at)}])


def check_in_together(at: Centre) -> Sent:
    people = [Arrival(make_migrant(at)) for _ in range(3)]
    content = {"centre": at, "arrivals": people[:2], "origin": "transit", "came_from": "NE"}
    return Sent(reception.services.check_in_together, agent_of(at), content, [{"came_from": "SN"}, {"arrivals": people}, {"arrivals": people[1:]}], by_person=True)


def ask_transfer(at: Centre) -> Sent:
    content = {"stays": [make_stay(at)], "to_centre": Centre.objects.get(code="KAY"), "reason": "Plus de place", "planned_on": day(2), "needs": ""}
    others = [{"planned_on": day(3)}, {"reason": "Famille"}, {"needs": "Fauteuil"}, {"stays": [make_stay(at)]}]
    return Sent(reception.services.ask_transfer, agent_of(at), content, others)


def record_assistance(at: Centre) -> Sent:
    content = {"migrant": make_stay(at).migrant, "centre": at, "service": Service.objects.get(code="kit-hygiene"), "given_on": day(), "quantity": 1}
    others = [{"quantity": 2}, {"cost": 5}, {"given_on": day(-1)}, {"service": Service.objects.get(code="dejeuner")}, {"migrant": make_stay(at).migrant}]
    return Sent(reception.services.record_assistance, agent_of(at), content, others)


def record_care(at: Centre) -> Sent:
    nurse = User.objects.get(username="health.gao" if at.code == "GAO" else "protection")
    content = {"migrant": make_stay(at).migrant, "centre": at, "service": Service.objects.get(code="soins"), "reason": "Fièvre", "treatment": "Repos"}
    return Sent(reception.services.record_care, nurse, content, [{"reason": "Toux"}, {"treatment": ""}, {"given_on": day(-1)}])


def move_received(at: Centre) -> Sent:
    content = {"centre": at, "service": Service.objects.get(code="kit-hygiene"), "kind": "received", "quantity": 5, "words": "Croix-Rouge"}
    return Sent(reception.services.move_stock, agent_of(at), content, [{"quantity": 6}, {"words": "UNICEF"}, {"kind": "lost"}])


def move_stock(at: Centre) -> Sent:
    content = {"centre": at, "service": Service.objects.get(code="kit-hygiene"), "kind": "counted", "quantity": 5, "words": "Inventaire"}
    return Sent(reception.services.move_stock, manager_of(at), content, [{"quantity": 4}, {"words": "Erreur"}, {"kind": "received"}])


def announce_group(at: Centre) -> Sent:
    content = {"centre": at, "expected_at": timezone.now() + datetime.timedelta(days=1), "men": 3, "coming_from": "Agadez"}
    return Sent(reception.services.announce_group, agent_of(at), content, [{"men": 4}, {"women": 1}, {"coming_from": ""}, {"centre": Centre.objects.get(code="BKO")}])


def set_flag(at: Centre) -> Sent:
    kind, other = FlagKind.objects.filter(active=True)[:2]
    content = {"migrant": make_migrant(at), "kind": kind, "reason": "Pour l’essai", "until": None}
    return Sent(reception.services.set_flag, manager_of(at), content, [{"until": day(1)}, {"reason": "Autre"}, {"kind": other}, {"migrant": make_migrant(at)}], "key")


def allow_leave(at: Centre) -> Sent:
    content = {"stay": make_stay(at), "first_night": day(1), "last_night": day(1), "reason": "Chez un oncle"}
    return Sent(reception.services.allow_leave, manager_of(at), content, [{"last_night": day(2)}, {"reason": "Chez une tante"}, {"stay": make_stay(at)}])


def note_absence(at: Centre) -> Sent:
    content = {"stay": make_stay(at), "found": True, "note": "Vu au marché"}
    return Sent(reception.services.note_absence, agent_of(at), content, [{"found": False}, {"note": ""}, {"stay": make_stay(at)}])


def leave_note(at: Centre) -> Sent:
    content = {"centre": at, "text": "Relire la lettre", "for_whom": "Awa", "until": day(1)}
    return Sent(reception.services.leave_note, agent_of(at), content, [{"text": "Autre"}, {"for_whom": ""}, {"until": None}])


def follow_incident(at: Centre) -> Sent:
    content = {"incident": make_incident(at), "text": "Fouille faite", "due_on": day(1), "due_who": "Awa"}
    others = [{"due_on": day(2)}, {"due_who": ""}, {"text": "Autre"}, {"step": "closed"}, {"incident": make_incident(at)}]
    return Sent(reception.services.follow_incident, agent_of(at), content, others)


def session(at: Centre) -> Sent:
    agent = agent_of(at)
    content = {
        "centre": at,
        "kind": "awareness",
        "held_on": day(),
        "people": [make_stay(at).migrant.pk],
        "topic": "rights",
        "language": "bam",
        "minutes": 45,
        "led_by": agent,
    }
    return Sent(record_session, agent, content, [{"minutes": 30}, {"people": []}, {"women": 3}, {"held_on": day(-1)}])


def equipment(at: Centre) -> Sent:
    content = {"centre": at, "name": "Matelas de réserve", "quantity": 4, "note": "Magasin"}
    return Sent(add_equipment, manager_of(at), content, [{"quantity": 5}, {"note": ""}, {"state": "repair"}, {"name": "Tables"}])


def ask_for_report(at: Centre) -> Sent:
    content = {"centre": at, "period": Period.of("month", day(-40))}
    return Sent(reception.services.ask_for_report, manager_of(at), content, [{"period": Period.of("month", day(-80))}, {"period": Period.of("week", day(-40))}])


CASES = (
    check_in, check_in_together, ask_transfer, record_assistance, record_care, move_received, move_stock, announce_group, set_flag, allow_leave,
    note_absence, leave_note, follow_incident, session, equipment, ask_for_report,
)  # fmt: skip


def rows() -> int:
    return sum(model._default_manager.count() for app in ("reception", "centres", "jobs") for model in apps.get_app_config(app).get_models())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_same_key(case, centre):
    """Here, and for somebody of another centre."""
    sent, key = case(centre("GAO")), uuid.uuid4()
    stranger = case(centre("BKO"))
    first = sent.send(key)
    before = rows()
    assert sent.send(key) == first
    for other in sent.others:
        with pytest.raises(SameKeyOtherContent):
            sent.send(key, **other)
            pytest.fail(f"taken for the same: {other}")
    with pytest.raises((SameKeyOtherContent, PermissionDenied)):
        sent.send(key, actor=stranger.actor)
    if not sent.by_person:
        with pytest.raises(SameKeyOtherContent):
            stranger.send(key)
    assert rows() == before
    stranger.send(uuid.uuid4())
    assert rows() > before


def test_every_service_with_a_key_is_here():
    found = {
        name
        for name, service in inspect.getmembers(reception.services, lambda one: getattr(one, "is_service", False))
        if {"id", "key"} & inspect.signature(service).parameters.keys()
    }
    tested = {case.__name__ for case in CASES} | LISTS
    assert found - {"note_incident"} <= tested | {"record_session", "add_equipment"}


def test_a_line_of_today_is_not_one_of_yesterday(centre):
    """No day given means today: it is not the same as the line of another day under that key."""
    at, key = centre("GAO"), uuid.uuid4()
    sent = record_assistance(at)
    line = sent.send(key, given_on=None)
    assert line.given_on == day() and sent.send(key, given_on=None) == line
    Stay.objects.update(arrived_at=timezone.now() - datetime.timedelta(days=3))
    other = uuid.uuid4()
    sent.send(other, given_on=day(-1))
    with pytest.raises(SameKeyOtherContent):
        sent.send(other, given_on=None)
