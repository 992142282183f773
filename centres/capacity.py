"""How many beds a centre had on each day: a bed more, a bed less, a bed blocked."""

import datetime
from dataclasses import dataclass

from .models import Bed, BedBlock, Centre


@dataclass(frozen=True)
class DayCapacity:
    """`beds`: those the centre had on that day; `blocked`: those of them in which nobody could sleep."""

    day: datetime.date
    beds: int
    blocked: int

    @property
    def usable(self) -> int:
        return self.beds - self.blocked


def per_day(centre: Centre, first: datetime.date, last: datetime.date) -> list[DayCapacity]:
    """The capacity of each day from `first` to `last`, both included. Two queries, however long."""
    beds = {pk: (since, until or datetime.date.max) for pk, since, until in Bed.objects.filter(room__centre=centre).values_list("pk", "since", "until")}
    blocks = [
        (bed, since, until or datetime.date.max)
        for bed, since, until in BedBlock.objects.filter(bed__room__centre=centre, since__lte=last).values_list("bed_id", "since", "until")
    ]
    days = [first + datetime.timedelta(days=number) for number in range((last - first).days + 1)]
    return [
        DayCapacity(
            day,
            beds=sum(since <= day < until for since, until in beds.values()),
            blocked=len({bed for bed, since, until in blocks if since <= day < until and beds[bed][0] <= day < beds[bed][1]}),
        )
        for day in days
    ]


def bed_nights(centre: Centre, first: datetime.date, last: datetime.date) -> int:
    """How many nights of a bed the centre could offer from `first` to `last`, both included."""
    return sum(day.usable for day in per_day(centre, first, last))
