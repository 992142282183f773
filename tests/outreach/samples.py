import uuid

from django.utils import timezone

from tests.samples import Sample

from .factories import make_activity, make_attendance, make_community, make_training


def _activity(centre):
    return {
        "id": uuid.uuid4(),
        "kind": "awareness",
        "title": "Causerie",
        "held_on": timezone.localdate().isoformat(),
        "community": make_community().pk,
        "women": 1,
        "men": 2,
        "girls": 0,
        "boys": 0,
    }


SAMPLES: dict[str, Sample] = {
    "outreach:activities": Sample(),
    "outreach:new": Sample(),
    "outreach:communities": Sample(data={"name": "Kéniéba", "region": "Kayes"}),
    "outreach:activity": Sample(kwargs=lambda centre: {"pk": make_activity().pk}),
    "outreach:correct": Sample(kwargs=lambda centre: {"pk": make_activity().pk}),
    "outreach:attend": Sample(kwargs=lambda centre: {"pk": make_training().pk}, data={"name": "Oumar Diallo", "structure": "Gendarmerie", "sex": "male"}),
    "outreach:unattend": Sample(kwargs=lambda centre: {"pk": make_attendance().pk}),
    "api-activities": Sample(data=_activity, json=True),
    "api-activity": Sample(kwargs=lambda centre: {"pk": make_activity().pk}, data={"version": 1, "men": 11}, json=True),
}
