"""What somebody answers: kept as it is meant, refused in words; what is asked because of it; how much is missing."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as some

from questionnaires.answers import asked, clean_answer, completeness, in_words
from questionnaires.definition import Definition
from questionnaires.models import Choice, Question

from .factories import make_published, spec


def question(type: str, **values) -> Question:
    """One that is not stored. Its choices are a, b and c."""
    made = Question(pk=1, code="q", type=type, text={"fr": "Q ?"}, **values)
    made._prefetched_objects_cache = {"choices": [Choice(code=code, text={"fr": code.upper()}) for code in "abc"]}
    return made


@pytest.mark.parametrize(
    ("type", "raw", "kept"),
    [
        ("text", "  Bonjour  toi ", "Bonjour toi"),
        ("text", "\u200b", None),
        ("long_text", "Un\r\ndeux", "Un\ndeux"),
        ("integer", "1 200", 1200),
        ("integer", 3, 3),
        ("integer", "3,0", 3),
        ("decimal", "2,5", 2.5),
        ("decimal", "2.123456", 2.1235),
        ("date", "2024-02-29", "2024-02-29"),
        ("yes_no", "yes", "yes"),
        ("yes_no", False, "no"),
        ("one", "b", "b"),
        ("several", ["c", "a"], ["a", "c"]),
        ("several", "b", ["b"]),
        ("several", [], None),
        ("country", "NE", "NE"),
        ("language", "bam", "bam"),
        ("text", "", None),
        ("one", None, None),
    ],
)
def test_an_answer_is_kept_as_it_is_meant(type, raw, kept):
    assert clean_answer(question(type), raw) == kept


@pytest.mark.parametrize(
    ("type", "raw"),
    [
        ("text", "x" * 201),
        ("text", ["a"]),
        ("text", {"a": 1}),
        ("text", "a\x00b"),
        ("integer", "2,5"),
        ("integer", "douze"),
        ("integer", "NaN"),
        ("integer", "1e400"),
        ("integer", True),
        ("date", "2024-02-30"),
        ("date", "0001-01-01"),
        ("yes_no", "oui"),
        ("one", "z"),
        ("one", ["a", "b"]),
        ("several", ["a", "z"]),
        ("several", [["a"]]),
        ("country", "XX"),
        ("language", "zzz"),
    ],
)
def test_what_is_no_answer_is_refused_in_words(type, raw):
    with pytest.raises(ValidationError) as refused:
        clean_answer(question(type), raw)
    assert refused.value.messages[0].endswith(".")


def test_limits():
    limited = question("integer", minimum=0, maximum=60)
    assert clean_answer(limited, "60") == 60
    for raw in ("-1", "61"):
        with pytest.raises(ValidationError):
            clean_answer(limited, raw)


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=3), inner, max_size=2),
)


@given(some.sampled_from([value for value in Question.Type.values if value not in ("note", "section")]), JSON)
def test_nothing_breaks_it_and_what_is_kept_is_kept_again(type, raw):
    try:
        kept = clean_answer(question(type), raw)
    except ValidationError as refused:
        assert refused.messages
    else:
        assert clean_answer(question(type), kept) == kept
        assert isinstance(in_words(question(type), kept), str)


@pytest.mark.django_db
def test_what_is_not_asked_counts_for_nothing():
    definition = Definition(
        make_published(
            spec("travaille", "yes_no", required=True),
            spec("p", "section", relevant="${travaille} = 'yes'"),
            spec("metier", "one", required=True),
            spec("lequel", relevant="selected(${metier}, 'b')", required=True),
            spec("fin", "section"),
            spec("note", "note"),
            spec("age", "integer"),
        )
    )
    assert completeness(definition, {}, None).missing == (definition.by_code["travaille"],)
    found = completeness(definition, {"travaille": "no", "metier": "b", "lequel": "x"}, None)
    assert (found.asked, found.answered, found.whole) == (2, 1, True)
    shown, counted = asked(definition, {"travaille": "no", "metier": "b", "lequel": "x"})
    assert [q.code for q in shown] == ["travaille", "fin", "note", "age"]
    assert counted == {"travaille": "no"}
    found = completeness(definition, {"travaille": "yes", "metier": "b"}, None)
    assert [q.code for q in found.missing] == ["lequel"]
