"""Notes of a file."""

import uuid

from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from audit.acting import SameKeyOtherContent, lock_key, service
from centres.access import allows
from centres.roles import Right

from ..cleaning import clean_text
from ..models import Migrant, Note
from .agreements import refuse_if_withdrawn


@service
def write_note(*, actor: User, migrant: Migrant, kind: str, text: str, id: uuid.UUID | None = None) -> Note:
    """Adds a note. Protection notes need the protection right. The same `id` again is one note, with other content SameKeyOtherContent.

    Raises PermissionDenied, ValidationError."""
    right = Right.VIEW_PROTECTION if kind == Note.Kind.PROTECTION else Right.VIEW_CASE
    if not allows(actor, right, migrant, writing=True):
        raise PermissionDenied
    if kind != Note.Kind.PROTECTION:
        refuse_if_withdrawn(migrant)
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
