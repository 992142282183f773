"""Numbers as people write them: 750 000, 750.000, 750 000 F CFA, 1 250,50. What can be read in two ways is refused, never guessed."""

import re
import unicodedata
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format
from django.utils.translation import gettext as _

LONGEST = 40
_FRANCS = re.compile(r"\s*(?:f\.?\s*cfa|cfa|xof|francs?\s*(?:cfa)?|f)\.?\s*", re.IGNORECASE)
_SHAPE = re.compile(r"[0-9]+(?:[ .,'][0-9]+)*", re.ASCII)


def _plain(text: str) -> str:
    """Digits of any script as ours, every kind of space as one space, every minus as one."""
    signs = []
    for char in text.strip():
        digit = unicodedata.decimal(char, None)
        if digit is not None:
            signs.append(str(digit))
        elif char.isspace():
            signs.append(" ")
        else:
            signs.append({"−": "-", "’": "'"}.get(char, char))
    return "".join(signs)


def read_number(text: str, *, places: int = 0, francs: bool = False) -> Decimal:
    """The number that is written. `places`: how many decimals it may have; `francs`: the words for the currency may stand beside it.

    Raises ValidationError: `invalid` for what is no number, `ambiguous` with words for what could be two, `whole` for decimals where there
    are none."""
    plain = _plain(text)
    if francs:
        plain = _FRANCS.sub("", plain) if _FRANCS.fullmatch(re.sub(r"[0-9 .,'+-]", "", plain)) else plain
    sign = "-" if plain.startswith("-") else ""
    plain = plain[1:].strip() if plain.startswith(("+", "-")) else plain
    if len(plain) > LONGEST or not _SHAPE.fullmatch(plain):
        raise ValidationError(_("Écrivez un nombre en chiffres."), code="invalid")
    whole, point, rest = _parted(plain, places)
    if rest.strip("0") and not places:
        raise ValidationError(_("Écrivez un nombre entier, sans virgule."), code="whole")
    return Decimal(f"{sign}{whole}.{rest}" if point and rest.strip("0") else f"{sign}{whole}")


def _parted(plain: str, places: int) -> tuple[str, str, str]:
    """(digits before, the decimal sign, digits after)."""
    marks = [char for char in plain if not char.isdigit()]
    last = marks[-1] if marks else ""
    if not marks:
        return plain, "", ""
    decimal = last in ".," and marks.count(last) == 1
    before, after = plain.rsplit(last, 1) if decimal else (plain, "")
    if decimal and len(after) == 3 and len(marks) == 1 and len(before) <= 3 and before.strip("0"):
        # 750.000, 1,250: a thousand or a decimal?
        own = str(get_format("DECIMAL_SEPARATOR"))
        if places >= 3 and last == own:
            return before, last, after
        if places == 0 and (last == "." or last != own):
            return before + after, "", ""
        raise _two_ways(plain, before, after)
    if decimal and not (after and _grouped(before)):
        raise _unclear(plain)
    if decimal:
        return _grouped(before), last, after
    joined = _grouped(plain)
    if not joined:
        raise _unclear(plain)
    return joined, "", ""


def _grouped(text: str) -> str:
    """The digits, where they stand in groups of three parted by one and the same sign; else empty."""
    marks = {char for char in text if not char.isdigit()}
    if not marks:
        return text
    if len(marks) > 1:
        return ""
    first, *others = text.split(marks.pop())
    return first + "".join(others) if 1 <= len(first) <= 3 and all(len(other) == 3 for other in others) else ""


def _two_ways(text: str, before: str, after: str) -> ValidationError:
    words = _("« %(text)s » peut se lire de deux façons. Écrivez « %(thousand)s » pour des milliers, ou « %(decimal)s » pour une virgule.")
    decimal = f"{before},{after.rstrip('0') or '0'}"
    return ValidationError(words % {"text": text, "thousand": f"{before} {after}", "decimal": decimal}, code="ambiguous")


def _unclear(text: str) -> ValidationError:
    return ValidationError(_("« %(text)s » n’est pas clair : écrivez les chiffres par groupes de trois, ou sans espace.") % {"text": text}, code="ambiguous")


class NumberInput(forms.TextInput):
    """Text, so that a browser does not empty « 750 000 » before it is sent; telephones show the keys for numbers."""

    def __init__(self, attrs: dict[str, Any] | None = None):
        super().__init__({"inputmode": "numeric", "autocomplete": "off", "class": "w-4", **(attrs or {})})


class WholeField(forms.IntegerField):
    """A whole number, as people write it. `francs`: an amount in CFA francs."""

    widget = NumberInput

    def __init__(self, *, francs: bool = False, **arguments: Any):
        self.francs = francs
        super().__init__(**arguments)

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values or not str(value).strip():
            return None
        if isinstance(value, int):
            return value
        return int(_read(self, str(value)))


class AmountField(forms.DecimalField):
    """A number with decimals, as people write it."""

    widget = NumberInput

    def __init__(self, *, francs: bool = False, **arguments: Any):
        self.francs = francs
        super().__init__(**arguments)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal" if self.decimal_places else "numeric"}

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if value in self.empty_values or not str(value).strip():
            return None
        if isinstance(value, int | Decimal):
            return Decimal(value)
        return _read(self, str(value), places=self.decimal_places or 0)


def _read(field: Any, text: str, places: int = 0) -> Decimal:
    """With the field's own words for what is no number."""
    try:
        return read_number(text, places=places, francs=field.francs)
    except ValidationError as error:
        if error.code == "invalid":
            raise ValidationError(field.error_messages["invalid"], code="invalid") from error
        raise
