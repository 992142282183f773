"""The end of a stay that others than the centre note: the floor above, when the person departs on a voluntary return, or whoever notes a death."""

import datetime

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import service
from audit.models import Change
from cases import deaths
from cases.models import Migrant

from .evening import evening_of
from .models import Alert, Leave, Stay
from .services import INSTANT, close_stay, drop, end_alerts, lock_person


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
    missed = Alert.objects.open().filter(migrant=migrant).order_by("pk")
    end_alerts(actor, list(missed.select_for_update(of=("self",))), _("Décès de la personne."))
    Leave.objects.filter(stay__migrant=migrant, cancelled_at__isnull=True, last_night__gte=evening_of()).update(cancelled_at=timezone.now(), cancelled_by=actor)


def reopen_after_death(*, actor: User, migrant: Migrant) -> None:
    """Where a death was noted by mistake: who was looked for is looked for again, and a leave holds. What the death ended, the history knows:
    the rows that it changed in the same transaction."""
    history = Change.objects.filter(operation=Change.Operation.UPDATE)
    noted = history.filter(table=Migrant._meta.db_table, row=str(migrant.pk), before__died_on=None, after__has_key="died_on").order_by("-id").first()
    if noted is None:
        return
    alerts = Alert.objects.filter(Q(migrant=migrant) | Q(migrant__merged_into=migrant), closed_at__isnull=False)
    leaves = Leave.objects.filter(stay__migrant=migrant, cancelled_at__isnull=False)
    for rows, column, values in (
        (alerts, "closed_at", {"closed_at": None, "closed_by": None, "done": ""}),
        (leaves, "cancelled_at", {"cancelled_at": None, "cancelled_by": None}),
    ):
        table, keys = rows.model._meta.db_table, [str(key) for key in rows.values_list("pk", flat=True)]
        ended = history.filter(table=table, row__in=keys, transaction=noted.transaction, id__gt=noted.pk, after__has_key=column)
        rows.filter(pk__in=list(ended.values_list("row", flat=True))).update(**values)


deaths.register("reception", deaths.Floor(end_stay_for_death, reopen_after_death))
