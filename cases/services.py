"""Writes about a person. Views, API, imports and commands all come here."""

import datetime
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

import names
from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from centres.access import allows, may
from centres.models import Centre
from centres.roles import Right

from . import case_numbers, consents
from .cleaning import clean_line, clean_name, clean_nationality, clean_phone, clean_text
from .models import Attachment, CaseCounter, Consent, Custody, Household, Migrant, Note, earliest_birth, index_keys, latest_of, years_before

CONSENT_TEXT_VERSION = consents.CURRENT_VERSION

IDENTITY_FIELDS = ("surname", "given_names", "sex", "born_on", "birth_precision", "nationality", "phone")


def latest_birth(year: int, month: int | None, day: int | None, *, estimated: bool = False) -> tuple[datetime.date, Migrant.Precision]:
    """The latest day the birth can have been, and how exactly it is known. Raises ValueError for a day that isn't one."""
    if day is not None and month is not None:
        return datetime.date(year, month, day), Migrant.Precision.DAY
    if month is not None:
        return latest_of(datetime.date(year, month, 1), Migrant.Precision.MONTH), Migrant.Precision.MONTH
    return datetime.date(year, 12, 31), Migrant.Precision.AGE if estimated else Migrant.Precision.YEAR


def clean_identity(identity: dict[str, Any]) -> dict[str, Any]:
    """The identity fields given, fit to keep. Raises ValidationError with words for each field."""
    cleaned, errors = dict(identity), {}
    for name, clean in (("surname", clean_name), ("given_names", clean_name), ("phone", clean_phone), ("nationality", clean_nationality)):
        if name in cleaned:
            try:
                cleaned[name] = clean(cleaned[name])
            except ValidationError as error:
                errors[name] = error
    if "born_on" in cleaned:
        cleaned["born_on"] = latest_of(cleaned["born_on"], cleaned["birth_precision"])
        if earliest_birth(cleaned["born_on"], cleaned["birth_precision"]) > timezone.localdate():
            errors["born_on"] = ValidationError(_("La naissance ne peut pas être dans l’avenir."), code="future")
    if errors:
        raise ValidationError(errors)
    return cleaned


def _index_name(migrant: Migrant) -> None:
    full = f"{migrant.given_names} {migrant.surname}"
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
) -> tuple[Migrant, bool]:
    """Opens a person's file at a centre: identity, consent, custody, case number. Returns (person, was it made now?).

    The same `id` again with the same content gives the same person; with other content raises SameKeyOtherContent.
    Raises PermissionDenied, and ValidationError with words for the form. Without consent to registration nothing is kept
    (action document 4.6; IOM data protection principle 4)."""
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
        }
    )
    purposes = sorted(set(consent_purposes))
    digest = _digest(id, centre.code, *identity.values(), consent_method, consent_language, *purposes, accompanied_by.pk if accompanied_by else "")
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
    migrant.full_clean(exclude=["id", "case_number", "registered_by", "registered_centre", "household", "accompanied_by"])
    agreements = [
        Consent(migrant=migrant, purpose=purpose, text_version=CONSENT_TEXT_VERSION, language=consent_language, method=consent_method, given_at=now, taken_by=actor)
        for purpose in purposes
    ]
    for agreement in agreements:
        _check_consent(agreement)
    if accompanied_by is not None:
        migrant.household = _take_under(actor, migrant, accompanied_by)
    _index_name(migrant)
    migrant.case_number = _next_case_number(centre, timezone.localdate().year)
    migrant.save(force_insert=True)
    Custody.objects.create(migrant=migrant, centre=centre, since=now, reason=Custody.Reason.REGISTERED)
    Consent.objects.bulk_create(agreements)
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
    if adult.is_minor():
        raise ValidationError({"accompanied_by": _("Cette personne est mineure : un adulte doit répondre de l’enfant.")})
    # Two children at once, one household. No join: a row that waited for the lock is read anew, what it was joined with is not.
    adult = Migrant.objects.select_for_update(of=("self",)).get(pk=adult.pk)
    if adult.household is None:
        adult.household = Household.objects.create()
        adult.save(update_fields=["household"])
    return adult.household


