"""Writes about awareness and training."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import names
from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from centres.access import may
from centres.roles import Right

from .models import CELLS, MOST, Activity, Attendance, Community, Trainee

FIELDS = ("kind", "title", "held_on", "community", *CELLS)
# Nothing of the action happened before it was written (document signed in 2016).
FIRST_DAY = datetime.date(2016, 1, 1)


def _must(actor: User) -> None:
    if not may(actor, Right.RECORD_OUTREACH):
        raise PermissionDenied


def _tidy(text: str) -> str:
    return " ".join(text.split())


def check_activity(given: Mapping[str, Any]) -> None:
    """Whatever is known of an activity. Raises ValidationError."""
    errors: dict[str, str] = {}
    for name in CELLS:
        value = given.get(name, 0)
        if value < 0:
            errors[name] = _("Un nombre de personnes ne peut pas être négatif.")
        elif value > MOST:
            errors[name] = _("Plus de 20 000 personnes à une activité : vérifiez, un chiffre est sans doute en trop.")
    held_on = given.get("held_on")
    if held_on is not None and held_on > timezone.localdate():
        errors["held_on"] = _("Ce jour n’est pas encore venu. Notez l’activité quand elle a eu lieu.")
    elif held_on is not None and held_on < FIRST_DAY:
        errors["held_on"] = _("L’action a commencé après ce jour. Vérifiez l’année.")
    if given.get("kind") == Activity.Kind.AWARENESS and "community" in given and given["community"] is None:
        errors["community"] = _("Une sensibilisation a lieu dans une communauté : choisissez laquelle.")
    if errors:
        raise ValidationError(errors)


def _check(activity: Activity) -> None:
    check_activity({name: getattr(activity, name) for name in FIELDS})
    activity.full_clean(exclude=["id", "recorded_by"], validate_unique=False)


@service
def record_activity(
    *,
    actor: User,
    id: uuid.UUID,
    kind: str,
    title: str,
    held_on: datetime.date,
    community: Community | None = None,
    women: int = 0,
    men: int = 0,
    girls: int = 0,
    boys: int = 0,
) -> tuple[Activity, bool]:
    """Writes down an activity and how many people it reached. Returns (activity, was it made now?).

    The same `id` again with the same content gives the same activity; with other content raises SameKeyOtherContent.
    Raises PermissionDenied, ValidationError in words."""
    _must(actor)
    given = {"kind": kind, "title": _tidy(title), "held_on": held_on, "community": community, "women": women, "men": men, "girls": girls, "boys": boys}
    lock_key(id)
    if existing := Activity.objects.filter(pk=id).first():
        if existing.recorded_by_id != actor.pk or any(getattr(existing, name) != value for name, value in given.items()):
            raise SameKeyOtherContent
        return existing, False
    activity = Activity(id=id, recorded_by=actor, **given)
    _check(activity)
    activity.save(force_insert=True)
    return activity, True


@service
def correct_activity(*, actor: User, activity: Activity, version: int, **changes: Any) -> Activity:
    """Corrects an activity. `version` is the one the user saw; if it is no longer current raises Stale with what is now.

    An activity with an attendance list stays a training. Raises PermissionDenied, ValidationError in words."""
    _must(actor)
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if activity.version != version:
        raise Stale(activity)
    if unknown := set(changes) - set(FIELDS):
        raise ValueError(f"not part of an activity: {sorted(unknown)}")
    if "title" in changes:
        changes["title"] = _tidy(changes["title"])
    if all(getattr(activity, name) == value for name, value in changes.items()):
        return activity  # the same again is no new version
    for name, value in changes.items():
        setattr(activity, name, value)
    if activity.kind != Activity.Kind.TRAINING and activity.attendances.exists():
        raise ValidationError({"kind": _("Des agents sont notés présents : cette activité reste une formation. Retirez-les d’abord de la liste.")})
    activity.version += 1
    _check(activity)
    activity.save()
    return activity


@service
def add_community(*, actor: User, name: str, region: str) -> Community:
    """Adds a community of origin. Raises PermissionDenied; ValidationError when the region has it already."""
    _must(actor)
    community = Community(name=_tidy(name), region=_tidy(region))
    community.full_clean()
    try:
        with transaction.atomic():
            community.save(force_insert=True)
    except IntegrityError as error:  # another made it since it was looked for
        raise ValidationError(_("Cette communauté est déjà dans la liste.")) from error
    return community


def trainee_key(name: str, structure: str) -> str:
    """What makes two ways of writing an agent one: no accents, capitals, titles, order of the names."""
    return f"{' '.join(sorted(names.tokens(name)))}|{names.normalise(structure)}"[:250]


@service
def register_attendance(*, actor: User, activity: Activity, name: str, structure: str, sex: str) -> tuple[Attendance, bool]:
    """Notes that an agent took part in a training; the agent is found, or made. Returns (attendance, was it made now?).

    An agent is counted once however many sessions, and noted present once per session. Raises PermissionDenied; ValidationError
    in words: not a training, or an agent of this name and service known with the other sex."""
    _must(actor)
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if activity.kind != Activity.Kind.TRAINING:
        raise ValidationError(_("Seules les formations d’agents ont une liste de présence."))
    key = trainee_key(name, structure)
    if key.startswith("|") or key.endswith("|"):
        raise ValidationError({"name" if key.startswith("|") else "structure": _("Écrivez-le en lettres.")})
    trainee = Trainee(name=_tidy(name), structure=_tidy(structure), sex=sex, key=key)
    trainee.full_clean(validate_unique=False)
    # Locked, so that nobody forgets the agent between here and the attendance.
    new = {"id": trainee.id, "name": trainee.name, "structure": trainee.structure, "sex": sex}
    trainee, _made = Trainee.objects.select_for_update().get_or_create(key=key, defaults=new)
    if trainee.sex != sex:
        raise ValidationError(
            {"sex": _("%(agent)s est déjà dans la liste avec l’autre sexe. Corrigez, ou ajoutez au nom ce qui distingue les deux personnes.") % {"agent": trainee}}
        )
    return Attendance.objects.get_or_create(activity=activity, trainee=trainee)


@service
def remove_attendance(*, actor: User, attendance: Attendance) -> None:
    """Takes an agent off the list of a training; the history keeps it. An agent of no training at all is forgotten. Raises PermissionDenied."""
    _must(actor)
    Activity.objects.select_for_update().get(pk=attendance.activity_id)
    trainee = Trainee.objects.select_for_update().get(pk=attendance.trainee_id)
    Attendance.objects.filter(pk=attendance.pk).delete()
    if not trainee.attendances.exists():
        trainee.delete()
