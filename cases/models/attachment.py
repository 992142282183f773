"""Scans kept in a file."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited

from .migrant import FileQuerySet, Migrant


def attachment_path(attachment: "Attachment", name: str) -> str:
    """A random name: whoever sees the folder learns nothing about anybody."""
    return f"attachments/{attachment.pk.hex[:2]}/{uuid.uuid4().hex}"


class AttachmentQuerySet(FileQuerySet):
    on_file_from = "added_at"


class Attachment(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="attachments")
    title = models.CharField(_("titre"), max_length=120)
    file = models.FileField(_("fichier"), upload_to=attachment_path, max_length=120)
    media_type = models.CharField(max_length=60)  # found in the content, never believed from the browser
    size = models.PositiveIntegerField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("ajouté par"))
    added_at = models.DateTimeField(_("ajouté le"), default=timezone.now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["-added_at"]
        verbose_name = _("pièce jointe")
        triggers = [audited()]

    def __str__(self):
        return self.title

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)
