import uuid
from typing import Any

from centres.models import Centre
from reception.alert_rules import DEFAULTS
from tests.factories import make_migrant
from tests.samples import Sample

from .factories import make_alert, make_assistance, make_incident, make_note, make_stay


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


def _rules(centre: Centre) -> dict[str, Any]:
    return {"version": 0, "per_month": 100} | {f"{kind}-threshold": 50 for kind in DEFAULTS} | {f"{kind}-days": 30 for kind in DEFAULTS}


_THEFT = {"kind": "theft", "severity": "minor", "what": "Un téléphone a disparu."}

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
    "reception:day": Sample(kwargs=_code, data=lambda centre: {"id": uuid.uuid4(), "text": "Lit 12 : relire la lettre."}),
    "reception:day-pdf": Sample(kwargs=_code),
    "reception:read-notes": Sample(kwargs=_code, data=lambda centre: {"notes": make_note(centre).pk}),
    "reception:finish-note": Sample(kwargs=lambda centre: {"pk": make_note(centre).pk}),
    "reception:incidents": Sample(kwargs=_code),
    "reception:note-incident": Sample(kwargs=_code, data=lambda centre: {"id": uuid.uuid4(), **_THEFT}),
    "reception:incident": Sample(
        kwargs=lambda centre: {"pk": make_incident(centre).pk}, data=lambda centre: {"id": uuid.uuid4(), "version": 1, "step": "note", "text": "Vu avec le groupe."}
    ),
    "reception:alerts": Sample(kwargs=_code),
    "reception:alerts-quarter": Sample(),
    "reception:alert-rules": Sample(kwargs=_code, data=_rules),
    "reception:close-alert": Sample(kwargs=lambda centre: {"pk": make_alert(centre).pk}, data={"done": "Retrouvé chez un ami"}),
    "api-stays": Sample(data=_arrival, json=True),
    "api-stay": Sample(kwargs=_stay, data={"departure_reason": "left"}, json=True),
    "api-assistance": Sample(data=_given, json=True),
    "api-assistance-line": Sample(kwargs=_line, json=True),
}
