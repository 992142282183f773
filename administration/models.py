"""What administrators did to accounts, with their reasons, and what waits for a second person. The rows changed by it are in
the change history."""

import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.triggers import audited
from centres.models import Posting
from centres.roles import Right


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
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("confirmé par"))
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


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def waiting(self) -> "AccessRequestQuerySet":
        """Those that somebody may still confirm: a password given long ago is not brought to life any more."""
        return self.filter(state=AccessRequest.State.WAITING, asked_at__gte=timezone.now() - AccessRequest.LIFE)

    def visible_to(self, user) -> "AccessRequestQuerySet":
        """All for administrators; for a manager those about people posted at the own centre."""
        from centres.access import centres_for, may

        if may(user, Right.MANAGE_USERS):
            return self
        theirs = Posting.objects.active().filter(centre__in=centres_for(user, Right.POST_STAFF)).values("user")
        return self.filter(user__in=theirs)

    def for_confirming(self, user) -> "AccessRequestQuerySet":
        """Waiting, and neither asked by this user nor about them."""
        return self.visible_to(user).waiting().exclude(asked_by=user).exclude(user=user)


class AccessRequest(models.Model):
    """A new password, a second factor taken away or a closed account opened, for somebody who reads files: it waits until
    somebody else than the administrator who asked has confirmed it. Until then nothing about the account has changed."""

    LIFE = datetime.timedelta(days=7)

    class Kind(models.TextChoices):
        PASSWORD = "password", _("nouveau mot de passe provisoire")
        SECOND_FACTOR = "second_factor", _("retrait du second facteur")
        REACTIVATED = "reactivated", _("réouverture du compte")

    class State(models.TextChoices):
        WAITING = "waiting", _("attend une confirmation")
        CONFIRMED = "confirmed", _("confirmée")
        REFUSED = "refused", _("refusée")
        REPLACED = "replaced", _("remplacée")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="access_requests", verbose_name=_("compte"))
    kind = models.CharField(_("demande"), max_length=15, choices=Kind)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(_("motif"), max_length=300, blank=True)
    password = models.CharField(max_length=128, blank=True)  # the hash of the new one, until it is decided
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("demandée par"))
    asked_at = models.DateTimeField(_("demandée"), default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("décidée par"))
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("demande d’accès")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(state="waiting"),
                name="access_request_once",
                violation_error_message=_("Une demande de cette sorte attend déjà pour ce compte."),
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by")) & ~Q(decided_by=F("user")),
                name="access_request_two_people",
                violation_error_message=_("Une autre personne que le demandeur et que l’intéressé doit confirmer."),
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True) | ~Q(state="waiting") & Q(decided_at__isnull=False),
                name="access_request_decided",
                violation_error_message=_("Une demande décidée a une date de décision ; une demande en attente n’en a pas."),
            ),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(password=""),
                name="access_request_no_password_kept",
                violation_error_message=_("Une demande décidée ne garde pas de mot de passe."),
            ),
        ]
        triggers = [audited(leave_out=("password",))]

    def __str__(self):
        return f"{self.get_kind_display()} – {self.user}"

    def access_centres(self, *, writing: bool) -> list[int]:
        """The centres whose managers may decide: where the person is posted now (not those of a national posting: nobody there knows them)."""
        return sorted(set(self.user.postings.active().filter(centre__isnull=False).values_list("centre_id", flat=True)))
