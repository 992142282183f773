"""Transfers between centres: asked, answered, left, not arrived. The arrival is noted by whoever admits the person (`check_in`)."""

import datetime
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from cases import deaths
from cases.cleaning import clean_line
from cases.models import Custody, Migrant
from cases.services import open_custody
from cases.services.referrals import hand_over_referrals
from centres.access import allows, may
from centres.models import Centre
from centres.roles import Right
from config.refusals import in_words

from .. import flags
from ..handover import HANDOVERS
from ..models import Stay, Transfer
from ..whereabouts import why_missing
from ..workflow import WITH_WORDS, State
from .stays import close_stay, lock_person, reopen_stay
from .transfer_steps import step

MOST_TOGETHER = 60
PLANNED_WITHIN = 60  # days


def _check_day(day: datetime.date | None, *, name: str = "planned_on") -> datetime.date:
    today = timezone.localdate()
    if day is None:
        raise ValidationError({name: _("Écrivez le jour de l’arrivée prévue.")})
    if not today <= day <= today + datetime.timedelta(days=PLANNED_WITHIN):
        raise ValidationError({name: _("Choisissez un jour entre aujourd’hui et dans %(n)s jours.") % {"n": PLANNED_WITHIN}})
    return day


def _line(name: str, text: str, *, needed: str = "") -> str:
    """The words of one field, cleaned. Raises ValidationError beside it."""
    try:
        text = clean_line(text)
    except ValidationError as error:
        raise ValidationError({name: error}) from error
    if needed and not text:
        raise ValidationError({name: needed})
    return text


def _refuse_flagged(stays: Iterable[Stay]) -> None:
    stays = list(stays)
    carried = flags.of(stay.migrant_id for stay in stays)
    words = [f"{stay.migrant} : {refused}" for stay in stays if (refused := flags.transfer_refusal(carried.get(stay.migrant_id, ())))]
    if words:
        raise ValidationError(words, code="flag")


@service
def ask_transfer(
    *, actor: User, id: uuid.UUID, stays: Sequence[Stay], to_centre: Centre, reason: str, planned_on: datetime.date | None, needs: str = ""
) -> tuple[list[Transfer], bool]:
    """Asks another centre to take in one person, or several who travel together. Returns (transfers, were they made now?).

    Whoever receives people at the sending centre, or manages it, may ask; the manager of the other centre answers. The same `id` again
    with the same content is one request. Raises PermissionDenied, ValidationError, SameKeyOtherContent."""
    if not 0 < len(stays) <= MOST_TOGETHER:
        raise ValidationError({"people": _("Cochez entre une et %(n)s personnes.") % {"n": MOST_TOGETHER}})
    lock_key(id)
    reason = _line("reason", reason, needed=_("Écrivez pourquoi ce transfert est demandé."))
    needs = _line("needs", needs)
    if existing := list(Transfer.objects.filter(together=id).select_related("migrant", "to_centre", "from_centre").order_by("pk")):
        asked = (actor.pk, to_centre.pk, reason, needs)
        same = all((one.asked_by_id, one.to_centre_id, one.reason, one.needs) == asked for one in existing)
        # The day is that of the request until the other centre has its word on it.
        same = same and all(one.version > 1 or one.planned_on == planned_on for one in existing)
        if not same or {one.stay_id for one in existing} != {stay.pk for stay in stays}:
            raise SameKeyOtherContent
        return existing, False
    for key in sorted({stay.migrant_id for stay in stays}):
        deaths.refuse(lock_person(key))
    rows = list(Stay.objects.select_for_update(of=("self",)).select_related("migrant", "centre").filter(pk__in=[stay.pk for stay in stays]).order_by("pk"))
    for stay in rows:
        if not any(allows(actor, right, stay, writing=True) for right in (Right.RECEIVE, Right.MANAGE_CENTRE)):
            raise PermissionDenied
        if not stay.is_open:
            raise ValidationError(_("%(person)s n’est plus au centre : son séjour est terminé.") % {"person": stay.migrant})
    if len(rows) != len(stays):
        raise ValidationError(_("Une de ces admissions vient d’être annulée. Rechargez la page."))
    if len({stay.centre_id for stay in rows}) != 1 or to_centre.pk == rows[0].centre_id:
        raise ValidationError({"to_centre": _("Choisissez le centre qui reçoit la personne.")})
    planned_on = _check_day(planned_on)
    _refuse_flagged(rows)
    made = []
    for stay in rows:
        transfer = Transfer(
            id=uuid.uuid5(id, str(stay.migrant_id)), together=id, migrant=stay.migrant, stay=stay, from_centre=stay.centre, to_centre=to_centre,
            reason=reason, needs=needs, planned_on=planned_on, asked_by=actor,
        )  # fmt: skip
        transfer.clean_fields(exclude=["migrant", "stay", "from_centre", "to_centre", "asked_by", "answered_by", "ended_by"])
        try:
            with in_words(Transfer):
                transfer.save(force_insert=True)
        except ValidationError as error:
            raise ValidationError(f"{stay.migrant} : {' '.join(error.messages)}", code="open_transfer") from error
        made.append(transfer)
    return made, True


def may_step(actor: User, transfer: Transfer, to: str) -> bool:
    """Whose step is it? Both centres may call it off until the departure, then only the manager of the one that sent them, whose vehicle turned
    round; the arrival is not noted here."""
    sending = {Right.RECEIVE, Right.MANAGE_CENTRE} if to == State.CANCELLED else {Right.RECEIVE} if to == State.TRAVELLING else set()
    receiving = {Right.RECEIVE} if to == State.NOT_ARRIVED else {Right.MANAGE_CENTRE} if to in (State.ACCEPTED, State.REFUSED) else set()
    if to == State.CANCELLED and transfer.state == State.ACCEPTED:
        receiving = {Right.MANAGE_CENTRE}
    elif to == State.CANCELLED and transfer.state != State.ASKED:
        sending = {Right.MANAGE_CENTRE}
    return any(may(actor, right, transfer.from_centre_id) for right in sending) or any(may(actor, right, transfer.to_centre_id) for right in receiving)


