"""The road somebody came: places in their order; what is for protection is seen by protection alone; drawn on a map."""

import datetime
import re
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from audit.acting import SameKeyOtherContent, Stale
from cases import places
from cases.models import RouteStep
from cases.profiles import road
from cases.services import add_step, change_step, move_step, remove_step, withdraw_consent
from tests.factories import agent_of, make_migrant

from .factories import make_step, move, step_form

pytestmark = pytest.mark.django_db


def order_of(person) -> list[str]:
    return list(RouteStep.objects.filter(migrant=person).order_by("order", "id").values_list("place", flat=True))


def test_a_place_of_the_list_is_on_the_map_and_another_is_not(centre):
    person = make_migrant(centre("GAO"))
    known = make_step(centre("GAO"), person, place="tamanrasset", country="DZ")
    assert (known.place, str(known.latitude), str(known.longitude)) == ("Tamanrasset", "22.7850", "5.5228")
    unknown = make_step(centre("GAO"), person, place="Un campement", country="LY")
    assert (unknown.latitude, unknown.longitude) == (None, None)
    assert places.find("Tamanrasset", "NE") is None


def test_sent_twice_it_is_one_step(centre):
    person, agent, key = make_migrant(centre("GAO")), agent_of(centre("GAO")), uuid.uuid4()
    for _time in range(2):
        add_step(actor=agent, migrant=person, id=key, place="Agadez", country="NE", protection_events=["detained"])
    with pytest.raises(SameKeyOtherContent):
        add_step(actor=agent, migrant=person, id=key, place="Arlit", country="NE", protection_events=["detained"])
    with pytest.raises(SameKeyOtherContent):
        add_step(actor=agent, migrant=make_migrant(centre("GAO")), id=key, place="Agadez", country="NE", protection_events=["detained"])
    assert RouteStep.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"place": ""}, "place"),
        ({"country": "XX1"}, "country"),
        ({"since": datetime.date(2024, 5, 1), "until": datetime.date(2024, 3, 1)}, "__all__"),
        ({"since": datetime.date(2090, 5, 1)}, "since"),
        ({"cost": 5}, "__all__"),
        ({"currency": "EUR"}, "__all__"),
        ({"means": "rocket"}, "means"),
        ({"place": "a\x00b"}, "place"),
    ],
)
def test_what_is_wrong_is_refused(centre, values, field):
    with pytest.raises(ValidationError) as refused:
        make_step(centre("GAO"), **values)
    assert field in refused.value.error_dict
    assert not RouteStep.objects.exists()


