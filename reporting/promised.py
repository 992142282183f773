"""Tells the floors below what the logframe in force promises (see `centres.action`)."""

from centres.action import ActionPlan, answered_by

from .models import Target


def plan_in_force() -> ActionPlan | None:
    """Of two targets for the same facts, that of the indicator that comes first."""
    rows = Target.objects.filter(indicator__objective__logframe__active=True, dimension="").order_by("indicator__order", "order")
    found = list(rows.values_list("measure", "indicator__measure", "value", "indicator__objective__logframe__starts_on", "indicator__objective__logframe__months"))
    if not found:
        return None
    targets: dict[str, int] = {}
    for measure, of_indicator, value, _starts_on, _months in found:
        targets.setdefault(measure or of_indicator, value)
    targets.pop("", None)
    return ActionPlan(starts_on=found[0][3], months=found[0][4], targets=targets)


answered_by(plan_in_force)
