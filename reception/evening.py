"""Which evening a moment belongs to, and when a roll-call is late: rules over the clock alone."""

import datetime

from django.utils import timezone

NIGHT_ENDS = datetime.time(6)  # until then the round is still that of the evening before
DUE_BY = datetime.time(22)
SEEN_SINCE = datetime.time(12)  # who was seen since noon is proposed as present


def evening_of(moment: datetime.datetime | None = None) -> datetime.date:
    """The evening whose night this moment (now) belongs to: until six in the morning, the one before."""
    local = timezone.localtime(moment)
    return local.date() if local.time() >= NIGHT_ENDS else local.date() - datetime.timedelta(days=1)


def due_evening(moment: datetime.datetime | None = None) -> datetime.date:
    """The latest evening whose roll-call should be done by now: from 22:00 on, this evening's."""
    local = timezone.localtime(moment)
    return local.date() if local.time() >= DUE_BY else local.date() - datetime.timedelta(days=1)


def noon_of(evening: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(evening, SEEN_SINCE))
