"""Questionnaires that M&E officers write without code, in versions. A published version never changes: the database refuses it.

What is answered belongs to a floor above, which makes its own table from `Response` (docs/decisions/0015)."""

from decimal import Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited

from .wording import said, said_alone

CODE = r"^[a-z][a-z0-9_]{0,39}$"
MOST_QUESTIONS = 300
MOST_CHOICES = 200
LONGEST_TEXT = 4000  # characters of a label, of a hint and of a condition as a file writes it


class BasicItem(models.IntegerChoices):
    """The twelve basic informations of a person's profile (logframe, R3.1). The document names none: these follow IOM's
    questionnaires of the region (docs/decisions/0016)."""

    SEX = 1, _("sexe")
    BIRTH = 2, _("âge ou naissance")
    NATIONALITY = 3, _("nationalité")
    ORIGIN = 4, _("lieu d’origine")
    FAMILY = 5, _("situation familiale et personnes à charge")
    EDUCATION = 6, _("instruction")
    LANGUAGES = 7, _("langues")
    OCCUPATION = 8, _("métier avant le départ")
    REASONS = 9, _("motifs du départ")
    ROUTE = 10, _("itinéraire")
    INTENTION = 11, _("destination et intention")
    NEEDS = 12, _("vulnérabilités et besoins")


class NationalQuerySet(models.QuerySet[Any]):
    def visible_to(self, user):
        """National and without personal data: the declared right alone decides."""
        return self


class Questionnaire(models.Model):
    class Kind(models.TextChoices):
        PROFILE = "profile", _("profil des personnes")
        SURVEY = "survey", _("enquête")
        SCORE = "score", _("enquête avec un score")
        EVALUATION = "evaluation", _("évaluation")

    code = models.CharField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("usage"), max_length=10, choices=Kind)
    title = models.JSONField(_("titre"))  # as questionnaires.wording
    archived_at = models.DateTimeField(_("archivé le"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = NationalQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("questionnaire")
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=CODE), name="questionnaire_code", violation_error_message=_("Le code s’écrit en minuscules sans accent, chiffres et _.")
            ),
            models.CheckConstraint(condition=Q(title__has_key="fr"), name="questionnaire_title", violation_error_message=_("Donnez le titre en français.")),
            # One question about everybody at a time.
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind="profile", archived_at__isnull=True),
                name="questionnaire_one_profile",
                violation_error_message=_("Il y a déjà un questionnaire de profil. Faites-en une nouvelle version, ou archivez-le d’abord."),
            ),
        ]
        triggers = [audited()]

    def __str__(self):
        return said(self.title)

    def access_centres(self, *, writing: bool) -> list[int]:
        return []


class VersionQuerySet(NationalQuerySet):
    def in_force(self, kind: str) -> "Version | None":
        """What is asked now of this kind; None when nothing is."""
        return self.filter(questionnaire__kind=kind, questionnaire__archived_at__isnull=True, state=Version.State.PUBLISHED).select_related("questionnaire").first()


class Version(models.Model):
    """What is asked, from its publication until the next one. `revision` counts the changes of a draft."""

    class State(models.TextChoices):
        DRAFT = "draft", _("brouillon")
        PUBLISHED = "published", _("publiée")
        REPLACED = "replaced", _("remplacée")

    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, related_name="versions", verbose_name=_("questionnaire"))
    number = models.PositiveIntegerField(_("numéro"))
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField(_("commencée le"), default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("commencée par"))
    published_at = models.DateTimeField(_("publiée le"), null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("publiée par"))
    revision = models.PositiveIntegerField(default=1)
    # {column of `settings`: text}, as the XLSForm says it from which this version was made; given back when it is exported.
    origin = models.JSONField(default=dict, blank=True, editable=False)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["questionnaire", "-number"]
        verbose_name = _("version de questionnaire")
        constraints = [
            models.UniqueConstraint(
                fields=["questionnaire", "number"],
                name="version_number_once",
                violation_error_message=_("Ce questionnaire a déjà une version de ce numéro : rechargez la page."),
            ),
            models.UniqueConstraint(
                fields=["questionnaire"],
                condition=Q(state="draft"),
                name="version_one_draft",
                violation_error_message=_("Ce questionnaire a déjà un brouillon : continuez-le."),
            ),
            models.UniqueConstraint(
                fields=["questionnaire"],
                condition=Q(state="published"),
                name="version_one_published",
                violation_error_message=_("Une autre version de ce questionnaire vient d’être publiée."),
            ),
            models.CheckConstraint(
                condition=Q(state="draft", published_at__isnull=True) | ~Q(state="draft") & Q(published_at__isnull=False),
                name="version_published_when",
                violation_error_message=_("Une version publiée a une date de publication ; un brouillon n’en a pas."),
            ),
        ]
        triggers = [
            audited(),
            pgtrigger.Trigger(
                name="published_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.state <> 'draft'"),
                func="""
                    IF TG_OP = 'UPDATE' AND OLD.state = 'published' AND NEW.state = 'replaced'
                       AND to_jsonb(NEW) - 'state' = to_jsonb(OLD) - 'state' THEN RETURN NEW; END IF;
                    RAISE EXCEPTION 'a published version of a questionnaire never changes' USING ERRCODE = 'check_violation';
                """,
            ),
        ]

    def __str__(self):
        return f"{self.questionnaire} – v{self.number}"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    def access_centres(self, *, writing: bool) -> list[int]:
        return []


