"""What is done about somebody who is missed."""

import datetime
import uuid
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, lock_key, service
from cases.cleaning import clean_line
from centres.access import may
from centres.models import Centre
from centres.roles import Right
from config.refusals import in_words

from .. import absence
from ..models import AbsenceRule, Alert, LastSeen, Sighting, Stay
from .alerts import end_alerts, raise_alert
from .stays import lock_person, lock_stay

# Whoever looks for a missing child notes what they found, too.
MAY_NOTE = (Right.RECEIVE, Right.VIEW_PROTECTION)
# Only they say that the matter of a missing child is over.
MAY_CLOSE = (Right.MANAGE_CENTRE, Right.VIEW_PROTECTION)


@service
def note_absence(*, actor: User, stay: Stay, found: bool, note: str = "", id: uuid.UUID) -> tuple[Sighting, bool]:
    """Somebody who was missed is there after all (`found`), or still is not, with what was done. Returns (sighting, was it made now?).

    The same `id` again is one sighting, with other content raises SameKeyOtherContent. Raises PermissionDenied, ValidationError."""
    if not any(may(actor, right, stay.centre_id) for right in MAY_NOTE):
        raise PermissionDenied
    note = clean_line(note)
    lock_key(id)
    if existing := Sighting.objects.filter(pk=id).first():
        same = (existing.migrant_id, existing.centre_id, existing.found, existing.note, existing.noted_by_id)
        if same != (stay.migrant_id, stay.centre_id, found, note, actor.pk):
            raise SameKeyOtherContent
        return existing, False
    lock_person(stay.migrant_id)
    stay = lock_stay(stay)
    if not stay.is_open:
        raise ValidationError(_("Le départ de cette personne est noté : elle n’est plus attendue."))
    return sight(actor, stay, id, found=found, note=note, at=timezone.now()), True


def sight(actor: User, stay: Stay, id: uuid.UUID, *, found: bool, note: str, at: datetime.datetime) -> Sighting:
    """Writes it down; whoever was seen is no longer one whom nobody saw for days. Part of a service: the person is locked, rights are judged by who calls."""
    sighting = Sighting(id=id, migrant_id=stay.migrant_id, centre_id=stay.centre_id, found=found, note=note, noted_by=actor, at=at)
    sighting.clean_fields(exclude=["migrant", "centre", "noted_by"])
    with in_words(Sighting):
        sighting.save(force_insert=True)
    if found:
        done = _("Vue par le personnel : %(note)s") % {"note": note} if note else _("Vue par le personnel")
        open_ones = Alert.objects.open().filter(centre=stay.centre_id, kind=Alert.Kind.ABSENCE, migrant=stay.migrant_id)
        end_alerts(actor, open_ones, done)
    return sighting


@service
def set_absence_days(*, actor: User, centre: Centre, days: int) -> AbsenceRule:
    """After how many days without being seen this centre misses somebody. Raises PermissionDenied, ValidationError."""
    if not may(actor, Right.MANAGE_CENTRE, centre):
        raise PermissionDenied
    AbsenceRule(centre=centre, days=days).clean_fields(exclude=["centre"])
    rule, _made = AbsenceRule.objects.update_or_create(centre=centre, defaults={"days": days})
    return rule


@service
def watch_absences(*, actor: User | None, centre: Centre) -> int:
    """Raises an alert for whoever was not seen for the centre's days, once an absence; closes those of people who were seen since or left.

    Returns how many it raised. Harmless at any time."""
    open_ones = Alert.objects.open().filter(centre=centre, kind=Alert.Kind.ABSENCE, migrant__isnull=False)
    here = Exists(Stay.objects.open().filter(migrant=OuterRef("migrant"), centre=centre))
    over = open_ones.filter(Q(migrant__last_seen__at__gt=F("raised_at")) | ~here).order_by("pk")
    for alert in over.select_for_update(of=("self",)):
        seen = LastSeen.objects.filter(migrant=alert.migrant_id).first()
        done = (
            _("Revue le %(day)s : %(how)s") % {"day": date_format(timezone.localtime(seen.at), "d/m/Y H:i"), "how": seen.get_how_display()}
            if seen
            else _("N’est plus au centre")
        )
        end_alerts(None, [alert], done)
    # One that somebody closed while the person is still away is not raised again until they were seen and are missed anew. What a sight closed by
    # itself is raised again once that sight is taken back.
    told = Alert.objects.filter(
        Q(closed_at__isnull=True) | Q(closed_by__isnull=False), centre=centre, kind=Alert.Kind.ABSENCE, migrant=OuterRef("migrant"), raised_at__gt=OuterRef("seen_at")
    )
    days = absence.days_of(centre)
    raised = 0
    for stay in absence.unseen(Stay.objects.filter(centre=centre)).filter(~Exists(told)).select_related("migrant").order_by("migrant_id"):
        away = (timezone.localdate() - timezone.localdate(stay.seen_at)).days  # type: ignore[attr-defined]
        _alert, new = raise_alert(
            actor=actor, centre=centre, kind=Alert.Kind.ABSENCE, subject=str(stay.migrant_id), migrant=stay.migrant, value=Decimal(away), threshold=Decimal(days)
        )
        raised += new
    return raised
