"""What strangers write is read in a time that grows with its length and no faster: four times the bytes, about four times the time."""

import contextlib
import io
import time
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from django.core.exceptions import ValidationError

from cases import case_numbers
from cases.importing import births, encodings, titles, words
from cases.importing.cells import Unreadable
from cases.importing.reading import read
from config.writing import clean_line
from reporting.anonymous import identifies


def sheet(xml: Callable[[int], str]) -> Callable[[int], bytes]:
    """A workbook with this written behind the rows of its sheet."""
    book = openpyxl.Workbook()
    book.active.append(["Nom", "Sexe"])
    book.active.append(["Traoré", "H"])
    out = io.BytesIO()
    book.save(out)

    def content(n: int) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(out) as old, zipfile.ZipFile(made, "w") as new:
            for member in old.namelist():
                text = old.read(member).decode()
                new.writestr(member, text.replace("</sheetData>", f"</sheetData>{xml(n)}") if member.endswith("sheet1.xml") else text)
        return made.getvalue()

    return content


FILES: dict[str, Callable[[int], bytes]] = {
    "unfinished mergers": sheet(lambda n: "<mergeCells>" + "<mergeCell " * n),
    "mergers without places": sheet(lambda n: "<mergeCells>" + "<mergeCell a='b'/>" * n + "</mergeCells>"),
    "a long attribute": sheet(lambda n: f"<mergeCells><mergeCell x='{'mergeCell ' * n}'/></mergeCells>"),
    "accents": lambda n: b"Nom;Sexe\n" + b"Traor\xe9;H\n" * n,
    "accents of nowhere": lambda n: b"Nom;Sexe\n" + b"\x81\x8d\xe9" * n,
    "quotes": lambda n: b'Nom;Sexe\n"' + b'""' * n + b'";H\n',
    "open quotes": lambda n: b'Nom;Sexe\n"' + b'a"b' * n,
    "separators": lambda n: b"Nom;Sexe\n" + b";" * n,
    "titles above": lambda n: b"Nom;Sexe\n" + b"(H/F);(jj)\n" * n + b"A;B\n",
    "gaps": lambda n: b"Nom;Sexe\n" + b"1" + b" " * n + b"1;H\n",
}
ABOUT = words.Reading(False, {})
TEXTS: dict[str, Callable[[str], object]] = {
    "birth": lambda text: births.birth(text, ABOUT),
    "day": lambda text: births.any_date(text, ABOUT),
    "age": lambda text: births.age(text, ABOUT),
    "telephone": lambda text: words.phone(text, ABOUT),
    "title": titles.field_of,
    "legend": titles.legend,
    "case number": case_numbers.mentioned_in,
    "meant as a case number": case_numbers.looks_like,
    "anonymous": identifies,
    "line": clean_line,
}
HOSTILE = ["1 ", " ", "000 ", "abc-", "vers ", "é", "+", "2024 -", "1/", "GAO-2026-", "ne e "]


def seconds(work: Callable[[], object]) -> float:
    best = 60.0
    for _time in range(3):
        began = time.process_time()
        with contextlib.suppress(Unreadable, ValidationError):
            work()
        best = min(best, time.process_time() - began)
    return best


def grows_in_proportion(work: Callable[[int], Callable[[], object]], n: int) -> None:
    small, large = seconds(work(n)), seconds(work(4 * n))
    assert large < 8 * small + 0.02, f"{small:.4f} s → {large:.4f} s"


@pytest.mark.parametrize("name", FILES)
def test_files(name, tmp_path):
    def work(n: int) -> Callable[[], object]:
        path = tmp_path / str(n)
        path.write_bytes(FILES[name](n))
        return lambda: read(path)

    grows_in_proportion(work, 1_000)


@pytest.mark.parametrize("name", TEXTS)
def test_texts(name):
    for part in HOSTILE:
        grows_in_proportion(lambda n, part=part: lambda: TEXTS[name](f"x1{part * n}x"), 2_000)


def test_encodings_are_judged_in_one_pass():
    grows_in_proportion(lambda n: lambda: encodings.decoded("Zéré;".encode("cp1252") * n), 5_000)
