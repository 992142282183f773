"""What several pages of the reception share."""

import datetime
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import as_then
from cases.models import Migrant
from centres.models import Service
from config.countries import only_country_in

from .. import services
from ..models import Assistance, ExpectedGroup, Stay
from ..whereabouts import told_with, with_last_stay

PEOPLE = "cases.migrant"
JUST = datetime.timedelta(days=14)  # so long what was said at registration is about this arrival


class KnownLength(Paginator):
    """Pages of a list whose length is known already (None: it is counted)."""

    def __init__(self, rows: Any, per_page: int, length: int | None = None):
        super().__init__(rows, per_page)
        if length is not None:
            self.__dict__["count"] = length


class CountedWithPage(Paginator):
    """Pages of a short list, read whole in the one query that also tells how long it is: what a filter leaves is worth no second one."""

    def __init__(self, rows: Any, per_page: int):
        super().__init__(list(rows), per_page)


def sent_before() -> str:
    return _("Ce formulaire a déjà servi pour autre chose. Rechargez la page, puis recommencez.")


def said_at_registration(people: Sequence[Migrant]) -> dict[str, str]:
    """How these people came, as all of them said when they were registered a short time ago, and from which country, if the group they came
    with was announced: it is not asked twice. For the fields of an arrival; what is to be asked is not there."""
    since = timezone.now() - JUST
    if any(person.registered_at <= since for person in people):
        return {}
    kinds, groups = {person.arrival_kind for person in people}, {person.registration_group_id for person in people}
    found = {"origin": kinds.pop()} if len(kinds) == 1 and "" not in kinds else {}
    if len(groups) == 1 and None not in groups:  # a registration group has the key of the announcement
        said = ExpectedGroup.objects.filter(pk=groups.pop()).values_list("coming_from", flat=True).first()
        found |= {"came_from": country} if said and (country := only_country_in(said)) else {}
    return found


def without_hospital(form: Any) -> None:
    """Of an arrival: nobody of these comes back from hospital."""
    field = form.fields["origin"]
    field.choices = [choice for choice in field.choices if choice[0] != Stay.Origin.HOSPITAL]


def find_person(request: HttpRequest, pk: uuid.UUID) -> Migrant:
    """The person, if in the user's scope, as this user's centres know them; else there is no such page. Not to be saved."""
    people = with_last_stay(request.user, Migrant.objects.visible_to(request.user).prefetch_related("custodies"))
    person = get_object_or_404(people, pk=pk)
    as_then.seen_by(request.user, [person])
    told_with(request.user, person)
    return person


MEALS_OF_THE_DAY = ("petit-dejeuner", "dejeuner", "diner")


def in_order(services: Iterable[Service]) -> list[Service]:
    """In the order of the day, then by what they are."""
    place = {code: number for number, code in enumerate(MEALS_OF_THE_DAY)}
    return sorted(services, key=lambda service: (place.get(service.code, len(place)), service.category, service.name))


def take_back(request: HttpRequest, line: Assistance) -> None:
    """Withdraws a line that the user noted by mistake, and says how it went."""
    try:
        services.withdraw_assistance(actor=request.user, assistance=line)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Retiré de la liste : %(service)s.") % {"service": line.service})
