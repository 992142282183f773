"""The cells of an uploaded workbook, and nothing more than them: what is large, disguised or alive is refused before it is opened."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from pyxform.constants import SUPPORTED_SHEET_NAMES
from pyxform.xls2json_backends import xls_value_to_unicode, xlsx_value_to_str
from xlrd import open_workbook

from ..models import LONGEST_TEXT
from .losses import Kind, Loss

LARGEST_FILE = 2 * 1024 * 1024
LARGEST_UNPACKED = 10 * 1024 * 1024
MOST_MEMBERS = 300
# Rows in which something stands. Also the sheets that only pyxform reads.
MOST_ROWS = dict.fromkeys(sorted(SUPPORTED_SHEET_NAMES), 2000) | {"survey": 600, "settings": 10}
MOST_COLUMNS = 60
LONGEST_TITLE = 200
MOST_CELLS = 2_000_000  # of a sheet, the empty ones too: what is formatted without end is refused
MOST_NAMED = 20  # places named in one message

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The stream of macros, as an .xls names it.
XLS_MACROS = "_VBA_PROJECT_CUR".encode("utf-16-le")


class Sheets(dict[str, list[tuple[int, dict[str, str]]]]):
    """{sheet: [(number of the row as the program shows it, {title of the column: text})]}. `losses`: what stands beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[Loss] = []


class Formula(str):
    """A cell that is calculated. Whoever takes it refuses the file; `place`: as the program calls it."""

    place: str

    @classmethod
    def at(cls, text: str, place: str) -> "Formula":
        made = cls(text)
        made.place = place
        return made


class Refused(Exception):
    """This file is not read. The message says why and what to do."""


def read_sheets(content: bytes) -> Sheets:
    """The sheets of an XLSForm. Bounded in size before it is unpacked, and in rows, columns and cells while it is read. Raises Refused."""
    if len(content) > LARGEST_FILE:
        raise Refused(_("Ce fichier dépasse 2 Mo. Un XLSForm est bien plus petit : retirez les images et les feuilles qui n’en font pas partie."))
    if content.startswith(ZIP):
        _check_archive(content)
        read = _read_xlsx
    elif content.startswith(OLE):
        if XLS_MACROS in content:
            raise Refused(_("Ce classeur contient des macros. Enregistrez-le au format .xlsx, sans macro, puis réessayez."))
        read = _read_xls
    else:
        raise Refused(_("Ce fichier n’est pas un classeur Excel (.xlsx ou .xls). Enregistrez le questionnaire dans un de ces formats, puis réessayez."))
    try:
        sheets = read(content)
    except Refused:
        raise
    except Exception as error:  # a workbook made to break its reader: whatever breaks, the file is refused
        raise Refused(_("Ce classeur est abîmé ou protégé par un mot de passe. Ouvrez-le, enregistrez-le de nouveau, puis réessayez.")) from error
    if not sheets.get("survey"):
        raise Refused(_("Ce classeur n’a pas de feuille « survey » avec des questions. Un XLSForm a les feuilles « survey », « choices » et « settings »."))
    return sheets


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Refused(_("Ce classeur est abîmé. Ouvrez-le, enregistrez-le de nouveau, puis réessayez.")) from error
    names = {member.filename.lower() for member in members}
    if "xl/workbook.xml" not in names:
        raise Refused(_("Ce fichier n’est pas un classeur Excel (.xlsx ou .xls). Enregistrez le questionnaire dans un de ces formats, puis réessayez."))
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Refused(_("Ce classeur contient des macros. Enregistrez-le au format .xlsx, sans macro, puis réessayez."))
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise Refused(_("Ce classeur est trop grand une fois ouvert : il n’a pas été lu. Gardez seulement les feuilles « survey », « choices » et « settings »."))


def _read_xlsx(content: bytes) -> Sheets:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:

        def rows(title: str) -> Iterator[list[str | None]] | None:
            if not hasattr(book[title], "iter_rows"):
                return None
            book[title].reset_dimensions()  # what the file says of its own size is not believed
            return ([_xlsx_text(title, cell) for cell in cells] for cells in _bounded(title, book[title].iter_rows()))

        return _sheets(book.sheetnames, rows)
    finally:
        book.close()


def _xlsx_text(title: str, cell: Any) -> str | None:
    if cell.value is None:
        return None
    if cell.data_type == "f":
        # Of an array, openpyxl gives an object with the formula in it.
        return Formula.at(str(getattr(cell.value, "text", cell.value)), f"{title}!{get_column_letter(cell.column)}{cell.row}")
    return xlsx_value_to_str(cell.value)


