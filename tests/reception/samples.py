import uuid
from typing import Any

from django.utils import timezone

from centres.models import BedBlock, Centre, ChecklistMark, Equipment
from tests.factories import make_migrant
from tests.samples import Sample

from .factories import make_assistance, make_stay


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


def _room(centre: Centre) -> dict[str, Any]:
    return {"code": centre.code, "room": centre.rooms.get(name="Familles 1").pk}


def _bed(centre: Centre) -> dict[str, Any]:
    return {"code": centre.code, "bed": centre.rooms.get(name="Familles 1").beds.get(label="01").pk}


def _block(centre: Centre) -> dict[str, Any]:
    bed = centre.rooms.get(name="Familles 1").beds.get(label="02")
    return {"code": centre.code, "block": BedBlock.objects.get_or_create(bed=bed, reason="repair")[0].pk}


def _mark(centre: Centre) -> dict[str, Any]:
    return {"code": centre.code, "mark": ChecklistMark.objects.filter(centre=centre).order_by("pk").values_list("pk", flat=True)[0]}


def _equipment(centre: Centre) -> dict[str, Any]:
    return {"code": centre.code, "pk": Equipment.objects.create(centre=centre, name=f"Extincteur {uuid.uuid4()}").pk}


def _today(name: str, **more: Any) -> Any:
    """Fields of a form with a day, that of the test."""
    return lambda centre: {name: timezone.localdate(), **more}


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
    "reception:places": Sample(kwargs=_code),
    "reception:places-room-new": Sample(kwargs=_code, data={"name": "Isolement", "kind": "isolation"}),
    "reception:places-room": Sample(kwargs=_room),
    "reception:places-room-edit": Sample(kwargs=_room, data={"name": "Familles (cour)", "kind": "families", "version": 1}),
    "reception:places-beds": Sample(kwargs=_room, data=_today("since", first=50, number=2)),
    "reception:places-block": Sample(kwargs=_room, data=lambda centre: {"beds": [_bed(centre)["bed"]], "reason": "repair", "since": timezone.localdate()}),
    "reception:places-bed-withdraw": Sample(kwargs=_bed, data=_today("on")),
    "reception:places-bed-put-back": Sample(kwargs=_bed),
    "reception:places-blocks": Sample(kwargs=_code),
    "reception:places-block-change": Sample(kwargs=_block, data=_today("until")),
    "reception:places-occupancy": Sample(kwargs=_code),
    "reception:places-occupancy-export": Sample(kwargs=lambda centre: {"code": centre.code, "kind": "csv"}),
    "reception:places-opening": Sample(kwargs=_code),
    "reception:places-mark": Sample(kwargs=lambda centre: {"code": centre.code, "item": "isolement"}, data=_today("done_on", state="done")),
    "reception:places-mark-withdraw": Sample(kwargs=_mark, data={"reason": "La pompe est en panne"}),
    "reception:places-declare": Sample(kwargs=lambda centre: {"code": centre.code, "checklist": "centre"}, data=_today("on")),
    "reception:places-equipment": Sample(kwargs=_code),
    "reception:places-equipment-new": Sample(kwargs=_code, data=lambda centre: {"id": uuid.uuid4(), "name": "Matelas", "quantity": 80, "state": "good"}),
    "reception:places-equipment-edit": Sample(
        kwargs=_equipment, data=lambda centre: {"name": f"Extincteur {uuid.uuid4()}", "quantity": 4, "state": "repair", "version": 1}
    ),
    "reception:places-equipment-remove": Sample(kwargs=_equipment),
    "reception:places-settings": Sample(kwargs=_code, data={"max_stay_days": 21, "was": 14}),
    "api-stays": Sample(data=_arrival, json=True),
    "api-stay": Sample(kwargs=_stay, data={"departure_reason": "left"}, json=True),
    "api-assistance": Sample(data=_given, json=True),
    "api-assistance-line": Sample(kwargs=_line, json=True),
}
