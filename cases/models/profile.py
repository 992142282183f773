"""What a person tells of themselves, and the road they came."""

import uuid
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from centres.roles import Right
from config.countries import country_name
from questionnaires.models import Response, keeps_its_version

from .known import keeps_last_known
from .migrant import FileQuerySet, Migrant


class ProfileQuerySet(FileQuerySet):
    on_file_from = "started_at"

    def latest_first(self) -> "ProfileQuerySet":
        """The one that counts first."""
        return self.order_by("-saved_at", "-started_at", "-pk")


class Profile(Response):
    """A person's answers to one version of the profile questionnaire.

    Once a centre's care has ended, the next save by another begins a new row: the former centre keeps what it knew, as it was."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="profiles", verbose_name=_("personne"))

    objects = ProfileQuerySet.as_manager()

    class Meta:
        ordering = ["-saved_at"]
        verbose_name = _("profil")
        indexes = [models.Index(fields=["migrant", "-saved_at"], name="profile_latest")]
        triggers = [audited(), keeps_its_version()]

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)


class RouteStepQuerySet(FileQuerySet):
    on_file_from = "changed_at"
    keeps = True

    def visible_to(self, user) -> Self:
        """A place that others took off the road stays for protection, who alone know what was noted there."""
        return super().visible_to(user).filter(Q(removed_at__isnull=True) | self._seen_with(user, Right.VIEW_PROTECTION))

    def on_the_road(self) -> Self:
        return self.filter(removed_at__isnull=True)


class RouteStep(models.Model):
    """A place on the road, in the order of the road: from when to when, how the person came there, what it cost, what happened."""

    class Means(models.TextChoices):
        FOOT = "foot", _("à pied")
        BUS = "bus", _("bus ou car")
        CAR = "car", _("voiture ou 4×4")
        TRUCK = "truck", _("camion")
        MOTORCYCLE = "motorcycle", _("moto")
        TRAIN = "train", _("train")
        BOAT = "boat", _("bateau ou pirogue")
        PLANE = "plane", _("avion")
        ANIMAL = "animal", _("animal")
        OTHER = "other", _("autrement")

    class Event(models.TextChoices):
        WORKED = "worked", _("a travaillé")
        RESTED = "rested", _("s’est reposée, a attendu")
        LIVED = "lived", _("y a vécu")
        HELPED = "helped", _("a été aidée")
        CARED = "cared", _("a été soignée")
        STRANDED = "stranded", _("est restée bloquée, abandonnée")
        ROBBED = "robbed", _("a été volée")
        EXPELLED = "expelled", _("a été expulsée ou refoulée")

    class ProtectionEvent(models.TextChoices):
        """Seen only by those who may see protection notes."""

        VIOLENCE = "violence", _("violence subie")
        SEXUAL_VIOLENCE = "sexual_violence", _("violence sexuelle")
        DETAINED = "detained", _("détenue")
        TRAFFICKED = "trafficked", _("traite ou exploitation")
        FORCED_LABOUR = "forced_labour", _("travail forcé")
        EXTORTED = "extorted", _("rançon ou extorsion")
        DEATH_SEEN = "death_seen", _("a vu mourir quelqu’un")

    class Currency(models.TextChoices):
        XOF = "XOF", _("franc CFA (XOF)")
        DZD = "DZD", _("dinar algérien")
        LYD = "LYD", _("dinar libyen")
        MAD = "MAD", _("dirham marocain")
        MRU = "MRU", _("ouguiya")
        TND = "TND", _("dinar tunisien")
        GNF = "GNF", _("franc guinéen")
        NGN = "NGN", _("naira")
        GHS = "GHS", _("cedi")
        GMD = "GMD", _("dalasi")
        XAF = "XAF", _("franc CFA d’Afrique centrale (XAF)")
        EUR = "EUR", _("euro")
        USD = "USD", _("dollar américain")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)  # made by the client: the same one twice is one row
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="route_steps", verbose_name=_("personne"))
    order = models.PositiveIntegerField(_("rang"))
    place = models.CharField(_("lieu"), max_length=100)
    country = models.CharField(_("pays"), max_length=2)  # ISO 3166-1 alpha-2
    latitude = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)  # of the gazetteer, never of a telephone
    longitude = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    since = models.DateField(_("de"), null=True, blank=True)  # known to the month: always its first day
    until = models.DateField(_("à"), null=True, blank=True)
    means = models.CharField(_("comment la personne y est venue"), max_length=12, choices=Means, blank=True)
    cost = models.DecimalField(_("ce que cela a coûté"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("monnaie"), max_length=3, choices=Currency, blank=True)
    events = ArrayField(models.CharField(max_length=20, choices=Event), default=list, blank=True, verbose_name=_("ce qui s’y est passé"))
    protection_events = ArrayField(
        models.CharField(max_length=20, choices=ProtectionEvent), default=list, blank=True, verbose_name=_("ce qui s’y est passé, réservé à la protection")
    )
    notes = models.TextField(_("remarques"), max_length=1000, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par"))
    changed_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(_("retirée le"), null=True, blank=True, editable=False)  # by somebody who may not read all of it
    version = models.PositiveIntegerField(default=1)

    objects = RouteStepQuerySet.as_manager()

    class Meta:
        ordering = ["migrant", "order", "id"]
        verbose_name = _("étape de l’itinéraire")
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(Decimal(-90), Decimal(90)), longitude__range=(Decimal(-180), Decimal(180))),
                name="step_position",
                violation_error_message=_("Une position a une latitude et une longitude, dans les limites de la Terre."),
            ),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(until__gte=models.F("since")),
                name="step_dates",
                violation_error_message=_("La fin est avant le début."),
            ),
            models.CheckConstraint(
                condition=(Q(since__isnull=True) | Q(since__day=1)) & (Q(until__isnull=True) | Q(until__day=1)),
                name="step_months",
                violation_error_message=_("Les dates d’une étape se notent au mois."),
            ),
            models.CheckConstraint(
                condition=Q(cost__isnull=True, currency="") | Q(cost__isnull=False, cost__gte=0) & ~Q(currency=""),
                name="step_cost",
                violation_error_message=_("Donnez le montant et sa monnaie, ou aucun des deux."),
            ),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="step_country", violation_error_message=_("Choisissez un pays dans la liste.")),
        ]
        triggers = [audited(), keeps_last_known(since="OLD.changed_at")]

    def __str__(self):
        return f"{self.place} ({country_name(self.country)})"

    @property
    def country_words(self) -> str:
        return country_name(self.country)

    @property
    def event_words(self) -> list[str]:
        known: dict[str, Any] = dict(self.Event.choices)
        return [str(known.get(code, code)) for code in self.events]

    @property
    def protection_words(self) -> list[str]:
        known: dict[str, Any] = dict(self.ProtectionEvent.choices)
        return [str(known.get(code, code)) for code in self.protection_events]

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)
