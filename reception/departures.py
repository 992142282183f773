"""The end of a stay that others than the centre note: the floor above, when the person departs on a voluntary return, or whoever notes a death."""

import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import service
from cases import deaths
from cases.models import Migrant

from .models import Stay
from .services import INSTANT, close_stay, drop, lock_person


@service
def end_stay_for_return(*, actor: User, migrant: Migrant, on: datetime.date, later: bool = False) -> Stay | None:
    """Ends the person's open stay, at whichever centre, and frees the bed. Returns the stay; None if there was none. `later`: somebody who
    came to a centre after that day stays there (they came back, or returned to Mali); else that is a mistake in the date.

    It checks no right of its own: whoever may note a departure on a return (returns.services.move) ends the stay with it.
    Raises ValidationError if the person came to the centre after that day."""
    lock_person(migrant.pk)
    stay = Stay.objects.select_for_update(of=("self",)).filter(migrant=migrant, departed_at__isnull=True).first()
    if stay is None:
        return None
    # Known to the day only: the end of it, or now if it is today.
    departed_at = min(timezone.now(), timezone.make_aware(datetime.datetime.combine(on, datetime.time.max)))
    if departed_at <= stay.arrived_at and later:
        return None
    if departed_at <= stay.arrived_at:
        raise ValidationError({"departed_on": _("La personne est entrée au centre après ce jour : la date du départ ne peut pas précéder son arrivée au centre.")})
    close_stay(actor, stay, departed_at, Stay.DepartureReason.RETURN)
    return stay


def end_stay_for_death(*, actor: User, migrant: Migrant, on: datetime.date) -> None:
    """Ends the open stay of somebody whose death was noted elsewhere. The person's row is locked."""
    stay = Stay.objects.select_for_update(of=("self",)).filter(migrant=migrant, departed_at__isnull=True).first()
    if stay is not None:
        day_over = timezone.make_aware(datetime.datetime.combine(on, datetime.time.max))
        close_stay(actor, stay, max(min(timezone.now(), day_over), stay.arrived_at + INSTANT), Stay.DepartureReason.DIED)
    drop(actor, migrant.pk, _("Décès de la personne."), travelling=True)


deaths.register("reception", deaths.Floor(end_stay_for_death))
