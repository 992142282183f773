"""What somebody answers, made fit to keep; which questions are asked because of it; how much is still missing. No database."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.translation import gettext as _

from config.charts import format_number
from config.numbers import read_number
from config.writing import clean_line, clean_text

from . import conditions
from .conditions import Value
from .definition import Definition, choices_of
from .models import Question, no_more_than_needed
from .sources import SOURCES
from .wording import citing, said_in_file

Type = Question.Type
LONGEST_LINE, LONGEST_TEXT = 200, 4000
LARGEST = Decimal("999999999999")


def clean_answer(question: Question, raw: Any) -> Value:
    """The answer as it is kept: a text, a number, a day as ISO 8601, a code, a list of codes in the questionnaire's order; None for no
    answer. Takes what a form or JSON sends. Raises ValidationError, in words that say what to do."""
    if raw is None or raw == "" or raw == []:
        return None
    if question.type == Type.SEVERAL:
        return _several(question, raw)
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        if question.type == Type.YES_NO and isinstance(raw, bool):
            return "yes" if raw else "no"
        raise ValidationError(_("Donnez une seule réponse."), code="shape")
    text = str(raw)
    if question.type == Type.LONG_TEXT:
        return _text(clean_text(text[: LONGEST_TEXT * 2]), LONGEST_TEXT)
    if question.type == Type.TEXT:
        return _text(clean_line(text[: LONGEST_LINE * 2]), LONGEST_LINE)
    text = text.strip()
    if not text:
        return None
    if question.type in Question.NUMBERS:
        return _number(question, text if isinstance(raw, str) else Decimal(text))
    if question.type == Type.DATE:
        return _day(text)
    if text not in dict(choices_of(question)):
        raise ValidationError(_("Choisissez une réponse de la liste."), code="choice")
    return text


def _text(text: str, longest: int) -> str | None:
    if len(text) > longest:
        raise ValidationError(_("Écrivez %(n)s signes au plus.") % {"n": longest}, code="long")
    return text or None


def _several(question: Question, raw: Any) -> Value:
    given = raw if isinstance(raw, list | tuple) else [raw]
    known = [code for code, _words in choices_of(question)]
    if any(not isinstance(code, str) or code not in known for code in given):
        raise ValidationError(_("Choisissez les réponses dans la liste."), code="choice")
    return [code for code in known if code in given] or None


def _number(question: Question, given: str | Decimal) -> Value:
    """What a form sends is read as people write it; a number of JSON is that number."""
    try:
        number = given if isinstance(given, Decimal) else read_number(given, places=0 if question.type == Type.INTEGER else 4)
    except ValidationError as error:
        raise ValidationError(error.message, code="integer" if error.code == "whole" else "number") from error
    if not number.is_finite() or abs(number) > LARGEST:
        raise ValidationError(_("Ce nombre est trop grand. Vérifiez-le."), code="number")
    if question.type == Type.INTEGER and number != number.to_integral_value():
        raise ValidationError(_("Écrivez un nombre entier, sans virgule."), code="integer")
    outside = (question.minimum is not None and number < question.minimum) or (question.maximum is not None and number > question.maximum)
    if outside and (words := said_in_file(question.origin, "constraint_message")):
        raise ValidationError(words, code="limits")
    if question.minimum is not None and number < question.minimum:
        raise ValidationError(_("Écrivez un nombre d’au moins %(n)s.") % {"n": no_more_than_needed(question.minimum)}, code="minimum")
    if question.maximum is not None and number > question.maximum:
        raise ValidationError(_("Écrivez un nombre d’au plus %(n)s.") % {"n": no_more_than_needed(question.maximum)}, code="maximum")
    # Four places, twelve digits before: exact there and back as JSON.
    return int(number) if number == number.to_integral_value() else float(round(number, 4))


def _day(text: str) -> str:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError as error:
        raise ValidationError(_("Cette date n’existe pas. Écrivez-la en jour, mois et année."), code="day") from error
    if not 1900 <= day.year <= 2100:
        raise ValidationError(_("L’année doit être entre 1900 et 2100."), code="day")
    return day.isoformat()


def in_words(question: Question, value: Value) -> str:
    """The answer as people read it; empty for none."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        words = dict(choices_of(question))
        return ", ".join(words.get(code, code) for code in value)
    if isinstance(value, int | float):
        return format_number(value)
    if question.type == Type.DATE:
        try:
            return formats.date_format(datetime.date.fromisoformat(str(value)), "DATE_FORMAT")
        except ValueError:
            return str(value)
    return dict(choices_of(question)).get(str(value), str(value))


def said_with(definition: Definition, text: str, answers: Mapping[str, Value]) -> str:
    """A text with the answers that it cites; for one that is not known, what is asked there."""

    def say(code: str) -> str:
        question = definition.by_code.get(code)
        return "…" if question is None else in_words(question, answers.get(code)) or f"[{question}]"

    return citing(text, say)


# --- what is asked, what is missing --------------------------------------------------------------------------------


def with_file(definition: Definition, answers: Mapping[str, Value], subject: Any) -> dict[str, Value]:
    """The answers and, for the questions that the file itself answers, what stands there. `subject` None: of nobody."""
    found = dict(answers)
    for question in definition.with_answer:
        if question.source:
            source = SOURCES.get(question.source)
            found[question.code] = source.value(subject) if source and subject is not None else None
    return found


def asked(definition: Definition, answers: Mapping[str, Value]) -> tuple[list[Question], dict[str, Value]]:
    """The questions that are asked, in their order, and those of the answers that count: an answer to a question that is not asked
    (any more) counts for nothing, nor do the conditions that hang on it."""
    shown: list[Question] = []
    counted: dict[str, Value] = {}
    for question in definition.questions:
        if all(conditions.evaluate(node, counted) for node in definition.condition(question)):
            shown.append(question)
            if question.code in answers and answers[question.code] is not None:
                counted[question.code] = answers[question.code]
    return shown, counted


@dataclass(frozen=True)
class Completeness:
    """How much of a questionnaire is answered. `items`: {basic item: is it known?}."""

    asked: int
    answered: int
    missing: tuple[Question, ...]  # of those that expect an answer
    items: dict[int, bool]

    @property
    def items_known(self) -> int:
        return sum(self.items.values())

    @property
    def whole(self) -> bool:
        return not self.missing and all(self.items.values())


def completeness(definition: Definition, answers: Mapping[str, Value], subject: Any) -> Completeness:
    """`subject`: whose answers these are, for what the file says; None when the file is not to be counted."""
    shown, counted = asked(definition, with_file(definition, answers, subject))
    with_answer = [question for question in shown if question.has_answer]
    return Completeness(
        asked=len(with_answer),
        answered=sum(question.code in counted for question in with_answer),
        missing=tuple(question for question in with_answer if question.required and question.code not in counted),
        items={question.basic_item: question.code in counted for question in definition.with_answer if question.basic_item},
    )
