"""Papers of identity on a file."""

import datetime
import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from centres.access import allows
from centres.roles import Right
from config.countries import country_choices
from config.refusals import in_words

from ..cleaning import clean_line
from ..models import Attachment, IdentityDocument, Migrant
from ..sealed import equality_key, normal_number, seal
from .agreements import refuse_if_withdrawn
from .attachments import attach

# Papers are written down by those who register, and by those who get them for a return.
DOCUMENT_RIGHTS = (Right.REGISTER, Right.MANAGE_RETURN)
MOST_SIGNS = 40


def may_write_documents(actor: User, obj: Any) -> bool:
    return any(allows(actor, right, obj, writing=True) for right in DOCUMENT_RIGHTS)


def clean_paper(*, kind: str, number: str, country: str, expires_on: datetime.date | None) -> str:
    """The number, fit to keep. Raises ValidationError under the names of the form."""
    errors: dict[str, Any] = {}
    try:
        number = clean_line(number)
    except ValidationError as error:
        errors["number"] = error
    if number and not normal_number(number):
        errors["number"] = _("Un numéro s’écrit avec des chiffres ou des lettres.")
    elif len(number) > MOST_SIGNS:
        errors["number"] = _("Ce numéro est trop long. Recopiez-le du document.")
    if country not in dict(country_choices()):
        errors["country"] = _("Choisissez un pays dans la liste.")
    if kind not in IdentityDocument.Kind.values:
        errors["kind"] = _("Choisissez le type du document.")
    if expires_on is not None and not 1950 <= expires_on.year <= 2150:
        errors["expires_on"] = _("Cette date n’est pas celle d’un document. Vérifiez l’année.")
    if errors:
        raise ValidationError(errors)
    return number


def _fill(document: IdentityDocument, *, kind: str, number: str, country: str, expires_on: datetime.date | None) -> None:
    """Raises ValidationError under the names of the form."""
    number = clean_paper(kind=kind, number=number, country=country, expires_on=expires_on)
    document.kind, document.country, document.expires_on = kind, country, expires_on
    kept = document.readable_number
    if number != kept and (number or kept is not None):  # a number that nobody can read any more is not emptied by a form that could not show it
        document.number_sealed, document.number_key = (seal(number), equality_key(number)) if number else ("", "")


@service
def add_document(
    *,
    actor: User,
    migrant: Migrant,
    id: uuid.UUID,
    kind: str,
    country: str,
    number: str = "",
    expires_on: datetime.date | None = None,
    scan: UploadedFile | None = None,
) -> tuple[IdentityDocument, bool]:
    """Writes down a paper; its number is sealed. Returns (document, was it made now?). The same `id` again is one document, with
    other content raises SameKeyOtherContent. Raises PermissionDenied, ValidationError."""
    if not may_write_documents(actor, migrant):
        raise PermissionDenied
    refuse_if_withdrawn(migrant)
    document = IdentityDocument(id=id, migrant=migrant, added_by=actor)
    _fill(document, kind=kind, number=number, country=country, expires_on=expires_on)
    lock_key(id)
    if existing := IdentityDocument.objects.filter(pk=id).first():
        same = ("migrant_id", "kind", "country", "expires_on", "number_key", "added_by_id")
        if any(getattr(existing, name) != getattr(document, name) for name in same):
            raise SameKeyOtherContent
        return existing, False
    if scan is not None:
        document.scan = _scan(actor, migrant, document, scan)
    with in_words(IdentityDocument):
        document.save(force_insert=True)
    return document, True


def _scan(actor: User, migrant: Migrant, document: IdentityDocument, file: UploadedFile) -> Attachment:
    try:
        return attach(actor=actor, migrant=migrant, title=capfirst(document.get_kind_display()), file=file)
    except ValidationError as error:
        raise ValidationError({"scan": error.error_dict.get("file", error.messages)}) from error


@service
def correct_document(
    *,
    actor: User,
    document: IdentityDocument,
    version: int,
    kind: str,
    country: str,
    number: str = "",
    expires_on: datetime.date | None = None,
    scan: UploadedFile | None = None,
) -> IdentityDocument:
    """Puts a paper right. `version` is the one the user saw. Raises Stale, PermissionDenied, ValidationError."""
    document = IdentityDocument.objects.select_for_update(of=("self",)).select_related("migrant").get(pk=document.pk)
    if not may_write_documents(actor, document):
        raise PermissionDenied
    refuse_if_withdrawn(document.migrant)
    if document.version != version:
        raise Stale(document)
    _fill(document, kind=kind, number=number, country=country, expires_on=expires_on)
    if scan is not None:
        document.scan = _scan(actor, document.migrant, document, scan)
    document.version += 1
    with in_words(IdentityDocument):
        document.save()
    return document


@service
def remove_document(*, actor: User, document: IdentityDocument) -> None:
    """Takes a paper off the file (it was written down by mistake); its scan stays among the attachments. The history keeps that
    it was there. Raises PermissionDenied."""
    if not may_write_documents(actor, document):
        raise PermissionDenied
    IdentityDocument.objects.filter(pk=document.pk).delete()
