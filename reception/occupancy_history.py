"""How many people slept in a centre, night by night."""

import datetime
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from centres import capacity
from centres.models import Centre

# Somebody whose two files became one sleeps in one bed, also where a stay stayed behind with the joined file. Counted by who begins and who
# ends to sleep there, so that it costs as little for a year as for a week.
_NIGHTS = """
    WITH slept AS (
        SELECT unnest(range_agg(daterange(greatest(arrived, %(first)s::date), least(departed, %(past)s::date)))) AS days
        FROM (
            SELECT coalesce(m.merged_into_id, s.migrant_id) AS person, (s.arrived_at AT TIME ZONE %(zone)s)::date AS arrived, (s.departed_at AT TIME ZONE %(zone)s)::date AS departed
            FROM reception_stay s LEFT JOIN cases_migrant m ON m.id = s.migrant_id AND m.merged_into_id IS NOT NULL
            WHERE int8range(s.centre_id::bigint, s.centre_id::bigint, '[]') && int8range(%(centre)s, %(centre)s, '[]')
                AND tstzrange(s.arrived_at, s.departed_at, '[]') && tstzrange(%(first)s::timestamp AT TIME ZONE %(zone)s, %(past)s::timestamp AT TIME ZONE %(zone)s)) stays
        WHERE greatest(arrived, %(first)s::date) < least(departed, %(past)s::date)
        GROUP BY person),
    changes AS (SELECT lower(days) AS day, 1 AS people FROM slept UNION ALL SELECT upper(days), -1 FROM slept)
    SELECT day, sum(sum(people)) OVER (ORDER BY day) FROM changes GROUP BY day"""


def nights(centre: Centre, first: datetime.date, last: datetime.date) -> dict[datetime.date, int]:
    """How many people slept there in the night that begins on each of these days, both included: who arrived before the midnight that ends
    the day and was still there at it. Who comes and goes between two midnights slept nowhere."""
    past = last + datetime.timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(_NIGHTS, {"zone": timezone.get_current_timezone_name(), "centre": centre.pk, "first": first, "past": past})
        found = dict(cursor.fetchall())
    people, slept = 0, {}
    for number in range((past - first).days):
        day = first + datetime.timedelta(days=number)
        people = int(found.get(day, people))
        slept[day] = people
    return slept


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
    """Each night from `first` to `last` against the capacity of its day. Three queries, however long."""
    people = nights(centre, first, last)
    return [Night(day.day, people[day.day], day) for day in capacity.per_day(centre, first, last)]
