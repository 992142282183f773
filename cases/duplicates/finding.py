"""Where candidates are found among all people, and what a user may see of them."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from accounts.models import User
from centres.access import allows
from centres.models import Centre
from centres.roles import Right

from ..models import CARE, IdentityDocument, Migrant, MigrantQuerySet, Precision, earliest_birth, latest_of, years_before
from .weights import CERTAIN, FIELDS, LIKELY, PROBABLE, Comparison, Identity, Reason, compare, identity_of

# Candidates that one question looks at, by how they are looked for.
MOST_BORN_ALIKE, MOST_BORN_ABOUT, MOST_BUT_ONE, MOST_BY_NUMBER = 400, 300, 500, 50


def likely_duplicates(*, exclude: uuid.UUID | None = None, most: int = 5, full_name: str = "", **known: Any) -> list[tuple[Migrant, Comparison]]:
    """People of all centres who may be the same, most alike first, each with how sure and why. The caller shows no detail of those
    out of scope (see `duplicates_for`). `known`: fields of `Identity`; `full_name` where it is not known which part is the surname."""
    if full_name and not known.get("surname") and not known.get("given_names"):
        known["given_names"], _space, known["surname"] = full_name.strip().rpartition(" ")
    return find_likely(Identity(**{name: value for name, value in known.items() if value is not None}), exclude=exclude, most=most)


def similar_to(migrant: Migrant, *, most: int = 10) -> list[tuple[Migrant, Comparison]]:
    """The same for somebody on file, documents included."""
    return find_likely(identity_of(migrant, documents_of(migrant.pk)), exclude=migrant.pk, most=most)


def documents_of(*people: uuid.UUID) -> list[tuple[str, str, str]]:
    """Kind, country and equality key of the documents of these people that have a number."""
    return list(IdentityDocument.objects.filter(migrant__in=people).exclude(number_key="").order_by().values_list("kind", "country", "number_key"))


def find_likely(identity: Identity, *, exclude: uuid.UUID | None = None, most: int = 5) -> list[tuple[Migrant, Comparison]]:
    """`likely_duplicates` of an identity at hand."""
    scored = []
    for key, (registered_at, candidate) in _candidates(identity, exclude).items():
        found = compare(identity, candidate)
        if found.certainty >= LIKELY:
            scored.append((found.certainty, found.bits, registered_at, key, found))
    scored.sort(key=lambda row: row[:4], reverse=True)
    best = Migrant.objects.select_related("registered_centre").in_bulk([row[3] for row in scored[:most]])
    return [(best[row[3]], row[4]) for row in scored[:most] if row[3] in best]


def _candidates(identity: Identity, exclude: uuid.UUID | None) -> dict[uuid.UUID, tuple[datetime.datetime, Identity]]:
    people = Migrant.objects.unmerged()
    if exclude:
        people = people.exclude(pk=exclude)
    keys = {key for _kind, _country, key in identity.documents}
    papers: dict[uuid.UUID, list[tuple[str, str, str]]] = {}
    if keys:
        for owner, *paper in IdentityDocument.objects.filter(number_key__in=keys).order_by().values_list("migrant", "kind", "country", "number_key")[:MOST_BY_NUMBER]:
            papers.setdefault(owner, []).append((paper[0], paper[1], paper[2]))
    attempts: list[tuple[MigrantQuerySet, int]] = []
    if papers:
        attempts.append((people.filter(pk__in=list(papers)), MOST_BY_NUMBER))
    if identity.phones:
        attempts.append((people.with_any_phone(identity.phones), MOST_BY_NUMBER))
    full_name = f"{identity.given_names} {identity.surname} {identity.other_names}".strip()
    if full_name:
        attempts += _by_name(people, identity, full_name)
    found: dict[uuid.UUID, tuple[datetime.datetime, Identity]] = {}
    for attempt, limit in attempts:
        for key, registered_at, *values in attempt.order_by().values_list("pk", "registered_at", *FIELDS)[:limit]:
            found[key] = registered_at, Identity(**dict(zip(FIELDS, values, strict=True)), documents=frozenset(papers.get(key, ())))
    return found


def _by_name(people: MigrantQuerySet, identity: Identity, full_name: str) -> list[tuple[MigrantQuerySet, int]]:
    """All words as they sound and the birth as it may be, then some years off; one word quite otherwise and the birth as it may be."""
    similar = people
    if identity.sex and identity.sex != Migrant.Sex.OTHER:
        similar = similar.filter(sex__in=(identity.sex, Migrant.Sex.OTHER))
    alike, but_one = similar.alike(full_name), similar.alike(full_name, but_one=True)
    if identity.born_on is None:
        return [(alike, MOST_BORN_ALIKE + MOST_BORN_ABOUT)]
    earliest, latest = earliest_birth(identity.born_on, identity.birth_precision), identity.born_on
    about = (years_before(earliest, 3), datetime.date(min(latest.year + 3, 9999), 12, 31))
    same = _births_alike(identity.born_on, identity.birth_precision)
    return [(alike.filter(**same), MOST_BORN_ALIKE), (alike.filter(born_on__range=about), MOST_BORN_ABOUT), (but_one.filter(**same), MOST_BUT_ONE)]


def _births_alike(born_on: datetime.date, precision: str) -> dict[str, Any]:
    """A condition on `born_on` that a birth meets which may be this one, however exactly each is known."""
    earliest = earliest_birth(born_on, precision)
    ends = [datetime.date(min(born_on.year + years, 9999), 12, 31) for years in (0, 1, 2)]  # an estimated age may be two years off
    if precision not in (Precision.DAY, Precision.MONTH):
        return {"born_on__range": (earliest, ends[-1])}
    days = {born_on, latest_of(born_on, Precision.MONTH), *ends}
    if precision == Precision.MONTH:
        days |= {born_on.replace(day=day) for day in range(1, born_on.day + 1)}
    elif born_on.day <= 12:
        days.add(born_on.replace(month=born_on.day, day=born_on.month))
    return {"born_on__in": sorted(days)}


@dataclass(frozen=True)
class Likeness:
    """Somebody who may be the same person: in the user's scope with the file and the reasons, else only how sure, and where to ask."""

    certainty: float
    centre: Centre
    migrant: Migrant | None
    key: uuid.UUID  # for the read log and a sealed token alone, never for a screen
    reasons: tuple[Reason, ...] = ()
    token: str = ""  # stands for the file where it may be taken over (services.takeovers.offer)

    @property
    def words(self) -> str:
        return sure_words(self.certainty)

    @property
    def tone(self) -> str:
        return sure_tone(self.certainty)

    @property
    def may_be_taken_over(self) -> bool:
        return self.migrant is None and self.certainty >= PROBABLE


