"""Writes about voluntary returns. Views and API come here and hold no rules."""

import copy
import datetime
import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, service
from cases import deaths
from cases.cleaning import clean_line
from cases.models import BestInterest, Consent, Custody, Migrant
from cases.services import refuse_if_withdrawn, require_consent
from centres.access import allows, centres_for
from centres.models import Centre
from centres.roles import Right
from config.countries import country_choices
from config.refusals import Together, in_words
from reception.departures import end_stay_for_return
from reception.handover import at_handover
from reception.models import Stay
from reception.services.stays import lock_person
from reception.whereabouts import why_missing

from .models import MISSING, ReturnCase
from .workflow import GONE, LEAVING, STEPS, STOPPED, WAY, State, may_follow, missing

HOME = "ML"
# Papers that only the consulate of the person's country gives: asking for one tells it who is here.
CONSULAR = (ReturnCase.Document.CONSULAR_CARD, ReturnCase.Document.LAISSEZ_PASSER)


def centre_of(actor: User, migrant: Migrant) -> Centre | None:
    """The centre at which this user conducts the person's return: of those that care for the person now, the latest."""
    here = centres_for(actor, Right.MANAGE_RETURN)
    custody = Custody.objects.filter(migrant=migrant, centre__in=here, until__isnull=True).select_related("centre").order_by("-since", "-pk").first()
    return custody.centre if custody else None


def why_not(migrant: Migrant, *, country_from: str = HOME) -> str:
    """Words for why no voluntary return can be opened for this person; empty if one can."""
    if words := deaths.why_not(migrant):
        return words
    if ReturnCase.objects.open().filter(migrant=migrant).exists():
        return _("Cette personne a déjà un retour en préparation.")
    if country_from == HOME and migrant.nationality == HOME:
        return _("Cette personne est malienne et se trouve au Mali : elle est déjà dans son pays. Voyez plutôt la réintégration.")
    if country_from != HOME:
        # Action document 3.2: in cases of forced return, help is given only once the person is on home soil.
        last = Stay.objects.filter(migrant=migrant).new_arrivals().order_by("-arrived_at").first()
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
    )
    _check_countries(case)
    if words := why_not(migrant, country_from=country_from):
        raise ValidationError(words)
    refuse_if_withdrawn(migrant)
    _save(case, new=True)
    return case, True


def check_countries(given: Mapping[str, Any]) -> None:
    """As far as they are known. Raises ValidationError."""
    known = dict(country_choices())
    errors = {name: _("Choisissez un pays dans la liste.") for name in ("country_from", "country_to") if name in given and given[name] not in known}
    if not errors and "country_to" in given and given.get("country_from") == given["country_to"]:
        errors["country_to"] = _("Le pays de destination est celui du départ.")
    if errors:
        raise ValidationError(errors)


def _check_countries(case: ReturnCase) -> None:
    check_countries({"country_from": case.country_from, "country_to": case.country_to})


def check_step(case: ReturnCase, to: str, given: Mapping[str, Any]) -> None:
    """What would stand against this step with what is typed so far. Nothing is kept. Raises ValidationError."""
    if to not in State.values or not may_follow(case.state, State(to)):
        return
    trial, names = copy.copy(case), STEPS[State(to)].fields
    together = Together()
    with together.asked():
        _set(trial, names, {name: given[name] for name in names if name in given})
        know_best_interest(trial)
        raise ValidationError(missing(trial, State(to), timezone.localdate()))
    with together.asked():
        _check_consulate(trial, {name: given[name] for name in names if name in given})
    together.refuse()


def _check_consulate(case: ReturnCase, fields: dict[str, Any]) -> None:
    """A document of the consulate is written down only if the person agreed to be named there. Raises ValidationError."""
    if fields.get("document") in CONSULAR:
        try:
            require_consent(case.migrant, Consent.Purpose.CONSULATE)
        except ValidationError as error:
            raise ValidationError({"document": error}) from error


def _save(case: ReturnCase, *, new: bool = False) -> None:
    case.full_clean(exclude=["id", "migrant", "centre", "opened_by"], validate_unique=False)
    with in_words(ReturnCase, triggers={MISSING: _("La personne manque à l’appel du soir : pas de départ tant que personne ne l’a vue.")}):
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


def know_best_interest(case: ReturnCase) -> None:
    """Reads anew whether a determination lets the child travel: on the day of departure where one is set, else today. The database asks
    the same of itself when the case is written."""
    if case.is_open and case.state not in GONE:
        case.minor = case.of_child
        found = BestInterest.objects.determination_for_return(case.migrant, case.departed_on) if case.of_child else None
        case.best_interest_on = found.decided_on if found else None


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


