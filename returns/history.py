"""What happened to a return, read from the audit trail: nothing is written a second time to be shown."""

import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from audit.models import Change
from config.countries import country_name

from .models import ReturnCase
from .workflow import State

SHOWN = (
    "country_to", "place_to", "counselled_on", "declaration_signed_on", "document", "document_valid_until", "fit_to_travel_on", "fit_until",
    "best_interest_on", "departed_on", "arrived_on", "ended_on", "end_reason",
)  # fmt: skip


def _words(name: str, value: Any) -> str:
    if value in (None, ""):
        return _("rien")
    if name.endswith(("_on", "_until")):
        return date_format(datetime.date.fromisoformat(value), "DATE_FORMAT")
    if name == "document":
        return str(dict(ReturnCase.Document.choices).get(value, value))
    if name == "country_to":
        return country_name(value)
    return str(value)


def history(case: ReturnCase, *, most: int = 40) -> list[dict[str, Any]]:
    """Who changed what and when, the latest first, for `{% timeline %}`."""
    changes = list(Change.objects.filter(table=ReturnCase._meta.db_table, row=str(case.pk)).order_by("-id")[:most])
    people = User.objects.in_bulk({change.actor_id for change in changes if change.actor_id})
    entries = []
    for change in changes:
        after, before = change.after or {}, change.before or {}
        opened = change.operation == Change.Operation.INSERT
        state = after.get("state")
        names = [name for name in SHOWN if name in after and not (opened and after[name] in (None, ""))]
        if not (opened or state or names):
            continue
        lines = []
        for name in names:
            label, value = str(ReturnCase._meta.get_field(name).verbose_name), _words(name, after[name])  # type: ignore[union-attr]
            corrected = not opened and before.get(name) not in (None, "")
            old = _words(name, before.get(name))
            lines.append(_("%(label)s : %(new)s (avant : %(old)s)") % {"label": label, "new": value, "old": old} if corrected else f"{label} : {value}")
        title = _("Demande notée") if opened else State(state).label if state else _("Correction")
        entries.append({"when": change.at, "title": str(title)[:1].upper() + str(title)[1:], "detail": "\n".join(lines), "who": str(people.get(change.actor_id, ""))})
    return entries