def test_months_are_kept_as_their_first_day(centre):
    step = make_step(centre("GAO"), since=datetime.date(2024, 3, 17))
    assert step.since == datetime.date(2024, 3, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        RouteStep.objects.filter(pk=step.pk).update(since=datetime.date(2024, 3, 2))


def test_steps_are_moved_and_removed_once(centre):
    person, agent = make_migrant(centre("GAO")), agent_of(centre("GAO"))
    _first, second, third = (make_step(centre("GAO"), person, place=place) for place in ("Un", "Deux", "Trois"))
    move_step(actor=agent, step=third, version=1, up=True)
    with pytest.raises(Stale):  # the second click of a double click
        move_step(actor=agent, step=third, version=1, up=True)
    assert order_of(person) == ["Un", "Trois", "Deux"]
    with pytest.raises(Stale):
        remove_step(actor=agent, step=second, version=1)
    second.refresh_from_db()
    remove_step(actor=agent, step=second, version=second.version)
    remove_step(actor=agent, step=second, version=second.version)
    assert order_of(person) == ["Un", "Trois"]


def test_two_orders_alike_after_a_merge_are_put_right_by_a_move(centre):
    person, agent = make_migrant(centre("GAO")), agent_of(centre("GAO"))
    steps = [make_step(centre("GAO"), person, place=place) for place in ("Un", "Deux", "Trois")]
    RouteStep.objects.filter(migrant=person).update(order=1)
    before = order_of(person)
    last = next(step for step in steps if step.place == before[2])
    move_step(actor=agent, step=last, version=1, up=True)
    assert order_of(person) == [before[0], before[2], before[1]]
    assert sorted(RouteStep.objects.values_list("order", flat=True)) == [1, 2, 3]


def test_who_may(centre, persona):
    person = make_migrant(centre("GAO"))
    step = make_step(centre("GAO"), person)
    for username in ("agent.kayes", "me.iom", "flows", "admin"):
        actor = persona(username)
        for attempt in (
            lambda actor=actor: add_step(actor=actor, migrant=person, id=uuid.uuid4(), place="X", country="NE"),
            lambda actor=actor: change_step(actor=actor, step=step, version=1, place="X"),
            lambda actor=actor: move_step(actor=actor, step=step, version=1, up=True),
            lambda actor=actor: remove_step(actor=actor, step=step, version=1),
        ):
            with pytest.raises(PermissionDenied):
                attempt()
    withdraw_consent(actor=persona("agent.gao"), consent=person.consents.get(purpose="registration"))
    with pytest.raises(ValidationError, match="accord"):
        make_step(centre("GAO"), person)


def test_what_is_for_protection_is_seen_by_protection_alone(centre, persona, as_user):
    person = make_migrant(centre("GAO"))
    step = make_step(centre("GAO"), person, place="Sebha", country="LY", protection_events=["detained", "violence"])
    url = reverse("cases:profile", args=[person.pk])
    officer = as_user("protection").get(url).content.decode()
    assert "détenue" in officer and "violence subie" in officer
    for username in ("agent.gao", "manager.gao", "returns.gao"):
        page = as_user(username).get(url).content.decode()
        assert "Sebha" in page, "that the step is there is seen by all"
        assert "détenue" not in page and "violence subie" not in page
        edit = as_user(username).get(reverse("cases:step", args=[step.pk])).content.decode()
        assert not re.search(r'name="protection_events"[^>]*checked', edit)
    edit = as_user("protection").get(reverse("cases:step", args=[step.pk])).content.decode()
    assert len(re.findall(r'name="protection_events"[^>]*checked', edit)) == 2


def test_who_does_not_see_it_adds_to_it_and_takes_nothing_away(centre, persona, as_user):
    person = make_migrant(centre("GAO"))
    step = make_step(centre("GAO"), person, protection_events=["detained"])
    browser, url = as_user("agent.gao"), reverse("cases:step", args=[step.pk])
    assert browser.post(url, step_form(centre("GAO"), id=str(step.pk), version="1", protection_events=["extorted"])).status_code == 302
    step.refresh_from_db()
    assert step.protection_events == ["detained", "extorted"]
    assert browser.post(url, step_form(centre("GAO"), id=str(step.pk), version="2", notes="Corrigé")).status_code == 302
    step.refresh_from_db()
    assert step.protection_events == ["detained", "extorted"]
    assert as_user("protection").post(url, step_form(centre("GAO"), id=str(step.pk), version="3", protection_events=["violence"])).status_code == 302
    step.refresh_from_db()
    assert step.protection_events == ["violence"]


def test_nothing_tells_whether_it_was_there_and_nobody_else_deletes_it(centre, persona, as_user):
    """The version moves alike for a right guess and a wrong one; a place taken off the road stays for protection."""
    person, agent = make_migrant(centre("GAO")), agent_of(centre("GAO"))
    for there in (["trafficked"], []):
        step = make_step(centre("GAO"), person, protection_events=there)
        assert change_step(actor=agent, step=step, version=1, protection_events=["trafficked"]).version == 2
    remove_step(actor=agent, step=step, version=2)
    url = reverse("cases:profile", args=[person.pk])
    assert RouteStep.objects.visible_to(agent).filter(migrant=person).count() == 1
    assert RouteStep.objects.visible_to(persona("protection")).filter(migrant=person).count() == 2
    assert as_user("agent.gao").get(reverse("cases:step", args=[step.pk])).status_code == 404
    assert as_user("protection").get(url).status_code == 200
    remove_step(actor=persona("protection"), step=step, version=3)
    assert not RouteStep.objects.filter(pk=step.pk).exists()


def test_a_stale_save_shows_both_but_not_what_is_for_protection(centre, persona, as_user):
    person = make_migrant(centre("GAO"))
    step = make_step(centre("GAO"), person)
    change_step(actor=persona("protection"), step=step, version=1, place="Arlit", protection_events=["sexual_violence"])
    mine = step_form(centre("GAO"), id=str(step.pk), version="1", notes="La mienne")
    response = as_user("agent.gao").post(reverse("cases:step", args=[step.pk]), mine)
    page = response.content.decode()
    assert response.status_code == 409 and "Arlit" in page and "La mienne" in page
    assert "<dd>violence sexuelle" not in page and page.count("violence sexuelle") == 1, "only the box that can be ticked"
    response = as_user("protection").post(reverse("cases:step", args=[step.pk]), mine)
    assert "<dd>violence sexuelle" in response.content.decode().replace("<dd> ", "<dd>")
    step.refresh_from_db()
    assert step.place == "Arlit"


def test_a_form_says_what_to_do(as_user, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    url = reverse("cases:add_step", args=[person.pk])
    page = browser.get(url).content.decode()
    assert "Agadez (Niger)" in page
    for wrong, field in (
        ({"place": "Un campement"}, "country"),
        ({"since": "l’an dernier"}, "since"),
        ({"since": "2024-05", "until": "2024-03"}, "until"),
        ({"cost": "5000"}, "currency"),
        ({"cost": "beaucoup"}, "cost"),
        ({"place": ""}, "place"),
    ):
        response = browser.post(url, step_form(centre("GAO"), **wrong))
        assert response.status_code == 200 and field in response.context["form"].errors, wrong
    assert not RouteStep.objects.exists()
    response = browser.post(url, step_form(centre("GAO"), since="06/2024", until="", cost="5 000,50", currency="XOF", another="1"))
    assert response.url == url
    step = RouteStep.objects.get()
    assert (step.place, step.country, step.since, str(step.cost)) == ("Agadez", "NE", datetime.date(2024, 6, 1), "5000.50")
    body = step_form(centre("GAO"))
    for _time in range(2):
        assert browser.post(url, body).status_code == 302
    assert RouteStep.objects.count() == 2, "sent twice it is one step"
    again = browser.post(url, body | {"place": "Arlit (Niger)"})
    assert again.status_code == 200 and "Arlit" in again.content.decode()


def test_a_former_centre_does_not_see_later_steps_and_keeps_its_own_as_it_wrote_them(centre, persona, as_user):
    person = make_migrant(centre("GAO"))
    old, later_changed = make_step(centre("GAO"), person, place="Agadez"), make_step(centre("GAO"), person, place="Arlit")
    move(person, centre("KAY"))
    add_step(actor=persona("agent.kayes"), migrant=person, id=uuid.uuid4(), place="Dirkou", country="NE")
    change_step(actor=persona("agent.kayes"), step=later_changed, version=1, place="Zinder")
    assert [str(step) for step in RouteStep.objects.visible_to(persona("agent.gao"))] == ["Agadez (Niger)", "Arlit (Niger)"]
    page = as_user("agent.gao").get(reverse("cases:profile", args=[person.pk])).content.decode()
    assert "Agadez" in page and "Arlit" in page and "Dirkou" not in page and "Zinder" not in page
    for step in (old, later_changed):
        assert as_user("agent.gao").get(reverse("cases:step", args=[step.pk])).status_code == 403
    remove_step(actor=persona("agent.kayes"), step=old, version=1)
    assert "Agadez" in as_user("agent.gao").get(reverse("cases:profile", args=[person.pk])).content.decode()
    assert "Agadez" not in as_user("agent.kayes").get(reverse("cases:profile", args=[person.pk])).content.decode()


def test_the_map_names_the_places_and_a_strange_name_breaks_nothing(centre, as_user):
    person = make_migrant(centre("GAO"))
    make_step(centre("GAO"), person, place="Agadez", country="NE")
    make_step(centre("GAO"), person, place="<script>alert(1)</script>", country="NE")
    make_step(centre("GAO"), person, place="Sebha", country="LY")
    page = as_user("agent.gao").get(reverse("cases:profile", args=[person.pk])).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    svg = str(road(list(RouteStep.objects.filter(migrant=person))))
    assert "region.svg" in svg and "Agadez" in svg and "Sebha" in svg and ">1<" in svg and ">3<" in svg
    assert "<desc>De Agadez à Sebha" in svg
    assert road([]) == ""
