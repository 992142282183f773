"""Asking for the report of a centre on paper."""

import uuid

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, service
from centres.access import may
from centres.models import Centre
from centres.roles import Right
from jobs.models import Job
from jobs.services import JobRefused, ask_for

from ..periods import Period

KIND = "centre_report"


@service
def ask_for_report(*, actor: User, id: uuid.UUID, centre: Centre, period: Period) -> Job:
    """Asks for the PDF of a week or a month; a worker makes it. The same `id` again is the same job; for anything else SameKeyOtherContent.

    Raises PermissionDenied."""
    if not may(actor, Right.MANAGE_CENTRE, centre):
        raise PermissionDenied
    title = _("Rapport du centre de %(centre)s : %(period)s") % {"centre": centre, "period": period}
    try:
        return ask_for(actor=actor, kind=KIND, title=title, parameters={"centre": centre.code, "by": period.kind, "on": period.first.isoformat()}, id=id)
    except JobRefused as refusal:
        raise SameKeyOtherContent from refusal
