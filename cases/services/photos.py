"""The photo of a person."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile

from accounts.models import User
from audit.acting import service
from centres.access import allows
from centres.roles import Right
from config.uploads import delete_after_commit

from ..models import Consent, Merge, Migrant
from ..pictures import portrait
from .agreements import refuse_if_withdrawn, require_consent


def drop_photo(migrant: Migrant) -> None:
    """Takes the photo off the file; the picture itself is deleted once that is certain. So do the pictures that merges keep for their
    undoing, of this file and of those joined to it: a face outlives no agreement."""
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    names: set[str] = set()
    for merge in Merge.objects.select_for_update().filter(survivor=migrant, fields__has_key="photo"):
        names |= {str(name) for name in merge.fields.pop("photo") if name}
        merge.save(update_fields=["fields"])
    for one in [migrant, *Migrant.objects.select_for_update(of=("self",)).filter(merged_into=migrant).exclude(photo="")]:
        if one.photo:
            names.add(str(one.photo.name))
            one.photo = ""
            one.save(update_fields=["photo"])
    delete_after_commit(migrant.photo.storage, names)


def _no_longer_needed(migrant: Migrant) -> bool:
    """Does nothing but this file show its picture? A merge that may be undone keeps both."""
    name = str(migrant.photo.name)
    shown = Migrant.objects.filter(photo=name).exclude(pk=migrant.pk).exists()
    return bool(name) and not shown and not Merge.objects.filter(survivor=migrant, undone_at__isnull=True, fields__photo__contains=[name]).exists()


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
    if migrant.photo and _no_longer_needed(migrant):
        delete_after_commit(migrant.photo.storage, [migrant.photo.name])
    migrant.photo.save("photo.jpg", ContentFile(content), save=False)
    migrant.save(update_fields=["photo"])
    return migrant


@service
def remove_photo(*, actor: User, migrant: Migrant) -> None:
    """Deletes the photo. Raises PermissionDenied."""
    if not allows(actor, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    drop_photo(migrant)
