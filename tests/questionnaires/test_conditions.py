"""When a question is asked: the language that says so reads back what it writes, never breaks, and means what XPath means."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from questionnaires import conditions
from questionnaires.conditions import And, Compare, ConditionError, Count, Not, Number, Or, Ref, Selected, Truth, Word, evaluate, parse

CODES = some.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
WORDS = some.text(some.characters(blacklist_characters="'\"", blacklist_categories=("Cs",)), max_size=8)
NUMBERS = some.decimals(-10_000, 10_000, places=2).filter(lambda n: str(n) != "-0.00").map(Number)
OPERANDS = some.one_of(CODES.map(Ref), WORDS.map(Word), NUMBERS, CODES.map(Count))
LEAVES = some.one_of(
    some.builds(Compare, OPERANDS, some.sampled_from(["=", "!=", "<", "<=", ">", ">="]), OPERANDS), some.builds(Selected, CODES, WORDS), some.booleans().map(Truth)
)
TREES = some.recursive(
    LEAVES,
    lambda inner: some.one_of(
        inner.map(Not), some.lists(inner, min_size=2, max_size=3).map(lambda p: And(tuple(p))), some.lists(inner, min_size=2, max_size=3).map(lambda p: Or(tuple(p)))
    ),
    max_leaves=6,
)
# What a person may answer, and what nobody should.
VALUES = some.one_of(some.none(), some.text(max_size=8), some.integers(), some.floats(), some.lists(some.text(max_size=4), max_size=3))
ANSWERS = some.dictionaries(CODES, VALUES, max_size=5)


@given(TREES)
def test_what_is_written_is_read_back(tree):
    text = str(tree)
    if len(text) <= conditions.LONGEST:
        assert parse(text) == tree
        assert str(parse(text)) == text


@given(some.text(max_size=60), ANSWERS)
def test_no_text_breaks_it(text, answers):
    try:
        node = parse(text)
    except ConditionError as error:
        assert 0 <= error.position <= len(text) and str(error)
    else:
        assert evaluate(node, answers) in (True, False)


@given(
    some.lists(some.sampled_from(["(", ")", "not", "and", "or", "${a}", "=", "'x'", "3", "-", ",", "selected", " ", "true()", "."]), max_size=14).map(" ".join), ANSWERS
)
def test_no_order_of_its_words_breaks_it(text, answers):
    try:
        node = parse(text)
    except ConditionError:
        return
    assert evaluate(parse(str(node)), answers) == evaluate(node, answers)


@given(TREES, ANSWERS)
def test_it_is_always_true_or_false(tree, answers):
    assert evaluate(tree, answers) in (True, False)
    assert evaluate(Not(tree), answers) is not evaluate(tree, answers)


POSITIVE = some.recursive(
    some.builds(Selected, some.sampled_from("pqr"), some.sampled_from("abc"))
    | some.builds(lambda code, n: Compare(Count(code), ">=", Number(Decimal(n))), some.sampled_from("pqr"), some.integers(1, 3)),
    lambda inner: some.lists(inner, min_size=2, max_size=3).map(lambda p: And(tuple(p))) | some.lists(inner, min_size=2, max_size=3).map(lambda p: Or(tuple(p))),
    max_leaves=8,
)
CHOSEN = some.dictionaries(some.sampled_from("pqr"), some.sets(some.sampled_from("abc")), max_size=3)


@given(POSITIVE, CHOSEN, CHOSEN)
def test_more_answers_never_hide_what_was_asked(tree, some_answers, more):
    """Monotone: without a negation, whoever answers more is asked at least the same."""
    fewer = {code: sorted(chosen) for code, chosen in some_answers.items()}
    all_of_them = {code: sorted(some_answers.get(code, set()) | more.get(code, set())) for code in some_answers.keys() | more.keys()}
    assert evaluate(tree, all_of_them) >= evaluate(tree, fewer)


@pytest.mark.parametrize(
    ("text", "answers", "asked"),
    [
        ("${sexe} = 'female'", {"sexe": "female"}, True),
        ("${sexe} = 'female'", {}, False),
        ("${sexe} != 'female'", {}, True),
        ("${n} >= 18", {"n": 18}, True),
        ("${n} >= 18", {"n": "17.5"}, False),
        ("${n} < 18", {}, False),
        ("${n} != 18", {}, True),
        ("selected(${needs}, 'care')", {"needs": ["food", "care"]}, True),
        ("selected(${needs}, 'car')", {"needs": ["care"]}, False),
        ("count-selected(${needs}) > 1", {"needs": ["food", "care"]}, True),
        ("not(selected(${needs}, 'care'))", {}, True),
        ("${day} >= '2024-02-01'", {"day": "2024-03-05"}, True),
        ("${day} < '2024-02-01'", {"day": "2024-03-05"}, False),
        ("${a} = 'x' or ${b} = 'y' and ${c} = 'z'", {"a": "x"}, True),
        ("(${a} = 'x' or ${b} = 'y') and ${c} = 'z'", {"a": "x"}, False),
        ("${n} > -3", {"n": -2}, True),
        ('${a} = "it\'s"', {"a": "it's"}, True),
        ("true()", {}, True),
    ],
)
def test_what_it_means(text, answers, asked):
    assert evaluate(parse(text), answers) is asked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "${a}",
        "${a} =",
        "= 'x'",
        "(${a} = 'x'",
        "${a} = 'x')",
        "selected(${a})",
        "not ${a} = 'x'",
        "${a} = 'x' ${b}",
        "__import__('os')",
        "${a} = x",
        "a = 'x'",
        "'",
        "count(${a}) > 1",
    ],
)
def test_what_cannot_be_read_is_refused_in_words(text):
    with pytest.raises(ConditionError) as refused:
        parse(text)
    assert len(str(refused.value)) > 10


def test_size_and_depth_are_bounded():
    with pytest.raises(ConditionError):
        parse("(" * 500 + "${a} = 'x'" + ")" * 400)
    with pytest.raises(ConditionError):
        parse("${a} = 'x' or " * 100 + "${a} = 'x'")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("${a} = 'x' or selected(${a}, 'y')", ("a", ("x", "y"))),
        ("${a} = 'x'", ("a", ("x",))),
        ("${a} = 'x' or ${b} = 'y'", None),
        ("${a} = 'x' and ${a} = 'y'", None),
        ("${a} != 'x'", None),
        ("${a} = ''", None),
    ],
)
def test_simple_conditions_are_told_from_others(text, found):
    assert conditions.any_of(parse(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (". >= 1 and . <= 5", (1, 5)),
        (". >= 1", (1, None)),
        (". <= 5", (None, 5)),
        (". > 1", None),
        ("${a} >= 1", None),
        (". >= 1 or . <= 5", None),
        (". >= 1 and . >= 2", None),
    ],
)
def test_limits_of_a_constraint(text, found):
    assert conditions.limits(parse(text)) == found


def test_in_plain_words():
    node = parse("selected(${needs}, 'care') and (${age} >= 18 or not(${sex} = 'male'))")
    words = conditions.in_words(node, {"needs": "Besoins", "age": "Âge", "sex": "Sexe"}.__getitem__, lambda code, value: {"care": "soins", "male": "homme"}[value])
    assert words == "«\u00a0Besoins\u00a0»\u00a0: soins et («\u00a0Âge\u00a0» ≥ 18 ou sauf si «\u00a0Sexe\u00a0»\u00a0: homme)"
