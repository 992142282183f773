"""Best-interest assessments and determinations, and the search for the family: protection's alone."""

import datetime
import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from centres.access import allows
from centres.roles import Right
from config.refusals import in_words

from ..cleaning import clean_line, clean_text
from ..models import BestInterest, FamilyTracing, Migrant

# Nobody alone determines what is best for a child. Source: UNHCR Guidelines (2021), part 3: a panel.
LEAST_PANEL = 2
MOST_PANEL = 6


def _locked(actor: User, migrant: Migrant) -> Migrant:
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    if not allows(actor, Right.VIEW_PROTECTION, migrant, writing=True):
        raise PermissionDenied
    return migrant


def _clean(values: dict[str, Any], *, texts: tuple[str, ...], lines: tuple[str, ...] = ()) -> dict[str, Any]:
    cleaned, errors = dict(values), {}
    for names, clean in ((texts, clean_text), (lines, clean_line)):
        for name in names:
            try:
                cleaned[name] = clean(cleaned.get(name, ""))
            except ValidationError as error:
                errors[name] = error
    if errors:
        raise ValidationError(errors)
    return cleaned


def _panel(members: list[dict[str, str]]) -> list[dict[str, str]]:
    found = []
    for member in members:
        try:
            name, function = clean_line(str(member.get("name", "")))[:100], clean_line(str(member.get("function", "")))[:100]
        except ValidationError as error:
            raise ValidationError({"panel": error}) from error
        if bool(name) != bool(function):
            raise ValidationError({"panel": _("Pour chaque membre du panel, écrivez le nom et la fonction.")})
        if name:
            found.append({"name": name, "function": function})
    return found


@service
def record_best_interest(
    *,
    actor: User,
    migrant: Migrant,
    kind: str,
    decided_on: datetime.date,
    panel: list[dict[str, str]],
    options: list[str],
    decision: str,
    reasons: str,
    guardian: str,
    child_view: str,
    valid_until: datetime.date | None = None,
    review_on: datetime.date | None = None,
    id: uuid.UUID | None = None,
) -> BestInterest:
    """Writes down what was found best for a child. A decision is not corrected: a later one takes its place.

    A determination needs a panel of at least two, and what the child says (Convention on the Rights of the Child, art. 12). The
    same `id` again is one record, with other content SameKeyOtherContent. Raises PermissionDenied, ValidationError by field."""
    migrant = _locked(actor, migrant)
    if not migrant.is_minor():
        raise ValidationError(_("Cette personne est adulte : aucune décision d’intérêt supérieur n’est demandée."))
    values = _clean({"reasons": reasons, "child_view": child_view}, texts=("reasons", "child_view"))
    record = BestInterest(
        id=id or uuid.uuid4(),
        migrant=migrant,
        kind=kind,
        decided_on=decided_on,
        panel=_panel(panel),
        options=[option for option in BestInterest.Decision.values if option in options],
        decision=decision,
        guardian=guardian,
        valid_until=valid_until,
        review_on=review_on,
        recorded_by=actor,
        **values,
    )
    errors: dict[str, str] = {}
    if decided_on > timezone.localdate():
        errors["decided_on"] = _("Cette date est dans l’avenir. Notez ce qui a eu lieu.")
    elif decided_on < migrant.born_on or decided_on.year < 2000:
        errors["decided_on"] = _("Cette date n’est pas possible. Vérifiez l’année.")
    if kind == BestInterest.Kind.DETERMINATION and len(record.panel) < LEAST_PANEL:
        errors["panel"] = _("Une détermination est prise par un panel : notez au moins deux membres.")
    if not record.reasons:
        errors["reasons"] = _("Écrivez les motifs de la décision.")
    if not record.child_view:
        errors["child_view"] = _("Écrivez ce que dit l’enfant, ou pourquoi il n’a pas pu être entendu.")
    if decision not in record.options:
        errors["options"] = _("Cochez les solutions qui ont été examinées, et parmi elles celle qui est retenue.")
    if errors:
        raise ValidationError(errors)
    lock_key(record.pk)
    if existing := BestInterest.objects.filter(pk=record.pk).first():
        same = [field.attname for field in BestInterest._meta.concrete_fields if field.name != "recorded_at"]
        if any(getattr(existing, name) != getattr(record, name) for name in same):
            raise SameKeyOtherContent
        return existing
    record.full_clean(exclude=["id", "migrant", "recorded_by"], validate_unique=False)
    with in_words(BestInterest):
        record.save(force_insert=True)
    return record


TRACING_FIELDS = ("asked_on", "office", "sought", "contact", "result", "result_on", "home", "home_on", "note")


def _check_tracing(tracing: FamilyTracing) -> None:
    today, errors = timezone.localdate(), {}
    for name in ("asked_on", "result_on", "home_on"):
        day = getattr(tracing, name)
        if day is not None and not datetime.date(2000, 1, 1) <= day <= today:
            errors[name] = _("Cette date est dans l’avenir. Notez ce qui a eu lieu.") if day > today else _("Cette date n’est pas possible. Vérifiez l’année.")
    if errors:
        raise ValidationError(errors)
    tracing.full_clean(exclude=["id", "migrant", "asked_by"], validate_unique=False)


@service
def ask_for_tracing(*, actor: User, migrant: Migrant, id: uuid.UUID | None = None, **values: Any) -> FamilyTracing:
    """The family is looked for: who asked which office. `values`: any of TRACING_FIELDS. Raises PermissionDenied, ValidationError,
    SameKeyOtherContent."""
    if unknown := set(values) - set(TRACING_FIELDS):
        raise TypeError(f"not of a tracing: {sorted(unknown)}")
    migrant = _locked(actor, migrant)
    tracing = FamilyTracing(id=id or uuid.uuid4(), migrant=migrant, asked_by=actor, **_clean(values, texts=("note",), lines=("office", "sought", "contact")))
    lock_key(tracing.pk)
    if existing := FamilyTracing.objects.filter(pk=tracing.pk).first():
        same = ("migrant_id", "asked_by_id", *(TRACING_FIELDS if existing.version == 1 else ()))
        if any(getattr(existing, name) != getattr(tracing, name) for name in same):
            raise SameKeyOtherContent
        return existing
    _check_tracing(tracing)
    with in_words(FamilyTracing):
        tracing.save(force_insert=True)
    return tracing


@service
def update_tracing(*, actor: User, tracing: FamilyTracing, version: int, **values: Any) -> FamilyTracing:
    """Writes down what came of it. Raises Stale, PermissionDenied, ValidationError."""
    if unknown := set(values) - set(TRACING_FIELDS):
        raise TypeError(f"not of a tracing: {sorted(unknown)}")
    tracing = FamilyTracing.objects.select_for_update(of=("self",)).select_related("migrant").get(pk=tracing.pk)
    if not allows(actor, Right.VIEW_PROTECTION, tracing.migrant, writing=True):
        raise PermissionDenied
    if tracing.version != version:
        raise Stale(tracing)
    texts: dict[str, Any] = {name: values[name] for name in ("office", "sought", "contact", "note") if name in values}
    cleaned = _clean(texts, texts=tuple(name for name in ("note",) if name in texts), lines=tuple(name for name in texts if name != "note"))
    for name, value in (values | cleaned).items():
        setattr(tracing, name, value)
    _check_tracing(tracing)
    tracing.version += 1
    with in_words(FamilyTracing):
        tracing.save()
    return tracing
