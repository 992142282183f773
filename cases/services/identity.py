"""Registering somebody, correcting who they are, and who cares for them."""

import datetime
import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

import names
from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from centres.access import allows, may
from centres.models import Area, Centre
from centres.roles import Right

from .. import case_numbers, consents
from ..cleaning import clean_languages, clean_line, clean_name, clean_nationality, clean_phone
from ..models import CaseCounter, Consent, Custody, Household, Migrant, Precision, RegistrationGroup, earliest_birth, index_keys, latest_of, years_before
from ..sealed import equality_key
from .agreements import refuse_if_withdrawn
from .consents import clean_agreement
from .documents import add_document
from .pairs import ring_after_commit

CONSENT_TEXT_VERSION = consents.CURRENT_VERSION

OLDEST = 120  # years: nobody was ever older for long
# Asked of everybody; the rest as far as the person says it.
CORE_FIELDS = ("surname", "given_names", "sex", "born_on", "birth_precision", "nationality", "phone")
FURTHER_FIELDS = (
    "other_names",
    "father_given_names",
    "mother_given_names",
    "second_nationality",
    "origin_country",
    "origin_area",
    "origin_place",
    "languages",
    "marital_status",
    "other_phone",
    "household_role",
    "arrival_kind",
    "arrived_on",
)
IDENTITY_FIELDS = (*CORE_FIELDS, *FURTHER_FIELDS)
# Rows in one statement.
WRITTEN_AT_ONCE = 1000
# They decide whether somebody is a child, and whether it is alone: put right whatever the person agreed to.
PROTECTING_FIELDS = frozenset({"born_on", "birth_precision", "accompanied_by"})

CLEANERS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("surname", clean_name),
    ("given_names", clean_name),
    ("other_names", clean_name),
    ("father_given_names", clean_name),
    ("mother_given_names", clean_name),
    ("phone", clean_phone),
    ("other_phone", clean_phone),
    ("nationality", clean_nationality),
    ("second_nationality", lambda code: clean_nationality(code) if code else ""),
    ("origin_country", lambda code: clean_nationality(code) if code else ""),
    ("origin_place", clean_line),
    ("languages", clean_languages),
)


def latest_birth(year: int, month: int | None, day: int | None, *, estimated: bool = False) -> tuple[datetime.date, Precision]:
    """The latest day the birth can have been, and how exactly it is known. Raises ValueError for a day that isn't one."""
    if day is not None and month is not None:
        return datetime.date(year, month, day), Precision.DAY
    if month is not None:
        return latest_of(datetime.date(year, month, 1), Precision.MONTH), Precision.MONTH
    return datetime.date(year, 12, 31), Precision.AGE if estimated else Precision.YEAR


def clean_identity(identity: dict[str, Any]) -> dict[str, Any]:
    """The identity fields given, fit to keep. Raises ValidationError with words for each field."""
    cleaned, errors = dict(identity), {}
    for name, clean in CLEANERS:
        if name in cleaned:
            try:
                cleaned[name] = clean(cleaned[name])
            except ValidationError as error:
                errors[name] = error
    if "born_on" in cleaned:
        cleaned["born_on"] = latest_of(cleaned["born_on"], cleaned["birth_precision"])
        if earliest_birth(cleaned["born_on"], cleaned["birth_precision"]) > timezone.localdate():
            errors["born_on"] = ValidationError(_("La naissance ne peut pas être dans l’avenir."), code="future")
        elif cleaned["born_on"] < years_before(timezone.localdate(), OLDEST):
            errors["born_on"] = ValidationError(_("Personne n’a plus de %(n)s ans : vérifiez l’année de naissance.") % {"n": OLDEST}, code="oldest")
    if (arrived := cleaned.get("arrived_on")) and not datetime.date(2000, 1, 1) <= arrived <= timezone.localdate():
        errors["arrived_on"] = ValidationError(_("L’arrivée ne peut pas être dans l’avenir ni avant 2000."), code="arrival")
    if errors:
        raise ValidationError(errors)
    return cleaned


def index_name(migrant: Migrant) -> None:
    """Found by every name the person goes by, and by those on files that were joined to this one."""
    full = f"{migrant.given_names} {migrant.surname} {migrant.other_names}"
    if not migrant._state.adding:
        joined = migrant.merged_files.order_by("registered_at").values_list("given_names", "surname", "other_names")
        full = " ".join([full, *(name for row in joined for name in row)])
    migrant.name_keys = index_keys(full)
    migrant.search_text = " ".join(names.tokens(full))[:250]


