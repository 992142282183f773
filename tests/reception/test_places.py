"""Rooms, beds, beds that can't be used, and what the database refuses about them."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connections, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.acting import Stale
from audit.models import Change
from centres.models import Bed, BedBlock, Centre, Room
from reception.models import BedAssignment, Stay
from reception.services import assign_bed, check_out
from reception.services.places import add_beds, add_room, block_beds, change_block, change_room, put_back_bed, withdraw_bed
from tests.factories import make_migrant, make_minor

from .factories import a_bed, crowd, make_stay
from .test_board import queries_of

DAY = datetime.timedelta(days=1)


def today(passed: int = 0) -> datetime.date:
    return timezone.localdate() + passed * DAY


def address(name: str, *arguments) -> str:
    return reverse(f"reception:{name}", args=["GAO", *arguments])


def refused(write, field: str | None = None, match: str | None = None):
    with pytest.raises(ValidationError, match=match) as found:
        write()
    if field:
        assert field in found.value.error_dict


class TestRooms:
    def test_a_room_and_its_beds(self, persona, centre):
        gao, manager = centre("GAO"), persona("manager.gao")
        room = add_room(actor=manager, centre=gao, name="  Lazaret ", kind="isolation")
        assert room.name == "Lazaret"
        refused(lambda: add_room(actor=manager, centre=gao, name="Lazaret", kind="men"), match="déjà une chambre")
        beds = add_beds(actor=manager, room=room, first=1, number=3)
        assert [bed.label for bed in beds] == ["01", "02", "03"] and {bed.since for bed in beds} == {today()}
        assert add_beds(actor=manager, room=room, first=1, number=3) == beds  # the second click
        refused(lambda: add_beds(actor=manager, room=room, first=3, number=2), "first", "03")
        refused(lambda: add_beds(actor=manager, room=room, first=9, number=61), "number")
        refused(lambda: add_beds(actor=manager, room=room, first=9, number=1, since=datetime.date(206, 1, 1)), "since", "Vérifiez la date")
        assert room.beds.count() == 3

    def test_only_the_manager_of_the_centre(self, persona, centre):
        gao, bed = centre("GAO"), a_bed(centre("GAO"))
        for username in ("agent.gao", "manager.kayes", "protection", "admin", "steering.eu"):
            actor = persona(username)
            for write in (
                lambda actor=actor: add_room(actor=actor, centre=gao, name="X", kind="men"),
                lambda actor=actor: change_room(actor=actor, room=bed.room, name="X", kind="men"),
                lambda actor=actor: add_beds(actor=actor, room=bed.room, first=90, number=1),
                lambda actor=actor: withdraw_bed(actor=actor, bed=bed),
                lambda actor=actor: put_back_bed(actor=actor, bed=bed),
                lambda actor=actor: block_beds(actor=actor, centre=gao, beds=[bed], reason="repair"),
            ):
                with pytest.raises(PermissionDenied):
                    write()

    def test_the_kind_changes_when_those_who_sleep_there_may_stay(self, persona, centre):
        gao, manager = centre("GAO"), persona("manager.gao")
        stay = make_stay(gao, migrant=make_migrant(gao, sex="male"), bed=(bed := a_bed(gao)))
        room = bed.room
        refused(lambda: change_room(actor=manager, room=room, name=room.name, kind="women"), "kind", f"Lit {bed.label}.*réservée aux femmes")
        assert change_room(actor=manager, room=room, name="Familles 9", kind="families", version=1).version == 2
        with pytest.raises(Stale):
            change_room(actor=manager, room=room, name="Autre", kind="men", version=1)
        assert change_room(actor=manager, room=room, name="Familles 9", kind="families", version=1).version == 2  # the second click
        check_out(actor=stay.checked_in_by, stay=stay, reason="left")
        assert change_room(actor=manager, room=room, name="Femmes 9", kind="women", version=2).kind == Room.Kind.WOMEN
        child = make_minor(gao)
        make_stay(gao, migrant=child, bed=(small := a_bed(gao, Room.Kind.MINORS)))
        refused(lambda: change_room(actor=manager, room=small.room, name=small.room.name, kind="men"), "kind", "Un enfant sans adulte")
        assert Change.objects.filter(table="centres_room", row=str(room.pk), operation="UPDATE", actor_id=manager.pk).count() == 2

    def test_on_the_pages(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("manager.gao")
        page = browser.post(address("places-room-new"), {"name": "Lazaret", "kind": "isolation"}, follow=True)
        room = gao.rooms.get(name="Lazaret")
        assert page.redirect_chain[-1][0] == address("places-beds", room.pk) and 'value="1"' in page.content.decode()
        browser.post(address("places-beds", room.pk), {"first": 1, "number": 2, "since": today()})
        text = browser.get(address("places-room", room.pk)).content.decode()
        assert "01" in text and "02" in text and "libre" in text
        again = browser.post(address("places-room-new"), {"name": "Lazaret", "kind": "men"})
        assert f'href="{address("places")}"' in again.content.decode()  # the way back
        assert again.status_code == 200 and "déjà une chambre de ce nom" in again.content.decode() and 'value="Lazaret"' in again.content.decode()
        reader = as_user("agent.gao")
        text = reader.get(address("places")).content.decode()
        assert "Lazaret" in text and address("places-room-new") not in text
        assert address("places-beds", room.pk) not in reader.get(address("places-room", room.pk)).content.decode()
        stale = browser.post(address("places-room-edit", room.pk), {"name": "Quarantaine", "kind": "isolation", "version": 7})
        assert "Entre-temps" in stale.content.decode() and 'value="Quarantaine"' in stale.content.decode()
        for nonsense in ("9" * 18, "9" * 40):
            assert browser.get(f"/centres/GAO/places/rooms/{nonsense}/").status_code == 404
        other = centre("KAY").rooms.first()
        assert browser.get(address("places-room", other.pk)).status_code == 404


class TestWithdraw:
    def test_a_bed_goes_and_may_come_back_the_same_day(self, persona, centre):
        gao, manager, bed = centre("GAO"), persona("manager.gao"), a_bed(centre("GAO"))
        assert withdraw_bed(actor=manager, bed=bed).until == today() == withdraw_bed(actor=manager, bed=bed).until
        assert Bed.objects.usable().filter(room__centre=gao).count() == 81
        assert put_back_bed(actor=manager, bed=bed).until is None
        assert withdraw_bed(actor=manager, bed=bed, on=today(-3)).until == today(-3)
        refused(lambda: put_back_bed(actor=manager, bed=bed), match="ajoutez un nouveau lit")
        refused(lambda: withdraw_bed(actor=manager, bed=bed), match="déjà retiré")
        refused(lambda: withdraw_bed(actor=manager, bed=a_bed(gao), on=today(-400)), "on", "Vérifiez la date")

    def test_not_while_somebody_sleeps_there(self, persona, centre):
        gao, manager = centre("GAO"), persona("manager.gao")
        stay = make_stay(gao, bed=(bed := a_bed(gao)), arrived_at=timezone.now() - 4 * DAY)
        BedAssignment.objects.update(since=timezone.now() - 4 * DAY)
        for on in (None, today(-2), today(5)):
            refused(lambda on=on: withdraw_bed(actor=manager, bed=bed, on=on), "on", "Quelqu’un dort")
        check_out(actor=stay.checked_in_by, stay=stay, reason="left")
        refused(lambda: withdraw_bed(actor=manager, bed=bed, on=today(-1)), "on", "Quelqu’un dort")  # yesterday they did
        assert withdraw_bed(actor=manager, bed=bed).until == today()  # this night nobody does

    def test_on_the_page(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("manager.gao")
        make_stay(gao, bed=(taken := a_bed(gao)))
        page = browser.post(address("places-bed-withdraw", taken.pk), {"on": today()})
        assert page.status_code == 200 and "Donnez‑lui d’abord un autre lit" in page.content.decode()
        free = a_bed(gao)
        assert browser.post(address("places-bed-withdraw", free.pk), {"on": today()}).status_code == 302
        assert "Ne plus retirer" in browser.get(address("places-room", free.room_id)).content.decode()
        browser.post(address("places-bed-put-back", free.pk))
        free.refresh_from_db()
        assert free.until is None
        assert browser.post(address("places-bed-withdraw", free.pk), {"on": "demain"}).status_code == 200


class TestBlocks:
    def test_block_and_unblock(self, persona, centre):
        gao, manager = centre("GAO"), persona("manager.gao")
        beds = list(gao.rooms.get(name="Familles 1").beds.all()[:2])
        made = block_beds(actor=manager, centre=gao, beds=beds, reason="quarantine", note=" rougeole ", until=today(10))
        assert [(one.note, one.blocked_by, one.since, one.until) for one in made] == [("rougeole", manager, today(), today(10))] * 2
        assert block_beds(actor=manager, centre=gao, beds=beds, reason="quarantine", note="rougeole", until=today(10)) == made  # the second click
        assert Bed.objects.usable().filter(room__centre=gao).count() == 80
        refused(lambda: block_beds(actor=manager, centre=gao, beds=beds[:1], reason="repair"), "beds", "déjà bloqué")
        refused(lambda: block_beds(actor=manager, centre=gao, beds=[a_bed(gao)], reason="repair", until=today()), "until")
        refused(lambda: block_beds(actor=manager, centre=gao, beds=[a_bed(gao)], reason="other"), "note")
        refused(lambda: block_beds(actor=manager, centre=gao, beds=[a_bed(centre("KAY"))], reason="repair"), "beds")
        refused(lambda: change_block(actor=manager, block=made[0], until=today(-1)), "until")
        assert change_block(actor=manager, block=made[0], until=today(3)).until == today(3)
        assert change_block(actor=manager, block=made[0], until=today()) is None is change_block(actor=manager, block=made[0], until=today())
        assert Bed.objects.usable().filter(room__centre=gao).count() == 81
        old = BedBlock.objects.create(bed=beds[0], reason="repair", since=today(-9), until=today(-2))
        refused(lambda: change_block(actor=manager, block=old, until=None), match="terminé depuis")

    def test_all_beds_or_none(self, persona, centre):
        gao, manager = centre("GAO"), persona("manager.gao")
        make_stay(gao, bed=(taken := a_bed(gao)))
        refused(lambda: block_beds(actor=manager, centre=gao, beds=[*taken.room.beds.all()], reason="repair"), "beds", "Quelqu’un dort")
        assert not BedBlock.objects.exists()
        gone = Bed.objects.filter(room__centre=gao).last()
        withdraw_bed(actor=manager, bed=gone)
        refused(lambda: block_beds(actor=manager, centre=gao, beds=[gone], reason="repair"), "beds", "pas au centre")

    def test_nobody_is_laid_in_a_blocked_bed_and_a_sleeper_keeps_theirs(self, persona, centre):
        gao, manager, agent = centre("GAO"), persona("manager.gao"), persona("agent.gao")
        bed, other = a_bed(gao), a_bed(gao, number=1)
        [block] = block_beds(actor=manager, centre=gao, beds=[bed], reason="repair", since=today(2), until=today(4))
        stay = make_stay(gao, bed=bed)  # planned only: tonight one sleeps there
        refused(lambda: change_block(actor=manager, block=block, until=today(9)), "until", "Quelqu’un dort")
        assert change_block(actor=manager, block=block, until=today(3)).until == today(3)  # shorter takes no day
        assign_bed(actor=agent, stay=stay, bed=other)
        block_beds(actor=manager, centre=gao, beds=[bed], reason="repair", until=today(1))
        refused(lambda: assign_bed(actor=agent, stay=stay, bed=bed), "bed", "pas utilisable")
        assert stay.beds.get(until__isnull=True).bed == other

    def test_on_the_page(self, as_user, persona, centre):
        gao, browser = centre("GAO"), as_user("manager.gao")
        room = gao.rooms.get(name="Familles 1")
        first, second, third, fourth = room.beds.order_by("label")
        url = address("places-block", room.pk)
        assert browser.post(url, {"beds": [first.pk, second.pk], "reason": "quarantine", "note": "rougeole", "since": today()}).status_code == 302
        browser.post(url, {"beds": [third.pk], "reason": "repair", "since": today(3), "until": today(5)})
        BedBlock.objects.create(bed=fourth, reason="repair", since=today(-9), until=today(-2))
        page = browser.get(address("places-blocks"))
        assert [len(page.context[name]) for name in ("now", "planned")] == [2, 1] and page.context["past"].paginator.count == 1
        assert "rougeole" in page.content.decode() and str(persona("manager.gao")) in page.content.decode()
        make_stay(gao, bed=third, bed_reason="Près de la porte")
        text = browser.get(address("places")).content.decode()
        assert "Lits à libérer" in text and str(third) in text
        wrong = browser.post(url, {"beds": [third.pk], "reason": "repair", "note": "sommier", "since": today()})
        assert wrong.status_code == 200 and "Quelqu’un dort" in wrong.content.decode() and "sommier" in wrong.content.decode()
        for nonsense in ("abc", "9" * 40, a_bed(centre("KAY")).pk):
            assert browser.post(url, {"beds": [nonsense], "reason": "repair", "since": today()}).status_code == 200
        block = page.context["now"][0]
        browser.post(address("places-block-change", block.pk), {"until": today()})
        assert not BedBlock.objects.filter(pk=block.pk).exists()
        assert address("places-block-change", page.context["now"][1].pk) not in as_user("agent.gao").get(address("places-blocks")).content.decode()

    def test_same_number_of_queries_with_10_and_with_70(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("manager.gao")
        pages = [address("places"), address("places-room", gao.rooms.first().pk), address("places-blocks"), address("places-occupancy") + "?days=365"]
        pages += [address("places-opening"), address("places-equipment")]
        crowd(gao, 10)
        BedBlock.objects.create(bed=a_bed(gao), reason="repair", since=today(-20), until=today(-18))
        few = [queries_of(browser, url) for url in pages]
        crowd(gao, 60)
        BedBlock.objects.bulk_create(BedBlock(bed=bed, reason="repair", since=today(-9), until=today(-8)) for bed in Bed.objects.filter(room__centre=gao))
        assert [queries_of(browser, url) for url in pages] == few and max(few) <= 12


class TestTheDatabase:
    """By whatever way the rows are written."""

    def test_where_somebody_may_be_laid(self, centre):
        gao = centre("GAO")
        stay, (bed, blocked, gone) = make_stay(gao), list(a_bed(gao).room.beds.all()[:3])
        BedBlock.objects.create(bed=blocked, reason="repair", since=today(-5), until=today(-2))
        Bed.objects.filter(pk=gone.pk).update(until=today(-2))
        since = timezone.make_aware(datetime.datetime.combine(today(-3), datetime.time(20)))
        for wrong, on in ((blocked, since), (blocked, since + DAY - datetime.timedelta(hours=21)), (gone, since + DAY), (bed, since - 3000 * DAY)):
            with pytest.raises(IntegrityError), transaction.atomic():
                BedAssignment.objects.create(stay=stay, bed=wrong, since=on, until=on + datetime.timedelta(hours=1))
        # The first day after the block, the last day before the withdrawal; also in bulk.
        BedAssignment.objects.bulk_create(
            [
                BedAssignment(stay=stay, bed=gone, since=since, until=since + datetime.timedelta(hours=9)),
                BedAssignment(stay=stay, bed=blocked, since=since + DAY, until=since + DAY + datetime.timedelta(hours=9)),
            ]
        )
        with pytest.raises(IntegrityError), transaction.atomic():
            BedAssignment.objects.filter(bed=gone).update(bed=blocked)

    def test_what_may_be_taken_from_a_sleeper(self, centre):
        gao = centre("GAO")
        stay, bed = make_stay(gao), a_bed(gao)
        evening = timezone.make_aware(datetime.datetime.combine(today(-9), datetime.time(21)))
        BedAssignment.objects.create(stay=stay, bed=bed, since=evening, until=evening + 3 * DAY)  # nights of -9, -8, -7
        for since, until in ((today(-20), today(-8)), (today(-9), today(-8)), (today(-7), today(-6)), (today(-7), None), (today(-30), None)):
            with pytest.raises(IntegrityError), transaction.atomic():
                BedBlock.objects.create(bed=bed, reason="repair", since=since, until=until)
        for since, until in ((today(-20), today(-9)), (today(-6), today(-5)), (today(3), None)):
            BedBlock.objects.create(bed=bed, reason="repair", since=since, until=until)
        with pytest.raises(IntegrityError), transaction.atomic():
            BedBlock.objects.filter(since=today(-6)).update(since=today(-7))
        for dates in ({"until": today(-7)}, {"since": today(-8)}, {"until": today(-9)}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Bed.objects.filter(pk=bed.pk).update(**dates)
        Bed.objects.filter(pk=bed.pk).update(since=today(-9), until=today(-6))

    def test_until_midnight_sharp_is_a_night(self, centre):
        gao = centre("GAO")
        stay, bed = make_stay(gao), a_bed(gao)
        midnight = timezone.make_aware(datetime.datetime.combine(today(-3), datetime.time.min))
        BedAssignment.objects.create(stay=stay, bed=bed, since=midnight - datetime.timedelta(hours=2), until=midnight)
        with pytest.raises(IntegrityError), transaction.atomic():
            BedBlock.objects.create(bed=bed, reason="repair", since=today(-4), until=today(-3))
        BedBlock.objects.create(bed=bed, reason="repair", since=today(-3), until=today(-2))


def _at_once(*works) -> list:
    gate = Barrier(len(works))

    def run(work):
        try:
            gate.wait(timeout=60)
            return work() and True
        except (ValidationError, IntegrityError):
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.mark.django_db(transaction=True)
def test_laid_blocked_withdrawn_at_the_same_moment():
    """Of those who lay somebody, block or withdraw the bed, or write rows without any service, the first one wins."""
    gao = Centre.objects.get(code="GAO")
    agent, manager = User.objects.get(username="agent.gao"), User.objects.get(username="manager.gao")
    beds = list(a_bed(gao).room.beds.all()[:8])
    for number, bed in enumerate(beds):
        stay = make_stay(gao)
        lay = [
            lambda stay=stay, bed=bed: assign_bed(actor=agent, stay=stay, bed=bed),
            lambda stay=stay, bed=bed: BedAssignment.objects.create(stay=stay, bed=bed),
        ][number % 2]
        take = [
            lambda bed=bed: block_beds(actor=manager, centre=gao, beds=[bed], reason="repair"),
            lambda bed=bed: withdraw_bed(actor=manager, bed=bed),
            lambda bed=bed: BedBlock.objects.create(bed=bed, reason="repair"),
            lambda bed=bed: Bed.objects.filter(pk=bed.pk).update(until=timezone.localdate()),
        ][number // 2]
        assert sorted(_at_once(lay, take)) == [False, True]
        bed.refresh_from_db()
        laid = BedAssignment.objects.filter(bed=bed).exists()
        assert laid != (bed.until is not None or bed.blocks.exists())
    assert Stay.objects.open().count() == 8


@pytest.mark.django_db(transaction=True)
def test_a_kind_changed_while_somebody_is_laid_there():
    gao = Centre.objects.get(code="GAO")
    agent, manager = User.objects.get(username="agent.gao"), User.objects.get(username="manager.gao")
    for _round in range(4):
        bed = a_bed(gao)
        stay = make_stay(gao)
        outcome = _at_once(
            lambda stay=stay, bed=bed: assign_bed(actor=agent, stay=stay, bed=bed),
            lambda bed=bed: change_room(actor=manager, room=bed.room, name=bed.room.name, kind="women"),
        )
        assert sorted(outcome) == [False, True]
        assert not BedAssignment.objects.filter(until__isnull=True, bed__room__kind="women").exists()
