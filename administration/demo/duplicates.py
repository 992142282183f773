"""Pairs to review: people whom the demonstration registered twice on purpose, as the check of the product would have found them."""

import datetime

from cases.duplicates import LIKELY, compare, identity_of
from cases.duplicates.weights import ordered
from cases.models import DuplicatePair, Migrant


def pairs_of(twice: list[tuple[Migrant, Migrant]], managers: dict[str, int]) -> list[DuplicatePair]:
    """One pair for each; every twelfth was looked at and found to be two people."""
    pairs: dict[tuple[object, object], DuplicatePair] = {}
    for number, (one, two) in enumerate(twice):
        found = compare(identity_of(one), identity_of(two))
        if found.certainty < LIKELY:
            continue
        first, second = ordered(one.pk, two.pk)
        pair = DuplicatePair(first_id=first, second_id=second, certainty=found.certainty, reasons=found.codes, found_at=two.registered_at)
        if number % 12 == 11 and one.registered_centre_id == two.registered_centre_id:
            pair.state, pair.why = DuplicatePair.State.APART, "Cousins, vus ensemble au centre."
            pair.decided_at, pair.decided_by_id = two.registered_at + datetime.timedelta(hours=2), managers[two.registered_centre.code]
        pairs[first, second] = pair
    return list(pairs.values())
