"""The list of a meal: who is there, who had it, who is not ticked and why."""

import datetime
import uuid
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from cases.as_then import by_name
from centres.models import Centre, Service

from . import rules
from .models import Leave, Stay


@dataclass(frozen=True)
class Row:
    """Somebody on the list. `done`: had it already; `refused`: a rule forbids it; `why`: why they are not ticked, in words."""

    person: uuid.UUID
    name: str
    where: str
    ticked: bool = False
    done: bool = False
    refused: bool = False
    why: str = ""


def rows(user: User, centre: Centre, service: Service, day: datetime.date, offers: rules.Offers) -> list[Row]:
    """Who was at the centre on that day, by name: first those who can be served, then those who may not, then those who had it."""
    today = day == timezone.localdate()
    stays = Stay.objects.visible_to(user).filter(pk__in=rules.stays_on(centre, day).order_by().values("pk")).with_bed()
    stays = stays.open() if today else stays
    # Read from the people themselves, who say what their reader knows of them.
    there = sorted(stays.select_related("migrant").order_by("pk"), key=lambda stay: by_name(stay.migrant))
    people = {stay.migrant_id: (str(stay.migrant), stay.bed_words or stay.migrant.case_number, stay.departed_at) for stay in there}
    refused = rules.refusals(centre=centre, service=service, people=people, on=day, user=user, offers=offers)
    away = _away(centre, day)
    found = []
    for person, (name, where, left) in people.items():
        refusal = refused.get(person)
        if refusal is not None:
            done = refusal.code == "already_given"
            found.append(Row(person, name, where, done=done, refused=not done, why=refusal.words))
        elif person in away:
            found.append(Row(person, name, where, why=away[person]))
        elif left is not None and timezone.localdate(left) == day:
            found.append(Row(person, name, where, why=_("partie ce jour-là")))
        else:
            found.append(Row(person, name, where, ticked=True))
    return sorted(found, key=lambda row: (row.done, row.refused))


def _away(centre: Centre, day: datetime.date) -> dict[uuid.UUID, str]:
    """Who has leave for the night of that day, in words."""
    leaves = Leave.objects.holding(day).filter(stay__centre=centre).values_list("stay__migrant_id", "last_night")
    return {person: _("absente avec permission jusqu’à la nuit du %(day)s") % {"day": date_format(last)} for person, last in leaves}
