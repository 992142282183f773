"""What must be agreed to before it is done; asked by the services of this floor and of those above."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ..models import Consent, Migrant


def require_consent(migrant: Migrant, purpose: str) -> None:
    """Raises ValidationError, with words that say why and what to do, unless the person agrees to this purpose now."""
    if not migrant.consents.filter(purpose=purpose, withdrawn_at__isnull=True).exists():
        words = _(
            "La personne n’a pas donné son accord pour « %(purpose)s ». Expliquez-lui à quoi cela sert ; si elle est d’accord, notez-le sous « Accords », puis réessayez."
        )
        raise ValidationError(words % {"purpose": Consent.Purpose(purpose).label}, code="consent")


def _taken_back(migrant: Migrant, purpose: str) -> bool:
    """Was it agreed to, and is it no longer?"""
    ends = list(migrant.consents.filter(purpose=purpose).values_list("withdrawn_at", flat=True))
    return bool(ends) and None not in ends


def refuse_if_withdrawn(migrant: Migrant) -> None:
    """Raises ValidationError once the person has taken back the agreement to be registered: nothing more is added to the file. Not
    asked before what protects life: a bed, care, notes of protection, that somebody is a child."""
    if _taken_back(migrant, Consent.Purpose.REGISTRATION):
        raise ValidationError(
            _(
                "La personne a retiré son accord pour l’enregistrement : plus rien ne s’ajoute à ce dossier sans un nouvel accord, sauf ce qui protège la vie et la santé."
            ),
            code="withdrawn",
        )


def refuse_follow_up_if_withdrawn(migrant: Migrant) -> None:
    """Raises ValidationError once the person has said that they do not want to be contacted any more."""
    if _taken_back(migrant, Consent.Purpose.FOLLOW_UP):
        raise ValidationError(
            _("La personne a retiré son accord pour être recontactée : aucune visite ne se fait sans un nouvel accord. Le suivi peut être clos."), code="withdrawn"
        )
