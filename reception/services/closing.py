"""Closing an alert: with what was done, and of somebody who is missed with what became of them."""

import datetime
import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import Stale, service
from cases.cleaning import clean_line
from centres.access import may
from centres.roles import Right

from ..models import Alert, Sighting, Stay
from .absences import sight
from .alerts import end_alerts
from .stays import lock_person

FEWEST_WORDS = 3
SECOND_CLICK = datetime.timedelta(minutes=1)
# What a protection officer closes beside the manager.
OF_PROTECTION = frozenset({Alert.Kind.MINOR_MISSING, Alert.Kind.ABSENCE})


def may_close(user: User, alert: Alert) -> bool:
    if may(user, Right.MANAGE_CENTRE, alert.centre_id):
        return True
    return alert.kind in OF_PROTECTION and may(user, Right.VIEW_PROTECTION, alert.centre_id)


def still_missed(alert: Alert) -> Stay | None:
    """The stay of whom this alert misses and nobody has seen since; None if there is nobody to ask about."""
    if alert.kind not in OF_PROTECTION or alert.migrant_id is None or alert.closed_at is not None:
        return None
    return Stay.objects.open().filter(centre=alert.centre_id, migrant=alert.migrant_id, migrant__last_seen__at__lte=alert.raised_at).first()


@service
def close_alert(*, actor: User, alert: Alert, done: str, seen: bool | None = None, where: str = "", seen_at: datetime.datetime | None = None) -> Alert:
    """Closes an alert with what was done. A second click is the same closing; raises Stale if somebody else closed it meanwhile.

    Of somebody who is still missed it must be said whether they were `seen` again: where and when (now), which is a sighting, or not: then they
    go on being missing, and the alert of a child stays open. Raises PermissionDenied, ValidationError."""
    if alert.migrant_id is not None and alert.closed_at is None:
        lock_person(alert.migrant_id)
    alert = Alert.objects.select_for_update(of=("self",)).select_related("centre", "closed_by", "migrant").get(pk=alert.pk)
    if not may_close(actor, alert):
        raise PermissionDenied
    try:
        done = clean_line(done)
    except ValidationError as error:
        raise ValidationError({"done": error}) from error
    if alert.closed_at is not None:
        if (alert.closed_by_id, alert.done) == (actor.pk, done):
            return alert
        raise Stale(alert)
    if len(done.split()) < FEWEST_WORDS:
        raise ValidationError({"done": _("Dites ce qui a été fait, en trois mots au moins.")})
    Alert(centre=alert.centre, kind=alert.kind, done=done).clean_fields(exclude=["centre", "migrant", "closed_by"])
    if (stay := still_missed(alert)) is not None:
        _say(actor, alert, stay, seen, where, seen_at, done)
        # A child is looked for until somebody has seen them or their departure is noted: what was done is on record, and the alert stays.
        if not seen and alert.is_of_child:
            return alert
    end_alerts(actor, [alert], done)
    alert.refresh_from_db(fields=["closed_at", "closed_by", "done"])
    return alert


def _say(actor: User, alert: Alert, stay: Stay, seen: bool | None, where: str, seen_at: datetime.datetime | None, done: str) -> None:
    if seen is None:
        raise ValidationError({"seen": _("Dites si la personne a été revue.")})
    now = timezone.now()
    if not seen:
        note = done[: Sighting._meta.get_field("note").max_length]
        # The alert of a child stays open: nothing else tells a second click from a second search.
        said = Sighting.objects.filter(migrant=stay.migrant_id, centre=stay.centre_id, found=False, note=note, noted_by=actor, at__gte=now - SECOND_CLICK)
        if not said.exists():
            sight(actor, stay, uuid.uuid4(), found=False, note=note, at=now)
        return
    try:
        where = clean_line(where)
    except ValidationError as error:
        raise ValidationError({"where": error}) from error
    if not where:
        raise ValidationError({"where": _("Écrivez où la personne a été revue.")})
    if not alert.raised_at < (seen_at or now) <= now:
        raise ValidationError({"seen_at": _("La personne a été revue après l’alerte, et pas dans l’avenir. Laissez vide si c’est maintenant.")})
    sight(actor, stay, uuid.uuid4(), found=True, note=where, at=seen_at or now)
