"""Sessions in the centre: one save notes the session, who was there, and one line of assistance for each of them."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale, lock_key, service
from cases.cleaning import clean_line
from cases.models import Migrant
from centres.access import may
from centres.models import Centre, Service
from centres.roles import Right
from config.refusals import in_words

from ..models import Assistance, Session, SessionPresence, Stay, StayQuerySet
from ..models.session import CELLS, MOST
from .assistance import may_give
from .stays import digest_of

# What being there counts as for the person.
GIVES = {Session.Kind.AWARENESS: "information", Session.Kind.GROUP_TALK: "psychosocial"}
CHANGING = ("topic", "precision", "minutes", "language", "led_by", "organisation", *CELLS)


def service_of(kind: str) -> Service:
    return Service.objects.get(code=GIVES[Session.Kind(kind)])


def present_on(user: User, centre: Centre, day: datetime.date) -> StayQuerySet:
    """The stays of those who were at the centre on that day, in the user's sight."""
    return Stay.objects.visible_to(user).at(centre).there_on(day)


def line_key(session: Session, migrant: uuid.UUID) -> uuid.UUID:
    """Of the assistance line of somebody's presence: the same session never gives two."""
    return uuid.uuid5(session.pk, f"presence {migrant}")


@service
def record_session(*, actor: User, centre: Centre, id: uuid.UUID, kind: str, held_on: datetime.date, people: Iterable[uuid.UUID], **given: Any) -> tuple[Session, bool]:
    """A session that was held, with the people of the centre who were there. Returns (session, was it made now?).

    Whoever was not at the centre that day, or is another centre's by now, is passed over. The same `id` with the same content is one session, with other content raises
    SameKeyOtherContent. Raises PermissionDenied, ValidationError."""
    if kind not in Session.Kind.values or not may_give(actor, service_of(kind), centre):
        raise PermissionDenied
    wanted = sorted(set(people))
    digest = digest_of(centre.pk, kind, held_on, *wanted, *(getattr(given.get(name), "pk", given.get(name)) for name in CHANGING))
    lock_key(id)
    if existing := Session.objects.filter(pk=id).first():
        if (existing.recorded_by_id, existing.digest) != (actor.pk, digest):
            raise SameKeyOtherContent
        return existing, False
    today = timezone.localdate()
    if held_on > today:
        raise ValidationError({"held_on": _("Ce jour n’est pas encore venu. Notez la séance quand elle a eu lieu.")})
    if centre.functional_since and held_on < centre.functional_since:
        raise ValidationError({"held_on": _("Le centre n’était pas encore ouvert ce jour-là. Vérifiez l’année.")})
    session = Session(id=id, centre=centre, kind=kind, held_on=held_on, recorded_by=actor, digest=digest)
    _fill(session, given)
    there = _there(actor, centre, held_on, wanted)
    _somebody(session, there)
    with in_words(Session):
        session.save(force_insert=True)
    _add(actor, session, there)
    return session, True


@service
def correct_session(*, actor: User, session: Session, version: int, people: Iterable[uuid.UUID], **given: Any) -> Session:
    """Everything but the day and the kind; whoever is no longer ticked loses the line of assistance too. What the centre noted of somebody whom
    it no longer follows stays as it is. Raises Stale, PermissionDenied, ValidationError."""
    people = sorted(set(people))
    known = sorted(SessionPresence.objects.filter(session=session).values_list("migrant_id", flat=True))
    _lock(set(people) | set(known))  # people first, as everywhere
    session = _locked(actor, session)
    if session.version != version:
        raise Stale(session)
    known = sorted(SessionPresence.objects.filter(session=session).values_list("migrant_id", flat=True))
    gone = sorted(followed(session.centre, known) - set(people))
    there = _there(actor, session.centre, session.held_on, [key for key in people if key not in known])
    _fill(session, given)
    _somebody(session, [*there, *(key for key in known if key not in gone)])
    session.version += 1
    with in_words(Session):
        session.save()
    _take_off(session, gone)
    _add(actor, session, there)
    return session


