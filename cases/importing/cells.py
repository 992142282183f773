"""What stands in a list: its cells as they are shown, and what is told about them."""

import datetime
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl.utils import get_column_letter

MOST_CHARACTERS = 2_000  # in a cell
PLACES_NAMED = 8  # of a thing that was found in many


class Unreadable(Exception):
    """The file can't be used at all. The text says why and what to do."""


@dataclass(frozen=True)
class Broken:
    """A cell that can't be used: what stands in it, and why not."""

    text: str
    why: str


@dataclass(frozen=True)
class Serial:
    """A number of a workbook, the day it is if it is meant as one (the base differs between workbooks), and what its cell shows (None: unknown)."""

    number: float
    day: datetime.date | None
    shown: str | None

    def __str__(self) -> str:
        return self.shown if self.shown is not None else repr(self.number)


Cell = str | datetime.date | Serial | Broken


@dataclass(frozen=True)
class Told:
    """What was done with a part of the file, in words, and where: lines of the file, letters of columns, or a sheet of the workbook."""

    words: str
    lines: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        places = [str(line) for line in self.lines] or list(self.columns)
        if not places:
            return self.words
        named = ", ".join(places[:PLACES_NAMED]) + (", …" if len(places) > PLACES_NAMED else "")
        if self.lines:
            where = ngettext("ligne %(places)s", "lignes %(places)s (%(n)s en tout)", len(places))
        else:
            where = ngettext("colonne %(places)s", "colonnes %(places)s (%(n)s en tout)", len(places))
        return f"{self.words} {where % {'places': named, 'n': len(places)}}."


@dataclass
class Table:
    """A list as read: the columns' names, and the rows with the numbers of their lines in the file."""

    columns: list[str]
    rows: list[tuple[int, list[Cell]]]
    notes: list[Told] = field(default_factory=list)
    sheet: str = ""
    sheets: tuple[str, ...] = ()


def letter(place: int) -> str:
    """The name of a column, counted from 0."""
    return get_column_letter(place + 1)


def text_cell(text: str) -> Cell:
    """What was written; text that a wrong encoding spoilt is not taken for a name."""
    text = text.strip()
    if len(text) > MOST_CHARACTERS:
        return Broken(f"{text[:40]}…", _("le texte est trop long"))
    if "\ufffd" in text:
        return Broken(text[:80], _("un signe est illisible (�) : écrivez-le de nouveau"))
    if spoilt(text):
        return Broken(text[:80], _("les accents sont abîmés par un mauvais encodage : écrivez le mot de nouveau"))
    return text


def spoilt(text: str) -> bool:
    """Is this UTF-8 that somebody read as Windows text (« TraorÃ© »)? No name is written so."""
    if text.isascii():
        return False
    try:
        return text.encode("cp1252").decode("utf-8") != text
    except UnicodeError:
        return False
