"""Awareness sessions and group talks in a centre: who was there, counted once however often they came."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from audit.triggers import audited
from cases.models import FileQuerySet, Migrant
from centres.access import centres_for
from centres.models import Centre
from centres.roles import Right
from config.languages import LANGUAGES

from .history import taken_back_by_somebody, year_checked

CELLS = ("women", "men", "girls", "boys")
MOST = 500  # in one cell of one session: more do not fit into a courtyard
LONGEST = 480  # minutes


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user) -> "SessionQuerySet":
        """Those of the centres the user sees into: a session names nobody, its list of people does."""
        return self.filter(centre__in=centres_for(user, Right.VIEW_CENTRE))


class Session(models.Model):
    class Kind(models.TextChoices):
        AWARENESS = "awareness", _("séance d’information et de sensibilisation")
        GROUP_TALK = "group_talk", _("groupe de parole (appui psychosocial)")

    class Topic(models.TextChoices):
        """Source: action document, 4.3: activities of results 1.1 and 4.1."""

        ROUTE = "route", _("dangers de la route et de la migration irrégulière")
        TRAFFICKING = "trafficking", _("traite et exploitation")
        RIGHTS = "rights", _("droits, asile et recours")
        RETURN = "return", _("retour volontaire et réintégration")
        VIOLENCE = "violence", _("violences liées au genre")
        HEALTH = "health", _("santé, VIH et hygiène")
        WELLBEING = "wellbeing", _("stress, deuil et bien-être")
        CHILDREN = "children", _("enfants et vie de famille")
        OTHER = "other", _("autre sujet")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="sessions", verbose_name=_("centre"))
    kind = models.CharField(_("séance"), max_length=10, choices=Kind)
    topic = models.CharField(_("sujet"), max_length=12, choices=Topic)
    precision = models.CharField(_("précision"), max_length=150, blank=True)
    held_on = models.DateField(_("jour"), default=timezone.localdate)
    # As far as somebody remembers: no figure is made of them.
    minutes = models.PositiveSmallIntegerField(_("durée (minutes)"), null=True, blank=True)
    language = models.CharField(_("langue"), max_length=3, choices=LANGUAGES, blank=True)  # ISO 639-3
    led_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("animée par"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("animée par l’organisation"))
    # People who are on no list of the centre: of the neighbourhood, in transit for an hour.
    women = models.PositiveSmallIntegerField(_("femmes"), default=0)
    men = models.PositiveSmallIntegerField(_("hommes"), default=0)
    girls = models.PositiveSmallIntegerField(_("filles"), default=0)
    boys = models.PositiveSmallIntegerField(_("garçons"), default=0)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("notée par"))
    recorded_at = models.DateTimeField(_("notée le"), default=timezone.now)
    # Of what was sent at first: tells whether the same `id` comes again with the same content, even after a correction.
    digest = models.CharField(max_length=64, default="", editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-held_on", "-recorded_at"]
        verbose_name = _("séance au centre")
        indexes = [models.Index(fields=["centre", "-held_on"], name="session_of_centre"), models.Index(fields=["kind", "held_on"], name="session_kind_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(led_by__isnull=False) | Q(organisation__isnull=False), name="session_led", violation_error_message=_("Choisissez qui a animé la séance.")
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=LONGEST),
                name="session_minutes",
                violation_error_message=_("La durée est un nombre de minutes, de 1 à 480."),
            ),
            models.CheckConstraint(
                condition=Q(women__lte=MOST, men__lte=MOST, girls__lte=MOST, boys__lte=MOST),
                name="session_plausible",
                violation_error_message=_("Un nombre dépasse 500 personnes pour une séance. Vérifiez-le : un chiffre est sans doute en trop."),
            ),
            year_checked("session_year", "held_on"),
        ]
        triggers = [audited(leave_out=("digest",)), taken_back_by_somebody()]

    def __str__(self):
        return f"{self.get_topic_display()} – {self.precision}" if self.precision else str(self.get_topic_display())

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]

    @property
    def others(self) -> int:
        return self.women + self.men + self.girls + self.boys

    @property
    def leader(self) -> str:
        return str(self.led_by if self.led_by_id else self.organisation)


class PresenceQuerySet(FileQuerySet):
    on_file_from = "session__recorded_at"


class SessionPresence(models.Model):
    """Somebody of the centre was at the session."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="presences", verbose_name=_("séance"))
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="sessions", verbose_name=_("personne"))

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("présence à une séance")
        constraints = [
            models.UniqueConstraint(
                fields=["session", "migrant"], name="session_presence_once", violation_error_message=_("Cette personne est déjà notée présente à cette séance.")
            )
        ]
        triggers = [audited(), taken_back_by_somebody()]
