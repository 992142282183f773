"""Names leave the system only by the hand of who may export them, for their centres, defused and written down."""

import csv
import datetime
import io
import uuid
from decimal import Decimal

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from audit.models import ReadLog
from cases import exporting
from cases.exporting import LISTINGS
from config.spreadsheet import WRITERS, Column, Sheet
from jobs.models import Job
from jobs.services import run
from tests.factories import make_migrant, make_minor
from tests.reception.factories import make_stay
from tests.reintegration.factories import make_reintegration
from tests.returns.factories import make_return

from .factories import move


def rows(response):
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_a_manager_exports_the_people_of_the_centre(as_user, centre):
    here, there = make_migrant(centre("GAO"), surname="Ici"), make_migrant(centre("KAY"), surname="Ailleurs")
    response = as_user("manager.gao").get("/migrants/export.csv")
    assert response["Content-Disposition"].startswith("attachment;")
    header, tags, *people = rows(response)
    assert header[0] == "Numéro de dossier"
    assert all(tag.startswith("#") for tag in tags)
    assert [row[0] for row in people] == [here.case_number]
    assert there.case_number not in response.content.decode()
    assert ReadLog.objects.get(action="exported").rows == [str(here.pk)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_who_may_not_export_names_gets_none(as_user, centre, kind):
    make_migrant(centre("GAO"))
    assert as_user("manager.gao").get(f"/migrants/export.{kind}").status_code == 200
    for username in ("agent.gao", "protection", "returns.gao", "me.iom", "steering.eu", "auditor", "admin"):
        assert as_user(username).get(f"/migrants/export.{kind}").status_code == 403, username
    assert "export.csv" in as_user("manager.gao").get("/migrants/").content.decode()
    assert "export.csv" not in as_user("agent.gao").get("/migrants/").content.decode()


def test_the_export_holds_what_the_list_shows(as_user, centre):
    gao = centre("GAO")
    child = make_minor(gao, surname="Traoré", given_names="Petit")
    make_migrant(gao, surname="Zerbo", given_names="Grand")
    browser = as_user("manager.gao")
    assert [row[0] for row in rows(browser.get("/migrants/export.csv", {"alone": "on"}))[2:]] == [child.case_number]
    assert [row[0] for row in rows(browser.get("/migrants/export.csv", {"q": "Traore"}))[2:]] == [child.case_number]
    assert rows(browser.get("/migrants/export.csv", {"after": "x"}))[2:]
    assert not rows(browser.get("/migrants/export.csv", {"sex": "x"}))[2:]


def test_no_cell_is_a_formula(as_user, centre):
    for start in "=+-@＝":
        make_migrant(centre("GAO"), surname=f"{start}HYPERLINK(A1)", given_names=f"{start}cmd|'/c calc'!A1")
    browser = as_user("manager.gao")
    for row in rows(browser.get("/migrants/export.csv"))[2:]:
        assert not any(cell[:1] in "=+-@＝\t" for cell in row if cell)
        assert row[1].startswith("'")
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/migrants/export.xlsx").content))
    cells = [cell for row in book.active.iter_rows(min_row=3) for cell in row]
    assert cells
    assert not any(cell.data_type == "f" for cell in cells)


def test_the_workbook_has_titles_tags_and_people(as_user, centre):
    person = make_migrant(centre("GAO"), surname="Keïta", phone="22376123456")
    book = openpyxl.load_workbook(io.BytesIO(as_user("manager.gao").get("/migrants/export.xlsx").content))
    titles, tags, row = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert (titles[0], tags[0], row[0], row[1]) == ("Numéro de dossier", "#x_person+id", person.case_number, "Keïta")
    assert "22376123456" in row


def test_a_person_who_moved_away_stays_in_the_export_of_who_cared_for_them(as_user, centre):
    person = make_migrant(centre("GAO"))
    move(person, centre("KAY"))
    for username in ("manager.gao", "manager.kayes"):
        assert person.case_number in as_user(username).get("/migrants/export.csv").content.decode()
    assert person.case_number not in as_user("manager.bamako").get("/migrants/export.csv").content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_long_list_is_made_by_a_worker(as_user, centre, monkeypatch, kind):
    monkeypatch.setattr(exporting, "MOST_NOW", 1)
    people = [make_migrant(centre("GAO")) for _ in range(3)]
    other = make_migrant(centre("GAO"), sex="female")
    browser = as_user("manager.gao")
    first = browser.get(f"/migrants/export.{kind}", {"sex": "male"})
    again = browser.get(f"/migrants/export.{kind}", {"sex": "male"})
    assert first.status_code == 302
    assert Job.objects.count() == 1 or first["Location"] != again["Location"]  # the minute may have turned
    assert not ReadLog.objects.filter(action="exported").exists()
    job = Job.objects.latest("created_at")
    run(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    assert set(ReadLog.objects.get(action="exported").rows) == {str(person.pk) for person in people}
    content = b"".join(browser.get(f"/jobs/{job.pk}/file/").streaming_content)
    if kind == "csv":
        numbers = [row[0] for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))][2:]
    else:
        numbers = [row[0].value for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=3)]
    assert numbers == [person.case_number for person in reversed(people)]
    assert other.case_number not in numbers


