"""What people type, made fit to keep: as they wrote it, without what nobody can see or say."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.countries import country_choices
from config.languages import LANGUAGE_CODES
from config.writing import clean_line, clean_text

from .nobody import names_nobody

__all__ = ["clean_languages", "clean_line", "clean_name", "clean_nationality", "clean_phone", "clean_text", "digits_of", "phone_words"]
MALI_PREFIX = "223"


def clean_name(text: str) -> str:
    """A name as people write it; empty stays empty. Raises ValidationError for a "name" without a letter, or of nobody (`nobody`)."""
    name = clean_line(text)
    if name and not any(unicodedata.category(char)[0] == "L" for char in name):
        raise ValidationError(_("Un nom s’écrit avec des lettres."), code="letters")
    if names_nobody(name):
        words = _("« %(name)s » ne nomme personne. Écrivez le nom que porte la personne ; s’il n’est pas connu, laissez vide.")
        raise ValidationError(words % {"name": name}, code="nobody")
    return name


def digits_of(text: str) -> str:
    """The digits of any script, as 0–9."""
    return "".join(str(unicodedata.decimal(char)) for char in text if unicodedata.category(char) == "Nd")


def clean_phone(text: str) -> str:
    """International digits without + from any way of writing; eight digits alone are a number of Mali, and a number that begins with 0 is one
    of its own country, kept as it is said. Raises ValidationError, also for digits that can be neither: their country is not guessed."""
    if not text.strip():
        return ""
    written = digits_of(text)
    digits = written.removeprefix("00")
    international = "+" in text or written != digits
    national = not international and digits.startswith("0")
    least = 6 if international else 8 if national else 10
    if not (least <= len(digits) <= 15 or len(digits) == 8) or any(char.isalpha() for char in text):
        raise ValidationError(_("Écrivez le numéro en chiffres, avec l’indicatif du pays, par exemple +223 76 12 34 56."), code="phone")
    return MALI_PREFIX + digits if len(digits) == 8 and not international and not national else digits


def phone_words(digits: str) -> str:
    """As people dial it: with its +, unless it is a number within a country, which has none."""
    return f"+{digits}" if digits and not digits.startswith("0") else digits


def clean_nationality(code: str) -> str:
    """An ISO 3166-1 alpha-2 code that exists. Raises ValidationError."""
    if code not in dict(country_choices()):
        raise ValidationError(_("Choisissez une nationalité dans la liste."), code="nationality")
    return code


def clean_languages(codes: list[str]) -> list[str]:
    """ISO 639-3 codes as in `languages.LANGUAGES`, each once, in the order given. Raises ValidationError."""
    codes = list(dict.fromkeys(codes))
    if any(code not in LANGUAGE_CODES for code in codes):
        raise ValidationError(_("Choisissez les langues dans la liste."), code="language")
    return codes
