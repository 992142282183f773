"""A version as an XLSForm. What XLSForm has no word for goes into columns of our own (`sira_…`), which other programs pass over; what the
file said from which a version was made is given back: its names, its codes, its columns."""

import io
import zlib
from functools import cache
from typing import Any

from django.utils.translation import override
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from .. import conditions
from ..definition import Definition, choices_of
from ..models import Question, no_more_than_needed
from ..wording import renamed
from .columns import LANGUAGES
from .expressions import Answers, NotTheSame
from .types import parsed

Type = Question.Type
TYPES = {
    Type.TEXT: "text",
    Type.LONG_TEXT: "text",
    Type.INTEGER: "integer",
    Type.DECIMAL: "decimal",
    Type.DATE: "date",
    Type.NOTE: "note",
}
# Lists that are not the questionnaire's own.
LISTS = {Type.YES_NO: "sira_yes_no", Type.COUNTRY: "sira_countries", Type.LANGUAGE: "sira_languages"}
# Said of itself by Sira, not by a file: when it comes back, it is no news. Named in a column of ours.
OWN_SETTINGS = "sira_own"

Sheet = list[dict[str, str]]


def _by_language(column: str) -> tuple[str, ...]:
    return tuple(f"{column}::{name}" for name in LANGUAGES.values())


_SURVEY = (
    "type",
    "name",
    *_by_language("label"),
    *_by_language("hint"),
    "required",
    "relevant",
    "constraint",
    "appearance",
    "sira_type",
    "sira_item",
    "sira_source",
    "sira_code",
)
_CHOICES = ("list_name", "name", *_by_language("label"), "sira_value", "sira_code")


def as_workbook(definition: Definition) -> dict[str, Sheet]:
    """{sheet: rows}; each row {column: text}, with the same columns in each row of a sheet."""
    return _Writing(definition).sheets()


@cache
def own_list(type_: str) -> dict[str, dict[str, str]]:
    """{code: {language: words}} of a list that Sira has itself."""
    found: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        with override(language):
            for code, words in choices_of(Question(type=type_)):
                found.setdefault(code, {})[language] = words
    return found


def sealed(name: str, text: str) -> str:
    """That Sira said this of itself: a text that somebody changed in the file since has another seal."""
    return f"{name}:{zlib.crc32(text.encode()):08x}"


def default_list(question_type: str, code: str) -> str:
    """What the list of a question is called when no file has called it otherwise."""
    return LISTS.get(Type(question_type), f"list_{code}")


