import uuid

from django.utils import timezone

from tests.samples import Sample

from .factories import make_count, make_point


def _count(centre):
    return {
        "id": uuid.uuid4(),
        "point": make_point("FMP-TOM").code,
        "counted_on": timezone.localdate().isoformat(),
        "direction": "out",
        "women": 1,
        "men": 2,
        "girls": 0,
        "boys": 0,
    }


SAMPLES: dict[str, Sample] = {
    "flows:points": Sample(),
    "flows:count": Sample(),
    "flows:correct": Sample(kwargs=lambda centre: {"pk": make_count().pk}),
    "flows:point": Sample(kwargs=lambda centre: {"code": make_point().code}),
    "api-flow-counts": Sample(data=_count, json=True),
    "api-flow-count": Sample(kwargs=lambda centre: {"pk": make_count().pk}, data={"version": 1, "men": 11}, json=True),
}
