"""Case numbers: one wrong sign, or two swapped ones, never lead to another person's file."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cases.case_numbers import clean, compose, looks_like
from cases.models import Migrant
from tests.factories import make_migrant

SIGNS = string.digits + string.ascii_uppercase
codes = st.sampled_from(["KAY", "BKO", "GAO", "AAA", "ZZZ"])
numbers = st.builds(compose, codes, st.integers(2000, 2100), st.integers(1, 999_999)).filter(bool)


@given(number=numbers)
def test_every_number_made_is_read_again(number):
    assert clean(number) == number
    assert clean(number.replace("-", "").lower()) == number
    assert clean(f"  {number.replace('-', ' – ')} ") == number


@given(number=numbers, place=st.integers(0, 12), sign=st.sampled_from(SIGNS))
def test_any_one_wrong_sign_is_caught(number, place, sign):
    signs = number.replace("-", "")
    assume(place < len(signs) and signs[place] != sign)
    assert clean(signs[:place] + sign + signs[place + 1 :]) is None


@given(number=numbers, first=st.integers(0, 12), second=st.integers(0, 12))
def test_any_two_swapped_signs_are_caught_adjacent_or_not(number, first, second):
    signs = list(number.replace("-", ""))
    assume(first < second < len(signs) and signs[first] != signs[second])
    signs[first], signs[second] = signs[second], signs[first]
    assert clean("".join(signs)) is None


@given(text=st.text(max_size=80))
def test_any_text_is_read_without_an_error(text):
    number = clean(text)
    assert number is None or clean(number) == number
    looks_like(text)


@pytest.mark.parametrize("serial", [0, -1, 1_000_000])
def test_a_serial_out_of_range_is_refused(serial):
    with pytest.raises(ValueError, match="serial"):
        compose("GAO", 2026, serial)


def test_numbers_that_would_end_in_a_star_are_skipped(db, centre):
    made = [make_migrant(centre("GAO")).case_number for _ in range(45)]
    serials = [int(number.split("-")[2]) for number in made]
    assert serials == sorted(set(serials))
    assert max(serials) > 45, "about one in 37 is skipped"
    assert not any("*" in number for number in made)
    assert Migrant.objects.filter(case_number=made[0]).count() == 1
