"""Small rules of the language of the screens."""

import gettext
import unicodedata

from django.utils.translation import get_language, trans_real

OF = {"fr": "de {}", "en": "of {}", "es": "de {}"}


def of(name: object) -> str:
    """« de Bakary », « d’Aminata »: with the elision before a vowel. In the other languages of the screens, their own word."""
    words, language = str(name), (get_language() or "fr")[:2]
    first = unicodedata.normalize("NFD", words[:1]).casefold()[:1]
    if language == "fr" and first and first in "aeiouœæ":
        return f"d’{words}"
    return OF.get(language, OF["fr"]).format(words)


class FrenchSource(gettext.NullTranslations):
    """The source strings are French, so no catalogue says how French counts: zero and one are singular ("0 personne"). Without one, gettext
    counts as English does."""

    def ngettext(self, msgid1: str, msgid2: str, n: float) -> str:
        return msgid1 if abs(n) < 2 else msgid2


def count_as_french() -> None:
    """Called once at start (accounts.apps)."""
    trans_real.translation("fr").add_fallback(FrenchSource())
