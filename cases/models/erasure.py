"""Identities whose time has run out: proposed by one person, confirmed by another, then erased."""

import uuid
from typing import Self

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


class ErasureListQuerySet(models.QuerySet["ErasureList"]):
    def visible_to(self, user) -> Self:
        return self.filter(centre__in=centres_for(user, Right.FORGET_IDENTITY))

    def confirmed(self) -> Self:
        """Confirmed by a second person, and not yet carried out to the end."""
        return self.filter(confirmed_at__isnull=False, done_at__isnull=True)


class ErasureList(models.Model):
    """People of one centre proposed together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+", verbose_name=_("centre"))
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposée par"))
    proposed_at = models.DateTimeField(_("proposée le"), default=timezone.now)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("confirmée par"))
    confirmed_at = models.DateTimeField(_("confirmée le"), null=True, blank=True)
    refused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("refusée par"))
    refused_at = models.DateTimeField(_("refusée le"), null=True, blank=True)
    done_at = models.DateTimeField(_("faite le"), null=True, blank=True)
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, blank=True, related_name="+")

    objects = ErasureListQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-id"]
        verbose_name = _("liste d’effacement")
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")),
                name="erasure_two_people",
                violation_error_message=_("Qui a proposé la liste ne peut pas la confirmer : une deuxième personne décide."),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True) | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="erasure_confirmation_whole",
                violation_error_message=_("Une confirmation d’effacement a un auteur et une date."),
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(confirmed_at__isnull=False),
                name="erasure_confirmed_first",
                violation_error_message=_("Un effacement est confirmé avant d’être fait."),
            ),
            models.CheckConstraint(
                condition=Q(refused_at__isnull=True) | Q(confirmed_at__isnull=True),
                name="erasure_refused_or_confirmed",
                violation_error_message=_("Une liste d’effacement est confirmée ou refusée, jamais les deux."),
            ),
            models.UniqueConstraint(
                fields=["centre"],
                condition=Q(confirmed_at__isnull=True, refused_at__isnull=True),
                name="erasure_one_waiting",
                violation_error_message=_("Une liste de ce centre attend déjà d’être confirmée."),
            ),
        ]
        triggers = [audited()]

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]

    @property
    def waiting(self) -> bool:
        return self.confirmed_at is None and self.refused_at is None


class Erasure(models.Model):
    """One person of such a list, and what became of it."""

    list = models.ForeignKey(ErasureList, models.CASCADE, related_name="erasures")
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="erasures")
    done_at = models.DateTimeField(_("effacée le"), null=True, blank=True)
    kept_because = models.CharField(_("gardée parce que"), max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("effacement")
        constraints = [
            models.UniqueConstraint(fields=["list", "migrant"], name="erasure_once", violation_error_message=_("Cette personne est déjà dans cette liste d’effacement.")),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(kept_because=""),
                name="erasure_done_or_kept",
                violation_error_message=_("Une identité est effacée ou gardée, jamais les deux."),
            ),
        ]
        triggers = [audited()]
