import datetime
import uuid
from typing import Any

from django.utils import timezone

from accounts.models import Organisation
from centres.models import BedBlock, Centre, ChecklistMark, Equipment, Service
from centres.roles import Right
from reception.alert_rules import DEFAULTS
from reception.evening import evening_of
from reception.models import FlagKind
from tests.factories import make_migrant
from tests.samples import Sample

from .factories import make_alert, make_assistance, make_expected, make_flag, make_incident, make_leave, make_note, make_session, make_stay, make_transfer


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


def _carried(centre: Centre) -> dict[str, Any]:
    return {"pk": make_flag(centre, "regime-alimentaire").pk}


def _kind(centre: Centre) -> dict[str, Any]:
    return {"pk": FlagKind.objects.get(code="allergie").pk}


def _leave(centre: Centre) -> dict[str, Any]:
    leave = make_leave(centre)
    return {"pk": leave.stay_id, "leave": leave.pk}


def _nights(centre: Centre) -> dict[str, Any]:
    return {"id": uuid.uuid4(), "first_night": evening_of(), "last_night": evening_of(), "reason": "Chez un oncle"}


def _consultation(centre: Centre) -> dict[str, Any]:
    return {"pk": make_assistance(centre, service="consultation").pk}


def _session_held(centre: Centre) -> dict[str, Any]:
    return {"code": centre.code, "pk": make_session(centre).pk}


_SESSION = {"held_on": timezone.localdate(), "kind": "awareness", "topic": "rights", "language": "bam", "minutes": 45, "women": 3, "version": 1}


def _session(centre: Centre) -> dict[str, Any]:
    return {"id": uuid.uuid4(), "leader": f"org:{Organisation.objects.get(code='CRM').pk}", **_SESSION}


def _criteria(centre: Centre) -> dict[str, Any]:
    return {"seen": 1, **{f"{category}_fr": "Pour tous." for category in Service.Category.values}}


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


def _transfer(centre: Centre) -> dict[str, Any]:
    return {"pk": make_transfer(make_stay(centre)).pk}


def _announced(centre: Centre) -> dict[str, Any]:
    return {"pk": make_expected(centre).pk}


def _asked(centre: Centre) -> dict[str, Any]:
    return {"id": uuid.uuid4(), "stays": [make_stay(centre).pk], "to_centre": "BKO", "planned_on": _soon(), "reason": "Plus de place"}


def _soon() -> str:
    return (timezone.localdate() + datetime.timedelta(days=2)).isoformat()


def _rules(centre: Centre) -> dict[str, Any]:
    return {"version": 0, "per_month": 100} | {f"{kind}-threshold": 50 for kind in DEFAULTS} | {f"{kind}-days": 30 for kind in DEFAULTS}


_THEFT = {"kind": "theft", "severity": "minor", "what": "Un téléphone a disparu."}


