"""A centre whose care has ended keeps the file as it was then, read-only; what comes after belongs to those who follow the person now."""

import uuid

import pytest
from django.apps import apps

from audit.reading import reading_as
from cases.models import Attachment, Custody, FileQuerySet, LastKnown, Migrant, Note
from cases.services import correct_identity, write_note
from centres.models import Service
from reception.models import Assistance, Stay
from reception.services import check_in, record_assistance
from returns.services import move as move_return
from tests.factories import make_migrant
from tests.reintegration.factories import make_reintegration
from tests.returns.factories import bring_to, make_return

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


def test_returns_and_reintegrations_that_go_on_belong_to_those_who_follow(centre, persona, as_user, api_as):
    person = make_migrant(centre("GAO"), surname="Camara", given_names="Fatou", nationality="GN")
    ended = make_return(centre("GAO"), person)
    move_return(actor=persona("returns.gao"), case=ended, to="withdrawn", version=1, end_reason="Attend sa sœur")
    going_on = make_return(centre("GAO"), person)
    follow = make_reintegration(centre("GAO"), person, plan="Atelier de couture")
    move(person, centre("BKO"))
    person.refresh_from_db()
    bring_to(going_on, "documents", actor=persona("returns.bamako"))
    correct_identity(actor=persona("agent.bamako"), migrant=person, version=person.version, surname="Nouveau-Nom")
    file = as_user("returns.gao").get(f"/migrants/{person.pk}/").content.decode()
    assert "Camara" in file and "Nouveau-Nom" not in file
    assert "Retour volontaire ouvert" in file and "Atelier de couture" not in file and "Déclaration de retour" not in file
    assert "Nouveau-Nom" in as_user("agent.bamako").get(f"/migrants/{person.pk}/").content.decode()
    for username, sees in (("returns.gao", False), ("returns.bamako", True)):
        pages = as_user(username)
        assert (pages.get(f"/returns/{going_on.pk}/").status_code == 200) is sees
        assert (pages.get(f"/reintegration/{follow.pk}/sheet/").status_code == 200) is sees
        assert (str(going_on.pk) in pages.get("/returns/?state=all").content.decode()) is sees
        page = pages.get(f"/returns/{ended.pk}/")
        assert page.status_code == 200 and ("Nouveau-Nom" in page.content.decode()) is sees
        api = api_as(username)
        assert (api.get(f"/api/v1/return-cases/{going_on.pk}/").status_code == 200) is sees
        assert (api.get(f"/api/v1/reintegration-cases/{follow.pk}/").status_code == 200) is sees
        assert (len(api.get(f"/api/v1/visits/?case={follow.pk}").json()["results"]) == 5) is sees
    assert "Nouveau-Nom" not in as_user("agent.gao").get("/migrants/").content.decode()
    assert api_as("agent.gao").get(f"/api/v1/migrants/{person.pk}/").json()["surname"] == "Camara"


def test_no_question_about_somebody_else_tells_who_the_person_is_now(moved, as_user, api_as, centre, persona):
    """Likeness, filters and searches of a former centre: as if the person were out of its sight."""
    correct_identity(actor=persona("agent.bamako"), migrant=moved, version=moved.version, surname="Zoumarou", given_names="Kadidia")
    alike = make_migrant(centre("KAY"), surname="Zoumarou", given_names="Kadidia", phone="22370000099")
    [found] = api_as("agent.kayes").get(f"/api/v1/migrants/{alike.pk}/duplicates/").json()
    assert found["migrant"] is None and found["certainty"] in (0.5, 0.85, 0.97)
    assert api_as("agent.kayes").get("/api/v1/migrants/?centre=BKO").json()["results"] == []
    for words in ("Zoumarou", "70000099"):
        keys = [one["id"] for one in api_as("agent.kayes").get("/api/v1/migrants/", {"q": words}).json()["results"]]
        assert keys == [str(alike.pk)], words
    assert moved.full_name in as_user("agent.kayes").get("/migrants/", {"q": moved.full_name}).content.decode()
    assert "Zoumarou" not in as_user("agent.kayes").get(f"/migrants/{moved.pk}/consents/").content.decode()


