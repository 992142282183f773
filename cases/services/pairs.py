"""Pairs of files that may be of one person: found after every change, kept for review, decided by people."""

import hashlib
import logging
import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import names
from accounts.models import User
from audit.acting import service
from centres.access import allows
from centres.roles import Right

from ..cleaning import clean_line
from ..duplicates import LIKELY, Comparison, compare, identity_of, similar_to
from ..duplicates.finding import documents_of
from ..duplicates.weights import ordered
from ..models import DuplicateCheck, DuplicatePair, Migrant

logger = logging.getLogger(__name__)
# One ring of the bell looks at so many people; the rest wait for the next.
MOST_AT_A_TIME = 200
MOST_PAIRS = 10  # of one person: whoever is registered forty times is found all the same, pair by pair
RING_SECONDS = 60


def ring_after_commit() -> None:
    """Tells a worker that somebody is to be looked for, once the change is there for all to see. If the broker is away the clock rings."""
    transaction.on_commit(_ring)


def _ring() -> None:
    from ..tasks import look_for_duplicates

    try:
        look_for_duplicates.apply_async(expires=RING_SECONDS)
    except Exception as error:
        logger.warning("the bell for duplicates could not be rung (%s); the beat will", type(error).__name__)


def check_waiting() -> int:
    """Looks for everybody who waits, the longest first. Returns how many. Safe to run twice, and beside another run.

    A person who changes while they are looked for stays on the list, for the next look."""
    done = 0
    for migrant_id, since in DuplicateCheck.objects.order_by("since").values_list("migrant_id", "since")[:MOST_AT_A_TIME]:
        check_person(actor=None, migrant_id=migrant_id)
        DuplicateCheck.objects.filter(migrant_id=migrant_id, since=since).delete()
        done += 1
    if done == MOST_AT_A_TIME:
        _ring()
    return done


@service
def check_person(*, actor: User | None, migrant_id: uuid.UUID) -> list[DuplicatePair]:
    """Compares one person with all others and brings their pairs up to date. Returns the open ones.

    Open pairs that are no longer alike go; what was decided stays decided, unless both identities have changed since."""
    migrant = Migrant.objects.unmerged().filter(pk=migrant_id).first()
    if migrant is None:
        return []
    found = {other.pk: (other, comparison) for other, comparison in similar_to(migrant, most=MOST_PAIRS)}
    for pair in DuplicatePair.objects.of(migrant).filter(state=DuplicatePair.State.OPEN).select_related("first", "second"):
        other = pair.second if pair.first_id == migrant.pk else pair.first
        if other.pk in found:
            continue
        again = compare(identity_of(migrant, documents_of(migrant.pk)), identity_of(other, documents_of(other.pk)))
        if again.certainty < LIKELY:
            pair.delete()
        else:
            found[other.pk] = other, again
    pairs = [_keep(migrant, other, comparison) for other, comparison in found.values()]
    return [pair for pair in pairs if pair.state == DuplicatePair.State.OPEN]


def _keep(one: Migrant, two: Migrant, comparison: Comparison) -> DuplicatePair:
    first, second = ordered(one.pk, two.pk)
    pair, made = DuplicatePair.objects.get_or_create(
        first_id=first, second_id=second, defaults={"certainty": comparison.certainty, "reasons": comparison.codes, "found_at": timezone.now()}
    )
    if made:
        return pair
    people = {one.pk: one, two.pk: two}
    changed = pair.decided_on_first != in_short(people[first]) and pair.decided_on_second != in_short(people[second])
    if pair.state == DuplicatePair.State.APART and changed:
        pair.state, pair.decided_by, pair.decided_at, pair.why, pair.found_at = DuplicatePair.State.OPEN, None, None, "", timezone.now()
        pair.decided_on_first = pair.decided_on_second = ""
    elif pair.state != DuplicatePair.State.OPEN or (pair.certainty, pair.reasons) == (comparison.certainty, comparison.codes):
        return pair
    pair.certainty, pair.reasons = comparison.certainty, comparison.codes
    pair.save()
    return pair


def in_short(person: Migrant) -> str:
    """The same for identities that differ only in how they are written: how the names sound, the year of birth, the sex."""
    sounds = sorted(found[0] for found in names.keys_by_token(f"{person.given_names} {person.surname}"))
    return hashlib.sha256("\x1f".join([*sounds, str(person.born_on.year), person.sex]).encode()).hexdigest()


@service
def tell_apart(*, actor: User, pair: DuplicatePair, why: str = "") -> DuplicatePair:
    """Notes that these are two people: the pair is not proposed again unless both identities change much. Done twice it is done once.

    Raises PermissionDenied (both files must be followed by a centre where the actor may join files), ValidationError."""
    pair = DuplicatePair.objects.select_for_update(of=("self",)).select_related("first", "second").get(pk=pair.pk)
    require_both(actor, pair.first, pair.second)
    if pair.state == DuplicatePair.State.APART:
        return pair
    if pair.state == DuplicatePair.State.MERGED:
        raise ValidationError(_("Ces dossiers ont été réunis entre-temps. Si c’est une erreur, défaites d’abord la réunion."))
    try:
        pair.why = clean_line(why)[:300]
    except ValidationError as error:
        raise ValidationError({"why": error}) from error
    pair.state, pair.decided_by, pair.decided_at = DuplicatePair.State.APART, actor, timezone.now()
    pair.decided_on_first, pair.decided_on_second = in_short(pair.first), in_short(pair.second)
    pair.save()
    return pair


def may_decide(user: User, one: Migrant, two: Migrant) -> bool:
    """Both files are followed now by centres where the user may join files."""
    return all(allows(user, Right.MERGE_FILES, person, writing=True) for person in (one, two))


def require_both(user: User, one: Migrant, two: Migrant) -> None:
    if not may_decide(user, one, two):
        raise PermissionDenied
