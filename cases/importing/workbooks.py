"""Reading a workbook. What it says about itself (its size, the kinds of its parts and cells) is a hint; what stands in its cells counts."""

import datetime
import io
import mmap
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.worksheet._reader import (
    FORMULA_TAG,
    INLINE_STRING,
    ROW_TAG,
    VALUE_TAG,
    parse_richtext_string,
)
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from .cells import Broken, Cell, Serial, Told, Unreadable, letter, text_cell
from .numbers import code_of, shown

MOST_COLUMNS = 200
MOST_MEMBERS = 2_000  # files inside an XLSX
MOST_UNPACKED = 150 * 1024 * 1024
MOST_RATIO = 250  # unpacked to packed, of a member larger than a megabyte
COLUMN_TAG, MERGED_TAG = f"{{{SHEET_MAIN_NS}}}col", f"{{{SHEET_MAIN_NS}}}mergeCell"
# Parts of a workbook that nothing of ours reads, by how their names begin.
ASIDE = (("xl/comments", "comment"), ("xl/threadedComments/", "comment"), ("xl/media/", "picture"))


def _damaged() -> Unreadable:
    return Unreadable(_("Ce classeur ne peut pas être lu jusqu’au bout. Copiez la liste dans un classeur neuf, puis réessayez."))


def old_or_locked(path: Path) -> str:
    """What to say of a document of Office that is no XLSX."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        locked = content.find("EncryptedPackage".encode("utf-16-le")) >= 0
    if locked:
        return _("Ce classeur est protégé par un mot de passe. Enlevez le mot de passe dans le tableur, enregistrez, puis réessayez.")
    return _("Ce fichier est un ancien classeur Excel (.xls) ou document Office. Enregistrez-le en XLSX ou CSV, puis réessayez.")


def _check_archive(path: Path) -> set[str]:
    """The names of the parts. Looks at the directory of the archive before anything in it is unpacked; `ZipFile` never unpacks more than a
    member announces."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Unreadable(_("Ce fichier est abîmé : il ne s’ouvre pas. Enregistrez la liste de nouveau, puis réessayez.")) from error
    unpacked = sum(member.file_size for member in members)
    swollen = any(member.file_size > 1024 * 1024 and member.file_size > MOST_RATIO * max(member.compress_size, 1) for member in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED or swollen:
        raise Unreadable(_("Ce fichier grossit trop une fois décompressé : il n’a pas été lu. Copiez la liste dans un classeur neuf, puis réessayez."))
    names = {member.filename for member in members}
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable(_("Ce classeur est protégé par un mot de passe. Enlevez le mot de passe dans le tableur, enregistrez, puis réessayez."))
    if "xl/workbook.xml" not in names:
        if any(name.startswith("word/") for name in names):
            raise Unreadable(_("Ce fichier est un document Word. Copiez le tableau dans un classeur, enregistrez en XLSX, puis réessayez."))
        if "content.xml" in names:
            raise Unreadable(_("Ce fichier est un document LibreOffice (ODS). Enregistrez-le en XLSX ou CSV, puis réessayez."))
        raise Unreadable(_("Ce fichier n’est pas un classeur XLSX. Enregistrez la liste en XLSX ou CSV, puis réessayez."))
    return names


@dataclass
class SheetRows:
    """The lines of one sheet, and what was seen of it once they are read."""

    book: "Book"
    path: str
    hidden_lines: list[int] = field(default_factory=list)
    struck_lines: list[int] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[int, list[Cell]]]:
        try:
            yield from self._rows()
        except Unreadable:
            raise
        except Exception as error:  # whatever a hostile sheet makes of the libraries
            raise _damaged() from error

    def _rows(self) -> Iterator[tuple[int, list[Cell]]]:
        line = 0
        with self.book.archive.open(self.path) as part:
            for _event, element in iterparse(part):
                if element.tag == ROW_TAG:
                    number = int(element.get("r") or line + 1)
                    if number <= line:
                        raise _damaged()  # two rows for one line: one of them would be lost
                    line = number
                    cells = self._cells(element, line)
                    if (element.get("hidden") in ("1", "true") or element.get("ht") == "0") and any(cell != "" for cell in cells):
                        self.hidden_lines.append(line)
                    element.clear()
                    yield line, cells
                elif element.tag == COLUMN_TAG and (element.get("hidden") in ("1", "true") or element.get("width") == "0"):
                    first = int(element.get("min", "1"))
                    self.hidden_columns |= set(range(first - 1, min(int(element.get("max") or first), MOST_COLUMNS)))
                elif element.tag == MERGED_TAG and len(self.merged) < 1000:
                    self.merged.append((element.get("ref") or "")[:30])

    def _cells(self, row: Any, line: int) -> list[Cell]:
        found: dict[int, Cell] = {}
        column, struck = 0, False
        for element in row:
            if reference := element.get("r"):
                name, its_line = coordinate_from_string(reference)
                column = column_index_from_string(name)
                if its_line != line:
                    raise _damaged()
            else:
                column += 1
            value, crossed = self.book.cell(element)
            if value == "":
                continue
            if column > MOST_COLUMNS:
                raise Unreadable(_("La ligne %(line)s a plus de %(n)s colonnes.") % {"line": line, "n": MOST_COLUMNS})
            if column - 1 in found:
                raise _damaged()
            found[column - 1] = value
            struck |= crossed
        if struck:
            self.struck_lines.append(line)
        return [found.get(place, "") for place in range(max(found, default=-1) + 1)]

    def notes(self, first: int, lines: set[int], columns: int) -> list[Told]:
        """What is to be known of the rows that were taken (`lines`, `columns`). Raises Unreadable for merged cells from line `first` on."""
        if merged := [one for one in self.merged if _reaches(one, first)]:
            words = _("Des cellules sont fusionnées (%(cells)s) : on ne sait pas à quelle ligne elles appartiennent. Séparez-les dans le tableur, puis réessayez.")
            raise Unreadable(words % {"cells": ", ".join(merged[:5])})
        found = []
        if hidden := tuple(line for line in self.hidden_lines if line in lines):
            found.append(Told(_("Des lignes masquées sont lues comme les autres :"), hidden))
        if struck := tuple(line for line in self.struck_lines if line in lines):
            found.append(Told(_("Des lignes ont du texte barré ; elles sont lues comme les autres. Effacez celles qui ne comptent plus :"), struck))
        if hidden_columns := tuple(letter(place) for place in sorted(self.hidden_columns) if place < columns):
            found.append(Told(_("Des colonnes masquées sont lues comme les autres :"), columns=hidden_columns))
        return found


