"""Everything that hangs on a person, on whichever floor, found through Django's own relations.

Each floor says of its models, at start, what becomes of them when an identity is erased, how long they keep somebody identified, and what
of them the person may have. A test fails for a model or a text that nobody has spoken for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Q, Value, When

from .models import Migrant

# Kinds of fields in which an identity can stand.
SPEAKING = (models.CharField, models.TextField, models.FileField, models.JSONField, models.BinaryField, ArrayField, models.GenericIPAddressField)


@dataclass(frozen=True)
class PersonData:
    """What one model holds about people.

    erased: field → what stands there once the identity is erased. kept: fields with text that tell nothing of who it was (with why, in a
    comment). removed: the rows go altogether. files: fields whose files go.
    clock: (purpose in retention.PURPOSES, field with a day or moment): from then the purpose counts. holds: (condition, words): rows that
    keep somebody from being erased.
    own: is it among the person's own data (right of access)? `protected`: only when a protection officer makes them. hidden: fields left
    out there. extra: label → function of a row, beside the fields. said: fields that are known in part only → (in words, for machines)."""

    model: type[models.Model]
    erased: dict[str, Any] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    removed: bool = False
    files: tuple[str, ...] = ()
    clock: tuple[tuple[str, str], ...] = ()
    holds: tuple[tuple[Q, Any], ...] = ()
    own: bool = True
    protected: Q | bool = False
    hidden: tuple[str, ...] = ()
    extra: tuple[tuple[Any, Callable[[Any], Any]], ...] = ()
    said: dict[str, tuple[Callable[[Any], str], Callable[[Any], Any]]] = field(default_factory=dict)

    @property
    def speaks(self) -> bool:
        """Does its history name anybody?"""
        return self.removed or bool(self.erased)


def dash(name: str) -> Case:
    """For `erased`: a dash where something was written, for a field that a constraint wants filled or empty with another one."""
    return Case(When(**{name: ""}, then=Value("")), default=Value("–"))


DATA: dict[type[models.Model], PersonData] = {}


def register_person_data(*every: PersonData) -> None:
    DATA.update({one.model: one for one in every})


@lru_cache(maxsize=1)
def hanging() -> dict[type[models.Model], str]:
    """Model → path to the person, nearest first: what belongs to a person, and what belongs to that. A link that is merely cut when its
    end goes (SET_NULL) is to somebody or something else."""
    found: dict[type[models.Model], str] = {}
    level: list[tuple[type[models.Model], str]] = [(Migrant, "")]
    while level:
        following = []
        for model, path in level:
            for relation in model._meta.get_fields(include_hidden=True):
                if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
                    continue
                child = relation.related_model
                if child is Migrant or child in found or relation.on_delete is models.SET_NULL:  # type: ignore[union-attr]
                    continue
                name = relation.field.name  # type: ignore[union-attr]
                found[child] = f"{name}__{path}".removesuffix("__")  # type: ignore[index]
                following.append((child, found[child]))  # type: ignore[index, arg-type]
        level = following  # type: ignore[assignment]
    return found


def rows_of(migrant: Migrant) -> Iterable[tuple[PersonData, models.QuerySet[Any]]]:
    """Every row that hangs on this person, by model."""
    for model, path in hanging().items():
        # A pair of people belongs to both of them.
        ways = [path] if "__" in path else [one.name for one in model._meta.concrete_fields if isinstance(one, models.ForeignKey) and one.remote_field.model is Migrant]
        yield DATA.get(model, PersonData(model)), model._default_manager.filter(reduce(or_, (Q(**{way: migrant.pk}) for way in ways)))


def unspoken() -> list[str]:
    """Fields in which an identity could stand and of which no floor has said what becomes of them: « app.model.field »."""
    lacking = []
    everything: list[type[models.Model]] = [Migrant, *hanging()]
    for model in everything:
        said = DATA.get(model)
        if said is None:
            lacking.append(model._meta.label_lower)
        elif not said.removed:
            lacking += [
                f"{model._meta.label_lower}.{one.name}"
                for one in model._meta.concrete_fields
                if isinstance(one, SPEAKING) and not one.choices and one.name not in said.erased and one.name not in said.kept
            ]
    return lacking
