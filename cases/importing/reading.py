"""Reading a file that somebody sent. It is judged by its content, never by its name; nothing in it is ever evaluated.

What makes the whole file useless raises `Unreadable` with words for the screen. What is wrong with one cell stays in the cell
(`Broken`), so that all faults of a file are named at once. What is not read as a person is told (`Told`), with its place."""

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from .cells import Broken, Cell, Table, Told, Unreadable, letter
from .texts import TextRows, of_text
from .titles import is_instruction, knows_title, plain
from .workbooks import MOST_COLUMNS, Book, SheetRows, old_or_locked

__all__ = ["Broken", "Cell", "Table", "Told", "Unreadable", "letter", "read"]

MOST_ROWS = 20_000  # people in one file
MOST_LINES = 100_000  # of a file, the last with something in it
HEADER_WITHIN = 20  # lines with something in them
SHEETS_TRIED = 20

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Excel before 2007, and every encrypted document of Office
FOREIGN = {b"%PDF-": "PDF", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"{\\rtf": "RTF", b"\x1f\x8b": "GZIP", b"Rar!": "RAR", b"7z\xbc\xaf": "7-Zip"}
TOTALS = ("total", "totaux", "sous total", "total general", "grand total", "somme", "moyenne", "effectif total", "nombre total")
Line = tuple[int, list[Cell]]