def take_case_numbers(centre: Centre, year: int, many: int = 1) -> list[str]:
    """The next case numbers of a centre, in order. The counter stays locked until the transaction ends."""
    CaseCounter.objects.get_or_create(centre=centre, year=year)
    counter = CaseCounter.objects.select_for_update().get(centre=centre, year=year)
    taken: list[str] = []
    while len(taken) < many:
        counter.last += 1
        if number := case_numbers.compose(centre.code, year, counter.last):
            taken.append(number)
    counter.save(update_fields=["last"])
    return taken


@dataclass(frozen=True)
class Registration:
    """A registration that keeps all the rules, not yet written: the person without a case number, and what they agreed to."""

    migrant: Migrant
    agreements: list[Consent]


def refuse_without_consent(purposes: tuple[str, ...]) -> None:
    """Raises ValidationError, with words, where the person does not agree to be registered."""
    if Consent.Purpose.REGISTRATION not in purposes:
        refusal = _("Sans l’accord de la personne pour l’enregistrement, rien ne peut être noté. Expliquez-lui ses droits et demandez-le-lui.")
        raise ValidationError({"consent_purposes": refusal})


def prepare_registration(
    *,
    actor: User,
    centre: Centre,
    id: uuid.UUID,
    at: datetime.datetime,
    consent_method: str,
    consent_purposes: tuple[str, ...],
    consent_language: str = "fra",
    consent_witness: str = "",
    accompanied_by: Migrant | None = None,
    group: RegistrationGroup | None = None,
    document: dict[str, Any] | None = None,
    **identity: Any,
) -> Registration:
    """The one place with the rules of a registration: of the form, the API and an import of a list alike. Writes nothing.

    `identity`: any of IDENTITY_FIELDS. Raises PermissionDenied, and ValidationError with words for each field. Without consent to
    registration nothing is kept (action document 4.6; IOM data protection principle 4)."""
    if unknown := set(identity) - set(IDENTITY_FIELDS):
        raise TypeError(f"not identity: {sorted(unknown)}")
    if not may(actor, Right.REGISTER, centre):
        raise PermissionDenied
    refuse_without_consent(consent_purposes)
    identity = clean_identity(identity)
    purposes = sorted(set(consent_purposes))
    said = [
        f"{name}={value.pk if isinstance(value, Area) else value}" if name in FURTHER_FIELDS else value
        for name, value in identity.items()
        if name not in FURTHER_FIELDS or value
    ]
    digest = _digest(
        id,
        centre.code,
        *said,
        consent_method,
        consent_language,
        *purposes,
        accompanied_by.pk if accompanied_by else "",
        *([f"witness={consent_witness}"] if consent_witness else ()),
        *([f"group={group.pk}"] if group else ()),
        *(f"document.{name}={_untold(name, value)}" for name, value in sorted((document or {}).items()) if value),
    )
    migrant = Migrant(
        id=id,
        registered_centre=centre,
        registered_at=at,
        registered_by=actor,
        registered_digest=digest,
        accompanied_by=accompanied_by,
        registration_group=group,
        household=group.household if group else None,
        case_number="-",
        **identity,
    )
    _check_rules(migrant)
    agreements = [
        Consent(
            migrant=migrant,
            purpose=purpose,
            text_version=CONSENT_TEXT_VERSION,
            language=consent_language,
            method=consent_method,
            witness=consent_witness,
            given_at=at,
            taken_by=actor,
        )
        for purpose in purposes
    ]
    for agreement in agreements:
        check_agreement(agreement)
    index_name(migrant)
    return Registration(migrant, agreements)


def is_same_registration(existing: Migrant, registration: Registration) -> bool:
    """Was this person registered with just this content? Raises SameKeyOtherContent if the key is another's."""
    asked = registration.migrant
    if existing.registered_by_id != asked.registered_by_id or existing.registered_digest != asked.registered_digest:
        raise SameKeyOtherContent
    return True


def write_registrations(registrations: list[Registration], numbers: list[str]) -> None:
    """Writes prepared registrations, each under its case number: person, custody, agreements. The only place where people begin."""
    for registration, number in zip(registrations, numbers, strict=True):
        registration.migrant.case_number = number
    Migrant.objects.bulk_create([one.migrant for one in registrations], batch_size=WRITTEN_AT_ONCE)
    Custody.objects.bulk_create(
        [Custody(migrant=one.migrant, centre=one.migrant.registered_centre, since=one.migrant.registered_at, reason=Custody.Reason.REGISTERED) for one in registrations],
        batch_size=WRITTEN_AT_ONCE,
    )
    Consent.objects.bulk_create([agreement for one in registrations for agreement in one.agreements], batch_size=WRITTEN_AT_ONCE)


