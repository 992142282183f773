"""Rules of services that managers made."""

import datetime
import random

from centres.models import ServiceOffer


def change_offers(seed: int, today: datetime.date) -> None:
    """At Bamako hygiene kits some weeks apart, at Kayes no information on Sundays, at Gao a transport that is suspended. With their history: the offers were there before
    the invented rows."""
    rng = random.Random(seed)  # noqa: S311
    offers = ServiceOffer.objects.all()
    offers.filter(centre__code="BKO", service__code="kit-hygiene").update(min_interval_days=rng.choice((21, 28, 30)))
    offers.filter(centre__code="KAY", service__code="information").update(days=[1, 2, 3, 4, 5, 6])
    offers.filter(centre__code="GAO", service__code="transport").update(
        suspended_since=today - datetime.timedelta(days=1), suspended_until=today + datetime.timedelta(days=rng.randint(2, 6)), suspended_reason="véhicule en réparation"
    )
