"""The logframe stands as the document prints it, and each change is a version of its own."""

import datetime
import io
import re
from pathlib import Path

import openpyxl
import pytest
import yaml
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import translation
from django.utils.html import escape

from reporting import words
from reporting.measures import MEASURES
from reporting.models import Indicator, Logframe, Objective
from reporting.services import DATA, load_logframe

pytestmark = pytest.mark.django_db


def rows():
    return Indicator.objects.current().select_related("objective").prefetch_related("targets")


def test_counts():
    assert rows().count() == 36
    assert {level: rows().filter(level=level).count() for level in Indicator.Level.values} == {"impact": 2, "outcome": 11, "result": 23}
    assert list(Objective.objects.filter(logframe__active=True).values_list("code", "lead")) == [
        ("IMP", "iom"), ("OS1", "iom"), ("OS2", "iom"), ("OS3", "iom"), ("OS4", "aecid"), ("OS5", "aecid"),
    ]  # fmt: skip


def test_words_are_those_of_the_data():
    data = {one["code"]: one for one in yaml.safe_load(DATA.read_text())["indicators"]}
    for row in rows():
        one = data[row.code]
        assert (row.label, row.baseline_text, row.target_text, row.unit) == (one["label"], one["baseline_text"], one["target_text"], one["unit"])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("E1", "L’assistance et la protection sont disponibles pour les migrants vulnérables et/ou échoués au Niger à travers # centres."),
        ("E6", "# migrants de retour d’Europe et  d’Afrique et les communautés sont soutenus dans le processus de réintégration durable"),
        ("E10", "# agents de sécurité et des services techniques,"),
        ("R1.5", "4 000 migrants ont bénéficié de retour volontaire assisté"),
        ("R5.1", "Une stratégie et un plan d’information et de sensibilisation sur les principiés  en matière de libre circulation et de migration"),
        ("R5.4", "Nombre de séances d’animations effectuées à l’encontre des communautés ciblées"),
    ],
)
def test_typing_errors_of_the_document_are_kept(code, words):
    assert rows().get(code=code).label == words


def test_figures_of_the_document():
    found = {row.code: ([t.value for t in row.targets.all()], row.baseline_value) for row in rows()}
    assert found["E3"] == ([16000], 0)
    assert found["E6"] == ([400, 1500], 0)
    assert found["E9"] == ([70000, 200], 0)
    assert found["E11"] == ([4, 10], 0)
    assert found["R2.4"] == ([3], 1)
    assert found["R3.3"] == ([1], 2)
    assert found["R3.4"] == ([1, 10], 0)
    assert found["IMP-1"] == ([], None)
    assert rows().get(code="E6").target_value == 1900
    assert rows().get(code="R3.3").is_increment
    assert rows().get(code="R2.7").subset_of == "R2.5 R2.6"


def test_twins_read_one_counter():
    measures = dict(rows().values_list("code", "measure"))
    for one, other in [("E1", "R1.1"), ("E3", "R1.2"), ("E5", "R1.5"), ("E9", "R4.1"), ("E10", "R5.2"), ("E11", "R5.3")]:
        assert measures[one] == measures[other] != ""
    assert rows().get(code="E9").targets.get(order=1).measure == measures["R4.2"]
    assert rows().get(code="E11").targets.get(order=1).measure == measures["R5.4"]
    assert {name for name in measures.values() if name} <= MEASURES.keys()


def test_contradictions_have_a_note():
    noted = set(rows().exclude(note="").values_list("code", flat=True))
    assert {"E1", "E3", "E6", "E10", "E11", "R2.4", "R2.7", "R3.3", "R3.4", "R5.4"} <= noted


def test_loading_again_changes_nothing_and_other_content_is_a_new_version(tmp_path):
    first = Logframe.objects.current()
    assert load_logframe(actor=None) == (first, False)
    data = yaml.safe_load(DATA.read_text())
    next(one for one in data["indicators"] if one["code"] == "R1.4")["target_value"] = 20
    changed = tmp_path / "logframe.yaml"
    changed.write_text(yaml.safe_dump(data, allow_unicode=True))
    second, new = load_logframe(actor=None, path=changed)
    assert (new, second.version) == (True, first.version + 1)
    assert Logframe.objects.current() == second
    assert rows().count() == 36
    assert rows().get(code="R1.4").targets.get().value == 20
    assert Indicator.objects.filter(code="R1.4").count() == 2  # the old version stays