def _of_a_draft(version: str) -> pgtrigger.Trigger:
    """Rows of a version are written while it is a draft. The lock makes a publication wait for them, and them for it."""
    return pgtrigger.Trigger(
        name="published_stays",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("found", "text")],
        func=f"""
            IF TG_OP <> 'INSERT' THEN
                SELECT state INTO found FROM questionnaires_version WHERE id = {version.format(row="OLD")} FOR SHARE;
                IF found <> 'draft' THEN
                    RAISE EXCEPTION 'a published version of a questionnaire never changes' USING ERRCODE = 'check_violation';
                END IF;
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            SELECT state INTO found FROM questionnaires_version WHERE id = {version.format(row="NEW")} FOR SHARE;
            IF found <> 'draft' THEN
                RAISE EXCEPTION 'a published version of a questionnaire never changes' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,  # noqa: S608 - its pieces stand in this file
    )


class Question(models.Model):
    """One row of a questionnaire, in its order. A row of the type `section` begins a part; those after it belong to it."""

    class Type(models.TextChoices):
        TEXT = "text", _("texte court")
        LONG_TEXT = "long_text", _("texte long")
        INTEGER = "integer", _("nombre entier")
        DECIMAL = "decimal", _("nombre avec décimales")
        DATE = "date", _("date")
        YES_NO = "yes_no", _("oui ou non")
        ONE = "one", _("une réponse parmi plusieurs")
        SEVERAL = "several", _("plusieurs réponses possibles")
        COUNTRY = "country", _("pays")
        LANGUAGE = "language", _("langue")
        NOTE = "note", _("texte à lire, sans réponse")
        SECTION = "section", _("début d’une partie")

    NUMBERS = (Type.INTEGER, Type.DECIMAL)
    WITH_CHOICES = (Type.ONE, Type.SEVERAL)
    WITHOUT_ANSWER = (Type.NOTE, Type.SECTION)

    questionnaire_version = models.ForeignKey(Version, models.CASCADE, related_name="questions")
    order = models.PositiveIntegerField()
    code = models.CharField(_("code"), max_length=40)
    type = models.CharField(_("type"), max_length=10, choices=Type)
    text = models.JSONField(_("question"))  # as questionnaires.wording
    hint = models.JSONField(_("aide"), default=dict, blank=True)
    # As questionnaires.conditions; in a draft also one of an imported file that Sira cannot read, which stands in the way of publishing it.
    relevant = models.CharField(_("condition"), max_length=LONGEST_TEXT, blank=True)
    required = models.BooleanField(_("réponse attendue"), default=False)
    minimum = models.DecimalField(_("au moins"), max_digits=14, decimal_places=4, null=True, blank=True)
    maximum = models.DecimalField(_("au plus"), max_digits=14, decimal_places=4, null=True, blank=True)
    basic_item = models.PositiveSmallIntegerField(_("information de base"), choices=BasicItem, null=True, blank=True)
    source = models.CharField(_("champ du dossier"), max_length=40, blank=True)  # of questionnaires.sources: then it is not asked
    # {column: text} of the XLSForm it comes from, for what Sira has no use for and for its own name there; given back when it is exported.
    origin = models.JSONField(default=dict, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = NationalQuerySet.as_manager()

    class Meta:
        ordering = ["questionnaire_version", "order"]
        verbose_name = _("question")
        constraints = [
            models.UniqueConstraint(
                fields=["questionnaire_version", "code"], name="question_code_once", violation_error_message=_("Une autre question de ce questionnaire a déjà ce code.")
            ),
            models.UniqueConstraint(
                fields=["questionnaire_version", "order"],
                name="question_order_once",
                violation_error_message=_("Deux questions sont à la même place : rechargez la page."),
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(code__regex=CODE),
                name="question_code",
                violation_error_message=_("Le code s’écrit en minuscules sans accent, avec des chiffres et _, et commence par une lettre."),
            ),
            models.CheckConstraint(condition=Q(text__has_key="fr"), name="question_text", violation_error_message=_("Écrivez la question en français.")),
            models.CheckConstraint(
                condition=Q(minimum__isnull=True, maximum__isnull=True) | Q(type__in=["integer", "decimal"]),
                name="question_limits_of_numbers",
                violation_error_message=_("Un minimum et un maximum ne valent que pour un nombre."),
            ),
            models.CheckConstraint(
                condition=Q(minimum__isnull=True) | Q(maximum__isnull=True) | Q(minimum__lte=F("maximum")),
                name="question_limits",
                violation_error_message=_("Le minimum dépasse le maximum."),
            ),
            models.CheckConstraint(
                condition=~Q(type__in=["note", "section"]) | Q(required=False, basic_item__isnull=True, source=""),
                name="question_with_answer",
                violation_error_message=_("Un texte à lire ou un début de partie n’a pas de réponse : laissez les autres champs vides."),
            ),
            models.CheckConstraint(
                condition=Q(basic_item__isnull=True) | Q(basic_item__range=(1, 12)),
                name="question_basic_item",
                violation_error_message=_("Une question de base porte un numéro de 1 à 12."),
            ),
        ]
        triggers = [audited(), _of_a_draft("{row}.questionnaire_version_id")]

    def __str__(self):
        return said_alone(self.text)

    @property
    def has_answer(self) -> bool:
        return self.type not in self.WITHOUT_ANSWER

    @property
    def is_asked_of_the_person(self) -> bool:
        """Not what the file itself says."""
        return self.has_answer and not self.source

    def access_centres(self, *, writing: bool) -> list[int]:
        return []


class Choice(models.Model):
    """One answer that can be chosen. `value`: what it counts in a score."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="choices")
    order = models.PositiveIntegerField()
    code = models.CharField(_("code"), max_length=40)
    text = models.JSONField(_("réponse"))
    value = models.DecimalField(_("valeur"), max_digits=10, decimal_places=4, null=True, blank=True)
    origin = models.JSONField(default=dict, blank=True, editable=False)  # as Question.origin

    class Meta:
        ordering = ["question", "order"]
        verbose_name = _("réponse possible")
        constraints = [
            models.UniqueConstraint(fields=["question", "code"], name="choice_code_once", violation_error_message=_("Deux réponses ont le même code.")),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[a-z0-9][a-z0-9_]{0,39}$"),
                name="choice_code",
                violation_error_message=_("Le code d’une réponse n’a que des lettres minuscules sans accent, des chiffres et « _ »."),
            ),
            models.CheckConstraint(condition=Q(text__has_key="fr"), name="choice_text", violation_error_message=_("Écrivez chaque réponse en français.")),
        ]
        triggers = [audited(), _of_a_draft("(SELECT questionnaire_version_id FROM questionnaires_question WHERE id = {row}.question_id)")]

    def __str__(self):
        return said_alone(self.text)


