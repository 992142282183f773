"""Regions and cercles of Mali."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited


class AreaQuerySet(models.QuerySet["Area"]):
    def current(self) -> "AreaQuerySet":
        """Of the newest list of codes."""
        return self.filter(vintage=Area.CURRENT_VINTAGE)


class Area(models.Model):
    """A region (level 1) or cercle (level 2) of Mali with its P-code. Codes were used again for other places in the reform of 2023, so
    a code means nothing without the vintage of its list. Source: OCHA/INSTAT common operational datasets (data/mali_areas.csv)."""

    CURRENT_VINTAGE = "2025"

    vintage = models.CharField(_("liste de l’année"), max_length=4)
    pcode = models.CharField(_("P-code"), max_length=12)
    level = models.PositiveSmallIntegerField(_("niveau"))
    name = models.CharField(_("nom"), max_length=80)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts", verbose_name=_("région"))

    objects = AreaQuerySet.as_manager()

    class Meta:
        ordering = ["-vintage", "level", "name"]
        verbose_name = _("région ou cercle")
        constraints = [
            models.UniqueConstraint(fields=["vintage", "pcode"], name="area_once", violation_error_message=_("Ce P-code est déjà dans la liste de cette année.")),
            models.CheckConstraint(
                condition=Q(level=1, parent__isnull=True) | Q(level=2, parent__isnull=False),
                name="area_level",
                violation_error_message=_("Une région n’a pas de région au-dessus d’elle ; un cercle en a une."),
            ),
        ]
        triggers = [audited()]

    def __str__(self):
        return self.name
