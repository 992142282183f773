"""Addresses of the app for the access matrix."""

import uuid
from typing import Any

from centres.models import Centre

from ..factories import make_migrant
from ..samples import Sample
from .factories import day, make_reintegration, visit_of


def _case(centre: Centre) -> dict[str, Any]:
    return {"pk": make_reintegration(centre).pk}


def _visit(centre: Centre) -> dict[str, Any]:
    return {"pk": visit_of(make_reintegration(centre), 1).pk}


def _migrant(centre: Centre) -> dict[str, Any]:
    return {"pk": make_migrant(centre, nationality="ML").pk}


def _new(centre: Centre) -> dict[str, Any]:
    migrant = make_migrant(centre, nationality="ML")
    return {"id": str(uuid.uuid4()), "migrant": str(migrant.pk), "kind": "individual", "returned_from": "DZ", "centre": centre.code}


_DONE = {"version": 1, "done_on": day().isoformat(), "situation": "good", "note": ""}

SAMPLES: dict[str, Sample] = {
    "reintegration:export_visits": Sample(kwargs=lambda centre: {"kind": "csv"}),
    "reintegration:export": Sample(kwargs=lambda centre: {"kind": "csv"}),
    "reintegration:list": Sample(),
    "reintegration:visits": Sample(),
    "reintegration:visit": Sample(_visit, _DONE),
    "reintegration:open": Sample(
        _migrant, lambda centre: {"id": str(uuid.uuid4()), "kind": "individual", "returned_from": "DZ", "centre": centre.code, "opened_on": day().isoformat()}
    ),
    "reintegration:case": Sample(_case),
    "reintegration:plan": Sample(_case, {"version": 1, "plan": "Atelier", "region": "Kayes"}),
    "reintegration:support": Sample(_case, lambda centre: {"id": str(uuid.uuid4()), "kind": "training", "delivered_on": day().isoformat()}),
    "reintegration:close": Sample(_case, {"version": 1, "state": "lost", "closed_on": day().isoformat()}),
    "reintegration:sheet": Sample(_case),
    "api-reintegration-cases": Sample(data=_new, json=True),
    "api-reintegration-case": Sample(_case, json=True),
    "api-visits": Sample(json=True),
    "api-visit": Sample(_visit, _DONE, json=True),
}
