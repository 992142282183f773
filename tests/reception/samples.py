import datetime
import uuid
from typing import Any

from django.utils import timezone

from centres.models import Centre
from tests.factories import make_migrant
from tests.samples import Sample

from .factories import make_assistance, make_expected, make_stay, make_transfer


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


def _transfer(centre: Centre) -> dict[str, Any]:
    return {"pk": make_transfer(make_stay(centre)).pk}


def _announced(centre: Centre) -> dict[str, Any]:
    return {"pk": make_expected(centre).pk}


def _asked(centre: Centre) -> dict[str, Any]:
    return {"id": uuid.uuid4(), "stays": [make_stay(centre).pk], "to_centre": "BKO", "planned_on": _soon(), "reason": "Plus de place"}


def _soon() -> str:
    return (timezone.localdate() + datetime.timedelta(days=2)).isoformat()


SAMPLES = {
    "reception:arrivals": Sample(kwargs=_code),
    "reception:expected": Sample(kwargs=_code),
    "reception:transfers": Sample(kwargs=_code),
    "reception:announce": Sample(data=lambda centre: {"id": uuid.uuid4(), "centre": centre.code, "expected_at": f"{_soon()}T10:00", "men": 5}),
    "reception:expected_group": Sample(kwargs=_announced, data={"version": 1, "number_came": 17}),
    "reception:cancel_expected": Sample(kwargs=_announced, data={"version": 1, "words": "Le bus est en panne"}),
    "reception:transfer": Sample(kwargs=_transfer, data={"to": "cancelled", "words": "La personne reste"}),
    "reception:ask_transfer": Sample(kwargs=_stay, data=lambda centre: {"id": uuid.uuid4(), "to_centre": "BKO", "planned_on": _soon(), "reason": "Plus de place"}),
    "reception:extend": Sample(kwargs=_stay, data=lambda centre: {"version": 1, "until": _soon(), "reason": "Attend un bus"}),
    "reception:release_bed": Sample(kwargs=_stay),
    "api-transfers": Sample(data=_asked, json=True),
    "api-transfer": Sample(kwargs=_transfer, data={"state": "cancelled", "version": 1, "words": "La personne reste"}, json=True),
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
    "api-stays": Sample(data=_arrival, json=True),
    "api-stay": Sample(kwargs=_stay, data={"departure_reason": "left"}, json=True),
    "api-assistance": Sample(data=_given, json=True),
    "api-assistance-line": Sample(kwargs=_line, json=True),
}
