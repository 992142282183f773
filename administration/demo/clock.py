"""The hour at which the demonstration ends."""

import datetime

from django.utils import timezone


def told_until(today: datetime.date) -> datetime.datetime:
    """The last moment that invented people have lived: eleven in the morning, or the hour that has begun if it is earlier, so that nothing lies
    ahead of whoever looks."""
    return min(datetime.datetime.combine(today, datetime.time(11), datetime.UTC), timezone.now().replace(minute=0, second=0, microsecond=0))