@service
def correct_identity(*, actor: User, migrant: Migrant, version: int, **changes: Any) -> Migrant:
    """Changes identity fields. `version` is the one the user saw; if it is no longer current raises Stale with what is now.

    Raises PermissionDenied, ValidationError."""
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    if not allows(actor, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    if migrant.version != version:
        raise Stale(migrant)
    unknown = set(changes) - set(IDENTITY_FIELDS) - {"accompanied_by"}
    if unknown:
        raise ValueError(f"not identity: {sorted(unknown)}")
    before = {name: getattr(migrant, name) for name in (*IDENTITY_FIELDS, "accompanied_by_id")}
    if "born_on" in changes or "birth_precision" in changes:
        changes = {"born_on": migrant.born_on, "birth_precision": migrant.birth_precision} | changes
    for name, value in clean_identity(changes).items():
        setattr(migrant, name, value)
    if migrant.accompanied_by is not None and migrant.accompanied_by_id != before["accompanied_by_id"]:
        migrant.household = _take_under(actor, migrant, migrant.accompanied_by)
    if before == {name: getattr(migrant, name) for name in before}:
        return migrant
    migrant.version += 1
    migrant.full_clean(exclude=["case_number", "registered_by", "registered_centre", "household", "accompanied_by"])
    _index_name(migrant)
    migrant.save()
    return migrant


@service
def open_custody(*, actor: User | None, migrant: Migrant, centre: Centre, reason: Custody.Reason, exclusive: bool) -> Custody:
    """This centre now cares for the person. `exclusive`: the others' care ends (they keep what they wrote, read-only)."""
    now = timezone.now()
    Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)  # two centres at once: one after the other
    if exclusive:
        Custody.objects.filter(migrant=migrant, until__isnull=True).exclude(centre=centre).update(until=now)
    custody, _created = Custody.objects.get_or_create(migrant=migrant, centre=centre, until=None, defaults={"since": now, "reason": reason})
    return custody


@service
def give_consent(*, actor: User, migrant: Migrant, purpose: str, method: str, language: str = "fra") -> Consent:
    """Writes down an agreement. Given twice it is one. Raises PermissionDenied, ValidationError."""
    if not allows(actor, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    consent = Consent(migrant=migrant, purpose=purpose, method=method, language=language, text_version=CONSENT_TEXT_VERSION, taken_by=actor)
    consent.clean_fields(exclude=["migrant", "taken_by"])
    consent, _created = Consent.objects.get_or_create(
        migrant=migrant, purpose=purpose, withdrawn_at=None, defaults={"method": method, "language": language, "text_version": CONSENT_TEXT_VERSION, "taken_by": actor}
    )
    return consent


@service
def withdraw_consent(*, actor: User, consent: Consent) -> Consent:
    """The person takes an agreement back; it stays on record with its end. Raises PermissionDenied."""
    if not allows(actor, Right.REGISTER, consent, writing=True):
        raise PermissionDenied
    consent = Consent.objects.select_for_update().get(pk=consent.pk)
    if consent.withdrawn_at is None:
        consent.withdrawn_at = max(timezone.now(), consent.given_at)
        consent.save(update_fields=["withdrawn_at"])
    return consent


@service
def write_note(*, actor: User, migrant: Migrant, kind: str, text: str, id: uuid.UUID | None = None) -> Note:
    """Adds a note. Protection notes need the protection right. The same `id` again is one note, with other content SameKeyOtherContent.

    Raises PermissionDenied, ValidationError."""
    right = Right.VIEW_PROTECTION if kind == Note.Kind.PROTECTION else Right.VIEW_CASE
    if not allows(actor, right, migrant, writing=True):
        raise PermissionDenied
    try:
        text = clean_text(text)
    except ValidationError as error:
        raise ValidationError({"text": error})
    note = Note(id=id or uuid.uuid4(), migrant=migrant, kind=kind, text=text, written_by=actor)
    lock_key(note.id)
    if existing := Note.objects.filter(pk=note.id).first():
        if (existing.migrant_id, existing.kind, existing.text, existing.written_by_id) != (migrant.pk, kind, text, actor.pk):
            raise SameKeyOtherContent
        return existing
    note.full_clean(exclude=["id", "migrant", "written_by"])
    note.save(force_insert=True)
    return note


# First bytes of the kinds of file that a case file may hold.
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)


def media_type_of(head: bytes) -> str | None:
    """What a file is, from its first bytes; None if it is none of those we keep."""
    return next((kind for signature, kind in SIGNATURES if head.startswith(signature)), None)


