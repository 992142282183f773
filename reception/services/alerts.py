"""Alerts of a centre: raised by a rule or by the evening round, closed with what was done."""

from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts.models import User
from audit.acting import service
from cases.models import Migrant
from centres.models import Centre

from ..models import Alert


@service
def raise_alert(
    *, actor: User | None, centre: Centre, kind: str, subject: str = "", migrant: Migrant | None = None, value: Decimal | None = None, threshold: Decimal | None = None
) -> tuple[Alert, bool]:
    """Tells the centre of something, once while it is open: the value of an open one is brought up to date. Returns (alert, raised now?).

    It checks no right: it is part of what notices the thing (a rule, a round). `actor` is None for a rule that the clock runs."""
    opened = Alert.objects.open().filter(centre=centre, kind=kind, subject=subject)
    known = opened.select_for_update(of=("self",)).first()
    if known is None:
        try:
            with transaction.atomic():
                return Alert.objects.create(centre=centre, kind=kind, subject=subject, migrant=migrant, value=value, threshold=threshold), True
        except IntegrityError:  # somebody else raised it at the same moment
            known = opened.get()
    if (known.value, known.threshold) != (value, threshold):
        known.value, known.threshold = value, threshold
        known.save(update_fields=["value", "threshold"])
    return known, False
