"""Reading a file that somebody sent. It is judged by its content, never by its name; nothing in it is ever evaluated.

What makes the whole file useless raises `Unreadable` with words for the screen. What is wrong with one cell stays in the cell
(`Broken`), so that all faults of a file are named at once."""

import csv
import datetime
import io
import mmap
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import charset_normalizer
import openpyxl
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel

MOST_ROWS = 20_000  # people in one file
MOST_LINES = 100_000  # read at all, empty ones included
MOST_COLUMNS = 200
MOST_CHARACTERS = 2_000  # in a cell
MOST_MEMBERS = 2_000  # files inside an XLSX
MOST_UNPACKED = 150 * 1024 * 1024
MOST_RATIO = 250  # unpacked to packed, of a member larger than a megabyte
HEADER_WITHIN = 10  # lines

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Excel before 2007, and every encrypted document of Office
FOREIGN = {b"%PDF-": "PDF", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"{\\rtf": "RTF", b"\x1f\x8b": "GZIP", b"Rar!": "RAR", b"7z\xbc\xaf": "7-Zip"}
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
WESTERN = ["cp1252", "mac_roman", "cp850", "latin_1"]
SEPARATORS: dict[str, Any] = {";": gettext_lazy("point-virgule"), ",": gettext_lazy("virgule"), "\t": gettext_lazy("tabulation"), "|": "|"}
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z0-9:]+)[\"']")


class Unreadable(Exception):
    """The file can't be used at all. The text says why and what to do."""


@dataclass(frozen=True)
class Broken:
    """A cell that can't be used: what stands in it, and why not."""

    text: str
    why: str


@dataclass(frozen=True)
class Serial:
    """A number of a workbook, and the day it is if it is meant as one (the base differs between workbooks)."""

    number: float
    day: datetime.date | None

    def __str__(self) -> str:
        return str(int(self.number)) if self.number == int(self.number) else repr(self.number)


Cell = str | datetime.date | Serial | Broken


@dataclass
class Table:
    """A list as read: the columns' names, and the rows with the numbers of their lines in the file."""

    columns: list[str]
    rows: list[tuple[int, list[Cell]]]
    notes: list[str] = field(default_factory=list)


def letter(place: int) -> str:
    """The name of a column, counted from 0."""
    return get_column_letter(place + 1)


def read(path: Path) -> Table:
    """The list in this file, XLSX or CSV. Raises Unreadable."""
    size = path.stat().st_size
    if not size:
        raise Unreadable(_("Le fichier est vide."))
    if size > settings.UPLOAD_MAX_BYTES:
        raise Unreadable(_("Le fichier dépasse %(n)s Mo. Partagez la liste en plusieurs fichiers.") % {"n": settings.UPLOAD_MAX_BYTES // 1024 // 1024})
    with path.open("rb") as file:
        head = file.read(8)
    if head == OLE:
        raise Unreadable(_old_or_locked(path))
    for start, kind in FOREIGN.items():
        if head.startswith(start):
            raise Unreadable(_("Ce fichier est un %(kind)s, pas une liste. Enregistrez la liste en XLSX ou CSV.") % {"kind": kind})
    lines, notes = _of_workbook(path) if head.startswith(b"PK") else _of_text(path.read_bytes())
    return _table(lines, notes)


# --- workbooks ---------------------------------------------------------------------------------------------------


def _old_or_locked(path: Path) -> str:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        locked = content.find("EncryptedPackage".encode("utf-16-le")) >= 0
    if locked:
        return _("Ce classeur est protégé par un mot de passe. Enlevez le mot de passe dans le tableur, enregistrez, puis réessayez.")
    return _("Ce fichier est un ancien classeur Excel (.xls) ou document Office. Enregistrez-le en XLSX ou CSV, puis réessayez.")


def _check_archive(path: Path) -> None:
    """Looks at the directory of the archive before anything in it is unpacked. `ZipFile` never unpacks more than a member announces."""
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


Lines = Iterator[tuple[int, list[Cell]]]


def _of_workbook(path: Path) -> tuple[Lines, list[str]]:
    _check_archive(path)
    try:
        # Not by its path: the library would judge it by its ending.
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=False, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    except Exception as error:  # whatever a hostile archive makes of the library: it is not a workbook to us
        raise Unreadable(_("Ce classeur ne peut pas être lu. Copiez la liste dans un classeur neuf, puis réessayez.")) from error
    if not sheets:
        raise Unreadable(_("Ce classeur n’a pas de feuille visible."))
    sheet = sheets[0]
    if merged := _merged(book, sheet):
        words = _("Des cellules sont fusionnées (%(cells)s) : on ne sait pas à quelle ligne elles appartiennent. Séparez-les dans le tableur, puis réessayez.")
        raise Unreadable(words % {"cells": ", ".join(merged[:5])})
    notes = []
    if others := [other.title for other in sheets[1:] if other.title not in (_("Aide"), _("Valeurs"))]:
        notes.append(_("Seule la feuille « %(sheet)s » est lue, pas : %(others)s.") % {"sheet": sheet.title[:40], "others": ", ".join(others)[:150]})
    return _sheet_lines(sheet, book.epoch), notes


def _merged(book: Any, sheet: Any) -> list[str]:
    """Ranges of merged cells: the library does not tell them when it reads row by row."""
    found: list[str] = []
    with book._archive.open(sheet._worksheet_path) as part:
        rest = b""
        while block := part.read(1 << 20):
            text = rest + block
            found += [match.decode() for match in MERGED.findall(text)]
            rest = text[text.rfind(b"<") :] if b"<" in text[-4096:] else b""
            if len(found) > 5:
                break
    return list(dict.fromkeys(found))


def _sheet_lines(sheet: Any, epoch: datetime.datetime) -> Lines:
    try:
        for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), 1):
            yield number, [_cell(cell, epoch) for cell in row]
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(_("Ce classeur ne peut pas être lu jusqu’au bout. Copiez la liste dans un classeur neuf, puis réessayez.")) from error


