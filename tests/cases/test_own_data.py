"""The right of access: all that is kept about a person, for that person, within a minute, and nobody else's."""

import datetime
import io
import json
import time
import uuid

import pytest
import time_machine
from pypdf import PdfReader

from audit.models import ReadLog
from cases import own_data
from cases.models import DataRequest, IdentityDocument, Note
from cases.sealed import equality_key, seal
from cases.services import write_note
from cases.tasks import tidy
from jobs.services import run
from tests.factories import make_migrant
from tests.reception.factories import make_stay

from .factories import make_attachment, make_note, move


def form(**changed):
    return {"id": str(uuid.uuid4()), "asked": "in_person", "checked": "card", "remark": "", **changed}


@pytest.fixture
def person(centre, persona):
    gao = centre("GAO")
    adult = make_migrant(gao, surname="Autrui", given_names="Personne")
    one = make_migrant(gao, surname="Keïta", given_names="Aïssata", origin_place="Ansongo", born_on=datetime.date(2015, 1, 2), accompanied_by=adult)
    make_note(gao, one, "Attend sa sœur.")
    write_note(actor=persona("protection"), migrant=one, kind=Note.Kind.PROTECTION, text="Craint son oncle.")
    make_attachment(gao, one)
    make_stay(gao, migrant=one)
    IdentityDocument.objects.create(migrant=one, kind="passport", country="ML", number_sealed=seal("AB123456"), number_key=equality_key("AB123456"))
    return one


def copy(browser, person, **changed):
    began = time.monotonic()
    assert browser.post(f"/migrants/{person.pk}/own-data/", form(**changed)).status_code == 302
    asked = DataRequest.objects.latest("made_at")
    run(asked.job_id)
    asked.refresh_from_db()
    assert asked.there, asked.job.error
    assert time.monotonic() - began < 60
    answers = [browser.get(f"/migrants/own-data/{asked.pk}/{kind}/") for kind in ("pdf", "json")]
    pdf, text = (b"".join(answer.streaming_content) for answer in answers)
    return asked, PdfReader(io.BytesIO(pdf)), json.loads(text)


@pytest.mark.django_db(transaction=True)
def test_all_that_is_kept_and_nobody_elses(as_user, person):
    asked, pdf, records = copy(as_user("agent.gao"), person)
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    for expected in ("Aïssata", "Keïta", "Ansongo", "Attend sa sœur", "AB123456", "Passeport", "en transit", "enregistrement et aide au centre"):
        assert expected in text, expected
    assert records["format"] == "sira-own-data/1"
    assert records["records"]["cases.migrant"][0]["surname"] == "Keïta"
    assert {"reception.stay", "cases.note", "cases.consent", "cases.identitydocument", "cases.attachment", "cases.custody"} <= set(records["records"])
    whole = text + json.dumps(records, ensure_ascii=False)
    for hidden in ("Craint son oncle", "Autrui", "Maïga", "number_sealed", "registered_digest", str(person.accompanied_by_id)):
        assert hidden not in whole, hidden
    assert pdf.trailer["/Root"].get("/Lang") == "fr"
    logged = ReadLog.objects.get(action="exported")
    assert (logged.rows, logged.user.username) == ([str(person.pk)], "agent.gao")
    assert ReadLog.objects.filter(action="downloaded", rows=[str(asked.pk)]).count() == 2


@pytest.mark.django_db(transaction=True)
def test_protection_notes_only_by_a_protection_officer(as_user, person):
    asked, _pdf, records = copy(as_user("protection"), person, with_protection="on")
    assert "Craint son oncle." in [note["text"] for note in records["records"]["cases.note"]]
    assert as_user("agent.gao").get(f"/migrants/own-data/{asked.pk}/json/").status_code == 403
    _asked, _pdf, records = copy(as_user("agent.gao"), person, with_protection="on")
    assert "Craint son oncle." not in json.dumps(records, ensure_ascii=False)


@pytest.mark.django_db(transaction=True)
def test_gone_after_seven_days(as_user, person):
    browser = as_user("agent.gao")
    asked, _pdf, _records = copy(browser, person)
    names, storage = (asked.pdf.name, asked.json.name), asked.pdf.storage
    with time_machine.travel(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=7, minutes=1)):
        assert as_user("agent.gao").get(f"/migrants/own-data/{asked.pk}/pdf/").status_code == 404
        tidy()
    asked.refresh_from_db()
    assert not asked.pdf
    assert not any(storage.exists(name) for name in names)


@pytest.mark.django_db(transaction=True)
def test_by_those_who_follow_the_person(as_user, person, centre):
    assert as_user("agent.kayes").get(f"/migrants/{person.pk}/own-data/").status_code == 404
    asked, _pdf, _records = copy(as_user("agent.gao"), person)
    move(person, centre("KAY"))
    former = as_user("agent.gao")
    assert former.post(f"/migrants/{person.pk}/own-data/", form()).status_code == 403
    assert former.get(f"/migrants/own-data/{asked.pk}/pdf/").status_code == 403
    assert as_user("agent.kayes").get(f"/migrants/own-data/{asked.pk}/pdf/").status_code in (200, 404)


def test_a_double_click_is_one_request(as_user, person):
    sending = form()
    browser = as_user("agent.gao")
    for _click in range(2):
        assert browser.post(f"/migrants/{person.pk}/own-data/", sending).status_code == 302
    assert DataRequest.objects.count() == 1
    assert browser.post(f"/migrants/{person.pk}/own-data/", {**sending, "checked": "known"}).status_code == 200
    assert DataRequest.objects.count() == 1


def test_how_the_person_asked_and_was_recognised_is_asked(as_user, person):
    page = as_user("agent.gao").post(f"/migrants/{person.pk}/own-data/", {"id": str(uuid.uuid4())})
    assert page.status_code == 200
    assert set(page.context["form"].errors) == {"asked", "checked"}


def test_other_floors_come_without_being_named(person):
    models = [part.model for part in own_data.collect(person, with_protection=False)]
    assert models[0] == "cases.migrant"
    assert "reception.stay" in models
