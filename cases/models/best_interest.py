"""What is best for a child, decided by a panel, and the search for the family. Protection officers alone write and read it.

Sources: Convention on the Rights of the Child, art. 3, 9, 10 and 12; UNHCR, *Guidelines on assessing and determining the best interests
of the child* (2021); IOM's eight steps for the return of an unaccompanied child (request of the guardian, social report, interview,
tracing and home assessment, evaluation, travel, reception, follow-up)."""

import datetime
import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited

from .known import keeps_last_known
from .migrant import Custody, Migrant, ProtectedQuerySet


class BestInterestQuerySet(ProtectedQuerySet):
    on_file_from = "recorded_at"
    keeps = True

    def determinations(self, on: datetime.date | None = None) -> Self:
        """Determinations taken by this day (today), the one that governs first."""
        return self.filter(kind=BestInterest.Kind.DETERMINATION, decided_on__lte=on or timezone.localdate()).order_by("-decided_on", "-recorded_at")

    def determination_for_return(self, migrant: Migrant, on: datetime.date | None = None) -> "BestInterest | None":
        """The determination on which the child may travel on this day (today): the latest one says "return" and still holds.

        A later determination that says something else, or "postponed", takes the earlier one away. `returns` asks this; the database
        asks the same of the same rows before a departure (returns.models)."""
        on = on or timezone.localdate()
        governing = self.filter(migrant=migrant).determinations(on).first()
        return governing if governing is not None and governing.allows_return(on) else None

    def has_determination_for_return(self, migrant: Migrant, on: datetime.date | None = None) -> bool:
        return self.determination_for_return(migrant, on) is not None

    def review_due(self, on: datetime.date | None = None) -> Self:
        """Latest of each child, whose day of review has come."""
        latest = BestInterest.objects.filter(migrant=OuterRef("migrant")).order_by("-decided_on", "-recorded_at").values("pk")[:1]
        return self.filter(review_on__lte=on or timezone.localdate(), pk=Subquery(latest))