def why_waits(case: ReturnCase, step: State | None) -> str:
    """Words for why this step out of the centre waits: the person is missing, and nobody has found them. Empty if it does not. The database refuses
    the same (returns.models)."""
    return why_missing(case.migrant, case.departed_on) if step in LEAVING else ""


@service
def move(*, actor: User, case: ReturnCase, to: str, version: int, **fields: Any) -> ReturnCase:
    """Takes the case one step further, with what is written down at this step (`workflow.STEPS[to].fields`).

    Raises Stale if `version` is no longer current (the row is locked: of many at once one moves it), PermissionDenied, and
    ValidationError for a way that does not exist or for what is still missing. On departure an open stay in a centre ends."""
    lock_person(case.migrant_id)  # the roll-call that misses them comes before this step, or after it
    case = _locked(actor, Right.MANAGE_RETURN, case, version)
    step = State(to) if to in State.values else None
    if step is None or not may_follow(case.state, step):
        raise ValidationError({"to": _("Un retour « %(state)s » ne peut pas passer à cette étape.") % {"state": case.get_state_display()}})
    if step in STOPPED:
        fields.setdefault("ended_on", timezone.localdate())
    _set(case, STEPS[step].fields, fields)
    know_best_interest(case)
    together = Together()
    with together.asked():
        raise ValidationError(missing(case, step, timezone.localdate()))
    with together.asked():
        if words := why_waits(case, step):
            raise ValidationError(words, code="missing")
    with together.asked():
        _check_consulate(case, fields)
    together.refuse()
    case.state = step
    case.version += 1
    _save(case)
    if step in GONE and case.departed_on is not None:
        # At the arrival too, for a stay that was open when the return came into the register as departed.
        later = step == State.ARRIVED or case.country_from != HOME
        end_stay_for_return(actor=actor, migrant=case.migrant, on=case.departed_on, later=later)
    return case


@service
def correct(*, actor: User, case: ReturnCase, version: int, **fields: Any) -> ReturnCase:
    """Puts right what was written at the present step, or renews a document while the person waits; not after departure.

    Raises Stale, PermissionDenied, ValidationError."""
    case = _locked(actor, Right.MANAGE_RETURN, case, version)
    step = STEPS[State(case.state)]
    if not step.correctable:
        raise ValidationError(_("Ce retour ne se corrige plus : la personne est partie, ou il est clos."))
    renewed = any(name in fields and fields[name] != getattr(case, name) for name in ("document", "document_valid_until"))
    if not _set(case, step.correctable, fields):
        return case  # the same again is no new version
    if case.state != State.READY:  # asked again before departure; until then a paper may be renewed
        know_best_interest(case)
    problems = {name: words for name, words in missing(case, case.state, timezone.localdate()).items() if name in step.correctable}
    if case.state == State.READY and case.document_valid_until and case.document_valid_until <= timezone.localdate() and "document_valid_until" in fields:
        problems["document_valid_until"] = _("Ce document n’est plus valable : il en faut un valable après aujourd’hui.")
    if problems:
        raise ValidationError(problems)
    if renewed:
        _check_consulate(case, fields)
    _check_countries(case)
    case.version += 1
    _save(case)
    return case


# --- a death -------------------------------------------------------------------------------------------------------


def close_for_death(*, actor: User, migrant: Migrant, on: datetime.date) -> None:
    """Closes the open return of somebody who died. The person's row is locked."""
    for case in ReturnCase.objects.open().select_for_update(of=("self",)).filter(migrant=migrant):
        case.state, case.end_reason = State.DIED, _("Décès de la personne")
        case.ended_on = max(day for day in (on, case.opened_on, case.departed_on) if day is not None)
        case.version += 1
        _save(case)


def reopen_after_death(*, actor: User, migrant: Migrant) -> None:
    """Where a death was noted by mistake: the return that it closed goes on at the step it had reached."""
    case = ReturnCase.objects.select_for_update(of=("self",)).filter(migrant=migrant, state=State.DIED).order_by("-opened_on", "-id").first()
    if case is not None:
        reached = (case.opened_on, case.counselled_on, case.declaration_signed_on, case.document_valid_until, case.fit_until, case.departed_on)
        case.state = next(state for state, day in reversed(list(zip(WAY, reached, strict=False))) if day is not None)
        case.ended_on, case.end_reason = None, ""
        case.version += 1
        _save(case)


deaths.register("returns", deaths.Floor(close_for_death, reopen_after_death))


# --- a transfer ----------------------------------------------------------------------------------------------------


@at_handover
def follow_the_person(actor: User, migrant: Migrant, centre: Centre) -> None:
    """The open return goes along to the centre that receives the person. Their row is locked."""
    for case in ReturnCase.objects.open().select_for_update(of=("self",)).filter(migrant=migrant).exclude(centre=centre):
        case.centre = centre
        case.version += 1
        case.save(update_fields=["centre", "version"])
