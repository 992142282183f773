"""Addresses of the app for the access matrix."""

import uuid
from typing import Any

from centres.models import Centre

from ..factories import make_migrant
from ..samples import Sample
from .factories import day, make_return


def _case(centre: Centre) -> dict[str, Any]:
    return {"pk": make_return(centre).pk}


def _migrant(centre: Centre) -> dict[str, Any]:
    return {"pk": make_migrant(centre).pk}


def _new(centre: Centre) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "migrant": str(make_migrant(centre).pk), "country_to": "GN", "place_to": "Labé"}


_STEP = {"to": "counselled", "version": 1, "counselled_on": day().isoformat()}

SAMPLES: dict[str, Sample] = {
    "returns:export": Sample(kwargs=lambda centre: {"kind": "csv"}),
    "returns:list": Sample(),
    "returns:open": Sample(_migrant, {"id": str(uuid.uuid4()), "country_to": "GN", "country_from": "ML"}),
    "returns:case": Sample(_case, _STEP),
    "returns:correct": Sample(_case, {"version": 1, "country_to": "SN", "place_to": "Kolda"}),
    "returns:declaration": Sample(_case),
    "api-return-cases": Sample(data=_new, json=True),
    "api-return-case": Sample(_case, _STEP, json=True),
}
