"""Who may be the same person."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

import names
from accounts.models import User
from centres.models import Centre

from .models import Migrant, earliest_birth, years_before

# Below this two people are not shown as perhaps the same (names.name_similarity, moved by what else is known).
LIKELY = 0.85
# Candidates that one question looks at.
MOST_COMPARED = 400


def likely_duplicates(
    *,
    full_name: str,
    sex: str = "",
    born_on: datetime.date | None = None,
    birth_precision: str = Migrant.Precision.DAY,
    nationality: str = "",
    phone: str = "",
    exclude: uuid.UUID | None = None,
    most: int = 5,
) -> list[tuple[Migrant, float]]:
    """People of all centres who may be the same, most alike first, each with how sure (0–1). The caller shows no detail of those
    out of scope (see `duplicates_for`). Names alone never decide: birth, sex, nationality and phone pull up or down."""
    people = Migrant.objects.all()
    if exclude:
        people = people.exclude(pk=exclude)
    earliest = earliest_birth(born_on, birth_precision) if born_on else None
    similar = people
    if sex and sex != Migrant.Sex.OTHER:
        similar = similar.filter(sex__in=(sex, Migrant.Sex.OTHER))
    # Both names right and the birth some years off, or one name quite otherwise and the birth about right.
    attempts = [(similar.alike(full_name), 3)]
    if born_on:
        attempts.append((similar.alike(full_name, but_one=True), 1))
    found: dict[uuid.UUID, _Candidate] = {}
    for attempt, years in attempts:
        if born_on and earliest:
            attempt = attempt.filter(born_on__range=_around(earliest, born_on, years))
        found |= {row[0]: _Candidate(*row) for row in attempt.values_list(*_Candidate._fields)[:MOST_COMPARED]}
    if phone:
        found |= {row[0]: _Candidate(*row) for row in people.with_phone(phone).order_by().values_list(*_Candidate._fields)[:20]}
    asked = Asked(full_name, sex, born_on, birth_precision, nationality, phone)
    scored = [(round(score, 2), person.registered_at, person.pk) for person in found.values() if (score := certainty(asked, person)) >= LIKELY]
    scored.sort(reverse=True)
    best = Migrant.objects.select_related("registered_centre").in_bulk([pk for _score, _at, pk in scored[:most]])
    return [(best[pk], score) for score, _at, pk in scored[:most] if pk in best]


class Asked(NamedTuple):
    """What is known of somebody who is looked for."""

    full_name: str
    sex: str = ""
    born_on: datetime.date | None = None
    birth_precision: str = Migrant.Precision.DAY
    nationality: str = ""
    phone: str = ""

    def named(self) -> dict[str, Any]:
        return self._asdict()


def certainty(asked: Asked, person: "_Candidate | Migrant") -> float:
    """How sure it is that this is who is looked for (0–1). Asks the database nothing."""
    score = names.name_similarity(asked.full_name, f"{person.given_names} {person.surname}")
    same_phone = bool(asked.phone) and person.phone == asked.phone
    same_day = person.born_on == asked.born_on and person.birth_precision == asked.birth_precision == Migrant.Precision.DAY
    if score >= 0.6 and same_phone:
        score += 0.15
    if asked.sex and person.sex != asked.sex and Migrant.Sex.OTHER not in (asked.sex, person.sex):
        score -= 0.15
    if asked.nationality and person.nationality != asked.nationality:
        score -= 0.05
    if asked.born_on:
        earliest = earliest_birth(asked.born_on, asked.birth_precision)
        apart = max((earliest_birth(person.born_on, person.birth_precision) - asked.born_on).days, (earliest - person.born_on).days)
        score += 0.05 if apart <= 0 else 0 if apart <= 366 else -0.08
    # Many people bear a common name: without the very day or the phone nothing is near certain.
    return min(score, 1.0 if same_day or same_phone else 0.95)


class _Candidate(NamedTuple):
    """What the comparison needs of a person; a whole record for each of hundreds would take most of the time."""

    pk: uuid.UUID
    surname: str
    given_names: str
    sex: str
    nationality: str
    born_on: datetime.date
    birth_precision: str
    phone: str
    registered_at: datetime.datetime


def _around(earliest: datetime.date, latest: datetime.date, years: int) -> tuple[datetime.date, datetime.date]:
    return years_before(earliest, years), datetime.date(min(latest.year + years, 9999), 12, 31)


@dataclass(frozen=True)
class Likeness:
    """Somebody who may be the same person: in the user's scope with the file, else only how sure, and where to ask."""

    certainty: float
    centre: Centre
    migrant: Migrant | None
    key: uuid.UUID  # for the read log alone, never for a screen

    @property
    def words(self) -> str:
        if self.certainty >= 0.97:
            return _("presque certainement la même personne")
        return _("probablement la même personne") if self.certainty >= 0.92 else _("peut-être la même personne")

    @property
    def tone(self) -> str:
        return "danger" if self.certainty >= 0.97 else "warn"


def duplicates_for(user: User, **identity: Any) -> list[Likeness]:
    """`likely_duplicates` as this user may see them (access design: how sure, which centre, no name, no detail)."""
    found = likely_duplicates(**identity)
    if not found:
        return []
    people = {person.pk: person for person in Migrant.objects.filter(pk__in=[person.pk for person, _score in found]).select_related("registered_centre").with_care()}
    visible = set(Migrant.objects.visible_to(user).filter(pk__in=list(people)).values_list("pk", flat=True))
    return [
        Likeness(
            certainty=score,
            centre=next(iter(people[person.pk].centres_now), people[person.pk].registered_centre),
            migrant=people[person.pk] if person.pk in visible else None,
            key=person.pk,
        )
        for person, score in found
        if person.pk in people
    ]
