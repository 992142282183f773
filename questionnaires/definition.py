"""A version as a whole: its parts and questions in their order, apart from how they are stored, and what is wrong with it."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import conditions
from .models import MOST_CHOICES, MOST_QUESTIONS, BasicItem, Choice, Question, Questionnaire, Version, no_more_than_needed
from .sources import SOURCES
from .wording import cited_in, said_alone

Type = Question.Type


@dataclass(frozen=True)
class ChoiceSpec:
    code: str
    text: dict[str, str]
    value: Decimal | None = None
    origin: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class QuestionSpec:
    """A question before it is stored: from a form, a file, an older version."""

    code: str
    type: str
    text: dict[str, str]
    hint: dict[str, str] = field(default_factory=dict)
    relevant: str = ""
    required: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    basic_item: int | None = None
    source: str = ""
    choices: tuple[ChoiceSpec, ...] = ()
    origin: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Without what is empty; numbers as text."""
        found = {name: value for name, value in dataclasses.asdict(self).items() if value is not None and value is not False and value not in ("", (), {})}
        for name in ("minimum", "maximum"):
            if name in found:
                found[name] = no_more_than_needed(found[name])
        if self.choices:
            found["choices"] = [
                {
                    "code": choice.code,
                    "text": choice.text,
                    **({"value": no_more_than_needed(choice.value)} if choice.value is not None else {}),
                    **({"origin": choice.origin} if choice.origin else {}),
                }
                for choice in self.choices
            ]
        return found

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "QuestionSpec":
        """The inverse of `as_json`. Raises KeyError, TypeError, decimal.InvalidOperation for what never was one."""
        values = dict(data)
        for name in ("minimum", "maximum"):
            if values.get(name) is not None:
                values[name] = Decimal(str(values[name]))
        values["choices"] = tuple(
            ChoiceSpec(
                str(choice["code"]), dict(choice["text"]), Decimal(str(choice["value"])) if choice.get("value") is not None else None, dict(choice.get("origin", {}))
            )
            for choice in values.get("choices", ())
        )
        return cls(**values)


def spec_of(question: Question) -> QuestionSpec:
    return QuestionSpec(
        question.code,
        question.type,
        dict(question.text),
        dict(question.hint),
        question.relevant,
        question.required,
        question.minimum,
        question.maximum,
        question.basic_item,
        question.source,
        tuple(ChoiceSpec(choice.code, dict(choice.text), choice.value, dict(choice.origin)) for choice in question.choices.all()),
        dict(question.origin),
    )


# --- what is asked -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """Questions that are asked on one page. `section` is None before the first one."""

    number: int  # from 1
    section: Question | None
    questions: tuple[Question, ...]

    @property
    def title(self) -> str:
        return said_alone(self.section.text) if self.section else _("Questions")


class Definition:
    """A version with everything in it, read once: two queries."""

    def __init__(self, version: Version):
        self.version = version
        self.questions: list[Question] = list(version.questions.prefetch_related("choices"))
        self.by_code = {question.code: question for question in self.questions}

    @cached_property
    def parts(self) -> list[Part]:
        """Without the parts in which nothing stands."""
        groups: list[tuple[Question | None, list[Question]]] = [(None, [])]
        for question in self.questions:
            if question.type == Type.SECTION:
                groups.append((question, []))
            else:
                groups[-1][1].append(question)
        return [Part(number, section, tuple(questions)) for number, (section, questions) in enumerate([group for group in groups if group[1]], start=1)]

    @cached_property
    def with_answer(self) -> list[Question]:
        return [question for question in self.questions if question.has_answer]

    @cached_property
    def _conditions(self) -> dict[str, list[conditions.Node]]:
        """By code, all that must be true: the part's condition and the question's own."""
        found: dict[str, list[conditions.Node]] = {}
        part: list[conditions.Node] = []
        for question in self.questions:
            own = [conditions.parse(question.relevant)] if question.relevant else []
            if question.type == Type.SECTION:
                part = own
            found[question.code] = own if question.type == Type.SECTION else [*part, *own]
        return found

    def condition(self, question: Question) -> list[conditions.Node]:
        return self._conditions[question.code]

    def label(self, code: str) -> str:
        return said_alone(self.by_code[code].text) if code in self.by_code else code

    def choice_words(self, code: str, value: str) -> str:
        return dict(choices_of(self.by_code[code])).get(value, value) if code in self.by_code else value

    def condition_words(self, question: Question) -> str:
        """When the question is asked, in words; empty when always."""
        return conditions.in_words(conditions.parse(question.relevant), self.label, self.choice_words) if question.relevant else ""


def choices_of(question: Question) -> list[tuple[str, str]]:
    """(code, words) of what can be answered, for the types that have a list."""
    from config.countries import country_choices
    from config.languages import LANGUAGES

    if question.type == Type.YES_NO:
        return [("yes", _("oui")), ("no", _("non"))]
    if question.type == Type.COUNTRY:
        return [(code, str(name)) for code, name in country_choices()]
    if question.type == Type.LANGUAGE:
        return [(code, str(name)) for code, name in LANGUAGES]
    return [(choice.code, said_alone(choice.text)) for choice in question.choices.all()] if question.type in Question.WITH_CHOICES else []


# --- what is wrong -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """`code`: of the question it is about; empty: of the whole."""

    code: str
    words: str


