"""An admission that was noted by mistake, and taken back."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.models import FileQuerySet, Migrant
from centres.models import Centre


class UndoneAdmissionQuerySet(FileQuerySet):
    on_file_from = "undone_at"


class UndoneAdmission(models.Model):
    """What is left of the stay: that it was noted, by whom, and why it was taken back. `id`: the key of the stay, which admits nobody again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="undone_admissions", verbose_name=_("personne"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+", verbose_name=_("centre"))
    arrived_at = models.DateTimeField(_("arrivée"))
    checked_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("admis par"))
    undone_at = models.DateTimeField(_("annulée le"), default=timezone.now)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("annulée par"))
    reason = models.CharField(_("pourquoi l’admission a été annulée"), max_length=300)

    objects = UndoneAdmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-undone_at", "-pk"]
        verbose_name = _("admission annulée")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="undone_admission_reason", violation_error_message=_("Dites pourquoi cette admission est annulée.")),
            models.CheckConstraint(
                condition=Q(undone_at__gte=F("arrived_at")),
                name="undone_admission_after",
                violation_error_message=_("Une admission ne peut pas être annulée avant d’avoir eu lieu."),
            ),
        ]
        triggers = [audited(), pgtrigger.ReadOnly(name="as_undone", exclude=["migrant", "reason"])]

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id] if writing else self.migrant.access_centres(writing=False)
