"""Two files of one person become one, and can become two again exactly as they were.

What hangs on a person is found through Django's own relations, so that floors above move along without being imported. A row moves by
its column alone: nothing is copied, nothing deleted, and the record of the merge names each row that moved."""

import itertools
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models import UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from centres.access import allows
from centres.models import Centre
from centres.roles import Right
from config.refusals import in_words

from ..duplicates.weights import ordered
from ..models import Custody, DuplicateCheck, DuplicatePair, LastKnown, Merge, Migrant
from .identity import index_name
from .pairs import require_both, ring_after_commit

# What is chosen together: one without the other would say something that neither file said.
GROUPS: dict[str, tuple[str, ...]] = {
    "surname": ("surname",),
    "given_names": ("given_names",),
    "other_names": ("other_names",),
    "sex": ("sex",),
    "birth": ("born_on", "birth_precision"),
    "nationality": ("nationality", "second_nationality"),
    "father_given_names": ("father_given_names",),
    "mother_given_names": ("mother_given_names",),
    "origin": ("origin_country", "origin_area", "origin_place"),
    "phone": ("phone",),
    "other_phone": ("other_phone",),
    "languages": ("languages",),
    "marital_status": ("marital_status",),
    "arrival": ("arrival_kind", "arrived_on"),
    "photo": ("photo",),
    "household": ("household", "household_role"),
    "accompanied_by": ("accompanied_by",),
}
# Of the survivor, written by the merge beside what is chosen.
INDEX = ("name_keys", "search_text")
# Rows about the pair itself: they speak of two files, and stay. Floors above add what the database derives from rows that move;
# what centres knew goes with their times of care.
NOT_MOVED: list[type[models.Model]] = [DuplicatePair, DuplicateCheck, Merge, LastKnown]


def relations() -> Iterator[models.ForeignKey]:
    """Every column of any floor that points at a person."""
    for relation in Migrant._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.related_model not in NOT_MOVED:
            yield relation.field


