"""Writes about reintegrations: the case, its five visits, what was delivered. Views and API come here and hold no rules."""

import datetime
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, service
from cases import deaths
from cases.cleaning import clean_line, clean_text
from cases.models import Custody, Migrant
from cases.services import end_reintegration_care, open_custody, refuse_follow_up_if_withdrawn, refuse_if_withdrawn
from centres.access import allows
from centres.models import Centre
from centres.roles import Right
from config.countries import continent
from config.refusals import Together, in_words
from reception.handover import at_handover

from .models import VISIT_MONTHS, ReintegrationCase, Support, Visit, add_months


def _require(actor: User, on: Any) -> None:
    if not allows(actor, Right.MANAGE_REINTEGRATION, on, writing=True):
        raise PermissionDenied


def _text(field: str, table: Any, text: str) -> str:
    """Several lines, fit to keep. Raises ValidationError if they are too long for the field."""
    text, most = clean_text(text), table._meta.get_field(field).max_length
    if len(text) > most:
        raise ValidationError({field: _("Ce texte est trop long : %(most)s signes au plus.") % {"most": most}})
    return text


def continent_of_return(country: str) -> str:
    """Europe or Africa, the two that the action counts (indicator E6). Raises ValidationError with words for any other country."""
    if country == "ML":
        raise ValidationError({"returned_from": _("Choisissez le pays d’où la personne est revenue, hors du Mali.")})
    found = continent(country)
    if not found:
        raise ValidationError({"returned_from": _("L’action soutient les personnes revenues d’Europe ou d’Afrique. Ce pays n’en fait pas partie.")})
    return found


def check_opening(given: Mapping[str, Any]) -> None:
    """As far as it is known. Raises ValidationError by field."""
    together = Together()
    if "returned_from" in given:
        with together.asked():
            continent_of_return(given["returned_from"])
    if given.get("opened_on") is not None and given["opened_on"] > timezone.localdate():
        with together.asked():
            raise ValidationError({"opened_on": _("Cette date est dans l’avenir. Une réintégration s’ouvre le jour même, ou se note après.")})
    together.refuse()


@service
def open_reintegration(
    *,
    actor: User,
    migrant: Migrant,
    kind: str,
    returned_from: str,
    centre: Centre,
    enhanced: bool = False,
    region: str = "",
    opened_on: datetime.date | None = None,
    plan: str = "",
    id: uuid.UUID | None = None,
) -> tuple[ReintegrationCase, bool]:
    """Opens a reintegration with its five visits (months 1, 3, 6, 9 and 12); the antenna that follows the person up may open
    their file from then on, beside the centres that already could. Returns (case, was it made now?).

    The same `id` again with the same content gives the same case; with other content raises SameKeyOtherContent.
    Raises PermissionDenied, and ValidationError with words for the form."""
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    _require(actor, migrant)
    today = timezone.localdate()
    fixed: dict[str, Any] = {"opened_by_id": actor.pk, "migrant_id": migrant.pk, "kind": kind, "returned_from": returned_from, "centre_id": centre.pk}
    fixed |= {"opened_on": opened_on} if opened_on else {}
    revisable: dict[str, Any] = {"enhanced": enhanced, "region": clean_line(region), "plan": _text("plan", ReintegrationCase, plan)}
    if id is not None and (existing := ReintegrationCase.objects.filter(pk=id).first()):
        sent = fixed | (revisable if existing.version == 1 else {})
        if any(getattr(existing, name) != value for name, value in sent.items()):
            raise SameKeyOtherContent
        return existing, False
    deaths.refuse(migrant)
    refuse_if_withdrawn(migrant)
    check_opening({"returned_from": returned_from, "opened_on": opened_on})
    case = ReintegrationCase(**{"id": id or uuid.uuid4(), "opened_on": today, "returned_from_continent": continent_of_return(returned_from), **fixed, **revisable})
    case.full_clean(exclude=["id", "migrant", "centre", "opened_by"], validate_unique=False)
    with in_words(ReintegrationCase, Visit):
        case.save(force_insert=True)
        for month in VISIT_MONTHS:
            Visit.objects.create(case=case, month=month, due_on=add_months(case.opened_on, month))
    open_custody(actor=actor, migrant=migrant, centre=centre, reason=Custody.Reason.REINTEGRATION, exclusive=False)
    return case, True


def _locked_case(actor: User, case: ReintegrationCase, version: int | None = None) -> ReintegrationCase:
    """The row as it is now, nobody else's until the end. Raises PermissionDenied, and Stale if it is not the one the user saw."""
    case = ReintegrationCase.objects.select_for_update(of=("self",)).select_related("migrant", "centre").get(pk=case.pk)
    _require(actor, case)
    if version is not None and case.version != version:
        raise Stale(case)
    return case


