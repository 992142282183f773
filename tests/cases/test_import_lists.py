"""Lists that went wrong once (`tests/cases/lists`): every file is read as it is meant, or refused with its place; nothing is lost in silence."""

import datetime
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font

from accounts.models import User
from cases.importing.cells import Serial, Table, Unreadable
from cases.importing.checking import Checked, check
from cases.importing.numbers import shown
from cases.importing.reading import read
from cases.importing.titles import NEVER_GUESSED, field_of, guess, legend
from cases.models import Migrant
from tests.factories import make_migrant

FOLDER = Path(__file__).parent / "lists"
TAKEN = datetime.date(2026, 10, 12)


def table_of(name: str, sheet: str = "") -> Table:
    return read(FOLDER / name, sheet)


def matching_of(table: Table, **more: str) -> dict[int, str]:
    """What is guessed, what a person would choose for the agreement, and `more` (field=title)."""
    agreed = {place: field for place, title in enumerate(table.columns) if (field := field_of(title)) in NEVER_GUESSED}
    return guess(table.columns) | agreed | {table.columns.index(title): field for field, title in more.items()}


def checked(table: Table, centre: Any, more: dict[str, str] | None = None, **said: Any) -> Checked:
    return check(table, actor=User.objects.get(username="manager.gao"), centre=centre("GAO"), matching=matching_of(table, **(more or {})), duplicates=False, **said)


def people(found: Checked) -> list[Migrant]:
    assert not found.problems, found.problems
    return [one.migrant for one in found.ready.values()]


def told(table: Table) -> str:
    return " ".join(map(str, table.notes))


def wrong(found: Checked) -> dict[int, str]:
    return {one.line: one.column for one in found.problems}


def test_every_list_has_its_test_here():
    text = Path(__file__).read_text()
    assert [path.name for path in FOLDER.iterdir() if path.name not in text] == []


def test_estimated_years(centre):
    found = checked(table_of("approx_years_ok.csv"), centre)
    assert wrong(found) == {6: "E"}  # « <1995 » is no year
    born = {line: (one.migrant.born_on.year, one.migrant.birth_precision) for line, one in found.ready.items()}
    assert born == dict.fromkeys((2, 3, 4, 5, 7), (1995, "age")) | {8: (1995, "year")}


def test_a_line_in_another_encoding_is_refused_with_its_number():
    with pytest.raises(Unreadable, match="ligne 4"):
        table_of("mixed_one_utf8_in_cp1252.csv")


def test_words_for_women_and_men_and_bare_figures(centre):
    found = checked(table_of("p05_sex_words.csv"), centre)
    assert wrong(found) == {9: "D", 10: "D"}
    assert {line: one.migrant.sex for line, one in found.ready.items()} == {2: "male", 3: "female", 4: "male", 5: "female", 6: "male", 7: "female", 8: "male"}
    found = checked(table_of("p05_sex_words.csv"), centre, sex_codes={"1": "male", "2": "female"})
    assert [one.sex for one in people(found)][-2:] == ["male", "female"]
    assert any(one.line == 9 for one in found.told)


def test_second_titles_totals_and_lines_above_are_told(centre):
    for name, words in (
        ("p07_two_headers.csv", "consignes n’est pas une personne\u00a0: ligne 2"),
        ("p08_totals.csv", "ligne de total n’est pas une personne\u00a0: ligne 4"),
    ):
        table = table_of(name)
        assert [one.surname for one in people(checked(table, centre))] == ["KEITA1", "KEITA2"]
        assert words in told(table)
    table = table_of("p10_title_above.csv")
    assert len(people(checked(table, centre))) == 2
    assert "« Centre de Gao · Liste du · 12/10/2026 »".replace("« ", "«\u00a0").replace(" »", "\u00a0»") in told(table)
    table = table_of("title_rows.xlsx")
    assert [one.surname for one in people(checked(table, centre))] == ["Titrawa"]
    assert "Liste des arrivées" in told(table) and "semaine 47" in told(table)


def test_hidden_rows_and_columns_are_told(centre):
    table = table_of("p14_hidden_row_column.xlsx")
    found = checked(table, centre)
    assert len(people(found)) == 4
    assert "masquées sont lues comme les autres\u00a0: ligne 3" in told(table)
    assert "masquées sont lues comme les autres\u00a0: colonne G" in told(table)
    assert "Commentaire" in str(found.notes[0]) and "colonne J" in str(found.notes[0])


