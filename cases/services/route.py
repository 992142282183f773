"""The road somebody came, place by place."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from centres.access import allows
from centres.roles import Right

from .. import places
from ..cleaning import clean_line, clean_text
from ..models import Consent, Migrant, RouteStep
from .agreements import require_consent

STEP_FIELDS = ("place", "country", "since", "until", "means", "cost", "currency", "events", "notes")
MOST_STEPS = 60


def _may_write(actor: User, migrant: Migrant) -> None:
    if not allows(actor, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    require_consent(migrant, Consent.Purpose.REGISTRATION)


def _fill(step: RouteStep, values: dict[str, Any]) -> None:
    """Puts cleaned values into a step; where a place lies comes from the gazetteer alone. Raises ValidationError by field."""
    for name in STEP_FIELDS:
        if name in values:
            setattr(step, name, values[name])
    errors = {}
    for name, clean in (("place", clean_line), ("notes", clean_text)):
        try:
            setattr(step, name, clean(getattr(step, name)))
        except ValidationError as error:
            errors[name] = error
    if errors:
        raise ValidationError(errors)
    step.events = [code for code in RouteStep.Event.values if code in step.events]
    for name in ("since", "until"):
        if (day := getattr(step, name)) is not None:
            setattr(step, name, day.replace(day=1))
            if not 1950 <= day.year <= timezone.localdate().year or day > timezone.localdate():
                errors[name] = ValidationError(_("Ce mois ne peut pas être dans l’avenir ni avant 1950."))
    if errors:
        raise ValidationError(errors)
    known = places.find(step.place, step.country)
    step.place = known.name if known else step.place
    step.latitude, step.longitude = (known.latitude, known.longitude) if known else (None, None)


def _protected(values: Any) -> list[str]:
    return [code for code in RouteStep.ProtectionEvent.values if code in (values or ())]


@service
def add_step(*, actor: User, migrant: Migrant, id: uuid.UUID, protection_events: list[str] | None = None, **values: Any) -> RouteStep:
    """Adds a place at the end of the road. Whoever cares for the person may write what happened; what is for protection alone is from
    then on shown to protection alone. `values`: of STEP_FIELDS. The same `id` with the same content is one step, with other content
    SameKeyOtherContent. Raises PermissionDenied, ValidationError by field."""
    _may_write(actor, migrant)
    Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    step = RouteStep(id=id, migrant=migrant, added_by=actor)
    _fill(step, values)
    step.protection_events = _protected(protection_events)
    lock_key(id)
    if existing := RouteStep.objects.filter(pk=id).first():
        compared = ("migrant_id", "added_by_id", *STEP_FIELDS, "protection_events")
        if any(getattr(existing, name) != getattr(step, name) for name in compared):
            raise SameKeyOtherContent
        return existing
    known = RouteStep.objects.filter(migrant=migrant)
    if known.count() >= MOST_STEPS:
        raise ValidationError(_("L’itinéraire a déjà %(n)s étapes. Supprimez ou réunissez des étapes avant d’en ajouter une.") % {"n": MOST_STEPS})
    step.order = (known.aggregate(last=Max("order"))["last"] or 0) + 1
    step.full_clean(exclude=["id", "migrant", "added_by"])
    step.save(force_insert=True)
    return step


@service
def change_step(*, actor: User, step: RouteStep, version: int, protection_events: list[str] | None = None, **values: Any) -> RouteStep:
    """Corrects a place. Whoever may see what is for protection says what stands there; anybody else can only add to it.

    Raises PermissionDenied, Stale with the step as it is now, ValidationError by field."""
    step = RouteStep.objects.select_for_update(of=("self",)).select_related("migrant").get(pk=step.pk)
    _may_write(actor, step.migrant)
    if step.version != version:
        raise Stale(step)
    compared = (*STEP_FIELDS, "protection_events")
    before = {name: getattr(step, name) for name in compared}
    _fill(step, values)
    if protection_events is not None:
        seen = allows(actor, Right.VIEW_PROTECTION, step.migrant)
        step.protection_events = _protected(protection_events if seen else [*step.protection_events, *protection_events])
    step.full_clean(exclude=["id", "migrant", "added_by"])
    # Whoever may not read what is for protection must not learn from the version whether it was there already.
    unread = bool(protection_events) and not allows(actor, Right.VIEW_PROTECTION, step.migrant)
    if unread or before != {name: getattr(step, name) for name in compared}:
        step.version += 1
        step.changed_at = timezone.now()
        step.save()
    return step


@service
def move_step(*, actor: User, step: RouteStep, version: int, up: bool) -> None:
    """One place earlier or later; a second click on the same page moves nothing. Raises PermissionDenied, Stale."""
    Migrant.objects.select_for_update(of=("self",)).get(pk=step.migrant_id)
    step = RouteStep.objects.select_for_update(of=("self",)).select_related("migrant").get(pk=step.pk)
    _may_write(actor, step.migrant)
    if step.version != version:
        raise Stale(step)
    steps = list(RouteStep.objects.filter(migrant=step.migrant_id).order_by("order", "id"))
    place = [row.pk for row in steps].index(step.pk)
    other = place + (-1 if up else 1)
    if not 0 <= other < len(steps):
        return
    steps[place], steps[other] = steps[other], steps[place]
    for order, row in enumerate(steps, start=1):  # anew from 1: a merge of two files may have brought an order twice
        if row.order != order:
            row.order, row.version = order, row.version + 1
            row.save(update_fields=["order", "version"])


@service
def remove_step(*, actor: User, step: RouteStep, version: int) -> None:
    """Takes a place off the road; the history keeps it. What stands there for protection is not another's to delete: for protection the
    place stays, marked as removed. Removed twice is removed. Raises PermissionDenied, Stale."""
    found = RouteStep.objects.select_for_update(of=("self",)).select_related("migrant").filter(pk=step.pk).first()
    if found is None or (found.removed_at is not None and not allows(actor, Right.VIEW_PROTECTION, found.migrant)):
        return
    _may_write(actor, found.migrant)
    if found.version != version:
        raise Stale(found)
    if found.protection_events and not allows(actor, Right.VIEW_PROTECTION, found.migrant):
        found.removed_at = timezone.now()
        found.version += 1
        found.save(update_fields=["removed_at", "version"])
        return
    found.delete()
