"""Writes about voluntary returns. Views and API come here and hold no rules."""

import datetime
import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, service
from cases.cleaning import clean_line
from cases.models import Custody, Migrant
from centres.access import allows, centres_for
from centres.models import Centre
from centres.roles import Right
from config.countries import country_choices
from config.refusals import in_words
from reception.departures import end_stay_for_return
from reception.models import Stay

from .models import ReturnCase
from .workflow import GONE, STEPS, STOPPED, State, may_follow, missing

HOME = "ML"


def centre_of(actor: User, migrant: Migrant) -> Centre | None:
    """The centre at which this user conducts the person's return: of those that care for the person now, the latest."""
    here = centres_for(actor, Right.MANAGE_RETURN)
    custody = Custody.objects.filter(migrant=migrant, centre__in=here, until__isnull=True).select_related("centre").order_by("-since", "-pk").first()
    return custody.centre if custody else None


def why_not(migrant: Migrant, *, country_from: str = HOME) -> str:
    """Words for why no voluntary return can be opened for this person; empty if one can."""
    if ReturnCase.objects.open().filter(migrant=migrant).exists():
        return _("Cette personne a déjà un retour en préparation.")
    if country_from == HOME and migrant.nationality == HOME:
        return _("Cette personne est malienne et se trouve au Mali : elle est déjà dans son pays. Voyez plutôt la réintégration.")
    if country_from != HOME:
        # Action document 3.2: in cases of forced return, help is given only once the person is on home soil.
        last = Stay.objects.filter(migrant=migrant).order_by("-arrived_at").first()
        if last is not None and last.origin == Stay.Origin.FORCED_RETURN:
            return _(
                "Cette personne est revenue par un retour forcé : l’aide ne commence qu’une fois dans son pays. Aucun retour volontaire ne s’ouvre depuis l’étranger."
            )
    return ""


@service
def open_return(*, actor: User, migrant: Migrant, country_to: str, place_to: str = "", country_from: str = HOME, id: uuid.UUID | None = None) -> tuple[ReturnCase, bool]:
    """Opens the voluntary return that the person asks for. Returns (case, was it made now?).

    The same `id` again with the same content gives the same case; with other content raises SameKeyOtherContent.
    Raises PermissionDenied, and ValidationError with words for the form."""
    # One person, one open return: two officers at once come one after the other.
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    centre = centre_of(actor, migrant)
    if centre is None:
        raise PermissionDenied
    place_to = clean_line(place_to)
    if id is not None and (existing := ReturnCase.objects.filter(pk=id).first()):
        asked = (actor.pk, migrant.pk, country_to, place_to, country_from)
        if (existing.opened_by_id, existing.migrant_id, existing.country_to, existing.place_to, existing.country_from) != asked:
            raise SameKeyOtherContent
        return existing, False
    case = ReturnCase(
        id=id or uuid.uuid4(),
        migrant=migrant,
        centre=centre,
        opened_by=actor,
        country_from=country_from,
        country_to=country_to,
        place_to=place_to,
        minor=migrant.is_minor(),
    )
    _check_countries(case)
    if words := why_not(migrant, country_from=country_from):
        raise ValidationError(words)
    _save(case, new=True)
    return case, True


def _check_countries(case: ReturnCase) -> None:
    known = dict(country_choices())
    errors = {name: _("Choisissez un pays dans la liste.") for name in ("country_from", "country_to") if getattr(case, name) not in known}
    if not errors and case.country_from == case.country_to:
        errors["country_to"] = _("Le pays de destination est celui du départ.")
    if errors:
        raise ValidationError(errors)


def _save(case: ReturnCase, *, new: bool = False) -> None:
    case.full_clean(exclude=["id", "migrant", "centre", "opened_by"], validate_unique=False)
    with in_words(ReturnCase):
        case.save(force_insert=new)
    if new:
        case.refresh_from_db(fields=["minor"])


def _locked(actor: User, right: Right, case: ReturnCase, version: int) -> ReturnCase:
    """The row as it is now, nobody else's until the end. Raises PermissionDenied, and Stale if it is not the one the user saw."""
    case = ReturnCase.objects.select_for_update(of=("self",)).select_related("migrant", "centre").get(pk=case.pk)
    if not allows(actor, right, case, writing=True):
        raise PermissionDenied
    if case.version != version:
        raise Stale(case)
    return case