@service
def move_transfer(
    *,
    actor: User,
    versions: dict[uuid.UUID, int],
    to: str,
    words: str = "",
    planned_on: datetime.date | None = None,
    transport: str = "",
    left_at: datetime.datetime | None = None,
) -> list[Transfer]:
    """Takes the transfers of those who travel together one step further: all of them, or none. `versions`: key → the version the user saw.

    `words`: the answer, or why it stops; `planned_on`: another day of arrival than the one asked for; `transport`, `left_at`: of the departure,
    at which the stays end and the care of the people goes to the receiving centre. A second click is the same step.
    Raises PermissionDenied, Stale (with the row as it is now), ValidationError."""
    people = Transfer.objects.filter(pk__in=list(versions)).values_list("migrant_id", flat=True)
    for key in sorted(set(people)):
        lock_person(key)
    related = ("migrant", "from_centre", "to_centre")
    rows = list(Transfer.objects.select_for_update(of=("self",)).select_related(*related).filter(pk__in=list(versions)).order_by("pk"))
    if len(rows) != len(versions) or not rows or len({row.together for row in rows}) != 1:
        raise ValidationError({"people": _("Cochez au moins une personne.")})
    if to not in State.values or to in (State.ASKED, State.ARRIVED):
        raise ValidationError({"to": _("L’arrivée se note en admettant la personne.")})
    if not all(may_step(actor, row, to) for row in rows):
        raise PermissionDenied
    if all(row.state == to and row.version == versions[row.pk] + 1 for row in rows):
        return rows  # a second click
    for row in rows:
        if row.version != versions[row.pk]:
            raise Stale(row)
    words = _line("words", words, needed=_("Écrivez pourquoi.") if to in WITH_WORDS else "")
    fields: dict[str, Any] = {"planned_on": _check_day(planned_on)} if planned_on and to in (State.ACCEPTED, State.TRAVELLING) else {}
    if to in (State.ACCEPTED, State.REFUSED):
        fields |= {"answered_by": actor, "answered_at": timezone.now()}
    if to == State.ACCEPTED:
        fields["answer"] = words
    elif to in WITH_WORDS:
        fields["end_reason"] = words
    if to == State.CANCELLED and rows[0].state == State.TRAVELLING:
        return [_turn_back(actor, row, words) for row in rows]
    if to != State.TRAVELLING:
        return [step(row, to, actor=actor, **fields) for row in rows]
    _refuse_flagged_transfers(rows)
    fields["transport"] = _line("transport", transport)
    return [depart(actor, row, left_at, **fields) for row in rows]


def _refuse_flagged_transfers(rows: Sequence[Transfer]) -> None:
    _refuse_flagged([Stay(migrant=row.migrant) for row in rows])


def depart(actor: User, transfer: Transfer, left_at: datetime.datetime | None, **fields: Any) -> Transfer:
    """The person leaves for the other centre: the stay ends, the care goes over, and with it what is open. The person's row is locked."""
    stay = Stay.objects.select_for_update(of=("self",)).select_related("migrant", "centre").get(pk=transfer.stay_id)
    if not stay.is_open:
        raise ValidationError(_("%(person)s n’est plus au centre : son séjour est terminé.") % {"person": transfer.migrant})
    now = timezone.now()
    left = left_at or now
    if not stay.arrived_at < left <= now:
        raise ValidationError({"left_at": _("Le départ est après l’arrivée au centre, et pas dans l’avenir.")})
    if words := why_missing(stay.migrant, timezone.localdate(left)):
        raise ValidationError(words, code="missing")
    step(transfer, State.TRAVELLING, actor=actor, left_at=left, **fields)
    close_stay(actor, stay, left, Stay.DepartureReason.TRANSFERRED)
    _hand_over(actor, stay.migrant, transfer.to_centre)
    return transfer


def _hand_over(actor: User, migrant: Migrant, centre: Centre) -> None:
    """The care of the person, and with it what is open."""
    open_custody(actor=actor, migrant=migrant, centre=centre, reason=Custody.Reason.TRANSFERRED, exclusive=True)
    hand_over_referrals(actor=actor, migrant=migrant, centre=centre)
    for handover in HANDOVERS:
        handover(actor, migrant, centre)


def _turn_back(actor: User, transfer: Transfer, words: str) -> Transfer:
    """The vehicle turned round: the departure did not take place, and the stay goes on. The person's row is locked."""
    stay = Stay.objects.select_for_update(of=("self",)).select_related("migrant", "centre").get(pk=transfer.stay_id)
    if stay.is_open or Stay.objects.filter(migrant=stay.migrant_id, arrived_at__gt=stay.arrived_at).exists():
        raise ValidationError(_("%(person)s a eu un autre séjour depuis : ce départ ne s’annule plus.") % {"person": transfer.migrant})
    if not Custody.objects.filter(migrant=stay.migrant_id, centre=transfer.to_centre_id, until__isnull=True).exists():
        raise ValidationError(_("Une autre équipe suit cette personne maintenant : ce départ ne s’annule plus."))
    step(transfer, State.CANCELLED, actor=actor, left_at=None, end_reason=words)
    reopen_stay(actor, stay, words)
    _hand_over(actor, stay.migrant, stay.centre)
    return transfer