@pytest.mark.parametrize(
    ("name", "encoding", "names"),
    [
        ("p28_macroman_names.csv", "mac_roman", [("TRAORÉ", "Aïssata"), ("Konaté", "Amadou")]),
        ("p36_cp850_only_e.csv", "cp850", [("Traoré", "Aïssata"), ("Konaté", "Héléna")]),
    ],
)
def test_old_encodings_are_known_by_their_accents(centre, name, encoding, names):
    table = table_of(name)
    assert [(one.surname, one.given_names) for one in people(checked(table, centre))] == names
    assert encoding in told(table) and "vérifiez que ces mots sont justes" in told(table)


def test_an_age_is_true_on_its_day_and_in_its_unit(centre):
    found = checked(table_of("p31_age_unit.csv"), centre)
    assert wrong(found) == {2: "E", 3: "E"}  # of which day?
    baby, man = people(checked(table_of("p31_age_unit.csv"), centre, listed_on=datetime.date(2024, 10, 12)))
    assert (baby.born_on, baby.birth_precision) == (datetime.date(2024, 2, 29), "month")
    assert (man.born_on, man.birth_precision) == (datetime.date(1994, 12, 31), "age")


def test_no_title_is_guessed_in_part(centre):
    assert guess(table_of("p34_contact_urgence.csv").columns) == {1: "sex", 2: "age", 3: "nationality", 7: "consent_method"}
    wrongly = [
        "Consentement photo",
        "Contact d'urgence",
        "Prénom du conjoint",
        "Genre de document",
        "Nom du père",
        "Nom/Prénom",
        "nom/prenom",
        "Consentement",
        "D’accord pour l’enregistrement *",
    ]
    assert guess(wrongly) == {}
    assert guess(["identite/nom", "Sexe (1=H, 2=F)", "Date de naissance (jj/mm/aaaa)"]) == {0: "surname", 1: "sex", 2: "birth"}


def test_a_birth_before_anybody_and_digits_without_a_country_are_refused(centre):
    table = table_of("p35_store.csv")
    found = checked(table, centre, {"surname": "Nom/Prénom", "phone": "Contact d'urgence", "consent": "Consentement photo"})
    assert [(one.line, one.column) for one in found.problems] == [(2, "D"), (2, "F")]


def test_telephones_are_what_their_cells_show(centre):
    table = table_of("phone_numberformat.xlsx")
    found = checked(table, centre)
    assert [one.phone for one in people(found)] == ["0701020304", "22376123456", "22376123499"]
    assert people(found)[0].phone_words == "0701020304"
    assert str(table.rows[0][1][0]) == "0017"
    table = table_of("phone_point_zero_ok.csv")
    found = checked(table, centre)
    assert [one.phone for one in people(found)] == ["22376123456", "22376123457", "22376123458"]
    assert {one.line for one in found.told} >= {2, 3, 4}


def test_an_export_of_ours_comes_back_and_registers_nobody_twice(centre):
    gao = centre("GAO")
    table = table_of("round_trip.xlsx")
    assert set(wrong(checked(table, centre)).values()) == {"A"}  # numbers of nobody here
    births = [(datetime.date(1990, 12, 31), "year"), (datetime.date(2009, 12, 31), "age"), (datetime.date(2000, 5, 31), "month")]
    for (_line, cells), (born_on, precision) in zip(table.rows, births, strict=True):
        person = make_migrant(
            gao,
            surname=cells[1],
            given_names=cells[2],
            sex="female" if cells[3] == "femme" else "male",
            born_on=born_on,
            birth_precision=precision,
            nationality=cells[7],
            phone=cells[8],
        )
        Migrant.objects.filter(pk=person.pk).update(case_number=cells[0])
    found = checked(table, centre)
    assert (found.problems, found.ready, len(found.known)) == ([], {}, 3)
    Migrant.objects.filter(surname="Retouraba").update(surname="Autrement")
    assert wrong(checked(table, centre)) == {2: "B"}


# --- what a workbook says of itself ------------------------------------------------------------------------------

HEADER = ["Référence", "Nom", "Prénoms", "Sexe", "Date de naissance", "Nationalité", "Téléphone", "Accord", "Accord donné par"]
ROW = ["R1", "Essai", "Nom", "homme", "15/06/1995", "Mali", "", "oui", "signature"]


