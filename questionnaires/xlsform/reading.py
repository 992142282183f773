"""The cells of an uploaded workbook, and nothing more than them: what is large, disguised or alive is refused before it is opened."""

import io
import zipfile
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from pyxform.xls2json_backends import xls_value_to_unicode, xlsx_value_to_str
from xlrd import open_workbook

LARGEST_FILE = 2 * 1024 * 1024
LARGEST_UNPACKED = 10 * 1024 * 1024
MOST_MEMBERS = 300
MOST_ROWS = {"survey": 600, "choices": 2000, "settings": 10}
MOST_COLUMNS = 60
LONGEST_CELL = 4000

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The stream of macros, as an .xls names it.
XLS_MACROS = "_VBA_PROJECT_CUR".encode("utf-16-le")

# {sheet: [(number of the row as the program shows it, {column: text})]}
Sheets = dict[str, list[tuple[int, dict[str, str]]]]


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
        found: Sheets = {}
        for title in book.sheetnames:
            name = title.strip().lower()
            if name not in MOST_ROWS or name in found or not hasattr(book[title], "iter_rows"):
                continue
            sheet = book[title]
            sheet.reset_dimensions()  # what the file says of its own size is not believed
            rows = []
            for number, cells in enumerate(sheet.iter_rows(max_row=MOST_ROWS[name] + 2, max_col=MOST_COLUMNS + 1), start=1):
                for column, cell in enumerate(cells, start=1):
                    if cell.data_type == "f":
                        where = f"{title}!{get_column_letter(column)}{number}"
                        raise Refused(_("La cellule %(cell)s contient une formule. Remplacez-la par sa valeur, puis réessayez.") % {"cell": where})
                rows.append([None if cell.value is None else xlsx_value_to_str(cell.value) for cell in cells])
            found[name] = _as_rows(name, rows)
        return found
    finally:
        book.close()


def _read_xls(content: bytes) -> Sheets:
    book = open_workbook(file_contents=content, on_demand=True, ragged_rows=True, logfile=io.StringIO())
    try:
        found: Sheets = {}
        for title in book.sheet_names():
            name = title.strip().lower()
            if name not in MOST_ROWS or name in found:
                continue
            sheet = book.sheet_by_name(title)
            rows = [
                [_xls_text(sheet.cell(number, column), book.datemode) for column in range(min(sheet.row_len(number), MOST_COLUMNS + 1))]
                for number in range(min(sheet.nrows, MOST_ROWS[name] + 2))
            ]
            found[name] = _as_rows(name, rows)
            book.unload_sheet(title)
        return found
    finally:
        book.release_resources()


def _xls_text(cell: Any, datemode: int) -> str | None:
    return None if cell.value in ("", None) else xls_value_to_unicode(cell.value, cell.ctype, datemode)


def _as_rows(name: str, rows: list[list[str | None]]) -> list[tuple[int, dict[str, str]]]:
    """Rows by the names of their columns; empty rows are left out. Raises Refused for more than a questionnaire needs."""
    if not rows:
        return []
    headers = [" ".join((header or "").split()) for header in rows[0]]
    named = [header for header in headers if header]
    if len(headers) > MOST_COLUMNS and any(headers[MOST_COLUMNS:]):
        raise Refused(_("La feuille « %(sheet)s » a plus de %(n)s colonnes.") % {"sheet": name, "n": MOST_COLUMNS})
    if len(set(named)) < len(named):
        twice = next(header for header in named if named.count(header) > 1)
        raise Refused(_("La feuille « %(sheet)s » a deux colonnes « %(column)s ».") % {"sheet": name, "column": twice[:60]})
    found = []
    for number, cells in enumerate(rows[1:], start=2):
        row = {header: text.strip() for header, text in zip(headers, cells, strict=False) if header and text and text.strip()}
        if any(len(text) > LONGEST_CELL for text in row.values()):
            raise Refused(_("Dans la feuille « %(sheet)s », ligne %(row)s, un texte dépasse %(n)s signes.") % {"sheet": name, "row": number, "n": LONGEST_CELL})
        if row:
            found.append((number, row))
    if len(found) > MOST_ROWS[name] or (found and found[-1][0] > MOST_ROWS[name] + 1):
        raise Refused(_("La feuille « %(sheet)s » a plus de %(n)s lignes. Partagez ce questionnaire en plusieurs.") % {"sheet": name, "n": MOST_ROWS[name]})
    return found
