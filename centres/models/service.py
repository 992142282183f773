"""What the centres give."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited


class Service(models.Model):
    """What the centres give: food, lodging, health care … Source: action document, 4.3, activities of result 1.1."""

    class Category(models.TextChoices):
        MEAL = "meal", _("repas")
        LODGING = "lodging", _("hébergement")
        HEALTH = "health", _("santé")
        PSYCHOSOCIAL = "psychosocial", _("appui psychosocial")
        KIT = "kit", _("kit")
        TRANSPORT = "transport", _("transport")
        INFORMATION = "information", _("information")

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("nom"), max_length=100)
    category = models.CharField(_("catégorie"), max_length=15, choices=Category)
    once_per_day = models.BooleanField(_("une fois par jour au plus"), default=False)
    active = models.BooleanField(_("proposé"), default=True)

    class Meta:
        ordering = ["category", "name"]
        verbose_name = _("service")
        triggers = [audited()]

    def __str__(self):
        return gettext(self.name)  # in the reader's language
