import uuid

from centres.roles import NATIONAL, Right
from tests.samples import Sample

from . import factories as make

IOM = frozenset(NATIONAL - {Right.ENTER_VALUE_AECID, Right.VIEW_PROOF_AECID})
AECID = frozenset(NATIONAL - {Right.ENTER_VALUE_IOM, Right.VIEW_PROOF_IOM})


def _code(code: str):
    return lambda centre: {"code": code}


def _pending_value(centre):
    """Waits for a second person: whoever entered it is none of the accounts that ask."""
    make.make_colleague("me.iom")
    return {"pk": make.make_value("me.iom.2", "R1.4", 3).pk}


def _report(centre):
    return {"pk": make.make_report().pk}


def _period(centre):
    return {"id": str(uuid.uuid4()), "from": make.after(0).isoformat(), "to": make.after(90).isoformat()}


SAMPLES = {
    "reporting:committee": Sample(),
    "reporting:export": Sample(),
    "reporting:indicator": Sample(kwargs=_code("E3")),
    "reporting:proof": Sample(kwargs=_code("E3"), own_rights=IOM),
    "reporting:enter-value": Sample(
        kwargs=_code("R5.1"), own_rights=AECID, data=lambda centre: {"id": str(uuid.uuid4()), "on": make.after(5).isoformat(), "value": 1, "evidence": "Note du 4 mai"}
    ),
    "reporting:validate-value": Sample(kwargs=_pending_value, own_rights=IOM),
    "reporting:refuse-value": Sample(kwargs=_pending_value, own_rights=IOM, data={"reason": "Le document joint est d’une autre année."}),
    "reporting:reports": Sample(data=_period),
    "reporting:report-file": Sample(kwargs=_report),
    "api-indicators": Sample(json=True),
    "api-indicator-proof": Sample(kwargs=_code("R5.2"), own_rights=AECID, json=True),
    "api-reports": Sample(data=_period, json=True),
    "api-report": Sample(kwargs=_report, json=True),
    "api-report-file": Sample(kwargs=_report, json=True),
}
