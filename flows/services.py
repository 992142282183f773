"""Writes about counts at the flow monitoring points."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from centres.access import may
from centres.roles import Right

from .models import CELLS, MOST, FlowCount, FlowPoint

FIELDS = ("point", "counted_on", "direction", *CELLS)


class AlreadyCounted(ValidationError):
    """This point, day and direction has a count already: `existing` is the one to correct."""

    def __init__(self, existing: FlowCount):
        self.existing = existing
        super().__init__(_("Ce point a déjà un comptage pour ce jour et cette direction. Corrigez-le au lieu d’en ajouter un."), code="already_counted")


def check_count(given: Mapping[str, Any]) -> None:
    """Whatever is known of a count. Raises ValidationError."""
    errors: dict[str, str] = {}
    for name in CELLS:
        value = given.get(name, 0)
        if value < 0:
            errors[name] = _("Un nombre de personnes ne peut pas être négatif.")
        elif value > MOST:
            errors[name] = _("Plus de 20 000 personnes en un jour : vérifiez, un chiffre est sans doute en trop.")
    day, point = given.get("counted_on"), given.get("point")
    if day is not None and day > timezone.localdate():
        errors["counted_on"] = _("Ce jour n’est pas encore venu. Choisissez aujourd’hui ou un jour passé.")
    elif day is not None and point is not None and day < point.active_since:
        errors["counted_on"] = _("Ce point n’existe que depuis le %(day)s.") % {"day": formats.date_format(point.active_since)}
    elif day is not None and point is not None and point.active_until and day > point.active_until:
        errors["counted_on"] = _("Ce point est fermé depuis le %(day)s.") % {"day": formats.date_format(point.active_until)}
    if errors:
        raise ValidationError(errors)


def _check(count: FlowCount) -> None:
    check_count({name: getattr(count, name) for name in FIELDS})
    count.clean_fields(exclude=["recorded_by"])


def _save(count: FlowCount, **how: Any) -> None:
    """Writes; the rule "once per point, day and direction" is the database's, so that two people at once cannot both win."""
    same = FlowCount.objects.filter(point=count.point, counted_on=count.counted_on, direction=count.direction).exclude(pk=count.pk)
    if existing := same.first():
        raise AlreadyCounted(existing)
    try:
        with transaction.atomic():
            count.save(**how)
    except IntegrityError as error:
        if existing := same.first():
            raise AlreadyCounted(existing) from error
        raise


@service
def record_count(
    *, actor: User, id: uuid.UUID, point: FlowPoint, counted_on: datetime.date, direction: str, women: int = 0, men: int = 0, girls: int = 0, boys: int = 0
) -> tuple[FlowCount, bool]:
    """Writes down how many people passed a point on a day in one direction. Returns (count, was it made now?).

    The same `id` again with the same numbers gives the same count; with others raises SameKeyOtherContent.
    Raises PermissionDenied; ValidationError in words; AlreadyCounted (with the count to correct)."""
    if not may(actor, Right.COUNT_FLOWS):
        raise PermissionDenied
    given = {"point": point, "counted_on": counted_on, "direction": direction, "women": women, "men": men, "girls": girls, "boys": boys}
    lock_key(id)
    if existing := FlowCount.objects.filter(pk=id).first():
        if existing.recorded_by_id != actor.pk or any(getattr(existing, name) != value for name, value in given.items()):
            raise SameKeyOtherContent
        return existing, False
    count = FlowCount(id=id, recorded_by=actor, **given)
    _check(count)
    _save(count, force_insert=True)
    return count, True


@service
def correct_count(*, actor: User, count: FlowCount, version: int, **changes: Any) -> FlowCount:
    """Corrects a count. `version` is the one the user saw; if it is no longer current raises Stale with what is now.

    Raises PermissionDenied; ValidationError in words; AlreadyCounted when the corrected day has a count of its own."""
    if not may(actor, Right.COUNT_FLOWS):
        raise PermissionDenied
    count = FlowCount.objects.select_for_update(of=("self",)).select_related("point").get(pk=count.pk)
    if count.version != version:
        raise Stale(count)
    if unknown := set(changes) - set(FIELDS):
        raise ValueError(f"not part of a count: {sorted(unknown)}")
    if all(getattr(count, name) == value for name, value in changes.items()):
        return count  # the same again is no new version
    for name, value in changes.items():
        setattr(count, name, value)
    count.version += 1
    _check(count)
    _save(count)
    return count
