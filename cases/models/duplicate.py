"""Two files that may be of one person, what was decided about them, and files joined into one."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from centres.access import centres_for
from centres.models import Centre
from centres.roles import Right

from .consent import Consent
from .migrant import Custody, FileQuerySet, Migrant


class DuplicateCheck(models.Model):
    """This person is new, or their identity changed: they are to be looked for among all others.

    The database itself writes the row (triggers of Migrant and IdentityDocument) in the transaction of the change; the check runs after
    its commit, so that of two people registered at the same moment the later check sees both."""

    migrant = models.OneToOneField(Migrant, models.CASCADE, primary_key=True, related_name="+")
    since = models.DateTimeField()

    class Meta:
        verbose_name = _("doublons à chercher")
        indexes = [models.Index(fields=["since"], name="duplicate_check_order")]


class DuplicatePairQuerySet(models.QuerySet["DuplicatePair"]):
    def visible_to(self, user) -> Self:
        """Pairs of which one file at least is in the user's scope."""
        return self._of_centres(centres_for(user, Right.VIEW_CASE))

    def to_review_by(self, user) -> Self:
        """Open pairs with a person whom a centre cares for now where the user may join files."""
        return self.current().filter(state=DuplicatePair.State.OPEN)._of_centres(centres_for(user, Right.MERGE_FILES), until__isnull=True)

    def current(self) -> Self:
        """Those of two files that both still stand for themselves."""
        return self.filter(first__merged_into__isnull=True, second__merged_into__isnull=True)

    def _of_centres(self, centres: list[int], **care: Any) -> Self:
        if not centres:
            return self.none()
        cared = Custody.objects.filter(centre__in=centres, **care)
        return self.filter(Q(Exists(cared.filter(migrant=OuterRef("first")))) | Q(Exists(cared.filter(migrant=OuterRef("second")))))

    def of(self, migrant: Migrant) -> Self:
        return self.filter(Q(first=migrant) | Q(second=migrant))


class DuplicatePair(models.Model):
    """Two files that may be of one person. `first` has the smaller key, so that a pair is one row."""

    class State(models.TextChoices):
        OPEN = "open", _("à examiner")
        APART = "apart", _("deux personnes")
        MERGED = "merged", _("réunis")

    first = models.ForeignKey(Migrant, models.CASCADE, related_name="+", verbose_name=_("premier dossier"))
    second = models.ForeignKey(Migrant, models.CASCADE, related_name="+", verbose_name=_("deuxième dossier"))
    certainty = models.FloatField(_("certitude"))
    # Codes alone (duplicates.weights.words_of): no name is kept here that a file has to forget.
    reasons = ArrayField(models.CharField(max_length=30), default=list, verbose_name=_("raisons"))
    state = models.CharField(_("état"), max_length=6, choices=State, default=State.OPEN)
    found_at = models.DateTimeField(_("trouvé le"), default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("décidé par"))
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)
    why = models.CharField(_("pourquoi"), max_length=300, blank=True)
    # What both identities were, in short, when somebody decided that they are two people.
    decided_on_first = models.CharField(max_length=64, blank=True, editable=False)
    decided_on_second = models.CharField(max_length=64, blank=True, editable=False)

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        ordering = ["-certainty", "-id"]
        verbose_name = _("doublon possible")
        indexes = [
            models.Index(fields=["-certainty", "-id"], name="pair_review", condition=Q(state="open")),
            models.Index(fields=["second"], name="pair_of_second"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once", violation_error_message=_("Ces deux dossiers sont déjà comparés.")),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")),
                name="pair_in_order",
                violation_error_message=_("Deux dossiers à comparer sont deux personnes différentes, rangées dans l’ordre."),
            ),
            models.CheckConstraint(
                condition=Q(certainty__gte=0, certainty__lte=1), name="pair_certainty", violation_error_message=_("La ressemblance de deux dossiers va de 0 à 1.")
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(decided_at__isnull=False),
                name="pair_decided_when",
                violation_error_message=_("Une décision sur deux dossiers semblables a une date."),
            ),
        ]
        triggers = [audited(leave_out=("decided_on_first", "decided_on_second"))]

    def access_centres(self, *, writing: bool) -> list[int]:
        return sorted({*self.first.access_centres(writing=writing), *self.second.access_centres(writing=writing)})


class MergeQuerySet(FileQuerySet):
    on_file_from = "at"
    person = "survivor"


class Merge(models.Model):
    """Two files were found to be of one person: all that hung on `merged` moved to `survivor`, and can be given back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    survivor = models.ForeignKey(Migrant, models.CASCADE, related_name="+", verbose_name=_("dossier gardé"))
    merged = models.ForeignKey(Migrant, models.CASCADE, related_name="+", verbose_name=_("dossier réuni"))
    at = models.DateTimeField(_("réunis le"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("par"))
    # Field of the survivor -> [before, after]. Names are in it: whoever makes a person forgotten empties it.
    fields = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # [model, key, column] of each row that moved, and of each that had to stay with the merged file.
    moved = models.JSONField(default=list)
    stayed = models.JSONField(default=list)
    # Keys of the centres that cared for the merged person then.
    cared_by = ArrayField(models.IntegerField(), default=list)
    undone_at = models.DateTimeField(_("défait le"), null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("défait par"))

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        verbose_name = _("réunion de deux dossiers")
        indexes = [models.Index(fields=["survivor", "-at"], name="merge_of_survivor")]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at__isnull=True), name="merge_once", violation_error_message=_("Ce dossier est déjà réuni à un autre.")
            ),
            models.CheckConstraint(
                condition=~Q(survivor=F("merged")), name="merge_of_two", violation_error_message=_("Il faut deux dossiers différents pour les réunir.")
            ),
        ]
        triggers = [audited(leave_out=("fields",))]

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.survivor.access_centres(writing=writing)


class TakeoverQuerySet(FileQuerySet):
    on_file_from = "at"


class Takeover(models.Model):
    """A centre took over the file of a person who stood at its counter, and whom it could not see until then."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="takeovers", verbose_name=_("personne"))
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+", verbose_name=_("centre"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("par"))
    at = models.DateTimeField(_("le"), default=timezone.now)
    certainty = models.FloatField(_("certitude"))
    reason = models.CharField(_("motif"), max_length=300)
    consent_method = models.CharField(_("accord donné par"), max_length=8, choices=Consent.Method)
    consent_language = models.CharField(_("expliqué en"), max_length=3)
    consent_witness = models.CharField(_("témoin"), max_length=120, blank=True)
    consent_text = models.CharField(_("version du texte"), max_length=20)
    # What upper floors did on the way (an open stay that ended), in words.
    effects = ArrayField(models.CharField(max_length=200), default=list, blank=True)

    objects = TakeoverQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        verbose_name = _("prise en charge au guichet")
        indexes = [models.Index(fields=["by", "-at"], name="takeover_by")]
        triggers = [audited()]

    def access_centres(self, *, writing: bool) -> list[int]:
        """Both sides are told, so both may say that they know."""
        return self.migrant.access_centres(writing=False)


class TakeoverNotice(models.Model):
    """The manager of this centre is told, until they say that they know."""

    takeover = models.ForeignKey(Takeover, models.CASCADE, related_name="notices")
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="+")
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("avis de prise en charge")
        indexes = [models.Index(fields=["centre"], name="notice_open", condition=Q(seen_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(fields=["takeover", "centre"], name="notice_once", violation_error_message=_("Ce centre a déjà été prévenu de cette reprise."))
        ]
        triggers = [audited()]
