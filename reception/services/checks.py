"""The rules of the alerts, measured: run by the clock, and by those writes that change what they measure."""

import datetime
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from audit.acting import service
from centres.models import Centre
from config.days import midnight

from .. import flags
from ..alert_rules import expected_arrivals, national_target, rules_of
from ..models import Alert, AlertRule, Assisted, Incident, Stay
from ..models.alert import NATIONAL
from ..occupancy import start_of_today, with_day
from .alerts import raise_alert

# Closed while its cause goes on, an alert is raised anew after so many days: somebody must look again. A target once passed stays passed.
AGAIN_AFTER = datetime.timedelta(days=7)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Measured:
    """What a rule is about now. `over`: is it a cause for an alert?"""

    value: Decimal
    threshold: Decimal
    over: bool
    subject: str = ""
    days: int | None = None
    part: int | None = None  # what was counted, and what the value is its share of
    whole: Decimal | None = None
    since: datetime.date | None = None  # arrivals: of which days
    last: datetime.date | None = None


def _percent(part: int, whole: Decimal | int) -> Decimal:
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.1"))


def _arrivals(centre: Centre, rule: AlertRule, is_cause: Callable[[Decimal, Decimal], bool]) -> list[Measured]:
    """The last days, today too, so that a sudden crisis is seen on its first day; of today the plan expects as much as has passed of it, so
    that a morning is not a day without arrivals. Above and below the plan are measured over the same days, by local midnight."""
    days, now, today = rule.days or 30, timezone.now(), timezone.localdate()
    first, begun = today - DAY * (days - 1), midnight(today)
    expected = expected_arrivals(centre, first, today - DAY) + expected_arrivals(centre, today, today) * Decimal((now - begun) / DAY)
    if not expected:
        return []
    came = Stay.objects.filter(centre=centre, arrived_at__gte=midnight(first), arrived_at__lte=now).new_arrivals().count()
    value = _percent(came, expected)
    return [Measured(value, rule.threshold, is_cause(value, rule.threshold), days=days, part=came, whole=expected, since=first, last=today)]


def arrivals_above(centre: Centre, rule: AlertRule) -> list[Measured]:
    return _arrivals(centre, rule, operator.gt)


def arrivals_below(centre: Centre, rule: AlertRule) -> list[Measured]:
    """Only once the centre has been open for so long."""
    if centre.functional_since is None or centre.functional_since > timezone.localdate() - DAY * (rule.days or 30):
        return []
    return _arrivals(centre, rule, operator.lt)


def _day(centre: Centre) -> Any:
    """The centre with the figures of its day; asked once for a loaded centre."""
    kept = centre.__dict__
    if "_day" not in kept:
        kept["_day"] = with_day(Centre.objects.filter(pk=centre.pk)).get()
    return kept["_day"]


def occupancy(centre: Centre, rule: AlertRule) -> list[Measured]:
    day = _day(centre)
    present, beds = day.present, day.capacity
    value = _percent(present, max(beds, 1))
    return [Measured(value, rule.threshold, value > rule.threshold, part=present, whole=Decimal(beds))]


def stays_beyond(centre: Centre, rule: AlertRule) -> list[Measured]:
    number = Decimal(_day(centre).long)
    return [Measured(number, rule.threshold, number > rule.threshold)]


def count_assisted() -> dict[int | None, int]:
    """Distinct people who were given something, by centre, and under None in the country: somebody assisted at two centres counts once there,
    so that the country's figure is no sum of the centres'. As it is at this moment: `Assisted` has a row for each, however many lines there are."""
    counted = Assisted.objects.exclude(migrant__in=flags.left_out()).order_by().values("migrant", "centre")
    sql, params = counted.query.sql_with_params()
    each = f"""
        WITH given (migrant, centre) AS MATERIALIZED ({sql})
        SELECT centre, count(*) FROM given GROUP BY centre UNION ALL SELECT NULL, count(*) FROM (SELECT FROM given GROUP BY migrant) people
    """  # noqa: S608 - Django's own
    with connection.cursor() as cursor:
        cursor.execute(each, params)
        return dict(cursor.fetchall())


def people_assisted(centre: Centre, rule: AlertRule) -> list[Measured]:
    """Distinct people, at the centre and in the country; the country's alert stands at each centre, where those who must act read it."""
    assisted = count_assisted()
    here, everywhere = Decimal(assisted.get(centre.pk, 0)), Decimal(assisted.get(None, 0))
    found = [Measured(here, rule.threshold, here > rule.threshold)]
    if target := national_target(centre):
        found.append(Measured(everywhere, target, everywhere > target, NATIONAL))
    return found


def tensions(centre: Centre, rule: AlertRule) -> list[Measured]:
    """By kind of aid; tension between residents that is about no aid under an empty one."""
    days = rule.days or 14
    since = start_of_today() - DAY * (days - 1)
    rows = Incident.objects.filter(centre=centre, kind__in=Incident.TENSIONS, happened_at__gte=since).order_by()
    counts = rows.values("aid").annotate(n=Count("pk")).values_list("aid", "n")
    return [Measured(Decimal(number), rule.threshold, number >= max(rule.threshold, Decimal(1)), aid, days) for aid, number in counts]


MEASURES: dict[str, Callable[[Centre, AlertRule], list[Measured]]] = {
    Alert.Kind.ARRIVALS_ABOVE: arrivals_above,
    Alert.Kind.ARRIVALS_BELOW: arrivals_below,
    Alert.Kind.OCCUPANCY: occupancy,
    Alert.Kind.LONG_STAY: stays_beyond,
    Alert.Kind.TARGET_PASSED: people_assisted,
    Alert.Kind.TENSION: tensions,
}


@service
def check_alerts(*, actor: User | None, centre: Centre, kinds: Iterable[str] = tuple(MEASURES)) -> list[Alert]:
    """Measures the rules of the centre, raises what has a cause, once, and says of open alerts whose cause is gone that it is. Returns the
    alerts raised now. Harmless at any time; two at once are one after the other, and each sees the rules and figures of its own turn."""
    centre = Centre.objects.select_for_update(no_key=True).get(pk=centre.pk)  # arrivals and meals, which point at the centre, don't wait
    rules = rules_of(centre)
    raised = []
    for kind in kinds:
        if rules[kind].active:
            raised += _tell(actor, centre, kind, [one for one in MEASURES[kind](centre, rules[kind]) if one.over])
    return raised


def _tell(actor: User | None, centre: Centre, kind: str, causes: list[Measured]) -> list[Alert]:
    now = timezone.now()
    known = Alert.objects.filter(centre=centre, kind=kind)
    known.filter(gone_at__isnull=True).exclude(subject__in=[one.subject for one in causes]).update(gone_at=now)
    raised = []
    for one in causes:
        last = known.filter(subject=one.subject).order_by("-raised_at", "-pk").first()
        if last is not None and _seen_to(last, one, now):
            continue
        alert, new = raise_alert(actor=actor, centre=centre, kind=kind, subject=one.subject, value=one.value, threshold=one.threshold, days=one.days)
        if new:
            raised.append(alert)
    return raised


def _seen_to(last: Alert, one: Measured, now: datetime.datetime) -> bool:
    """Did somebody close it while its cause went on, and is that enough for now? A target that was changed is another one."""
    if last.closed_at is None or last.gone_at is not None:
        return False
    return last.threshold == one.threshold if last.kind == Alert.Kind.TARGET_PASSED else last.closed_at > now - AGAIN_AFTER
