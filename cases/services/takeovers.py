"""The person stands at the counter, their file is in another centre: it is taken over there and then (docs/decisions/0014)."""

import json
import time
import uuid

from cryptography.fernet import InvalidToken
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, lock_key, service
from centres.access import centres_for, may
from centres.models import Centre
from centres.roles import Right

from ..cleaning import clean_line
from ..consents import CURRENT_VERSION
from ..duplicates import PROBABLE, Identity, compare, identity_of
from ..duplicates.finding import documents_of
from ..models import Consent, Custody, Migrant, Takeover, TakeoverNotice
from ..sealed import seal, unseal
from ..takeovers import EFFECTS
from .identity import check_agreement, open_custody, refuse_merged

TOKEN_SECONDS = 3600


def offer(user: User, migrant_id: uuid.UUID) -> str:
    """A word that stands for a file out of this user's scope: says nothing about it, and is of use to this user alone, for an hour."""
    return seal(json.dumps(["takeover", str(migrant_id), user.pk, int(time.time())]))


def offered(user: User, token: str) -> Migrant | None:
    """The file that the word stands for; None if it is not this user's, too old, or none of ours."""
    try:
        purpose, key, owner, at = json.loads(unseal(token[:2000]))
    except (InvalidToken, ValueError, TypeError):
        return None
    if purpose != "takeover" or owner != user.pk or time.time() - at > TOKEN_SECONDS:
        return None
    return Migrant.objects.unmerged().filter(pk=key).first()


@service
def take_over(
    *,
    actor: User,
    id: uuid.UUID,
    migrant: Migrant,
    centre: Centre,
    said: Identity,
    reason: str,
    consent_method: str,
    consent_language: str = "fra",
    consent_witness: str = "",
) -> tuple[Takeover, bool]:
    """The centre follows the person from now on, alone; the centres that did keep what they wrote, read-only. Returns (takeover, made now?).

    `said`: what the person at the counter says of themselves. It must fit the file as at least « probably the same person », so that
    nobody opens files by trying names. The person agrees anew: method and language are kept with the takeover, and as consent to
    registration if none is in force. The managers of all centres concerned are told. The same `id` again is one takeover.

    Raises PermissionDenied, ValidationError, SameKeyOtherContent."""
    if not may(actor, Right.REGISTER, centre):
        raise PermissionDenied
    lock_key(id)
    if existing := Takeover.objects.filter(pk=id).first():
        if (existing.migrant_id, existing.centre_id, existing.by_id) != (migrant.pk, centre.pk, actor.pk):
            raise SameKeyOtherContent
        return existing, False
    migrant = Migrant.objects.select_for_update(of=("self",)).get(pk=migrant.pk)
    refuse_merged(migrant)
    certainty = compare(said, identity_of(migrant, documents_of(migrant.pk))).certainty
    if certainty < PROBABLE:
        raise ValidationError(_("Ce que dit la personne ne ressemble pas assez au dossier. Appelez le centre qui l’a, ou enregistrez la personne."), code="unlike")
    now = timezone.now()
    try:
        reason = clean_line(reason)
    except ValidationError as error:
        raise ValidationError({"reason": error}) from error
    agreement = Consent(
        migrant=migrant, purpose=Consent.Purpose.REGISTRATION, method=consent_method, language=consent_language, witness=consent_witness,
        text_version=CURRENT_VERSION, taken_by=actor, given_at=now,
    )  # fmt: skip
    check_agreement(agreement)
    takeover = Takeover(
        id=id, migrant=migrant, centre=centre, by=actor, at=now, certainty=certainty, reason=reason,
        consent_method=agreement.method, consent_language=agreement.language, consent_witness=agreement.witness, consent_text=CURRENT_VERSION,
    )  # fmt: skip
    takeover.clean_fields(exclude=["migrant", "centre", "by", "effects"])
    concerned = {centre.pk, *Custody.objects.filter(migrant=migrant, until__isnull=True).values_list("centre_id", flat=True)}
    if not migrant.consents.filter(purpose=Consent.Purpose.REGISTRATION, withdrawn_at__isnull=True).exists():
        agreement.save()
    open_custody(actor=actor, migrant=migrant, centre=centre, reason=Custody.Reason.TAKEN_OVER, exclusive=True, but_reintegration=True)
    takeover.effects = [words[:200] for effect in EFFECTS for words in effect(actor, migrant, centre)]
    takeover.save(force_insert=True)
    TakeoverNotice.objects.bulk_create(TakeoverNotice(takeover=takeover, centre_id=key) for key in sorted(concerned))
    return takeover, True


@service
def acknowledge(*, actor: User, takeover: Takeover) -> int:
    """The manager has seen it: it leaves their home page. Returns how many notices that were."""
    mine = TakeoverNotice.objects.filter(takeover=takeover, centre__in=centres_for(actor, Right.MERGE_FILES))
    if not mine.exists():
        raise PermissionDenied
    return mine.filter(seen_at__isnull=True).update(seen_by=actor, seen_at=timezone.now())
