"""Lists as CSV and XLSX: one writer for all of Sira. Titles, then (where there are some) HXL tags, then rows; no cell is ever a formula."""

import csv
import datetime
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@dataclass(frozen=True)
class Column:
    """`tag`: HXL 1.1 (hxlstandard.org; #x_ marks tags of our own). `width`: in characters."""

    title: str
    tag: str = ""
    width: int = 18


@dataclass(frozen=True)
class Sheet:
    """One list: its name, its columns, and rows of text, numbers and dates. `frozen`: columns that stay when one scrolls sideways."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    frozen: int = 0

    @property
    def heads(self) -> list[list[str]]:
        """The titles, and the HXL tags if the list has any."""
        tags = [column.tag for column in self.columns]
        return [[column.title for column in self.columns], *([tags] if any(tags) else [])]


def plain(value: Any) -> Any:
    """A value as every writer knows it: lazy words become text, moments lose their zone in favour of ours; text without signs no file can hold."""
    if value is None or isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, datetime.datetime):
        return timezone.make_naive(value) if timezone.is_aware(value) else value
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return value
    return ILLEGAL_CHARACTERS_RE.sub("", str(value))


_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def _guarded(text: str) -> bool:
    """Would a spreadsheet that opens this text file take the cell for a formula? Also what already looks as if we had put an apostrophe before it."""
    bare = text.lstrip("'")
    return bare.lstrip().startswith(_FORMULA) or bare[:1] in ("\t", "\r", "\n")


def harmless(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula, for files without kinds of cells (CSV). Source: OWASP, CSV injection."""
    value = plain(value)
    return f"'{value}" if isinstance(value, str) and _guarded(value) else value


def unguarded(text: str) -> str:
    """What `harmless` was given."""
    return text[1:] if text.startswith("'") and _guarded(text[1:]) else text


def as_csv(sheet: Sheet) -> bytes:
    """With a byte order mark, so that spreadsheets read the accents."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([plain(value) for value in head] for head in sheet.heads)
    writer.writerows([_iso(harmless(value)) for value in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value


def _sheet_title(title: Any) -> str:
    """Without the signs that a workbook takes for part of an address."""
    return "".join(" " if char in "[]:*?/\\" else char for char in str(title))[:31]


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """Written row by row: the memory does not grow with the list."""
    book = Workbook(write_only=True)
    for one in sheets:
        _write(book.create_sheet(_sheet_title(one.title)), one)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def as_xlsx(sheet: Sheet) -> bytes:
    return workbook([sheet])


WRITERS = {"csv": as_csv, "xlsx": as_xlsx}

_TITLE = {"font": Font(bold=True, color="FFFFFF"), "fill": PatternFill("solid", fgColor="25235F"), "alignment": Alignment(wrap_text=True, vertical="top")}
_TAG = {"font": Font(color="55566E", size=9)}
_LONG = {"alignment": Alignment(wrap_text=True, vertical="top")}


def _write(sheet: Any, one: Sheet) -> None:
    heads = one.heads
    sheet.freeze_panes = f"{get_column_letter(one.frozen + 1)}{len(heads) + 1}"
    for number, column in enumerate(one.columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    for head, style in zip(heads, (_TITLE, _TAG), strict=False):
        sheet.append([_cell(sheet, plain(value), style) for value in head])
    for row in one.rows:
        sheet.append([_cell(sheet, value, _LONG if isinstance(value, str) and len(value) > 30 else {}) for value in map(plain, row)])


def _cell(sheet: Any, value: Any, style: dict[str, Any]) -> Any:
    if not isinstance(value, str) and not style:
        return value
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula
    for name, part in style.items():
        setattr(cell, name, part)
    return cell