def book(*rows: list[Any], after: Any = None) -> bytes:
    made = openpyxl.Workbook()
    for row in (HEADER, *rows):
        made.active.append(row)
    if after:
        after(made.active)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def retouched(content: bytes, before: str, behind: str, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            text = old.read(member)
            if member == part:
                assert before.encode() in text
                text = text.replace(before.encode(), behind.encode())
            new.writestr(member, text)
    return out.getvalue()


def kept(tmp_path: Path, content: bytes, sheet: str = "") -> Table:
    path = tmp_path / "x"
    path.write_bytes(content)
    return read(path, sheet)


@pytest.mark.parametrize("size", ["A1:A1", "A1:C2", "nonsense", "A1:XFD1048576"])
def test_the_size_a_sheet_gives_is_a_hint(tmp_path, size):
    content = book(ROW, ["R2", *ROW[1:]], ["R3", *ROW[1:]])
    table = kept(tmp_path, retouched(content, 'ref="A1:I4"', f'ref="{size}"'))
    assert [cells[0] for _line, cells in table.rows] == ["R1", "R2", "R3"]
    assert len(table.columns) == 9


def test_kinds_and_styles_of_cells_are_hints(tmp_path):
    content = book([17, *ROW[1:]])
    assert str(kept(tmp_path, retouched(content, '<c r="A2" t="n"><v>17</v>', '<c r="A2" t="n"><v>R17</v>')).rows[0][1][0]) == "R17"
    assert str(kept(tmp_path, retouched(content, '<c r="A2" t="n">', '<c r="A2" s="9999" t="n">')).rows[0][1][0]) == "17"
    for broken in ('<c r="A3" t="n">', '<c r="B2" t="n">'):  # a cell of another line, and two of one place
        with pytest.raises(Unreadable):
            kept(tmp_path, retouched(content, '<c r="A2" t="n">', broken))


def test_struck_out_rows_merged_titles_and_other_sheets_are_told(tmp_path):
    def after(sheet: Any) -> None:
        sheet["B3"].font = Font(strike=True)
        sheet.insert_rows(1)
        sheet["A1"] = "Liste des arrivées"
        sheet.merge_cells("A1:I1")
        other = sheet.parent.create_sheet("Kayes")
        other.append(HEADER)
        other.append(["K1", *ROW[1:]])
        sheet.parent.create_sheet("Cachée").sheet_state = "hidden"

    content = book(ROW, ["R2", *ROW[1:]], after=after)
    table = kept(tmp_path, content)
    assert len(table.rows) == 2
    for words in ("texte barré", "Liste des arrivées", "pas\u00a0: Kayes", "masquées ne sont pas lues\u00a0: Cachée"):
        assert words in told(table), words
    assert kept(tmp_path, content, "Kayes").rows[0][1][0] == "K1"
    assert table.sheets == ("Sheet", "Kayes")
    with pytest.raises(Unreadable, match="Cachée"):
        kept(tmp_path, content, "Cachée")


def test_the_list_is_found_on_the_sheet_it_is_on(tmp_path):
    def after(sheet: Any) -> None:
        notes = sheet.parent.create_sheet("Notes", 0)
        notes.append(["Ce classeur", "vient de Gao"])
        notes.append(["et rien d’autre", ""])

    assert kept(tmp_path, book(ROW, after=after)).sheet == "Sheet"


@pytest.mark.parametrize(
    ("number", "code", "expected"),
    [
        (701020304, "0000000000", "0701020304"), (76123499, '0" "00" "00', "7612 34 99"), (76123499, "00 00 00 00", "76 12 34 99"), (17, "0000", "0017"),
        (17, "General", "17"), (2.5, "General", "2.5"), (76123456, "0.00", "76123456.00"), (1234567, "#,##0", "1234567"), (0.5, "0%", None), (2.5, "0", None),
        (3, "[<5]0;00", None), (1e15, "General", None), (12, "0.0E+0", None), (5, '"N° "000', "N° 005"), (-5, "0", None),
    ],
)  # fmt: skip
def test_a_number_is_shown_as_its_cell_shows_it_or_not_at_all(number, code, expected):
    assert shown(number, code) == expected


def test_a_date_is_as_exact_as_its_cell_shows(tmp_path, centre):
    def after(sheet: Any) -> None:
        for line, code in enumerate(("dd/mm/yyyy", "mmm-yy", "yyyy", "d-mmm"), 2):
            sheet[f"E{line}"].number_format = code

    rows = [[f"R{n}", f"Essai{n}", *ROW[2:4], datetime.date(1995, 6, 1), *ROW[5:]] for n in range(4)]
    found = checked(kept(tmp_path, book(*rows, after=after)), centre)
    assert wrong(found) == {5: "E"}  # it shows no year
    assert [(one.migrant.born_on, one.migrant.birth_precision) for one in found.ready.values()] == [
        (datetime.date(1995, 6, 1), "day"),
        (datetime.date(1995, 6, 30), "month"),
        (datetime.date(1995, 12, 31), "year"),
    ]


BIRTHS = {
    "juin 1995": ("1995-06-30", "month"), "15 juin 1995": ("1995-06-15", "day"), "1er août 1995": ("1995-08-01", "day"), "né en 1995": ("1995-12-31", "year"),
    "00/06/1995": ("1995-06-30", "month"), "XX/XX/1995": ("1995-12-31", "year"), "environ 1995": ("1995-12-31", "age"), "± 1995": ("1995-12-31", "age"),
    "1995-06-15 14:30:00": ("1995-06-15", "day"), "06/1995": ("1995-06-30", "month"), "June 1995": ("1995-06-30", "month"), "1995.0": ("1995-12-31", "year"),
}  # fmt: skip
NO_BIRTHS = [
    "vers juin 1995",
    "15/06/1995 ?",
    "<1995",
    "après 1995",
    "1995-1996",
    "1995/96",
    "15/06/95",
    "juin",
    "1905",
    "15 brumaire 1995",
    "1" + " " * 3000 + "1",
    "9" * 500,
]


def one_birth(tmp_path: Path, centre: Any, text: str) -> Checked:
    return checked(kept(tmp_path, book(["R1", "Essai", "Nom", "homme", text, *ROW[5:]])), centre)


@pytest.mark.parametrize("text", BIRTHS)
def test_births_as_people_write_them(tmp_path, centre, text):
    found = one_birth(tmp_path, centre, text)
    [person] = people(found)
    assert (person.born_on.isoformat(), person.birth_precision) == BIRTHS[text]
    assert bool(found.told) == (":30" in text)


@pytest.mark.parametrize("text", NO_BIRTHS)
def test_what_is_no_birth_is_asked_about(tmp_path, centre, text):
    assert wrong(one_birth(tmp_path, centre, text)) == {2: "E"}


@pytest.mark.parametrize("text", ["NSP", "?", "néant", "n/a", "inconnu", "-"])
def test_words_for_unknown_are_empty_and_told(tmp_path, centre, text):
    found = checked(kept(tmp_path, book([*ROW[:2], text, *ROW[3:6], text, *ROW[7:]])), centre)
    [person] = people(found)
    assert (person.given_names, person.phone) == ("", "")
    assert {one.column for one in found.told} == {"C", "G"}
    assert wrong(checked(kept(tmp_path, book([*ROW[:4], text, *ROW[5:]])), centre)) == {2: "E"}


@pytest.mark.parametrize("phone", ["7612345", "761234", "620000000", "76123456.5", 76123456.5, "12345678901234567"])
def test_no_telephone_is_made_up(tmp_path, centre, phone):
    assert wrong(checked(kept(tmp_path, book([*ROW[:6], phone, *ROW[7:]])), centre)) == {2: "G"}


@pytest.mark.parametrize("name", ["TraorÃ©", "Traor\ufffd"])
def test_names_that_an_encoding_spoilt_are_asked_about(tmp_path, centre, name):
    assert wrong(checked(kept(tmp_path, book(["R1", name, *ROW[2:]])), centre)) == {2: "B"}


def test_a_legend_says_what_figures_mean():
    assert legend("Sexe (1=H, 2=F)") == {"1": "male", "2": "female"}
    assert legend("Sexe F=1 / H=2") == {"1": "female", "2": "male"}
    assert legend("Sexe") == legend("Sexe (H/F)") == legend("Sexe (1, 2)") == {}


def test_an_age_counts_from_the_arrival_where_the_row_has_it(tmp_path, centre):
    made = openpyxl.Workbook()
    made.active.append(["Nom", "Sexe", "Âge", "Nationalité", "Date d'arrivée", "Accord", "Accord donné par"])
    made.active.append(["Un", "H", "25 ans", "ML", "10/01/2020", "oui", "signature"])
    made.active.append(["Deux", "H", 25, "ML", "", "oui", "signature"])
    out = io.BytesIO()
    made.save(out)
    first, second = people(checked(kept(tmp_path, out.getvalue()), centre, listed_on=TAKEN))
    assert (first.born_on.year, second.born_on.year) == (1995, 2001)


def test_serials_keep_what_they_show():
    assert str(Serial(17, None, "0017")) == "0017"
