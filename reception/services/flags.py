"""Flags are set on a person and lifted; kinds of flags are written."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from cases.cleaning import clean_line
from cases.models import Migrant
from centres.access import allows, may
from centres.models import Service
from centres.roles import Right
from config.refusals import in_words

from ..models import FlagKind, PersonFlag
from .stays import lock_person

# What a kind of flag does beside advising: only the manager of a centre puts it on somebody.
ACTS = ("denies", "blocks_transfer", "out_of_statistics")
LONGEST = datetime.timedelta(days=5 * 365)
WORDS = ("name", "tone", "instruction", "active")


def right_for(kind: FlagKind) -> Right:
    """Who sets and lifts a flag of this kind: an agent what advises, the manager what refuses, suspends, blocks or leaves out."""
    return Right.MANAGE_CENTRE if any(getattr(kind, name) for name in ACTS) or kind.suspends.all() else Right.RECEIVE


@service
def set_flag(*, actor: User, migrant: Migrant, kind: FlagKind, reason: str, until: datetime.date | None = None, key: uuid.UUID) -> tuple[PersonFlag, bool]:
    """The person carries the flag from now on, up to and with its last day. Returns (flag, was it made now?).

    The same `key` with the same content is the same flag, with other content raises SameKeyOtherContent.
    Raises PermissionDenied, ValidationError."""
    reason = clean_line(reason)
    lock_key(key)
    if existing := PersonFlag.objects.filter(key=key).select_related("kind").first():
        if (existing.migrant_id, existing.kind_id, existing.reason, existing.until, existing.set_by_id) != (migrant.pk, kind.pk, reason, until, actor.pk):
            raise SameKeyOtherContent
        return existing, False
    migrant = lock_person(migrant.pk)
    kind = FlagKind.objects.select_for_update(of=("self",)).get(pk=kind.pk)
    if not allows(actor, right_for(kind), migrant, writing=True):
        raise PermissionDenied
    if not kind.active:
        raise ValidationError({"kind": _("Cette consigne n’est plus proposée.")})
    if not reason:
        raise ValidationError({"reason": _("Dites pourquoi.")})
    today = timezone.localdate()
    if until is not None and until < today:
        raise ValidationError({"until": _("Le dernier jour est déjà passé.")})
    if until is not None and until > today + LONGEST:
        raise ValidationError({"until": _("Le dernier jour est trop loin : choisissez un jour des cinq prochaines années, ou laissez vide.")})
    # One whose last day is over makes room for a new one.
    PersonFlag.objects.filter(migrant=migrant, kind=kind, lifted_at__isnull=True, until__lt=today).update(lifted_at=timezone.now(), lifted_reason=_("Dernier jour passé"))
    flag = PersonFlag(key=key, migrant=migrant, kind=kind, reason=reason, until=until, set_by=actor, since=timezone.now())
    flag.clean_fields(exclude=["migrant", "kind", "set_by", "lifted_by"])
    with in_words(PersonFlag, triggers={"flag_once": _("Cette personne porte déjà cette consigne.")}):
        flag.save(force_insert=True)
    return flag, True


@service
def lift_flag(*, actor: User, flag: PersonFlag, reason: str) -> PersonFlag:
    """The flag no longer holds. A second click changes nothing. Raises PermissionDenied, ValidationError; Stale if somebody else lifted it."""
    lock_person(flag.migrant_id)
    flag = PersonFlag.objects.select_for_update(of=("self",)).select_related("kind", "migrant", "lifted_by").get(pk=flag.pk)
    if not allows(actor, right_for(flag.kind), flag, writing=True):
        raise PermissionDenied
    reason = clean_line(reason)
    if not reason:
        raise ValidationError({"reason": _("Dites pourquoi la consigne est levée.")})
    if flag.lifted_at is not None:
        if flag.lifted_by_id != actor.pk:
            raise Stale(flag)
        return flag
    flag.lifted_at, flag.lifted_by, flag.lifted_reason = timezone.now(), actor, reason
    flag.clean_fields(exclude=["key", "migrant", "kind", "set_by", "lifted_by"])
    flag.save(update_fields=["lifted_at", "lifted_by", "lifted_reason"])
    return flag


@service
def end_flags(*, actor: User | None) -> int:
    """Writes as lifted those whose last day is over, which no longer act anyway. Returns how many. For the clock."""
    over = PersonFlag.objects.filter(lifted_at__isnull=True, until__lt=timezone.localdate())
    return over.update(lifted_at=timezone.now(), lifted_reason=_("Dernier jour passé"))


# --- kinds -------------------------------------------------------------------------------------------------------


@service
def save_kind(*, actor: User, kind: FlagKind | None, version: int | None = None, suspends: Iterable[Service] = (), **values: Any) -> FlagKind:
    """Writes a kind of flag, new (`kind` None) or changed. Whoever manages a centre may; who did it last stands on the page.

    What it does holds at once for whoever carries it; but while somebody does, nobody can turn « not counted » on or off: one centre would
    change the figures of the whole country. Raises PermissionDenied, ValidationError, Stale."""
    if not may(actor, Right.MANAGE_CENTRE):
        raise PermissionDenied
    services = sorted(suspends, key=lambda one: one.pk)
    if kind is None:
        kind = FlagKind(code=_free_code(values["name"]), version=0)
    else:
        kind = FlagKind.objects.select_for_update(of=("self",)).get(pk=kind.pk)
        if kind.version != version:
            raise Stale(kind)
        if values.get("out_of_statistics", kind.out_of_statistics) != kind.out_of_statistics and PersonFlag.objects.acting().filter(kind=kind).exists():
            raise ValidationError(
                {"out_of_statistics": _("Des personnes portent cette consigne : ce choix ne change plus. Levez-la pour elles, ou créez une autre consigne.")}
            )
    for name in {*WORDS, *ACTS, "advises"} & values.keys():
        setattr(kind, name, values[name])
    kind.name, kind.instruction = clean_line(kind.name), clean_line(kind.instruction)
    kind.changed_at, kind.changed_by, kind.version = timezone.now(), actor, kind.version + 1
    if not any((kind.advises, *(getattr(kind, name) for name in ACTS), services)):
        raise ValidationError(_("Cette consigne ne ferait rien : cochez au moins un effet."))
    kind.clean_fields(exclude=["changed_by"])
    with in_words(FlagKind):
        kind.save()
    kind.suspends.set(services)
    return kind


def _free_code(name: str) -> str:
    """A code of the kind's own, from its name."""
    start = slugify(name)[:24].strip("-") or "consigne"
    taken = set(FlagKind.objects.filter(code__startswith=start).values_list("code", flat=True))
    return next(code for code in (start, *(f"{start}-{number}" for number in range(2, 1000))) if code not in taken)
