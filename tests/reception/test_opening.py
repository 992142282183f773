"""The opening checklists, what the centre owns, what its manager sets."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from audit.models import Change
from centres.models import Centre, ChecklistItem, ChecklistMark, Equipment, missing
from centres.setup import ensure_centres
from reception.services.opening import add_equipment, change_equipment, change_settings, declare_open, mark_item, remove_equipment, withdraw_mark
from reporting.measures import MEASURES, Period

DAY = datetime.timedelta(days=1)
COLUMNS = {"centre": "functional_since", "antenna": "antenna_since"}


def today(passed: int = 0) -> datetime.date:
    return timezone.localdate() + passed * DAY


def address(name: str, *arguments) -> str:
    return reverse(f"reception:{name}", args=["GAO", *arguments])


@pytest.fixture
def closed(centre) -> Centre:
    """Gao as if it had not opened yet."""
    gao = centre("GAO")
    Centre.objects.filter(pk=gao.pk).update(functional_since=None, antenna_since=None)
    ChecklistMark.objects.filter(centre=gao).delete()
    gao.refresh_from_db()
    return gao


def fill(centre: Centre, checklist: str, actor, on: datetime.date | None = None) -> None:
    for item in missing(centre, checklist):
        mark_item(actor=actor, centre=centre, item=item, state="done", done_on=on)


def test_the_three_centres_are_complete(db):
    for centre in Centre.objects.all():
        for checklist, column in COLUMNS.items():
            assert not missing(centre, checklist, getattr(centre, column)).exists()
    assert {item.checklist for item in ChecklistItem.objects.all()} == {"centre", "antenna"}


def test_setup_completes_a_centre_that_opened_before_there_were_lists(centre):
    gao = centre("GAO")
    ChecklistMark.objects.filter(centre=gao).delete()
    assert ensure_centres() == 13 + 6 and ensure_centres() == 0
    assert not missing(gao, "centre", gao.functional_since).exists()


@pytest.mark.parametrize("checklist", COLUMNS)
def test_declared_only_when_every_obligatory_item_is_done(closed, persona, checklist):
    manager = persona("manager.gao")
    column = COLUMNS[checklist]
    items = list(missing(closed, checklist))
    for item in items[:-1]:
        mark_item(actor=manager, centre=closed, item=item, state="done", done_on=today(-9))
    with pytest.raises(ValidationError, match=str(items[-1])[:20]):
        declare_open(actor=manager, centre=closed, checklist=checklist)
    with pytest.raises(IntegrityError), transaction.atomic():
        Centre.objects.filter(pk=closed.pk).update(**{column: today()})
    mark_item(actor=manager, centre=closed, item=items[-1], state="done", done_on=today(-2))
    with pytest.raises(ValidationError, match="Il manque"):
        declare_open(actor=manager, centre=closed, checklist=checklist, on=today(-3))  # the last one was done a day later
    with pytest.raises(ValidationError, match="avenir"):
        declare_open(actor=manager, centre=closed, checklist=checklist, on=today(1))
    assert getattr(declare_open(actor=manager, centre=closed, checklist=checklist, on=today(-2)), column) == today(-2)
    assert getattr(declare_open(actor=manager, centre=closed, checklist=checklist, on=today(-2)), column) == today(-2)  # the second click
    with pytest.raises(ValidationError, match="déjà déclaré"):
        declare_open(actor=manager, centre=closed, checklist=checklist)


def test_neither_list_opens_the_other_and_a_new_centre_is_not_born_open(closed, persona):
    fill(closed, "centre", persona("manager.gao"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Centre.objects.filter(pk=closed.pk).update(antenna_since=today())
    with pytest.raises(IntegrityError), transaction.atomic():
        Centre.objects.create(code="TST", name="Essai", region="Gao", latitude=0, longitude=0, functional_since=today())
    ChecklistItem.objects.filter(checklist="antenna").update(active=False)
    with pytest.raises(IntegrityError), transaction.atomic():  # no list at all is no complete list
        Centre.objects.filter(pk=closed.pk).update(antenna_since=today())


def test_what_is_taken_back_later_rewrites_no_history(centre, persona, as_user):
    gao, manager = centre("GAO"), persona("manager.gao")
    mark = ChecklistMark.objects.get(centre=gao, item__code="eau")
    since = gao.functional_since
    with pytest.raises(ValidationError, match="Dites pourquoi"):
        withdraw_mark(actor=manager, mark=mark, reason="  ")
    gone = withdraw_mark(actor=manager, mark=mark, reason="La pompe est en panne")
    assert (gone.withdrawn_on, gone.withdrawn_by) == (today(), manager)
    assert withdraw_mark(actor=manager, mark=mark, reason="autre").withdrawn_reason == "La pompe est en panne"  # the second click
    gao.refresh_from_db()
    assert gao.functional_since == since
    Centre.objects.filter(pk=gao.pk).update(functional_since=since, name="Gao")  # the same day again: nothing is asked anew
    text = as_user("agent.gao").get(address("places-opening")).content.decode()
    assert "Des éléments manquent depuis l’ouverture" in text and "La pompe est en panne" in text and "Eau potable" in text
    mark_item(actor=manager, centre=gao, item=mark.item, state="done")
    text = as_user("agent.gao").get(address("places-opening")).content.decode()
    assert "Des éléments manquent" not in text and "La pompe est en panne" in text


def test_items(closed, persona):
    manager = persona("manager.gao")
    obligatory, optional = ChecklistItem.objects.get(code="eau"), ChecklistItem.objects.get(code="isolement")
    mark, new = mark_item(actor=manager, centre=closed, item=obligatory, state="done", note=" forage ")
    assert new and (mark.note, mark.marked_by, mark.done_on) == ("forage", manager, today())
    assert mark_item(actor=manager, centre=closed, item=obligatory, state="done", note="forage") == (mark, False)
    for wrong in (
        {"item": obligatory, "state": "done"},
        {"item": obligatory, "state": "not_applicable", "note": "non"},
        {"item": optional, "state": "not_applicable"},
        {"item": optional, "state": "done", "done_on": today(1)},
        {"item": optional, "state": "perhaps"},
    ):
        with pytest.raises(ValidationError):
            mark_item(actor=manager, centre=closed, **wrong)
    assert mark_item(actor=manager, centre=closed, item=optional, state="not_applicable", note="Le CSRéf est à côté")[1]
    for username in ("agent.gao", "manager.kayes", "admin"):
        actor = persona(username)
        for write in (
            lambda actor=actor: mark_item(actor=actor, centre=closed, item=optional, state="done"),
            lambda actor=actor: withdraw_mark(actor=actor, mark=mark, reason="x"),
            lambda actor=actor: declare_open(actor=actor, centre=closed, checklist="centre"),
        ):
            with pytest.raises(PermissionDenied):
                write()


def test_indicators_count_the_declared_days(closed, persona):
    """R1.1 and R2.4: what the register says, before and after the declaration."""
    manager = persona("manager.gao")

    def counted() -> tuple[int, int]:
        found = []
        for name, column in (("centres", "functional_since"), ("antennas", "antenna_since")):
            period = Period(today(-400), today())
            found.append(len(MEASURES[name].facts(period)))
            assert found[-1] == Centre.objects.filter(**{f"{column}__lte": today()}).count()
        return found[0], found[1]

    assert counted() == (2, 2)
    fill(closed, "centre", manager)
    assert counted() == (2, 2)  # complete, but not declared
    declare_open(actor=manager, centre=closed, checklist="centre")
    assert counted() == (3, 2)
    fill(closed, "antenna", manager)
    declare_open(actor=manager, centre=closed, checklist="antenna")
    assert counted() == (3, 3)


def test_from_the_first_item_to_the_declaration_on_the_pages(closed, persona, as_user):
    browser = as_user("manager.gao")
    page = browser.get(address("places-opening"))
    assert "pas encore ouvert" in page.content.decode() and address("places-declare", "centre") not in page.content.decode()
    early = browser.post(address("places-declare", "centre"), {"on": today()})
    assert early.status_code == 200 and "Il manque" in early.content.decode()
    for item in missing(closed, "centre"):
        assert browser.post(address("places-mark", item.code), {"state": "done", "done_on": today()}).status_code == 302
    refused = browser.post(address("places-mark", "groupe"), {"state": "not_applicable", "done_on": today()})
    assert refused.status_code == 200 and "Dites pourquoi" in refused.content.decode()
    assert address("places-declare", "centre") in browser.get(address("places-opening")).content.decode()
    assert browser.post(address("places-declare", "centre"), {"on": today()}).status_code == 302
    closed.refresh_from_db()
    assert closed.functional_since == today()
    assert browser.get(address("places-declare", "nonsense")).status_code == 404
    other = ChecklistMark.objects.filter(centre__code="KAY").first()
    assert browser.post(address("places-mark-withdraw", other.pk), {"reason": "x"}).status_code == 404


class TestEquipment:
    def test_a_line(self, centre, persona):
        gao, manager, key = centre("GAO"), persona("manager.gao"), uuid.uuid4()
        line, new = add_equipment(actor=manager, centre=gao, id=key, name=" Matelas ", quantity=80, state="good", note="")
        assert new and line.name == "Matelas"
        assert add_equipment(actor=manager, centre=gao, id=key, name="Matelas", quantity=80, state="good", note="") == (line, False)
        with pytest.raises(SameKeyOtherContent):
            add_equipment(actor=manager, centre=gao, id=key, name="Matelas", quantity=8, state="good", note="")
        with pytest.raises(ValidationError, match="changez sa quantité"):
            add_equipment(actor=manager, centre=gao, id=uuid.uuid4(), name="matelas", quantity=1, state="good", note="")
        add_equipment(actor=manager, centre=gao, id=uuid.uuid4(), name="Matelas", quantity=3, state="repair", note="housse")
        changed = change_equipment(actor=manager, equipment=line, version=1, name="Matelas", quantity=77, state="good", note="")
        assert changed.version == 2 == change_equipment(actor=manager, equipment=line, version=1, name="Matelas", quantity=77, state="good", note="").version
        with pytest.raises(Stale):
            change_equipment(actor=manager, equipment=line, version=1, name="Matelas", quantity=70, state="good", note="")
        history = Change.objects.filter(table="centres_equipment", row=str(key)).order_by("id")
        assert [(one.operation, one.actor_id) for one in history] == [("INSERT", manager.pk), ("UPDATE", manager.pk)]
        assert history[1].before["quantity"] == 80 and history[1].after["quantity"] == 77
        for actor in (persona("agent.gao"), persona("manager.kayes")):
            for write in (
                lambda actor=actor: add_equipment(actor=actor, centre=gao, id=uuid.uuid4(), name="X", quantity=1, state="good", note=""),
                lambda actor=actor: change_equipment(actor=actor, equipment=line, name="X", quantity=1, state="good", note=""),
                lambda actor=actor: remove_equipment(actor=actor, equipment=line),
            ):
                with pytest.raises(PermissionDenied):
                    write()
        remove_equipment(actor=manager, equipment=line)
        assert Change.objects.filter(table="centres_equipment", row=str(key), operation="DELETE").exists()

    def test_on_the_pages(self, centre, as_user):
        browser = as_user("manager.gao")
        assert "vide" in browser.get(address("places-equipment")).content.decode()
        content = {"id": uuid.uuid4(), "name": "Extincteur", "quantity": 6, "state": "good"}
        for _click in range(2):
            assert browser.post(address("places-equipment-new"), content).status_code == 302
        line = Equipment.objects.get()
        stale = browser.post(address("places-equipment-edit", line.pk), {"name": "Extincteur", "quantity": 5, "state": "good", "version": 9})
        assert "Entre-temps" in stale.content.decode() and 'value="5"' in stale.content.decode()
        assert browser.post(address("places-equipment-edit", line.pk), {"name": "Extincteur", "quantity": 5, "state": "lost", "version": 1}).status_code == 302
        assert "perdu" in as_user("agent.gao").get(address("places-equipment")).content.decode()
        browser.post(address("places-equipment-remove", line.pk))
        assert not Equipment.objects.exists()


def test_the_planned_length_of_a_stay(centre, persona, as_user):
    gao, manager = centre("GAO"), persona("manager.gao")
    assert change_settings(actor=manager, centre=gao, max_stay_days=21, was=14).max_stay_days == 21
    assert change_settings(actor=manager, centre=gao, max_stay_days=21, was=14).max_stay_days == 21  # the second click
    with pytest.raises(Stale):
        change_settings(actor=manager, centre=gao, max_stay_days=30, was=14)
    for wrong in (0, 366):
        with pytest.raises(ValidationError):
            change_settings(actor=manager, centre=gao, max_stay_days=wrong)
    with pytest.raises(PermissionDenied):
        change_settings(actor=persona("agent.gao"), centre=gao, max_stay_days=30)
    browser = as_user("manager.gao")
    page = browser.post(address("places-settings"), {"max_stay_days": 30, "was": 14})
    assert "Entre-temps" in page.content.decode() and 'value="30"' in page.content.decode()
    assert browser.post(address("places-settings"), {"max_stay_days": 30, "was": 21}).status_code == 302
    gao.refresh_from_db()
    assert gao.max_stay_days == 30
    assert address("places-settings") not in as_user("agent.gao").get(address("places")).content.decode()
