"""Rows of a sheet, cell by cell: each is taken, or told. What nobody asked for is not forgotten."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.writing import clean_line, clean_text

from ..wording import cited_in
from .columns import LANGUAGES, Column, columns_of, is_worded, language_code
from .losses import Kind, Loss
from .reading import Formula, Refused

# Columns that answer in the place of whoever is asked.
_FILLING = ("calculation", "default", "read_only", "trigger")


class Table:
    """A sheet. `default`: the language of what is said without one, as code; `losses`, `formulas`: what is found on the way."""

    def __init__(self, name: str, rows: Iterable[tuple[int, dict[str, str]]], default: str, default_name: str, losses: list[Loss], formulas: list[str]):
        rows = list(rows)
        self.name, self.default, self.default_name = name, default, default_name
        self.losses, self.formulas = losses, formulas
        self.known: set[str] = set()  # names of the questions that are taken: what cites another can't be given back
        self.columns = columns_of(name, dict.fromkeys(header for _number, cells in rows for header in cells))
        self._refuse_twins()
        self.rows = [Row(self, number, {self.columns[header]: text for header, text in cells.items()}) for number, cells in rows]

    def _refuse_twins(self) -> None:
        """Two titles for one thing: nobody knows which of the two is meant."""
        seen: dict[str, str] = {}
        for header, column in self.columns.items():
            if not column.worded and (other := seen.setdefault(column.base, header)) != header:
                words = _("Dans la feuille « %(sheet)s », les colonnes « %(one)s » et « %(other)s » disent la même chose. Gardez-en une.")
                raise Refused(words % {"sheet": self.name, "one": other[:60], "other": header[:60]})

    def code(self, column: Column) -> str:
        return language_code(column.language) if column.language else self.default

    def key(self, column: Column) -> str:
        """The title under which a cell is kept: our names for our languages, so that an export does not have two for one."""
        if not is_worded(column.base):
            return column.base
        code = self.code(column)
        return f"{column.base}::{LANGUAGES.get(code, column.language or self.default_name)}"


class Row:
    def __init__(self, table: Table, number: int, cells: dict[Column, str]):
        self.table, self.number, self.cells = table, number, cells
        self.taken: set[Column] = set()

    def take(self, base: str) -> str:
        """The text of the cell, which is now somebody's; empty for none."""
        for column, text in self.cells.items():
            if column.base == base:
                self._took(column, text)
                return text
        return ""

    def see(self, base: str) -> str:
        """The text of the cell, which is still nobody's."""
        return next((text for column, text in self.cells.items() if column.base == base), "")

    def _took(self, column: Column, text: str) -> None:
        if column not in self.taken:
            self.taken.add(column)
            if isinstance(text, Formula):
                self.table.formulas.append(text.place)

    def column(self, base: str) -> str:
        return next((column.header for column in self.cells if column.base == base), "")

    def columns(self, base: str) -> list[str]:
        return [column.header for column in self.cells if column.base == base]

    def lose(self, words: str, kind: Kind, column: str = "", last: int = 0) -> None:
        self.table.losses.append(Loss(self.table.name, self.number, words, kind, column, last))

    def texts(self, base: str, otherwise: str, *, lines: bool, origin: dict[str, str], needed: bool = True) -> dict[str, str]:
        """What is said, by language: ours as they are, French always among them; those of other languages go to `origin`."""
        found: dict[str, str] = {}
        others: list[str] = []
        # A cell that names its language comes before one that does not.
        for column, text in sorted(((c, t) for c, t in self.cells.items() if c.base == base), key=lambda pair: not pair[0].language):
            code = self.table.code(column)
            self._took(column, text)
            words = self._clean(text, column, lines=lines)
            if code not in LANGUAGES:
                others.append(words)
                if self._can_be_given_back(column, text):
                    origin[self.table.key(column)] = text
                    self.lose(_("« %(text)s » : Sira n’a pas cette langue.") % {"text": words[:60]}, Kind.KEPT, column.header)
            elif code in found:
                if found[code] != words:
                    self.lose(_("Deux textes en une langue : « %(text)s » n’est pas repris.") % {"text": words[:60]}, Kind.TEXT, column.header)
            elif words:
                found[code] = words
        if not found and not others and needed:
            self.lose(_("« %(name)s » n’a pas de texte : son nom en tient lieu.") % {"name": otherwise[:60]}, Kind.TEXT, "name")
            return {"fr": otherwise}
        if "fr" not in found and (spoken := [*found.values(), *others]):
            found["fr"] = spoken[0]
            words = _("« %(name)s » n’a pas de texte en français : celui d’une autre langue est repris, traduisez-le.")
            self.lose(words % {"name": otherwise[:60]}, Kind.TEXT, self.column(base))
        return {code: found[code] for code in LANGUAGES if code in found}

    def _clean(self, text: str, column: Column, *, lines: bool) -> str:
        try:
            return clean_text(text) if lines else clean_line(text)
        except ValidationError as error:
            words = _("Dans la feuille « %(sheet)s », ligne %(row)s, colonne « %(column)s » : %(error)s")
            raise Refused(words % {"sheet": self.table.name, "row": self.number, "column": column.header, "error": error.messages[0]}) from error

    def cites_unknown(self, text: str) -> bool:
        return any(name not in self.table.known for name in cited_in(text))

    def _can_be_given_back(self, column: Column, text: str) -> bool:
        if self.cites_unknown(text):
            self.lose(_("« %(text)s » cite une question qui n’est pas reprise : ce texte non plus.") % {"text": text[:100]}, Kind.LEFT, column.header)
            return False
        return True

    def keep_words(self, base: str, origin: dict[str, str]) -> None:
        """Texts that Sira shows as they are, in its languages; others are left for `keep_rest`."""
        for column, text in self.cells.items():
            key = self.table.key(column)
            if column.base == base and self.table.code(column) in LANGUAGES and key not in origin and not self.cites_unknown(text):
                self._took(column, text)
                origin[key] = text

    def keep_rest(self, origin: dict[str, str]) -> None:
        """All that nobody asked for, kept to be given back; a calculated cell is told, as it would be given back wrong."""
        for column, text in self.cells.items():
            if column in self.taken:
                continue
            self.taken.add(column)
            if isinstance(text, Formula):
                self.lose(_("La cellule %(cell)s est calculée par une formule : elle n’est pas reprise.") % {"cell": text.place}, Kind.FORMULA, column.header)
                continue
            if column.base.startswith("sira_"):
                self.lose(_("« %(text)s » n’a pas de sens dans cette ligne.") % {"text": text[:60]}, Kind.LEFT, column.header)
                continue
            if not self._can_be_given_back(column, text):
                continue
            key = self.table.key(column)
            if key in origin and origin[key] != text:
                self.lose(_("« %(text)s » est dit deux fois autrement : ce texte n’est pas repris.") % {"text": text[:60]}, Kind.LEFT, column.header)
                continue
            origin[key] = text
            self.lose(f"« {text[:100]} »", Kind.FILLED if column.base in _FILLING else Kind.KEPT, column.header)
