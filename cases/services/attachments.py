"""Scans of a file."""

import hashlib
import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, lock_key, service
from centres.access import allows
from centres.roles import Right

from ..cleaning import clean_line
from ..models import Attachment, Migrant
from .agreements import refuse_if_withdrawn

# First bytes of the kinds of file that a case file may hold.
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)


def media_type_of(head: bytes) -> str | None:
    """What a file is, from its first bytes; None if it is none of those we keep."""
    return next((kind for signature, kind in SIGNATURES if head.startswith(signature)), None)


def _digest(file: Any) -> bytes:
    with file.open("rb") as content:
        return hashlib.sha256(content.read()).digest()


@service
def attach(*, actor: User, migrant: Migrant, title: str, file: UploadedFile, id: uuid.UUID | None = None) -> Attachment:
    """Keeps a scan under a random name. PDF, JPEG or PNG by content, 10 MB at most. The same `id` again is one attachment.

    Raises PermissionDenied, ValidationError, SameKeyOtherContent."""
    if not allows(actor, Right.VIEW_CASE, migrant, writing=True):
        raise PermissionDenied
    refuse_if_withdrawn(migrant)
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
        same = (existing.migrant_id, existing.title, existing.size, existing.added_by_id) == (migrant.pk, title, file.size, actor.pk)
        if not same or _digest(existing.file) != _digest(file):
            raise SameKeyOtherContent
        return existing
    file.name = "piece"  # the name the browser sent is not kept: it may hold anything
    attachment.file = file
    attachment.full_clean(exclude=["id", "migrant", "added_by"])
    attachment.save(force_insert=True)
    return attachment
