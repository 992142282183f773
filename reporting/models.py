"""The logframe as data, the values people enter, and what was frozen for the committee."""

import datetime
import hashlib
import json
import uuid
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from centres.roles import Right
from jobs.models import Job

from .words import said

# What does not depend on who leads an objective.
OPEN_RIGHTS = frozenset({Right.VIEW_INDICATORS, Right.MAKE_REPORT})


def add_months(day: datetime.date, months: int) -> datetime.date:
    """The same day so many months later; the 28th where that month may be too short."""
    index = day.year * 12 + day.month - 1 + months
    return datetime.date(index // 12, index % 12 + 1, min(day.day, 28) if day.day > 28 else day.day)


class National(models.QuerySet[Any]):
    def visible_to(self, user) -> Self:
        """National and without any person: the declared right alone decides."""
        return self


class LogframeQuerySet(National):
    def current(self) -> "Logframe":
        """The version in force. Raises Logframe.DoesNotExist before `load_logframe`."""
        return self.get(active=True)


class Logframe(models.Model):
    """One version of the logical framework (annex 2 of the action document). A changed one is a new version; old ones stay."""

    version = models.PositiveIntegerField(_("version"))
    reference = models.CharField(_("référence"), max_length=40)
    title = models.CharField(_("intitulé"), max_length=300)
    starts_on = models.DateField(_("début de l’action"))
    months = models.PositiveSmallIntegerField(_("durée (mois)"), default=36)
    loaded_at = models.DateTimeField(_("chargé le"), default=timezone.now)
    sha256 = models.CharField(max_length=64)
    active = models.BooleanField(_("en vigueur"), default=True)

    objects = LogframeQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        verbose_name = _("cadre logique")
        constraints = [
            models.UniqueConstraint(fields=["version"], name="logframe_version_once", violation_error_message=_("Cette version du cadre logique existe déjà.")),
            models.UniqueConstraint(
                fields=["active"], condition=Q(active=True), name="logframe_one_active", violation_error_message=_("Un seul cadre logique est en vigueur à la fois.")
            ),
            models.CheckConstraint(condition=Q(months__gte=1), name="logframe_months", violation_error_message=_("Un cadre logique dure au moins un mois.")),
        ]
        triggers = [audited()]

    def __str__(self):
        return f"{self.reference} – version {self.version}"

    @property
    def ends_on(self) -> datetime.date:
        """The last day of the action."""
        return add_months(self.starts_on, self.months) - datetime.timedelta(days=1)

    def elapsed(self, on: datetime.date) -> float:
        """How much of the action's time is over at the end of this day: 0 to 1."""
        days = (self.ends_on - self.starts_on).days + 1
        return min(1.0, max(0.0, ((on - self.starts_on).days + 1) / days))


class Objective(models.Model):
    class Lead(models.TextChoices):
        """Who enters and validates. Source: action document 5.5: the two management structures are independent."""

        IOM = "iom", "OIM"
        AECID = "aecid", "AECID"

    logframe = models.ForeignKey(Logframe, models.PROTECT, related_name="objectives", verbose_name=_("cadre logique"))
    code = models.CharField(_("code"), max_length=4)
    heading = models.CharField(_("titre"), max_length=60)
    label = models.TextField(_("libellé"))
    statement = models.TextField(_("résultat escompté"), blank=True)
    note = models.TextField(_("note de lecture"), blank=True)
    lead = models.CharField(_("responsable"), max_length=5, choices=Lead)
    order = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["order"]
        verbose_name = _("objectif")
        constraints = [
            models.UniqueConstraint(fields=["logframe", "code"], name="objective_once", violation_error_message=_("Ce cadre logique a déjà un objectif de ce code."))
        ]
        triggers = [audited()]

    def __str__(self):
        return self.heading

    @property
    def shown_heading(self) -> str:
        return said(self.heading)

    @property
    def proof_right(self) -> Right:
        return Right.VIEW_PROOF_IOM if self.lead == self.Lead.IOM else Right.VIEW_PROOF_AECID

    @property
    def entry_right(self) -> Right:
        return Right.ENTER_VALUE_IOM if self.lead == self.Lead.IOM else Right.ENTER_VALUE_AECID


class IndicatorQuerySet(National):
    def current(self) -> "IndicatorQuerySet":
        return self.filter(objective__logframe__active=True)

    def visible_to(self, user) -> "IndicatorQuerySet":
        return self.current().select_related("objective__logframe")


class Indicator(models.Model):
    class Level(models.TextChoices):
        IMPACT = "impact", _("impact")
        OUTCOME = "outcome", _("effet direct")
        RESULT = "result", _("résultat")

    class Kind(models.TextChoices):
        QUANTITATIVE = "quantitative", _("chiffre")
        QUALITATIVE = "qualitative", _("appréciation")

    objective = models.ForeignKey(Objective, models.PROTECT, related_name="indicators", verbose_name=_("objectif"))
    code = models.CharField(_("code"), max_length=6)
    level = models.CharField(_("niveau"), max_length=8, choices=Level)
    label = models.TextField(_("libellé"))  # word for word, typing errors kept; `note` says how it is read
    unit = models.CharField(_("unité"), max_length=30, blank=True)
    kind = models.CharField(_("type"), max_length=12, choices=Kind, default=Kind.QUANTITATIVE)
    baseline_text = models.TextField(_("valeur de référence (texte)"), blank=True)
    baseline_value = models.PositiveIntegerField(_("valeur de référence"), null=True)
    target_text = models.TextField(_("cible (texte)"))
    target_value = models.PositiveIntegerField(_("cible"), null=True)  # none where the targets have different units (E9, E11)
    note = models.TextField(_("note de lecture"), blank=True)
    measure = models.CharField(_("mesure"), max_length=40, blank=True)  # empty: entered by hand
    is_increment = models.BooleanField(_("la cible s’ajoute à la référence"), default=False)
    subset_of = models.CharField(_("sous-ensemble de"), max_length=40, blank=True)
    same_counter = models.CharField(_("même compteur que"), max_length=40, blank=True)
    order = models.PositiveSmallIntegerField()

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        ordering = ["order"]
        verbose_name = _("indicateur")
        constraints = [
            models.UniqueConstraint(fields=["objective", "code"], name="indicator_once", violation_error_message=_("Cet objectif a déjà un indicateur de ce code.")),
            models.CheckConstraint(
                condition=Q(kind="quantitative", baseline_value__isnull=False) | Q(kind="qualitative", baseline_value__isnull=True, measure=""),
                name="indicator_kind",
                violation_error_message=_("Un indicateur quantitatif a une valeur de départ ; un indicateur qualitatif n’en a pas et ne se calcule pas."),
            ),
        ]
        triggers = [audited()]

    def __str__(self):
        return f"{self.code} – {self.label}"

    @property
    def shown_label(self) -> str:
        """In the language of the reader; `label` is the document's."""
        return said(self.label)

    @property
    def shown_note(self) -> str:
        return said(self.note)

    @property
    def by_hand(self) -> bool:
        return not self.measure

    @property
    def own_rights(self) -> frozenset[Right]:
        """Of the rights that OIM and AECID hold each for its own objectives, those of this one."""
        return OPEN_RIGHTS | {self.objective.proof_right, self.objective.entry_right}


class Target(models.Model):
    """What should be reached. Most indicators have one; E6, E9, E11 and R3.4 have two, in other units or from other pages."""

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="targets", verbose_name=_("indicateur"))
    order = models.PositiveSmallIntegerField()
    text = models.CharField(_("texte"), max_length=120)
    unit = models.CharField(_("unité"), max_length=30)
    value = models.PositiveIntegerField(_("cible"))
    measure = models.CharField(_("mesure"), max_length=40, blank=True)
    # The part of the measure's facts that this target is about, e.g. "continent" = "europe".
    dimension = models.CharField(max_length=20, blank=True)
    dimension_code = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["order"]
        verbose_name = _("cible")
        constraints = [
            models.UniqueConstraint(fields=["indicator", "order"], name="target_once", violation_error_message=_("Deux cibles de cet indicateur sont à la même place.")),
            models.CheckConstraint(
                condition=Q(dimension="", dimension_code="") | ~Q(dimension="") & ~Q(dimension_code=""),
                name="target_breakdown_whole",
                violation_error_message=_("Une cible ventilée dit selon quoi et pour quelle part."),
            ),
        ]
        triggers = [audited()]


