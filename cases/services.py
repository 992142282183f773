"""Writes about a person. Views, API, imports and commands all come here."""

import datetime
import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

import names
from accounts.models import User
from audit.acting import service
from centres.access import allows, may
from centres.models import Centre
from centres.roles import Right

from . import case_numbers
from .models import Attachment, CaseCounter, Consent, Custody, Household, Migrant, Note

# The words people agree to; a changed text gets a new version, and old consents keep theirs.
CONSENT_TEXT_VERSION = "2026-1"

IDENTITY_FIELDS = ("surname", "given_names", "sex", "born_on", "birth_precision", "nationality", "phone")


class SameKeyOtherContent(Exception):
    """A client-made key came a second time, with other content."""


class Stale(Exception):
    """Somebody else changed the record since it was read. `current` is what it is now."""

    def __init__(self, current: Any):
        self.current = current
        super().__init__(_("Quelqu’un a modifié ce dossier entre-temps."))


def latest_birth(year: int, month: int | None, day: int | None, *, estimated: bool = False) -> tuple[datetime.date, Migrant.Precision]:
    """The latest day the birth can have been, and how exactly it is known. Raises ValueError for a day that isn't one."""
    if day is not None and month is not None:
        return datetime.date(year, month, day), Migrant.Precision.DAY
    if month is not None:
        first_of_next = datetime.date(year + month // 12, month % 12 + 1, 1)
        return first_of_next - datetime.timedelta(days=1), Migrant.Precision.MONTH
    return datetime.date(year, 12, 31), Migrant.Precision.AGE if estimated else Migrant.Precision.YEAR


def _index_name(migrant: Migrant) -> None:
    full = f"{migrant.given_names} {migrant.surname}"
    migrant.name_keys = names.keys(full)
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
    accompanied_by: Migrant | None = None,
) -> tuple[Migrant, bool]:
    """Opens a person's file at a centre: identity, consent, custody, case number. Returns (person, was it made now?).

    The same `id` again with the same content gives the same person; with other content raises SameKeyOtherContent.
    Raises PermissionDenied, and ValidationError with words for the form. Without consent to registration nothing is kept
    (action document 4.6; IOM data protection principle 4)."""
    if not may(actor, Right.REGISTER, centre):
        raise PermissionDenied
    if Consent.Purpose.REGISTRATION not in consent_purposes:
        raise ValidationError({"consent_purposes": _("Sans l’accord de la personne pour l’enregistrement, rien ne peut être noté. Expliquez-lui ses droits et demandez-le-lui.")})
    identity = dict(
        surname=surname.strip(), given_names=given_names.strip(), sex=sex, born_on=born_on, birth_precision=birth_precision, nationality=nationality, phone=phone
    )
    with transaction.atomic():
        # Two parallel sendings of one key: the second waits here and then finds the first.
        _lock_key(id)
        existing = Migrant.objects.filter(pk=id).first()
        if existing is not None:
            if existing.registered_by_id != actor.pk or existing.registered_centre_id != centre.pk or any(getattr(existing, name) != value for name, value in identity.items()):
                raise SameKeyOtherContent
            return existing, False
        if accompanied_by is not None:
            _check_adult(actor, accompanied_by)
        now = timezone.now()
        migrant = Migrant(id=id, registered_centre=centre, registered_at=now, registered_by=actor, accompanied_by=accompanied_by, **identity)
        if migrant.born_on > (timezone.localdate() if birth_precision == Migrant.Precision.DAY else datetime.date(timezone.localdate().year, 12, 31)):
            raise ValidationError({"born_on": _("La naissance ne peut pas être dans l’avenir.")})
        if accompanied_by is not None:
            migrant.household = _household_of(accompanied_by)
        migrant.case_number = "-"
        migrant.full_clean(exclude=["case_number", "registered_by", "household", "accompanied_by"])
        migrant.case_number = _next_case_number(centre, timezone.localdate().year)
        _index_name(migrant)
        migrant.save(force_insert=True)
        Custody.objects.create(migrant=migrant, centre=centre, since=now, reason=Custody.Reason.REGISTERED)
        Consent.objects.bulk_create(
            Consent(migrant=migrant, purpose=purpose, text_version=CONSENT_TEXT_VERSION, method=consent_method, given_at=now, taken_by=actor)
            for purpose in dict.fromkeys(consent_purposes)
        )
    return migrant, True


def _lock_key(key: uuid.UUID) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key.int & 0x7FFFFFFFFFFFFFFF])


def _check_adult(actor: User, adult: Migrant) -> None:
    if not allows(actor, Right.VIEW_CASE, adult):
        raise PermissionDenied
    if adult.is_minor():
        raise ValidationError({"accompanied_by": _("Cette personne est mineure : un adulte doit répondre de l’enfant.")})


