"""Something at a centre that somebody must see to, until they wrote what they did about it."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import CharField, F, Q
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.models import ADULT_AGE, Migrant, years_before
from centres.access import centres_for
from centres.models import Centre, Service
from centres.roles import Right

from .history import stays

NATIONAL = "national"  # subject of an alert about the figure of the whole country


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, user) -> "AlertQuerySet":
        """Those of the centres the user sees into."""
        return self.filter(centre__in=centres_for(user, Right.VIEW_CENTRE))

    def open(self) -> "AlertQuerySet":
        """Without those that stayed with a file joined to another one: its own says the same (`services.alerts.end_alerts`)."""
        return self.filter(closed_at__isnull=True, migrant__merged_into__isnull=True)

    def of_children(self) -> "AlertQuerySet":
        """Missing at a roll-call, and under 18 today."""
        return self.filter(kind=Alert.Kind.MINOR_MISSING, migrant__born_on__gt=years_before(timezone.localdate(), ADULT_AGE))

    def of_absent_adults(self) -> "AlertQuerySet":
        """Not seen for days, or missing since they were a child and of age today."""
        grown = Q(kind=Alert.Kind.MINOR_MISSING, migrant__born_on__lte=years_before(timezone.localdate(), ADULT_AGE))
        return self.filter(Q(kind=Alert.Kind.ABSENCE) | grown)


class Alert(models.Model):
    """Raised by a rule (K2, K3, K4 and H are risks of the action document's risk table) or by somebody's evening round."""

    class Kind(models.TextChoices):
        ARRIVALS_ABOVE = "arrivals_above", _("arrivées au-dessus du prévu")
        ARRIVALS_BELOW = "arrivals_below", _("arrivées au-dessous du prévu")
        OCCUPANCY = "occupancy", _("occupation trop forte")
        LONG_STAY = "long_stay", _("séjours au-delà de la limite")
        TARGET_PASSED = "target_passed", _("nombre de bénéficiaires au-delà de la cible")
        TENSION = "tension", _("incidents de tension")
        MINOR_MISSING = "minor_missing", _("enfant manquant à l’appel")
        ABSENCE = "absence", _("personne plus vue depuis plusieurs jours")
        STOCK = "stock", _("stock bas")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="alerts", verbose_name=_("centre"))
    kind = models.CharField(_("alerte"), max_length=15, choices=Kind)
    # What it is about, so that the same thing is not raised twice while it is open: a person's key, a service's code, a month; empty: the centre.
    subject = models.CharField(max_length=40, blank=True, editable=False)
    migrant = models.ForeignKey(Migrant, models.CASCADE, null=True, blank=True, related_name="alerts", verbose_name=_("personne"))
    value = models.DecimalField(_("valeur"), max_digits=12, decimal_places=2, null=True, blank=True)
    threshold = models.DecimalField(_("seuil"), max_digits=12, decimal_places=2, null=True, blank=True)
    days = models.PositiveSmallIntegerField(_("sur combien de jours"), null=True, blank=True)
    raised_at = models.DateTimeField(_("levée le"), default=timezone.now)
    # The cause lasts no longer. The alert stays open until somebody closes it; closed while the cause lasts, it is not raised again at once.
    gone_at = models.DateTimeField(_("cause disparue le"), null=True, blank=True)
    closed_at = models.DateTimeField(_("close le"), null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("close par"))
    done = models.CharField(_("ce qui a été fait"), max_length=500, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at", "-pk"]
        verbose_name = _("alerte")
        indexes = [models.Index(fields=["centre", "-raised_at"], name="alert_of_centre")]
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "kind", "subject"],
                condition=Q(closed_at__isnull=True),
                name="alert_open_once",
                violation_error_message=_("Cette alerte est déjà ouverte."),
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, done="") | Q(closed_at__isnull=False) & ~Q(done=""),
                name="alert_closed_whole",
                violation_error_message=_("Écrivez ce qui a été fait."),
            ),
            # Each kind is about something of its own: the centre, the country, a kind of aid, a kit, a person.
            models.CheckConstraint(
                condition=Q(kind__in=("arrivals_above", "arrivals_below", "occupancy", "long_stay"), subject="", migrant__isnull=True)
                | Q(kind="target_passed", subject__in=("", NATIONAL), migrant__isnull=True)
                | Q(kind="tension", subject__in=("", *Service.Category.values), migrant__isnull=True)
                | Q(kind="stock", migrant__isnull=True) & ~Q(subject="")
                | Q(kind__in=("minor_missing", "absence"), migrant__isnull=False, subject=Cast(F("migrant_id"), CharField())),
                name="alert_about",
                violation_error_message=_("Une alerte dit de qui ou de quoi elle parle."),
            ),
        ]
        triggers = [
            audited(),
            stays(),
            pgtrigger.ReadOnly(name="as_raised", fields=["centre", "kind"]),
            # When files are joined, or parted again, what is about the person follows the person.
            pgtrigger.Trigger(
                name="subject_of_person",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("migrant_id"),
                func="""
                    IF OLD.subject = OLD.migrant_id::text AND NEW.migrant_id IS NOT NULL THEN
                        NEW.subject := NEW.migrant_id::text;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    @property
    def is_of_child(self) -> bool:
        """Does it miss somebody who is a child (or was one when it was closed)? Raised about a child, it is about an adult from the day of 18 on."""
        on = timezone.localdate(self.closed_at) if self.closed_at else None
        return self.kind == self.Kind.MINOR_MISSING and self.migrant is not None and self.migrant.is_minor(on)

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]