def _set(case: ReturnCase, allowed: tuple[str, ...], fields: dict[str, Any]) -> bool:
    """Sets what is allowed at this step. Returns whether anything is other than before. Raises ValidationError."""
    if unknown := set(fields) - set(allowed):
        raise ValidationError({name: _("Ce champ n’appartient pas à cette étape.") for name in sorted(unknown)})
    before = {name: getattr(case, name) for name in fields}
    for name, value in fields.items():
        if isinstance(value, datetime.datetime):
            value = value.date()
        setattr(case, name, clean_line(value) if isinstance(value, str) else value)
    return before != {name: getattr(case, name) for name in fields}


@service
def move(*, actor: User, case: ReturnCase, to: str, version: int, **fields: Any) -> ReturnCase:
    """Takes the case one step further, with what is written down at this step (`workflow.STEPS[to].fields`).

    Raises Stale if `version` is no longer current (the row is locked: of many at once one moves it), PermissionDenied, and
    ValidationError for a way that does not exist or for what is still missing. On departure an open stay in a centre ends."""
    case = _locked(actor, Right.MANAGE_RETURN, case, version)
    step = State(to) if to in State.values else None
    if step is None or not may_follow(case.state, step):
        raise ValidationError({"to": _("Un retour « %(state)s » ne peut pas passer à cette étape.") % {"state": case.get_state_display()}})
    if step in STOPPED:
        fields.setdefault("ended_on", timezone.localdate())
    _set(case, STEPS[step].fields, fields)
    # An identity put right since the case was opened may have shown a child.
    case.minor = case.minor or (step not in (*GONE, *STOPPED) and case.migrant.is_minor(case.opened_on))
    if problems := missing(case, step, timezone.localdate()):
        raise ValidationError(problems)
    case.state = step
    case.version += 1
    _save(case)
    if step == State.DEPARTED and case.departed_on is not None and case.country_from == HOME:
        end_stay_for_return(actor=actor, migrant=case.migrant, on=case.departed_on)
    return case


@service
def correct(*, actor: User, case: ReturnCase, version: int, **fields: Any) -> ReturnCase:
    """Puts right what was written at the present step, or renews a document while the person waits; not after departure.

    Raises Stale, PermissionDenied, ValidationError."""
    case = _locked(actor, Right.MANAGE_RETURN, case, version)
    step = STEPS[State(case.state)]
    if not step.correctable:
        raise ValidationError(_("Ce retour ne se corrige plus : la personne est partie, ou il est clos."))
    if not _set(case, step.correctable, fields):
        return case  # the same again is no new version
    problems = {name: words for name, words in missing(case, case.state, timezone.localdate()).items() if name in step.correctable}
    if case.state == State.READY and case.document_valid_until and case.document_valid_until <= timezone.localdate() and "document_valid_until" in fields:
        problems["document_valid_until"] = _("Ce document n’est plus valable : il en faut un valable après aujourd’hui.")
    if problems:
        raise ValidationError(problems)
    _check_countries(case)
    case.version += 1
    _save(case)
    return case


@service
def record_best_interest(*, actor: User, case: ReturnCase, decided_on: datetime.date, version: int) -> ReturnCase:
    """Writes down the best-interest decision for a child; the protection officer's alone. Without it no child is ready to depart.

    Raises Stale, PermissionDenied, ValidationError."""
    case = _locked(actor, Right.VIEW_PROTECTION, case, version)
    if not case.minor:
        raise ValidationError(_("Cette personne est adulte : aucune décision d’intérêt supérieur n’est demandée."))
    if not case.is_open or case.state in GONE:
        raise ValidationError(_("Ce retour ne se prépare plus : la personne est partie, ou il est clos."))
    if decided_on > timezone.localdate():
        raise ValidationError({"best_interest_on": _("Cette date est dans l’avenir. Notez ce qui a eu lieu.")})
    if case.best_interest_on == decided_on:
        return case
    case.best_interest_on = decided_on
    case.version += 1
    _save(case)
    return case