def _read_xls(content: bytes) -> Sheets:
    book = open_workbook(file_contents=content, on_demand=True, ragged_rows=True, logfile=io.StringIO())
    try:

        def rows(title: str) -> Iterator[list[str | None]]:
            sheet = book.sheet_by_name(title)
            cells = (sheet.row(number) for number in range(sheet.nrows))
            return ([_xls_text(cell, book.datemode) for cell in row] for row in _bounded(title, cells))

        return _sheets(book.sheet_names(), rows)
    finally:
        book.release_resources()


def _xls_text(cell: Any, datemode: int) -> str | None:
    return None if cell.value in ("", None) else xls_value_to_unicode(cell.value, cell.ctype, datemode)


def _bounded(title: str, rows: Iterable[Any]) -> Iterator[Any]:
    seen = 0
    for row in rows:
        seen += len(row)
        if seen > MOST_CELLS:
            raise Refused(
                _("La feuille « %(sheet)s » est trop large ou trop longue. Supprimez ses lignes et ses colonnes vides, puis réessayez.") % {"sheet": title[:60]}
            )
        yield row


def _sheets(titles: list[str], rows_of: Callable[[str], Iterator[list[str | None]] | None]) -> Sheets:
    """The sheets of an XLSForm; of all others that they are there."""
    found = Sheets()
    for title in titles:
        name = title.strip().lower()
        rows = rows_of(title) if name in MOST_ROWS and name not in found else None
        if rows is None:
            found.losses.append(Loss(title, 0, _("La feuille « %(sheet)s » n’est pas une feuille de XLSForm : elle n’est pas lue.") % {"sheet": title[:60]}, Kind.LEFT))
        else:
            found[name] = _as_rows(name, rows, found.losses)
    return found


def _as_rows(name: str, rows: Iterator[list[str | None]], losses: list[Loss]) -> list[tuple[int, dict[str, str]]]:
    """Rows by the titles of their columns; empty rows are left out. Raises Refused for more than a questionnaire needs."""
    headers = _headers(name, next(rows, []))
    found: list[tuple[int, dict[str, str]]] = []
    long = []
    for number, cells in enumerate(rows, start=2):
        row = {}
        for place, text in enumerate(cells):
            if text is None or not (stripped := text.strip()):
                continue
            header = headers[place] if place < len(headers) else ""
            if not header:
                where = f"{get_column_letter(place + 1)}{number}"
                words = _("La cellule %(cell)s « %(text)s » n’a pas de titre de colonne : elle n’est pas lue.") % {"cell": where, "text": stripped[:60]}
                losses.append(Loss(name, number, words, Kind.LEFT, get_column_letter(place + 1)))
                continue
            if len(stripped) > LONGEST_TEXT:
                long.append(f"{name}!{get_column_letter(place + 1)}{number}")
            row[header] = Formula.at(stripped, text.place) if isinstance(text, Formula) else stripped
        if row:
            found.append((number, row))
        if len(found) > MOST_ROWS[name]:
            raise Refused(_("La feuille « %(sheet)s » a plus de %(n)s lignes. Partagez ce questionnaire en plusieurs.") % {"sheet": name, "n": MOST_ROWS[name]})
        if len(losses) > MOST_ROWS["choices"]:
            raise Refused(_("La feuille « %(sheet)s » a trop de cellules sans titre de colonne. Donnez un titre à chaque colonne, ou videz-les.") % {"sheet": name})
    if long:
        words = _("Un texte dépasse %(n)s signes : %(cells)s. Raccourcissez-le, puis réessayez : Sira n’en coupe aucun.")
        raise Refused(words % {"n": LONGEST_TEXT, "cells": named(long)})
    return found


def _headers(name: str, cells: list[str | None]) -> list[str]:
    headers = [" ".join((header or "").split()) for header in cells]
    titles = [header for header in headers if header]
    if len(titles) > MOST_COLUMNS:
        raise Refused(_("La feuille « %(sheet)s » a plus de %(n)s colonnes.") % {"sheet": name, "n": MOST_COLUMNS})
    if any(len(header) > LONGEST_TITLE for header in titles):
        raise Refused(_("La feuille « %(sheet)s » a un titre de colonne de plus de %(n)s signes.") % {"sheet": name, "n": LONGEST_TITLE})
    if len(set(titles)) < len(titles):
        twice = next(header for header in titles if titles.count(header) > 1)
        raise Refused(_("La feuille « %(sheet)s » a deux colonnes « %(column)s ».") % {"sheet": name, "column": twice[:60]})
    return headers


def named(places: list[str]) -> str:
    """Places in a sentence: all of them, but for a flood."""
    more = len(places) - MOST_NAMED
    return ", ".join(places[:MOST_NAMED]) + (_(" et %(n)s autres") % {"n": more} if more > 0 else "")
