"""Erasing identities: what is left is a coded row that every indicator counts as before."""

import datetime
import uuid
from collections.abc import Callable, Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import service
from audit.services import forget_history
from centres.access import allows, may
from centres.models import Centre
from centres.roles import Right
from config.refusals import in_words
from config.uploads import delete_after_commit
from jobs.services import ask_for

from ..forms.search import AGE_GROUPS
from ..models import Erasure, ErasureList, LastKnown, Migrant, Precision, RegistrationGroup
from ..person_data import DATA, PersonData, hanging, rows_of
from ..retention import due_at, reasons_to_keep
from .photos import drop_photo

MOST_TOGETHER = 500  # people on one list: what a second person can still look through


@service
def propose_erasure(*, actor: User, centre: Centre) -> ErasureList:
    """Puts the people of a centre whose time has run out on a list for a second person. Raises PermissionDenied, ValidationError."""
    if not may(actor, Right.FORGET_IDENTITY, centre):
        raise PermissionDenied
    people = list(due_at(centre).values_list("pk", flat=True)[:MOST_TOGETHER])
    if not people:
        raise ValidationError(_("Personne n’est arrivé au bout de sa durée dans ce centre."))
    proposed = ErasureList(centre=centre, proposed_by=actor)
    with in_words(ErasureList):
        proposed.save(force_insert=True)
    Erasure.objects.bulk_create(Erasure(list=proposed, migrant_id=pk) for pk in people)
    return proposed


def _locked(actor: User, proposed: ErasureList) -> ErasureList:
    if not allows(actor, Right.FORGET_IDENTITY, proposed, writing=True):
        raise PermissionDenied
    return ErasureList.objects.select_for_update(of=("self",)).get(pk=proposed.pk)


@service
def confirm_erasure(*, actor: User, proposed: ErasureList) -> ErasureList:
    """The second person says yes; a worker then erases. Sent twice it is once. Raises PermissionDenied, ValidationError."""
    proposed = _locked(actor, proposed)
    if proposed.confirmed_at and proposed.confirmed_by_id == actor.pk:
        return proposed
    if not proposed.waiting:
        raise ValidationError(_("Cette liste n’attend plus de décision."))
    proposed.confirmed_by, proposed.confirmed_at = actor, timezone.now()
    with in_words(ErasureList):
        proposed.save(update_fields=["confirmed_by", "confirmed_at"])
    title = _("Effacement d’identités : %(centre)s") % {"centre": proposed.centre}
    proposed.job = ask_for(actor=actor, kind="forget", title=title, parameters={"list": str(proposed.pk)})
    proposed.save(update_fields=["job"])
    return proposed


@service
def refuse_erasure(*, actor: User, proposed: ErasureList) -> ErasureList:
    """Nobody of the list is erased now. Whoever proposed it may take it back. Raises PermissionDenied, ValidationError."""
    proposed = _locked(actor, proposed)
    if proposed.refused_at:
        return proposed
    if not proposed.waiting:
        raise ValidationError(_("Cette liste n’attend plus de décision."))
    proposed.refused_by, proposed.refused_at = actor, timezone.now()
    proposed.save(update_fields=["refused_by", "refused_at"])
    return proposed


def carry_out(proposed: ErasureList, *, actor: User | None, say: Callable[[int, int, str], None] = lambda done, total, step: None) -> ErasureList:
    """Erases those of a confirmed list who are still due, one transaction each: killed in the middle, it goes on where it was."""
    todo = list(proposed.erasures.filter(done_at__isnull=True, kept_because="").values_list("pk", flat=True))
    for done, pk in enumerate(todo):
        say(done, len(todo), _("Effacement des identités"))
        erase_identity(actor=actor, erasure=Erasure(pk=pk))
    return _close(actor=actor, proposed=proposed)


@service
def _close(*, actor: User | None, proposed: ErasureList) -> ErasureList:
    proposed = ErasureList.objects.select_for_update(of=("self",)).get(pk=proposed.pk)
    if proposed.done_at is None:
        proposed.done_at = timezone.now()
        proposed.save(update_fields=["done_at"])
    return proposed