def _check_open(case: ReintegrationCase) -> None:
    if case.state != ReintegrationCase.State.OPEN:
        raise ValidationError(_("Cette réintégration est close : plus rien ne s’y ajoute."))


@service
def revise_plan(*, actor: User, case: ReintegrationCase, version: int, plan: str, enhanced: bool, region: str) -> ReintegrationCase:
    """Writes the plan anew, and whether the support is reinforced. Raises Stale, PermissionDenied, ValidationError."""
    case = _locked_case(actor, case, version)
    _check_open(case)
    before = case.plan, case.enhanced, case.region
    case.plan, case.enhanced, case.region = _text("plan", ReintegrationCase, plan), enhanced, clean_line(region)
    if before == (case.plan, case.enhanced, case.region):
        return case  # the same again is no new version
    case.version += 1
    case.full_clean(exclude=["id", "migrant", "centre", "opened_by"], validate_unique=False)
    case.save()
    return case


def check_visit(visit: Visit, given: Mapping[str, Any]) -> None:
    """As far as it is known. Raises ValidationError by field."""
    errors: dict[str, Any] = {}
    done_on = given.get("done_on")
    if done_on is not None and done_on > timezone.localdate():
        errors["done_on"] = _("Cette date est dans l’avenir. Notez la visite quand elle est faite.")
    elif done_on is not None and done_on < visit.earliest:
        errors["done_on"] = _("Cette visite est trop tôt : elle se fait au plus quatorze jours avant la date prévue.")
    if "situation" in given and not given["situation"]:
        errors["situation"] = _("Choisissez comment va la personne.")
    if errors:
        raise ValidationError(errors)


@service
def record_visit(*, actor: User, visit: Visit, version: int, done_on: datetime.date, situation: str, note: str = "") -> Visit:
    """Fills in a visit that was made, or puts it right while the case is open. At the earliest fourteen days before its day.

    Raises Stale, PermissionDenied, ValidationError."""
    # The case first: closing it and recording its last visit come one after the other.
    case = _locked_case(actor, visit.case)
    visit = Visit.objects.select_for_update(of=("self",)).get(pk=visit.pk)
    if visit.version != version:
        raise Stale(visit)
    _check_open(case)
    refuse_follow_up_if_withdrawn(case.migrant)
    check_visit(visit, {"done_on": done_on, "situation": situation})
    before = visit.done_on, visit.situation, visit.note
    visit.done_on, visit.situation, visit.note = done_on, situation, _text("note", Visit, note)
    if before == (visit.done_on, visit.situation, visit.note):
        visit.case = case
        return visit  # the same again is no new version, and stays the visit of whoever made it
    visit.done_by = actor
    visit.version += 1
    visit.full_clean(exclude=["id", "case", "done_by"], validate_unique=False)
    with in_words(Visit):
        visit.save()
    visit.case = case
    return visit


def check_support(case: ReintegrationCase, given: Mapping[str, Any]) -> None:
    """As far as it is known. Raises ValidationError by field."""
    day = given.get("delivered_on")
    if day is not None and day > timezone.localdate():
        raise ValidationError({"delivered_on": _("Cette date est dans l’avenir. Notez l’appui quand il est remis.")})
    if day is not None and day < case.opened_on:
        raise ValidationError({"delivered_on": _("L’appui ne peut pas précéder l’ouverture de la réintégration.")})


@service
def record_support(
    *,
    actor: User,
    case: ReintegrationCase,
    kind: str,
    delivered_on: datetime.date,
    amount: Decimal | int | None = None,
    id: uuid.UUID | None = None,
) -> tuple[Support, bool]:
    """Writes down something delivered. Returns (support, was it made now?). The same `id` again is one delivery; with other content
    raises SameKeyOtherContent. Raises PermissionDenied, ValidationError."""
    case = _locked_case(actor, case)
    if id is not None and (existing := Support.objects.filter(pk=id).first()):
        if (existing.case_id, existing.kind, existing.delivered_on, existing.amount) != (case.pk, kind, delivered_on, amount):
            raise SameKeyOtherContent
        return existing, False
    _check_open(case)
    check_support(case, {"delivered_on": delivered_on})
    support = Support(id=id or uuid.uuid4(), case=case, kind=kind, delivered_on=delivered_on, amount=amount, recorded_by=actor)
    support.full_clean(exclude=["id", "case", "recorded_by"], validate_unique=False)
    with in_words(Support):
        support.save(force_insert=True)
    return support, True


