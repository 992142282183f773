"""What the next shift must know: written, read under one's name, done."""

import datetime
import uuid
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, lock_key, service
from cases.cleaning import clean_line
from centres.access import allows, may
from centres.models import Centre
from centres.roles import Right
from config.refusals import in_words

from ..models import HandoverNote, HandoverRead


@service
def leave_note(*, actor: User, centre: Centre, id: uuid.UUID, text: str, for_whom: str = "", until: datetime.date | None = None) -> tuple[HandoverNote, bool]:
    """Leaves a line to the next shift. Returns (note, was it made now?). The same `id` again is one note, with other content SameKeyOtherContent.

    Raises PermissionDenied, ValidationError."""
    if not may(actor, Right.RECEIVE, centre):
        raise PermissionDenied
    note = HandoverNote(id=id, centre=centre, text=_line(text, "text"), for_whom=_line(for_whom, "for_whom"), until=until, written_by=actor)
    lock_key(id)
    if existing := HandoverNote.objects.filter(pk=id).first():
        same = ("centre_id", "text", "for_whom", "until", "written_by_id")
        if any(getattr(existing, name) != getattr(note, name) for name in same):
            raise SameKeyOtherContent
        return existing, False
    if until is not None and until < timezone.localdate():
        raise ValidationError({"until": _("Ce jour est passé. Choisissez aujourd’hui ou un jour à venir.")})
    note.clean_fields(exclude=["centre", "written_by", "done_by"])
    try:
        with in_words(HandoverNote):
            note.save(force_insert=True)
    except ValidationError as error:
        raise ValidationError({"until": error.messages}) from error
    return note, True


def _line(text: str, name: str) -> str:
    try:
        return clean_line(text)
    except ValidationError as error:
        raise ValidationError({name: error}) from error


@service
def read_notes(*, actor: User, centre: Centre, notes: Iterable[uuid.UUID]) -> int:
    """The actor says that they read these notes of the centre: those that were on their page, no later one. Returns how many are read now."""
    if not may(actor, Right.RECEIVE, centre):
        raise PermissionDenied
    known = HandoverNote.objects.filter(centre=centre, pk__in=list(notes)).exclude(reads__user=actor)
    rows = HandoverRead.objects.bulk_create([HandoverRead(note=note, user=actor) for note in known], ignore_conflicts=True)
    return len(rows)


@service
def finish_note(*, actor: User, note: HandoverNote) -> HandoverNote:
    """What the note asks for is done: it is carried over no longer. A second click, or a second person, changes nothing: the first did it."""
    note = HandoverNote.objects.select_for_update(of=("self",)).get(pk=note.pk)
    if not allows(actor, Right.RECEIVE, note, writing=True):
        raise PermissionDenied
    if note.done_at is None:
        note.done_at, note.done_by = timezone.now(), actor
        note.save(update_fields=["done_at", "done_by"])
    return note