def _household_of(migrant: Migrant) -> Household:
    if migrant.household is None:
        migrant.household = Household.objects.create()
        migrant.save(update_fields=["household"])
    return migrant.household


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
    if adult := changes.get("accompanied_by"):
        _check_adult(actor, adult)
        migrant.household = _household_of(adult)
    for name, value in changes.items():
        setattr(migrant, name, value)
    migrant.version += 1
    migrant.full_clean(exclude=["case_number", "registered_by", "household"])
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
def give_consent(*, actor: User, migrant: Migrant, purpose: Consent.Purpose, method: Consent.Method, language: str = "fra") -> Consent:
    """Writes down an agreement. Given twice it is one. Raises PermissionDenied."""
    if not allows(actor, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    consent, _created = Consent.objects.get_or_create(
        migrant=migrant, purpose=purpose, withdrawn_at=None, defaults={"method": method, "language": language, "text_version": CONSENT_TEXT_VERSION, "taken_by": actor}
    )
    return consent


@service
def withdraw_consent(*, actor: User, consent: Consent) -> Consent:
    """The person takes an agreement back; it stays on record with its end. Raises PermissionDenied."""
    if not allows(actor, Right.REGISTER, consent.migrant, writing=True):
        raise PermissionDenied
    consent = Consent.objects.select_for_update().get(pk=consent.pk)
    if consent.withdrawn_at is None:
        consent.withdrawn_at = timezone.now()
        consent.save(update_fields=["withdrawn_at"])
    return consent


@service
def write_note(*, actor: User, migrant: Migrant, kind: Note.Kind, text: str, id: uuid.UUID | None = None) -> Note:
    """Adds a note. Protection notes need the protection right. The same `id` again is one note. Raises PermissionDenied, ValidationError."""
    right = Right.VIEW_PROTECTION if kind == Note.Kind.PROTECTION else Right.VIEW_CASE
    if not allows(actor, right, migrant, writing=True):
        raise PermissionDenied
    note = Note(id=id or uuid.uuid4(), migrant=migrant, kind=kind, text=text.strip(), written_by=actor)
    _lock_key(note.id)
    if existing := Note.objects.filter(pk=note.id).first():
        return existing
    note.full_clean(exclude=["id", "written_by"])
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
def attach(*, actor: User, migrant: Migrant, title: str, file: UploadedFile) -> Attachment:
    """Keeps a scan under a random name. PDF, JPEG or PNG by content, 10 MB at most. Raises PermissionDenied, ValidationError."""
    if not allows(actor, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    if not file.size or file.size > settings.ATTACHMENT_MAX_BYTES:
        raise ValidationError({"file": _("Le fichier est vide ou dépasse 10 Mo. Photographiez-le en plus petit et réessayez.")})
    kind = media_type_of(file.read(16))
    file.seek(0)
    if kind is None:
        raise ValidationError({"file": _("Ce fichier n’est ni un PDF, ni une image JPEG ou PNG. Enregistrez-le dans un de ces formats et réessayez.")})
    attachment = Attachment(id=uuid.uuid4(), migrant=migrant, title=title.strip(), media_type=kind, size=file.size, added_by=actor)
    attachment.file = file
    attachment.full_clean(exclude=["id", "added_by"])
    attachment.save(force_insert=True)
    return attachment


def likely_duplicates(*, full_name: str, sex: str = "", born_on: datetime.date | None = None, nationality: str = "", exclude: uuid.UUID | None = None, most: int = 5) -> list[tuple[Migrant, float]]:
    """People of all centres who may be the same, most alike first, each with how sure (0–1). The caller shows no detail of those
    out of scope. Names alone never decide: birth, sex and nationality pull up or down."""
    keys = names.keys(full_name)
    if not keys:
        return []
    candidates = Migrant.objects.filter(name_keys__overlap=keys)
    if exclude:
        candidates = candidates.exclude(pk=exclude)
    if sex:
        candidates = candidates.filter(Q(sex=sex) | Q(sex=Migrant.Sex.OTHER))
    if born_on:
        span = datetime.timedelta(days=3 * 366)
        candidates = candidates.filter(born_on__range=(born_on - span, born_on + span))
    scored = []
    for person in candidates.order_by(F("registered_at").desc())[:400]:
        score = names.name_similarity(full_name, f"{person.given_names} {person.surname}")
        if nationality and person.nationality != nationality:
            score -= 0.1
        if born_on:
            days = abs((person.born_on - born_on).days)
            score += 0.05 if days == 0 else -0.05 if days > 366 else 0
        if score >= 0.85:
            scored.append((person, min(score, 1.0)))
    scored.sort(key=lambda pair: -pair[1])
    return scored[:most]
