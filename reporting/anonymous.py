"""Words that many may read name nobody: case numbers and telephone numbers are found in them and refused."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases import case_numbers

_GAP = r"[\s.\-/()‐-―−]*"
_NOT_PHONES = re.compile(
    r"(?<![\d./-])(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:\d\d)?\d\d(?![./-]?\d)"  # 24/11/2026
    r"|\b(?:19|20)\d\d[./-]\d\d[./-]\d\d\b"  # 2026-11-24
    r"|\b(?:19|20)\d\d\s*[-–/]\s*(?:19|20)\d\d\b"  # 2024-2026
    r"|\b\d{1,3}(?:[ .\u00a0\u202f]\d{3}){1,6}(?=\s*(?:F\b|F?\s?CFA\b|francs?\b|euros?\b|EUR\b|€|dollars?\b|USD\b|personnes?\b))",  # 16 000 000 FCFA
    re.IGNORECASE,
)
# International with its prefix, or the eight digits and more of a number in the country, however they are grouped.
_PHONE = re.compile(rf"(?:\+|\b00){_GAP}\d(?:{_GAP}\d){{6,14}}|(?<!\d)(?!(?:19|20)\d\d[\s./-])\d(?:{_GAP}\d){{7,14}}(?!\d)")


def identifies(text: str) -> str:
    """Words for what in this text tells who somebody is; empty if nothing was found. A name alone can't be told from any other word."""
    if case_numbers.mentioned_in(text):
        return _("Un numéro de dossier ne s’écrit pas ici : ce texte est lu hors des équipes. Dites seulement combien de dossiers, et où les trouver.")
    if _PHONE.search(_NOT_PHONES.sub(" · ", unicodedata.normalize("NFKC", text))):
        return _(
            "Un numéro de téléphone ne s’écrit pas ici : ce texte est lu hors des équipes. S’il s’agit d’un montant, écrivez l’unité juste après, par exemple « 16 000 000 FCFA »."
        )
    return ""


def check(**texts: str) -> None:
    """Raises ValidationError, by field, for texts that tell who somebody is."""
    if problems := {name: words for name, text in texts.items() if (words := identifies(text))}:
        raise ValidationError(problems)
