"""Writes about how a centre gives a service."""

import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import Stale, service
from config.refusals import in_words
from config.writing import clean_line

from . import access
from .models import Service, ServiceOffer
from .roles import Right

# What a manager writes down of a service of their centre.
FIELDS = (
    "provider",
    "place",
    "days",
    "opens",
    "closes",
    "min_interval_days",
    "most_per_day",
    "excludes",
    "residents_only",
    "right_needed",
    "suspended_until",
    "suspended_reason",
)


@service
def change_offer(*, actor: User, offer: ServiceOffer, version: int, **values: Any) -> ServiceOffer:
    """How this centre gives the service from now on; names of `FIELDS`. A reason suspends it, from today; without one it is given again.

    Sent twice it is one change. `version`: the one the actor saw. Raises PermissionDenied, Stale, ValidationError."""
    if unknown := set(values) - set(FIELDS):
        raise ValueError(f"no such fields: {sorted(unknown)}")
    if not access.allows(actor, Right.MANAGE_CENTRE, offer, writing=True):
        raise PermissionDenied
    if offer.pk is None:  # a service that is newer than the centre
        offer, _created = ServiceOffer.objects.get_or_create(centre=offer.centre, service=offer.service)
    offer = ServiceOffer.objects.select_for_update(of=("self",)).select_related("centre", "service").get(pk=offer.pk)
    before = {field.attname: getattr(offer, field.attname) for field in ServiceOffer._meta.concrete_fields}
    for name, value in values.items():
        setattr(offer, name, value)
    offer.place, offer.suspended_reason = clean_line(offer.place), clean_line(offer.suspended_reason)
    offer.days, offer.excludes = sorted(set(offer.days)), sorted(set(offer.excludes))
    _suspend(offer)
    if before == {field.attname: getattr(offer, field.attname) for field in ServiceOffer._meta.concrete_fields}:
        return offer  # a second click
    if offer.version != version:
        raise Stale(ServiceOffer.objects.select_related("centre", "service", "provider").get(pk=offer.pk))
    _check(offer)
    offer.version += 1
    with in_words(ServiceOffer):
        offer.save()
    return offer


def _suspend(offer: ServiceOffer) -> None:
    if not offer.suspended_reason:
        if offer.suspended_until is not None:
            raise ValidationError({"suspended_reason": _("Dites pourquoi ce service est suspendu, ou effacez la date.")})
        offer.suspended_since = None
        return
    today: datetime.date = timezone.localdate()
    offer.suspended_since = offer.suspended_since or today
    if offer.suspended_until is not None and offer.suspended_until < offer.suspended_since:
        raise ValidationError({"suspended_until": _("La suspension ne peut pas finir avant d’avoir commencé.")})


def _check(offer: ServiceOffer) -> None:
    if (offer.opens is None) != (offer.closes is None):
        raise ValidationError({"opens": _("Donnez les deux heures, ou aucune.")})
    if offer.service.code in offer.excludes or Service.objects.filter(code__in=offer.excludes).count() != len(offer.excludes):
        raise ValidationError({"excludes": _("Choisissez d’autres services dans la liste.")})
    offer.clean_fields(exclude=["centre", "service", "provider"])
