"""The opening checklist of a centre and of its follow-up desk, what the centre owns, and what its manager sets."""

import datetime
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from cases.cleaning import clean_line
from centres.models import Centre, ChecklistItem, ChecklistMark, Equipment, missing
from config.refusals import in_words

from .places import refuse_others

DECLARED = {ChecklistItem.Checklist.CENTRE.value: "functional_since", ChecklistItem.Checklist.ANTENNA.value: "antenna_since"}
LONGEST_STAY = 365


def _lock_centre(actor: User, centre: Centre) -> Centre:
    """The centre as it is now. Arrivals go on meanwhile: they only refer to it."""
    centre = Centre.objects.select_for_update(of=("self",), no_key=True).get(pk=centre.pk)
    refuse_others(actor, centre)
    return centre


# --- the checklist -----------------------------------------------------------------------------------------------


@service
def mark_item(*, actor: User, centre: Centre, item: ChecklistItem, state: str, done_on: datetime.date | None = None, note: str = "") -> tuple[ChecklistMark, bool]:
    """The item is done at this centre since that day (today), or doesn't apply there. Returns (mark, was it made now?).
    Raises PermissionDenied, ValidationError."""
    centre = _lock_centre(actor, centre)
    today = timezone.localdate()
    mark = ChecklistMark(centre=centre, item=item, state=state, done_on=done_on or today, note=clean_line(note), marked_by=actor)
    mark.clean_fields(exclude=["centre", "item", "marked_by", "withdrawn_by"])
    if not item.active:
        raise ValidationError(_("Cet élément n’est plus demandé."))
    if mark.done_on > today:
        raise ValidationError({"done_on": _("Ce jour est dans l’avenir.")})
    if state == ChecklistMark.State.NOT_APPLICABLE and item.obligatory:
        raise ValidationError({"state": _("Cet élément est obligatoire : il ne peut pas être sans objet.")})
    if state == ChecklistMark.State.NOT_APPLICABLE and not mark.note:
        raise ValidationError({"note": _("Dites pourquoi cet élément est sans objet.")})
    same = ChecklistMark.objects.standing().filter(centre=centre, item=item).first()
    if same is not None and (same.state, same.done_on, same.note) == (mark.state, mark.done_on, mark.note):
        return same, False
    with in_words(ChecklistMark):
        mark.save(force_insert=True)
    return mark, True


@service
def withdraw_mark(*, actor: User, mark: ChecklistMark, reason: str) -> ChecklistMark:
    """It is so no longer, or never was. The centre stays open since the day it was declared; its page warns.
    Raises PermissionDenied, ValidationError."""
    _lock_centre(actor, mark.centre)
    mark = ChecklistMark.objects.select_for_update(of=("self",)).get(pk=mark.pk)
    if mark.withdrawn_on is not None:
        return mark
    reason = clean_line(reason)
    if not reason:
        raise ValidationError({"reason": _("Dites pourquoi cet élément est retiré.")})
    mark.withdrawn_on, mark.withdrawn_by, mark.withdrawn_reason = timezone.localdate(), actor, reason
    mark.clean_fields(exclude=["centre", "item", "marked_by", "withdrawn_by"])
    with in_words(ChecklistMark):
        mark.save(update_fields=["withdrawn_on", "withdrawn_by", "withdrawn_reason"])
    return mark


@service
def declare_open(*, actor: User, centre: Centre, checklist: str, on: datetime.date | None = None) -> Centre:
    """From that day (today) on the centre is functional, or its follow-up desk open: what the indicators R1.1 and R2.4 count. Said once.
    Raises PermissionDenied, ValidationError."""
    centre = _lock_centre(actor, centre)
    column = DECLARED[checklist]
    on = on or timezone.localdate()
    before = getattr(centre, column)
    if before is not None:
        if before == on:
            return centre
        raise ValidationError(_("C’est déjà déclaré depuis le %(day)s.") % {"day": formats.date_format(before)})
    if on > timezone.localdate():
        raise ValidationError({"on": _("Ce jour est dans l’avenir.")})
    lacking = ", ".join(str(item) for item in missing(centre, checklist, on))
    words = _("Tous les éléments obligatoires doivent être remplis ce jour‑là. Il manque : %(items)s.") % {"items": lacking or _("la liste elle‑même")}
    setattr(centre, column, on)
    with in_words(Centre, triggers={"centre_complete": words}):
        centre.save(update_fields=[column])
    return centre