def _lock(*keys: uuid.UUID) -> dict[uuid.UUID, Migrant]:
    """The people, locked in one order. Whoever writes a row about one of them waits, or is waited for."""
    return {person.pk: person for person in Migrant.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")}


@service
def merge_files(*, actor: User, id: uuid.UUID, survivor: Migrant, merged: Migrant, versions: tuple[int, int], take: Iterable[str]) -> tuple[Merge, bool]:
    """Joins `merged` to `survivor`, which alone stands for the person from now on. Returns (merge, was it made now?).

    `take`: names of `GROUPS` whose values are taken from the merged file; all others stay as the survivor has them. `versions`: those of
    survivor and merged that the actor saw. All that hung on the merged file moves; what can't stand beside a row of the survivor that
    says the same stays with it (`Merge.stayed`). The same `id` again is one merge.

    Raises PermissionDenied (both must be followed by a centre where the actor may join files); Stale; SameKeyOtherContent;
    ValidationError with words for what has to be settled first: two open stays, two open returns …"""
    take = set(take)
    if unknown := take - set(GROUPS):
        raise ValueError(f"no such fields: {sorted(unknown)}")
    lock_key(id)
    if existing := Merge.objects.filter(pk=id).first():
        if (existing.survivor_id, existing.merged_id, existing.by_id) != (survivor.pk, merged.pk, actor.pk):
            raise SameKeyOtherContent
        return existing, False
    people = _lock(survivor.pk, merged.pk)
    if len(people) != 2:
        raise ValidationError(_("Choisissez deux dossiers différents."))
    survivor, merged = people[survivor.pk], people[merged.pk]
    require_both(actor, survivor, merged)
    if survivor.merged_into_id or merged.merged_into_id:
        raise ValidationError(_("Un de ces dossiers vient d’être réuni à un autre. Rechargez la liste des doublons."), code="merged")
    for person, version in zip((survivor, merged), versions, strict=True):
        if person.version != version:
            raise Stale(person)
    settle = list(_to_settle(survivor, merged))
    if settle:
        raise ValidationError(settle, code="settle")
    cared_by = sorted(merged.custodies.filter(until__isnull=True).values_list("centre_id", flat=True))
    before = {name: value_of(survivor, name) for name in (*itertools.chain(*GROUPS.values()), *INDEX)}
    for group in take:
        for name in GROUPS[group]:
            setattr(survivor, _attname(name), getattr(merged, _attname(name)))
    if survivor.accompanied_by_id in (survivor.pk, merged.pk):
        survivor.accompanied_by_id = None
    if survivor.is_minor() and Migrant.objects.filter(accompanied_by__in=(survivor.pk, merged.pk)).exclude(pk__in=(survivor.pk, merged.pk)).exists():
        raise ValidationError(
            _("Avec cette naissance la personne serait mineure, mais elle répond d’un enfant. Choisissez l’autre naissance, ou corrigez d’abord qui répond de l’enfant.")
        )
    survivor.full_clean(exclude=["case_number", "registered_by", "registered_centre", "household", "accompanied_by", "origin_area", "photo", "merged_into"])
    moved, stayed = _move_all(survivor, merged)
    merged.merged_into = survivor
    merged.version += 1
    merged.save(update_fields=["merged_into", "version"])
    index_name(survivor)
    survivor.version += 1
    survivor.save()
    fields = {name: [value, after] for name, value in before.items() if (after := value_of(survivor, name)) != value}
    merge = Merge(id=id, survivor=survivor, merged=merged, by=actor, fields=fields, moved=moved, stayed=stayed, cared_by=cared_by)
    with in_words(Merge):
        merge.save(force_insert=True)
    _note_pair(actor, merge, DuplicatePair.State.MERGED)
    ring_after_commit()
    return merge, True


def _attname(name: str) -> str:
    return Migrant._meta.get_field(name).attname  # type: ignore[union-attr]


def value_of(person: Migrant, name: str) -> Any:
    """As it is kept in the record of the merge (JSON)."""
    value = getattr(person, _attname(name))
    if isinstance(value, list):
        return [str(item) for item in value]
    if value is None or isinstance(value, int):
        return value
    return str(value)


def _from_record(name: str, value: Any) -> Any:
    field = Migrant._meta.get_field(name)
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return value if isinstance(value, list) else field.to_python(value)  # type: ignore[union-attr]


def _to_settle(survivor: Migrant, merged: Migrant) -> Iterator[str]:
    """What both files have open of which one person has but one: told before anything is written."""
    for field in relations():
        for constraint in field.model._meta.constraints:
            if isinstance(constraint, UniqueConstraint) and constraint.fields == (field.name,) and constraint.condition is not None:
                open_rows = field.model._base_manager.filter(constraint.condition)
                if all(open_rows.filter(**{field.name: person}).exists() for person in (survivor, merged)):
                    reason = constraint.get_violation_error_message()
                    yield _("%(reason)s Les deux dossiers en ont un : terminez d’abord l’un des deux, puis réunissez les dossiers.") % {"reason": reason}


def _move_all(survivor: Migrant, merged: Migrant) -> tuple[list[list[str]], list[list[str]]]:
    """Moves every row that can move. Returns (moved, stayed), each row as [model, key, column]."""
    moved: list[list[str]] = []
    stayed: list[list[str]] = []
    for field in relations():
        model = field.model
        rows = model._base_manager.filter(**{field.name: merged})
        if model is Migrant:
            rows = rows.exclude(pk=survivor.pk)  # a person answers neither for themselves nor is merged into themselves
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        if not keys:
            continue
        # one that is known by the person's own key can't become another's
        going = [] if field.primary_key else _move(field, keys, survivor)
        moved += [[model._meta.label_lower, str(key), field.name] for key in going]
        stayed += [[model._meta.label_lower, str(key), field.name] for key in keys if key not in set(going)]
    return moved, stayed


def _move(field: models.ForeignKey, keys: list[Any], to: Migrant) -> list[Any]:
    """The keys of the rows that went: all at once, or one by one where some say what the survivor's rows say already."""
    if _try(field, keys, to):
        return keys
    return [key for key in keys if _try(field, [key], to)]


def _try(field: models.ForeignKey, keys: list[Any], to: Migrant) -> bool:
    try:
        with transaction.atomic():
            field.model._base_manager.filter(pk__in=keys).update(**{field.name: to})
    except IntegrityError:  # the same consent, the same meal, the same paper; or two stays at one time
        return False
    except DatabaseError as error:
        name = field.model._meta.verbose_name
        raise ValidationError(_("« %(what)s » ne peut pas changer de dossier maintenant. Terminez ce qui est en cours, puis réessayez.") % {"what": name}) from error
    return True


def _note_pair(actor: User, merge: Merge, state: str) -> None:
    first, second = ordered(merge.survivor_id, merge.merged_id)
    pair = DuplicatePair.objects.filter(first=first, second=second).first()
    if pair is not None:
        done = state == DuplicatePair.State.MERGED
        pair.state, pair.decided_by, pair.decided_at = state, actor if done else None, timezone.now() if done else None
        pair.save(update_fields=["state", "decided_by", "decided_at"])


# --- and back ----------------------------------------------------------------------------------------------------


@service
def undo_merge(*, actor: User, merge: Merge) -> list[str]:
    """Makes two files again: each row goes back to the file it came from, each field of the survivor to what it was. Done twice it is
    done once. Returns in words what is not as before: fields that somebody changed since (they keep the later value), and who cares.

    Rows written on the survivor since stay with it; rows that moved and were changed since go back with their change.

    Raises PermissionDenied; ValidationError when the survivor was itself joined to another file since (that merge is undone first), or
    when a row changed since so that it can't stand beside those that stayed with the merged file."""
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    people = _lock(merge.survivor_id, merge.merged_id)
    survivor, merged = people[merge.survivor_id], people[merge.merged_id]
    if not allows(actor, Right.MERGE_FILES, survivor, writing=True):
        raise PermissionDenied
    if merge.undone_at is not None:
        return []
    if merged.merged_into_id != survivor.pk or survivor.merged_into_id is not None:
        raise ValidationError(_("Le dossier gardé a lui-même été réuni à un autre dossier depuis. Défaites d’abord cette réunion-là."), code="later_merge")
    # First the file stands for itself again, so that rules about people hold for it while its rows come back.
    merged.merged_into = None
    merged.version += 1
    merged.save(update_fields=["merged_into", "version"])
    _give_back(merge, survivor, merged)
    words = _restore_fields(merge, survivor)
    words += _restore_care(merge, merged)
    merge.undone_at, merge.undone_by = timezone.now(), actor
    merge.save(update_fields=["undone_at", "undone_by"])
    _note_pair(actor, merge, DuplicatePair.State.OPEN)
    for person in (survivor, merged):
        DuplicateCheck.objects.update_or_create(migrant=person, defaults={"since": timezone.now()})
    ring_after_commit()
    return words


def _give_back(merge: Merge, survivor: Migrant, merged: Migrant) -> None:
    for (label, column), rows in itertools.groupby(sorted(merge.moved, key=lambda row: (row[0], row[2])), key=lambda row: (row[0], row[2])):
        try:
            model = apps.get_model(label)
        except LookupError:
            continue  # a table that is no more has nothing to give back
        keys = [model._meta.pk.to_python(key) for _label, key, _column in rows]
        try:
            with transaction.atomic():
                # whatever went elsewhere since, or was deleted, is left alone
                model._base_manager.filter(pk__in=keys, **{column: survivor}).update(**{column: merged})
        except DatabaseError as error:
            raise ValidationError(
                _("« %(what)s » a changé depuis la réunion et ne peut plus revenir au dossier d’origine. Corrigez-le d’abord, puis réessayez.")
                % {"what": model._meta.verbose_name},
                code="changed_since",
            ) from error


def _restore_fields(merge: Merge, survivor: Migrant) -> list[str]:
    """Field by field, unless somebody changed it since."""
    kept: list[str] = []
    kept_fields: set[str] = set()
    for names in GROUPS.values():
        ours = [name for name in names if name in merge.fields]
        if not ours:
            continue
        if all(value_of(survivor, name) == merge.fields[name][1] for name in ours):
            for name in ours:
                setattr(survivor, _attname(name), _from_record(name, merge.fields[name][0]))
        else:
            kept_fields |= set(names)
            kept.append(str(Migrant._meta.get_field(names[0]).verbose_name))  # type: ignore[union-attr]
    unchanged = all(value_of(survivor, name) == merge.fields[name][1] for name in INDEX if name in merge.fields)
    if unchanged and not kept_fields & {"surname", "given_names", "other_names"}:
        for name in INDEX:
            if name in merge.fields:
                setattr(survivor, name, _from_record(name, merge.fields[name][0]))
    else:
        index_name(survivor)
    survivor.version += 1
    survivor.save()
    return [_("Changé depuis la réunion, et gardé : %(fields)s.") % {"fields": ", ".join(kept)}] if kept else []


def _restore_care(merge: Merge, merged: Migrant) -> list[str]:
    """Nobody is left without a centre: if the care of the merged person ended while both were one, their centres follow them again."""
    if not merge.cared_by or Custody.objects.filter(migrant=merged, until__isnull=True).exists():
        return []
    centres = list(Centre.objects.filter(pk__in=merge.cared_by).order_by("name"))
    now = timezone.now()
    Custody.objects.bulk_create(Custody(migrant=merged, centre=centre, since=now, reason=Custody.Reason.GIVEN_BACK) for centre in centres)
    return [_("Le dossier séparé est de nouveau suivi par : %(centres)s.") % {"centres": ", ".join(str(centre) for centre in centres)}]