@service
def register_migrant(
    *,
    actor: User,
    centre: Centre,
    id: uuid.UUID,
    surname: str,
    given_names: str,
    sex: str,
    born_on: datetime.date,
    birth_precision: str,
    nationality: str,
    phone: str = "",
    consent_method: str,
    consent_purposes: tuple[str, ...] = (Consent.Purpose.REGISTRATION,),
    consent_language: str = "fra",
    consent_witness: str = "",
    accompanied_by: Migrant | None = None,
    group: RegistrationGroup | None = None,
    document: dict[str, Any] | None = None,
    **further: Any,
) -> tuple[Migrant, bool]:
    """Opens a person's file at a centre: identity, consent, custody, case number. Returns (person, was it made now?).

    The same `id` again with the same content gives the same person; with other content raises SameKeyOtherContent.
    Raises PermissionDenied, and ValidationError with words for the form (`prepare_registration`). `further`: any of FURTHER_FIELDS.
    `document`: kind, country, number, expires_on of the paper the person shows. `group`: who the person came with; those of a family are
    one household."""
    registration = prepare_registration(
        actor=actor,
        centre=centre,
        id=id,
        at=timezone.now(),
        surname=surname,
        given_names=given_names,
        sex=sex,
        born_on=born_on,
        birth_precision=birth_precision,
        nationality=nationality,
        phone=phone,
        consent_method=consent_method,
        consent_purposes=consent_purposes,
        consent_language=consent_language,
        consent_witness=consent_witness,
        accompanied_by=accompanied_by,
        group=group,
        document=document,
        **further,
    )
    # Two parallel sendings of one key: the second waits here and then finds the first.
    lock_key(id)
    existing = Migrant.objects.filter(pk=id).first()
    if existing is not None and is_same_registration(existing, registration):
        return existing, False
    if accompanied_by is not None:
        registration.migrant.household = _take_under(actor, registration.migrant, accompanied_by)
    write_registrations([registration], take_case_numbers(centre, timezone.localdate().year))
    if document:
        _with_paper(actor, registration.migrant, document)
    ring_after_commit()
    return registration.migrant, True


def _check_rules(migrant: Migrant) -> None:
    """Raises ValidationError by field. All constraints are asked of the database in one question; only if one is broken, one by one."""
    outside = ["id", "case_number", "registered_by", "registered_centre", "household", "accompanied_by", "origin_area", "registration_group"]
    try:
        migrant.clean_fields(exclude=outside)
        values = migrant._get_field_expression_map(meta=Migrant._meta)  # type: ignore[attr-defined]  # as CheckConstraint.validate does
        kept = reduce(and_, (Q(rule.condition) for rule in Migrant._meta.constraints)).check(values)  # type: ignore[attr-defined]
    except ValidationError:
        kept = False
    if not kept:
        migrant.full_clean(exclude=outside)


def _untold(name: str, value: Any) -> Any:
    """A document's number is not to be guessed from the digest of everything else."""
    return equality_key(value) if name == "number" else value


def _with_paper(actor: User, migrant: Migrant, document: dict[str, Any]) -> None:
    """Raises ValidationError under the names of the form."""
    try:
        add_document(actor=actor, migrant=migrant, id=uuid.uuid5(migrant.pk, "document"), **document)
    except ValidationError as error:
        raise ValidationError({f"document_{name}": found for name, found in error.error_dict.items()} if hasattr(error, "error_dict") else error) from error


def _digest(*parts: Any) -> str:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


def check_agreement(consent: Consent) -> None:
    """Raises ValidationError, under the names that forms and API use."""
    try:
        clean_agreement(consent)
    except ValidationError as error:
        raise ValidationError({f"consent_{name}s" if name == "purpose" else f"consent_{name}": found for name, found in error.error_dict.items()})


