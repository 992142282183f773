"""A file out of scope, opened by a protection officer for three hours, with a written reason that others see at once."""

import datetime
import uuid
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from centres.access import centres_for
from centres.models import Centre
from centres.roles import Right

from .migrant import Migrant

# Access design, "Break-glass".
LASTS = datetime.timedelta(hours=3)


class EmergencyAccessQuerySet(models.QuerySet["EmergencyAccess"]):
    def running(self) -> Self:
        return self.filter(until__gt=timezone.now())


class EmergencyAccess(models.Model):
    """Opens one file to one user, to read it. It ends by itself; nothing makes it longer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("par"))
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="emergency_accesses", verbose_name=_("personne"))
    reason = models.CharField(_("motif"), max_length=500, blank=True)
    opened_at = models.DateTimeField(_("depuis"), default=timezone.now)
    until = models.DateTimeField(_("jusqu’à"))

    objects = EmergencyAccessQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        verbose_name = _("accès d’urgence")
        verbose_name_plural = _("accès d’urgence")
        indexes = [
            models.Index(fields=["user", "until"], name="emergency_running"),
            models.Index(fields=["-opened_at", "-id"], name="emergency_latest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=F("opened_at"), until__lte=F("opened_at") + LASTS),
                name="emergency_three_hours",
                violation_error_message=_("Un accès d’urgence dure trois heures au plus."),
            )
        ]
        triggers = [audited(), pgtrigger.ReadOnly(name="no_longer", fields=["user", "opened_at", "until"])]


class NoticeQuerySet(models.QuerySet["EmergencyNotice"]):
    def visible_to(self, user) -> Self:
        """For those who run the centre."""
        return self.filter(centre__in=centres_for(user, Right.MANAGE_CENTRE))

    def unread(self) -> Self:
        return self.filter(acknowledged_at__isnull=True)


class EmergencyNotice(models.Model):
    """Tells those who run a centre that a file in its care was opened; stands on their first page until one of them has read it."""

    access = models.ForeignKey(EmergencyAccess, models.CASCADE, related_name="notices")
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(_("lu le"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lu par"))

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("avis d’accès d’urgence")
        indexes = [models.Index(fields=["centre"], name="emergency_unread", condition=Q(acknowledged_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(
                fields=["access", "centre"], name="emergency_notice_once", violation_error_message=_("Ce centre a déjà été prévenu de cet accès d’urgence.")
            )
        ]
        triggers = [audited()]

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]
