"""The first of a month in French; every other day, format and language as Django writes it."""

import datetime

import pytest
from django.template import Context, Template
from django.utils import formats, translation

FIRST, SECOND = datetime.date(2026, 10, 1), datetime.date(2026, 10, 2)


@pytest.mark.parametrize(
    ("language", "day", "form", "said"),
    [
        ("fr", FIRST, "DATE_FORMAT", "1er octobre 2026"),
        ("fr", FIRST, "l j F Y", "jeudi 1er octobre 2026"),
        ("fr", FIRST, "j b", "1er oct"),
        ("fr", SECOND, "DATE_FORMAT", "2 octobre 2026"),
        ("fr", FIRST, "j/m", "1/10"),
        ("fr", FIRST, "SHORT_DATE_FORMAT", "01/10/2026"),
        ("en", FIRST, "j F Y", "1 October 2026"),
    ],
)
def test_the_first_of_a_month(language, day, form, said):
    with translation.override(language):
        assert formats.date_format(day, form) == said
        assert Template('{{ day|date:"' + form + '" }}').render(Context({"day": day})) == said
