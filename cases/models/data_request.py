"""A person asks for their own data."""

import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited

from .migrant import FileQuerySet, Migrant

KEPT_DAYS = 7


def own_data_path(asked: "DataRequest", name: str) -> str:
    """A random name: whoever sees the folder learns nothing about anybody."""
    return f"own-data/{uuid.uuid4().hex}"


class DataRequestQuerySet(FileQuerySet):
    on_file_from = "made_at"


class DataRequest(models.Model):
    """How it was asked, how the person was recognised, who made the copy. The copy itself is kept seven days."""

    class Asked(models.TextChoices):
        IN_PERSON = "in_person", _("en personne")
        WRITTEN = "written", _("par écrit")
        REPRESENTATIVE = "representative", _("par quelqu’un qui la représente")

    class Checked(models.TextChoices):
        DOCUMENT = "document", _("par un document d’identité")
        CARD = "card", _("par la carte de Sira")
        KNOWN = "known", _("l’équipe connaît la personne")
        QUESTIONS = "questions", _("par des questions sur son dossier")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="data_requests", verbose_name=_("personne"))
    asked = models.CharField(_("demandé"), max_length=15, choices=Asked)
    checked = models.CharField(_("identité vérifiée"), max_length=10, choices=Checked)
    remark = models.CharField(_("remarque"), max_length=300, blank=True)
    with_protection = models.BooleanField(_("avec les notes de protection"), default=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("préparée par"))
    made_at = models.DateTimeField(_("demandée le"), default=timezone.now)
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+")
    pdf = models.FileField(upload_to=own_data_path, max_length=120, blank=True)
    json = models.FileField(upload_to=own_data_path, max_length=120, blank=True)
    ready_at = models.DateTimeField(_("prête le"), null=True, blank=True)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]
        verbose_name = _("demande de ses données")
        constraints = [
            models.CheckConstraint(
                condition=Q(pdf="", json="") | Q(ready_at__isnull=False),
                name="data_request_ready",
                violation_error_message=_("Une copie des données qui est prête a une date."),
            )
        ]
        triggers = [audited()]

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)

    @property
    def there(self) -> bool:
        """Can the copy still be fetched?"""
        return bool(self.pdf) and self.ready_at is not None and timezone.now() < self.ready_at + datetime.timedelta(days=KEPT_DAYS)
