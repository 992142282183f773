"""Who signs in, and for whom they work."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Organisation(models.Model):
    """A body that employs users or answers referrals. Source: action document, sections 4.4 and 5.5."""

    class Kind(models.TextChoices):
        MINISTRY = "ministry", _("Ministère (MME, DGME)")
        IOM = "iom", _("OIM")
        AECID = "aecid", _("AECID")
        EU = "eu", _("Délégation de l’Union européenne")
        STATE = "state", _("Structure de l’État")
        NON_STATE = "non_state", _("Structure non étatique")

    code = models.CharField(_("sigle"), max_length=20, unique=True)
    name = models.CharField(_("nom"), max_length=200)
    kind = models.CharField(_("type"), max_length=20, choices=Kind)

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")

    def __str__(self):
        return self.name


class User(AbstractUser):
    """One person who signs in. Never shared: what a user does is written down under their name."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name=_("organisation"), related_name="users")
    password_change_due = models.BooleanField(_("doit changer de mot de passe"), default=False)
    language = models.CharField(_("langue"), max_length=2, default="fr", choices=[("fr", "Français"), ("en", "English"), ("es", "Español")])

    REQUIRED_FIELDS = ["organisation"]

    class Meta(AbstractUser.Meta):
        verbose_name = _("utilisateur")  # type: ignore[assignment]
        constraints = [
            models.UniqueConstraint(Lower("username"), name="user_one_name", violation_error_message=_("Cet identifiant est déjà pris. Choisissez-en un autre.")),
        ]

    def __str__(self):
        return self.get_full_name() or self.username
