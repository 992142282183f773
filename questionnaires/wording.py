"""What a question says, in the languages it is written in: {"fr": …, "en": …, "es": …}, French always there."""

import re
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LANGUAGES = (("fr", _("français")), ("en", _("anglais")), ("es", _("espagnol")))
CODES = tuple(code for code, _name in LANGUAGES)
_BEFORE = re.compile(r"(?<=\S) (?=[?!:;»])|(?<=«) ")


def said(text: dict[str, str] | None) -> str:
    """The text in the language of the reader, else in French; French with the spaces that keep a line together."""
    if not text:
        return ""
    language = (get_language() or "fr")[:2]
    if language != "fr" and text.get(language):
        return text[language]
    return _BEFORE.sub("\u00a0", text.get("fr", ""))


def worded(**by_language: Any) -> dict[str, str]:
    """Only the languages in which something is said."""
    return {code: str(by_language[code]).strip() for code in CODES if by_language.get(code) and str(by_language[code]).strip()}
