"""What is asked of whoever brings a list in: the sheet, the agreement, the day of the list, what figures mean; and where it is told."""

import datetime
import io

import openpyxl
import pytest

from accounts.models import User
from cases.importing import batches
from cases.models import ImportBatch, Migrant
from centres.models import Centre

from .test_import import AGED, HEADER, as_csv, as_xlsx, checked, imported, receive, row, two_sheets

State = ImportBatch.State


@pytest.fixture
def gao(centre) -> Centre:
    return centre("GAO")


def test_another_sheet_is_read_and_figures_and_ages_are_asked_about(as_user, gao):
    browser, batch = as_user("manager.gao"), receive(two_sheets(), gao)
    url = f"/migrants/import/{batch.pk}/"
    page = browser.get(url).content.decode()
    assert "Feuille du classeur" in page and "Si le sexe est écrit en chiffres" not in page
    assert 'value="consent"' not in page  # never among the columns, so never chosen there
    actor = User.objects.get(username="manager.gao")
    batch = batches.read_step(batches.choose_sheet(actor=actor, batch=batch, sheet="Kayes", queued=False), actor=actor)
    assert (batch.state, batch.sheet, batch.columns, batch.has_codes) == (State.READ, "Kayes", AGED, True)
    answers = {"sheet": "Kayes", "consent": "4", "date_order": "dmy"} | {f"column_{place}": name for place, name in batch.matching.items()}
    page = browser.post(url + "columns/", answers)
    assert "De quel jour est cette liste" in page.content.decode()
    assert "ne peut pas être dans l’avenir" in browser.post(url + "columns/", answers | {"listed_on": "2999-01-01"}).content.decode()
    assert browser.post(url + "columns/", answers | {"listed_on": "2020-05-01", "sex_codes": "mf"}).status_code == 302
    batch = batches.check_step(ImportBatch.objects.get(pk=batch.pk), actor=actor)
    assert (batch.errors, batch.listed_on, batch.sex_codes) == (0, datetime.date(2020, 5, 1), "mf")
    page = browser.get(url).content.decode()
    assert "l’âge est compté au jour de la liste" in page and "un chiffre est lu comme le sexe" in page
    batch = batches.write_step(batches.confirm(actor=actor, batch=batch, alike="keep_all", queued=False), actor=actor)
    person = Migrant.objects.get(pk=batch.people[0])
    assert (person.surname, person.sex, person.born_on.year) == ("Ailleurs", "male", 1990)


@pytest.mark.parametrize(("sexes", "asked"), [(["1", "2"], True), (["Mme", "2"], True), (["Mme", "H"], False)])
def test_what_figures_mean_is_asked_where_there_are_any(as_user, gao, sexes, asked):
    batch = receive(as_csv([row(number, sex=sex) for number, sex in enumerate(sexes)]), gao)
    page = as_user("manager.gao").get(f"/migrants/import/{batch.pk}/").content.decode()
    assert ("Si le sexe est écrit en chiffres" in page) == asked


def test_a_sheet_without_a_list_leaves_the_one_before(gao):
    actor = User.objects.get(username="manager.gao")
    batch = receive(as_xlsx([row(1)], after=lambda sheet: sheet.parent.create_sheet("Vide")), gao)
    batch = batches.read_step(batches.choose_sheet(actor=actor, batch=batch, sheet="Vide", queued=False), actor=actor)
    assert (batch.state, batch.sheet) == (State.READ, "Sheet")
    assert "« Vide »".replace("« ", "«\u00a0").replace(" »", "\u00a0»") in batch.notes[0]
    with pytest.raises(Exception, match="pas dans le classeur"):
        batches.choose_sheet(actor=actor, batch=batch, sheet="Ailleurs", queued=False)


def test_who_agreed_is_said_anew_for_the_same_columns(gao):
    imported(as_csv([row(1)]), gao)
    again = receive(as_csv([row(2)]), gao)
    assert "consent" not in again.matching.values() and "consent_method" in again.matching.values()


def test_what_was_told_is_in_the_file_of_the_check(gao):
    batch = checked(as_csv([[*row(1, phone="NSP"), "x"]], [*HEADER, "Contact d'urgence"]), gao)
    told = openpyxl.load_workbook(io.BytesIO(batch.report.read()))["À savoir"]
    text = " ".join(str(cell.value) for line in told.iter_rows() for cell in line)
    assert "Contact d'urgence" in text and "lu comme inconnu" in text
    assert [one["words"] for one in batch.findings if one["kind"] == "told"]
