"""Small rules of the language of the screens."""

import unicodedata

from django.utils.translation import get_language

OF = {"fr": "de {}", "en": "of {}", "es": "de {}"}


def of(name: object) -> str:
    """« de Bakary », « d’Aminata »: with the elision before a vowel. In the other languages of the screens, their own word."""
    words, language = str(name), (get_language() or "fr")[:2]
    first = unicodedata.normalize("NFD", words[:1]).casefold()[:1]
    if language == "fr" and first and first in "aeiouœæ":
        return f"d’{words}"
    return OF.get(language, OF["fr"]).format(words)
