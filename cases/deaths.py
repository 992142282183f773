"""A death, noted once: it ends what is open for the person on every floor, in the same transaction.

Upper floors register what they close, and how they open it again when the death was noted by mistake; `cases` imports none of them."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import pgtrigger
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import service

from .models import Migrant


@dataclass(frozen=True)
class Floor:
    """`close(actor=, migrant=, on=)` ends what is open; `reopen(actor=, migrant=)` undoes that. The person's row is locked by then."""

    close: Callable[..., None]
    reopen: Callable[..., None] = lambda *, actor, migrant: None


FLOORS: dict[str, Floor] = {}


def register(name: str, floor: Floor) -> None:
    FLOORS[name] = floor


def refuse(migrant: Migrant) -> None:
    """Raises ValidationError where something new is begun for somebody who has died."""
    if migrant.died_on is not None:
        raise ValidationError(why_not(migrant), code="died")


def why_not(migrant: Migrant) -> str:
    """Words for why nothing new is begun for this person; empty if they live."""
    return (
        ""
        if migrant.died_on is None
        else _("Cette personne est décédée : rien de nouveau ne s’ouvre dans son dossier. En cas d’erreur, le responsable du centre annule le départ noté.")
    )


@service
def record_death(*, actor: User, migrant: Migrant, on: datetime.date) -> Migrant:
    """The person died on this day. Everything open for them is closed; a child they answered for is alone, and flagged.

    It checks no right of its own: it is part of what notes the death (a departure, the end of a follow-up). Noted twice it is one death."""
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    if migrant.died_on is not None:
        return migrant
    migrant.died_on = on
    migrant.version += 1
    migrant.save(update_fields=["died_on", "version"])
    for child in Migrant.objects.select_for_update(of=("self",)).filter(accompanied_by=migrant).order_by("pk"):
        child.accompanied_by = None
        child.version += 1
        child.save(update_fields=["accompanied_by", "version"])
    for floor in FLOORS.values():
        floor.close(actor=actor, migrant=migrant, on=on)
    return migrant


@service
def undo_death(*, actor: User, migrant: Migrant) -> Migrant:
    """The death was noted by mistake: what it closed is open again. Not who answered for whom: that is said anew.

    It checks no right of its own: it is part of undoing what noted the death."""
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    if migrant.died_on is None:
        return migrant
    migrant.died_on = None
    migrant.version += 1
    migrant.save(update_fields=["died_on", "version"])
    for floor in FLOORS.values():
        floor.reopen(actor=actor, migrant=migrant)
    return migrant


def living_only(
    *, after: str = "", operation: pgtrigger.Operation | pgtrigger.Operations = pgtrigger.Insert, condition: pgtrigger.Condition | None = None
) -> pgtrigger.Trigger:
    """For a table with `migrant`: no row for somebody who has died. `after`: a column with a day up to which one may still be written down."""
    still = f" AND died_on < NEW.{after}" if after else ""
    return pgtrigger.Trigger(
        name="living_only",
        when=pgtrigger.Before,
        operation=operation,
        condition=condition,
        func=f"""
            IF EXISTS (SELECT 1 FROM cases_migrant WHERE id = NEW.migrant_id AND died_on IS NOT NULL{still}) THEN
                RAISE EXCEPTION 'person % has died', NEW.migrant_id USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,  # noqa: S608 – names of columns of ours
    )
