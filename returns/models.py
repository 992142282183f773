"""The voluntary return of a person: from the first talk to the arrival."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from cases.models import FileQuerySet, Migrant
from centres.models import Centre

from .workflow import ENDED, TRANSITIONS, State

GONE = [State.DEPARTED.value, State.ARRIVED.value]


class ReturnCaseQuerySet(FileQuerySet):
    def open(self) -> "ReturnCaseQuerySet":
        return self.exclude(state__in=ENDED)

    def waiting_for_document(self) -> "ReturnCaseQuerySet":
        return self.filter(state=State.CONSENTED)


class ReturnCase(models.Model):
    class Document(models.TextChoices):
        PASSPORT = "passport", _("passeport")
        IDENTITY_CARD = "identity_card", _("carte d’identité")
        CONSULAR_CARD = "consular_card", _("carte consulaire")
        LAISSEZ_PASSER = "laissez_passer", _("laissez-passer")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="returns", verbose_name=_("personne"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="returns", verbose_name=_("centre"))
    state = models.CharField(_("état"), max_length=12, choices=State, default=State.REQUESTED)
    opened_on = models.DateField(_("demande du"), default=timezone.localdate)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("ouvert par"))
    country_from = models.CharField(_("pays de départ"), max_length=2, default="ML")
    country_to = models.CharField(_("pays de destination"), max_length=2)
    place_to = models.CharField(_("communauté de destination"), max_length=120, blank=True)
    # Is the person a child? Copied when the case opens: until departure a child stays one in this case.
    minor = models.BooleanField(default=False, editable=False)
    counselled_on = models.DateField(_("entretien du"), null=True, blank=True)
    declaration_signed_on = models.DateField(_("déclaration signée le"), null=True, blank=True)
    document = models.CharField(_("document de voyage"), max_length=15, choices=Document, blank=True)
    document_valid_until = models.DateField(_("document valable jusqu’au"), null=True, blank=True)
    fit_to_travel_on = models.DateField(_("apte au voyage : examen du"), null=True, blank=True)
    fit_until = models.DateField(_("aptitude valable jusqu’au"), null=True, blank=True)
    best_interest_on = models.DateField(_("décision d’intérêt supérieur du"), null=True, blank=True)
    departed_on = models.DateField(_("départ"), null=True, blank=True)
    arrived_on = models.DateField(_("arrivée"), null=True, blank=True)
    ended_on = models.DateField(_("clos le"), null=True, blank=True)
    end_reason = models.CharField(_("motif"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ReturnCaseQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_on", "-id"]
        verbose_name = _("retour volontaire")
        indexes = [models.Index(fields=["state", "-opened_on"], name="return_by_state"), models.Index(fields=["centre", "-opened_on"], name="return_of_centre"), models.Index(fields=["arrived_on"], name="return_arrival")]
        constraints = [
            models.UniqueConstraint(
                fields=["migrant"], condition=~Q(state__in=[s.value for s in ENDED]), name="return_open_once", violation_error_message=_("Cette personne a déjà un retour en préparation.")
            ),
            models.CheckConstraint(
                condition=~Q(state__in=GONE) | Q(departed_on__isnull=False, declaration_signed_on__lte=F("departed_on"), document_valid_until__gte=F("departed_on"), fit_to_travel_on__lte=F("departed_on"), fit_until__gte=F("departed_on")) & ~Q(document=""),
                name="return_departure_complete",
                violation_error_message=_("Personne ne part sans déclaration signée, document valable et aptitude au voyage le jour du départ."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=GONE) | Q(minor=False) | Q(best_interest_on__lte=F("departed_on")),
                name="return_child_best_interest",
                violation_error_message=_("Un enfant ne part qu’après une décision d’intérêt supérieur."),
            ),
            models.CheckConstraint(
                condition=~Q(state="arrived") | Q(arrived_on__gte=F("departed_on")), name="return_arrival_after_departure", violation_error_message=_("L’arrivée ne peut pas précéder le départ.")
            ),
            models.CheckConstraint(condition=~Q(state__in=["withdrawn", "ineligible"]) | Q(ended_on__isnull=False) & ~Q(end_reason=""), name="return_end_reason", violation_error_message=_("Écrivez pourquoi le retour s’arrête.")),
            models.CheckConstraint(condition=~Q(country_from=F("country_to")) | Q(country_to="ML"), name="return_goes_somewhere", violation_error_message=_("Le pays de destination est celui du départ.")),
        ]
        triggers = [
            audited(),
            pgtrigger.FSM(name="workflow", field="state", transitions=[(a.value, b.value) for a, ways in TRANSITIONS.items() for b in ways]),
        ]

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)
