"""A death ends what is open on every floor, nothing new begins, and the manager undoes one that was noted by mistake."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.models import Migrant
from centres.models import Service
from reception.models import Alert, Assistance, Leave, Stay
from reception.services import cancel_leave, check_in, check_out, close_alert, record_assistance, undo_departure
from reintegration.models import ReintegrationCase
from reintegration.services import close_case, open_reintegration
from returns.models import ReturnCase
from returns.services import move, open_return
from tests.factories import make_migrant, make_minor
from tests.reintegration.factories import make_reintegration
from tests.returns.factories import bring_to, make_return
from tests.returns.factories import day as on_day

from .factories import make_alert, make_leave, make_stay, make_transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(centre) -> Migrant:
    return make_stay(centre("GAO")).migrant


def die(persona, person) -> Stay:
    return check_out(actor=persona("agent.gao"), stay=Stay.objects.open().get(migrant=person), reason="died")


def test_what_is_open_is_closed_in_the_same_transaction(centre, persona, person):
    returning = bring_to(make_return(centre("GAO"), person), "documents")
    follow = make_reintegration(centre("GAO"), person)
    child = make_migrant(centre("GAO"), born_on=timezone.localdate() - datetime.timedelta(days=3000), birth_precision="day")
    Migrant.objects.filter(pk=child.pk).update(accompanied_by=person)
    die(persona, person)
    person.refresh_from_db()
    returning.refresh_from_db()
    follow.refresh_from_db()
    child.refresh_from_db()
    assert person.died_on == timezone.localdate()
    assert (returning.state, returning.end_reason, returning.is_open) == ("died", "Décès de la personne", False)
    assert (follow.state, follow.closed_on) == ("died", timezone.localdate())
    assert child.is_unaccompanied_minor and child in Migrant.objects.unaccompanied_minors()


def test_nothing_new_begins_not_even_past_the_services(centre, persona, person):
    die(persona, person)
    agent, gao = persona("agent.gao"), centre("GAO")
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    for begin in (
        lambda: check_in(actor=agent, id=uuid.uuid4(), migrant=person, centre=gao, origin="transit"),
        lambda: open_return(actor=persona("returns.gao"), migrant=person, country_to="GN"),
        lambda: open_reintegration(actor=persona("reintegration.bamako"), migrant=person, kind="individual", returned_from="DZ", centre=centre("BKO")),
    ):
        with pytest.raises((ValidationError, PermissionDenied)):
            begin()
    for row in (
        Stay(migrant=person, centre=gao, origin="transit"),
        Assistance(migrant=person, centre=gao, service=Service.objects.first(), given_on=tomorrow),
        ReturnCase(migrant=person, centre=gao, country_to="GN"),
        ReintegrationCase(migrant=person, centre=gao, kind="individual", returned_from="DZ", returned_from_continent="africa"),
    ):
        with pytest.raises(IntegrityError, match="has died"), transaction.atomic():
            row.save(force_insert=True)
    # What was given before is still written down.
    assert record_assistance(actor=agent, id=uuid.uuid4(), migrant=person, centre=gao, service=Service.objects.get(code="dejeuner"))[1]


def test_the_file_says_so_and_offers_nothing(centre, persona, person, as_user):
    die(persona, person)
    for username in ("agent.gao", "returns.gao", "manager.gao"):
        page = as_user(username).get(f"/migrants/{person.pk}/").content.decode()
        assert "personne décédée le" in page
        for offer in ("Admettre", "Donner une assistance", "Ouvrir un retour"):
            assert offer not in page, (username, offer)
        assert ("Annuler le départ noté" in page) is (username == "manager.gao")


def test_the_manager_undoes_a_mistake(centre, persona, person, as_user):
    returning = bring_to(make_return(centre("GAO"), person), "documents")
    follow = make_reintegration(centre("GAO"), person)
    stay = die(persona, person)
    for nobody in ("agent.gao", "manager.kayes"):
        with pytest.raises(PermissionDenied):
            undo_departure(actor=persona(nobody), stay=stay, reason="Erreur")
    with pytest.raises(ValidationError):
        undo_departure(actor=persona("manager.gao"), stay=stay, reason="  ")
    client = as_user("manager.gao")
    assert client.post(f"/centres/stays/{stay.pk}/undo-departure/", {"version": stay.version, "reason": "Noté pour une autre personne"}).status_code == 302
    stay.refresh_from_db()
    person.refresh_from_db()
    returning.refresh_from_db()
    follow.refresh_from_db()
    assert stay.is_open and stay.undone_reason == "Noté pour une autre personne"
    assert person.died_on is None
    assert (returning.state, returning.ended_on, returning.end_reason) == ("documents", None, "")
    assert (follow.state, follow.closed_on) == ("open", None)
    assert "Noté pour une autre personne" in client.get(f"/migrants/{person.pk}/").content.decode()


def test_nobody_looks_for_the_dead_or_waits_for_them(centre, persona):
    """The alert and the leave end with the death, and hold again if it was noted by mistake; what was closed before stays closed."""
    gao = centre("GAO")
    stay = make_stay(gao, migrant=make_minor(gao))
    child, about = stay.migrant, {"subject": str(stay.migrant_id), "migrant": stay.migrant}
    before, other = close_alert(actor=persona("protection"), alert=make_alert(gao, **about), done="Cherché chez un ami", seen=True, where="Chez un ami"), make_alert(gao)
    alert, absence, leave = make_alert(gao, **about), make_alert(gao, "absence", **about), make_leave(gao, stay=stay)
    old = make_leave(gao, first_night=leave.last_night + datetime.timedelta(days=2), last_night=leave.last_night + datetime.timedelta(days=2), stay=stay)
    cancel_leave(actor=persona("agent.gao"), leave=old)
    died = die(persona, child)
    assert list(Alert.objects.open()) == [other] and not Leave.objects.filter(stay=stay, cancelled_at__isnull=True).exists()
    alert.refresh_from_db()
    assert (alert.done, alert.closed_by) == ("Décès de la personne.", persona("agent.gao"))
    undo_departure(actor=persona("manager.gao"), stay=died, reason="Noté pour une autre personne")
    assert set(Alert.objects.open()) == {alert, absence, other} and before not in Alert.objects.open()
    assert list(Leave.objects.filter(stay=stay, cancelled_at__isnull=True)) == [leave]


def test_a_transfer_is_not_undone(centre, persona, person):
    stay = make_transfer(Stay.objects.get(migrant=person), state="travelling").stay
    stay.refresh_from_db()
    with pytest.raises(ValidationError):
        undo_departure(actor=persona("manager.gao"), stay=stay, reason="Erreur")


def test_a_death_during_the_follow_up_closes_the_rest(centre, persona):
    stay = make_stay(centre("KAY"))
    follow = make_reintegration(centre("KAY"), stay.migrant)
    close_case(actor=persona("reintegration.kayes"), case=follow, state="died", closed_on=timezone.localdate(), version=1)
    stay.refresh_from_db()
    assert stay.departure_reason == "died"
    assert Migrant.objects.get(pk=stay.migrant_id).died_on == timezone.localdate()


@pytest.mark.parametrize("country_from", ["ML", "NE"])
def test_a_departure_on_a_return_empties_the_bed_wherever_it_starts(centre, persona, person, as_user, country_from):
    Stay.objects.filter(migrant=person).update(arrived_at=timezone.now() - datetime.timedelta(days=3))
    case = bring_to(make_return(centre("GAO"), person, country_from=country_from), "ready")
    assert person.full_name in as_user("agent.gao").get("/centres/GAO/").content.decode()
    move(actor=persona("returns.gao"), case=case, to="departed", version=case.version, departed_on=on_day())
    stay = Stay.objects.get(migrant=person)
    assert (stay.departure_reason, stay.is_open) == ("return", False)


def test_the_arrival_too_ends_a_stay_left_open(centre, persona, person):
    Stay.objects.filter(migrant=person).update(arrived_at=timezone.now() - datetime.timedelta(days=3))
    case = bring_to(make_return(centre("GAO"), person), "departed")
    Stay.objects.filter(migrant=person).update(departed_at=None, departure_reason="", checked_out_by=None)
    move(actor=persona("returns.gao"), case=case, to="arrived", version=case.version, arrived_on=on_day())
    assert not Stay.objects.open().filter(migrant=person).exists()
