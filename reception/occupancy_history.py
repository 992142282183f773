"""How many people slept at a centre, night by night."""

import datetime
from dataclasses import dataclass

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from centres import capacity
from centres.models import Centre

from .models import Stay

DAY = datetime.timedelta(days=1)


def nights(centre: Centre, first: datetime.date, last: datetime.date) -> dict[datetime.date, int]:
    """People sleeping at the centre in the night that begins on each day from `first` to `last`, both included.

    Somebody sleeps there if they arrived before the midnight that ends the day and did not leave before it: a day trip is no night, and
    whoever leaves at midnight sharp has slept there until then. Three queries, however long."""
    begin = timezone.make_aware(datetime.datetime.combine(first, datetime.time.min))
    end = timezone.make_aware(datetime.datetime.combine(last + DAY, datetime.time.min))
    stays = Stay.objects.filter(centre=centre).order_by()
    number = stays.filter(Q(departed_at__isnull=True) | Q(departed_at__gte=begin), arrived_at__lt=begin).count()

    def by_day(moment: str) -> dict[datetime.date, int]:
        rows = stays.filter(**{f"{moment}__gte": begin, f"{moment}__lt": end}).annotate(day=TruncDate(moment))
        return dict(rows.values_list("day").annotate(n=Count("pk")))

    came, left = by_day("arrived_at"), by_day("departed_at")
    found = {}
    for day in (first + DAY * passed for passed in range((last - first).days + 1)):
        number += came.get(day, 0) - left.get(day, 0)
        found[day] = number
    return found


@dataclass(frozen=True)
class Night:
    """A night at the centre: who slept there, of how many beds."""

    day: datetime.date
    people: int
    capacity: capacity.DayCapacity

    @property
    def usable(self) -> int:
        return self.capacity.usable

    @property
    def rate(self) -> float | None:
        """Share of the usable beds; None where there is none."""
        return self.people / self.usable if self.usable else None


def history(centre: Centre, first: datetime.date, last: datetime.date) -> list[Night]:
    """Each night from `first` to `last` against the capacity of its day. Five queries, however long."""
    people = nights(centre, first, last)
    return [Night(day.day, people[day.day], day) for day in capacity.per_day(centre, first, last)]
