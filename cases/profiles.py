"""What the file itself says of a profile, how complete profiles are, and the road as a drawing."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q
from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config import maps
from config.countries import country_name
from config.days import midnight
from config.languages import LANGUAGES
from questionnaires.definition import Definition
from questionnaires.models import BasicItem, Questionnaire
from questionnaires.sources import Source, register_source

from .models import Migrant, Profile, RouteStep


@dataclass(frozen=True)
class Subject:
    """Whose profile it is: the person (with origin_area loaded) and how many steps their road has."""

    migrant: Migrant
    steps: int


def _origin(person: Migrant) -> str:
    area = str(person.origin_area) if person.origin_area_id else ""
    country = country_name(person.origin_country) if person.origin_country else ""
    return ", ".join(part for part in (person.origin_place, area, country) if part)


def _languages(person: Migrant) -> str:
    names = dict(LANGUAGES)
    return ", ".join(str(names.get(code, code)) for code in person.languages)


def _route(subject: Subject) -> str:
    return ngettext("%(n)s étape", "%(n)s étapes", subject.steps) % {"n": subject.steps} if subject.steps else ""


# Beside each source, what says in the database that it is filled in: for counting many people at once.
_FILLED: dict[str, Q] = {
    "sex": ~Q(sex=""),
    "birth": Q(born_on__isnull=False),
    "nationality": ~Q(nationality=""),
    "origin": ~Q(origin_country="") | ~Q(origin_place="") | Q(origin_area__isnull=False),
    "languages": Q(languages__len__gt=0),
    "marital_status": ~Q(marital_status=""),
    "route": Q(Exists(RouteStep.objects.on_the_road().filter(migrant=OuterRef("pk")))),
}

for _source in (
    Source("sex", Questionnaire.Kind.PROFILE, gettext_lazy("sexe"), lambda s: s.migrant.sex or None, lambda s: s.migrant.get_sex_display()),
    Source("birth", Questionnaire.Kind.PROFILE, gettext_lazy("naissance"), lambda s: s.migrant.born_on.isoformat(), lambda s: s.migrant.birth_words),
    Source("nationality", Questionnaire.Kind.PROFILE, gettext_lazy("nationalité"), lambda s: s.migrant.nationality or None, lambda s: s.migrant.nationality_name),
    Source("origin", Questionnaire.Kind.PROFILE, gettext_lazy("lieu d’origine"), lambda s: _origin(s.migrant) or None, lambda s: _origin(s.migrant)),
    Source("languages", Questionnaire.Kind.PROFILE, gettext_lazy("langues parlées"), lambda s: list(s.migrant.languages) or None, lambda s: _languages(s.migrant)),
    Source(
        "marital_status",
        Questionnaire.Kind.PROFILE,
        gettext_lazy("situation de famille"),
        lambda s: s.migrant.marital_status or None,
        lambda s: s.migrant.get_marital_status_display() if s.migrant.marital_status else "",
    ),
    Source("route", Questionnaire.Kind.PROFILE, gettext_lazy("itinéraire"), lambda s: s.steps or None, _route),
):
    register_source(_source)


# --- how complete they are, by centre ------------------------------------------------------------------------------


@dataclass
class CentreCompleteness:
    """Of the people registered at a centre in a period: how many there are, how many have each basic item, how many all."""

    people: int = 0
    whole: int = 0
    items: dict[int, int] = field(default_factory=dict)


def completeness_by_centre(centres: Iterable[int], since: datetime.date, until: datetime.date, definition: Definition) -> dict[int, CentreCompleteness]:
    """{centre key: CentreCompleteness}, for people registered from `since` to `until`, both included. Numbers only: two queries."""
    start, end = midnight(since), midnight(until + datetime.timedelta(days=1))
    people = Migrant.objects.filter(registered_centre__in=list(centres), registered_at__gte=start, registered_at__lt=end)
    of_file = {question.basic_item: _FILLED[question.source] for question in definition.with_answer if question.basic_item and question.source in _FILLED}
    answered = [question.basic_item for question in definition.with_answer if question.basic_item and not question.source]
    found: dict[int, CentreCompleteness] = {}
    counts: dict[str, Any] = {f"item_{item}": Count("pk", filter=condition) for item, condition in of_file.items()}
    row: dict[str, Any]
    for row in people.order_by().values("registered_centre").annotate(people=Count("pk"), **counts):  # type: ignore[assignment]
        found[row["registered_centre"]] = CentreCompleteness(row["people"], 0, {item.value: row.get(f"item_{item.value}", 0) for item in BasicItem})
    # Of each person the profile that counts: the one saved last.
    newest = Profile.objects.filter(migrant=OuterRef("pk")).latest_first()
    with_profile = people.alias(profile=newest.values("pk")[:1]).filter(profiles=F("profile"))
    whole = Q(profiles__basic_items__contains=answered)
    for condition in of_file.values():
        whole &= condition
    counts = {f"item_{item}": Count("pk", filter=Q(profiles__basic_items__contains=[item])) for item in answered}
    for row in with_profile.order_by().values("registered_centre").annotate(whole=Count("pk", filter=whole), **counts):  # type: ignore[assignment]
        centre = found[row["registered_centre"]]
        centre.whole = row["whole"]
        centre.items |= {item: row[f"item_{item}"] for item in answered if item}
    return found


# --- the road ------------------------------------------------------------------------------------------------------


def road(steps: list[RouteStep]) -> SafeString | str:
    """The steps whose place is known, on the map; empty where none is."""
    stops = [
        maps.Stop(number, float(step.latitude), float(step.longitude), step.place)
        for number, step in enumerate(steps, start=1)
        if step.latitude is not None and step.longitude is not None and maps.on_map(float(step.latitude), float(step.longitude))
    ]
    if not stops:
        return ""
    desc = _("De %(first)s à %(last)s, %(n)s lieux sur la carte ; le tableau à côté dit tout.") % {"first": stops[0].label, "last": stops[-1].label, "n": len(stops)}
    countries = {code: country_name(code) for code in maps.NAMES}
    return maps.route_map(stops, base_url=static("region.svg"), countries=countries, title=_("Itinéraire de la personne"), desc=desc)
