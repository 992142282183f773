import uuid
from typing import Any

from django.utils import timezone

from accounts.models import Organisation
from centres.models import Centre, Service
from tests.factories import make_migrant
from tests.samples import Sample

from .factories import make_assistance, make_session, make_stay


def _code(centre: Centre) -> dict[str, Any]:
    return {"code": centre.code}


def _person_here(centre: Centre) -> dict[str, Any]:
    return {"code": centre.code, "migrant": make_migrant(centre).pk}


def _stay(centre: Centre) -> dict[str, Any]:
    return {"pk": make_stay(centre).pk}


def _line(centre: Centre) -> dict[str, Any]:
    return {"pk": make_assistance(centre).pk}


def _arrival(centre: Centre) -> dict[str, Any]:
    return {"id": uuid.uuid4(), "migrant": make_migrant(centre).pk, "centre": centre.code, "origin": "transit", "came_from": "NE"}


def _given(centre: Centre) -> dict[str, Any]:
    return {"id": uuid.uuid4(), "migrant": make_migrant(centre).pk, "centre": centre.code, "service": "kit-hygiene"}


def _consultation(centre: Centre) -> dict[str, Any]:
    return {"pk": make_assistance(centre, service="consultation").pk}


def _session_held(centre: Centre) -> dict[str, Any]:
    return {"code": centre.code, "pk": make_session(centre).pk}


_SESSION = {"held_on": timezone.localdate(), "kind": "awareness", "topic": "rights", "language": "bam", "minutes": 45, "women": 3, "version": 1}


def _session(centre: Centre) -> dict[str, Any]:
    return {"id": uuid.uuid4(), "leader": f"org:{Organisation.objects.get(code='CRM').pk}", **_SESSION}


def _criteria(centre: Centre) -> dict[str, Any]:
    return {"seen": 1, **{f"{category}_fr": "Pour tous." for category in Service.Category.values}}


SAMPLES = {
    "reception:export": Sample(kwargs=lambda centre: {"kind": "csv"}),
    "reception:centres": Sample(),
    "reception:centre": Sample(kwargs=_code),
    "reception:meals": Sample(kwargs=_code, data=lambda centre: {"key": uuid.uuid4(), "people": [make_stay(centre).migrant_id]}),
    "reception:check_in": Sample(kwargs=_person_here, data=lambda centre: {"id": uuid.uuid4(), "origin": "transit", "came_from": "NE"}),
    "reception:move": Sample(kwargs=_stay, data={"version": 1}),
    "reception:check_out": Sample(kwargs=_stay, data={"version": 1, "reason": "left"}),
    "reception:undo-departure": Sample(kwargs=_stay, data={"version": 1, "reason": "Noté pour une autre personne"}),
    "reception:assistance": Sample(kwargs=_person_here, data=lambda centre: {"key": uuid.uuid4(), "service": "kit-hygiene"}),
    "reception:withdraw_assistance": Sample(kwargs=_line),
    "reception:health": Sample(kwargs=lambda centre: {"pk": make_migrant(centre).pk}),
    "reception:care": Sample(kwargs=_person_here, data=lambda centre: {"key": uuid.uuid4(), "service": "consultation", "reason": "Fièvre"}),
    "reception:health_detail": Sample(kwargs=_consultation, data={"version": 0, "reason": "Fièvre"}),
    "reception:stock": Sample(
        kwargs=_code, data=lambda centre: {"id": uuid.uuid4(), "service": "kit-hygiene", "kind": "received", "quantity": 40, "words": "Croix-Rouge malienne"}
    ),
    "reception:stock_threshold": Sample(kwargs=_code, data={"service": "kit-hygiene", "threshold": 5, "version": 0}),
    "reception:sessions": Sample(kwargs=_code),
    "reception:new_session": Sample(kwargs=_code, data=_session),
    "reception:session": Sample(kwargs=_session_held, data=_session),
    "reception:criteria": Sample(
        kwargs=_code, data=lambda centre: {"key": uuid.uuid4(), "version": 1, "people": [make_stay(centre).migrant_id], "language": "bam", "how": "aloud"}
    ),
    "reception:criteria_edit": Sample(kwargs=_code, data=_criteria),
    "reception:criteria_sheet": Sample(kwargs=_code),
    "api-stays": Sample(data=_arrival, json=True),
    "api-stay": Sample(kwargs=_stay, data={"departure_reason": "left"}, json=True),
    "api-assistance": Sample(data=_given, json=True),
    "api-assistance-line": Sample(kwargs=_line, json=True),
}