# --- equipment ---------------------------------------------------------------------------------------------------


@service
def add_equipment(*, actor: User, centre: Centre, id: uuid.UUID, **content: Any) -> tuple[Equipment, bool]:
    """A line more. Returns (line, was it made now?). Raises PermissionDenied, ValidationError; SameKeyOtherContent for a used `id`."""
    refuse_others(actor, centre)
    lock_key(id)
    line = Equipment(id=id, centre=centre, **_clean(content))
    line.clean_fields(exclude=["centre"])
    if there := Equipment.objects.filter(pk=id).first():
        if there.centre_id != centre.pk or any(getattr(there, name) != getattr(line, name) for name in ("name", "quantity", "state", "note")):
            raise SameKeyOtherContent
        return there, False
    with in_words(Equipment):
        line.save(force_insert=True)
    return line, True


@service
def change_equipment(*, actor: User, equipment: Equipment, version: int | None = None, **content: Any) -> Equipment:
    """Raises PermissionDenied, ValidationError, Stale."""
    line = Equipment.objects.select_for_update(of=("self",)).select_related("centre").get(pk=equipment.pk)
    refuse_others(actor, line.centre)
    content = _clean(content)
    if all(getattr(line, name) == value for name, value in content.items()):
        return line
    if version is not None and line.version != version:
        raise Stale(line)
    for name, value in content.items():
        setattr(line, name, value)
    line.version += 1
    line.clean_fields(exclude=["centre"])
    with in_words(Equipment):
        line.save(update_fields=[*content, "version"])
    return line


def _clean(content: dict[str, Any]) -> dict[str, Any]:
    return {name: clean_line(value) if name in ("name", "note") else value for name, value in content.items()}


@service
def remove_equipment(*, actor: User, equipment: Equipment) -> None:
    """A line written by mistake; the change history keeps it. What is lost is noted as lost. Raises PermissionDenied."""
    refuse_others(actor, equipment.centre)
    Equipment.objects.filter(pk=equipment.pk).delete()


# --- settings ----------------------------------------------------------------------------------------------------


@service
def change_settings(*, actor: User, centre: Centre, max_stay_days: int, was: int | None = None, shared_bed_age: int | None = None, was_age: int | None = None) -> Centre:
    """How many days a stay is meant to last, and under which age (None: as before) a child shares the bed of their adult. `was`, `was_age`: the
    values the user saw; raises Stale if somebody else changed one of them since. Raises PermissionDenied, ValidationError."""
    centre = _lock_centre(actor, centre)
    age = centre.shared_bed_age if shared_bed_age is None else shared_bed_age
    days_changed, age_changed = centre.max_stay_days != max_stay_days, centre.shared_bed_age != age
    if (days_changed and was is not None and centre.max_stay_days != was) or (age_changed and was_age is not None and centre.shared_bed_age != was_age):
        raise Stale(centre)
    if not 1 <= max_stay_days <= LONGEST_STAY:
        raise ValidationError({"max_stay_days": _("Écrivez un nombre de jours de 1 à %(most)s.") % {"most": LONGEST_STAY}})
    centre.max_stay_days, centre.shared_bed_age = max_stay_days, age
    if days_changed or age_changed:
        try:
            with in_words(Centre):
                centre.save(update_fields=["max_stay_days", "shared_bed_age"])
        except ValidationError as error:
            raise ValidationError({"shared_bed_age": error}) from error
    return centre
