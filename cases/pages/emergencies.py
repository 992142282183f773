"""Files opened in an emergency: how access finds them, and the card of those who run the centre."""

from typing import Any

from django.db.models import QuerySet

from centres.access import learn_running_accesses
from centres.navigation import HomeCard, add_to_home
from centres.roles import Right

from ..models import EmergencyNotice
from ..services import running_accesses

learn_running_accesses(running_accesses)


def _unread(user: Any) -> QuerySet[Any]:
    return EmergencyNotice.objects.visible_to(user).unread()


def _card(request) -> dict[str, Any] | None:
    notices = list(_unread(request.user).select_related("access__user__organisation", "access__migrant", "centre").order_by("pk")[:20])
    return {"notices": notices} if notices else None


add_to_home(HomeCard("cases/home_emergencies.html", (Right.MANAGE_CENTRE,), 3, _card, _unread))