def sure_words(certainty: float) -> str:
    if certainty >= CERTAIN:
        return _("presque certainement la même personne")
    return _("probablement la même personne") if certainty >= PROBABLE else _("peut-être la même personne")


def sure_tone(certainty: float) -> str:
    return "danger" if certainty >= CERTAIN else "warn"


def told_certainty(certainty: float) -> float:
    """How sure, for whoever may not see the file: in three steps, so that nobody reads a file field by field from the number."""
    return next((step for step in (CERTAIN, PROBABLE, LIKELY) if certainty >= step), certainty)


def duplicates_for(user: User, **identity: Any) -> list[Likeness]:
    """`likely_duplicates` as this user may see them (access design: how sure, which centre, no name, no detail)."""
    return as_seen_by(user, likely_duplicates(**identity))


def as_seen_by(user: User, found: list[tuple[Migrant, Comparison]]) -> list[Likeness]:
    """What the user may know of each: reasons tell details, so they go with the file alone, while a centre of the user follows the person."""
    if not found:
        return []
    prefetch_related_objects([person for person, _why in found], CARE)
    return [
        Likeness(
            certainty=comparison.certainty if in_sight else told_certainty(comparison.certainty),
            centre=next(iter(person.centres_now), person.registered_centre),
            migrant=person if in_sight else None,
            key=person.pk,
            reasons=comparison.reasons if in_sight else (),
        )
        for person, comparison in found
        for in_sight in [allows(user, Right.VIEW_CASE, person) and person.care_ended(user) is None]
    ]
