"""Who is missed, on the first page of those who must act: children at once, adults after some days."""

from typing import Any

from django.db.models import Count, F, Q, QuerySet

from audit.models import ReadLog
from audit.services import log_read
from centres.access import centres_for
from centres.models import Centre
from centres.navigation import HomeCard, add_to_home
from centres.roles import Right

from .models import Alert
from .services import MAY_NOTE
from .views.parts import PEOPLE

MOST = 20


def _children(user: Any) -> QuerySet[Any]:
    """Children whom a roll-call missed, at the centres where the user looks for them."""
    centres = {pk for right in MAY_NOTE for pk in centres_for(user, right)}
    return Alert.objects.open().of_children().filter(centre__in=sorted(centres), migrant__custodies__centre=F("centre"), migrant__custodies__until__isnull=True)


def _children_card(request) -> dict[str, Any] | None:
    alerts: list[Any] = list(_children(request.user).select_related("centre", "migrant__last_seen").order_by("raised_at", "pk")[:MOST])
    for alert in alerts:
        seen = getattr(alert.migrant, "last_seen", None)
        alert.again = seen if seen is not None and seen.at > alert.raised_at else None
    if alerts:
        log_read(request, ReadLog.Action.LISTED, PEOPLE, sorted({alert.migrant_id for alert in alerts}))
    return {"alerts": alerts} if alerts else None


def _absent(user: Any) -> QuerySet[Any]:
    return Alert.objects.open().of_absent_adults().filter(centre__in=centres_for(user, Right.MANAGE_CENTRE))


def _absent_card(request) -> dict[str, Any] | None:
    opened = Count("alerts", filter=Q(alerts__in=_absent(request.user)))
    centres = list(Centre.objects.filter(pk__in=centres_for(request.user, Right.MANAGE_CENTRE)).annotate(absent=opened).filter(absent__gt=0))
    return {"centres": centres} if centres else None


add_to_home(
    HomeCard("reception/home_missing.html", MAY_NOTE, 2, _children_card, _children),
    HomeCard("reception/home_absent.html", (Right.MANAGE_CENTRE,), 16, _absent_card, _absent),
)
