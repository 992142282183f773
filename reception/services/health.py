"""The medical and psychosocial detail of what was given: written by health workers and protection officers, read by nobody else."""

import datetime
import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, service
from cases.cleaning import clean_line, clean_text
from cases.models import Migrant
from centres.access import allows, may
from centres.models import Centre, Service
from centres.roles import Right
from config.refusals import in_words

from ..models import CARE, Assistance, HealthRecord
from .assistance import may_withdraw, record_assistance
from .stays import lock_person

FIELDS = ("reason", "findings", "diagnosis", "treatment", "structure", "elsewhere", "return_on")
LONGEST_WAIT = datetime.timedelta(days=366)


@service
def record_care(
    *, actor: User, migrant: Migrant, centre: Centre, service: Service, given_on: datetime.date | None = None, id: uuid.UUID, **detail: Any
) -> tuple[HealthRecord, bool]:
    """A consultation, care, a referral to hospital or a talk, with its detail: two rows, one click. Returns (record, was it made now?).

    The same `id` with the same content is one record, with other content raises SameKeyOtherContent. Raises PermissionDenied, ValidationError."""
    if not may(actor, Right.VIEW_HEALTH, centre):
        raise PermissionDenied
    if service.category not in CARE:
        raise ValidationError({"service": _("Choisissez un soin ou un appui psychosocial.")})
    lock_person(migrant.pk)
    line, created = record_assistance(actor=actor, migrant=migrant, centre=centre, service=service, given_on=given_on, id=id)
    try:
        return write_detail(actor=actor, line=line, version=0, **detail), created
    except Stale as error:
        raise SameKeyOtherContent from error


@service
def write_detail(*, actor: User, line: Assistance, version: int, **detail: Any) -> HealthRecord:
    """The detail of a line that is there already, or its correction; the change history keeps the words from before.

    `version`: the one the actor saw, 0 for none. Raises Stale if somebody wrote meanwhile, PermissionDenied, ValidationError."""
    lock_person(line.migrant_id)
    line = Assistance.objects.select_for_update(of=("self",)).select_related("service", "migrant").get(pk=line.pk)
    if not allows(actor, Right.VIEW_HEALTH, line, writing=True):
        raise PermissionDenied
    if line.service.category not in CARE:
        raise ValidationError(_("Choisissez un soin ou un appui psychosocial."))
    existing = HealthRecord.objects.filter(assistance=line).first()
    record = existing or HealthRecord(assistance=line, written_by=actor)
    before = {name: getattr(record, name) for name in FIELDS}
    for name in FIELDS:
        setattr(record, name, _clean(name, detail.get(name)))
    if existing is not None:
        if before == {name: getattr(record, name) for name in FIELDS}:
            return record  # the same again
        if version != existing.version:
            raise Stale(HealthRecord.objects.get(pk=existing.pk))
        record.version += 1
    elif version:
        raise Stale(None)
    _check(line, record)
    record.clean_fields(exclude=["assistance", "written_by"])
    with in_words(HealthRecord):
        record.save(force_insert=existing is None)
    return record


def _clean(name: str, value: Any) -> Any:
    if name in ("structure", "return_on"):
        return value
    return clean_line(value or "") if name == "elsewhere" else clean_text(value) if (value or "").strip() else ""


def _check(line: Assistance, record: HealthRecord) -> None:
    errors = {}
    if not record.reason:
        errors["reason"] = _("Écrivez le motif.")
    if record.structure is not None and record.elsewhere:
        errors["elsewhere"] = _("Choisissez la structure dans la liste, ou écrivez-la : pas les deux.")
    if record.return_on is not None and not line.given_on <= record.return_on <= line.given_on + LONGEST_WAIT:
        errors["return_on"] = _("Le jour où la personne revient se situe dans l’année qui suit le soin.")
    if errors:
        raise ValidationError(errors)


def may_withdraw_care(user: User, line: Assistance) -> bool:
    """May they take back the line with its detail? Not the words of somebody else."""
    record = HealthRecord.objects.filter(assistance=line).first()
    return may_withdraw(user, line) and (record is None or record.written_by_id == user.pk)