@service
def attach(*, actor: User, migrant: Migrant, title: str, file: UploadedFile, id: uuid.UUID | None = None) -> Attachment:
    """Keeps a scan under a random name. PDF, JPEG or PNG by content, 10 MB at most. The same `id` again is one attachment.

    Raises PermissionDenied, ValidationError, SameKeyOtherContent."""
    if not allows(actor, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    if not file.size or file.size > settings.ATTACHMENT_MAX_BYTES:
        raise ValidationError({"file": _("Le fichier est vide ou dépasse 10 Mo. Photographiez-le en plus petit et réessayez.")})
    kind = media_type_of(file.read(16))
    file.seek(0)
    if kind is None:
        raise ValidationError({"file": _("Ce fichier n’est ni un PDF, ni une image JPEG ou PNG. Enregistrez-le dans un de ces formats et réessayez.")})
    try:
        title = clean_line(title)
    except ValidationError as error:
        raise ValidationError({"title": error})
    attachment = Attachment(id=id or uuid.uuid4(), migrant=migrant, title=title, media_type=kind, size=file.size, added_by=actor)
    lock_key(attachment.id)
    if existing := Attachment.objects.filter(pk=attachment.id).first():
        if (existing.migrant_id, existing.title, existing.size, existing.added_by_id) != (migrant.pk, title, file.size, actor.pk):
            raise SameKeyOtherContent
        return existing
    file.name = "piece"  # the name the browser sent is not kept: it may hold anything
    attachment.file = file
    attachment.full_clean(exclude=["id", "migrant", "added_by"])
    attachment.save(force_insert=True)
    return attachment


# Below this two people are not shown as perhaps the same (names.name_similarity, moved by what else is known).
LIKELY = 0.85
# Candidates that one question looks at.
MOST_COMPARED = 400


def likely_duplicates(
    *,
    full_name: str,
    sex: str = "",
    born_on: datetime.date | None = None,
    birth_precision: str = Migrant.Precision.DAY,
    nationality: str = "",
    phone: str = "",
    exclude: uuid.UUID | None = None,
    most: int = 5,
) -> list[tuple[Migrant, float]]:
    """People of all centres who may be the same, most alike first, each with how sure (0–1). The caller shows no detail of those
    out of scope (see `duplicates_for`). Names alone never decide: birth, sex, nationality and phone pull up or down."""
    people = Migrant.objects.all()
    if exclude:
        people = people.exclude(pk=exclude)
    earliest = earliest_birth(born_on, birth_precision) if born_on else None
    similar = people
    if sex and sex != Migrant.Sex.OTHER:
        similar = similar.filter(sex__in=(sex, Migrant.Sex.OTHER))
    # Both names right and the birth some years off, or one name quite otherwise and the birth about right.
    attempts = [(similar.alike(full_name), 3)]
    if born_on:
        attempts.append((similar.alike(full_name, but_one=True), 1))
    found: dict[uuid.UUID, _Candidate] = {}
    for attempt, years in attempts:
        if born_on and earliest:
            attempt = attempt.filter(born_on__range=_around(earliest, born_on, years))
        found |= {row[0]: _Candidate(*row) for row in attempt.values_list(*_Candidate._fields)[:MOST_COMPARED]}
    if phone:
        found |= {row[0]: _Candidate(*row) for row in people.with_phone(phone).order_by().values_list(*_Candidate._fields)[:20]}
    scored = []
    for person in found.values():
        score = names.name_similarity(full_name, f"{person.given_names} {person.surname}")
        same_phone = bool(phone) and person.phone == phone
        same_day = person.born_on == born_on and person.birth_precision == birth_precision == Migrant.Precision.DAY
        if score >= 0.6 and same_phone:
            score += 0.15
        if sex and person.sex != sex and Migrant.Sex.OTHER not in (sex, person.sex):
            score -= 0.15
        if nationality and person.nationality != nationality:
            score -= 0.05
        if born_on and earliest:
            apart = max((earliest_birth(person.born_on, person.birth_precision) - born_on).days, (earliest - person.born_on).days)
            score += 0.05 if apart <= 0 else 0 if apart <= 366 else -0.08
        if score >= LIKELY:
            # Many people bear a common name: without the very day or the phone nothing is near certain.
            scored.append((round(min(score, 1.0 if same_day or same_phone else 0.95), 2), person.registered_at, person.pk))
    scored.sort(reverse=True)
    best = Migrant.objects.select_related("registered_centre").in_bulk([pk for _score, _at, pk in scored[:most]])
    return [(best[pk], score) for score, _at, pk in scored[:most] if pk in best]


class _Candidate(NamedTuple):
    """What the comparison needs of a person; a whole record for each of hundreds would take most of the time."""

    pk: uuid.UUID
    surname: str
    given_names: str
    sex: str
    nationality: str
    born_on: datetime.date
    birth_precision: str
    phone: str
    registered_at: datetime.datetime


def _around(earliest: datetime.date, latest: datetime.date, years: int) -> tuple[datetime.date, datetime.date]:
    return years_before(earliest, years), datetime.date(min(latest.year + years, 9999), 12, 31)


@dataclass(frozen=True)
class Likeness:
    """Somebody who may be the same person: in the user's scope with the file, else only how sure, and where to ask."""

    certainty: float
    centre: Centre
    migrant: Migrant | None
    key: uuid.UUID  # for the read log alone, never for a screen

    @property
    def words(self) -> str:
        if self.certainty >= 0.97:
            return _("presque certainement la même personne")
        return _("probablement la même personne") if self.certainty >= 0.92 else _("peut-être la même personne")

    @property
    def tone(self) -> str:
        return "danger" if self.certainty >= 0.97 else "warn"


def duplicates_for(user: User, **identity: Any) -> list[Likeness]:
    """`likely_duplicates` as this user may see them (access design: how sure, which centre, no name, no detail)."""
    found = likely_duplicates(**identity)
    if not found:
        return []
    people = {person.pk: person for person in Migrant.objects.filter(pk__in=[person.pk for person, _score in found]).select_related("registered_centre").with_care()}
    visible = set(Migrant.objects.visible_to(user).filter(pk__in=list(people)).values_list("pk", flat=True))
    return [
        Likeness(
            certainty=score,
            centre=next(iter(people[person.pk].centres_now), people[person.pk].registered_centre),
            migrant=people[person.pk] if person.pk in visible else None,
            key=person.pk,
        )
        for person, score in found
        if person.pk in people
    ]
