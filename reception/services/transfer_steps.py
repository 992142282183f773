"""The one place where a transfer changes its state, for whatever reason. The person's row is locked by then; rights are judged by who calls."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from centres.models import Centre
from config.refusals import in_words

from ..models import Stay, Transfer
from ..workflow import BEFORE, OPEN, State, may_follow


def step(transfer: Transfer, to: str, *, actor: User | None, **fields: Any) -> Transfer:
    """One step further. Raises ValidationError for a way that does not exist."""
    if not may_follow(transfer.state, to):
        raise ValidationError({"to": _("Un transfert « %(state)s » ne peut pas passer à cette étape.") % {"state": transfer.get_state_display()}}, code="no_way")
    transfer.state = State(to)
    if transfer.state not in OPEN:
        fields |= {"ended_by": actor, "ended_at": timezone.now()}
    for name, value in fields.items():
        setattr(transfer, name, value)
    transfer.version += 1
    transfer.clean_fields(exclude=["migrant", "stay", "from_centre", "to_centre", "asked_by", "answered_by", "ended_by"])
    with in_words(Transfer):
        transfer.save(update_fields=["state", "version", *fields])
    return transfer


def reopen(transfer: Transfer) -> None:
    """The admission that ended it was taken back: the person is on the way as before."""
    transfer.state, transfer.ended_by, transfer.ended_at, transfer.end_reason = State.TRAVELLING, None, None, ""
    transfer.version += 1
    with in_words(Transfer):
        transfer.save(update_fields=["state", "ended_by", "ended_at", "end_reason", "version"])


def _open_of(migrant_id: Any) -> list[Transfer]:
    return list(Transfer.objects.open().select_for_update(of=("self",)).filter(migrant=migrant_id))


def drop(actor: User | None, migrant_id: Any, words: str, *, travelling: bool = False, at: Centre | None = None) -> None:
    """What was asked for ends because the person left otherwise; with `travelling`, also the way of somebody who went elsewhere. `at`: the
    centre where the person is: what they wait for there, and the way that leads there, goes on."""
    for transfer in _open_of(migrant_id):
        before = transfer.state in BEFORE
        if at is not None and at.pk == (transfer.from_centre_id if before else transfer.to_centre_id):
            continue
        if before:
            step(transfer, State.CANCELLED, actor=actor, end_reason=words)
        elif travelling:
            step(transfer, State.NOT_ARRIVED, actor=actor, end_reason=words)


def arrive(actor: User, stay: Stay) -> None:
    """Somebody is admitted: the transfer that brought them here has arrived, one that should have led elsewhere has not."""
    for transfer in _open_of(stay.migrant_id):
        if transfer.state == State.TRAVELLING and transfer.to_centre_id == stay.centre_id:
            step(transfer, State.ARRIVED, actor=actor)
        elif transfer.state == State.TRAVELLING:
            step(transfer, State.NOT_ARRIVED, actor=actor, end_reason=_("Admise dans un autre centre."))
        else:
            step(transfer, State.CANCELLED, actor=actor, end_reason=_("Admise dans un autre centre."))
