"""Groups that are announced, and what became of them."""

import datetime
import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from cases.cleaning import clean_line
from centres.access import centres_for, may
from centres.models import Centre
from centres.roles import Right
from config.refusals import in_words

from ..models import ExpectedGroup

ANNOUNCE = (Right.RECEIVE, Right.MANAGE_RETURN)
WORDS = ("nationalities", "coming_from", "transport", "needs", "contact")
FIELDS = ("expected_at", "men", "women", "children", "minors_alone", "arrival_kind", *WORDS)
NOTHING = {"expected_at": None, "arrival_kind": ""}  # of what is not said; numbers are 0
WITHIN_DAYS = 365


def _fill(group: ExpectedGroup, fields: dict[str, Any]) -> None:
    errors = {}
    for name in FIELDS:
        try:
            setattr(group, name, clean_line(fields.get(name, "")) if name in WORDS else fields.get(name, NOTHING.get(name, 0)))
        except ValidationError as error:
            errors[name] = error
    if errors:
        raise ValidationError(errors)
    today = timezone.localdate()
    if group.expected_at is None or not today <= timezone.localdate(group.expected_at) <= today + datetime.timedelta(days=WITHIN_DAYS):
        raise ValidationError({"expected_at": _("Écrivez un jour et une heure à venir.")})
    group.clean_fields(exclude=["centre", "announced_by", "announced_from", "closed_by"])


@service
def announce_group(*, actor: User, id: uuid.UUID, centre: Centre, announced_from: Centre | None = None, **fields: Any) -> tuple[ExpectedGroup, bool]:
    """Announces a group to a centre, to any: by whoever receives people at some centre, or conducts returns. Returns (group, made now?).

    `announced_from`: the actor's own centre in whose name they write; None: an office. The same `id` again with the same content is one
    group. Raises PermissionDenied, ValidationError, SameKeyOtherContent."""
    if not any(may(actor, right) for right in ANNOUNCE):
        raise PermissionDenied
    if announced_from is not None and not any(announced_from.pk in centres_for(actor, right) for right in ANNOUNCE):
        raise PermissionDenied
    lock_key(id)
    group = ExpectedGroup(id=id, centre=centre, announced_by=actor, announced_from=announced_from if announced_from != centre else None)
    existing = ExpectedGroup.objects.filter(pk=id).first()
    if existing is not None:
        _fill(group, fields)
        same = ("centre_id", "announced_by_id", "announced_from_id", *FIELDS)
        if any(getattr(existing, name) != getattr(group, name) for name in same):
            raise SameKeyOtherContent
        return existing, False
    _fill(group, fields)
    with in_words(ExpectedGroup):
        group.save(force_insert=True)
    return group, True


def may_cancel(actor: User, group: ExpectedGroup) -> bool:
    """Whoever announced it, those who may announce from the same centre, and the centre that waits for it."""
    return group.announced_by_id == actor.pk or any(may(actor, right, centre) for right in ANNOUNCE for centre in group.access_centres(writing=True))


@service
def close_group(*, actor: User, group: ExpectedGroup, version: int, number_came: int | None = None, words: str = "") -> ExpectedGroup:
    """The group arrived, so many came (`number_came`); or it does not come, and `words` say why. Each once: a second click changes nothing.

    Raises PermissionDenied, ValidationError, Stale."""
    came = number_came is not None
    allowed = may(actor, Right.RECEIVE, group.centre_id) if came else may_cancel(actor, group)
    if not allowed:
        raise PermissionDenied
    try:
        words = clean_line(words)
    except ValidationError as error:
        raise ValidationError({"words": error}) from error
    group = ExpectedGroup.objects.select_for_update(of=("self",)).select_related("centre").get(pk=group.pk)
    state = ExpectedGroup.State.ARRIVED if came else ExpectedGroup.State.CANCELLED
    if (group.state, group.number_came, group.closing_words, group.closed_by_id) == (state, number_came, words, actor.pk):
        return group
    if group.version != version:
        raise Stale(group)
    if not group.is_open:
        raise ValidationError(_("Ce groupe est déjà noté « %(state)s ».") % {"state": group.get_state_display()})
    if not came and not words:
        raise ValidationError({"words": _("Écrivez pourquoi le groupe ne vient pas.")})
    group.state, group.number_came, group.closing_words = state, number_came, words
    group.closed_at, group.closed_by = timezone.now(), actor
    group.version += 1
    group.clean_fields(exclude=["centre", "announced_by", "announced_from", "closed_by"])
    with in_words(ExpectedGroup):
        group.save(update_fields=["state", "number_came", "closing_words", "closed_at", "closed_by", "version"])
    return group


@service
def correct_number(*, actor: User, group: ExpectedGroup, version: int, number_came: int, reason: str) -> ExpectedGroup:
    """Another number came than was noted; the one before is kept, with the reason. A second click changes nothing.

    Raises PermissionDenied, ValidationError, Stale."""
    if not may(actor, Right.RECEIVE, group.centre_id):
        raise PermissionDenied
    try:
        reason = clean_line(reason)
    except ValidationError as error:
        raise ValidationError({"reason": error}) from error
    group = ExpectedGroup.objects.select_for_update(of=("self",)).select_related("centre").get(pk=group.pk)
    if (group.number_came, group.correction, group.corrected_by_id) == (number_came, reason, actor.pk):
        return group
    if group.version != version:
        raise Stale(group)
    if group.state != ExpectedGroup.State.ARRIVED:
        raise ValidationError(_("L’arrivée de ce groupe n’est pas notée : il n’y a rien à corriger."))
    if number_came == group.number_came:
        raise ValidationError({"number_came": _("C’est le nombre déjà noté.")})
    registered = group.registered_now
    if number_came < registered:
        words = ngettext(
            "%(n)s personne de ce groupe est déjà enregistrée : il en est venu au moins autant.",
            "%(n)s personnes de ce groupe sont déjà enregistrées : il en est venu au moins autant.",
            registered,
        )
        raise ValidationError({"number_came": words % {"n": registered}})
    if not reason:
        raise ValidationError({"reason": _("Dites pourquoi le nombre est corrigé.")})
    group.number_before, group.number_came = group.number_came, number_came
    group.corrected_at, group.corrected_by, group.correction = timezone.now(), actor, reason
    group.version += 1
    group.clean_fields(exclude=["centre", "announced_by", "announced_from", "closed_by", "corrected_by"])
    with in_words(ExpectedGroup):
        group.save(update_fields=["number_came", "number_before", "corrected_at", "corrected_by", "correction", "version"])
    return group
