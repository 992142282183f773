"""What a nurse, a doctor or a counsellor wrote down about somebody: read by health workers and protection officers alone."""

import datetime
import uuid
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.models import Custody, FileQuerySet, Structure
from centres.access import centres_for
from centres.models import Service
from centres.roles import Right

from .assistance import Assistance
from .history import year_checked

# The services of which there is more to say than that they were given.
CARE = (Service.Category.HEALTH, Service.Category.PSYCHOSOCIAL)
AWAITED_DAYS = 60  # after that nobody waits any more for somebody who did not come


class HealthQuerySet(FileQuerySet):
    on_file_from = "written_at"
    person = "assistance__migrant"

    def visible_to(self, user) -> Self:
        """The detail exists only for those who have the health right where the person is or was."""
        return super().visible_to(user).filter(self._seen_with(user, Right.VIEW_HEALTH))

    def due(self) -> Self:
        """Whoever should have come again by today, and was not seen since: the latest record of a person decides."""
        today = timezone.localdate()
        later = HealthRecord.objects.filter(assistance__migrant=OuterRef("assistance__migrant"), written_at__gt=OuterRef("written_at"))
        return self.filter(~Exists(later), return_on__range=(today - datetime.timedelta(days=AWAITED_DAYS), today))

    def in_care_for(self, user) -> Self:
        """Of people whom a centre where the user works in health cares for now."""
        theirs = Custody.objects.filter(migrant=OuterRef("assistance__migrant"), centre__in=centres_for(user, Right.VIEW_HEALTH), until__isnull=True)
        return self.filter(Exists(theirs), assistance__migrant__died_on__isnull=True)


class HealthRecord(models.Model):
    """The medical or psychosocial detail of one line of assistance. The line says to all who assist that there was a consultation; this, in
    a table of its own so that no list, export or timeline shows it by mistake, says what was found."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # Whoever takes back the line takes back the detail first: nobody loses another one's notes.
    assistance = models.OneToOneField(Assistance, models.PROTECT, related_name="health", verbose_name=_("assistance"))
    reason = models.TextField(_("motif"), max_length=1000)
    findings = models.TextField(_("ce qui est constaté"), max_length=5000, blank=True)
    diagnosis = models.TextField(_("diagnostic"), max_length=1000, blank=True)
    treatment = models.TextField(_("traitement ou conduite à tenir"), max_length=3000, blank=True)
    structure = models.ForeignKey(Structure, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("adressée à"))
    elsewhere = models.CharField(_("adressée à une autre structure"), max_length=150, blank=True)
    return_on = models.DateField(_("à revoir le"), null=True, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("écrit par"))
    written_at = models.DateTimeField(_("écrit le"), default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    objects = HealthQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-id"]
        verbose_name = _("détail médical ou psychosocial")
        indexes = [models.Index(fields=["return_on"], name="health_return", condition=Q(return_on__isnull=False))]
        constraints = [
            year_checked("health_year", "return_on"),
            models.CheckConstraint(condition=~Q(reason=""), name="health_reason", violation_error_message=_("Écrivez le motif.")),
            models.CheckConstraint(
                condition=Q(structure__isnull=True) | Q(elsewhere=""),
                name="health_sent_once",
                violation_error_message=_("Choisissez la structure dans la liste, ou écrivez-la : pas les deux."),
            ),
        ]
        triggers = [
            audited(),
            pgtrigger.Trigger(
                name="of_care",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("assistance_id"),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM reception_assistance a JOIN centres_service s ON s.id = a.service_id
                        WHERE a.id = NEW.assistance_id AND s.category IN ('health', 'psychosocial')
                    ) THEN
                        RAISE EXCEPTION 'a health record hangs on health or psychosocial care' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    @property
    def is_awaited(self) -> bool:
        """Is the person to come again, as far as this record says?"""
        return self.return_on is not None and self.return_on >= timezone.localdate() - datetime.timedelta(days=AWAITED_DAYS)

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.assistance.access_centres(writing=writing)
