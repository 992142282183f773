"""When a centre's alerts are raised, and how many arrivals it was planned for."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from centres.models import Centre

from .alert import Alert
from .history import year_checked

FEWEST_DAYS = 7  # arrivals of fewer days say nothing against a plan by the month


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
            models.UniqueConstraint(fields=["centre", "kind"], name="alert_rule_once", violation_error_message=_("Ce centre a déjà une règle pour cette alerte.")),
            models.CheckConstraint(
                condition=~Q(kind="arrivals_above") | Q(threshold__gt=100, threshold__lte=1000),
                name="alert_rule_above",
                violation_error_message=_("Arrivées au-dessus du prévu : écrivez plus de 0 pour cent de plus que prévu, et 900 au plus."),
            ),
            models.CheckConstraint(
                condition=~Q(kind="arrivals_below") | Q(threshold__gt=0, threshold__lt=100),
                name="alert_rule_below",
                violation_error_message=_("Arrivées au-dessous du prévu : écrivez plus de 0 pour cent de moins que prévu, et moins de 100."),
            ),
            models.CheckConstraint(
                condition=~Q(kind="occupancy") | Q(threshold__gt=0, threshold__lte=200),
                name="alert_rule_occupancy",
                violation_error_message=_("Occupation : un seuil de plus de 0, et de 200 pour cent des lits au plus."),
            ),
            models.CheckConstraint(
                condition=~Q(kind="tension") | Q(threshold__gte=1, threshold__lte=1000),
                name="alert_rule_tension",
                violation_error_message=_("Tension : un seuil de 1 à 1 000 incidents."),
            ),
            # People and stays; a centre without a share of the target has 0, and no such alert.
            models.CheckConstraint(
                condition=Q(threshold__gte=0, threshold__lte=1_000_000), name="alert_rule_threshold", violation_error_message=_("Un seuil va de 0 à 1 000 000.")
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("occupancy", "long_stay", "target_passed"), days__isnull=True)
                | Q(kind__in=("arrivals_above", "arrivals_below"), days__isnull=False, days__gte=FEWEST_DAYS, days__lte=366)
                | Q(kind="tension", days__isnull=False, days__gte=1, days__lte=366),
                name="alert_rule_days",
                violation_error_code="days",  # beside which field of the page it is said
                violation_error_message=_("De 1 à 366 jours ; les arrivées se comparent au prévu sur 7 jours au moins."),
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
        constraints = [
            models.UniqueConstraint(fields=["centre", "since"], name="arrival_plan_once", violation_error_message=_("Un plan commence déjà ce jour-là.")),
            year_checked("arrival_plan_year", "since"),
        ]
        triggers = [audited()]

    def __str__(self):
        return f"{self.per_month} ({self.since:%Y-%m-%d})"
