"""The card somebody carries: an opaque number, worth nothing to whoever finds it."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited

from .known import keeps_last_known
from .migrant import FileQuerySet, Migrant

# Crockford's base 32: no I, L, O or U, so that a number read aloud or by hand comes out right.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TOKEN_LENGTH = 16  # 80 bits: nobody guesses one


def new_token() -> str:
    return "".join(secrets.choice(ALPHABET) for _sign in range(TOKEN_LENGTH))


def clean_token(text: str) -> str:
    """What a scanner or a hand typed, as the token is kept; empty if it can be none."""
    token = "".join(char for char in text.upper() if char.isalnum()).translate(str.maketrans("OIL", "011"))
    return token if len(token) == TOKEN_LENGTH and set(token) <= set(ALPHABET) else ""


class CardQuerySet(FileQuerySet):
    on_file_from = "issued_at"
    keeps = True

    def valid(self) -> "CardQuerySet":
        return self.filter(revoked_at__isnull=True)


class Card(models.Model):
    class Reason(models.TextChoices):
        LOST = "lost", _("carte perdue")
        STOLEN = "stolen", _("carte volée")
        DAMAGED = "damaged", _("carte abîmée")
        WITHDRAWN = "withdrawn", _("accord retiré")
        OTHER = "other", _("autre raison")

    migrant = models.ForeignKey(Migrant, models.CASCADE, related_name="cards", verbose_name=_("personne"))
    token = models.CharField(_("numéro de la carte"), max_length=TOKEN_LENGTH, unique=True, editable=False)
    issued_at = models.DateTimeField(_("remise le"), default=timezone.now)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("remise par"))
    revoked_at = models.DateTimeField(_("annulée le"), null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("annulée par"))
    revoke_reason = models.CharField(_("motif"), max_length=9, choices=Reason, blank=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at", "-pk"]
        verbose_name = _("carte")
        constraints = [
            models.UniqueConstraint(
                fields=["migrant"], condition=Q(revoked_at__isnull=True), name="card_valid_once", violation_error_message=_("Cette personne a déjà une carte valable.")
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoke_reason="") | Q(revoked_at__isnull=False) & ~Q(revoke_reason=""),
                name="card_revoked_why",
                violation_error_message=_("Une carte annulée a une date et un motif."),
            ),
        ]
        triggers = [audited(leave_out=("token",)), keeps_last_known(since="OLD.issued_at")]

    def __str__(self):
        return self.token_words

    @property
    def token_words(self) -> str:
        """In groups of four, as it stands on the card."""
        return " ".join(self.token[start : start + 4] for start in range(0, TOKEN_LENGTH, 4))

    def access_centres(self, *, writing: bool) -> list[int]:
        return self.migrant.access_centres(writing=writing)
