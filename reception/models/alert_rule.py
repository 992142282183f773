"""When a centre's alerts are raised, and how many arrivals it was planned for."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from centres.models import Centre

from .alert import Alert


class AlertRule(models.Model):
    """The threshold of one kind of alert at one centre. What a centre has not set for itself is in `reception.alert_rules.DEFAULTS`."""

    centre = models.ForeignKey(Centre, models.CASCADE, related_name="alert_rules", verbose_name=_("centre"))
    kind = models.CharField(_("alerte"), max_length=15, choices=Alert.Kind)
    active = models.BooleanField(_("en marche"), default=True)
    threshold = models.DecimalField(_("seuil"), max_digits=12, decimal_places=2, validators=[MinValueValidator(0)])
    days = models.PositiveSmallIntegerField(_("sur combien de jours"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(366)])
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["centre", "kind"]
        verbose_name = _("règle d’alerte")
        constraints = [
            models.UniqueConstraint(fields=["centre", "kind"], name="alert_rule_once"),
            models.CheckConstraint(condition=Q(threshold__gte=0), name="alert_rule_threshold", violation_error_message=_("Un seuil n’est pas négatif.")),
            models.CheckConstraint(
                condition=Q(days__isnull=True) | Q(days__gte=1, days__lte=366), name="alert_rule_days", violation_error_message=_("De 1 à 366 jours.")
            ),
        ]
        triggers = [audited()]


class ArrivalPlan(models.Model):
    """How many arrivals a month the centre was planned for, from this day on until the next plan."""

    centre = models.ForeignKey(Centre, models.CASCADE, related_name="arrival_plans", verbose_name=_("centre"))
    since = models.DateField(_("à partir du"), default=timezone.localdate)
    per_month = models.PositiveIntegerField(_("arrivées prévues par mois"))
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["centre", "since"]
        verbose_name = _("arrivées prévues")
        constraints = [models.UniqueConstraint(fields=["centre", "since"], name="arrival_plan_once")]
        triggers = [audited()]

    def __str__(self):
        return f"{self.per_month} ({self.since:%Y-%m-%d})"