def test_columns_are_chosen_remembered_and_never_more_than_there_are(as_user, centre):
    person = make_migrant(centre("GAO"), father_given_names="Bakary", phone="22376123456")
    browser = as_user("manager.gao")
    assert rows(browser.get("/migrants/export.csv?column=father&column=case_number&column=registered_digest"))[2] == [person.case_number, "Bakary"]
    assert "Bakary" not in browser.get("/migrants/export.csv").content.decode()
    assert browser.post("/migrants/columns/people/?sex=male", {"columns": ["case_number", "father"]})["Location"] == "/migrants/?sex=male"
    assert rows(browser.get("/migrants/export.csv"))[0] == ["Numéro de dossier", "Prénoms du père"]
    assert "Bakary" in browser.get("/migrants/").content.decode()
    browser.post("/migrants/columns/people/", {"usual": "1"})
    assert "Bakary" not in browser.get("/migrants/export.csv").content.decode()
    assert browser.post("/migrants/columns/people/", {"columns": ["number_sealed"]}).status_code == 200
    assert browser.get("/migrants/columns/none/").status_code == 404


@pytest.mark.parametrize("path", ["/returns/export", "/reintegration/export", "/reintegration/visits/export", "/centres/export"])
def test_every_list_follows_scope_and_right(as_user, centre, path):
    for kind in ("csv", "xlsx"):
        assert as_user("manager.gao").get(f"{path}.{kind}").status_code == 200
    assert as_user("agent.gao").get(f"{path}.csv").status_code == 403
    header, tags = rows(as_user("manager.gao").get(f"{path}.csv"))[:2]
    assert header[0] == "Numéro de dossier"
    assert all(tag.startswith("#") for tag in tags)


def test_a_list_of_returns_holds_only_people_of_the_centre(as_user, centre):
    here, there = make_return(centre("GAO")), make_return(centre("KAY"))
    text = as_user("manager.gao").get("/returns/export.csv").content.decode()
    assert here.migrant.case_number in text
    assert there.migrant.case_number not in text
    assert ReadLog.objects.get(action="exported").model == "returns.returncase"


EXPORTED = {  # a row for each list
    "people": lambda gao: make_migrant(gao),
    "stays": lambda gao: make_stay(gao),
    "returns": lambda gao: make_return(gao),
    "reintegrations": lambda gao: make_reintegration(gao),
    "visits": lambda gao: make_reintegration(gao),
}
SHOWN = {"visits": {"due": "waiting"}}


@pytest.mark.parametrize("name", sorted(LISTINGS))
@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_every_list_comes_out_as_every_kind_with_every_column(as_user, centre, name, kind):
    """A list that is registered without a row here fails too."""
    EXPORTED[name](centre("GAO"))
    listing = LISTINGS[name]
    response = as_user("manager.gao").get(reverse(listing.export_name, args=[kind]), {"column": [column.name for column in listing.columns], **SHOWN.get(name, {})})
    assert response.status_code == 200
    if kind == "csv":
        titles, _tags, *lines = rows(response)
    else:
        titles, _tags, *lines = [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(response.content)).active.iter_rows()]
    assert len(titles) == len(listing.columns)
    assert lines
    with translation.override("en"):
        assert as_user("manager.gao").get(reverse(listing.export_name, args=[kind])).status_code == 200


@pytest.mark.parametrize("value", [gettext_lazy("oui"), None, True, 1.5, Decimal("2.50"), uuid.UUID(int=1), timezone.now(), datetime.date(2026, 1, 2), [], "a\x00b"])
@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_whatever_a_column_holds_can_be_written(kind, value):
    assert WRITERS[kind](Sheet(gettext_lazy("Liste"), [Column(gettext_lazy("Titre"))], [[value]]))


@pytest.mark.parametrize("kind", ["pdf", "exe", "CSV", "csv%01"])
def test_other_kinds_are_absent(as_user, kind):
    assert as_user("manager.gao").get(f"/migrants/export.{kind}").status_code == 404
