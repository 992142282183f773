"""Lists made at random of the ways in which people keep them, each cell with what it truly says; and the question whether anything of a list
was lost in silence: every cell is kept as it was meant, or told with its place, or refused with its place."""

import contextlib
import csv
import datetime
import io
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from cases.importing.checking import Checked
from cases.importing.reading import Table
from cases.models import Migrant

SILENT = None  # a cell that says nothing
TAKEN = datetime.date(2024, 10, 12)
SURNAMES = ["Traoré", "KONATÉ", "N'Diaye", "Aïdara", "Béavogui", "Ould Ahmed", "Diakité", "ÇELIK", "Cissé", "Ba"]
GIVEN = ["Aïssata", "Mamadou", "Zéïnab", "Noël", "François", "Awa", "Hélène", "Ali"]


@dataclass(frozen=True)
class Said:
    """What a cell truly says of one field: `truth` is the value it must be kept as, or `ask` that it may not be kept at all."""

    shown: Any
    truth: Any = SILENT
    ask: bool = False
    code: str = ""  # number format of its cell in a workbook


def _year(year: int, precision: str) -> tuple[datetime.date, str]:
    return datetime.date(year, 12, 31), precision


def birth(rng: random.Random) -> Said:
    year, month, day = rng.randint(1950, 2005), rng.randint(1, 12), rng.randint(13, 28)
    whole = datetime.date(year, month, day)
    names = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]
    of_month = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(1), "month")
    return rng.choice(
        [
            Said(f"{day:02}/{month:02}/{year}", (whole, "day")), Said(whole.isoformat(), (whole, "day")), Said(f"{day} {names[month - 1]} {year}", (whole, "day")),
            Said(f"{names[month - 1]} {year}", of_month), Said(f"{month:02}/{year}", of_month), Said(f"00/{month:02}/{year}", of_month), Said(str(year), _year(year, "year")),
            *(Said(text % year, _year(year, "age")) for text in ("~%s", "≈%s", "%s ?", "+/-%s", "vers %s", "env. %s", "± %s")),
            Said(f"<{year}", ask=True), Said("1899", ask=True), Said("01/01/1901", ask=True), Said(f"{day:02}/{month:02}/{year % 100:02}", ask=True), Said("NSP", ask=True),
            Said(f"vers {names[month - 1]} {year}", ask=True), Said(f"avant {year}", ask=True),
        ]
    )  # fmt: skip


def sex(rng: random.Random) -> Said:
    woman = ("F", "femme", "Mme", "Mlle", "FEMME", "Fém.")
    man = ("M", "H", "Mr", "Masc.", "Homme", "Monsieur")
    return rng.choice(
        [
            *(Said(word, "female") for word in woman),
            *(Said(word, "male") for word in man),
            Said("1", ask=True),
            Said("2", ask=True),
            Said("?", ask=True),
            Said("E", ask=True),
        ]
    )


def phone(rng: random.Random) -> Said:
    eight = str(rng.randint(60_000_000, 99_999_999))
    return rng.choice(
        [
            Said("", ""), Said(eight, "223" + eight), Said(f"{eight}.0", "223" + eight), Said(int(eight), "223" + eight), Said(f"+223 {eight[:4]} {eight[4:]}", "223" + eight),
            Said(f"00223{eight}", "223" + eight), Said("0701020304", "0701020304"), Said(701020304, "0701020304", code="0000000000"), Said("NSP", ""), Said("néant", ""),
            Said(eight[:7], ask=True), Said("620000000", ask=True), Said(f"{eight}.5", ask=True), Said("2.2376E+10", ask=True), Said("à rappeler", ask=True),
        ]
    )  # fmt: skip


