"""Alerts of a centre: raised by a rule or by the evening round; the rules of a centre."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from audit.acting import Stale, service
from cases.models import Migrant
from centres.access import may
from centres.models import Centre
from centres.roles import Right
from config.refusals import in_words

from .. import alert_rules
from ..models import Alert, AlertRule, ArrivalPlan


@service
def raise_alert(
    *,
    actor: User | None,
    centre: Centre,
    kind: str,
    subject: str = "",
    migrant: Migrant | None = None,
    value: Decimal | None = None,
    threshold: Decimal | None = None,
    days: int | None = None,
) -> tuple[Alert, bool]:
    """Tells the centre of something, once while it is open: the value of an open one is brought up to date. Returns (alert, raised now?).

    It checks no right: it is part of what notices the thing (a rule, a round). `actor` is None for a rule that the clock runs."""
    opened = Alert.objects.open().filter(centre=centre, kind=kind, subject=subject)
    known = opened.select_for_update(of=("self",)).first()
    if known is None:
        try:
            with transaction.atomic():
                return Alert.objects.create(centre=centre, kind=kind, subject=subject, migrant=migrant, value=value, threshold=threshold, days=days), True
        except IntegrityError:  # somebody else raised it at the same moment
            known = opened.get()
    if (known.value, known.threshold, known.days, known.gone_at) != (value, threshold, days, None):
        known.value, known.threshold, known.days, known.gone_at = value, threshold, days, None
        known.save(update_fields=["value", "threshold", "days", "gone_at"])
    return known, False


@service
def settle_alert(*, actor: User | None, centre: Centre, kind: str, subject: str = "") -> int:
    """The cause is gone (the child was found, the stock is filled up): the open alert says so, and stays until somebody closes it with what
    was done. Checks no right, as `raise_alert`. Returns how many it told."""
    return Alert.objects.open().filter(centre=centre, kind=kind, subject=subject, gone_at__isnull=True).update(gone_at=timezone.now())


def end_alerts(actor: User | None, alerts: Iterable[Alert], done: str) -> None:
    """Closes these open alerts, and with each the same one that stayed with a file joined to this person's. Part of a service."""
    now = timezone.now()
    for alert in alerts:
        same = Q(pk=alert.pk)
        if alert.migrant_id is not None:
            same |= Q(centre=alert.centre_id, kind=alert.kind, migrant__merged_into=alert.migrant_id)
        with in_words(Alert):
            Alert.objects.filter(same, closed_at__isnull=True).update(closed_at=now, closed_by=actor, done=done)


@dataclass(frozen=True)
class Setting:
    """What the manager set for one kind of alert."""

    active: bool
    threshold: Decimal
    days: int | None = None


@service
def set_alert_rules(*, actor: User, centre: Centre, rules: Mapping[str, Setting], per_month: int, version: int) -> None:
    """Changes the centre's rules, and from today on how many arrivals a month it is planned for. What is unchanged stays as it is.

    `version` as in `alert_rules.version_of`: raises Stale if somebody changed a rule since. Raises PermissionDenied, ValidationError."""
    if not may(actor, Right.MANAGE_CENTRE, centre):
        raise PermissionDenied
    centre = Centre.objects.select_for_update(no_key=True).get(pk=centre.pk)  # one change, or check, at a time
    known = alert_rules.rules_of(centre)
    today = timezone.localdate()
    planned = alert_rules.planned_today(centre)
    changed = [rule for kind, rule in known.items() if kind in rules and Setting(rule.active, rule.threshold, rule.days) != rules[kind]]
    if not changed and per_month == planned:
        return  # a second click
    if version != alert_rules.version_of(centre, known.values()):
        raise Stale(centre)
    errors: dict[str, list[str]] = {}
    for rule in changed:
        wanted = rules[rule.kind]
        rule.active, rule.threshold, rule.days = wanted.active, wanted.threshold, wanted.days
        rule.version += 1
        try:
            rule.full_clean(exclude=["centre"])
        except ValidationError as error:  # beside the field: every rule of the page has one of that name
            for name, found in error.error_dict.items():
                for one in found:
                    field = "days" if "days" in (name, one.code) else "threshold"
                    errors.setdefault(f"{rule.kind}-{field}", []).extend(one.messages)
    if errors:
        raise ValidationError(errors)
    for rule in changed:
        with in_words(AlertRule):
            rule.save()
    if per_month != planned:
        plan = ArrivalPlan.objects.filter(centre=centre, since=today).first() or ArrivalPlan(centre=centre, since=today, version=0)
        plan.per_month = per_month
        plan.version += 1
        plan.clean_fields(exclude=["centre"])
        plan.save()