def _reaches(merged: str, first: int) -> bool:
    try:
        _left, _top, _right, bottom = range_boundaries(merged)
    except (ValueError, TypeError):
        return True
    return (bottom or first) >= first


class Book:
    """A workbook that was opened: its sheets by name, in their order. Raises Unreadable."""

    def __init__(self, path: Path) -> None:
        names = _check_archive(path)
        try:
            # Not by its path: the library would judge it by its ending. Without what a workbook says of its author, themes and sheets' sizes.
            reader = ExcelReader(io.BytesIO(path.read_bytes()), read_only=True, keep_links=False, rich_text=True)
            reader.read_manifest()
            reader.read_strings()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
            sheets = [(sheet, rel.target) for sheet, rel in reader.parser.find_sheets() if rel.target in names and "chartsheet" not in rel.Type]
        except Exception as error:  # whatever a hostile archive makes of the library: it is not a workbook to us
            raise Unreadable(_("Ce classeur ne peut pas être lu. Copiez la liste dans un classeur neuf, puis réessayez.")) from error
        self.archive, self._strings, self._styles = reader.archive, reader.shared_strings, reader.wb
        self.sheets = {sheet.name: target for sheet, target in sheets if sheet.state == "visible"}
        self.hidden = [sheet.name for sheet, _target in sheets if sheet.state != "visible"]
        self.aside = {kind for start, kind in ASIDE if any(name.startswith(start) for name in names)}
        if not self.sheets:
            raise Unreadable(_("Ce classeur n’a pas de feuille visible."))

    def rows(self, sheet: str) -> SheetRows:
        return SheetRows(self, self.sheets[sheet])

    def notes(self, sheet: str) -> list[Told]:
        """What of the workbook is not read beside this sheet."""
        found = []
        if others := [name for name in self.sheets if name != sheet and name not in (_("Aide"), _("Valeurs"))]:
            found.append(Told(_("Seule la feuille « %(sheet)s » est lue, pas : %(others)s.") % {"sheet": sheet[:40], "others": ", ".join(others)[:150]}))
        if self.hidden:
            found.append(Told(_("Des feuilles masquées ne sont pas lues : %(sheets)s.") % {"sheets": ", ".join(self.hidden)[:200]}))
        if "comment" in self.aside:
            found.append(Told(_("Les commentaires attachés aux cellules du classeur ne sont pas lus.")))
        if "picture" in self.aside:
            found.append(Told(_("Les images du classeur ne sont pas lues.")))
        return found

    # --- one cell ------------------------------------------------------------------------------------------------

    def _style(self, element: Any) -> tuple[str, bool]:
        """(number format, is the font struck out?)"""
        text = element.get("s") or "0"
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
        if number >= len(self._styles._cell_styles):
            return "General", False
        style = self._styles._cell_styles[number]
        fonts = self._styles._fonts
        struck = style.fontId < len(fonts) and bool(fonts[style.fontId].strike)
        return code_of(style.numFmtId, self._styles._number_formats), struck

    def cell(self, element: Any) -> tuple[Cell, bool]:
        """(what the cell shows, is it struck out?)"""
        kind, (code, struck) = element.get("t", "n"), self._style(element)
        if (formula := element.find(FORMULA_TAG)) is not None:
            return Broken(f"={formula.text or ''}"[:80], _("c’est une formule : collez sa valeur à la place")), struck
        if kind == "inlineStr":
            inline = element.find(INLINE_STRING)
            return ("", struck) if inline is None else self._text(parse_richtext_string(inline), struck)
        raw = element.findtext(VALUE_TAG)
        if raw is None or raw == "":
            return "", struck
        if kind == "s":
            place = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1
            return self._text(self._strings[place], struck) if 0 <= place < len(self._strings) else (_not_read(raw), struck)
        if kind == "e":
            return Broken(raw[:80], _("c’est une erreur de calcul : écrivez la valeur")), struck
        if kind == "b" and raw in ("0", "1"):
            return (_("vrai") if raw == "1" else _("faux")), struck
        if kind == "str":
            return text_cell(raw), struck
        return (self._day(raw) if kind == "d" else self._number(raw, code)), struck

    def _text(self, value: Any, struck: bool) -> tuple[Cell, bool]:
        if isinstance(value, CellRichText):
            struck |= any(isinstance(part, TextBlock) and bool(part.font.strike) and part.text.strip() for part in value)
        return text_cell(str(value)), struck

    def _day(self, raw: str) -> Cell:
        try:
            return _as_shown(from_ISO8601(raw), "yyyy-mm-dd")
        except ValueError:
            return _not_read(raw)

    def _number(self, raw: str, code: str) -> Cell:
        try:
            number = float(raw)
        except ValueError:
            return text_cell(raw)  # a text that calls itself a number
        if number != number or abs(number) == float("inf"):
            return _not_read(raw)
        day = self._from_serial(number)
        if is_date_format(code):
            if is_timedelta_format(code) or day is None:
                return Broken(raw[:80], _("c’est une heure : écrivez une date"))
            return _as_shown(day, code)
        return Serial(number, day.date() if isinstance(day, datetime.datetime) else None, shown(number, code))

    def _from_serial(self, number: float) -> Any:
        try:
            return from_excel(number, self._styles.epoch)
        except (ValueError, OverflowError, TypeError):
            return None


