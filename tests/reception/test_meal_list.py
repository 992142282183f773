"""The list of a meal: one save for a whole centre, once each, and the way back."""

import datetime
import gzip
import time
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from cases.models import Migrant
from centres.models import Centre, Service, ServiceOffer
from reception.models import Assistance, FlagKind, PersonFlag, Stay
from reception.services import Served, serve, withdraw_served

from .factories import backdate, crowd, make_assistance, make_leave, make_stay
from .test_bed import _together


def lunch() -> Service:
    return Service.objects.get(code="dejeuner")


def address(**query: object) -> str:
    return reverse("reception:meals", args=["GAO"]) + "?" + "&".join(f"{name}={value}" for name, value in {"service": "dejeuner", **query}.items())


def deny(migrant: Migrant) -> PersonFlag:
    kind = FlagKind.objects.create(code="essai", name="Essai", denies=True, instruction="Prévenez le responsable.")
    return PersonFlag.objects.create(migrant=migrant, kind=kind, reason="Bagarre")


class TestPage:
    def test_everybody_present_is_ticked_but_those_who_cannot_be_served(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stays = [make_stay(gao) for _ in range(4)]
        hungry, fed, denied, away = (stay.migrant for stay in stays)
        make_assistance(gao, migrant=fed, service="dejeuner")
        deny(denied)
        make_leave(gao, stay=stays[3], first_night=timezone.localdate(), last_night=timezone.localdate())
        rows = {row.person: (row, ticked) for row, ticked in browser.get(address()).context["rows"]}
        assert [ticked for _row, ticked in (rows[person.pk] for person in (hungry, fed, denied, away))] == [True, False, False, False]
        assert rows[fed.pk][0].done and rows[denied.pk][0].refused and "Prévenez le responsable" in rows[denied.pk][0].why
        assert "permission" in rows[away.pk][0].why and not rows[away.pk][0].refused
        assert not any(ticked for _row, ticked in browser.get(address(tick="none")).context["rows"])
        assert sum(ticked for _row, ticked in browser.get(address(tick="all")).context["rows"]) == 1  # who is away is ticked by hand alone

    def test_what_became_of_it_is_said_and_can_be_undone(self, as_user, persona, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        first, second, fed, denied = (make_stay(gao).migrant for _ in range(4))
        make_assistance(gao, migrant=fed, service="dejeuner")
        deny(denied)
        key = browser.get(address()).context["form"].initial["key"]
        sent = {"key": key, "people": [person.pk for person in (first, second, fed, denied)]}
        for _click in (1, 2):  # a line that broke: the answer is the same
            page = browser.post(address(), sent, follow=True)
            text = page.content.decode()
            assert "2 personnes servies, 1 déjà servie, 1 non servie." in text
            assert str(denied) in text and "Prévenez le responsable" in text and "Annuler cette liste" in text
        assert "Annuler cette liste" in browser.get(address()).content.decode()  # come back by the tab
        assert Assistance.objects.count() == 3
        undo, told = reverse("reception:undo-meals", args=["GAO"]), {"key": key, "service": "dejeuner", "day": timezone.localdate()}
        assert "rien à annuler" in as_user("manager.gao").post(undo, told, follow=True).content.decode()  # not theirs
        assert "2 lignes annulées" in browser.post(undo, told, follow=True).content.decode()
        assert [line.migrant for line in Assistance.objects.all()] == [fed]
        assert as_user("returns.gao").post(undo, told).status_code == 403
        assert as_user("agent.kayes").post(undo, told).status_code == 404
        assert "abîmé" in browser.post(undo, {"key": "x"}, follow=True).content.decode()

    def test_a_list_on_paper_is_written_down_the_day_after(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        today = timezone.localdate()
        yesterday = today - datetime.timedelta(days=1)
        here, new = backdate(make_stay(gao), 3).migrant, make_stay(gao).migrant
        page = browser.get(address(day=yesterday))
        assert [row.person for row, _ticked in page.context["rows"]] == [here.pk]
        assert browser.post(address(day=yesterday), {"key": uuid.uuid4(), "people": [here.pk, new.pk]}).status_code == 302
        line = Assistance.objects.get()
        assert (line.migrant, line.given_on) == (here, yesterday)
        for wrong in (today + datetime.timedelta(days=1), today - datetime.timedelta(days=30), "hier"):
            assert browser.get(address(day=wrong)).context["day"] == today

    def test_three_hundred_people_on_one_light_page(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        crowd(gao, 10)
        counts = []
        for more in (0, 290):
            crowd(gao, more) if more else None
            deny(Stay.objects.open().latest("pk").migrant) if more else None
            browser.get(address())
            with CaptureQueriesContext(connection) as counted:
                began = time.perf_counter()
                page = browser.get(address(), headers={"accept-encoding": "gzip"})
                seconds = time.perf_counter() - began
            counts.append(len(counted))
        assert counts[1] <= 12 and counts[1] - counts[0] <= 1, counts  # one more: what the flag suspends
        assert len(page.context["rows"]) == 300
        size = len(page.content) if page.headers.get("Content-Encoding") == "gzip" else len(gzip.compress(page.content))
        assert size <= 20_000, size
        print(f"meal list of 300: {counts} queries, {size} bytes, {seconds * 1000:.0f} ms")
        people = [row.person for row, ticked in page.context["rows"] if ticked]
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as counted:
            assert browser.post(address(), {"key": uuid.uuid4(), "people": people}).status_code == 302
        print(f"save: {len(counted)} queries, {(time.perf_counter() - began) * 1000:.0f} ms")
        assert Assistance.objects.count() == 299 and len(counted) <= 25


class TestService:
    def test_lines_have_what_the_centre_says_of_the_service(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        served = serve(actor=agent, centre=gao, service=lunch(), people=[make_stay(gao).migrant_id], key=uuid.uuid4())
        line = Assistance.objects.get()
        assert served == Served(1, 0, {}) and (line.unit, line.provider.code, line.once_per_day, line.recorded_by) == ("repas", "CRM", True, agent)

    def test_where_the_centre_asks_for_another_right(self, persona, centre, as_user):
        gao = centre("GAO")
        ServiceOffer.objects.filter(centre=gao, service=lunch()).update(right_needed="manage_centre")
        people = [make_stay(gao).migrant_id]
        with pytest.raises(PermissionDenied):
            serve(actor=persona("agent.gao"), centre=gao, service=lunch(), people=people, key=uuid.uuid4())
        assert "Votre rôle ne permet pas" in as_user("agent.gao").post(address(), {"key": uuid.uuid4(), "people": people}).content.decode()
        assert serve(actor=persona("manager.gao"), centre=gao, service=lunch(), people=people, key=uuid.uuid4()).made == 1

    def test_undo_ends(self, persona, centre):
        gao, agent, key = centre("GAO"), persona("agent.gao"), uuid.uuid4()
        serve(actor=agent, centre=gao, service=lunch(), people=[make_stay(gao).migrant_id], key=key)
        Assistance.objects.update(recorded_at=timezone.now() - datetime.timedelta(minutes=16))
        with pytest.raises(ValidationError, match="plus de 15 minutes"):
            withdraw_served(actor=agent, centre=gao, service=lunch(), key=key, given_on=timezone.localdate())
        Assistance.objects.update(recorded_at=timezone.now())
        assert [withdraw_served(actor=agent, centre=gao, service=lunch(), key=key, given_on=timezone.localdate()) for _click in (1, 2)] == [1, 0]


@pytest.mark.django_db(transaction=True)
def test_one_list_saved_by_several_at_once():
    """The same people in whatever order, by six who cannot see each other, and one who sends hers twice: one set of lines, told as such."""
    gao, agents = Centre.objects.get(code="GAO"), [User.objects.get(username=name) for name in ("agent.gao", "manager.gao")]
    people = [make_stay(gao).migrant_id for _ in range(12)]
    keys = [uuid.uuid4() for _ in range(6)]
    keys[5] = keys[3]

    def work(index):
        order = people if index % 3 else people[::-1]
        return serve(actor=agents[index % 2], centre=gao, service=lunch(), people=order, key=keys[index], given_on=None)

    outcomes = _together(6, work)
    assert Assistance.objects.count() == 12
    winners = [outcome for outcome in outcomes if outcome.made]
    assert {(one.made, one.had) for one in winners} == {(12, 0)} and len(winners) in (1, 2)
    assert all((one.made, one.had) in ((12, 0), (0, 12)) for one in outcomes)
