"""Flow monitoring points and their counts (objective 3). Knows no migrant: only numbers of people."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited

# More people than this in one cell of one day is a slip of the pen: the busiest known month had about 1 400 a day at all
# points together (DTM Mali, March 2022).
MOST = 20_000
CELLS = ("women", "men", "girls", "boys")


class FlowPointQuerySet(models.QuerySet["FlowPoint"]):
    def visible_to(self, user) -> "FlowPointQuerySet":
        """National and without personal data: the declared right alone decides."""
        return self

    def open_on(self, day) -> "FlowPointQuerySet":
        return self.filter(Q(active_until__isnull=True) | Q(active_until__gte=day), active_since__lte=day)


class FlowPoint(models.Model):
    """A place where passing people are counted. Source: action document 4.3 (ten points), R3.4."""

    code = models.CharField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("nom"), max_length=100)
    region = models.CharField(_("région"), max_length=60)
    latitude = models.DecimalField(max_digits=8, decimal_places=5)
    longitude = models.DecimalField(max_digits=8, decimal_places=5)
    active_since = models.DateField(_("actif depuis"))
    active_until = models.DateField(_("actif jusqu’au"), null=True, blank=True)

    objects = FlowPointQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("point de suivi des flux")
        constraints = [
            models.CheckConstraint(
                condition=Q(active_until__isnull=True) | Q(active_until__gte=F("active_since")),
                name="flow_point_dates",
                violation_error_message=_("Un point de suivi ne peut pas fermer avant d’avoir ouvert."),
            )
        ]
        triggers = [audited()]

    def __str__(self):
        return self.name

    def access_centres(self, *, writing: bool) -> list[int]:
        return []


class FlowCountQuerySet(models.QuerySet["FlowCount"]):
    def visible_to(self, user) -> "FlowCountQuerySet":
        """National and without personal data: the declared right alone decides."""
        return self


class FlowCount(models.Model):
    """How many people passed a point on a day in one direction."""

    class Direction(models.TextChoices):
        IN = "in", _("entrant")
        OUT = "out", _("sortant")
        INTERNAL = "internal", _("interne")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    point = models.ForeignKey(FlowPoint, models.PROTECT, related_name="counts", verbose_name=_("point"))
    counted_on = models.DateField(_("date"), default=timezone.localdate)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction)
    women = models.PositiveIntegerField(_("femmes"), default=0)
    men = models.PositiveIntegerField(_("hommes"), default=0)
    girls = models.PositiveIntegerField(_("filles"), default=0)
    boys = models.PositiveIntegerField(_("garçons"), default=0)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("compté par"))
    recorded_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    objects = FlowCountQuerySet.as_manager()

    class Meta:
        ordering = ["-counted_on", "-recorded_at"]
        verbose_name = _("comptage")
        constraints = [
            models.UniqueConstraint(
                fields=["point", "counted_on", "direction"],
                name="flow_count_once",
                violation_error_message=_("Ce point a déjà un comptage pour ce jour et cette direction. Corrigez-le au lieu d’en ajouter un."),
            ),
            models.CheckConstraint(
                condition=Q(women__lte=MOST, men__lte=MOST, girls__lte=MOST, boys__lte=MOST),
                name="flow_count_plausible",
                violation_error_message=_("Un nombre dépasse 20 000 personnes pour un jour. Vérifiez-le : un chiffre est sans doute en trop."),
            ),
        ]
        triggers = [audited()]

    def __str__(self):
        return f"{self.point} – {self.counted_on} – {self.get_direction_display()}"

    @property
    def total(self) -> int:
        return self.women + self.men + self.girls + self.boys

    def access_centres(self, *, writing: bool) -> list[int]:
        return []