def _not_read(raw: str) -> Broken:
    return Broken(raw[:80], _("cette cellule est abîmée : écrivez sa valeur de nouveau"))


def _as_shown(value: Any, code: str) -> Cell:
    """A date as its cell shows it: one that shows only month and year is no day, and one that hides its year has none."""
    if not isinstance(value, datetime.date):
        return Broken(str(value), _("c’est une heure : écrivez une date"))
    signs = _of_the_date(code)
    if "y" not in signs:
        return Broken(value.strftime("%d/%m"), _("cette cellule ne montre pas d’année : écrivez la date entière"))
    if "m" not in signs:
        return str(value.year)
    if "d" not in signs:
        return f"{value.month:02}/{value.year}"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S") if value.time() != datetime.time() and "h" in signs else value.date()
    return value


def _of_the_date(code: str) -> set[str]:
    """Which of day, month, year and hour a date format shows; « m » beside hours is minutes."""
    plain, quoted, bracket, skip = [], False, False, False
    for sign in code.split(";")[0].lower():
        if skip:
            skip = False
        elif sign == '"':
            quoted = not quoted
        elif quoted or sign in "\\_*":
            skip = not quoted
        elif sign in "[]":
            bracket = sign == "["
        elif not bracket:
            plain.append(sign)
    found = set("dmyhs") & set(plain)
    return found - {"m"} if "h" in found and not found & {"d", "y"} else found
