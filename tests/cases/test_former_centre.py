"""A centre whose care has ended keeps the file as it was then, read-only; what comes after belongs to those who follow the person now."""

import uuid

import pytest

from cases.models import Attachment, Migrant, Note
from cases.services import correct_identity, write_note
from centres.models import Service
from reception.models import Assistance, Stay
from reception.services import check_in, record_assistance
from tests.factories import make_migrant

from .factories import make_attachment, move

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(centre, persona) -> Migrant:
    """Looked after in Kayes first, now in Bamako, where more was written."""
    person = make_migrant(centre("KAY"), phone="22370000001")
    write_note(actor=persona("agent.kayes"), migrant=person, kind="ordinary", text="Arrivée de Nioro.")
    make_attachment(centre("KAY"), person)
    move(person, centre("BKO"))
    agent = persona("agent.bamako")
    person.refresh_from_db()
    write_note(actor=agent, migrant=person, kind="ordinary", text="Elle se cache de son mari.")
    make_attachment(centre("BKO"), person)
    check_in(actor=agent, id=uuid.uuid4(), migrant=person, centre=centre("BKO"), origin="transferred")
    record_assistance(actor=agent, id=uuid.uuid4(), migrant=person, centre=centre("BKO"), service=Service.objects.get(code="transport"))
    correct_identity(actor=agent, migrant=person, version=person.version, phone="+223 70 00 00 99")
    return Migrant.objects.get(pk=person.pk)


def test_the_file_page(moved, as_user):
    url = f"/migrants/{moved.pk}/"
    new, old = as_user("agent.bamako").get(url).content.decode(), as_user("agent.kayes").get(url).content.decode()
    for text in ("Arrivée de Nioro.", moved.full_name, moved.case_number):
        assert text in new and text in old
    for text in ("Elle se cache de son mari.", "70000099", "Bamako"):
        assert text in new and text not in old, text
    assert "Une autre équipe suit cette personne" in old and "Une autre équipe suit cette personne" not in new
    printed = f"{url}print/"
    assert "70000099" in as_user("agent.bamako").get(printed).content.decode()
    assert "70000099" not in as_user("agent.kayes").get(printed).content.decode()


def test_each_record(moved, persona):
    for model in (Note, Attachment, Stay, Assistance):
        of_person = model.objects.filter(migrant=moved)
        after, before = set(of_person.visible_to(persona("agent.bamako"))), set(of_person.visible_to(persona("agent.kayes")))
        assert before < after, model
        assert len(after) == of_person.count()
        assert before == set(of_person.visible_to(persona("manager.kayes")))
        assert not of_person.visible_to(persona("agent.gao")).exists()
    assert set(Note.objects.filter(migrant=moved).visible_to(persona("protection"))) == set(Note.objects.filter(migrant=moved))


def test_lists_api_and_export(moved, as_user, api_as):
    for username, phone in (("agent.bamako", "22370000099"), ("agent.kayes", "")):
        client = api_as(username)
        assert client.get(f"/api/v1/migrants/{moved.pk}/").json()["phone"] == phone
        [listed] = [one for one in client.get("/api/v1/migrants/").json()["results"] if one["id"] == str(moved.pk)]
        assert listed["phone"] == phone
    rows = as_user("agent.kayes").get("/migrants/").content.decode()
    assert "une autre équipe" in rows and moved.case_number in rows and "Bamako" not in rows
    for username, seen in (("manager.bamako", True), ("manager.kayes", False)):
        file = as_user(username).get("/migrants/export.csv").content.decode()
        assert moved.case_number in file
        assert ("70000099" in file) is seen and ("une autre équipe" in file) is not seen
    stays = {username: api_as(username).get(f"/api/v1/stays/?migrant={moved.pk}").json()["results"] for username in ("agent.bamako", "agent.kayes")}
    assert len(stays["agent.bamako"]) == 1 and stays["agent.kayes"] == []
