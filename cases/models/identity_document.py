"""The papers somebody carries."""

import uuid

import pgtrigger
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from config.countries import country_name

from ..sealed import equality_key, normal_number, unseal
from .attachment import Attachment
from .known import keeps_last_known
from .migrant import LOOK_FOR_DUPLICATES, FileQuerySet, Migrant


class IdentityDocumentQuerySet(FileQuerySet):
    on_file_from = "added_at"
    keeps = True

    def numbered(self, number: str) -> "IdentityDocumentQuerySet":
        """Those with this number, however it is written: by an index over keyed digests, never over the numbers."""
        return self.filter(number_key=equality_key(number)) if normal_number(number) else self.none()


class IdentityDocument(models.Model):
    """One document. Its number is kept encrypted; `number_key` finds the same number again (cases/sealed.py)."""

    class Kind(models.TextChoices):
        PASSPORT = "passport", _("passeport")
        NATIONAL_ID = "national_id", _("carte nationale d’identité")
        NINA = "nina", _("fiche ou carte NINA")
        CONSULAR_CARD = "consular_card", _("carte consulaire")
        LAISSEZ_PASSER = "laissez_passer", _("laissez-passer")
        BIRTH_CERTIFICATE = "birth_certificate", _("acte de naissance")
        REFUGEE = "refugee", _("document de réfugié")
        DRIVING_LICENCE = "driving_licence", _("permis de conduire")
        OTHER = "other", _("autre document")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="documents", verbose_name=_("personne"))
    kind = models.CharField(_("type"), max_length=20, choices=Kind)
    number_sealed = models.TextField(_("numéro (chiffré)"), blank=True, editable=False)
    number_key = models.CharField(max_length=64, blank=True, editable=False)
    country = models.CharField(_("pays"), max_length=2)
    expires_on = models.DateField(_("valable jusqu’au"), null=True, blank=True)
    scan = models.ForeignKey(Attachment, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("image"))
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("noté par"))
    added_at = models.DateTimeField(_("noté le"), default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    objects = IdentityDocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-added_at"]
        verbose_name = _("document d’identité")
        indexes = [models.Index(fields=["number_key"], name="document_number", condition=~Q(number_key=""))]
        constraints = [
            models.UniqueConstraint(
                fields=["migrant", "kind", "number_key"],
                condition=~Q(number_key=""),
                name="document_once",
                violation_error_message=_("Ce document est déjà noté dans ce dossier."),
            ),
            models.CheckConstraint(
                condition=Q(number_key="", number_sealed="") | ~Q(number_key="") & ~Q(number_sealed=""),
                name="document_number_whole",
                violation_error_message=_("Le numéro d’un document se garde en entier : scellé, et retrouvable."),
            ),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="document_country", violation_error_message=_("Choisissez un pays dans la liste.")),
        ]
        triggers = [
            audited(leave_out=("number_sealed", "number_key")),
            keeps_last_known(since="OLD.added_at"),
            # The same number on another file tells more than any name.
            pgtrigger.Trigger(
                name="look_for_duplicates",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("number_key"),
                condition=pgtrigger.Q(new__number_key__gt=""),
                func=LOOK_FOR_DUPLICATES.format(person="NEW.migrant_id"),
            ),
        ]

    def __str__(self):
        return self.get_kind_display()

    @property
    def has_expired(self) -> bool:
        """No longer valid today; a document without an end does not expire."""
        return self.expires_on is not None and self.expires_on < timezone.localdate()

    @property
    def country_name(self) -> str:
        return country_name(self.country)

    @property
    def number(self) -> str:
        """As it was typed. Raises InvalidToken without the secret that sealed it."""
        return unseal(self.number_sealed) if self.number_sealed else ""

    @property
    def readable_number(self) -> str | None:
        """The number, or None where the secret that sealed it is gone: a file must open all the same."""
        try:
            return self.number
        except InvalidToken:
            return None

    @property
    def number_words(self) -> str:
        number = self.readable_number
        return gettext("illisible : la clé de chiffrement a changé") if number is None else number

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)
