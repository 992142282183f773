"""Lists as CSV and XLSX: one writer for all of Sira. Titles, then (where there are some) HXL tags, then rows; no cell is ever a formula."""

import csv
import datetime
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

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


def harmless(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula; numbers and dates as they are. Source: OWASP, CSV injection."""
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠") or text[:1] in ("\t", "\r", "\n") else text


def as_csv(sheet: Sheet) -> bytes:
    """With a byte order mark, so that spreadsheets read the accents."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows(sheet.heads)
    writer.writerows([_iso(harmless(value)) for value in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """Written row by row: the memory does not grow with the list."""
    book = Workbook(write_only=True)
    for one in sheets:
        _write(book.create_sheet(one.title[:31]), one)
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
        sheet.append([_cell(sheet, value, style) for value in head])
    for row in one.rows:
        sheet.append([_cell(sheet, harmless(value), _LONG if isinstance(value, str) and len(value) > 30 else {}) for value in row])


def _cell(sheet: Any, value: Any, style: dict[str, Any]) -> Any:
    if not isinstance(value, str) and not style:
        return value
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula
    for name, part in style.items():
        setattr(cell, name, part)
    return cell
