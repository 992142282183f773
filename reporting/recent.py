"""Counts of a large register, kept for a few minutes: the committee's first page is opened often, and counting millions of lines takes seconds.

A register that counts quickly is counted anew each time, so nothing here can be out of date in a centre of usual size. What is frozen,
exported or proved never comes from here."""

import datetime
import hashlib
import time

from django.core.cache import cache
from django.utils import timezone

from .measures import Period, Quarters, Wanted, quarterly_tallies

SLOW = 0.5  # seconds of counting, from which on the result is kept
FRESH = datetime.timedelta(minutes=5)
KEPT = 3600  # seconds: an older count may still be shown to others while one visitor counts anew
BUSY = 60  # seconds that a count in progress keeps others from starting the same


def recent_tallies(wanted: Wanted, *, detailed: Wanted) -> tuple[dict[Period, dict[str, Quarters]], datetime.datetime | None]:
    """`quarterly_tallies`, and when it was counted (None: just now)."""
    asked = "|".join(f"{period.start}|{period.end}|{sorted(names)}|{sorted(detailed.get(period, ()))}" for period, names in wanted.items())
    key = f"tallies:{hashlib.sha256(asked.encode()).hexdigest()}"
    kept: tuple[datetime.datetime, dict[Period, dict[str, Quarters]]] | None = cache.get(key)
    if kept is not None:
        at, found = kept
        if timezone.now() - at < FRESH or not cache.add(f"{key}:busy", True, BUSY):
            return found, at
    now, began = timezone.now(), time.monotonic()
    found = quarterly_tallies(wanted, detailed=detailed)
    if time.monotonic() - began > SLOW:
        cache.set(key, (now, found), KEPT)
        cache.delete(f"{key}:busy")
    return found, None
