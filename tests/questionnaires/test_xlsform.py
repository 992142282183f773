"""XLSForm in and out: what leaves comes back the same, what Sira can't hold is said with its row, what is hostile is refused in words."""

import io
import struct
import time
import zipfile
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from questionnaires.definition import ChoiceSpec, Definition, check, spec_of
from questionnaires.models import Question, Questionnaire, Version
from questionnaires.xlsform import Kind, Refused, as_xlsx, read_sheets, understand
from questionnaires.xlsform.reading import LARGEST_FILE

from .factories import make_draft, spec, workbook

pytestmark = pytest.mark.django_db
HEAD = ["type", "name", "label::Français (fr)"]


def everything() -> Version:
    """A draft with each type and each thing that can be said of a question."""
    three = {"fr": "Combien ?", "en": "How many?", "es": "¿Cuántos?"}
    return make_draft(
        spec("avant", "text", text={"fr": "=1+1"}, hint={"fr": "Une aide", "es": "Una ayuda"}),
        spec("partie_un", "section", text=three),
        spec("long", "long_text", required=True),
        spec("n", "integer", minimum=Decimal(0), maximum=Decimal(60), basic_item=5),
        spec("d", "decimal", minimum=Decimal("0.5")),
        spec("jour", "date", relevant="${n} >= 1"),
        spec("oui_non", "yes_no"),
        spec("choix", "one", choices=(ChoiceSpec("a", three, Decimal("1.5")), ChoiceSpec("b", {"fr": "B"}, Decimal(0)))),
        spec("plusieurs", "several", choices="un deux trois", relevant="selected(${choix}, 'a') or ${oui_non} = 'yes'"),
        spec("partie_deux", "section", relevant="count-selected(${plusieurs}) > 1"),
        spec("pays", "country", required=True),
        spec("langue", "language"),
        spec("note", "note", relevant="not(selected(${plusieurs}, 'deux'))"),
    )


@pytest.mark.parametrize("make", [everything, lambda: Version.objects.in_force(Questionnaire.Kind.PROFILE)], ids=["every type", "the shipped profile"])
def test_what_leaves_comes_back_the_same(make):
    definition = Definition(make())
    found = understand(read_sheets(as_xlsx(definition)))
    assert found.losses == []
    assert found.questions == [spec_of(question) for question in definition.questions]


