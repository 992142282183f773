"""A version as an XLSForm. What XLSForm has no word for goes into columns of our own (`sira_…`), which other programs pass over."""

import io
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from ..definition import Definition, choices_of
from ..models import Question, no_more_than_needed

Type = Question.Type
LANGUAGES = {"fr": "Français (fr)", "en": "English (en)", "es": "Español (es)"}
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

Sheet = list[dict[str, str]]


def as_workbook(definition: Definition) -> dict[str, Sheet]:
    """{sheet: rows}; each row {column: text}, with the same columns in each row of a sheet."""
    survey: Sheet = []
    choices: Sheet = []
    listed: set[str] = set()
    open_group = False
    for question in definition.questions:
        if question.type == Type.SECTION and open_group:
            survey.append(_row({"type": "end_group"}, _SURVEY))
        survey.append(_row(_question(question), _SURVEY))
        open_group = open_group or question.type == Type.SECTION
        name = _list_name(question)
        if name and name not in listed:
            listed.add(name)
            choices += [_row(row, _CHOICES) for row in _choices(question, name)]
    if open_group:
        survey.append(_row({"type": "end_group"}, _SURVEY))
    version = definition.version
    settings = {
        "form_title": version.questionnaire.title["fr"],
        "form_id": version.questionnaire.code,
        "version": str(version.number),
        "default_language": LANGUAGES["fr"],
    }
    return {"survey": survey, "choices": choices, "settings": [settings]}


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
)
_CHOICES = ("list_name", "name", *_by_language("label"), "sira_value")


def _row(values: dict[str, str], columns: tuple[str, ...]) -> dict[str, str]:
    return {column: values.get(column, "") for column in columns}


def _words(column: str, text: dict[str, str]) -> dict[str, str]:
    return {f"{column}::{LANGUAGES[code]}": words for code, words in text.items()}


def _list_name(question: Question) -> str:
    if question.type in Question.WITH_CHOICES:
        return f"list_{question.code}" if question.choices.all() else ""
    return LISTS.get(Type(question.type), "")


def _question(question: Question) -> dict[str, str]:
    kind = Type(question.type)
    if kind == Type.SECTION:
        written = "begin_group"
    elif name := _list_name(question):
        written = f"select_multiple {name}" if kind == Type.SEVERAL else f"select_one {name}"
    else:
        written = TYPES.get(kind, "text")  # a field of the file whose list is not written here
    limits = [f". {sign} {no_more_than_needed(value)}" for sign, value in ((">=", question.minimum), ("<=", question.maximum)) if value is not None]
    return {
        "type": written,
        "name": question.code,
        **_words("label", question.text),
        **_words("hint", question.hint),
        "required": "yes" if question.required else "",
        "relevant": question.relevant,
        "constraint": " and ".join(limits),
        "appearance": "multiline" if kind == Type.LONG_TEXT else "",
        "sira_type": kind.value,
        "sira_item": str(question.basic_item or ""),
        "sira_source": question.source,
    }


def _choices(question: Question, name: str) -> list[dict[str, str]]:
    if question.type in Question.WITH_CHOICES:
        return [
            {"list_name": name, "name": choice.code, **_words("label", choice.text), "sira_value": no_more_than_needed(choice.value)} for choice in question.choices.all()
        ]
    from django.utils.translation import override

    found: dict[str, dict[str, str]] = {}
    for language, column in LANGUAGES.items():
        with override(language):
            for code, words in choices_of(question):
                found.setdefault(code, {"list_name": name, "name": code})[f"label::{column}"] = words
    return list(found.values())


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
