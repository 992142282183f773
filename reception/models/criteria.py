"""By which criteria each kind of aid is given, as the centre tells people before or at their arrival (action document, risk K3)."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.models import FileQuerySet, Migrant
from centres.models import Centre
from config.languages import LANGUAGES


class AidCriteria(models.Model):
    """One published version of a centre's criteria. It never changes: whoever was told of it was told these words."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="criteria", verbose_name=_("centre"))
    version = models.PositiveIntegerField(_("version"))
    texts = models.JSONField(_("textes"))  # category of service → language of the notice → words
    published_at = models.DateTimeField(_("publiée le"), default=timezone.now)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("publiée par"))

    class Meta:
        ordering = ["centre", "-version"]
        verbose_name = _("critères d’aide")
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "version"], name="criteria_version_once", violation_error_message=_("Quelqu’un vient de publier une autre version.")
            )
        ]
        triggers = [audited(), pgtrigger.Protect(name="published", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.centre} – {self.version}"


class ToldQuerySet(FileQuerySet):
    on_file_from = "told_at"


class CriteriaTold(models.Model):
    """A person was told of the criteria: of which version, in which language, and how."""

    class How(models.TextChoices):
        READ = "read", _("lus par la personne")
        ALOUD = "aloud", _("lus à haute voix")
        WITNESS = "witness", _("expliqués devant un témoin")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="criteria_told", verbose_name=_("personne"))
    criteria = models.ForeignKey(AidCriteria, models.PROTECT, related_name="told", verbose_name=_("critères"))
    language = models.CharField(_("langue"), max_length=3, choices=LANGUAGES)  # ISO 639-3
    how = models.CharField(_("comment"), max_length=7, choices=How)
    witness = models.CharField(_("témoin"), max_length=120, blank=True)
    told_at = models.DateTimeField(_("le"), default=timezone.now)
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("par"))

    objects = ToldQuerySet.as_manager()

    class Meta:
        ordering = ["-told_at"]
        verbose_name = _("critères d’aide expliqués")
        constraints = [
            models.UniqueConstraint(
                fields=["migrant", "criteria"], name="criteria_told_once", violation_error_message=_("Ces critères ont déjà été expliqués à cette personne.")
            ),
            models.CheckConstraint(condition=~Q(how="witness") | ~Q(witness=""), name="criteria_witness", violation_error_message=_("Écrivez le nom du témoin.")),
        ]
        triggers = [audited()]
