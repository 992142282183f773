"""What somebody agreed to."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited

from .attachment import Attachment
from .known import keeps_last_known
from .migrant import FileQuerySet, Migrant

# Agreements on the first text were written down before a witness was asked for.
WITHOUT_WITNESS = "2026-1"


class ConsentQuerySet(FileQuerySet):
    on_file_from = "given_at"
    keeps = True

    def open(self) -> "ConsentQuerySet":
        return self.filter(withdrawn_at__isnull=True)


class Consent(models.Model):
    """What the person agreed to, on the words of which text, and when they took it back."""

    class Purpose(models.TextChoices):
        REGISTRATION = "registration", _("enregistrement et aide au centre")
        PHOTO = "photo", _("photo")
        BIOMETRICS = "biometrics", _("empreintes et autres données biométriques")
        REFERRAL = "referral", _("orientation vers un partenaire")
        CONSULATE = "consulate", _("partage avec le consulat de son pays")
        FOLLOW_UP = "follow_up", _("être recontacté pour le suivi")
        STATISTICS = "statistics", _("statistiques sans nom")

    class Method(models.TextChoices):
        SIGNED = "signed", _("signature")
        THUMB = "thumb", _("empreinte du pouce")
        SPOKEN = "spoken", _("parole devant témoin")

    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="consents")
    purpose = models.CharField(_("but"), max_length=15, choices=Purpose)
    text_version = models.CharField(_("version du texte"), max_length=20)
    language = models.CharField(_("langue"), max_length=3, default="fra")  # ISO 639-3: what it was explained in
    method = models.CharField(_("donné par"), max_length=8, choices=Method)
    witness = models.CharField(_("témoin"), max_length=120, blank=True)
    signature = models.ForeignKey(Attachment, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("image de la signature"))
    given_at = models.DateTimeField(_("donné le"), default=timezone.now)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("recueilli par"))
    withdrawn_at = models.DateTimeField(_("retiré le"), null=True, blank=True)
    withdrawal_noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("retrait noté par"))

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["purpose", "-given_at"]
        verbose_name = _("accord")
        constraints = [
            models.UniqueConstraint(
                fields=["migrant", "purpose"], condition=Q(withdrawn_at__isnull=True), name="consent_once", violation_error_message=_("Cet accord est déjà noté.")
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
                name="consent_dates",
                violation_error_message=_("Un accord ne peut pas être retiré avant d’avoir été donné."),
            ),
            models.CheckConstraint(
                condition=~Q(method="spoken") | ~Q(witness="") | Q(text_version=WITHOUT_WITNESS),
                name="consent_witness",
                violation_error_message=_("Un accord donné de vive voix demande un témoin : écrivez son nom."),
            ),
        ]
        # Withdrawn agreements are few: this is how those who must be decided about are found.
        indexes = [models.Index(fields=["migrant"], name="consent_withdrawn", condition=Q(purpose="registration", withdrawn_at__isnull=False))]
        triggers = [
            audited(),
            keeps_last_known(since="OLD.given_at"),
            # Whoever takes back the agreement to be referred closes the links of partners at once, by whatever way it is written down.
            pgtrigger.Trigger(
                name="close_links",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("withdrawn_at"),
                condition=pgtrigger.Condition("NEW.purpose = 'referral' AND NEW.withdrawn_at IS NOT NULL"),
                func="""
                    UPDATE cases_referrallink SET revoked_at = greatest(now(), created_at)
                        WHERE revoked_at IS NULL AND referral_id IN (SELECT id FROM cases_referral WHERE migrant_id = NEW.migrant_id);
                    RETURN NULL;
                """,
            ),
        ]

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)
