"""Counts for the tests, made as the product makes them."""

import datetime
import itertools
import uuid
from typing import Any

from django.utils import timezone

from accounts.models import User
from flows.models import FlowCount, FlowPoint
from flows.services import record_count
from flows.setup import ensure_points

_days = itertools.count(1)


def make_point(code: str = "FMP-BEN") -> FlowPoint:
    ensure_points()
    return FlowPoint.objects.get(code=code)


def make_count(**given: Any) -> FlowCount:
    """A count by the demonstration's flow monitor; each on a day of its own unless `counted_on` is given."""
    values: dict[str, Any] = {
        "id": uuid.uuid4(),
        "counted_on": timezone.localdate() - datetime.timedelta(days=next(_days)),
        "direction": FlowCount.Direction.IN,
        "women": 3,
        "men": 10,
        "girls": 1,
        "boys": 2,
    } | given
    values.setdefault("point", make_point())
    count, _created = record_count(actor=User.objects.get(username="flows"), **values)
    return count
