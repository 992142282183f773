"""What is kept of lists, and what is done to many people at once."""

import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import lock_key, service
from config.refusals import in_words

from ..cleaning import clean_line
from ..models import ChosenColumns, Migrant, Note, SavedFilter
from .notes import write_note

MOST_SAVED = 50  # filters of one user
MOST_AT_ONCE = 200  # people


@service
def save_filter(*, actor: User, listing: str, name: str, query: str) -> SavedFilter:
    """Keeps filters under a name; the name again keeps the new ones. Raises ValidationError."""
    name = clean_line(name)[:60]
    if not name:
        raise ValidationError({"name": _("Donnez un nom au filtre.")})
    if len(query) > 1000:
        raise ValidationError({"name": _("Ces filtres sont trop longs pour être gardés.")})
    lock_key(uuid.uuid5(uuid.NAMESPACE_OID, f"saved filters {actor.pk}"))
    mine = SavedFilter.objects.visible_to(actor)
    if mine.count() >= MOST_SAVED and not mine.filter(listing=listing, name=name).exists():
        raise ValidationError({"name": _("Vous gardez déjà %(n)s filtres. Effacez-en un.") % {"n": MOST_SAVED}})
    saved, _created = SavedFilter.objects.update_or_create(user=actor, listing=listing, name=name, defaults={"query": query})
    return saved


@service
def rename_filter(*, actor: User, saved: SavedFilter, name: str) -> SavedFilter:
    """Raises PermissionDenied, ValidationError."""
    if saved.user_id != actor.pk:
        raise PermissionDenied
    saved = SavedFilter.objects.select_for_update().get(pk=saved.pk)
    saved.name = clean_line(name)[:60]
    with in_words(SavedFilter):
        saved.save(update_fields=["name"])
    return saved


@service
def delete_filter(*, actor: User, saved: SavedFilter) -> None:
    """Raises PermissionDenied."""
    if saved.user_id != actor.pk:
        raise PermissionDenied
    SavedFilter.objects.filter(pk=saved.pk).delete()


@service
def choose_columns(*, actor: User, listing: str, columns: list[str]) -> None:
    """Remembers the columns of a list; none: the usual ones again."""
    if columns:
        ChosenColumns.objects.update_or_create(user=actor, listing=listing, defaults={"columns": columns})
    else:
        ChosenColumns.objects.filter(user=actor, listing=listing).delete()


@service
def write_note_for_all(*, actor: User, id: uuid.UUID, people: list[Migrant], text: str) -> list[Note]:
    """The same ordinary note on each file, all or none. Sent twice under one `id` it is written once.

    Raises PermissionDenied if the user may not write in one of them, ValidationError, SameKeyOtherContent."""
    if not 0 < len(people) <= MOST_AT_ONCE:
        raise ValidationError(_("Choisissez entre 1 et %(n)s personnes.") % {"n": MOST_AT_ONCE})
    return [
        write_note(actor=actor, migrant=person, kind=Note.Kind.ORDINARY, text=text, id=uuid.uuid5(id, str(person.pk)))
        for person in sorted(people, key=lambda one: one.pk)
    ]
