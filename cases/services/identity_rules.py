"""The rules of who somebody is and what they agree to: of the form, of the services, the API and an import of a list alike. Each can be asked
of part of what is typed, so that whatever is wrong is said at once. They write nothing."""

import datetime
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import consents
from ..cleaning import clean_languages, clean_line, clean_name, clean_nationality, clean_phone
from ..models import Consent, Migrant, Precision, earliest_birth, latest_of, years_before
from .consents import clean_agreement
from .documents import clean_paper

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
    if "born_on" in cleaned and "birth_precision" in cleaned:
        cleaned["born_on"] = latest_of(cleaned["born_on"], cleaned["birth_precision"])
        if earliest_birth(cleaned["born_on"], cleaned["birth_precision"]) > timezone.localdate():
            errors["born_on"] = ValidationError(_("La naissance ne peut pas être dans l’avenir."), code="future")
        elif cleaned["born_on"] < years_before(timezone.localdate(), OLDEST):
            errors["born_on"] = ValidationError(_("Personne n’a plus de %(n)s ans : vérifiez l’année de naissance.") % {"n": OLDEST}, code="oldest")
    if (arrived := cleaned.get("arrived_on")) and not datetime.date(2000, 1, 1) <= arrived <= timezone.localdate():
        errors["arrived_on"] = ValidationError(_("L’arrivée ne peut pas être dans l’avenir ni avant 2000."), code="arrival")
    if errors:
        raise ValidationError(errors)
    return cleaned


def refuse_without_consent(purposes: tuple[str, ...]) -> None:
    """Raises ValidationError, with words, where the person does not agree to be registered."""
    if Consent.Purpose.REGISTRATION not in purposes:
        refusal = _("Sans l’accord de la personne pour l’enregistrement, rien ne peut être noté. Expliquez-lui ses droits et demandez-le-lui.")
        raise ValidationError({"consent_purposes": refusal})


def check_how(*, consent_method: str, consent_language: str, consent_witness: str) -> None:
    """How an agreement is given, whatever it is to. Raises ValidationError, under the names that forms and API use."""
    now = timezone.now()
    check_agreement(
        Consent(
            purpose=Consent.Purpose.REGISTRATION,
            text_version=consents.CURRENT_VERSION,
            language=consent_language,
            method=consent_method,
            witness=consent_witness,
            given_at=now,
        )
    )


def check_paper(*, kind: str, number: str = "", country: str, expires_on: datetime.date | None = None) -> None:
    """The paper shown at registration. Raises ValidationError under the names of the form."""
    try:
        clean_paper(kind=kind, number=number, country=country, expires_on=expires_on)
    except ValidationError as error:
        raise ValidationError({f"document_{name}": found for name, found in error.error_dict.items()}) from error


def check_answering(child: Migrant, adult: Migrant) -> None:
    """An adult answers for a child. Raises ValidationError."""
    if adult.pk == child.pk:
        raise ValidationError({"accompanied_by": _("Une personne ne peut pas répondre d’elle-même.")})
    if not child.is_minor():
        raise ValidationError({"accompanied_by": _("Cette personne est majeure : n’indiquez un adulte responsable que pour un enfant.")})
    if adult.is_minor():
        raise ValidationError({"accompanied_by": _("Cette personne est mineure : un adulte doit répondre de l’enfant.")})


def check_agreement(consent: Consent) -> None:
    """Raises ValidationError, under the names that forms and API use."""
    try:
        clean_agreement(consent)
    except ValidationError as error:
        raise ValidationError({f"consent_{name}s" if name == "purpose" else f"consent_{name}": found for name, found in error.error_dict.items()})
