"""Somebody is in a centre, and sleeps in a bed of it."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.deaths import living_only
from cases.models import FileQuerySet, Migrant
from centres.models import Bed, Centre
from config.ranges import KeyRange

from .seen import seen
from .sleeping import usable_when_laid


class UuidKeyRange(KeyRange):
    """The same for a UUID, through a hash of 63 bits: halved, so that the upper end of the range never overflows."""

    template = "int8range(hashtextextended((%(expressions)s)::text, 0) / 2, hashtextextended((%(expressions)s)::text, 0) / 2, '[]')"


class TimeRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class StayQuerySet(FileQuerySet):
    on_file_from = "arrived_at"

    def open(self) -> "StayQuerySet":
        return self.filter(departed_at__isnull=True)

    def at(self, centre: Centre) -> "StayQuerySet":
        return self.filter(centre=centre)

    def with_bed(self) -> "StayQuerySet":
        """With the bed the person has now: `bed_id`, `bed_words` (« Hommes 1 – 04 »); None without one."""
        now = BedAssignment.objects.filter(stay=OuterRef("pk"), until__isnull=True).order_by()
        words = Concat("bed__room__name", Value(" – "), "bed__label")
        return self.annotate(bed_id=Subquery(now.values("bed_id")[:1]), bed_words=Subquery(now.annotate(words=words).values("words")[:1]))

    def without_bed(self) -> "StayQuerySet":
        return self.filter(~Exists(BedAssignment.objects.filter(stay=OuterRef("pk"), until__isnull=True)))


class Stay(models.Model):
    """A person is in a centre, from arrival to departure. Occupancy is the number of open stays."""

    class Origin(models.TextChoices):
        """How the person came. Source: action document 3.2 and 4.2 (in transit; returned; forced returns)."""

        TRANSIT = "transit", _("en transit")
        RETURNED = "returned", _("retour par ses propres moyens")
        VOLUNTARY_RETURN = "voluntary_return", _("retour volontaire assisté")
        FORCED_RETURN = "forced_return", _("retour forcé")
        REFERRED = "referred", _("orientation par un partenaire")
        TRANSFERRED = "transferred", _("transfert d’un autre centre")

    class DepartureReason(models.TextChoices):
        RETURN = "return", _("retour vers le pays ou la communauté d’origine")
        LEFT = "left", _("départ de son plein gré")
        TRANSFERRED = "transferred", _("transfert vers un autre centre")
        REFERRED = "referred", _("orientation vers un partenaire")
        HOSPITAL = "hospital", _("hospitalisation")
        DIED = "died", _("décès")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="stays", verbose_name=_("personne"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="stays", verbose_name=_("centre"))
    arrived_at = models.DateTimeField(_("arrivée"), default=timezone.now)
    origin = models.CharField(_("comment la personne est venue"), max_length=20, choices=Origin)
    came_from = models.CharField(_("pays de provenance"), max_length=2, blank=True)
    departed_at = models.DateTimeField(_("départ"), null=True, blank=True)
    departure_reason = models.CharField(_("motif du départ"), max_length=15, choices=DepartureReason, blank=True)
    checked_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("admis par"))
    checked_out_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("sortie notée par"))
    # The last time that a departure noted by mistake was undone; the change history has all of them.
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("départ annulé par"))
    undone_reason = models.CharField(_("pourquoi le départ a été annulé"), max_length=300, blank=True)
    # Of what was sent at check-in: tells whether the same `id` comes again with the same content, even after a move.
    digest = models.CharField(max_length=64, default="", editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = StayQuerySet.as_manager()

    class Meta:
        ordering = ["-arrived_at", "-id"]
        verbose_name = _("séjour")
        indexes = [
            models.Index(fields=["-arrived_at", "-id"], name="stay_latest"),
            models.Index(fields=["centre", "-arrived_at"], name="stay_of_centre"),
            models.Index(fields=["centre", "-departed_at"], name="stay_departures", condition=Q(departed_at__isnull=False)),
            models.Index(fields=["centre"], name="stay_open", condition=Q(departed_at__isnull=True)),
            # Who was there in a span of days, however long ago: neither arrivals nor departures alone find them.
            GistIndex(KeyRange("centre"), TimeRange("arrived_at", "departed_at", RangeBoundary(inclusive_upper=True)), name="stay_presence"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["migrant"], condition=Q(departed_at__isnull=True), name="stay_open_once", violation_error_message=_("Cette personne a déjà un séjour en cours.")
            ),
            ExclusionConstraint(
                name="stay_no_overlap",
                expressions=[(UuidKeyRange("migrant"), RangeOperators.OVERLAPS), (TimeRange("arrived_at", "departed_at", RangeBoundary()), RangeOperators.OVERLAPS)],
                violation_error_message=_("Cette personne était déjà dans un centre à ce moment."),
            ),
            models.CheckConstraint(
                condition=Q(departed_at__isnull=True, departure_reason="") | Q(departed_at__gt=F("arrived_at")) & ~Q(departure_reason=""),
                name="stay_departure_whole",
                violation_error_message=_("Un départ a une date après l’arrivée, et un motif."),
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_reason="") | Q(undone_at__isnull=False) & ~Q(undone_reason=""),
                name="stay_undone_whole",
                violation_error_message=_("Dites pourquoi ce départ est annulé."),
            ),
        ]
        triggers = [
            audited(leave_out=("digest",)),
            living_only(operation=pgtrigger.Insert | pgtrigger.UpdateOf("departed_at"), condition=pgtrigger.Q(new__departed_at__isnull=True)),
            *seen(),
        ]

    def access_centres(self, *, writing: bool) -> list[int]:
        """The centre where the person is answers for the stay; whoever reads the file reads its stays."""
        return [self.centre_id] if writing else self.migrant.access_centres(writing=False)

    @property
    def is_open(self) -> bool:
        return self.departed_at is None

    @property
    def days(self) -> int:
        """Days since the arrival, or from arrival to departure."""
        last = timezone.localdate(self.departed_at) if self.departed_at else timezone.localdate()
        return (last - timezone.localdate(self.arrived_at)).days


class BedAssignment(models.Model):
    """Somebody sleeps in this bed, from then until then."""

    stay = models.ForeignKey(Stay, models.CASCADE, related_name="beds", verbose_name=_("séjour"))
    bed = models.ForeignKey(Bed, models.PROTECT, related_name="assignments", verbose_name=_("lit"))
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["since"]
        verbose_name = _("attribution de lit")
        constraints = [
            ExclusionConstraint(
                name="bed_one_person",
                expressions=[(KeyRange("bed"), RangeOperators.OVERLAPS), (TimeRange("since", "until", RangeBoundary()), RangeOperators.OVERLAPS)],
                violation_error_message=_("Ce lit vient d’être pris. Choisissez-en un autre."),
            ),
            models.UniqueConstraint(fields=["stay"], condition=Q(until__isnull=True), name="bed_one_a_stay", violation_error_message=_("Cette personne a déjà un lit.")),
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="bed_dates"),
        ]
        triggers = [audited(), usable_when_laid()]
