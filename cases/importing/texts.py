"""Reading a text file: its encoding by evidence, its separator, its lines."""

import csv
import io
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.spreadsheet import unguarded

from .cells import Broken, Cell, Told, Unreadable, text_cell
from .encodings import decoded, line_of

HEADER_WITHIN = 10  # lines that tell the separator
SEPARATORS: dict[str, Any] = {";": gettext_lazy("point-virgule"), ",": gettext_lazy("virgule"), "\t": gettext_lazy("tabulation"), "|": "|"}


def of_text(content: bytes) -> tuple["TextRows", list[Told]]:
    """The lines of a text file, and what is told of it. Raises Unreadable."""
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) or content[:2].count(0) == 1
    if b"\x00" in content and not wide:
        raise _zeros(line_of(content, content.index(0)))
    text, encoding, examples = decoded(content)
    if "\x00" in text:
        raise _zeros(text.count("\n", 0, text.index("\x00")) + 1)
    head = text[:20_000]
    if sum(1 for char in head if ord(char) < 32 and char not in "\r\n\t") > len(head) // 100:
        raise Unreadable(_("Ce fichier n’est pas une liste. Enregistrez la liste en XLSX ou CSV, puis réessayez."))
    separator = _separator(head)
    said = {"encoding": encoding, "separator": SEPARATORS[separator]}
    notes = [Told(_("Fichier texte : encodage %(encoding)s, séparateur %(separator)s.") % said)]
    if examples:
        notes.append(Told(_("L’encodage est reconnu aux accents : vérifiez que ces mots sont justes : %(words)s.") % {"words": ", ".join(examples)}))
    return TextRows(text, separator), notes


def _zeros(line: int) -> Unreadable:
    return Unreadable(_("Le fichier contient des octets nuls (ligne %(line)s) : ce n’est pas du texte. Enregistrez la liste de nouveau en CSV.") % {"line": line})


def _separator(head: str) -> str:
    """The one that stands most often in the first lines outside quotes; ties go to the semicolon, which French spreadsheets write."""
    plain = "".join("\n".join(head.splitlines()[:HEADER_WITHIN]).split('"')[::2])
    first = head.split("sep=", 1)[1][:1] if head.startswith("sep=") else ""
    return first if first in SEPARATORS else max(SEPARATORS, key=lambda one: plain.count(one))


class TextRows:
    """The lines of a text file, each with its number; a cell in quotes may go over several."""

    def __init__(self, text: str, separator: str) -> None:
        self._text, self._separator = text, separator

    def __iter__(self):
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self._separator, strict=True)
        began = 1
        try:
            for row in reader:
                line, began = began, reader.line_num + 1
                if line == 1 and len(row) <= 2 and row and row[0].startswith("sep="):
                    continue
                yield line, [_value(value) for value in row]
        except csv.Error as error:
            words = _("La ligne %(line)s ne se lit pas : un guillemet n’est pas fermé ou est mal placé (%(error)s).")
            raise Unreadable(words % {"line": began, "error": error}) from error

    def notes(self, first: int, lines: set[int], columns: int) -> list[Told]:
        return []


def _value(value: str) -> Cell:
    plain = unguarded(value.strip())
    if plain == value.strip() and plain.startswith("=") and len(plain) > 1:
        return Broken(plain[:80], _("c’est une formule : collez sa valeur à la place"))
    return text_cell(plain)
