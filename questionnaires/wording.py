"""What a question says, in the languages it is written in: {"fr": …, "en": …, "es": …}, French always there."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LANGUAGES = (("fr", _("français")), ("en", _("anglais")), ("es", _("espagnol")))
# As XLSForms call them in the titles of their columns.
COLUMN_NAMES = {"fr": "Français (fr)", "en": "English (en)", "es": "Español (es)"}
CODES = tuple(code for code, _name in LANGUAGES)
_CITED = re.compile(r"\$\{([^{}$]*)\}")  # an answer cited in a text or a condition, as XLSForm does
_BEFORE = re.compile(r"(?<=\S) (?=[?!:;»])|(?<=«) ")


def said(text: dict[str, str] | None) -> str:
    """The text in the language of the reader, else in French; French with the spaces that keep a line together."""
    if not text:
        return ""
    language = (get_language() or "fr")[:2]
    if language != "fr" and text.get(language):
        return text[language]
    return _BEFORE.sub("\u00a0", text.get("fr", ""))


def citing(text: str, say: Callable[[str], str]) -> str:
    """The text with each ${…} replaced by what is said of that name."""
    return _CITED.sub(lambda found: say(found[1].strip()), text)


def said_alone(text: dict[str, str] | None) -> str:
    """As `said`, where no answer is at hand for those that it cites."""
    return citing(said(text), lambda _name: "…")


def renamed(text: str, names: Mapping[str, str]) -> str:
    """The text, citing under other names; a name that is not known stays."""
    return citing(text, lambda name: f"${{{names.get(name, name)}}}")


def cited_in(text: str) -> list[str]:
    """The names in ${…}."""
    return [name.strip() for name in _CITED.findall(text)]


def said_in_file(origin: dict[str, str], column: str) -> str:
    """What a file says in a column of texts that Sira keeps as it is, as `said`; empty if not in French."""
    return said({code: origin[title] for code, name in COLUMN_NAMES.items() if (title := f"{column}::{name}") in origin})


def worded(**by_language: Any) -> dict[str, str]:
    """Only the languages in which something is said."""
    return {code: str(by_language[code]).strip() for code in CODES if by_language.get(code) and str(by_language[code]).strip()}
