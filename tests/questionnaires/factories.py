"""Questionnaires for the tests, made by the services that make them in the product."""

import io
import itertools
from typing import Any

from openpyxl import Workbook

from accounts.models import User
from questionnaires.definition import ChoiceSpec, QuestionSpec
from questionnaires.models import Question, Version
from questionnaires.services import create_questionnaire, publish

_numbers = itertools.count(1)


def editor() -> User:
    return User.objects.get(username="me.iom")


def spec(code: str, type: str = "text", **values: Any) -> QuestionSpec:
    """A question; `choices` may be given as words of codes."""
    choices = values.pop("choices", ("a b" if type in ("one", "several") else ""))
    if isinstance(choices, str):
        choices = tuple(ChoiceSpec(word, {"fr": f"Réponse {word}"}) for word in choices.split())
    return QuestionSpec(code, type, values.pop("text", {"fr": f"Question {code} ?"}), choices=choices, **values)


def make_draft(*questions: QuestionSpec, kind: str = "survey") -> Version:
    number = next(_numbers)
    return create_questionnaire(
        actor=editor(), code=f"essai_{number}", kind=kind, title={"fr": f"Essai {number}"}, questions=questions or (spec("un"), spec("deux", "one"))
    )


def make_published(*questions: QuestionSpec) -> Version:
    draft = make_draft(*questions)
    return publish(actor=editor(), draft=draft, revision=draft.revision)


def a_question(draft: Version, code: str = "un") -> Question:
    return draft.questions.get(code=code)


def workbook(
    survey: list[list[Any]], choices: list[list[Any]] | None = None, settings: list[list[Any]] | None = None, more: dict[str, list[list[Any]]] | None = None
) -> bytes:
    """An XLSForm as bytes; each sheet as rows, the first of them the columns. `more`: sheets beside the three."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in (("survey", survey), ("choices", choices), ("settings", settings), *(more or {}).items()):
        if rows is not None:
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
