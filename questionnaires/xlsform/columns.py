"""Columns of an XLSForm and the languages in their names, read as pyxform reads them."""

from collections.abc import Iterable
from dataclasses import dataclass

from pyxform import aliases
from pyxform.parsing.sheet_headers import process_header
from pyxform.question import MultipleChoiceQuestion, Option
from pyxform.survey import Survey

from ..wording import COLUMN_NAMES

LANGUAGES = COLUMN_NAMES
_NAMES = {
    "french": "fr", "français": "fr", "francais": "fr", "francés": "fr", "frances": "fr",
    "english": "en", "anglais": "en", "inglés": "en", "ingles": "en",
    "spanish": "es", "español": "es", "espanol": "es", "espagnol": "es",
}  # fmt: skip
# What pyxform makes of a column → how we call it: where it knows several names, the one of its documentation.
_SHORT = {
    ("bind", "relevant"): "relevant",
    ("bind", "required"): "required",
    ("bind", "constraint"): "constraint",
    ("bind", "jr:constraintMsg"): "constraint_message",
    ("bind", "jr:requiredMsg"): "required_message",
    ("bind", "calculate"): "calculation",
    ("bind", "readonly"): "read_only",
    ("bind", "jr:noAppErrorString"): "no_app_error_string",
    ("control", "appearance"): "appearance",
    ("control", "jr:count"): "repeat_count",
    ("list name",): "list_name",
    ("title",): "form_title",
    ("id_string",): "form_id",
}
_WORDED = ("label", "hint", "guidance_hint", "constraint_message", "required_message")
_KNOWN = {
    "survey": (aliases.survey_header, set(MultipleChoiceQuestion.get_slot_names())),
    "choices": (aliases.list_header, set(Option.get_slot_names())),
    "settings": (aliases.settings_header, set(Survey.get_slot_names())),
}


@dataclass(frozen=True)
class Column:
    """`base`: as this module calls it; `language`: as the file does, empty for none; `header`: as it stands in the file."""

    base: str
    language: str
    header: str

    @property
    def worded(self) -> bool:
        """Is it said in languages?"""
        return is_worded(self.base)


def is_worded(base: str) -> bool:
    return base in _WORDED or base.startswith("media::")


def columns_of(sheet: str, headers: Iterable[str]) -> dict[str, Column]:
    """{header: column} of a sheet."""
    headers = list(headers)
    known, columns = _KNOWN[sheet]
    double = any("::" in header for header in headers)
    return {header: _column(process_header(header, double, known, columns)[1], header) for header in headers}


def _column(tokens: tuple[str, ...], header: str) -> Column:
    for length in (2, 1):
        if base := _SHORT.get(tokens[:length]):
            return Column(base, "::".join(tokens[length:]), header)
    if tokens[0] == "media" and len(tokens) > 1:
        return Column(f"media::{tokens[1]}", "::".join(tokens[2:]), header)
    if tokens[0] in _WORDED:
        return Column(tokens[0], "::".join(tokens[1:]), header)
    base = "::".join(tokens)
    return Column(base.lower() if base.lower().startswith("sira_") else base, "", header)


def language_code(name: str) -> str:
    """ "Français (fr)" → fr, "العربية (ar)" → ar; a language without a code keeps its name."""
    name = name.strip().lower()
    inner = name.rpartition("(")[2] if name.endswith(")") else ""
    if inner[:2].isascii() and inner[:2].isalpha() and not inner[2:3].isalnum():
        return inner[:2]
    return _NAMES.get(name, name)


# --- a file that does not say its language ---------------------------------------------------------------------------

_COMMON = {
    "fr": "le la les des du un une est et vous votre vos de pour dans avez êtes quel quelle quels quelles combien où qui que avec ou au aux il elle non oui pas sur",
    "en": "the of is are what your you how many do does did have has which who where when why please other and for in to this that yes with any",
    "es": "el los las del es una usted su sus qué cuál cuántos cuántas cómo dónde quién por para con tiene sí y en cuando más otro otra",
}
_WORDS = {code: frozenset(words.split()) for code, words in _COMMON.items()}


def likely_language(texts: Iterable[str]) -> str:
    """fr, en or es, if the words of these texts say so clearly; otherwise empty."""
    counts = dict.fromkeys(_WORDS, 0)
    for text in texts:
        for word in text.lower().replace("’", " ").replace("'", " ").split():
            plain = word.strip('.,;:?!¿¡()«»"')
            for code, known in _WORDS.items():
                counts[code] += plain in known
    first, second = sorted(counts, key=lambda code: -counts[code])[:2]
    return first if counts[first] > 2 * counts[second] else ""