def still_missing(case: ReintegrationCase, on: datetime.date) -> list[str]:
    """In words, what stands between the case and being closed on this day as completed."""
    words = []
    if on < case.may_complete_from:
        words.append(_("Une réintégration n’est menée à terme qu’après douze mois de suivi."))
    if not any(visit.month == VISIT_MONTHS[-1] and visit.done_on is not None for visit in case.visits.all()):
        words.append(_("La dernière visite, celle du mois 12, n’est pas encore faite."))
    return words


def check_closing(case: ReintegrationCase, given: Mapping[str, Any]) -> None:
    """As far as it is known. Raises ValidationError by field."""
    errors: dict[str, Any] = {}
    state, closed_on = given.get("state"), given.get("closed_on")
    if state is not None and (state not in ReintegrationCase.State.values or state == ReintegrationCase.State.OPEN):
        errors["state"] = _("Choisissez comment le suivi se termine.")
    if closed_on is not None:
        last = case.visits.filter(done_on__isnull=False).order_by("-done_on").first()
        if closed_on > timezone.localdate():
            errors["closed_on"] = _("Cette date est dans l’avenir.")
        elif closed_on < case.opened_on:
            errors["closed_on"] = _("La fin ne peut pas précéder le début.")
        elif last is not None and last.done_on is not None and closed_on < last.done_on:
            errors["closed_on"] = _("Une visite a été faite après ce jour : la fin ne peut pas la précéder.")
        if state == ReintegrationCase.State.COMPLETED and (words := still_missing(case, closed_on)):
            errors["state"] = words
    if errors:
        raise ValidationError(errors)


@service
def close_case(*, actor: User, case: ReintegrationCase, state: str, closed_on: datetime.date, version: int) -> ReintegrationCase:
    """Ends the follow-up. Completed only after twelve months and the last visit; lost, gone again, withdrawn or died at any time.

    Raises Stale, PermissionDenied, ValidationError."""
    case = _locked_case(actor, case, version)
    _check_open(case)
    check_closing(case, {"state": state, "closed_on": closed_on})
    case.state, case.closed_on = state, closed_on
    case.version += 1
    case.full_clean(exclude=["id", "migrant", "centre", "opened_by"], validate_unique=False)
    with in_words(ReintegrationCase):
        case.save()
    end_reintegration_care(actor=actor, migrant=case.migrant, centre=case.centre)
    if state == ReintegrationCase.State.DIED:
        deaths.record_death(actor=actor, migrant=case.migrant, on=closed_on)
    return case


# --- a death -------------------------------------------------------------------------------------------------------


def close_for_death(*, actor: User, migrant: Migrant, on: datetime.date) -> None:
    """Closes the open reintegration of somebody who died. The person's row is locked."""
    for case in ReintegrationCase.objects.open().select_for_update(of=("self",)).filter(migrant=migrant):
        last = case.visits.filter(done_on__isnull=False).order_by("-done_on").values_list("done_on", flat=True).first()
        case.state, case.closed_on = ReintegrationCase.State.DIED, max(day for day in (on, case.opened_on, last) if day is not None)
        case.version += 1
        case.save()
        end_reintegration_care(actor=actor, migrant=migrant, centre=case.centre)


def reopen_after_death(*, actor: User, migrant: Migrant) -> None:
    """Where a death was noted by mistake: the reintegration that it closed goes on."""
    died = ReintegrationCase.objects.filter(migrant=migrant, state=ReintegrationCase.State.DIED)
    case = died.select_for_update(of=("self",)).order_by("-opened_on", "-id").first()
    if case is not None:
        case.state, case.closed_on = ReintegrationCase.State.OPEN, None
        case.version += 1
        case.save()
        open_custody(actor=actor, migrant=migrant, centre=case.centre, reason=Custody.Reason.REINTEGRATION, exclusive=False)


deaths.register("reintegration", deaths.Floor(close_for_death, reopen_after_death))


# --- a transfer ----------------------------------------------------------------------------------------------------


@at_handover
def follow_the_person(actor: User, migrant: Migrant, centre: Centre) -> None:
    """The antenna of the centre that receives the person goes on with the visits: a transfer moves all care. Their row is locked."""
    for case in ReintegrationCase.objects.open().select_for_update(of=("self",)).filter(migrant=migrant):
        if case.centre_id != centre.pk:
            case.centre = centre
            case.version += 1
            case.save(update_fields=["centre", "version"])
        open_custody(actor=actor, migrant=migrant, centre=centre, reason=Custody.Reason.REINTEGRATION, exclusive=False)
