"""Registering somebody, correcting who they are, and who cares for them."""

import datetime
import hashlib
import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
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
from ..models import CaseCounter, Consent, Custody, Household, Migrant, Precision, earliest_birth, index_keys, latest_of
from .pairs import ring_after_commit

CONSENT_TEXT_VERSION = consents.CURRENT_VERSION

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


def _next_case_number(centre: Centre, year: int) -> str:
    CaseCounter.objects.get_or_create(centre=centre, year=year)
    counter = CaseCounter.objects.select_for_update().get(centre=centre, year=year)
    number = None
    while number is None:
        counter.last += 1
        number = case_numbers.compose(centre.code, year, counter.last)
    counter.save(update_fields=["last"])
    return number


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
    accompanied_by: Migrant | None = None,
    **further: Any,
) -> tuple[Migrant, bool]:
    """Opens a person's file at a centre: identity, consent, custody, case number. Returns (person, was it made now?).

    The same `id` again with the same content gives the same person; with other content raises SameKeyOtherContent.
    Raises PermissionDenied, and ValidationError with words for the form. Without consent to registration nothing is kept
    (action document 4.6; IOM data protection principle 4). `further`: any of FURTHER_FIELDS."""
    if unknown := set(further) - set(FURTHER_FIELDS):
        raise TypeError(f"not identity: {sorted(unknown)}")
    if not may(actor, Right.REGISTER, centre):
        raise PermissionDenied
    if Consent.Purpose.REGISTRATION not in consent_purposes:
        refusal = _("Sans l’accord de la personne pour l’enregistrement, rien ne peut être noté. Expliquez-lui ses droits et demandez-le-lui.")
        raise ValidationError({"consent_purposes": refusal})
    identity = clean_identity(
        {
            "surname": surname,
            "given_names": given_names,
            "sex": sex,
            "born_on": born_on,
            "birth_precision": birth_precision,
            "nationality": nationality,
            "phone": phone,
            **further,
        }
    )
    purposes = sorted(set(consent_purposes))
    said = [f"{name}={value.pk if isinstance(value, Area) else value}" if name in further else value for name, value in identity.items() if name not in further or value]
    digest = _digest(id, centre.code, *said, consent_method, consent_language, *purposes, accompanied_by.pk if accompanied_by else "")
    # Two parallel sendings of one key: the second waits here and then finds the first.
    lock_key(id)
    existing = Migrant.objects.filter(pk=id).first()
    if existing is not None:
        if existing.registered_by_id != actor.pk or existing.registered_digest != digest:
            raise SameKeyOtherContent
        return existing, False
    now = timezone.now()
    migrant = Migrant(
        id=id, registered_centre=centre, registered_at=now, registered_by=actor, registered_digest=digest, accompanied_by=accompanied_by, case_number="-", **identity
    )
    migrant.full_clean(exclude=["id", "case_number", "registered_by", "registered_centre", "household", "accompanied_by", "origin_area"])
    agreements = [
        Consent(migrant=migrant, purpose=purpose, text_version=CONSENT_TEXT_VERSION, language=consent_language, method=consent_method, given_at=now, taken_by=actor)
        for purpose in purposes
    ]
    for agreement in agreements:
        _check_consent(agreement)
    if accompanied_by is not None:
        migrant.household = _take_under(actor, migrant, accompanied_by)
    index_name(migrant)
    migrant.case_number = _next_case_number(centre, timezone.localdate().year)
    migrant.save(force_insert=True)
    Custody.objects.create(migrant=migrant, centre=centre, since=now, reason=Custody.Reason.REGISTERED)
    Consent.objects.bulk_create(agreements)
    ring_after_commit()
    return migrant, True


def _digest(*parts: Any) -> str:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


def _check_consent(consent: Consent) -> None:
    """Raises ValidationError, under the names that forms and API use."""
    try:
        consent.clean_fields(exclude=["migrant", "taken_by"])
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
    migrant.full_clean(exclude=["case_number", "registered_by", "registered_centre", "household", "accompanied_by", "origin_area"])
    index_name(migrant)
    migrant.save()
    ring_after_commit()
    return migrant


@service
def open_custody(*, actor: User | None, migrant: Migrant, centre: Centre, reason: Custody.Reason, exclusive: bool) -> Custody:
    """This centre now cares for the person. `exclusive`: the others' care ends (they keep what they wrote, read-only)."""
    now = timezone.now()
    refuse_merged(Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk))  # two centres at once: one after the other
    if exclusive:
        Custody.objects.filter(migrant=migrant, until__isnull=True).exclude(centre=centre).update(until=now)
    custody, _created = Custody.objects.get_or_create(migrant=migrant, centre=centre, until=None, defaults={"since": now, "reason": reason})
    return custody
