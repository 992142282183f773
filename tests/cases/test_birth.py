"""How exactly a birth is known, and who is a child: whoever may be one is treated as one."""

import calendar
import datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cases.forms import IdentityForm, birth_of
from cases.models import Migrant, earliest_birth, latest_of, years_before
from tests.factories import make_migrant, make_minor

from .factories import registration_form

days = st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31))
precisions = st.sampled_from(Migrant.Precision.values)
TOMORROW = timezone.localdate() + datetime.timedelta(days=1)


@given(day=days, precision=precisions)
def test_the_latest_day_is_never_before_the_known_one_and_stays_once_found(day, precision):
    latest = latest_of(day, precision)
    assert latest >= day
    assert latest_of(latest, precision) == latest
    assert earliest_birth(latest, precision) <= day
    if precision == "month":
        assert (latest.year, latest.month) == (day.year, day.month)
        assert latest.day == calendar.monthrange(day.year, day.month)[1]
    if precision in ("year", "age"):
        assert latest == datetime.date(day.year, 12, 31)


@given(born=days, on=days)
def test_the_two_ways_to_say_minor_agree(born, on):
    """`minors()` asks the database for born_on > years_before(on, 18); `is_minor` counts birthdays."""
    assert Migrant(born_on=born).is_minor(on) == (born > years_before(on, 18))


@given(born=days, precision=precisions, on=days)
def test_who_may_be_a_child_is_one(born, precision, on):
    """Whatever day the birth really was, nobody under 18 is taken for an adult."""
    if Migrant(born_on=born).is_minor(on):
        assert Migrant(born_on=latest_of(born, precision)).is_minor(on)


@given(year=st.integers(1904, 2096).filter(calendar.isleap))
def test_a_child_of_29_february_comes_of_age_on_1_march(year):
    child = Migrant(born_on=datetime.date(year, 2, 29))
    eighteenth = year + 18
    assert child.is_minor(datetime.date(eighteenth, 2, 28))
    assert not child.is_minor(datetime.date(eighteenth, 3, 1))


@given(parts=st.tuples(st.one_of(st.none(), st.integers(1, 99)), st.one_of(st.none(), st.integers(1, 99)), st.one_of(st.none(), st.integers(1, 9999))))
def test_any_three_numbers_give_a_birth_or_a_reason(parts):
    try:
        born_on, precision = birth_of({"birth": parts if any(parts) else None, "age": None})
    except ValidationError as error:
        assert error.message_dict
        return
    assert latest_of(born_on, precision) == born_on
    assert 1900 <= born_on.year <= timezone.localdate().year


@pytest.mark.parametrize(
    ("typed", "born_on", "precision"),
    [
        ({"birth_0": "29", "birth_1": "2", "birth_2": "2008"}, datetime.date(2008, 2, 29), "day"),
        ({"birth_0": "", "birth_1": "2", "birth_2": "2008"}, datetime.date(2008, 2, 29), "month"),
        ({"birth_0": "", "birth_1": "", "birth_2": "1990"}, datetime.date(1990, 12, 31), "year"),
        ({"age": "17"}, datetime.date(2009, 12, 31), "age"),
        ({"age": "0"}, datetime.date(2026, 12, 31), "age"),
    ],
)
@time_machine.travel("2026-06-15", tick=False)
def test_what_is_typed_becomes_the_latest_day(db, persona, typed, born_on, precision):
    form = IdentityForm({"surname": "A", "sex": "male", "nationality": "ML", **typed}, user=persona("agent.gao"))
    assert form.is_valid(), form.errors
    assert (form.cleaned_data["born_on"], form.cleaned_data["birth_precision"]) == (born_on, precision)


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"birth_0": "30", "birth_1": "2", "birth_2": "2000"},
        {"birth_0": "29", "birth_1": "2", "birth_2": "2001"},
        {"birth_0": "5", "birth_1": "", "birth_2": "2000"},
        {"birth_0": "5", "birth_1": "5", "birth_2": ""},
        {"birth_2": "1899"},
        {"birth_2": "9999"},
        {"birth_2": "mille"},
        {"birth_2": "-5"},
        {"birth_0": "99999999999999999999", "birth_1": "1", "birth_2": "2000"},
        {"birth_2": "2000", "age": "20"},
        {"age": "-1"},
        {"age": "111"},
        {"age": "dix"},
        {"birth_0": "31", "birth_1": "12", "birth_2": str(timezone.localdate().year + 1)},
        {"birth_0": str(TOMORROW.day), "birth_1": str(TOMORROW.month), "birth_2": str(TOMORROW.year)},
    ],
)
def test_what_is_no_birth_gets_words_beside_the_field(db, as_user, centre, typed):
    body = registration_form(centre("GAO"), birth_0="", birth_1="", birth_2="") | typed
    response = as_user("agent.gao").post("/migrants/register/", body)
    assert response.status_code == 200
    assert set(response.context["form"].errors) & {"birth", "age"}
    assert not Migrant.objects.exists()


@time_machine.travel("2026-06-15", tick=False)
def test_the_age_is_said_as_exactly_as_it_is_known():
    def words(sex, day, precision):
        return Migrant(sex=sex, born_on=day, birth_precision=precision).age_words

    assert words("male", datetime.date(2000, 6, 15), "day") == "26 ans"
    assert words("male", datetime.date(2000, 6, 16), "day") == "25 ans"
    assert words("female", datetime.date(2026, 1, 1), "day") == "5 mois"
    assert words("female", datetime.date(1990, 12, 31), "year") == "née en 1990"
    assert words("male", datetime.date(1990, 12, 31), "year") == "né en 1990"
    assert words("male", datetime.date(2009, 12, 31), "age") == "environ 17 ans"


def test_the_database_finds_the_same_children_as_the_program(db, centre):
    gao = centre("GAO")
    today = timezone.localdate()
    edge = years_before(today, 18)
    for offset in (-1, 0, 1):
        make_migrant(gao, born_on=edge + datetime.timedelta(days=offset))
    found = set(Migrant.objects.minors().values_list("born_on", flat=True))
    assert found == {person.born_on for person in Migrant.objects.all() if person.is_minor()} == {edge + datetime.timedelta(days=1)}


def test_a_child_with_an_adult_is_not_alone(db, centre):
    gao = centre("GAO")
    adult = make_migrant(gao)
    alone, accompanied = make_minor(gao), make_minor(gao, accompanied_by=adult)
    assert set(Migrant.objects.unaccompanied_minors()) == {alone}
    assert alone.is_unaccompanied_minor
    assert not accompanied.is_unaccompanied_minor
    assert accompanied.household is not None
