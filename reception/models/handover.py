"""What one shift leaves to the next."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from centres.access import centres_for
from centres.models import Centre
from centres.roles import Right

from .history import year_checked


class HandoverNoteQuerySet(models.QuerySet["HandoverNote"]):
    def visible_to(self, user) -> "HandoverNoteQuerySet":
        return self.filter(centre__in=centres_for(user, Right.VIEW_CENTRE))


class HandoverNote(models.Model):
    """A line that the next shift must know. It is carried over from day to day until it is done, or until its last day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="handover_notes", verbose_name=_("centre"))
    text = models.CharField(_("ce que l’équipe suivante doit savoir"), max_length=500)
    for_whom = models.CharField(_("pour qui"), max_length=80, blank=True)
    until = models.DateField(_("jusqu’au (inclus)"), null=True, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("écrite par"))
    written_at = models.DateTimeField(_("écrite le"), default=timezone.now)
    done_at = models.DateTimeField(_("faite le"), null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("faite par"))

    objects = HandoverNoteQuerySet.as_manager()

    class Meta:
        ordering = ["written_at", "id"]
        verbose_name = _("consigne de relève")
        indexes = [models.Index(fields=["centre", "-written_at"], name="handover_of_centre")]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=False) | Q(done_by__isnull=True), name="handover_done_whole", violation_error_message=_("Une consigne faite a une date.")
            ),
            year_checked("handover_year", "until"),
        ]
        triggers = [audited()]

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]


class HandoverRead(models.Model):
    """Somebody of the next shift said, under their name, that they read it."""

    note = models.ForeignKey(HandoverNote, models.CASCADE, related_name="reads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["read_at"]
        verbose_name = _("lecture d’une consigne de relève")
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="handover_read_once", violation_error_message=_("Vous avez déjà lu cette consigne."))]
        triggers = [audited()]