def test_a_file_that_cannot_be_used_leaves_the_logframe_alone(tmp_path):
    before = Logframe.objects.current()
    for content in ("{", "indicators: 3", "indicators: [{code: E1, measure: nothing_such}]"):
        broken = Path(tmp_path / "broken.yaml")
        broken.write_text(content)
        with pytest.raises(ValidationError):
            load_logframe(actor=None, path=broken)
        with pytest.raises(CommandError):
            call_command("load_logframe", str(broken))
    assert Logframe.objects.current() == before


def test_the_action_lasts_thirty_six_months():
    logframe = Logframe.objects.current()
    assert (logframe.starts_on, logframe.ends_on) == (datetime.date(2024, 11, 23), datetime.date(2027, 11, 22))
    assert logframe.elapsed(logframe.starts_on - datetime.timedelta(days=1)) == 0
    assert logframe.elapsed(logframe.ends_on) == 1


def texts_of(data) -> set[str]:
    """Every text of the logframe that is shown; numbers alone are written by the language's own rules."""
    found = {data["title"]}
    for one in data["objectives"]:
        found |= {one.get(name, "") for name in ("heading", "label", "statement", "note")}
    for one in data["indicators"]:
        found |= {one.get(name, "") for name in ("label", "unit", "baseline_text", "target_text", "note")}
        found |= {target[name] for target in one.get("targets", ()) for name in ("text", "unit")}
    return {text for text in found if text and not re.fullmatch(r"[\d\s]+", text)}


def test_every_text_is_there_in_english_and_spanish():
    wanted = texts_of(yaml.safe_load(DATA.read_text(encoding="utf-8")))
    for language, known in words.translations().items():
        assert known.keys() == wanted, language
        assert [text for text, said in known.items() if not said.strip()] == []
        # The numbers of a text are those of the document.
        for french, said in known.items():
            numbers = [sorted(re.findall(r"\d+", re.sub(r"(?<=\d)[ ,\u00a0\u202f](?=\d{3})", "", text))) for text in (french, said)]
            assert numbers[0] == numbers[1], (language, french)


@pytest.mark.parametrize(("language", "label", "unit", "heading", "target"), [
    ("fr", "Nombre de personnes sensibilisées", "personnes", "Sensibilisation", "70 000"),
    ("en", "Number of people reached by awareness raising", "people", "Awareness raising", "70,000"),
    ("es", "Número de personas sensibilizadas", "personas", "Sensibilización", "70\u202f000"),
])  # fmt: skip
def test_all_indicators_in_the_language_of_the_reader(as_user, api_as, persona, language, label, unit, heading, target):
    """On the page, in the sheet and in the API."""
    with translation.override(language):  # what a request leaves behind ends with this test
        type(persona("me.aecid")).objects.filter(username="me.aecid").update(language=language)
        headers = {"accept-language": language}
        rows = {row["code"]: row for row in api_as("me.aecid").get("/api/v1/indicators/", headers=headers).json()}
        assert (rows["R4.1"]["label"], rows["R4.1"]["unit"], rows["R4.1"]["target_text"]) == (label, unit, target) and len(rows) == 36
        french = {one.label for one in Indicator.objects.current()}
        assert len({row["label"] for row in rows.values()} & french) == (36 if language == "fr" else 0)
        browser = as_user("me.aecid")
        browser.cookies["django_language"] = language
        page = browser.get("/reporting/", headers=headers).content.decode()
        assert label in page and heading in page and all(escape(row["label"]) in page for row in rows.values())
        one = browser.get("/reporting/indicators/R4.1/", headers=headers).content.decode()
        assert label in one and heading in one
        sheet = openpyxl.load_workbook(io.BytesIO(browser.get("/reporting/indicators.xlsx", headers=headers).content)).worksheets[0]
        cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert f"#indicator+name+i_{language}" in cells[1] and label in {row[1] for row in cells}
        assert {row[1] for row in cells[2:]} == {row["label"] for row in rows.values()}
