"""Rooms and beds, and when a bed can't be used."""

import datetime

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from config.ranges import KeyRange

from .centre import Centre


class Room(models.Model):
    class Kind(models.TextChoices):
        MEN = "men", _("hommes")
        WOMEN = "women", _("femmes")
        FAMILIES = "families", _("familles")
        MINORS = "minors", _("mineurs")
        ISOLATION = "isolation", _("isolement (santé)")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="rooms", verbose_name=_("centre"))
    name = models.CharField(_("nom"), max_length=50)
    kind = models.CharField(_("pour"), max_length=10, choices=Kind)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["centre", "kind", "name"]
        verbose_name = _("chambre")
        constraints = [models.UniqueConstraint(fields=["centre", "name"], name="room_once", violation_error_message=_("Ce centre a déjà une chambre de ce nom."))]
        triggers = [audited()]

    def __str__(self):
        return self.name


class DayRange(Func):
    """From a day to another one that no longer belongs to it (NULL: open)."""

    function = "DATERANGE"
    output_field = DateRangeField()


class BedQuerySet(models.QuerySet["Bed"]):
    def there(self, on: datetime.date | None = None) -> "BedQuerySet":
        """Beds that the centre has on this day (today), blocked ones too."""
        on = on or timezone.localdate()
        return self.filter(Q(until__isnull=True) | Q(until__gt=on), since__lte=on)

    def usable(self, on: datetime.date | None = None) -> "BedQuerySet":
        """Those in which somebody may sleep on this day (today): the capacity."""
        return self.there(on).filter(~Exists(BedBlock.objects.acting(on).filter(bed=OuterRef("pk"))))


class Bed(models.Model):
    """A bed, from the day it was there until the day it no longer was: so the capacity of any day can be told (`centres.capacity`)."""

    room = models.ForeignKey(Room, models.PROTECT, related_name="beds", verbose_name=_("chambre"))
    label = models.CharField(_("lit"), max_length=20)
    since = models.DateField(_("en place depuis"), default=timezone.localdate)
    until = models.DateField(_("retiré le"), null=True, blank=True)

    objects = BedQuerySet.as_manager()

    class Meta:
        ordering = ["room", "label"]
        verbose_name = _("lit")
        constraints = [
            models.UniqueConstraint(fields=["room", "label"], name="bed_once", violation_error_message=_("Cette chambre a déjà un lit de ce nom.")),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="bed_there_dates",
                violation_error_message=_("Le retrait ne peut pas précéder la mise en place."),
            ),
        ]
        triggers = [audited()]

    def __str__(self):
        return f"{self.room} – {self.label}"


class BedBlockQuerySet(models.QuerySet["BedBlock"]):
    def acting(self, on: datetime.date | None = None) -> "BedBlockQuerySet":
        on = on or timezone.localdate()
        return self.filter(Q(until__isnull=True) | Q(until__gt=on), since__lte=on)


class BedBlock(models.Model):
    """A bed in which nobody sleeps for a while."""

    class Reason(models.TextChoices):
        REPAIR = "repair", _("réparation")
        QUARANTINE = "quarantine", _("quarantaine")
        OTHER = "other", _("autre raison")

    bed = models.ForeignKey(Bed, models.CASCADE, related_name="blocks", verbose_name=_("lit"))
    reason = models.CharField(_("motif"), max_length=10, choices=Reason)
    note = models.CharField(_("précision"), max_length=200, blank=True)
    since = models.DateField(_("bloqué depuis"), default=timezone.localdate)
    until = models.DateField(_("de nouveau utilisable le"), null=True, blank=True)
    blocked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("bloqué par"))

    objects = BedBlockQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("blocage de lit")
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="bed_block_dates", violation_error_message=_("La fin du blocage vient après son début.")
            ),
            ExclusionConstraint(
                name="bed_block_once",
                expressions=[(KeyRange("bed"), RangeOperators.OVERLAPS), (DayRange("since", "until", RangeBoundary()), RangeOperators.OVERLAPS)],
                violation_error_message=_("Ce lit est déjà bloqué pendant ces jours."),
            ),
        ]
        triggers = [audited()]
