"""The rules by which a centre's alerts are raised: its own, or those it begins with."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from centres.action import plan
from centres.models import Centre

from .models import Alert, AlertRule, ArrivalPlan

Kind = Alert.Kind

# The action's target of people assisted is shared among the centres by the beds they open with (action document, 4.3).
BEDS = {"KAY": 50, "BKO": 60, "GAO": 80}


def shares_of(target: int) -> dict[str, int]:
    """What each centre takes of the target: whole people that add up to it."""
    exact = {code: target * beds / sum(BEDS.values()) for code, beds in BEDS.items()}
    shares = {code: int(share) for code, share in exact.items()}
    for code in sorted(exact, key=lambda code: shares[code] - exact[code])[: target - sum(shares.values())]:
        shares[code] += 1
    return shares


def _action() -> tuple[dict[str, int], int]:
    """The shares of the centres, and over how many months."""
    action = plan()
    return (shares_of(action.target("assistance")), action.months) if action else ({}, 1)


def _action_of(centre: Centre) -> tuple[dict[str, int], int]:
    """`_action`, asked once for a loaded centre."""
    kept = centre.__dict__
    if "_action" not in kept:
        kept["_action"] = _action()
    return kept["_action"]


@dataclass(frozen=True)
class Default:
    """`threshold` None: that of the centre's share. `days`: over how long things are counted; None: now, or since the beginning."""

    threshold: int | None
    days: int | None = None


# In percent: arrivals (of the plan) and occupancy; in people: stays and beneficiaries; in incidents: tension.
DEFAULTS: dict[str, Default] = {
    Kind.ARRIVALS_ABOVE: Default(130, 30),
    Kind.ARRIVALS_BELOW: Default(50, 30),
    Kind.OCCUPANCY: Default(90),
    Kind.LONG_STAY: Default(0),
    Kind.TARGET_PASSED: Default(None),
    Kind.TENSION: Default(3, 14),
}


def rules_of(centre: Centre) -> dict[str, AlertRule]:
    """Kind → rule, in the order of `DEFAULTS`; one that the centre has not set for itself has no key."""
    own = {rule.kind: rule for rule in AlertRule.objects.filter(centre=centre)}
    return {kind: own.get(kind) or _default(centre, kind, default) for kind, default in DEFAULTS.items()}


def _default(centre: Centre, kind: str, default: Default) -> AlertRule:
    threshold = _action_of(centre)[0].get(centre.code, 0) if default.threshold is None else default.threshold
    # A centre without a share has no target that could be passed.
    return AlertRule(centre=centre, kind=kind, threshold=Decimal(threshold), days=default.days, active=kind != Kind.TARGET_PASSED or threshold > 0, version=0)


def national_target(centre: Centre | None = None) -> Decimal:
    """The sum of what each centre takes of the target: the country's figure belongs to no single centre, and the shares make it up.
    `centre`: one that is loaded, and may know the shares already."""
    own = Subquery(AlertRule.objects.filter(kind=Kind.TARGET_PASSED, centre=OuterRef("pk")).values("threshold"))
    rows = Centre.objects.order_by().annotate(own=own).values_list("code", "own")
    shares, _months = _action_of(centre) if centre is not None else _action()
    return sum((Decimal(shares.get(code, 0)) if share is None else share for code, share in rows), Decimal(0))


def plan_on(plans: list[ArrivalPlan], centre: Centre, day: datetime.date) -> int:
    """Arrivals a month that the centre was planned for on this day. `plans`: those of the centre by day."""
    in_force = [plan.per_month for plan in plans if plan.since <= day]
    if in_force:
        return in_force[-1]
    shares, months = _action_of(centre)
    return round(shares.get(centre.code, 0) / months)


def plans_of(centre: Centre) -> list[ArrivalPlan]:
    """The plans of the centre by day; asked once for a loaded centre."""
    kept = centre.__dict__
    if "_arrival_plans" not in kept:
        kept["_arrival_plans"] = list(ArrivalPlan.objects.filter(centre=centre).order_by("since"))
    return kept["_arrival_plans"]


def planned_today(centre: Centre) -> int:
    return plan_on(plans_of(centre), centre, timezone.localdate())


def expected_arrivals(centre: Centre, first: datetime.date, last: datetime.date) -> Decimal:
    """How many arrivals the plan expects from `first` to `last`, both included."""
    plans = plans_of(centre)
    days = (first + datetime.timedelta(days=number) for number in range((last - first).days + 1))
    return sum((Decimal(plan_on(plans, centre, day) * 12) / 365 for day in days), Decimal(0))


def version_of(centre: Centre, rules: Iterable[AlertRule]) -> int:
    """Another one after every change of a rule or plan of the centre: a form that was read before knows it."""
    return sum(rule.version for rule in rules) + sum(plan.version for plan in plans_of(centre))