class BestInterest(models.Model):
    class Kind(models.TextChoices):
        ASSESSMENT = "assessment", _("évaluation de l’intérêt supérieur (BIA)")
        DETERMINATION = "determination", _("détermination de l’intérêt supérieur (BID)")

    class Decision(models.TextChoices):
        RETURN = "return", _("retour")
        STAY = "stay", _("rester sur place")
        FAMILY_REUNIFICATION = "family_reunification", _("réunification familiale")
        PLACEMENT = "placement", _("placement")
        POSTPONED = "postponed", _("décision reportée")

    class Guardian(models.TextChoices):
        GIVEN = "given", _("accord donné")
        REFUSED = "refused", _("refus")
        NOT_REACHED = "not_reached", _("tuteur ou parent introuvable")
        NOT_IN_INTEREST = "not_in_interest", _("contact contraire à l’intérêt de l’enfant")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="best_interests", verbose_name=_("enfant"))
    kind = models.CharField(_("type"), max_length=13, choices=Kind)
    decided_on = models.DateField(_("date"), default=timezone.localdate)
    # [{"name", "function"}]
    panel = models.JSONField(_("panel"), default=list, blank=True)
    options = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("solutions examinées"))
    decision = models.CharField(_("décision"), max_length=20, choices=Decision)
    reasons = models.TextField(_("motifs"), max_length=5000, blank=True)
    guardian = models.CharField(_("accord du tuteur ou des parents"), max_length=15, choices=Guardian)
    child_view = models.TextField(_("avis de l’enfant"), max_length=3000, blank=True)
    valid_until = models.DateField(_("valable jusqu’au"), null=True, blank=True)
    review_on = models.DateField(_("à revoir le"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("noté le"), default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par"))

    objects = BestInterestQuerySet.as_manager()

    class Meta:
        ordering = ["-decided_on", "-recorded_at"]
        verbose_name = _("décision d’intérêt supérieur")
        indexes = [
            models.Index(fields=["migrant", "-decided_on", "-recorded_at"], name="best_interest_of_child"),
            models.Index(fields=["review_on"], name="best_interest_review", condition=Q(review_on__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(decision="return") | ~Q(guardian="refused"),
                name="best_interest_guardian",
                violation_error_message=_("Un enfant n’est pas renvoyé contre le refus de son tuteur ou de ses parents."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("decided_on")),
                name="best_interest_dates",
                violation_error_message=_("La fin de validité précède la décision."),
            ),
            models.CheckConstraint(
                condition=~Q(decision="postponed") | Q(review_on__isnull=False),
                name="best_interest_postponed",
                violation_error_message=_("Écrivez quand la décision sera reprise."),
            ),
        ]
        triggers = [audited(), keeps_last_known(since="OLD.recorded_at")]

    def __str__(self):
        return f"{self.get_kind_display()} – {self.get_decision_display()}"

    def allows_return(self, on: datetime.date) -> bool:
        return self.decision == self.Decision.RETURN and (self.valid_until is None or self.valid_until >= on)

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)


class TracingQuerySet(ProtectedQuerySet):
    on_file_from = "recorded_at"
    keeps = True

    def open(self) -> Self:
        return self.filter(result=FamilyTracing.Result.PENDING)

    def in_care_of_any(self, centres: list[int]) -> Self:
        return self.filter(migrant__in=Custody.objects.filter(centre__in=centres, until__isnull=True).values("migrant"))


class FamilyTracing(models.Model):
    """The family is looked for: who was asked, what came of it, and whether the home was found fit."""

    class Result(models.TextChoices):
        PENDING = "pending", _("en cours")
        FOUND = "found", _("famille retrouvée")
        NOT_FOUND = "not_found", _("famille non retrouvée")
        STOPPED = "stopped", _("arrêtée dans l’intérêt de la personne")

    class Home(models.TextChoices):
        ASKED = "asked", _("demandée")
        FAVOURABLE = "favourable", _("favorable")
        UNFAVOURABLE = "unfavourable", _("défavorable")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="tracings", verbose_name=_("personne"))
    asked_on = models.DateField(_("demandée le"), default=timezone.localdate)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("demandée par"))
    office = models.CharField(_("bureau ou organisation saisis"), max_length=150)
    sought = models.CharField(_("qui est recherché, et où"), max_length=300, blank=True)
    contact = models.CharField(_("contact trouvé"), max_length=300, blank=True)
    result = models.CharField(_("résultat"), max_length=10, choices=Result, default=Result.PENDING)
    result_on = models.DateField(_("résultat du"), null=True, blank=True)
    home = models.CharField(_("évaluation du foyer"), max_length=12, choices=Home, blank=True)
    home_on = models.DateField(_("évaluation du foyer faite le"), null=True, blank=True)
    note = models.TextField(_("observations"), max_length=3000, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = TracingQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_on", "-recorded_at"]
        verbose_name = _("recherche de la famille")
        indexes = [models.Index(fields=["migrant", "-asked_on"], name="tracing_of_person")]
        constraints = [
            models.CheckConstraint(
                condition=Q(result="pending", result_on__isnull=True) | ~Q(result="pending") & Q(result_on__isnull=False, result_on__gte=F("asked_on")),
                name="tracing_result_whole",
                violation_error_message=_("Écrivez la date du résultat ; elle ne précède pas la demande."),
            ),
            models.CheckConstraint(
                condition=~Q(home__in=["favourable", "unfavourable"]) | Q(home_on__isnull=False),
                name="tracing_home_day",
                violation_error_message=_("Écrivez quand le foyer a été évalué."),
            ),
        ]
        triggers = [audited(), keeps_last_known(since="OLD.recorded_at")]

    def __str__(self):
        return f"{self._meta.verbose_name} – {self.office}"

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)
