"""Agreements given and taken back."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import service
from centres.access import allows
from centres.roles import Right

from .. import consents
from ..models import Consent, Migrant

CONSENT_TEXT_VERSION = consents.CURRENT_VERSION


@service
def give_consent(*, actor: User, migrant: Migrant, purpose: str, method: str, language: str = "fra") -> Consent:
    """Writes down an agreement. Given twice it is one. Raises PermissionDenied, ValidationError."""
    if not allows(actor, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    consent = Consent(migrant=migrant, purpose=purpose, method=method, language=language, text_version=CONSENT_TEXT_VERSION, taken_by=actor)
    consent.clean_fields(exclude=["migrant", "taken_by"])
    consent, _created = Consent.objects.get_or_create(
        migrant=migrant, purpose=purpose, withdrawn_at=None, defaults={"method": method, "language": language, "text_version": CONSENT_TEXT_VERSION, "taken_by": actor}
    )
    return consent


@service
def withdraw_consent(*, actor: User, consent: Consent) -> Consent:
    """The person takes an agreement back; it stays on record with its end. Raises PermissionDenied."""
    if not allows(actor, Right.REGISTER, consent, writing=True):
        raise PermissionDenied
    consent = Consent.objects.select_for_update().get(pk=consent.pk)
    if consent.withdrawn_at is None:
        consent.withdrawn_at = max(timezone.now(), consent.given_at)
        consent.save(update_fields=["withdrawn_at"])
    return consent


def require_consent(migrant: Migrant, purpose: str) -> None:
    """Raises ValidationError, with words that say why and what to do, unless the person agrees to this purpose now."""
    if not migrant.consents.filter(purpose=purpose, withdrawn_at__isnull=True).exists():
        words = _(
            "La personne n’a pas donné son accord pour « %(purpose)s ». Expliquez-lui à quoi cela sert ; si elle est d’accord, notez-le sous « Accords », puis réessayez."
        )
        raise ValidationError(words % {"purpose": Consent.Purpose(purpose).label}, code="consent")
