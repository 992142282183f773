"""Registers the menu entry and the home card of this floor."""

import datetime
from collections.abc import Collection
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centres.access import may
from centres.navigation import Entry, HomeCard, add_to_home, add_to_menu
from centres.roles import Right

add_to_menu(Entry(_("Indicateurs"), "reporting:committee", (Right.VIEW_INDICATORS,), 70, "reporting"))


# A value entered by hand is asked for again once a quarter.
FRESH = datetime.timedelta(days=92)
MOST = 6


def to_enter(leads: Collection[str]) -> list[dict[str, Any]]:
    """The indicators that these organisations enter by hand and have no recent value, waiting or validated: never entered first, then the
    oldest. `on` is the day of the last one, or None."""
    from . import figures
    from .models import Indicator, ManualValue

    mine = list(Indicator.objects.current().filter(measure="", objective__lead__in=list(leads)).order_by("order"))
    waiting = set(ManualValue.objects.pending().filter(indicator__code__in=[one.code for one in mine]).order_by().values_list("indicator__code", flat=True))
    today = timezone.localdate()
    known = figures.latest_values([one.code for one in mine], today)
    rows = [{"indicator": one, "on": known[one.code].on if one.code in known else None} for one in mine if one.code not in waiting]
    old = [row for row in rows if row["on"] is None or row["on"] < today - FRESH]
    return sorted(old, key=lambda row: row["on"] or datetime.date.min)


def _card(request: HttpRequest) -> dict[str, Any] | None:
    """The state of the targets: how many are on course, the main ones as bars, and what waits for a second person."""
    from . import figures
    from .measures import MEASURES
    from .models import Logframe, ManualValue
    from .pdf import MAIN
    from .pictures import TONES

    logframe = Logframe.objects.filter(active=True).first()
    if logframe is None:
        return None
    period = figures.default_period(logframe)
    shown, _counted_at = figures.build_recent(period, exact=figures.sees_exact(request.user), logframe=logframe)
    states = figures.summary(shown)
    by_code = {one["code"]: one for one in shown}
    entry = {"iom": Right.ENTER_VALUE_IOM, "aecid": Right.ENTER_VALUE_AECID}
    leads = [lead for lead, right in entry.items() if may(request.user, right)]
    waiting = ManualValue.objects.pending().filter(indicator__objective__lead__in=leads).exclude(entered_by=request.user) if leads else ManualValue.objects.none()
    entering = to_enter(leads) if leads else []
    return {
        "entering": entering[:MOST],
        "entering_more": max(0, len(entering) - MOST),
        "period": period,
        "total": len(shown),
        "on_course": figures.on_course(states),
        "late": states["late"],
        "nothing": states["nothing"],
        "missing": states["missing"],
        "main": [
            {
                **by_code[code],
                "expected": round(by_code[code]["expected"]),
                "until": datetime.date.fromisoformat(by_code[code]["counted"]["to"]) if by_code[code]["counted"]["to"] != period.end.isoformat() else None,
                "bar_tone": TONES.get(by_code[code]["state"], ""),
                "title": MEASURES[by_code[code]["measure"]].title,
                "word": figures.STATES[by_code[code]["state"]][0],
                "tone": figures.STATES[by_code[code]["state"]][1],
            }
            for code in MAIN
            if code in by_code and by_code[code]["measure"]
        ],
        "waiting": list(waiting.select_related("indicator", "entered_by")[:5]) if leads else [],
        "may_report": may(request.user, Right.MAKE_REPORT),
    }


add_to_home(HomeCard("reporting/_home.html", (Right.VIEW_INDICATORS,), 10, _card))
