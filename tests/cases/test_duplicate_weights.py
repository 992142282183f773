"""What speaks for one person and what against: each field, in words; families are never one person."""

import datetime
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.duplicates import CERTAIN, LIKELY, PROBABLE, Identity, compare

BORN = datetime.date(1995, 6, 15)
MOUSSA = Identity(surname="Traoré", given_names="Moussa", sex="male", born_on=BORN, birth_precision="day", nationality="ML")


def other(**changed):
    return replace(MOUSSA, **changed)


def codes(found):
    return set(found.codes)


def test_the_same_said_twice_is_nearly_certain():
    assert compare(MOUSSA, MOUSSA).certainty >= CERTAIN


@pytest.mark.parametrize(
    "changed",
    [
        {"surname": "Tarawele", "given_names": "Musa"},
        {"surname": "Moussa", "given_names": "Traore"},  # order of the paper
        {"given_names": "Moussa Karim"},
        {"given_names": "M."},
        {"surname": "Traoree"},
        {"given_names": "Mousssa"},
        {"born_on": datetime.date(1995, 12, 31), "birth_precision": "year", "phone": ""},
        {"sex": "other"},
    ],
)
def test_another_clerk_is_no_other_person(changed):
    assert compare(MOUSSA, other(**changed)).certainty >= LIKELY


def test_a_rare_name_says_more_than_a_common_one():
    common = compare(MOUSSA, MOUSSA).bits
    rare = [replace(MOUSSA, surname=surname, given_names="Bandiougou") for surname in ("Kuyateh", "Kouyaté")]
    assert compare(*rare).bits > common + 2


def test_spellings_nobody_listed_are_caught_by_rule():
    one, two = other(surname="Magassouba", given_names="Gaoussou"), other(surname="Magasuba", given_names="Gawsu")
    found = compare(one, two)
    assert found.certainty >= CERTAIN
    assert {"surname_near", "given_near"} <= codes(found)


FAMILY = {"father_given_names": "Bakary", "mother_given_names": "Awa", "phone": "22376123456", "origin_country": "ML", "origin_place": "Yélimané"}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"given_names": "Lassine"}, {"given_names": "Fousseyni"}),  # twins: all the rest is the same
        ({"given_names": "Moussa"}, {"given_names": "Oumar", "born_on": datetime.date(1998, 2, 3)}),
        ({"given_names": "Mamadou"}, {"given_names": "Amadou"}),  # look-alikes that are two names
        ({"given_names": "Awa", "sex": "female"}, {"given_names": "Adama", "sex": "female"}),
        ({"given_names": "Moussa"}, {"given_names": "Moussa", "born_on": datetime.date(1968, 6, 15)}),  # named after the father
    ],
)
def test_families_are_not_one_person(one, two):
    found = compare(other(**FAMILY, **one), other(**FAMILY, **two))
    assert found.certainty < LIKELY, found.reasons


def test_the_same_paper_is_near_decisive_and_a_namesake_is_none():
    paper = frozenset({("passport", "ML", "k" * 64)})
    one, two = other(documents=paper), other(documents=paper, given_names="Ousmane", surname="Keïta", born_on=datetime.date(1994, 1, 1))
    assert compare(one, two).certainty >= PROBABLE
    assert "document_same" in codes(compare(one, two))
    assert compare(MOUSSA, other(born_on=datetime.date(1989, 3, 4))).certainty < LIKELY
    two_ninas = [frozenset({("nina", "ML", key * 64)}) for key in "ab"]
    assert compare(other(documents=two_ninas[0]), other(documents=two_ninas[1])).bits < compare(MOUSSA, MOUSSA).bits


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"given_names": "Musa"}, "given_near", "prénoms presque pareils (Moussa / Musa)"),
        ({}, "birth_day", "même jour de naissance (15.06.1995)"),
        ({"nationality": "GN"}, "nationality_differs", "nationalité différente (Mali / Guinée)"),
        ({"nationality": "GN", "second_nationality": "ML"}, "nationality_second", "une des deux nationalités est la même"),
        ({"sex": "female"}, "sex_differs", "sexe différent"),
        ({"born_on": datetime.date(1995, 6, 16)}, "birth_near", "naissance presque pareille\u00a0: un chiffre diffère (15.06.1995 / 16.06.1995)"),
        ({"born_on": datetime.date(1985, 12, 31), "birth_precision": "year"}, "birth_apart", "naissances éloignées (1995 / 1985)"),
        ({"surname": "Keïta"}, "surname_differs", "autre nom de famille (Traore / Keita)"),
    ],
)
def test_reasons_in_words(changed, code, words):
    reason = next(reason for reason in compare(MOUSSA, other(**changed)).reasons if reason.code == code)
    assert reason.words == words


def test_other_names_phone_parents_and_place_speak_too():
    assert "other_name" in codes(compare(MOUSSA, other(surname="Kanouté", other_names="Traoré")))
    both = {"phone": "22370000001", "father_given_names": "Bakary", "mother_given_names": "Awa", "origin_place": "Yélimané"}
    found = compare(other(**both), other(**both | {"phone": "", "other_phone": "22370000001", "father_given_names": "Bakari"}))
    assert {"phone_same", "father_same", "mother_same", "place_same"} <= codes(found)
    assert {"father_differs"} <= codes(compare(other(father_given_names="Bakary"), other(father_given_names="Souleymane")))


def test_without_a_birth_a_name_is_a_hint_and_no_more():
    found = compare(other(born_on=None), MOUSSA)
    assert LIKELY <= found.certainty < PROBABLE


NAMES = st.sampled_from(["Moussa", "Musa", "Mamadou Lamine", "M.", "ag Ali", "", "Traoré", "محمد", "X", "Hadja", "N Diaye"])
IDENTITIES = st.builds(
    Identity,
    surname=st.one_of(NAMES, st.text(max_size=15)),
    given_names=NAMES,
    other_names=NAMES,
    sex=st.sampled_from(["", "male", "female", "other"]),
    born_on=st.one_of(st.none(), st.dates(datetime.date(1900, 1, 1), datetime.date(2030, 12, 31))),
    birth_precision=st.sampled_from(["day", "month", "year", "age"]),
    nationality=st.sampled_from(["", "ML", "GN", "XX"]),
    second_nationality=st.sampled_from(["", "ML", "SN"]),
    father_given_names=NAMES,
    phone=st.sampled_from(["", "1", "2"]),
)


@given(IDENTITIES, IDENTITIES)
@settings(max_examples=300, deadline=None)  # the first to ask reads the tables of names
def test_symmetric_and_bounded(a, b):
    one, two = compare(a, b), compare(b, a)
    assert 0 <= one.certainty <= 1
    assert (one.bits, one.certainty, sorted(one.codes)) == (two.bits, two.certainty, sorted(two.codes))
    assert all(reason.words for reason in one.reasons)