@service
def withdraw_session(*, actor: User, session: Session) -> None:
    """Takes back a session noted by mistake, with its lines: whoever noted it, the same day, or the manager. The change history keeps it. What
    stands on the file of somebody whom the centre no longer follows is taken back on the same day alone.
    Raises PermissionDenied, ValidationError."""
    known = list(SessionPresence.objects.filter(session=session).values_list("migrant_id", flat=True))
    _lock(set(known))
    session = _locked(actor, session)
    if not may_withdraw_session(actor, session):
        raise ValidationError(_("Une séance ne peut être retirée que le jour même par qui l’a notée, ou par le responsable du centre."), code="not_yours")
    if timezone.localdate(session.recorded_at) != timezone.localdate() and (apart := len(set(known) - followed(session.centre, known))):
        words = ngettext(
            "%(n)s personne de cette séance n’est plus suivie par ce centre : la séance reste. Corrigez-la plutôt.",
            "%(n)s personnes de cette séance ne sont plus suivies par ce centre : la séance reste. Corrigez-la plutôt.",
            apart,
        )
        raise ValidationError(words % {"n": apart}, code="no_longer_followed")
    _take_off(session, SessionPresence.objects.filter(session=session).values_list("migrant_id", flat=True))
    session.delete()


def followed(centre: Centre, people: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these people whom the centre follows now: on their files alone it takes something off."""
    return set(Migrant.objects.in_care_of(centre).filter(pk__in=list(people)).values_list("pk", flat=True))


def may_withdraw_session(user: User, session: Session) -> bool:
    own = session.recorded_by_id == user.pk and timezone.localdate(session.recorded_at) == timezone.localdate()
    return own or may(user, Right.MANAGE_CENTRE, session.centre_id)


def _locked(actor: User, session: Session) -> Session:
    session = Session.objects.select_for_update(of=("self",)).select_related("centre").get(pk=session.pk)
    if not may_give(actor, service_of(session.kind), session.centre):
        raise PermissionDenied
    return session


def _lock(people: Iterable[uuid.UUID]) -> list[Migrant]:
    return list(Migrant.objects.select_for_update(of=("self",), no_key=True).only("pk").filter(pk__in=list(people)).order_by("pk"))


def _there(actor: User, centre: Centre, day: datetime.date, people: list[uuid.UUID]) -> list[uuid.UUID]:
    """Of these people those who were there that day and whom the centre still follows, locked: as with a meal, nothing is written on a file
    that is another team's by now."""
    _lock(people)
    return sorted(followed(centre, present_on(actor, centre, day).filter(migrant__in=people).values_list("migrant_id", flat=True)))


def _fill(session: Session, given: dict[str, Any]) -> None:
    for name in CHANGING:
        value = given.get(name)
        setattr(session, name, clean_line(value or "") if name == "precision" else value or 0 if name in CELLS else value)
    errors = {name: _("Un nombre de personnes va de 0 à %(most)s.") % {"most": MOST} for name in CELLS if not 0 <= getattr(session, name) <= MOST}
    if session.led_by is None and session.organisation is None:
        errors["leader"] = _("Choisissez qui a animé la séance.")
    if errors:
        raise ValidationError(errors)
    session.clean_fields(exclude=["centre", "led_by", "organisation", "recorded_by"])


NOBODY = gettext_lazy("Personne n’est noté à cette séance : cochez les présents, ou écrivez combien d’autres personnes étaient là.")


def _somebody(session: Session, people: Iterable[uuid.UUID]) -> None:
    if not list(people) and not session.others:
        raise ValidationError({"people": NOBODY})


def _add(actor: User, session: Session, people: list[uuid.UUID]) -> None:
    given = service_of(session.kind)
    now = timezone.now()
    SessionPresence.objects.bulk_create([SessionPresence(session=session, migrant_id=key) for key in people])
    Assistance.objects.bulk_create(
        [
            Assistance(
                id=line_key(session, key),
                migrant_id=key,
                centre=session.centre,
                service=given,
                given_on=session.held_on,
                once_per_day=given.once_per_day,
                recorded_by=actor,
                recorded_at=now,
            )
            for key in people
        ],
        # Where the service is given once a day, whoever had it that day has it.
        ignore_conflicts=given.once_per_day,
    )


def _take_off(session: Session, people: Iterable[uuid.UUID]) -> None:
    people = list(people)
    Assistance.objects.filter(pk__in=[line_key(session, key) for key in people], health__isnull=True).delete()
    SessionPresence.objects.filter(session=session, migrant__in=people).delete()