class ManualValueQuerySet(National):
    def validated(self) -> "ManualValueQuerySet":
        return self.filter(validated_at__isnull=False)

    def pending(self) -> "ManualValueQuerySet":
        return self.filter(validated_at__isnull=True, refused_at__isnull=True)


class ManualValue(models.Model):
    """A value that no record of the register can give: entered by one person with its evidence, validated by another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="values", verbose_name=_("indicateur"))
    on = models.DateField(_("situation au"))
    value = models.PositiveIntegerField(_("valeur"), null=True, blank=True)
    narrative = models.TextField(_("appréciation"), max_length=2000, blank=True)
    evidence = models.TextField(_("preuve"), max_length=1000)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("saisie par"))
    entered_at = models.DateTimeField(_("saisie le"), default=timezone.now)
    validated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("validée par"))
    validated_at = models.DateTimeField(_("validée le"), null=True, blank=True)
    refused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("refusée par"))
    refused_at = models.DateTimeField(_("refusée le"), null=True, blank=True)
    refusal_reason = models.CharField(_("motif du refus"), max_length=300, blank=True)

    objects = ManualValueQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "-entered_at"]
        verbose_name = _("valeur saisie")
        constraints = [
            models.CheckConstraint(
                condition=Q(validated_by__isnull=True) | ~Q(validated_by=F("entered_by")),
                name="manual_value_second_person",
                violation_error_message=_("La personne qui a saisi une valeur ne peut pas la valider elle-même."),
            ),
            models.CheckConstraint(
                condition=Q(validated_by__isnull=True, validated_at__isnull=True) | Q(validated_by__isnull=False, validated_at__isnull=False),
                name="manual_value_validation_whole",
                violation_error_message=_("La validation d’une valeur a un auteur et une date."),
            ),
            models.CheckConstraint(
                condition=Q(refused_by__isnull=True, refused_at__isnull=True, refusal_reason="")
                | Q(refused_by__isnull=False, refused_at__isnull=False, validated_at__isnull=True) & ~Q(refusal_reason=""),
                name="manual_value_refusal_whole",
                violation_error_message=_("Un refus a un motif."),
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=False) | ~Q(narrative=""), name="manual_value_says_something", violation_error_message=_("Écrivez la valeur ou l’appréciation.")
            ),
            models.CheckConstraint(condition=~Q(evidence=""), name="manual_value_evidence", violation_error_message=_("Dites sur quoi la valeur s’appuie.")),
        ]
        triggers = [
            audited(),
            # A computed indicator has one source: the register.
            pgtrigger.Trigger(
                name="only_by_hand",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF (SELECT measure <> '' FROM reporting_indicator WHERE id = NEW.indicator_id) THEN
                        RAISE EXCEPTION 'indicator % is computed, not entered', NEW.indicator_id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(
                name="decided_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__validated_at__isnull=False) | pgtrigger.Q(old__refused_at__isnull=False)
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    @property
    def own_rights(self) -> frozenset[Right]:
        return self.indicator.own_rights

    @property
    def pending(self) -> bool:
        return self.validated_at is None and self.refused_at is None


def digest(figures: object) -> str:
    """The fingerprint of figures: SHA-256 of their JSON with sorted keys and no spaces."""
    return hashlib.sha256(json.dumps(figures, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


class Snapshot(models.Model):
    """The figures of a period as they were at one moment. Nobody can change or remove it; reports are made from it alone."""

    period_from = models.DateField(_("du"))
    period_to = models.DateField(_("au"))
    logframe = models.ForeignKey(Logframe, models.PROTECT, related_name="snapshots", verbose_name=_("cadre logique"))
    figures = models.JSONField()
    sha256 = models.CharField(_("empreinte"), max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("figé par"))
    made_at = models.DateTimeField(_("figé le"), default=timezone.now)
    # A job tried again finds what its first try froze.
    job = models.OneToOneField(Job, models.PROTECT, null=True, related_name="snapshot")

    objects = National.as_manager()

    class Meta:
        ordering = ["-made_at"]
        verbose_name = _("arrêté des chiffres")
        constraints = [
            models.CheckConstraint(
                condition=Q(period_to__gte=F("period_from")), name="snapshot_period", violation_error_message=_("Une période ne peut pas finir avant d’avoir commencé.")
            )
        ]
        triggers = [pgtrigger.Protect(name="frozen", operation=pgtrigger.Update | pgtrigger.Delete), audited(leave_out=("figures",))]

    def is_intact(self) -> bool:
        return digest(self.figures) == self.sha256


class Report(models.Model):
    """A report somebody asked for. Its key is that of its job; the file is the job's. Every member of the committee may read it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    job = models.OneToOneField(Job, models.PROTECT, related_name="report")
    period_from = models.DateField(_("du"))
    period_to = models.DateField(_("au"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("demandé par"))
    created_at = models.DateTimeField(_("demandé le"), default=timezone.now)

    objects = National.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("rapport")
        constraints = [
            models.CheckConstraint(condition=Q(period_to__gte=F("period_from")), name="report_period", violation_error_message=_("La fin ne peut pas précéder le début."))
        ]
        triggers = [audited()]
