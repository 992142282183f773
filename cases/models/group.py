"""People who come together and are registered one after the other: a bus, a family."""

import datetime
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from centres.access import centres_for
from centres.models import Area, Centre
from centres.roles import Right

from .migrant import Household


class RegistrationGroupQuerySet(models.QuerySet["RegistrationGroup"]):
    def visible_to(self, user) -> "RegistrationGroupQuerySet":
        """Groups of the centres where the user may see case files; who is in one follows each person's own scope."""
        return self.filter(centre__in=centres_for(user, Right.VIEW_CASE))


class RegistrationGroup(models.Model):
    """What is the same for all of them is kept once, in `common`, as the form sends it; a lost session is taken up again from here."""

    class Kind(models.TextChoices):
        BUS = "bus", _("un bus ou un groupe")
        FAMILY = "family", _("une famille")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(_("type de groupe"), max_length=6, choices=Kind)
    title = models.CharField(_("nom du groupe"), max_length=80, blank=True)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+", verbose_name=_("centre"))
    common = models.JSONField(_("valeurs communes"), default=dict)  # field of the form → value or list of values
    household = models.ForeignKey(Household, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("ménage"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("ouvert par"))
    made_at = models.DateTimeField(_("ouvert le"), default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    objects = RegistrationGroupQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        verbose_name = _("groupe à l’enregistrement")
        indexes = [models.Index(fields=["centre", "-made_at"], name="group_of_centre")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="bus") | models.Q(household__isnull=False), name="group_family_household", violation_error_message=_("Une famille a un ménage.")
            ),
        ]
        triggers = [audited()]

    def __str__(self):
        return self.title or str(self.get_kind_display())

    def values(self) -> dict[str, Any]:
        """The common values as the services take them: dates as dates, the area itself, purposes as a tuple."""
        found = dict(self.common)
        if "arrived_on" in found:
            found["arrived_on"] = datetime.date.fromisoformat(found["arrived_on"])
        if "origin_area" in found:
            found["origin_area"] = Area.objects.select_related("parent").get(pk=found["origin_area"])
        found["consent_purposes"] = tuple(found.get("consent_purposes", ()))
        return found

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]