def _cell(cell: Any, epoch: datetime.datetime) -> Cell:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        text = str(getattr(value, "text", value) or "=")
        return Broken(text[:80], _("c’est une formule : collez sa valeur à la place"))
    if cell.data_type == "e":
        return Broken(str(value)[:80], _("c’est une erreur de calcul : écrivez la valeur"))
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, int | float):
        return Serial(float(value), _day(value, epoch))
    if isinstance(value, datetime.time | datetime.timedelta):
        return Broken(str(value), _("c’est une heure : écrivez une date"))
    return _text_cell(str(value))


def _day(value: float, epoch: datetime.datetime) -> datetime.date | None:
    try:
        day = from_excel(value, epoch)
    except (ValueError, OverflowError, TypeError):
        return None
    return day.date() if isinstance(day, datetime.datetime) else None


def _text_cell(text: str) -> Cell:
    text = text.strip()
    if len(text) > MOST_CHARACTERS:
        return Broken(f"{text[:40]}…", _("le texte est trop long"))
    return text


# --- text --------------------------------------------------------------------------------------------------------


def _decoded(content: bytes) -> tuple[str, str]:
    """(text, name of the encoding). Raises Unreadable."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return _decode(content, name), name.removesuffix("-sig")
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        broken_at = content.count(b"\n", 0, error.start) + 1
    nuls = content[:4096].count(0)
    if nuls > len(content[:4096]) // 4:
        name = "utf-16-le" if content[1:2] == b"\x00" else "utf-16-be"
        return _decode(content, name), name
    best = charset_normalizer.from_bytes(content[:1_000_000], cp_isolation=WESTERN, threshold=0.4).best() if not nuls else None
    if best is None:
        words = _("L’encodage du fichier n’est pas reconnu (ligne %(line)s). Dans le tableur, enregistrez en « CSV UTF-8 », puis réessayez.")
        raise Unreadable(words % {"line": broken_at})
    # Between the encodings of Western Europe only accents decide, and Windows is what centres have.
    try:
        return content.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return _decode(content, best.encoding), best.encoding


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError as error:
        words = _("L’encodage du fichier (%(name)s) est abîmé. Dans le tableur, enregistrez en « CSV UTF-8 », puis réessayez.")
        raise Unreadable(words % {"name": name}) from error


def _of_text(content: bytes) -> tuple[Lines, list[str]]:
    if b"\x00" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) and content[:2].count(0) != 1:
        line = content.count(b"\n", 0, content.index(0)) + 1
        raise Unreadable(_("Le fichier contient des octets nuls (ligne %(line)s) : ce n’est pas du texte. Enregistrez la liste de nouveau en CSV.") % {"line": line})
    if content[:2].count(0) == 1 and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        name = "utf-16-le" if content[1:2] == b"\x00" else "utf-16-be"
        text, encoding = _decode(content, name), name
    else:
        text, encoding = _decoded(content)
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise Unreadable(_("Le fichier contient des octets nuls (ligne %(line)s) : ce n’est pas du texte. Enregistrez la liste de nouveau en CSV.") % {"line": line})
    head = text[:20_000]
    if sum(1 for char in head if ord(char) < 32 and char not in "\r\n\t") > len(head) // 100:
        raise Unreadable(_("Ce fichier n’est pas une liste. Enregistrez la liste en XLSX ou CSV, puis réessayez."))
    separator = _separator(head)
    notes = [_("Fichier texte : encodage %(encoding)s, séparateur %(separator)s.") % {"encoding": encoding, "separator": SEPARATORS[separator]}]
    return _text_lines(text, separator), notes


def _separator(head: str) -> str:
    """The one that stands most often in the first lines outside quotes; ties go to the semicolon, which French spreadsheets write."""
    plain = re.sub(r'"[^"]*"', "", "\n".join(head.splitlines()[:HEADER_WITHIN]))
    first = head.split("sep=", 1)[1][:1] if head.startswith("sep=") else ""
    return first if first in SEPARATORS else max(SEPARATORS, key=lambda one: plain.count(one))


def _text_lines(text: str, separator: str) -> Lines:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    began = 1
    try:
        for row in reader:
            line, began = began, reader.line_num + 1
            if line == 1 and len(row) <= 2 and row and row[0].startswith("sep="):
                continue
            yield line, [_text_value(value) for value in row[: MOST_COLUMNS + 1]]
    except csv.Error as error:
        words = _("La ligne %(line)s ne se lit pas : un guillemet n’est pas fermé ou est mal placé (%(error)s).")
        raise Unreadable(words % {"line": began, "error": error}) from error


def _text_value(value: str) -> Cell:
    if value.lstrip().startswith("=") and len(value.strip()) > 1:
        return Broken(value.strip()[:80], _("c’est une formule : collez sa valeur à la place"))
    return _text_cell(value)


# --- both --------------------------------------------------------------------------------------------------------


def _table(lines: Lines, notes: list[str]) -> Table:
    """The header is the first line with at least two columns filled in; what stands above is a title."""
    columns: list[str] = []
    rows: list[tuple[int, list[Cell]]] = []
    for number, cells in lines:
        if number > MOST_LINES:
            words = _("Le fichier a plus de %(n)s lignes. Partagez-le, ou effacez les lignes vides qui suivent la dernière personne.")
            raise Unreadable(words % {"n": MOST_LINES})
        while cells and cells[-1] == "":
            cells.pop()
        if not cells:
            continue
        if len(cells) > MOST_COLUMNS:
            raise Unreadable(_("La ligne %(line)s a plus de %(n)s colonnes.") % {"line": number, "n": MOST_COLUMNS})
        if not columns:
            if sum(cell != "" for cell in cells) >= 2:
                columns = _header(number, cells)
            elif number > HEADER_WITHIN:
                break
            continue
        if not rows and all(cell == "" or (isinstance(cell, str) and cell.startswith("#")) for cell in cells):
            continue  # HXL tags
        if len(cells) > len(columns):
            words = _("La ligne %(line)s a plus de valeurs que l’en-tête n’a de colonnes. Un séparateur est peut-être dans une valeur : mettez-la entre guillemets.")
            raise Unreadable(words % {"line": number})
        rows.append((number, cells + [""] * (len(columns) - len(cells))))
        if len(rows) > MOST_ROWS:
            raise Unreadable(_("Le fichier a plus de %(n)s personnes. Partagez-le en plusieurs fichiers.") % {"n": MOST_ROWS})
    if not columns:
        raise Unreadable(_("Aucune ligne de titres n’a été trouvée : la première ligne doit nommer les colonnes. Le modèle à télécharger montre comment."))
    if not rows:
        raise Unreadable(_("Le fichier a des titres de colonnes, mais aucune personne."))
    return Table(columns, rows, notes)


def _header(number: int, cells: list[Cell]) -> list[str]:
    """The names of the columns; one without a name is called by its letter. Raises Unreadable for two of the same name."""
    broken = next((place for place, cell in enumerate(cells) if isinstance(cell, Broken)), None)
    if broken is not None:
        raise Unreadable(_("Ligne %(line)s, colonne %(column)s : un titre de colonne est une formule.") % {"line": number, "column": letter(broken)})
    names = [" ".join(str(cell).split())[:200] or _("Colonne %(letter)s") % {"letter": letter(place)} for place, cell in enumerate(cells)]
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        if name.casefold() in seen:
            words = _("Deux colonnes ont le même titre « %(name)s » (%(first)s et %(second)s). Changez-en un.")
            raise Unreadable(words % {"name": name[:60], "first": letter(seen[name.casefold()]), "second": letter(place)})
        seen[name.casefold()] = place
    return names
