"""The evening roll-call: saved as often as one likes, by several people at once."""

import datetime
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.acting import service
from cases.cleaning import clean_line
from cases.models import Migrant
from centres.access import may
from centres.models import Centre
from centres.roles import Right

from ..absence import missing_since
from ..evening import evening_of
from ..models import Alert, Leave, RollCall, RollCallLine, Stay
from .absences import watch_absences
from .alerts import raise_alert

State = RollCallLine.State


@dataclass(frozen=True)
class Called:
    """What somebody's page says of a person. `shown`, `shown_note`, `version`: what stood there when the page was made (version 0: nothing
    was saved yet, `shown` was only proposed): so what they did not touch does not undo what somebody else noted meanwhile.
    `ends_leave`: present although they have leave tonight, because they are back for good. `looked`: somebody looked at this one person; of what
    was proposed, or of several said at once, nobody did, and that is no sight of anybody."""

    migrant: uuid.UUID
    state: str
    note: str = ""
    shown: str = ""
    shown_note: str = ""
    version: int = 0
    ends_leave: bool = False
    looked: bool = True

    @property
    def touched(self) -> bool:
        return self.ends_leave or self.state != self.shown or clean_line(self.note) != self.shown_note

    @property
    def sighted(self) -> bool:
        """Does it say that somebody saw this person?"""
        return self.looked and self.state == State.PRESENT and (self.ends_leave or self.state != self.shown)


@dataclass
class Round:
    """What a save did: the call; how many are in which state now; those missing now; children newly missing; how many wait to be called; whose line somebody else had
    noted meanwhile (kept: theirs; over: mine); how many are no longer at the centre; how many leaves it ended; who is still missing
    although this page had them as present, because it was older than that word or looked at nobody."""

    call: RollCall
    states: Counter[str] = field(default_factory=Counter)
    missing: list[Migrant] = field(default_factory=list)
    alerted: list[Migrant] = field(default_factory=list)
    left: int = 0
    kept: int = 0
    over: int = 0
    gone: int = 0
    back: int = 0
    still: list[Migrant] = field(default_factory=list)


@service
def save_roll_call(*, actor: User, centre: Centre, evening: datetime.date, lines: Iterable[Called]) -> Round:
    """Notes this evening's round. The same page sent twice is one round; two people at once are merged person by person, the later word
    about the same person wins, but that "missing" is taken back by who has read it alone, for this one person. Once everybody at the centre
    has been called, it is finished.

    A child who is missing alerts protection and the manager at once. Raises PermissionDenied, ValidationError."""
    if not may(actor, Right.RECEIVE, centre):
        raise PermissionDenied
    if evening != evening_of():
        raise ValidationError(_("Cet appel est d’un autre soir. Rechargez la page pour commencer celui de ce soir."), code="other_evening")
    said = {one.migrant: one for one in lines if one.state}
    # The people first, in order of key, as whoever writes about several (a meal, a session); also those whom an alert will be raised for.
    missed = RollCallLine.objects.filter(call__centre=centre, call__date=evening, state=State.MISSING).order_by().values("migrant")
    people = Migrant.objects.select_for_update(of=("self",), no_key=True).filter(Q(pk__in=list(said)) | Q(pk__in=missed))
    list(people.order_by("pk").values_list("pk"))
    RollCall.objects.bulk_create([RollCall(centre=centre, date=evening, taken_by=actor, started_at=timezone.now())], ignore_conflicts=True)
    call = RollCall.objects.select_for_update(of=("self",)).get(centre=centre, date=evening)  # one save after the other
    present = Stay.objects.visible_to(actor).open().at(centre).select_related("migrant").annotate(missing_on=missing_since())
    here: dict[uuid.UUID, Any] = {stay.migrant_id: stay for stay in present}
    known = {line.migrant_id: line for line in call.lines.all()}
    on_leave = set(Leave.objects.holding(evening).filter(stay__in=[stay.pk for stay in here.values()]).values_list("stay__migrant_id", flat=True))
    done = Round(call)
    _check(said.values(), on_leave, here)
    new, changed, back = [], [], []
    for key in sorted(said):
        one, line = said[key], known.get(key)
        if key not in here:
            done.gone += 1
            continue
        note = clean_line(one.note)
        if _still_missing(one, line, here[key]):
            if one.touched:
                done.still.append(here[key].migrant)
            else:
                done.kept += 1
            continue
        if line is not None and line.version != one.version and (line.state, line.note) != (one.state, note):
            if not one.touched:
                done.kept += 1
                continue
            done.over += 1
        if one.ends_leave and one.state == State.PRESENT:
            back.append(here[key].pk)
        if line is None:
            line = RollCallLine(call=call, migrant_id=key, version=0)
            new.append(line)
        elif (line.state, line.note) == (one.state, note):
            continue
        else:
            changed.append(line)
        if one.state == State.MISSING and line.state != State.MISSING and here[key].migrant.is_minor():
            done.alerted.append(here[key].migrant)
        if line.state != one.state:  # a note alone does not move the moment at which the person was found or missed
            line.state, line.noted_at = one.state, timezone.now()
            line.seen_at = line.noted_at if one.sighted else None
        line.note = note
        line.noted_by = actor
        line.version += 1
    for line in (*new, *changed):
        line.clean_fields(exclude=["call", "migrant", "noted_by"])
    RollCallLine.objects.bulk_create(new)
    RollCallLine.objects.bulk_update(changed, ["state", "note", "noted_at", "noted_by", "seen_at", "version"])
    done.back = Leave.objects.holding(evening).filter(stay__in=back).update(cancelled_at=timezone.now(), cancelled_by=actor)
    known |= {line.migrant_id: line for line in new}
    done.left = len(here.keys() - known.keys())
    done.states = Counter(known[key].state for key in here.keys() & known.keys())
    if not done.left and here and call.finished_at is None:
        call.finished_at = timezone.now()
        call.save(update_fields=["finished_at"])
    done.missing = [stay.migrant for key, stay in here.items() if key in known and known[key].state == State.MISSING]
    for migrant in done.missing:
        if not migrant.is_minor():
            continue
        # Also one that was missing before: who closed the alert has not found the child as long as the round says "missing".
        alert, raised = raise_alert(actor=actor, centre=centre, kind=Alert.Kind.MINOR_MISSING, subject=str(migrant.pk), migrant=migrant)
        if not raised and migrant in done.alerted:  # missing anew: what was seen before this evening finds nobody
            alert.raised_at = timezone.now()
            alert.save(update_fields=["raised_at"])
    if new or changed:
        watch_absences(actor=actor, centre=centre)
    return done


def _still_missing(one: Called, line: RollCallLine | None, stay: Any) -> bool:
    """Would this page call back somebody who is missing, without having read that they are, or without having looked at them?"""
    if one.state == State.MISSING:
        return False
    if line is not None and line.state == State.MISSING:
        return line.version != one.version or not (one.sighted or one.state == State.LEAVE)
    return one.state == State.PRESENT and stay.missing_on is not None and not one.sighted


def _check(said: Iterable[Called], on_leave: set[uuid.UUID], here: dict[uuid.UUID, Any]) -> None:
    for one in said:
        if one.state not in State.values:
            raise ValidationError(_("Rechargez la page : ce formulaire est abîmé."))
        if one.state == State.LEAVE and one.migrant not in on_leave and one.migrant in here:
            raise ValidationError(
                _("%(person)s n’a pas de permission pour cette nuit : notez-la d’abord, ou marquez la personne manquante.") % {"person": here[one.migrant].migrant},
                code="no_leave",
            )
