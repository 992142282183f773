"""Awareness and training (objectives 4 and 5). Knows no migrant: people reached are numbers; trained agents are named once."""

import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited

# More people than this in one cell of one activity is a slip of the pen.
MOST = 20_000
CELLS = ("women", "men", "girls", "boys")
# The regions of Mali (administrative division of 2012, P-codes of 2021), and the district of Bamako.
REGIONS = ("Bamako", "Gao", "Kayes", "Kidal", "Koulikoro", "Ménaka", "Mopti", "Ségou", "Sikasso", "Taoudénit", "Tombouctou")


class Everyone(models.QuerySet):
    def visible_to(self, user) -> "Everyone":
        """National: the declared right alone decides."""
        return self


class Community(models.Model):
    name = models.CharField(_("nom"), max_length=100)
    region = models.CharField(_("région"), max_length=60)

    objects = Everyone.as_manager()

    class Meta:
        ordering = ["region", "name"]
        verbose_name = _("communauté")
        constraints = [
            models.UniqueConstraint(Lower("region"), Lower("name"), name="community_once", violation_error_message=_("Cette communauté est déjà dans la liste.")),
        ]
        triggers = [audited()]

    def __str__(self):
        return f"{self.name} ({self.region})"


class ActivityQuerySet(Everyone):
    def matching(self, *, kind: str = "", region: str = "", start=None, end=None) -> "ActivityQuerySet":
        found = self
        if kind:
            found = found.filter(kind=kind)
        if region:
            found = found.filter(community__region=region)
        if start:
            found = found.filter(held_on__gte=start)
        if end:
            found = found.filter(held_on__lte=end)
        return found

    def held(self, kind: str, first: datetime.date, last: datetime.date) -> "ActivityQuerySet":
        return self.filter(kind=kind, held_on__range=(first, last))


class Activity(models.Model):
    class Kind(models.TextChoices):
        AWARENESS = "awareness", _("séance de sensibilisation (OS 4)")
        WORKSHOP = "workshop", _("atelier décentralisé de formation (OS 5)")
        SESSION = "session", _("séance d’animation (OS 5)")
        TRAINING = "training", _("formation d’agents (OS 5)")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(_("activité"), max_length=10, choices=Kind)
    title = models.CharField(_("titre"), max_length=150)
    held_on = models.DateField(_("date"), default=timezone.localdate)
    community = models.ForeignKey(Community, models.PROTECT, null=True, blank=True, related_name="activities", verbose_name=_("communauté"))
    women = models.PositiveIntegerField(_("femmes"), default=0)
    men = models.PositiveIntegerField(_("hommes"), default=0)
    girls = models.PositiveIntegerField(_("filles"), default=0)
    boys = models.PositiveIntegerField(_("garçons"), default=0)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par"))
    recorded_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["-held_on", "-recorded_at"]
        verbose_name = _("activité")
        indexes = [models.Index(fields=["kind", "held_on"], name="activity_kind_day"), models.Index(fields=["-held_on", "-id"], name="activity_latest")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="awareness") | Q(community__isnull=False),
                name="awareness_has_community",
                violation_error_message=_("Une sensibilisation a lieu dans une communauté : choisissez laquelle."),
            ),
            models.CheckConstraint(
                condition=Q(women__lte=MOST, men__lte=MOST, girls__lte=MOST, boys__lte=MOST),
                name="activity_plausible",
                violation_error_message=_("Un nombre dépasse 20 000 personnes pour une activité. Vérifiez-le : un chiffre est sans doute en trop."),
            ),
        ]
        triggers = [audited()]

    def __str__(self):
        return self.title

    @property
    def total(self) -> int:
        return self.women + self.men + self.girls + self.boys

    def access_centres(self, *, writing: bool) -> list[int]:
        return []


class Trainee(models.Model):
    """An agent of the security or technical services, counted once however many sessions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(_("nom et prénoms"), max_length=120)
    structure = models.CharField(_("service"), max_length=120)
    sex = models.CharField(_("sexe"), max_length=8, choices=[("female", _("femme")), ("male", _("homme"))])
    # Name and service without accents, capitals, titles and order of words: "Traoré Awa" is "Mme Awa TRAORE".
    key = models.CharField(max_length=250, unique=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("agent formé")
        triggers = [audited(leave_out=("key",))]

    def __str__(self):
        return f"{self.name} – {self.structure}"


class Attendance(models.Model):
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="attendances", verbose_name=_("activité"))
    trainee = models.ForeignKey(Trainee, models.PROTECT, related_name="attendances", verbose_name=_("agent"))

    objects = Everyone.as_manager()

    class Meta:
        verbose_name = _("présence")
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "trainee"], name="attendance_once", violation_error_message=_("Cette personne est déjà dans la liste de présence.")
            )
        ]
        triggers = [audited()]

    def __str__(self):
        return f"{self.trainee} – {self.activity}"

    def access_centres(self, *, writing: bool) -> list[int]:
        return []