def _take_under(actor: User, child: Migrant, adult: Migrant) -> Household:
    """Checks that this adult may answer for this child, and returns the household of both. Raises PermissionDenied, ValidationError."""
    if not allows(actor, Right.VIEW_CASE, adult):
        raise PermissionDenied
    if adult.pk == child.pk:
        raise ValidationError({"accompanied_by": _("Une personne ne peut pas répondre d’elle-même.")})
    if not child.is_minor():
        raise ValidationError({"accompanied_by": _("Cette personne est majeure : n’indiquez un adulte responsable que pour un enfant.")})
    # Two children at once, one household. No join: a row that waited for the lock is read anew, what it was joined with is not.
    adult = Migrant.objects.select_for_update(of=("self",)).get(pk=adult.pk)
    if adult.is_minor():  # asked of the locked row: the birth may just have been corrected
        raise ValidationError({"accompanied_by": _("Cette personne est mineure : un adulte doit répondre de l’enfant.")})
    if adult.household is None:
        adult.household = Household.objects.create()
        adult.save(update_fields=["household"])
    return adult.household


def refuse_merged(migrant: Migrant) -> None:
    """Raises ValidationError if this (locked) file has just been joined to another one: what is written belongs there."""
    if migrant.merged_into_id is not None:
        raise ValidationError(_("Ce dossier vient d’être réuni à un autre dossier de la même personne. Rechargez la page : elle mène à ce dossier."), code="merged")


@service
def correct_identity(*, actor: User, migrant: Migrant, version: int, **changes: Any) -> Migrant:
    """Changes identity fields. `version` is the one the user saw; if it is no longer current raises Stale with what is now.

    Raises PermissionDenied, ValidationError."""
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    if not allows(actor, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    refuse_merged(migrant)
    if migrant.version != version:
        raise Stale(migrant)
    unknown = set(changes) - set(IDENTITY_FIELDS) - {"accompanied_by"}
    if unknown:
        raise ValueError(f"not identity: {sorted(unknown)}")
    if any(getattr(migrant, name) != value for name, value in changes.items() if name not in PROTECTING_FIELDS):
        refuse_if_withdrawn(migrant)
    stored = (*(f"{name}_id" if name == "origin_area" else name for name in IDENTITY_FIELDS), "accompanied_by_id")
    before = {name: getattr(migrant, name) for name in stored}
    if "born_on" in changes or "birth_precision" in changes:
        changes = {"born_on": migrant.born_on, "birth_precision": migrant.birth_precision} | changes
    for name, value in clean_identity(changes).items():
        setattr(migrant, name, value)
    if migrant.accompanied_by is not None and migrant.accompanied_by_id != before["accompanied_by_id"]:
        migrant.household = _take_under(actor, migrant, migrant.accompanied_by)
    if before == {name: getattr(migrant, name) for name in before}:
        return migrant
    migrant.version += 1
    migrant.full_clean(exclude=["case_number", "registered_by", "registered_centre", "household", "accompanied_by", "origin_area", "registration_group"])
    index_name(migrant)
    migrant.save()
    ring_after_commit()
    return migrant


@service
def open_custody(*, actor: User | None, migrant: Migrant, centre: Centre, reason: Custody.Reason, exclusive: bool, but_reintegration: bool = False) -> Custody:
    """This centre now cares for the person. `exclusive`: the others' care ends (they keep what they wrote, read-only).
    `but_reintegration`: not that of a centre that conducts an open reintegration: the person came here of their own will, and the year of
    visits goes on wherever they sleep (`end_reintegration_care`). A transfer, which one centre decides, moves all care."""
    now = timezone.now()
    refuse_merged(Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk))  # two centres at once: one after the other
    if exclusive:
        others = Custody.objects.filter(migrant=migrant, until__isnull=True).exclude(centre=centre)
        (others.exclude(reason=Custody.Reason.REINTEGRATION) if but_reintegration else others).update(until=now)
    custody, made = Custody.objects.get_or_create(migrant=migrant, centre=centre, until=None, defaults={"since": now, "reason": reason})
    if not made and reason == Custody.Reason.REINTEGRATION and custody.reason != reason:
        custody.reason = reason
        custody.save(update_fields=["reason"])
    return custody


@service
def end_reintegration_care(*, actor: User | None, migrant: Migrant, centre: Centre) -> None:
    """The reintegration is over: from now on this centre's care ends like any other when somebody else takes the person over; it ends at
    once if another centre has them already."""
    own = Custody.objects.filter(migrant=migrant, centre=centre, until__isnull=True, reason=Custody.Reason.REINTEGRATION)
    elsewhere = Custody.objects.filter(migrant=migrant, until__isnull=True).exclude(centre=centre).exists()
    own.update(**({"until": timezone.now()} if elsewhere else {"reason": Custody.Reason.ARRIVED}))
