"""Registering those who come together: what is the same for all is written once."""

import datetime
import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from centres.access import may
from centres.models import Centre
from centres.roles import Right
from config.refusals import Together

from .. import consents
from ..cleaning import clean_line
from ..households import family_title
from ..models import Consent, Household, Migrant, RegistrationGroup
from .identity import clean_identity, refuse_without_consent, register_migrant

COMMON_FIELDS = ("nationality", "origin_country", "origin_area", "origin_place", "languages", "arrival_kind", "arrived_on")
COMMON_CONSENT = ("consent_purposes", "consent_method", "consent_language", "consent_witness")


def _kept(common: dict[str, Any]) -> dict[str, Any]:
    """The common values as they are kept: as a form would send them. Raises ValidationError by field."""
    if unknown := set(common) - set(COMMON_FIELDS) - set(COMMON_CONSENT):
        raise TypeError(f"not common: {sorted(unknown)}")
    together = Together()
    with together.asked():
        refuse_without_consent(tuple(common.get("consent_purposes", ())))
    known = set(common.get("consent_purposes", ())) <= set(Consent.Purpose.values) and common.get("consent_language", "fra") in dict(consents.LANGUAGES)
    if not known or common.get("consent_method") not in Consent.Method.values:
        with together.asked():
            raise ValidationError({"consent_method": _("Choisissez comment l’accord a été donné.")})
    cleaned = dict(common)
    with together.asked():
        cleaned |= clean_identity({name: value for name, value in common.items() if name in COMMON_FIELDS})
    together.refuse()
    found: dict[str, Any] = {}
    for name, value in cleaned.items():
        if value in (None, "", [], ()):
            continue
        if isinstance(value, datetime.date):
            value = value.isoformat()
        elif name == "origin_area":
            value = value.pk
        found[name] = list(value) if isinstance(value, (list, tuple)) else value
    return found


@service
def open_group(*, actor: User, id: uuid.UUID, centre: Centre, kind: str, title: str = "", common: dict[str, Any]) -> tuple[RegistrationGroup, bool]:
    """Opens a group with what is common to all of it; a family gets its household. Returns (group, was it made now?). The same `id`
    again is one group, with other content raises SameKeyOtherContent. Raises PermissionDenied, ValidationError."""
    if not may(actor, Right.REGISTER, centre):
        raise PermissionDenied
    try:
        group = RegistrationGroup(id=id, centre=centre, kind=kind, title=clean_line(title), common=_kept(common), made_by=actor)
    except ValidationError as error:
        raise error if hasattr(error, "error_dict") else ValidationError({"title": error}) from error
    group.clean_fields(exclude=["id", "centre", "household", "made_by"])
    lock_key(id)
    if existing := RegistrationGroup.objects.filter(pk=id).first():
        same = ("centre_id", "kind", "made_by_id")
        changed = existing.version == 1 and (existing.title, existing.common) != (group.title, group.common)
        if changed or any(getattr(existing, name) != getattr(group, name) for name in same):
            raise SameKeyOtherContent
        return existing, False
    if kind == RegistrationGroup.Kind.FAMILY:
        group.household = Household.objects.create()
    group.save(force_insert=True)
    return group, True


@service
def revise_group(*, actor: User, group: RegistrationGroup, version: int, title: str = "", common: dict[str, Any]) -> RegistrationGroup:
    """Changes what is common for those who are still to come; who is registered already stays as they are.

    Raises Stale, PermissionDenied, ValidationError."""
    group = RegistrationGroup.objects.select_for_update(of=("self",)).get(pk=group.pk)
    if not may(actor, Right.REGISTER, group.centre_id):
        raise PermissionDenied
    if group.version != version:
        raise Stale(group)
    group.title, group.common = clean_line(title), _kept(common)
    group.version += 1
    group.clean_fields(exclude=["id", "centre", "household", "made_by"])
    group.save()
    return group


@service
def register_in_group(*, actor: User, group: RegistrationGroup, id: uuid.UUID, **person: Any) -> tuple[Migrant, bool]:
    """Registers the next of a group, as `register_migrant` does; what `person` does not say is that of the group.

    A family without a title takes that of the first who bears a surname; it can be changed. Raises what `register_migrant` raises."""
    migrant, made = register_migrant(actor=actor, centre=group.centre, id=id, group=group, **(group.values() | person))
    if made and group.kind == RegistrationGroup.Kind.FAMILY and migrant.surname:
        group = RegistrationGroup.objects.select_for_update(of=("self",)).get(pk=group.pk)
        if not group.title:
            group.title = family_title(migrant.surname)[: RegistrationGroup._meta.get_field("title").max_length]
            group.version += 1
            group.save(update_fields=["title", "version"])
    return migrant, made