@pytest.mark.parametrize("make", [everything, lambda: Version.objects.in_force(Questionnaire.Kind.PROFILE)], ids=["every type", "the shipped profile"])
def test_pyxform_accepts_it(make, tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(as_xlsx(Definition(make())))
    result = convert(xlsform=path)
    assert "<h:html" in result.xform and 'lang="English (en)"' in result.xform


def test_no_cell_of_an_export_is_a_formula():
    book = load_workbook(io.BytesIO(as_xlsx(Definition(everything()))))
    assert [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []
    assert "=1+1" in [cell.value for row in book["survey"].iter_rows() for cell in row]


def test_a_form_of_others_is_understood():
    """Names, lists and languages as KoboToolbox writes them."""
    found = understand(
        read_sheets(
            workbook(
                [
                    ["type", "name", "label::French (fr)", "label::English (en)", "required", "relevant", "constraint", "hint::French (fr)"],
                    ["begin_group", "Identite-A", "Identité", "Identity", None, None, None, None],
                    ["integer", "Age", "Âge", "Age", "true", None, ". >= 0 and . <= 120", "En années"],
                    ["select_one oui_non", "Travaille", "Travaille ?", "Works?", None, "${Age} > 15", None, None],
                    ["select_multiple langues", "Langues.parlees", "Langues", "Languages", None, "selected(${Travaille}, 'Oui')", None, None],
                    ["end_group", None, None, None, None, None, None, None],
                    ["text", "Autre", "Autre ?", "Other?", None, None, None, None],
                ],
                [
                    ["list_name", "name", "label::French (fr)", "label::English (en)"],
                    ["oui_non", "Oui", "Oui", "Yes"],
                    ["oui_non", "Non", "Non", "No"],
                    ["langues", "1", "Bambara", "Bambara"],
                    ["langues", "2", "Peul", "Fula"],
                ],
                [["form_title", "default_language"], ["Enquête", "French (fr)"]],
            )
        )
    )
    assert found.title == "Enquête"
    assert [(q.code, q.type, q.relevant) for q in found.questions] == [
        ("identite_a", "section", ""),
        ("age", "integer", ""),
        ("travaille", "one", "${age} > 15"),
        ("langues_parlees", "several", "selected(${travaille}, 'oui')"),
        ("suite", "section", ""),
        ("autre", "text", ""),
    ]
    age = found.questions[1]
    assert (age.required, age.minimum, age.maximum, age.hint) == (True, 0, 120, {"fr": "En années"})
    assert [choice.code for choice in found.questions[3].choices] == ["1", "2"]
    assert [q.origin.get("name") for q in found.questions] == ["Identite-A", "Age", "Travaille", "Langues.parlees", None, "Autre"]
    assert [choice.origin for choice in found.questions[2].choices] == [{"name": "Oui"}, {"name": "Non"}]
    assert [(loss.place, loss.kind) for loss in found.losses] == [("settings · 2 · form_title", Kind.KEPT)]


def test_what_sira_cannot_hold_is_said_with_its_row():
    found = understand(
        read_sheets(
            workbook(
                [
                    [*HEAD, "relevant", "calculation", "constraint"],
                    ["start", "start", None],
                    ["text", "nom", "Nom ?"],
                    ["calculate", "double", None, None, "1 + 1"],
                    ["text", "apres", "Après ?", "${double} = 2"],
                    ["text", "regle", "Règle ?", "regex(${nom}, '^a')"],
                    ["begin_repeat", "enfants", "Enfants"],
                    ["text", "prenom", "Prénom ?"],
                    ["end_repeat", None, None],
                    ["geopoint", "ou", "Où ?"],
                    ["image", "photo", "Photo ?"],
                    ["integer", "n", "N ?", None, None, ". mod 2 = 0"],
                    ["begin_group", "g", None],
                    ["text", "dans", "Dans ?"],
                    ["end_group", None, None],
                ]
            )
        )
    )
    assert [q.code for q in found.questions] == ["nom", "apres", "regle", "n", "g", "dans"]
    # A condition that can't be read stays, and stands in the way of publishing: nobody is asked otherwise in silence.
    assert [q.relevant for q in found.questions] == ["", "${double} = 2", "regex(${nom}, '^a')", "", "", ""]
    assert {problem.code for problem in check("survey", found.questions)} == {"apres", "regle"}
    rows = {loss.row: loss.words for loss in found.losses if loss.row}
    assert set(rows) == {2, 4, 5, 6, 7, 10, 11, 12, 13}
    assert "lignes 7 à 9" in rows[7]
    assert "double" in rows[4] and "double" in rows[5]
    assert "«\u00a0photo\u00a0»" in rows[11] and "image" in rows[11]
    assert "Sira ne connaît pas «\u00a0regex\u00a0»" in rows[6]
    assert found.questions[3].origin == {"constraint": ". mod 2 = 0"}


def test_groups_in_groups_keep_what_they_mean():
    found = understand(
        read_sheets(
            workbook(
                [
                    [*HEAD, "relevant"],
                    ["text", "a", "A ?"],
                    ["begin_group", "g", "G", "${a} = 'x'"],
                    ["begin_group", "h", "H", "${a} != 'y'"],
                    ["text", "b", "B ?", "${a} != 'z'"],
                    ["end_group", None, None],
                    ["text", "c", "C ?"],
                    ["end_group", None, None],
                ]
            )
        )
    )
    assert [(q.code, q.relevant) for q in found.questions] == [
        ("a", ""),
        ("g", "${a} = 'x'"),
        ("h", "${a} = 'x' and ${a} != 'y'"),
        ("b", "${a} != 'z'"),
        ("g_2", "${a} = 'x'"),
        ("c", ""),
    ]
    assert [q.text["fr"] for q in found.questions if q.type == "section"] == ["G", "G – H", "G"]
    assert [(loss.row, loss.kind) for loss in found.losses] == [(4, Kind.GROUP)]


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (300 * 1024 * 1024))
    return out.getvalue()


def _with_member(name: str) -> bytes:
    out = io.BytesIO(workbook([HEAD, ["text", "a", "A ?"]]))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(name, b"x")
    return out.getvalue()


def _entities() -> bytes:
    """A billion laughs in the sheet of an otherwise good workbook."""
    source, out = zipfile.ZipFile(io.BytesIO(workbook([HEAD, ["text", "a", "A ?"]]))), io.BytesIO()
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    with zipfile.ZipFile(out, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                content = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "ha">{laughs}]>'.encode() + content.replace(
                    b"<sheetData>", b"<sheetData><row><c><v>&l9;</v></c></row>"
                )
            archive.writestr(name, content)
    return out.getvalue()


