"""The card with an opaque number that a person carries."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import service
from centres.access import allows
from centres.roles import Right

from ..models import Card, Migrant, new_token
from .agreements import refuse_if_withdrawn


@service
def issue_card(*, actor: User, migrant: Migrant, replaces: Card | None = None, reason: str = "") -> Card:
    """The person's card: the one that is valid, else a new one. With `replaces` that card is worth nothing from now on, for this
    reason, and a new one is made; asked twice it is one new card. Raises PermissionDenied, ValidationError."""
    if not allows(actor, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    # Two clicks at once come one after the other; so do this and a withdrawal, which takes the same lock.
    Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    refuse_if_withdrawn(migrant)
    valid = Card.objects.valid().filter(migrant=migrant).first()
    if valid is not None and (replaces is None or valid.pk != replaces.pk):
        return valid
    if valid is not None:
        _revoke(actor, valid, reason)
    return Card.objects.create(migrant=migrant, token=new_token(), issued_by=actor)


@service
def revoke_card(*, actor: User, card: Card, reason: str) -> Card:
    """Makes a card worth nothing. Raises PermissionDenied, ValidationError."""
    if not allows(actor, Right.REGISTER, card, writing=True):
        raise PermissionDenied
    card = Card.objects.select_for_update(of=("self",)).get(pk=card.pk)
    if card.revoked_at is None:
        _revoke(actor, card, reason)
    return card


def _revoke(actor: User, card: Card, reason: str) -> None:
    if reason not in Card.Reason.values:
        raise ValidationError({"reason": _("Choisissez pourquoi la carte est annulée.")})
    card.revoked_at, card.revoked_by, card.revoke_reason = timezone.now(), actor, reason
    card.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