@pytest.mark.parametrize("username", ["agent.kayes", "agent.bamako", "agent.gao", "health.gao", "protection", "steering.eu"])
def test_of_one_person_at_hand_the_same_rows_are_seen(username, moved, persona, centre):
    """What the papers of a file ask for, knowing who cares for the person, is what the scope of a list says: of every sort of paper."""
    user, here = persona(username), centre("GAO")
    write_note(actor=persona("protection"), migrant=moved, kind="protection", text="Vue.")
    people = [moved, make_migrant(here), make_migrant(centre("KAY"))]
    move(people[2], here)
    checked = 0
    for model in apps.get_models():
        rows = model._default_manager.all()
        if not isinstance(rows, FileQuerySet):
            continue
        for person in people:
            alone = set(rows.visible_to(user).filter(**{rows.person: person.pk}).values_list("pk", flat=True))
            assert set(rows.on_file_of(person).visible_to(user).values_list("pk", flat=True)) == alone, (model, person)
            checked += bool(alone)
    assert bool(checked) == (username != "steering.eu")


def test_what_is_read_as_it_was_is_what_the_database_keeps():
    """The queries and the triggers name the same models."""
    read, kept = set(), set()
    for model in apps.get_models():
        rows = model._default_manager.all()
        if isinstance(rows, FileQuerySet) and rows.keeps:
            read.add(model)
        if any(trigger.name == "last_known" for trigger in getattr(model._meta, "triggers", ())) and model not in (Migrant, Custody):
            kept.add(model)
    assert read == kept
    assert len(read) >= 9


def test_a_copy_is_kept_of_the_first_change_alone_and_of_nothing_that_stays(moved, persona, centre):
    first = LastKnown.objects.get(migrant=moved, table="cases_migrant")
    assert first.content["phone"] == "22370000001" and first.centre == centre("KAY")
    correct_identity(actor=persona("agent.bamako"), migrant=moved, version=moved.version, phone="+223 70 00 00 98")
    assert LastKnown.objects.get(migrant=moved, table="cases_migrant").content == first.content
    assert not LastKnown.objects.exclude(table="cases_migrant").exists()
    # Back in Kayes, that centre reads what is true; and once more gone, what was true when it let go again.
    move(moved, centre("KAY"))
    assert Migrant.objects.visible_to(persona("agent.kayes")).get(pk=moved.pk).phone == "22370000098"
    assert Migrant.objects.visible_to(persona("agent.bamako")).get(pk=moved.pk).phone == "22370000098"
    move(moved, centre("BKO"))
    person = Migrant.objects.get(pk=moved.pk)
    correct_identity(actor=persona("agent.bamako"), migrant=person, version=person.version, phone="+223 70 00 00 97")
    assert Migrant.objects.visible_to(persona("agent.kayes")).get(pk=moved.pk).phone == "22370000098"


def test_a_person_who_comes_with_another_row_is_the_same(moved, persona):
    """A join and a foreign key know nothing of `visible_to`: the person itself says what its reader knows, and a service what is true."""
    note = Note.objects.filter(migrant=moved).first()
    with reading_as(persona("agent.kayes")):
        assert Note.objects.select_related("migrant").get(pk=note.pk).migrant.phone == "22370000001"
        assert Note.objects.get(pk=note.pk).migrant.phone == "22370000001"
        person = Migrant.objects.defer("kept_for").get(pk=moved.pk)
        assert person.phone == "22370000001"
        person.refresh_from_db()
        assert person.phone == "22370000001"
        with reading_as(None):
            assert Migrant.objects.get(pk=moved.pk).phone == "22370000099"
    with reading_as(persona("agent.bamako")):
        assert Note.objects.select_related("migrant").get(pk=note.pk).migrant.phone == "22370000099"