def keeps_its_version() -> pgtrigger.Trigger:
    """For the tables of answers: given to a published version, and to that one for good."""
    return pgtrigger.Trigger(
        name="keeps_its_version",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func="""
            IF TG_OP = 'UPDATE' THEN
                IF NEW.questionnaire_version_id <> OLD.questionnaire_version_id THEN
                    RAISE EXCEPTION 'answers keep the version they were given to' USING ERRCODE = 'check_violation';
                END IF;
            ELSIF NOT EXISTS (SELECT 1 FROM questionnaires_version WHERE id = NEW.questionnaire_version_id AND state <> 'draft') THEN
                RAISE EXCEPTION 'answers are given to a published version' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


class Response(models.Model):
    """Answers to one version. Abstract: the floor above adds whose they are, and with it who may see them.

    `answers`: {question code: answer}, as `questionnaires.answers` cleans them; a question without an answer is not in it.
    `changed`: {question code: version of this row that changed the answer last}: two people may fill two parts at once.
    `basic_items`: those of the twelve that are answered here (those bound to the file are counted where the file is)."""

    questionnaire_version = models.ForeignKey(Version, models.PROTECT, related_name="+", verbose_name=_("version du questionnaire"))
    answers = models.JSONField(_("réponses"), default=dict)
    changed = models.JSONField(default=dict, editable=False)
    basic_items = models.JSONField(default=list, editable=False)
    complete = models.BooleanField(_("complet"), default=False)
    started_at = models.DateTimeField(_("commencé le"), default=timezone.now)
    saved_at = models.DateTimeField(_("enregistré le"), default=timezone.now)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("enregistré par"))
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


def no_more_than_needed(value: Decimal | None) -> str:
    """1.5000 → “1.5”; nothing stays nothing."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