class _Writing:
    def __init__(self, definition: Definition):
        self.definition = definition
        self.lists: dict[str, list[dict[str, str]]] = {}
        self.list_of: dict[str, str] = {}
        self.names = self._names()
        self.back = Answers()  # from our codes to the file's

    def _names(self) -> dict[str, str]:
        """{code: name in the file}, each name once, however the questionnaire was changed since."""
        codes = {question.code for question in self.definition.questions}
        found: dict[str, str] = {}
        for question in self.definition.questions:
            name = question.origin.get("name", question.code)
            found[question.code] = question.code if name in found.values() or (name != question.code and name in codes) else name
        return found

    def sheets(self) -> dict[str, Sheet]:
        survey: Sheet = []
        open_group = False
        for question in self.definition.questions:
            if question.type == Type.SECTION and open_group:
                survey.append({"type": "end_group"})
            survey.append(self._question(question))
            open_group = open_group or question.type == Type.SECTION
        if open_group:
            survey.append({"type": "end_group"})
        choices = [row for rows in self.lists.values() for row in rows]
        return {"survey": _filled(survey, _SURVEY), "choices": _filled(choices, _CHOICES), "settings": [self._settings()]}

    def _settings(self) -> dict[str, str]:
        version = self.definition.version
        own = {
            "form_title": version.questionnaire.title["fr"],
            "form_id": version.questionnaire.code,
            "version": str(version.number),
            "default_language": LANGUAGES["fr"],
        }
        return own | version.origin | {OWN_SETTINGS: " ".join(sealed(name, text) for name, text in own.items() if name not in version.origin)}

    def _question(self, question: Question) -> dict[str, str]:
        kind, origin, name = Type(question.type), question.origin, self.names[question.code]
        pairs = self._listed(question)
        if pairs is not None:
            self.back.pairs[question.code] = pairs
        if kind == Type.SECTION:
            written = "begin_group"
        elif question.code in self.list_of:
            written = f"select_multiple {self.list_of[question.code]}" if kind == Type.SEVERAL else f"select_one {self.list_of[question.code]}"
        else:
            written = TYPES.get(kind, "text")  # a field of the file whose list is not written here
        was = parsed(origin.get("type", ""))
        if was and (parsed(written).command, parsed(written).list) == (was.command, was.list):
            written = origin["type"]
        limits = [f". {sign} {no_more_than_needed(value)}" for sign, value in ((">=", question.minimum), ("<=", question.maximum)) if value is not None]
        return {
            **{column: text for column, text in origin.items() if column not in ("name", "type")},
            "type": written,
            "name": name,
            **self._words("label", question.text),
            **self._words("hint", question.hint),
            "required": "yes" if question.required else origin.get("required", ""),
            "relevant": self._condition(question.relevant),
            "constraint": " and ".join(limits) or origin.get("constraint", ""),
            "appearance": origin.get("appearance", "multiline" if kind == Type.LONG_TEXT else ""),
            "sira_type": kind.value,
            "sira_item": str(question.basic_item or ""),
            "sira_source": question.source,
            "sira_code": question.code if name != question.code else "",
        }

    def _condition(self, text: str) -> str:
        """Under the file's names; one that Sira could not read goes back as it came."""
        try:
            found = str(self.back.translated(conditions.parse(text))) if text else ""
        except (conditions.ConditionError, NotTheSame):
            found = text
        return renamed(found, self.names)

    def _listed(self, question: Question) -> list[tuple[str, str]] | None:
        """Writes the list of a question once; (our code, the file's code) of its own answers."""
        if question.type in Question.WITH_CHOICES:
            rows, pairs = self._answers(question)
        elif question.type in LISTS:
            rows, pairs = [{"name": code, **_words("label", words)} for code, words in own_list(question.type).items()], None
        else:
            return None
        if not rows:
            return None
        name = (was.list if (was := parsed(question.origin.get("type", ""))) else "") or default_list(question.type, question.code)
        if name not in self.lists or [_said(row) for row in self.lists[name]] != [_said(row) for row in rows]:
            number, free = 1, name
            while free in self.lists:
                number += 1
                free = f"list_{question.code}" if number == 2 else f"list_{question.code}_{number - 1}"
            name = free
            self.lists[name] = [{"list_name": name, **row} for row in rows]
        self.list_of[question.code] = name
        return pairs

    def _words(self, column: str, text: dict[str, str]) -> dict[str, str]:
        return {title: renamed(words, self.names) for title, words in _words(column, text).items()}

    def _answers(self, question: Question) -> tuple[Sheet, list[tuple[str, str]]]:
        choices = list(question.choices.all())
        codes, rows, pairs, seen = {choice.code for choice in choices}, [], [], set()
        for choice in choices:
            name = choice.origin.get("name", choice.code)
            if name in seen or (name != choice.code and name in codes):
                name = choice.code
            seen.add(name)
            pairs.append((choice.code, name))
            rows.append(
                {
                    **{column: text for column, text in choice.origin.items() if column != "name"},
                    "name": name,
                    **self._words("label", choice.text),
                    "sira_value": no_more_than_needed(choice.value),
                    "sira_code": choice.code if name != choice.code else "",
                }
            )
        return rows, pairs


def _said(row: dict[str, str]) -> dict[str, str]:
    """What a row of a list says, whatever the list is called."""
    return {column: text for column, text in row.items() if text and column != "list_name"}


def _filled(rows: Sheet, columns: tuple[str, ...]) -> Sheet:
    """The same columns in each row: those of Sira, then those of the file in the order in which they come."""
    every = dict.fromkeys([*columns, *(column for row in rows for column in row)])
    return [{column: row.get(column, "") for column in every} for row in rows]


def _words(column: str, text: dict[str, str]) -> dict[str, str]:
    return {f"{column}::{LANGUAGES[code]}": words for code, words in text.items()}


def as_xlsx(definition: Definition) -> bytes:
    book = Workbook(write_only=True)
    for title, rows in as_workbook(definition).items():
        sheet = book.create_sheet(title)
        columns = list(rows[0]) if rows else ["list_name", "name", f"label::{LANGUAGES['fr']}"]
        sheet.append(columns)
        for row in rows:
            sheet.append([_cell(sheet, row[column]) for column in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, text: str) -> WriteOnlyCell:
    """Text, never a formula, whatever it begins with."""
    cell = WriteOnlyCell(sheet, value=text or None)
    if text:
        cell.data_type = "s"
    return cell