def check(kind: str, questions: Sequence[QuestionSpec]) -> list[Problem]:
    """Everything that stands between a draft and its publication."""
    found: list[Problem] = []
    if not any(question.type not in Question.WITHOUT_ANSWER for question in questions):
        found.append(Problem("", _("Ce questionnaire ne pose aucune question.")))
    if len(questions) > MOST_QUESTIONS:
        found.append(Problem("", _("Ce questionnaire a plus de %(n)s lignes. Faites-en deux.") % {"n": MOST_QUESTIONS}))
    earlier: dict[str, QuestionSpec] = {}
    known = {question.code for question in questions if question.type not in Question.WITHOUT_ANSWER}
    section_condition = ""
    for question in questions:
        if question.code in earlier:
            found.append(Problem(question.code, _("Deux questions ont le code « %(code)s ».") % {"code": question.code}))
        found += [Problem(question.code, words) for words in _wrong_in(kind, question, earlier)]
        for name in sorted(_cited(question) - known):
            words = _("Le texte cite la réponse à « %(name)s », que ce questionnaire ne demande pas : réécrivez-le.")
            found.append(Problem(question.code, words % {"name": name[:60]}))
        if question.type == Type.SECTION:
            section_condition = question.relevant
        elif question.basic_item and (question.relevant or section_condition):
            found.append(Problem(question.code, _("Une information de base se demande à tout le monde : retirez la condition de cette question ou de sa partie.")))
        earlier[question.code] = question
    return found + _wrong_items(kind, questions)


def _cited(question: QuestionSpec) -> set[str]:
    texts = [question.text, question.hint, *(choice.text for choice in question.choices)]
    return {name for text in texts for words in text.values() for name in cited_in(words)}


def _wrong_in(kind: str, question: QuestionSpec, earlier: dict[str, QuestionSpec]) -> list[str]:
    found = []
    if question.type in Question.WITH_CHOICES and not question.source:
        if len(question.choices) < 2:
            found.append(_("Donnez au moins deux réponses possibles."))
        if len(question.choices) > MOST_CHOICES:
            found.append(_("Cette question a plus de %(n)s réponses possibles.") % {"n": MOST_CHOICES})
        if len({choice.code for choice in question.choices}) < len(question.choices):
            found.append(_("Deux réponses ont le même code."))
    if question.source and (question.source not in SOURCES or SOURCES[question.source].kind != kind):
        found.append(_("Le champ du dossier « %(source)s » n’existe pas pour ce questionnaire.") % {"source": question.source})
    return found + wrong_condition(question.relevant, earlier)


def wrong_condition(text: str, earlier: dict[str, QuestionSpec]) -> list[str]:
    """What is wrong with a condition that stands after these questions."""
    if not text:
        return []
    try:
        node = conditions.parse(text)
    except conditions.ConditionError as error:
        return [str(error)]
    found = []
    for code in sorted(conditions.references(node)):
        if code not in earlier or earlier[code].type in Question.WITHOUT_ANSWER:
            found.append(_("La condition parle de « %(code)s », qui n’est pas une question posée avant celle-ci.") % {"code": code})
    for code, choice in sorted(conditions.choices_named(node), key=str):
        if code in earlier and (known := _codes(earlier[code])) is not None and not _is_among(choice, known):
            found.append(_("La condition parle de la réponse « %(choice)s », que la question « %(code)s » n’a pas.") % {"choice": choice, "code": code})
    return found


def _is_among(choice: str | Decimal, codes: set[str]) -> bool:
    """Can a condition find this answer? A number finds the code that is this number."""
    return choice in codes if isinstance(choice, str) else any(conditions.evaluate(conditions.parse(f"'{code}' = {choice:f}"), {}) for code in codes)


def _codes(question: QuestionSpec) -> set[str] | None:
    """What can be answered, where that is a list of this questionnaire."""
    if question.type == Type.YES_NO:
        return {"yes", "no"}
    return {choice.code for choice in question.choices} if question.type in Question.WITH_CHOICES and not question.source else None


def items_covered(questions: Iterable[QuestionSpec]) -> dict[int, list[str]]:
    """{basic item: codes of the questions that are this item}, all twelve."""
    found: dict[int, list[str]] = {item.value: [] for item in BasicItem}
    for question in questions:
        if question.basic_item:
            found[question.basic_item].append(question.code)
    return found


def _wrong_items(kind: str, questions: Sequence[QuestionSpec]) -> list[Problem]:
    covered = items_covered(questions)
    found = [
        Problem(codes[1], _("L’information de base « %(item)s » est demandée plus d’une fois.") % {"item": BasicItem(item).label})
        for item, codes in covered.items()
        if len(codes) > 1
    ]
    missing = [str(BasicItem(item).label) for item, codes in covered.items() if not codes]
    if kind == Questionnaire.Kind.PROFILE and missing:
        words = ngettext("Il manque %(n)s information de base : %(items)s.", "Il manque %(n)s informations de base : %(items)s.", len(missing))
        found.append(Problem("", words % {"n": len(missing), "items": ", ".join(missing)}))
    return found


def choice_rows(question: Question, specs: Iterable[ChoiceSpec]) -> list[Choice]:
    return [Choice(question=question, order=order, code=spec.code, text=spec.text, value=spec.value, origin=spec.origin) for order, spec in enumerate(specs, start=1)]
