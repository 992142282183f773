"""Agreements given and taken back."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import service
from centres.access import allows
from centres.roles import Right
from config.refusals import in_words

from .. import consents
from ..cleaning import clean_name
from ..models import Card, Consent, Migrant
from .attachments import attach
from .photos import drop_photo

CONSENT_TEXT_VERSION = consents.CURRENT_VERSION


def clean_agreement(consent: Consent) -> None:
    """Makes a new agreement fit to keep: known values, and the witness of one that was spoken (who signs needs none).

    Raises ValidationError under the model's names."""
    errors: dict[str, Any] = {}
    try:
        consent.witness = clean_name(consent.witness) if consent.method == Consent.Method.SPOKEN else ""
    except ValidationError as error:
        errors["witness"] = error
    try:
        consent.clean_fields(exclude=["migrant", "taken_by", "signature", "withdrawal_noted_by"])
    except ValidationError as error:
        errors |= error.error_dict
    if not errors and consent.method == Consent.Method.SPOKEN and not consent.witness:
        errors["witness"] = ValidationError(_("Un accord donné de vive voix demande un témoin : écrivez son nom."), code="witness")
    if errors:
        raise ValidationError(errors)


@service
def give_consent(*, actor: User, migrant: Migrant, purpose: str, method: str, language: str = "fra", witness: str = "", signature: UploadedFile | None = None) -> Consent:
    """Writes down an agreement, with the name of the witness if it was spoken, and a scan of the signature if there is one.
    Given twice it is one. Raises PermissionDenied, ValidationError."""
    if not allows(actor, Right.REGISTER, migrant, writing=True):
        raise PermissionDenied
    consent = Consent(migrant=migrant, purpose=purpose, method=method, language=language, witness=witness, text_version=CONSENT_TEXT_VERSION, taken_by=actor)
    clean_agreement(consent)
    kept = {name: getattr(consent, name) for name in ("method", "language", "witness", "text_version", "taken_by")}
    with in_words(Consent):
        consent, made = Consent.objects.get_or_create(migrant=migrant, purpose=purpose, withdrawn_at=None, defaults=kept)
    if made and signature is not None:
        try:
            consent.signature = attach(actor=actor, migrant=migrant, title=_("Accord signé : %(purpose)s") % {"purpose": consent.get_purpose_display()}, file=signature)
        except ValidationError as error:
            raise ValidationError({"signature": error.error_dict.get("file", error.messages)}) from error
        consent.save(update_fields=["signature"])
    return consent


@service
def withdraw_consent(*, actor: User, consent: Consent) -> Consent:
    """The person takes an agreement back; it stays on record with its end, and what it carried ends with it: the photo without the
    agreement to it, photo and card without that to the registration (`consents.WITHDRAWAL`). Raises PermissionDenied."""
    if not allows(actor, Right.REGISTER, consent, writing=True):
        raise PermissionDenied
    consent = Consent.objects.select_for_update(of=("self",)).get(pk=consent.pk)
    if consent.withdrawn_at is not None:
        return consent
    consent.withdrawn_at = max(timezone.now(), consent.given_at)
    consent.withdrawal_noted_by = actor
    consent.save(update_fields=["withdrawn_at", "withdrawal_noted_by"])
    if consent.purpose in (Consent.Purpose.PHOTO, Consent.Purpose.REGISTRATION):
        drop_photo(consent.migrant)
    if consent.purpose == Consent.Purpose.REGISTRATION:
        Card.objects.valid().filter(migrant=consent.migrant_id).update(revoked_at=timezone.now(), revoked_by=actor, revoke_reason=Card.Reason.WITHDRAWN)
    return consent