def age(rng: random.Random) -> Said:
    years = rng.randint(3, 80)
    months = rng.randint(1, 24)
    back = TAKEN.year * 12 + TAKEN.month - months
    last = datetime.date(back // 12 + (back % 12 == 12), back % 12 + 1, 1) - datetime.timedelta(1)
    del last
    then = TAKEN.year * 12 + TAKEN.month - 1 - months
    following = then + 1
    end = datetime.date(following // 12, following % 12 + 1, 1) - datetime.timedelta(1)
    return rng.choice(
        [
            *(Said(text % years, _year(TAKEN.year - years, "age")) for text in ("%s", "%s ans", "%s.0", "~%s")), Said(years, _year(TAKEN.year - years, "age")),
            Said(f"{months} mois", (end, "month")), Said("deux ans", ask=True), Said("150", ask=True), Said("NSP", ask=True), Said(f"{years},5", ask=True), Said("-3", ask=True),
        ]
    )  # fmt: skip


def name(words: list[str]) -> Any:
    def make(rng: random.Random) -> Said:
        text = rng.choice(words)
        return rng.choice([Said(text, text)] * 12 + [Said("TraorÃ©", ask=True), Said("Traor\ufffd", ask=True)])

    return make


def word(*pairs: tuple[str, Any]) -> Any:
    return lambda rng: rng.choice([Said(shown, truth, ask=truth is SILENT) for shown, truth in pairs])


# Field → (titles that people write, what cells say). "" is a column that is no field of ours, whatever its title resembles.
COLUMNS: dict[str, tuple[list[str], Any]] = {
    "surname": (["Nom", "NOM", "Nom de famille *", "identite/nom"], name(SURNAMES)),
    "given_names": (["Prénoms", "Prénom(s)", "First name"], name(GIVEN)),
    "sex": (["Sexe", "Gender", "Sexe (H/F)"], sex),
    "birth": (["Date de naissance", "Date de naissance (jj/mm/aaaa)", "DOB"], birth),
    "age": (["Âge", "Age"], age),
    "nationality": (
        ["Nationalité", "Nationality"],
        word(("ML", "ML"), ("Guinée", "GN"), ("malienne", "ML"), ("Côte d’Ivoire", "CI"), ("Atlantide", SILENT), ("?", SILENT)),
    ),
    "phone": (["Téléphone", "Tel"], phone),
    "other": (
        ["Contact d'urgence", "Consentement photo", "Prénom du conjoint", "Genre de document", "Village de destination", "Observations"],
        word(("oui", SILENT), ("Awa", SILENT), ("76123456", SILENT), ("CNI", SILENT)),
    ),
    "consent": (["Consentement", "Accord", "D’accord pour l’enregistrement"], word(*[("oui", True)] * 9, ("non", SILENT), ("", SILENT))),
    "consent_method": (["Accord donné par", "Mode de consentement"], word(("signature", "signed"), ("empreinte", "thumb"), ("par signe", SILENT))),
}


@dataclass
class RandomList:
    """A list, and what it says: `people` has, by line, what each field's cell says; `aside` the lines that are nobody."""

    content: bytes = b""
    fields: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    people: dict[int, list[Said]] = field(default_factory=dict)
    aside: set[int] = field(default_factory=set)
    marked: set[int] = field(default_factory=set)  # hidden or struck out
    hidden_columns: set[str] = field(default_factory=set)
    spoilt: int = 0  # the line in another encoding


def make(seed: int) -> RandomList:
    rng = random.Random(seed)
    made = RandomList()
    born = rng.choice(["birth", "birth", "age"])
    made.fields = ["surname", "given_names", "sex", born, "nationality", "phone", "consent", "consent_method"]
    made.fields += rng.sample(["other"], rng.randint(0, 1))
    rng.shuffle(made.fields)
    made.titles = [rng.choice(COLUMNS[one][0]) for one in made.fields]
    lines: list[list[Said]] = []
    for _title in range(rng.choice([0, 0, 0, 1, 2])):
        lines.append([Said(rng.choice(["Liste des arrivées", "Centre de Gao"])), *([Said("semaine 47")] if rng.random() < 0.5 else [])])
        made.aside.add(len(lines))
    lines.append([Said(title) for title in made.titles])
    if rng.random() < 0.2:
        lines.append([Said({"sex": "(H/F)", "birth": "(jj/mm/aaaa)", "consent": "(oui/non)"}.get(one, "")) for one in made.fields])
        if any(said.shown for said in lines[-1]) and sum(bool(said.shown) for said in lines[-1]) > 1:
            made.aside.add(len(lines))
        else:
            lines.pop()
    clean = rng.random() < 0.5  # without a cell that must be asked about, so that the whole list is kept
    for _person in range(rng.randint(1, 6)):
        row = [COLUMNS[one][1](rng) for one in made.fields]
        while clean and any(said.ask and one != "other" for one, said in zip(made.fields, row, strict=True)):
            row = [COLUMNS[one][1](rng) for one in made.fields]
        lines.append(row)
        made.people[len(lines)] = row
    if rng.random() < 0.2:
        lines.append([Said("TOTAL"), Said(str(len(made.people)))])
        made.aside.add(len(lines))
    _write(made, lines, rng)
    return made


def _write(made: RandomList, lines: list[list[Said]], rng: random.Random) -> None:
    if rng.random() < 0.5:
        _write_text(made, lines, rng)
    else:
        _write_workbook(made, lines, rng)


def _write_text(made: RandomList, lines: list[list[Said]], rng: random.Random) -> None:
    encoding = rng.choice(["utf-8", "utf-8-sig", "cp1252", "cp1252", "cp850", "mac_roman", "utf-16"])
    out = io.StringIO()
    writer = csv.writer(out, delimiter=rng.choice(";,\t"), lineterminator="\n")
    for line, row in enumerate(lines, 1):
        writer.writerow([_as_text(said) for said in row])
        if line in made.people:
            made.people[line] = [_lost_in(said, encoding) for said in row]
    text = out.getvalue()
    if encoding == "cp1252" and rng.random() < 0.3:
        parts = [part.encode(encoding, "replace") for part in text.splitlines(keepends=True)]
        made.spoilt = next((line for line in made.people if not text.splitlines()[line - 1].isascii()), 0)
        if made.spoilt:
            parts[made.spoilt - 1] = text.splitlines(keepends=True)[made.spoilt - 1].encode()
        made.content = b"".join(parts)
        with contextlib.suppress(UnicodeDecodeError):  # no other line has an accent: it is a whole file in that encoding
            made.content.decode()
            made.spoilt = 0
    else:
        made.content = text.encode(encoding, "replace")


def _as_text(said: Said) -> str:
    """As a spreadsheet writes its cells into a text file: as they are shown."""
    return said.truth if said.code else str(said.shown)


def _lost_in(said: Said, encoding: str) -> Said:
    """What an encoding has no sign for is a question mark before it reaches us: nobody can know what it was."""
    text = _as_text(said)
    return said if text.encode(encoding, "replace").decode(encoding) == text else Said(said.shown, "*")


def _write_workbook(made: RandomList, lines: list[list[Said]], rng: random.Random) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for line, row in enumerate(lines, 1):
        for place, said in enumerate(row, 1):
            if said.shown == "":
                continue
            cell = sheet.cell(line, place, said.shown)
            if isinstance(said.shown, str):
                cell.data_type = "s"
            if said.code:
                cell.number_format = said.code
    for line in made.people:
        if rng.random() < 0.1:
            sheet.row_dimensions[line].hidden = True
            made.marked.add(line)
        elif rng.random() < 0.1:
            sheet.cell(line, 1).font = Font(strike=True)
            if sheet.cell(line, 1).value is not None:
                made.marked.add(line)
    if rng.random() < 0.2:
        letter = get_column_letter(rng.randint(1, len(made.fields)))
        sheet.column_dimensions[letter].hidden = True
        made.hidden_columns.add(letter)
    if rng.random() < 0.2:
        book.create_sheet("Notes").append(["x"])
    out = io.BytesIO()
    book.save(out)
    made.content = out.getvalue()


def write(made: RandomList, folder: Path) -> Path:
    path = folder / "list"
    path.write_bytes(made.content)
    return path


# --- what became of it -------------------------------------------------------------------------------------------


def losses(made: RandomList, table: Table, checked: Checked) -> list[str]:
    """The silent ones, in words: what was kept otherwise than it was meant, or is neither kept nor told nor refused."""
    found = []
    told_lines = {line for note in table.notes for line in note.lines} | {one.line for one in checked.told}
    told_columns = {column for note in (*table.notes, *checked.notes) for column in note.columns}
    refused = {(one.line, one.column) for one in checked.problems}
    found += [f"line {line} is nobody, and that is not told" for line in made.aside - told_lines]
    found += [f"line {line} is hidden or struck out, and that is not told" for line in made.marked - told_lines]
    found += [f"column {column} is hidden, and that is not told" for column in made.hidden_columns - told_columns]
    if any(one in checked.ready for one in made.aside):
        found.append("a title or a total became a person")
    for line, row in made.people.items():
        refused_line = any(where[0] == line for where in refused)
        if line not in checked.ready:
            if not refused_line:
                found.append(f"line {line} is neither kept nor refused")
            found += _unrefused(made, line, row, refused) if refused_line else []
            continue
        found += _changed(made, line, row, checked.ready[line].migrant, told_columns)
    return found


def _unrefused(made: RandomList, line: int, row: list[Said], refused: set[tuple[int, str]]) -> list[str]:
    """A line without anything to ask about that was refused is no loss; one refused for one cell names all cells that must be asked about."""
    letters = {column for number, column in refused if number == line}
    silent = []
    for place, (one, said) in enumerate(zip(made.fields, row, strict=True)):
        if said.ask and one not in ("other", "consent", "consent_method") and get_column_letter(place + 1) not in letters and "" not in letters:
            silent.append(f"line {line}: « {said.shown} » ({one}) must be asked about too")
    return silent


def _changed(made: RandomList, line: int, row: list[Said], migrant: Migrant, told_columns: set[str]) -> list[str]:
    found = []
    for place, (one, said) in enumerate(zip(made.fields, row, strict=True)):
        if one == "other":
            if said.shown and get_column_letter(place + 1) not in told_columns:
                found.append(f"line {line}: « {said.shown} » is left aside, and that is not told")
            continue
        if said.ask:
            found.append(f"line {line}: « {said.shown} » ({one}) was kept without asking")
            continue
        if one in ("consent", "consent_method") or said.truth == "*":
            continue
        kept = (migrant.born_on, migrant.birth_precision) if one in ("birth", "age") else getattr(migrant, one)
        if kept != said.truth:
            found.append(f"line {line}: « {said.shown} » ({one}) was kept as {kept}")
    return found
