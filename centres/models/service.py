"""What the centres give, and how each of them gives it."""

import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from audit.triggers import audited

from ..roles import Right
from .centre import Centre


class ServiceQuerySet(models.QuerySet["Service"]):
    def at(self, centre: Centre) -> list["Service"]:
        """Those that are given, each with the centre's way of giving it as `offer`: one query."""
        offered = FilteredRelation("offers", condition=Q(offers__centre=centre))
        found: list[Any] = list(self.filter(active=True).annotate(here=offered).select_related("here__provider"))  # type: ignore[misc]
        for one in found:
            one.offer = one.__dict__.pop("here", None) or ServiceOffer(centre=centre, service=one)
            one.offer.service = one
        return found


class Service(models.Model):
    """What the centres give: food, lodging, health care … Source: action document, 4.3, activities of result 1.1.

    What it is, and how often one person may have it at all, is the same in the whole country: whoever goes from one centre to another
    on one day has one lunch. All other rules are each centre's (ServiceOffer)."""

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
    unit = models.CharField(_("unité"), max_length=20, blank=True)  # as people count it: repas, nuit, kit
    once_per_day = models.BooleanField(_("une fois par jour au plus"), default=False)
    once_per_stay = models.BooleanField(_("une fois par séjour au plus"), default=False)
    active = models.BooleanField(_("proposé"), default=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["category", "name"]
        verbose_name = _("service")
        constraints = [
            models.CheckConstraint(
                condition=Q(once_per_day=False) | Q(once_per_stay=False),
                name="service_one_slot",
                violation_error_message=_("Un service se donne une fois par jour ou une fois par séjour, pas les deux."),
            ),
        ]
        triggers = [audited()]

    offer: "ServiceOffer"  # of one centre, set by `at`

    def __str__(self):
        return gettext(self.name)  # in the reader's language

    @property
    def unit_words(self) -> str:
        return gettext(self.unit) if self.unit else ""

    @property
    def slot_words(self) -> str:
        """How often one person may have it, in words; empty if it does not matter."""
        if self.once_per_day:
            return gettext("une fois par jour")
        return gettext("une fois par séjour") if self.once_per_stay else ""


# Whoever writes down what is given has one of these; a service may need a certain one of them.
GIVING = (Right.RECEIVE, Right.MANAGE_CENTRE, Right.VIEW_HEALTH, Right.VIEW_PROTECTION)


def every_day() -> list[int]:
    return [1, 2, 3, 4, 5, 6, 7]


class ServiceOfferQuerySet(models.QuerySet["ServiceOffer"]):
    def visible_to(self, user: Any) -> "ServiceOfferQuerySet":
        from ..access import centres_for

        return self.filter(centre__in=centres_for(user, Right.VIEW_CENTRE))


class ServiceOffer(models.Model):
    """How a centre gives a service: where, when, who provides it (local structures by principle: action document, 4.3, result 1.1), and
    by which rules. Changed by the manager; holds at once. Where a centre has no row, the service has no rules there."""

    DAYS = ((1, _("lundi")), (2, _("mardi")), (3, _("mercredi")), (4, _("jeudi")), (5, _("vendredi")), (6, _("samedi")), (7, _("dimanche")))

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="offers", verbose_name=_("centre"))
    service = models.ForeignKey(Service, models.CASCADE, related_name="offers", verbose_name=_("service"))
    provider = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("fourni par"))
    place = models.CharField(_("lieu"), max_length=80, blank=True)
    days = ArrayField(models.PositiveSmallIntegerField(choices=DAYS), verbose_name=_("jours"), default=every_day)  # 1: Monday
    # For people to know, and to propose the meal of the hour; what was given earlier or later is written down all the same.
    opens = models.TimeField(_("de"), null=True, blank=True)
    closes = models.TimeField(_("à"), null=True, blank=True)
    # The rules (reception.rules says what they mean).
    min_interval_days = models.PositiveSmallIntegerField(_("jours au moins entre deux fois"), null=True, blank=True)
    most_per_day = models.PositiveSmallIntegerField(_("nombre au plus par jour"), null=True, blank=True)
    excludes = ArrayField(models.SlugField(max_length=30), verbose_name=_("pas le même jour que"), default=list, blank=True)  # codes of services
    residents_only = models.BooleanField(_("seulement pour les personnes hébergées ici"), default=False)
    right_needed = models.CharField(_("qui peut le noter"), max_length=20, blank=True, choices=[(right.value, right.label) for right in GIVING])
    suspended_since = models.DateField(_("suspendu depuis le"), null=True, blank=True)
    suspended_until = models.DateField(_("suspendu jusqu’au (inclus)"), null=True, blank=True)
    suspended_reason = models.CharField(_("pourquoi il est suspendu"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ServiceOfferQuerySet.as_manager()

    class Meta:
        ordering = ["centre", "service"]
        verbose_name = _("service d’un centre")
        constraints = [
            models.UniqueConstraint(fields=["centre", "service"], name="offer_once", violation_error_message=_("Ce centre a déjà ce service.")),
            models.CheckConstraint(
                condition=Q(days__contained_by=[1, 2, 3, 4, 5, 6, 7]) & ~Q(days=[]), name="offer_days", violation_error_message=_("Choisissez au moins un jour.")
            ),
            models.CheckConstraint(
                condition=Q(opens__isnull=True, closes__isnull=True) | Q(opens__isnull=False, closes__isnull=False),
                name="offer_hours",
                violation_error_message=_("Donnez les deux heures, ou aucune."),
            ),
            models.CheckConstraint(
                condition=Q(min_interval_days__isnull=True) | Q(min_interval_days__gte=1),
                name="offer_interval",
                violation_error_message=_("Un intervalle est d’au moins 1 jour ; laissez vide s’il n’y en a pas."),
            ),
            models.CheckConstraint(
                condition=Q(most_per_day__isnull=True) | Q(most_per_day__gte=1),
                name="offer_most",
                violation_error_message=_("Le nombre par jour est au moins 1 ; laissez vide s’il n’y en a pas."),
            ),
            models.CheckConstraint(
                condition=Q(suspended_since__isnull=True, suspended_until__isnull=True, suspended_reason="")
                | Q(suspended_since__isnull=False) & ~Q(suspended_reason="") & (Q(suspended_until__isnull=True) | Q(suspended_until__gte=F("suspended_since"))),
                name="offer_suspension_whole",
                violation_error_message=_("Une suspension a un motif, et ne finit pas avant d’avoir commencé."),
            ),
        ]
        triggers = [audited()]

    def __str__(self):
        return f"{self.service} – {self.centre}"

    def access_centres(self, *, writing: bool) -> list[int]:
        return [self.centre_id]

    def suspended(self, on: datetime.date | None = None) -> bool:
        """Is it suspended on this day (today)?"""
        on = on or timezone.localdate()
        return self.suspended_since is not None and self.suspended_since <= on and (self.suspended_until is None or on <= self.suspended_until)

    def open_at(self, hour: datetime.time) -> bool:
        """Is this one of its hours? They may go past midnight."""
        if self.opens is None or self.closes is None:
            return False
        return self.opens <= hour <= self.closes if self.opens <= self.closes else hour >= self.opens or hour <= self.closes
