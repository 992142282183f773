"""The photo of a person."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from audit.acting import service
from centres.access import allows
from centres.roles import Right

from ..models import Consent, Migrant
from ..pictures import portrait
from .agreements import refuse_if_withdrawn, require_consent


def drop_photo(migrant: Migrant) -> None:
    """Takes the photo off the file; the picture itself is deleted once that is certain."""
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    if not migrant.photo:
        return
    _delete_later(migrant)
    migrant.photo = ""
    migrant.save(update_fields=["photo"])


def _delete_later(migrant: Migrant) -> None:
    storage, name = migrant.photo.storage, str(migrant.photo.name)
    transaction.on_commit(lambda: storage.delete(name))


@service
def set_photo(*, actor: User, migrant: Migrant, file: UploadedFile) -> Migrant:
    """Keeps this photo in place of the one before, made anew by us (`pictures.portrait`), under a random name.

    Raises PermissionDenied, and ValidationError without the agreement to it or for what is no photo."""
    if not allows(actor, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    try:
        content = portrait(file)
    except ValidationError as error:
        raise ValidationError({"photo": error}) from error
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    # Asked under the lock that withdrawing waits for.
    refuse_if_withdrawn(migrant)
    require_consent(migrant, Consent.Purpose.PHOTO)
    if migrant.photo:
        _delete_later(migrant)
    migrant.photo.save("photo.jpg", ContentFile(content), save=False)
    migrant.save(update_fields=["photo"])
    return migrant


@service
def remove_photo(*, actor: User, migrant: Migrant) -> None:
    """Deletes the photo. Raises PermissionDenied."""
    if not allows(actor, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    drop_photo(migrant)