@service
def erase_identity(*, actor: User | None, erasure: Erasure) -> Erasure:
    """Takes from one person's file, on all floors and in the history, what says who it was. Done twice it is once.

    Only for a list that two people decided; whoever is no longer due (a new stay, a return) is kept, with the reason. `actor` None: the
    command. Raises PermissionDenied for a list that is not confirmed."""
    erasure = Erasure.objects.select_for_update(of=("self",)).select_related("list").get(pk=erasure.pk)
    if erasure.list.confirmed_at is None or erasure.list.confirmed_by_id == erasure.list.proposed_by_id:
        raise PermissionDenied
    if erasure.done_at or erasure.kept_because:
        return erasure
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=erasure.migrant_id)
    if reasons := reasons_to_keep(migrant):
        erasure.kept_because = ", ".join(reasons)[:300]
    else:
        for one in [*joined_to(migrant), migrant]:
            _erase(one, why=erasure.list_id)
        erasure.done_at = timezone.now()
    erasure.save(update_fields=["kept_because", "done_at"])
    return erasure


def joined_to(migrant: Migrant) -> list[Migrant]:
    """The files that were joined to this one, and those joined to them before: they tell of the same person."""
    found = list(Migrant.objects.select_for_update(of=("self",)).filter(merged_into=migrant, forgotten_at__isnull=True))
    return [further for one in found for further in [*joined_to(one), one]]


def _erase(migrant: Migrant, *, why: uuid.UUID) -> None:
    drop_photo(migrant)  # with those that merges keep
    born_on = coarse_birth(migrant, _days(migrant))
    history = [(Migrant._meta.db_table, migrant.pk)]
    files: list[tuple[models.FileField, str]] = _files(DATA[Migrant], [migrant])
    # From the farthest to the nearest, so that nothing is gone that still leads to something.
    for said, rows in reversed(list(rows_of(migrant))):
        if not said.speaks:
            continue
        history += [(said.model._meta.db_table, key) for key in rows.values_list("pk", flat=True)]
        files += _files(said, rows)
        if said.removed:
            rows.delete()
        else:
            rows.update(**said.erased)
    # Nobody writes in such a file any more.
    migrant.custodies.filter(until__isnull=True).update(until=timezone.now())
    number = f"EFF-{uuid.uuid4().hex[:12].upper()}"  # says nothing, and no paper leads here
    Migrant.objects.filter(pk=migrant.pk).update(
        **DATA[Migrant].erased, case_number=number, born_on=born_on, birth_precision=Precision.YEAR, forgotten_at=timezone.now(), version=migrant.version + 1
    )
    LastKnown.objects.filter(migrant=migrant).delete()  # what was just taken away is no older state to be kept
    if migrant.registration_group_id and not Migrant.objects.filter(registration_group=migrant.registration_group_id, forgotten_at__isnull=True).exists():
        # The name of a group, and what its people had in common, tell who they were; the last one to go takes them along.
        RegistrationGroup.objects.filter(pk=migrant.registration_group_id).update(title="", common={})
        history.append((RegistrationGroup._meta.db_table, migrant.registration_group_id))
    forget_history(migrant.pk, history, why=why)
    for one, name in files:
        delete_after_commit(one.storage, [name])


def _files(said: PersonData, rows: Iterable[models.Model]) -> list[tuple[models.FileField, str]]:
    names = said.files
    if not names:
        return []
    return [(said.model._meta.get_field(name), value.name) for row in rows for name in names if (value := getattr(row, name))]  # type: ignore[misc]


def _days(migrant: Migrant) -> set[datetime.date]:
    """Every day on which something happened to the person: the days on which an indicator may ask for their age."""
    found: set[datetime.date] = set()
    for model, path in hanging().items():
        fields = [one.name for one in model._meta.concrete_fields if isinstance(one, models.DateField)]
        for values in model._default_manager.filter(**{path: migrant.pk}).values_list(*fields) if fields else ():
            found |= {timezone.localdate(value) if isinstance(value, datetime.datetime) else value for value in values if value}
    return found


def _group(born_on: datetime.date, day: datetime.date) -> str:
    age = day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
    return next((code for code, (least, below) in AGE_GROUPS.items() if least <= age < below), "")


def coarse_birth(migrant: Migrant, days: set[datetime.date]) -> datetime.date:
    """The latest day of the year of birth that leaves the person in the same age group on each of these days: nearly always 31 December."""
    born_on = migrant.born_on
    last = born_on.replace(month=12, day=31)
    told = [(day.month, day.day) for day in days if _group(born_on, day) != _group(last, day)]
    if not told:
        return last
    month, day = min(told)
    return max(born_on, datetime.date(born_on.year, month, min(day, 28) if month == 2 else day))
