"""How many people slept in a centre, night by night."""

import datetime

from django.db import connection
from django.utils import timezone

from centres.models import Centre

# Somebody whose two files became one sleeps in one bed, also where a stay stayed behind with the joined file.
_NIGHTS = """
    WITH stays AS MATERIALIZED (
        SELECT coalesce(m.merged_into_id, m.id) AS person, (s.arrived_at AT TIME ZONE %(zone)s)::date AS arrived, (s.departed_at AT TIME ZONE %(zone)s)::date AS departed
        FROM reception_stay s JOIN cases_migrant m ON m.id = s.migrant_id
        WHERE int8range(s.centre_id::bigint, s.centre_id::bigint, '[]') && int8range(%(centre)s, %(centre)s, '[]')
            AND tstzrange(s.arrived_at, s.departed_at, '[]') && tstzrange(%(first)s::timestamp AT TIME ZONE %(zone)s, %(past)s::timestamp AT TIME ZONE %(zone)s))
    SELECT night::date, count(DISTINCT person)
    FROM stays, generate_series(greatest(arrived, %(first)s::date)::timestamp, least(departed, %(past)s::date)::timestamp - interval '1 day', interval '1 day') AS night
    GROUP BY night"""


def nights(centre: Centre, first: datetime.date, last: datetime.date) -> dict[datetime.date, int]:
    """How many people slept there in the night that begins on each of these days, both included: who arrived before the midnight that ends
    the day and was still there at it. Who comes and goes between two midnights slept nowhere."""
    past = last + datetime.timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(_NIGHTS, {"zone": timezone.get_current_timezone_name(), "centre": centre.pk, "first": first, "past": past})
        found = dict(cursor.fetchall())
    days = [first + datetime.timedelta(days=number) for number in range((past - first).days)]
    return {day: found.get(day, 0) for day in days}