def read(path: Path, sheet: str = "") -> Table:
    """The list in this file, XLSX or CSV. `sheet`: which of a workbook; without a name the first that has a list. Raises Unreadable."""
    size = path.stat().st_size
    if not size:
        raise Unreadable(_("Le fichier est vide."))
    if size > settings.UPLOAD_MAX_BYTES:
        raise Unreadable(_("Le fichier dépasse %(n)s Mo. Partagez la liste en plusieurs fichiers.") % {"n": settings.UPLOAD_MAX_BYTES // 1024 // 1024})
    with path.open("rb") as file:
        head = file.read(8)
    if head == OLE:
        raise Unreadable(old_or_locked(path))
    for start, kind in FOREIGN.items():
        if head.startswith(start):
            raise Unreadable(_("Ce fichier est un %(kind)s, pas une liste. Enregistrez la liste en XLSX ou CSV.") % {"kind": kind})
    if head.startswith(b"PK"):
        return _of_book(Book(path), sheet)
    rows, notes = of_text(path.read_bytes())
    return _table(rows, notes)


def _of_book(book: Book, sheet: str) -> Table:
    if sheet and sheet not in book.sheets:
        words = _("La feuille « %(sheet)s » n’est pas dans ce classeur, ou elle est masquée. Il y a : %(sheets)s.")
        raise Unreadable(words % {"sheet": sheet[:40], "sheets": ", ".join(list(book.sheets)[:10])})
    chosen = sheet or _first_with_a_list(book)
    table = _table(book.rows(chosen), book.notes(chosen))
    table.sheet, table.sheets = chosen, tuple(book.sheets)
    return table


def _first_with_a_list(book: Book) -> str:
    """The first sheet with a line of titles that are known, else the first with anything on it, else the first."""
    filled = ""
    for name in list(book.sheets)[:SHEETS_TRIED]:
        try:
            lines = list(islice(_filled(book.rows(name)), HEADER_WITHIN))
        except Unreadable:
            continue
        if any(_titles_in(cells) >= 2 for _line, cells in lines):
            return name
        filled = filled or (name if lines else "")
    return filled or next(iter(book.sheets))


# --- lines -------------------------------------------------------------------------------------------------------


def _filled(lines: Iterable[Line]) -> Iterable[Line]:
    """The lines with something in them. Raises Unreadable for more, or wider ones, than are read."""
    for number, cells in lines:
        while cells and cells[-1] == "":
            cells.pop()
        if not cells:
            continue
        if number > MOST_LINES:
            words = _("Le fichier a plus de %(n)s lignes. Partagez-le, ou effacez les lignes vides qui suivent la dernière personne.")
            raise Unreadable(words % {"n": MOST_LINES})
        if len(cells) > MOST_COLUMNS:
            raise Unreadable(_("La ligne %(line)s a plus de %(n)s colonnes.") % {"line": number, "n": MOST_COLUMNS})
        yield number, cells


def _titles_in(cells: list[Cell]) -> int:
    return sum(isinstance(cell, str) and knows_title(cell) for cell in cells)


def _header_of(first: list[Line]) -> int:
    """Which of the first lines names the columns: the first with two titles that are known, else the first with two cells. -1: none."""
    known = next((place for place, (_line, cells) in enumerate(first) if _titles_in(cells) >= 2), None)
    if known is not None:
        return known
    return next((place for place, (_line, cells) in enumerate(first) if sum(cell != "" for cell in cells) >= 2), -1)


def _table(source: SheetRows | TextRows, notes: list[Told]) -> Table:
    """The header, and the people below it; what stands above, repeats the titles or counts is told and left aside."""
    lines = iter(_filled(source))
    first = list(islice(lines, HEADER_WITHIN))
    place = _header_of(first)
    if place < 0:
        raise Unreadable(_("Aucune ligne de titres n’a été trouvée : la première ligne doit nommer les colonnes. Le modèle à télécharger montre comment."))
    number, titles = first[place]
    columns = _header(number, titles, notes)
    notes += [Told(_("Une ligne au-dessus des titres n’est pas lue (« %(words)s ») :") % {"words": _words(cells)}, (line,)) for line, cells in first[:place]]
    rows: list[Line] = []
    aside: dict[str, list[int]] = {}
    for line, cells in _both(first[place + 1 :], lines):
        if why := _no_person(cells, titles):
            aside.setdefault(why, []).append(line)
            continue
        if len(cells) > len(columns):
            words = _("La ligne %(line)s a plus de valeurs que l’en-tête n’a de colonnes. Un séparateur est peut-être dans une valeur : mettez-la entre guillemets.")
            raise Unreadable(words % {"line": line})
        rows.append((line, cells + [""] * (len(columns) - len(cells))))
        if len(rows) > MOST_ROWS:
            raise Unreadable(_("Le fichier a plus de %(n)s personnes. Partagez-le en plusieurs fichiers.") % {"n": MOST_ROWS})
    notes += [Told(why, tuple(places)) for why, places in aside.items()]
    notes += source.notes(number, {line for line, _cells in rows}, len(columns))
    if not rows:
        raise Unreadable(_("Le fichier a des titres de colonnes, mais aucune personne."))
    return Table(columns, rows, notes)


def _both(first: list[Line], rest: Iterable[Line]) -> Iterable[Line]:
    yield from first
    yield from rest


def _words(cells: list[Cell]) -> str:
    return " · ".join(_shown(cell) for cell in cells if cell != "")[:120]


def _shown(cell: Cell) -> str:
    return cell.text if isinstance(cell, Broken) else str(cell)


def _header(number: int, cells: list[Cell], notes: list[Told]) -> list[str]:
    """The names of the columns; one without a name is called by its letter. Raises Unreadable for two of the same name."""
    broken = next((place for place, cell in enumerate(cells) if isinstance(cell, Broken)), None)
    if broken is not None:
        raise Unreadable(
            _("Ligne %(line)s, colonne %(column)s : un titre de colonne ne se lit pas (%(why)s).") % {"line": number, "column": letter(broken), "why": cells[broken].why}  # type: ignore[union-attr]
        )
    whole = [" ".join(str(cell).split()) for cell in cells]
    names = [name[:200] or _("Colonne %(letter)s") % {"letter": letter(place)} for place, name in enumerate(whole)]
    notes += [Told(_("Un titre de colonne est trop long, la fin n’en est pas lue :"), columns=(letter(place),)) for place, name in enumerate(whole) if len(name) > 200]
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        if name.casefold() in seen:
            words = _("Deux colonnes ont le même titre « %(name)s » (%(first)s et %(second)s). Changez-en un.")
            raise Unreadable(words % {"name": name[:60], "first": letter(seen[name.casefold()]), "second": letter(place)})
        seen[name.casefold()] = place
    return names


def _no_person(cells: list[Cell], titles: list[Cell]) -> str:
    """Why a line below the titles is nobody, in words; empty for a person."""
    filled = [(place, cell) for place, cell in enumerate(cells) if cell != ""]
    tests: list[tuple[Callable[[int, Cell], bool], str]] = [
        (lambda place, cell: isinstance(cell, str) and cell.startswith("#"), _("Une ligne d’étiquettes HXL n’est pas une personne :")),
        (lambda place, cell: place < len(titles) and _same(cell, titles[place]), _("Une ligne qui répète les titres n’est pas une personne :")),
        (lambda place, cell: isinstance(cell, str) and is_instruction(cell), _("Une deuxième ligne de titres ou de consignes n’est pas une personne :")),
        (lambda place, cell: isinstance(cell, str) and knows_title(cell), _("Une deuxième ligne de titres ou de consignes n’est pas une personne :")),
    ]
    for test, why in tests:
        if (len(filled) > 1 or test is tests[0][0]) and all(test(place, cell) for place, cell in filled):
            return why
    return _("Une ligne de total n’est pas une personne :") if _is_total([cell for _place, cell in filled]) else ""


def _same(cell: Cell, title: Cell) -> bool:
    return isinstance(cell, str) and isinstance(title, str) and plain(cell) == plain(title) != ""


def _is_total(cells: list[Cell]) -> bool:
    """The word, and beside it nothing but numbers or sums."""
    said = [cell for cell in cells if isinstance(cell, str) and plain(cell).rstrip(" 0123456789") in TOTALS]
    return bool(said) and all(cell in said or _is_number(cell) for cell in cells)


def _is_number(cell: Cell) -> bool:
    if isinstance(cell, Broken):
        return cell.text.startswith("=")
    return not isinstance(cell, str) or cell.replace(" ", "").replace("%", "").replace(",", "").replace(".", "").isdigit()
