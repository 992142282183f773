"""Activities for the tests, made as the product makes them."""

import itertools
import uuid
from typing import Any

from django.utils import timezone

from accounts.models import User
from outreach.models import Activity, Attendance, Community
from outreach.services import add_community, record_activity, register_attendance

_numbers = itertools.count(1)


def officer() -> User:
    return User.objects.get(username="outreach")


def make_community(**given: Any) -> Community:
    return add_community(actor=officer(), **{"name": f"Village {next(_numbers)}", "region": "Kayes"} | given)


def make_activity(**given: Any) -> Activity:
    """A session of awareness in a community of its own, unless told otherwise."""
    values: dict[str, Any] = {
        "id": uuid.uuid4(),
        "kind": Activity.Kind.AWARENESS,
        "title": "Causerie au marché",
        "held_on": timezone.localdate(),
        "women": 20,
        "men": 15,
        "girls": 5,
        "boys": 4,
    } | given
    if values["kind"] == Activity.Kind.AWARENESS and "community" not in values:
        values["community"] = make_community()
    return record_activity(actor=officer(), **values)[0]


def make_training(**given: Any) -> Activity:
    return make_activity(kind=Activity.Kind.TRAINING, title="Formation des agents", women=0, men=0, girls=0, boys=0, **given)


def make_attendance(activity: Activity | None = None, **given: Any) -> Attendance:
    values = {"name": f"Agent {_letters(next(_numbers))}", "structure": "Police des frontières", "sex": "male"} | given
    return register_attendance(actor=officer(), activity=activity or make_training(), **values)[0]


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
