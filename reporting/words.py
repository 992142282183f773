"""The logframe in the language of the reader: translations are data that stand beside it, not words of the program."""

import functools
import re
from pathlib import Path

import yaml
from django.utils.translation import get_language

from config.charts import format_number

WORDS = Path(__file__).resolve().parent / "data" / "logframe_words.yaml"
NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+")


@functools.cache
def translations() -> dict[str, dict[str, str]]:
    """Language → French text → text."""
    rows = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return {language: {row["fr"]: row[language] for row in rows} for language in ("en", "es")}


def said(text: str) -> str:
    """A text of the logframe in the language at hand. French is word for word that of the document; what has no translation stays so."""
    language = (get_language() or "fr")[:2]
    if language == "fr" or not text:
        return text
    if NUMBER.fullmatch(text):
        return format_number(int(re.sub(r"\D", "", text)))
    return translations().get(language, {}).get(text, text)
