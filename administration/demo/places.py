"""Changes of the places in the demonstration: an isolation room, beds added and withdrawn, blocks past, running and planned, and what each
centre owns. For the people who are there already: no bed is taken from anybody."""

import datetime
import random
import uuid

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from centres.models import Bed, BedBlock, Centre, ChecklistItem, ChecklistMark, Equipment, Room
from reception.models import BedAssignment

DAY = datetime.timedelta(days=1)
REASONS = (
    (BedBlock.Reason.REPAIR, ("Sommier cassé", "Fuite au plafond", "Moustiquaire à changer", "")),
    (BedBlock.Reason.QUARANTINE, ("Gale, literie à traiter", "Rougeole, avis du médecin", "")),
    (BedBlock.Reason.OTHER, ("Réservé à une délégation", "Peinture de la chambre")),
)
# name, share of the number of beds, most in repair, most lost
OWNED = (
    ("Matelas", 1.1, 6, 3),
    ("Couvertures", 1.5, 0, 12),
    ("Moustiquaires", 1.0, 8, 5),
    ("Extincteurs", 0.1, 1, 0),
    ("Ordinateurs portables", 0.08, 1, 1),
    ("Téléphones du centre", 0.05, 1, 1),
    ("Groupe électrogène", 0.0, 0, 0),
    ("Réservoirs d’eau", 0.04, 1, 0),
    ("Marmites de 50 litres", 0.08, 1, 0),
    ("Véhicule", 0.0, 0, 0),
)


def fill_places(seed: int, today: datetime.date) -> None:
    """Reproducible from the seed. Once: centres that have equipment already are left as they are."""
    rng = random.Random(seed + 20)  # noqa: S311
    managers = dict(User.objects.filter(username__startswith="manager.").values_list("username", "pk"))
    with transaction.atomic():
        for centre in Centre.objects.order_by("code"):
            if centre.equipment.exists():
                continue
            manager = managers.get(f"manager.{centre.name.lower()}")
            _isolation(centre, today)
            _blocks(rng, centre, manager, today)
            _optional_items(rng, centre, manager)
            _equipment(rng, centre)


def _isolation(centre: Centre, today: datetime.date) -> None:
    """Added some months after the opening; a bed more since, and one taken away again."""
    opened = centre.functional_since or today
    since = min(max(opened, today - 240 * DAY), today)
    room, _made = Room.objects.get_or_create(centre=centre, kind=Room.Kind.ISOLATION, defaults={"name": "Isolement"})
    Bed.objects.bulk_create(
        [
            Bed(room=room, label="01", since=since),
            Bed(room=room, label="02", since=since),
            Bed(room=room, label="03", since=min(since + 90 * DAY, today)),
            Bed(room=room, label="04", since=since, until=min(since + 120 * DAY, today)),
        ],
        ignore_conflicts=True,  # the first two may be there from the opening
    )


def _blocks(rng: random.Random, centre: Centre, manager: int | None, today: datetime.date) -> None:
    """Only where nobody slept on those days."""
    beds = {bed.pk: bed for bed in Bed.objects.filter(room__centre=centre, until__isnull=True).order_by("pk")}
    slept: dict[int, list[tuple[datetime.date, datetime.date]]] = {}
    for bed, since, until in BedAssignment.objects.filter(bed__in=beds).values_list("bed_id", "since", "until"):
        slept.setdefault(bed, []).append((timezone.localdate(since), timezone.localdate(until) if until else datetime.date.max))
    blocks: list[BedBlock] = []

    def block(begin: datetime.date, end: datetime.date | None) -> None:
        last = end or datetime.date.max
        for key in rng.sample(sorted(beds), len(beds)):
            used = any(one.bed_id == key for one in blocks)
            if not used and beds[key].since <= begin and not any(a < last and begin < b for a, b in slept.get(key, [])):
                reason, notes = rng.choice(REASONS)
                blocks.append(BedBlock(bed_id=key, reason=reason, note=rng.choice(notes), since=begin, until=end, blocked_by_id=manager))
                return

    for _number in range(8):
        begin = today - rng.randint(20, 300) * DAY
        block(begin, begin + rng.randint(2, 15) * DAY)
    block(today - 3 * DAY, None)
    block(today - DAY, today + 4 * DAY)
    block(today + 6 * DAY, today + 9 * DAY)
    BedBlock.objects.bulk_create(blocks)


def _optional_items(rng: random.Random, centre: Centre, manager: int | None) -> None:
    """Some of the items that may be left open are done since the opening."""
    done = set(ChecklistMark.objects.standing().filter(centre=centre).values_list("item_id", flat=True))
    opened = {ChecklistItem.Checklist.CENTRE: centre.functional_since, ChecklistItem.Checklist.ANTENNA: centre.antenna_since}
    marks = []
    for item in ChecklistItem.objects.filter(obligatory=False, active=True).exclude(pk__in=done):
        day = opened[ChecklistItem.Checklist(item.checklist)]
        if day is not None and rng.random() < 0.7:
            marks.append(ChecklistMark(centre=centre, item=item, state=ChecklistMark.State.DONE, done_on=day, marked_by_id=manager))
    ChecklistMark.objects.bulk_create(marks)


def _equipment(rng: random.Random, centre: Centre) -> None:
    number = Bed.objects.there().filter(room__centre=centre).count()
    lines = []
    for name, share, repair, lost in OWNED:
        counts = {Equipment.State.GOOD: max(1, round(number * share)), Equipment.State.REPAIR: rng.randint(0, repair), Equipment.State.LOST: rng.randint(0, lost)}
        lines += [Equipment(id=_uuid(rng), centre=centre, name=name, quantity=count, state=state) for state, count in counts.items() if count]
    Equipment.objects.bulk_create(lines)


def _uuid(rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)
