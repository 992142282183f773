"""The stock is the sum of its movements, whoever writes and however many at once."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InternalError, connection, transaction
from django.db.models import Sum
from django.urls import reverse

from accounts.models import User
from audit.acting import SameKeyOtherContent, Stale
from centres.models import Centre, Service
from reception.models import Alert, Assistance, StockItem, StockMovement
from reception.services import move_stock, record_assistance, set_threshold, withdraw_assistance
from tests.factories import make_migrant

from .factories import make_assistance, make_stay
from .test_bed import _together


def kit(code: str = "kit-hygiene") -> Service:
    return Service.objects.get(code=code)


def move(actor, centre, kind, quantity, words="Croix-Rouge malienne", **more):
    return move_stock(actor=actor, centre=centre, kind=kind, quantity=quantity, words=words, **{"service": kit(), "id": uuid.uuid4(), **more})


def left(centre, code: str = "kit-hygiene") -> int:
    item = StockItem.objects.get(centre=centre, service=kit(code))
    assert item.left == (item.movements.aggregate(n=Sum("quantity"))["n"] or 0)
    return item.left


class TestMovements:
    def test_in_out_left(self, persona, centre):
        gao, agent, manager = centre("GAO"), persona("agent.gao"), persona("manager.gao")
        move(agent, gao, "received", 40)
        move(agent, gao, "lost", 3, "Abîmés par la pluie")
        make_assistance(gao, quantity=2)
        assert left(gao) == 35
        move(manager, gao, "counted", 30, "Inventaire du mois")
        assert left(gao) == 30 and StockMovement.objects.get(kind="counted").quantity == -5
        move(manager, gao, "sent", 10, "", to=centre("KAY"))
        assert (left(gao), left(centre("KAY"))) == (20, 10)

    def test_once(self, persona, centre):
        gao, agent, key = centre("GAO"), persona("agent.gao"), uuid.uuid4()
        first, created = move(agent, gao, "received", 40, id=key)
        assert created and move(agent, gao, "received", 40, id=key) == (first, False)
        with pytest.raises(SameKeyOtherContent):
            move(agent, gao, "received", 41, id=key)
        assert left(gao) == 40
        manager, key = persona("manager.gao"), uuid.uuid4()
        first, created = move(manager, gao, "counted", 38, "Inventaire", id=key)
        make_assistance(gao)  # given since: the same count again is still that count
        assert created and move(manager, gao, "counted", 38, "Inventaire", id=key) == (first, False)
        with pytest.raises(SameKeyOtherContent):
            move(manager, gao, "counted", 35, "Inventaire", id=key)
        assert left(gao) == 37

    def test_refusals(self, persona, centre):
        gao, agent, manager = centre("GAO"), persona("agent.gao"), persona("manager.gao")
        move(agent, gao, "received", 4)
        for wrong, where in (
            (("received", 0), "quantity"),
            (("received", 5, ""), "words"),
            (("lost", 5, "Volés"), "quantity"),
            (("lost", 1, " "), "words"),
        ):
            with pytest.raises(ValidationError) as refused:
                move(agent, gao, *wrong)
            assert where in refused.value.error_dict
        for to in (None, gao):
            with pytest.raises(ValidationError):
                move(manager, gao, "sent", 1, to=to)
        with pytest.raises(ValidationError):
            move(agent, gao, "received", 5, service=kit("dejeuner"))
        for actor, kind in ((agent, "counted"), (agent, "sent"), (agent, "given"), (persona("agent.kayes"), "received"), (persona("health.gao"), "received")):
            with pytest.raises(PermissionDenied):
                move(actor, gao, kind, 1, to=centre("KAY"))
        assert left(gao) == 4

    def test_history_is_for_good(self, persona, centre):
        movement, _ = move(persona("agent.gao"), centre("GAO"), "received", 4)
        for change in (lambda: StockMovement.objects.filter(pk=movement.pk).update(quantity=400), lambda: StockMovement.objects.filter(pk=movement.pk).delete()):
            with pytest.raises(InternalError), transaction.atomic():
                change()

    def test_the_sum_is_written_by_the_movements_alone(self, persona, centre):
        gao = centre("GAO")
        move(persona("agent.gao"), gao, "received", 4)
        item = StockItem.objects.get(centre=gao)
        for sql in (
            f'UPDATE reception_stockitem SET "left" = 400 WHERE id = {item.pk}',
            f"UPDATE reception_stockitem SET id = {item.pk + 1000} WHERE id = {item.pk}",
            f"""INSERT INTO reception_stockitem (centre_id, service_id, "left", threshold, since, version) VALUES ({gao.pk}, {kit("kit-vestimentaire").pk}, 9, 1, now(), 1)""",
        ):
            with pytest.raises(InternalError, match="sum of its movements"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
        StockItem.objects.filter(pk=item.pk).update(threshold=2)  # what is not the sum may change
        assert left(gao) == 4


class TestGiven:
    def test_undone_it_comes_back(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        move(agent, gao, "received", 5)
        line = make_assistance(gao, quantity=3)
        assert left(gao) == 2
        withdraw_assistance(actor=agent, assistance=line)
        assert left(gao) == 5
        assert list(StockMovement.objects.filter(line=line.pk).order_by("at").values_list("kind", "quantity")) == [("given", -3), ("taken_back", 3)]

    def test_every_way_of_recording_counts(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        move(agent, gao, "received", 5)
        migrant = make_stay(gao).migrant
        Assistance.objects.bulk_create([Assistance(migrant=migrant, centre=gao, service=kit(), recorded_by=agent) for _ in range(2)], ignore_conflicts=True)
        assert left(gao) == 3
        line = Assistance.objects.first()
        Assistance.objects.filter(pk=line.pk).update(quantity=3)
        assert left(gao) == 1
        Assistance.objects.filter(pk=line.pk).update(migrant=make_migrant(gao))  # two files joined: nothing was given
        assert left(gao) == 1
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM reception_assistance")
        assert left(gao) == 5

    def test_another_centre_or_kit_or_before_the_first_count_moves_nothing(self, persona, centre):
        gao = centre("GAO")
        move(persona("agent.gao"), gao, "received", 5)
        make_assistance(gao, service="kit-vestimentaire")
        make_assistance(centre("KAY"))
        assert left(gao) == 5 and StockItem.objects.count() == 1

    def test_nobody_in_need_is_refused_and_the_centre_is_told(self, persona, centre, as_user):
        gao, agent = centre("GAO"), persona("agent.gao")
        move(agent, gao, "received", 12)
        set_threshold(actor=persona("manager.gao"), centre=gao, service=kit(), threshold=1, version=1)
        migrant = make_stay(gao).migrant
        make_assistance(gao, migrant=migrant, quantity=10)
        assert not Alert.objects.exists()
        browser, url = as_user("agent.gao"), reverse("reception:assistance", args=["GAO", migrant.pk])
        for _give in range(3):
            text = browser.post(url, {"key": uuid.uuid4(), "service": "kit-hygiene"}, follow=True).content.decode()
        assert left(gao) == -1 and "inférieur à zéro" in text
        alert = Alert.objects.open().get()
        assert (alert.kind, alert.subject, alert.value, alert.centre) == ("stock", "kit-hygiene", -1, gao)
        move(agent, gao, "received", 50)
        alert.refresh_from_db()
        assert left(gao) == 49 and alert.closed_by == agent and "49" in alert.done


class TestPage:
    def test_agent_manager_others(self, as_user, centre, django_assert_max_num_queries):
        url = reverse("reception:stock", args=["GAO"])
        browser = as_user("agent.gao")
        page = browser.get(url)
        assert "pas encore compté" in page.content.decode() and 'value="counted"' not in page.content.decode()
        data = {"id": page.context["form"].initial["id"], "service": "kit-hygiene", "kind": "received", "quantity": 40, "words": "Croix-Rouge malienne"}
        for _click in (1, 2):
            assert browser.post(url, data).status_code == 302
        for _person in range(4):
            make_assistance(centre("GAO"))
        manager = as_user("manager.gao")
        with django_assert_max_num_queries(12):
            text = manager.get(url).content.decode()
        assert "36" in text and "-4" in text.replace("−", "-") and "Croix-Rouge malienne" in text and 'value="counted"' in text
        assert browser.post(url, {**data, "id": uuid.uuid4(), "kind": "counted"}).status_code == 200  # not among the agent's choices
        nurse = as_user("health.gao")
        assert nurse.get(url).status_code == 200 and nurse.post(url, data).status_code == 403
        assert as_user("agent.kayes").get(url).status_code == 404
        words = browser.post(url, {**data, "id": uuid.uuid4(), "kind": "lost", "quantity": 99}).content.decode()
        assert "Il ne reste que 36 kits" in words and 'value="99"' in words
        change = reverse("reception:stock_threshold", args=["GAO"])
        assert browser.post(change, {"service": "kit-hygiene", "threshold": 5, "version": 1}).status_code == 403
        assert manager.post(change, {"service": "kit-hygiene", "threshold": 5, "version": 1}).status_code == 302
        assert "entre-temps" in manager.post(change, {"service": "kit-hygiene", "threshold": 6, "version": 1}, follow=True).content.decode()
        assert StockItem.objects.get(centre__code="GAO").threshold == 5

    def test_stale_threshold(self, persona, centre):
        gao, manager = centre("GAO"), persona("manager.gao")
        set_threshold(actor=manager, centre=gao, service=kit(), threshold=3, version=0)
        with pytest.raises(Stale):
            set_threshold(actor=manager, centre=gao, service=kit(), threshold=4, version=1)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_add_up():
    """Deliveries, kits given, losses and transfers both ways, at the same moment: nothing is lost, nobody waits in a circle."""
    gao, kayes = Centre.objects.get(code="GAO"), Centre.objects.get(code="KAY")
    users = {name: User.objects.get(username=name) for name in ("agent.gao", "manager.gao", "manager.kayes")}
    move(users["agent.gao"], gao, "received", 100)
    move(users["manager.kayes"], kayes, "received", 100)
    people = [make_stay(gao).migrant for _ in range(5)]
    work = {
        0: lambda i: move(users["agent.gao"], gao, "received", 7),
        1: lambda i: record_assistance(actor=users["agent.gao"], migrant=people[i // 4], centre=gao, service=kit(), id=uuid.uuid4()),
        2: lambda i: move(users["manager.gao"], gao, "sent", 2, "", to=kayes),
        3: lambda i: move(users["manager.kayes"], kayes, "sent", 1, "", to=gao),
    }
    outcomes = _together(20, lambda i: work[i % 4](i))
    assert all(isinstance(outcome, tuple) for outcome in outcomes), outcomes
    assert (left(gao), left(kayes)) == (100 + 5 * 7 - 5 - 5 * 2 + 5, 100 + 5 * 2 - 5)
