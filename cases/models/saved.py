"""What somebody keeps of a list for themselves: filters under a name, the columns they look at."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited


class OwnQuerySet(models.QuerySet):
    def visible_to(self, user) -> Self:
        """One's own."""
        return self.filter(user=user)


class SavedFilter(models.Model):
    """Filters of a list under a name. Never the words of a search: they may be a person's name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    listing = models.CharField(_("liste"), max_length=30)
    name = models.CharField(_("nom"), max_length=60)
    query = models.CharField(max_length=1000)  # as it stands in the address
    created_at = models.DateTimeField(default=timezone.now)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["listing", "name"]
        verbose_name = _("filtre gardé")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "listing", "name"], name="saved_filter_name", violation_error_message=_("Vous avez déjà un filtre de ce nom pour cette liste.")
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="saved_filter_named", violation_error_message=_("Donnez un nom au filtre.")),
        ]
        triggers = [audited()]

    def __str__(self):
        return self.name


class ChosenColumns(models.Model):
    """Which columns of a list somebody looks at and exports."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    listing = models.CharField(_("liste"), max_length=30)
    columns = ArrayField(models.CharField(max_length=40), default=list)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("colonnes choisies")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "listing"], name="chosen_columns_once", violation_error_message=_("Vos colonnes de cette liste sont déjà retenues : rechargez la page.")
            )
        ]
        triggers = [audited()]