SAMPLES = {
    "reception:flag-kinds": Sample(),
    "reception:new-flag-kind": Sample(data={"name": "Essai", "tone": "warn", "advises": "on"}),
    "reception:flag-kind": Sample(kwargs=_kind, data={"version": 1, "name": "Allergie", "tone": "warn", "advises": "on"}),
    "reception:flags": Sample(kwargs=lambda centre: {"pk": make_migrant(centre).pk}, data=lambda centre: {"key": uuid.uuid4(), "kind": "allergie", "reason": "Arachide"}),
    "reception:lift-flag": Sample(kwargs=_carried, data={"reason": "Plus besoin"}),
    "reception:roll_call": Sample(kwargs=_code, data=lambda centre: {"evening": evening_of()}),
    "reception:absences": Sample(kwargs=_code),
    "reception:absence-days": Sample(kwargs=_code, data={"days": 3}),
    "reception:note-absence": Sample(kwargs=_stay, data=lambda centre: {"id": uuid.uuid4(), "found": "1", "note": "Au marché"}),
    "reception:leave": Sample(kwargs=_stay, data=_nights),
    "reception:cancel-leave": Sample(kwargs=_leave),
    "reception:export": Sample(kwargs=lambda centre: {"kind": "csv"}),
    "reception:centres": Sample(),
    "reception:centre": Sample(kwargs=_code),
    "reception:counter": Sample(
        kwargs=_code, data=lambda centre: {"key": uuid.uuid4(), "service": "dejeuner", "mode": "scan", "what": make_stay(centre).migrant.case_number}
    ),
    "reception:meals": Sample(kwargs=_code, data=lambda centre: {"key": uuid.uuid4(), "people": [make_stay(centre).migrant_id]}),
    "reception:report": Sample(kwargs=_code),
    "reception:report_xlsx": Sample(kwargs=_code),
    "reception:report_pdf": Sample(kwargs=_code, data=lambda centre: {"id": uuid.uuid4(), "by": "month", "on": "2026-01-01"}),
    "reception:check_in": Sample(kwargs=_person_here, data=lambda centre: {"id": uuid.uuid4(), "origin": "transit", "came_from": "NE"}),
    "reception:move": Sample(kwargs=_stay, data={"version": 1}),
    "reception:check_out": Sample(kwargs=_stay, data={"version": 1, "reason": "left"}),
    "reception:undo-check-in": Sample(
        kwargs=lambda centre: {"pk": make_migrant(centre).pk}, data=lambda centre: {"stay": uuid.uuid4(), "version": 1, "reason": "Noté pour une autre personne"}
    ),
    "reception:undo-departure": Sample(kwargs=_stay, data={"version": 1, "reason": "Noté pour une autre personne"}),
    "reception:assistance": Sample(kwargs=_person_here, data=lambda centre: {"key": uuid.uuid4(), "service": "kit-hygiene"}),
    "reception:withdraw_assistance": Sample(kwargs=_line, own_rights=frozenset({Right.RECEIVE})),
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
    "reception:places": Sample(kwargs=_code),
    "reception:places-room-new": Sample(kwargs=_code, data={"name": "Lazaret", "kind": "isolation"}),
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
    "api-flags": Sample(
        data=lambda centre: {"id": uuid.uuid4(), "migrant": make_migrant(centre).pk, "kind": "regime-alimentaire", "reason": "Sans arachide"},
        json=True,
    ),
    "api-flag": Sample(kwargs=lambda centre: {"key": make_flag(centre, "regime-alimentaire").key}, data={"lifted_reason": "Mange de tout"}, json=True),
    "api-roll-call": Sample(
        kwargs=_code, data=lambda centre: {"evening": evening_of(), "lines": [{"migrant": make_stay(centre).migrant_id, "state": "present"}]}, json=True
    ),
    "api-incidents": Sample(data=lambda centre: {"id": uuid.uuid4(), "centre": centre.code, **_THEFT}, json=True),
    "api-incident": Sample(kwargs=lambda centre: {"pk": make_incident(centre).pk}, json=True),
    "api-assistance": Sample(data=_given, json=True, own_rights=frozenset({Right.VIEW_CASE, Right.RECEIVE})),
    "api-assistance-line": Sample(kwargs=_line, json=True),
    "reception:arrivals": Sample(kwargs=_code),
    "reception:expected": Sample(kwargs=_code),
    "reception:transfers": Sample(kwargs=_code),
    "reception:announce": Sample(data=lambda centre: {"id": uuid.uuid4(), "centre": centre.code, "expected_at": f"{_soon()}T10:00", "men": 5}),
    "reception:expected_group": Sample(kwargs=_announced, data={"version": 1, "number_came": 17}),
    "reception:correct_expected": Sample(kwargs=_announced, data={"version": 1, "number_came": 17, "reason": "Compté deux fois"}),
    "reception:cancel_expected": Sample(kwargs=_announced, data={"version": 1, "words": "Le bus est en panne"}),
    "reception:transfer": Sample(kwargs=_transfer, data={"to": "cancelled", "words": "La personne reste"}),
    "reception:ask_transfer": Sample(kwargs=_stay, data=lambda centre: {"id": uuid.uuid4(), "to_centre": "BKO", "planned_on": _soon(), "reason": "Plus de place"}),
    "reception:extend": Sample(kwargs=_stay, data=lambda centre: {"version": 1, "until": _soon(), "reason": "Attend un bus"}),
    "reception:release_bed": Sample(kwargs=_stay),
    "api-transfers": Sample(data=_asked, json=True),
    "api-transfer": Sample(kwargs=_transfer, data={"state": "cancelled", "version": 1, "words": "La personne reste"}, json=True),
    "reception:undo-meals": Sample(kwargs=_code, data=lambda centre: {"key": uuid.uuid4(), "service": "diner", "day": timezone.localdate()}),
    "reception:offers": Sample(kwargs=_code),
    "reception:offer": Sample(kwargs=lambda centre: {"code": centre.code, "service": "kit-hygiene"}, data={"version": 1, "days": [1, 2, 3, 4, 5, 6, 7]}),
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
}
