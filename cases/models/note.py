"""What staff write down about somebody."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited

from .migrant import FileQuerySet, Migrant, ProtectedQuerySet


class NoteQuerySet(ProtectedQuerySet):
    on_file_from = "written_at"

    def visible_to(self, user) -> Self:
        """Protection notes exist only for those who have the right where the person is or was."""
        return FileQuerySet.visible_to(self, user).filter(Q(kind=Note.Kind.ORDINARY) | self.protected_for(user))


class Note(models.Model):
    class Kind(models.TextChoices):
        ORDINARY = "ordinary", _("note")
        PROTECTION = "protection", _("note de protection")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="notes")
    kind = models.CharField(_("type"), max_length=10, choices=Kind, default=Kind.ORDINARY)
    text = models.TextField(_("texte"), max_length=5000)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("écrite par"))
    written_at = models.DateTimeField(_("écrite le"), default=timezone.now)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at"]
        verbose_name = _("note")
        triggers = [audited()]

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)
