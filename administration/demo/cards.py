"""Cards that were lost, torn or stolen, and the new ones in their place."""

import datetime
import random

from django.utils import timezone

from cases.models import Card
from cases.models.card import ALPHABET, TOKEN_LENGTH

REASONS = (Card.Reason.LOST, Card.Reason.LOST, Card.Reason.LOST, Card.Reason.DAMAGED, Card.Reason.DAMAGED, Card.Reason.STOLEN)
EVERY = 12


def fill_cards(seed: int, today: datetime.date) -> None:
    """One card in twelve of those older than two weeks was replaced some days after it was made."""
    rng = random.Random(seed + 70)  # noqa: S311
    made_before = timezone.make_aware(datetime.datetime.combine(today, datetime.time())) - datetime.timedelta(days=14)
    old = [card for card in Card.objects.valid().filter(issued_at__lt=made_before).order_by("issued_at", "token") if rng.randrange(EVERY) == 0]
    for card in old:
        card.revoked_at = card.issued_at + datetime.timedelta(days=rng.randint(1, 13), minutes=rng.randint(0, 300))
        card.revoked_by_id, card.revoke_reason = card.issued_by_id, rng.choice(REASONS)
    Card.objects.bulk_update(old, ["revoked_at", "revoked_by", "revoke_reason"], batch_size=1000)
    Card.objects.bulk_create(
        [
            Card(
                migrant_id=card.migrant_id,
                token="".join(rng.choice(ALPHABET) for _sign in range(TOKEN_LENGTH)),
                issued_at=card.revoked_at,
                issued_by_id=card.issued_by_id,
            )
            for card in old
        ],
        batch_size=1000,
    )
