"""Whom a centre has to admit, grouped as they arrive: a bus, a family, those of a transfer. One line each, which opens."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from centres.models import Centre

from .occupancy import Awaited

OPEN = 5  # so many arrivals are in sight; the others are a click away


@dataclass(frozen=True)
class Arrival:
    """People who come together; or one."""

    centre: Centre
    people: list[Awaited]

    @property
    def first(self) -> Awaited:
        return self.people[0]

    @property
    def alone(self) -> int:
        """Children without an adult: said on the line, not only once it is opened."""
        return sum(one.migrant.is_unaccompanied_minor for one in self.people)

    @property
    def title(self) -> str:
        if self.first.group is not None:
            return str(self.first.group)
        if self.first.way_from:
            return _("En route depuis le centre de %(centre)s") % {"centre": self.first.way_from}
        return _("%(person)s et sa famille") % {"person": self.first.migrant}

    @property
    def admit_url(self) -> str:
        """The page on which all of them are admitted at once."""
        group = self.first.group
        asked = [("group", group.pk)] if group is not None else [("people", one.migrant.pk) for one in self.people]
        return reverse("reception:arrivals", args=[self.centre.code]) + "?" + urlencode(asked)


def _together(one: Awaited) -> Hashable:
    if one.group is not None:
        return "group", one.group.pk
    if one.way_from:
        return "way", one.way_from
    return ("household", one.migrant.household_id) if one.migrant.household_id else ("person", one.migrant.pk)


def by_arrival(centre: Centre, awaited: Iterable[Awaited]) -> list[Arrival]:
    """Those of several first, each in the order in which the first of them comes: a bus is not hidden behind who walked in after it."""
    found: dict[Hashable, list[Awaited]] = {}
    for one in awaited:
        found.setdefault(_together(one), []).append(one)
    return sorted((Arrival(centre, people) for people in found.values()), key=lambda arrival: len(arrival.people) == 1)
