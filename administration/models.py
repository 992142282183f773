"""What administrators did to accounts, with their reasons. The rows changed by it are in the change history."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited


class AccountAct(models.Model):
    """One act of an administrator on somebody's account. Never changed, never removed by the product."""

    class Kind(models.TextChoices):
        CREATED = "created", _("compte ouvert")
        EDITED = "edited", _("compte modifié")
        DEACTIVATED = "deactivated", _("compte désactivé")
        REACTIVATED = "reactivated", _("compte réactivé")
        PASSWORD = "password", _("nouveau mot de passe provisoire")
        SECOND_FACTOR = "second_factor", _("second facteur retiré")
        TOKEN = "token", _("jeton d’API créé")
        TOKEN_REVOKED = "token_revoked", _("jeton d’API retiré")

    # Acts by which an administrator could sign in as somebody else.
    ACCESS = (Kind.CREATED, Kind.REACTIVATED, Kind.PASSWORD, Kind.SECOND_FACTOR)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="acts_on", verbose_name=_("compte"))
    kind = models.CharField(_("acte"), max_length=15, choices=Kind)
    reason = models.CharField(_("motif"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("par"))
    at = models.DateTimeField(_("quand"), default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("acte sur un compte")
        indexes = [models.Index(fields=["user", "-at"], name="act_on_user"), models.Index(fields=["by", "kind", "-at"], name="act_by_user")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["deactivated", "second_factor"]) | ~Q(reason=""),
                name="act_has_reason",
                violation_error_message=_("Écrivez le motif."),
            )
        ]
        triggers = [audited()]

    def __str__(self):
        return f"{self.get_kind_display()} – {self.user}"