HOSTILE = {
    "a bomb": (_bomb, "trop grand une fois ouvert"),
    "too large": (lambda: b"PK\x03\x04" + b"0" * LARGEST_FILE, "2 Mo"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "n’est pas un classeur Excel"),
    "a text": (lambda: b"type,name,label\ntext,a,A", "n’est pas un classeur Excel"),
    "another archive": (lambda: _zip({"word/document.xml": b"<w/>"}), "n’est pas un classeur Excel"),
    "a broken archive": (lambda: workbook([HEAD])[:200], "abîmé"),
    "a broken .xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "abîmé"),
    "macros": (lambda: _with_member("xl/vbaProject.bin"), "macros"),
    "macros in .xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT_CUR".encode("utf-16-le"), "macros"),
    "a formula": (lambda: workbook([HEAD, ["text", "a", "=1+1"]]), "survey!C2"),
    "entities": (_entities, "abîmé"),
    "no survey": (lambda: workbook([], [["list_name", "name"]]), "survey"),
    "two columns of one name": (lambda: workbook([["type", "name", "name"], ["text", "a", "b"]]), "deux colonnes"),
    "too many rows": (lambda: workbook([HEAD, *(["text", f"q{n}", "Q ?"] for n in range(1200))]), "plus de 600 lignes"),
    "a far row": (lambda: _far_cell(), "plus de 600 lignes"),
    "too many columns": (lambda: workbook([[*HEAD, *(f"c{n}" for n in range(100))], ["text", "a", "A ?"]]), "plus de 60 colonnes"),
    "a long text": (lambda: workbook([HEAD, ["text", "a", "x" * 5000]]), "survey!C2"),
    "what pyxform refuses": (lambda: workbook([HEAD, ["select_one nulle_part", "a", "A ?"]]), "pyxform"),
    "a group without an end": (lambda: workbook([HEAD, ["begin_group", "g", "G"], ["text", "a", "A ?"]]), "pyxform"),
    "nothing that can be asked": (lambda: workbook([HEAD, ["note", "a", "A"]]), "aucune des questions"),
}


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _far_cell() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "survey"
    book.active.append(HEAD)
    for row in range(2, 1003):
        book.active.cell(row, 1, "text")
    book.active.cell(1_000_000, 16_000, "x")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_words_and_quickly(name, as_user):
    make, words = HOSTILE[name]
    content = make()
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        understand(read_sheets(content))
    assert words in str(refused.value)
    assert time.monotonic() - began < 5
    draft = make_draft()
    before = Question.objects.count()
    response = as_user("me.iom").post(reverse("questionnaires:import", args=[draft.questionnaire_id]), {"file": SimpleUploadedFile("x.xlsx", content)})
    assert response.status_code == 200
    assert words in " ".join(response.context["form"].errors["file"])
    assert Question.objects.count() == before


def test_the_largest_form_is_read_in_time():
    content = workbook(
        [[*HEAD, "relevant"], *([f"select_one l{n % 50}", f"q{n}", "Q ?", f"${{q{n - 1}}} = 'a' or ${{q{n - 1}}} = 'b'" if n else None] for n in range(290))],
        [["list_name", "name", "label::Français (fr)"], *([f"l{n % 50}", code, code] for n in range(50) for code in "abcdefgh")],
    )
    began = time.monotonic()
    assert len(understand(read_sheets(content)).questions) == 290
    assert time.monotonic() - began < 10


def _old_workbook(rows: list[list[str]]) -> bytes:
    """The smallest .xls: BIFF8 records of one sheet in an OLE2 container of one stream."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def begin(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 0))

    sheet = begin(0x10)
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            sheet += record(0x204, struct.pack("<HHHHB", number, column, 0, len(text), 1) + text.encode("utf-16-le"))
    sheet += record(0x0A, b"")
    name = b"survey"
    length = len(begin(5)) + 4 + 8 + len(name) + 4
    book = begin(5) + record(0x85, struct.pack("<IHBB", length, 0, len(name), 0) + name) + record(0x0A, b"") + sheet
    sectors = max(8, -(-len(book) // 512))  # a stream from 4096 bytes on stands in whole sectors
    book = book.ljust(sectors * 512, b"\x00")
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    table = [0xFFFFFFFD, end, *range(3, sectors + 2), end]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\x00" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0) + struct.pack("<I", free) * 108

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        written = (title + "\x00").encode("utf-16-le")
        return written.ljust(64, b"\x00") + struct.pack("<HBBIII", len(written), kind, 1, free, free, child) + b"\x00" * 36 + struct.pack("<IQ", start, size)

    folder = (entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 2, len(book))).ljust(512, b"\x00")
    return header + struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff") + folder + book


def test_a_form_in_the_old_format_is_read():
    """An .xls, as old programs save it."""
    content = _old_workbook([["type", "name", "label"], ["text", "nom", "Prénom ?"], ["integer", "age", "Âge ?"]])
    found = understand(read_sheets(content))
    assert [(q.code, q.type, q.text["fr"]) for q in found.questions] == [("nom", "text", "Prénom ?"), ("age", "integer", "Âge ?")]
