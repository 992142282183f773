"""What some of the things given cost, and rules that managers made."""

import datetime
import random

from centres.models import ServiceOffer
from reception.models import Assistance

# XOF, by code of the service.
COSTS = {"transport": (2_500, 5_000, 7_500, 12_000, 20_000), "consultation": (0, 1_000, 2_000, 3_500)}


def fill_services(seed: int, today: datetime.date) -> None:
    """Costs of journeys and consultations; at Bamako hygiene kits a month apart, at Kayes no information on Sundays, at Gao a transport that is suspended."""
    rng = random.Random(seed)  # noqa: S311
    costly = list(Assistance.objects.filter(service__code__in=COSTS).select_related("service").order_by("given_on", "recorded_at", "pk"))
    for line in costly:
        line.cost = rng.choice(COSTS[line.service.code])
    Assistance.objects.bulk_update(costly, ["cost"], batch_size=1000)
    offers = ServiceOffer.objects.all()
    offers.filter(centre__code="BKO", service__code="kit-hygiene").update(min_interval_days=30)
    offers.filter(centre__code="KAY", service__code="information").update(days=[1, 2, 3, 4, 5, 6])
    offers.filter(centre__code="GAO", service__code="transport").update(
        suspended_since=today - datetime.timedelta(days=1), suspended_until=today + datetime.timedelta(days=4), suspended_reason="véhicule en réparation"
    )
