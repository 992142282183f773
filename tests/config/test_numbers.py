"""Numbers as people write them, and no guess where two could be meant."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from config.numbers import AmountField, WholeField, read_number

ROOT = Path(__file__).resolve().parents[2]
NO_BREAK, NARROW, THIN = "\u00a0", "\u202f", "\u2009"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("750000", 750_000),
        ("750 000", 750_000),
        (f"750{NO_BREAK}000", 750_000),
        (f"750{NARROW}000", 750_000),
        (f"1{THIN}250{THIN}000", 1_250_000),
        ("750.000", 750_000),
        ("1.250.000", 1_250_000),
        ("1'250'000", 1_250_000),
        (" 12 ", 12),
        ("12,0", 12),
        ("12.00", 12),
        ("−3", -3),
        ("٣٥", 35),
        ("0", 0),
    ],
)
def test_whole_numbers(text, number):
    assert WholeField().clean(text) == number


@pytest.mark.parametrize(
    "text", ["750 000 F CFA", "750.000 FCFA", f"750{NARROW}000{NARROW}F{NO_BREAK}CFA", "750000 XOF", "750 000 francs CFA", "750 000 F", "FCFA 750 000"]
)
def test_amounts_in_francs(text):
    assert WholeField(francs=True).clean(text) == 750_000
    assert AmountField(francs=True, max_digits=10, decimal_places=0).clean(text) == 750_000
    with pytest.raises(ValidationError):
        WholeField().clean(text)  # nobody counts people in francs


@pytest.mark.parametrize(
    ("text", "number"), [("1 250,50", "1250.50"), (f"1{NARROW}250,5", "1250.5"), ("1.250,50", "1250.50"), ("1,250.50", "1250.50"), ("0,125", "0.125"), ("12.5", "12.5")]
)
def test_decimals(text, number):
    assert read_number(text, places=3) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "places"),
    [("1.250", 2), ("1,250", 2), ("750,000", 0), ("1.250", 4), ("12 50", 0), ("1 2500", 0), ("1.2.3", 2), ("7 50 000", 0), ("1.250,", 2), ("1 250.000,5.1", 2)],
)
def test_what_could_be_two_numbers_is_refused_in_words(text, places):
    with translation.override("fr"), pytest.raises(ValidationError) as refused:
        read_number(text, places=places)
    assert refused.value.code in ("ambiguous", "invalid")
    assert "écri" in refused.value.messages[0].lower()


@pytest.mark.parametrize("text", ["douze", "1e5", "NaN", "inf", "12 personnes", "--3", "1/2", "²", "1" * 60, "F", "5 000 EUR"])
def test_no_number(text):
    with pytest.raises(ValidationError):
        WholeField(francs=True).clean(text)


def test_decimals_where_there_are_none():
    with translation.override("fr"), pytest.raises(ValidationError, match="nombre entier"):
        WholeField().clean("1 250,50")


@given(st.integers(min_value=0, max_value=10**12), st.sampled_from([" ", NO_BREAK, NARROW, THIN, ".", "'"]))
def test_however_thousands_are_parted_it_is_the_same_number(number, mark):
    assert WholeField().clean(f"{number:,}".replace(",", mark)) == number


@given(st.decimals(min_value=0, max_value=10**9, places=4), st.sampled_from([" ", NARROW, "."]))
def test_a_number_shown_is_the_number_read(number, mark):
    with translation.override("fr"):
        text = f"{number:,}".replace(",", "T").replace(".", ",").replace("T", mark)
        assert read_number(text, places=4) == number


def test_every_number_that_is_typed_goes_through_these_fields():
    """A number input of the browser empties « 750 000 » before it is sent; Django's own field reads « 750.000 » as 750."""
    for path in ROOT.glob("*/**/*.py"):
        if path.parts[len(ROOT.parts)] in ("tests", "config", ".venv", ".sira"):
            continue
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("forms.IntegerField", "forms.DecimalField", "forms.FloatField", "forms.NumberInput"):
                said = ast.unparse(call)
                # of a page itself, or one part of a birth
                assert "HiddenInput" in said or "version" in said or path.name in ("counter.py", "fields.py", "stock.py"), f"{path}: {said}"
    for template in (ROOT / "templates").rglob("*.html"):
        assert 'type="number"' not in template.read_text(), template
