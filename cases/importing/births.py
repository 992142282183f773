"""Births, ages and days of a list, read as exactly as they were written and no more so."""

import calendar
import datetime
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ..models import Migrant, latest_of
from ..services import latest_birth
from .cells import Cell, Serial
from .titles import plain
from .words import Reading, is_unknown, text_of

MOST_SIGNS = 60  # of a date: longer is no date
Birth = tuple[datetime.date, str]
Precision = Migrant.Precision

MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "janvier janv jan january enero ene", "fevrier fevr fev feb february febrero", "mars mar march marzo", "avril avr apr april abril abr", "mai may mayo",
        "juin jun june junio", "juillet juil jul july julio", "aout aou aug august agosto ago", "septembre sept sep september septiembre",
        "octobre oct october octubre", "novembre nov november noviembre", "decembre dec december diciembre dic",
    ),
    1,
):  # fmt: skip
    MONTHS |= dict.fromkeys(_names.split(), _number)

ABOUT = frozenset({"vers", "environ", "env", "autour de", "ca", "circa", "about", "around", "approx", "approximativement", "estime", "estimee", "hacia"})
BORN = frozenset({"ne", "nee", "ne e", "le", "en", "born", "in", "on", "nacido", "nacida"})
# Of one sign, or « +/- »: an estimate.
ABOUT_SIGNS = ("+/-", "+-", "±", "~", "≈", "≃", "∼", "?")
UNKNOWN_PART = frozenset({"00", "0", "xx", "x", "??", "?", "--", "__"})
DATE = re.compile(r"(\d{1,4})[/.\- ](\d{1,2})[/.\- ](\d{1,4})", re.ASCII)
CLOCK = re.compile(r"(.+?)[T ](\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)", re.ASCII)
MONTH = re.compile(r"(\d{1,2})[/.\-](\d{4})", re.ASCII)
ISO_MONTH = re.compile(r"(\d{4})-(\d{1,2})", re.ASCII)
AGE = re.compile(r"(\d{1,3})(?:[.,]0+)? ?([a-z]*)", re.ASCII)

UNITS = {
    "year": ("", "ans", "an", "annee", "annees", "year", "years", "y", "yr", "yrs", "a", "ano", "anos"),
    "month": ("mois", "month", "months", "mo", "mes", "meses"),
    "week": ("semaine", "semaines", "sem", "week", "weeks", "semana", "semanas"),
    "day": ("jour", "jours", "j", "day", "days", "dia", "dias"),
}
UNIT_OF = {word: unit for unit, words in UNITS.items() for word in words}
OLDEST = {"year": 120, "month": 60, "week": 200, "day": 999}


def _one_line(text: str) -> str:
    """Without doubled spaces and spaces around separators, so that no pattern has to allow for any number of them."""
    text = " ".join(text.split())
    if len(text) > MOST_SIGNS:
        raise ValidationError(_("cette date ne se lit pas : écrivez jour/mois/année, par exemple 15/06/1995"))
    for sign in "/.-":
        text = text.replace(f" {sign}", sign).replace(f"{sign} ", sign)
    return text


def date_of(text: str, *, month_first: bool) -> datetime.date:
    """A whole date as people write it. Raises ValidationError, also for what can be read two ways."""
    text = _one_line(text)
    if named := _named(text):
        day, month, year = named
        if day:
            return _day(year, month, day)
    found = DATE.fullmatch(text)
    if not found:
        raise ValidationError(_("cette date ne se lit pas : écrivez jour/mois/année, par exemple 15/06/1995"))
    first, second, third = found.groups()
    if len(first) == 4:
        year, month, day = int(first), int(second), int(third)
    elif len(third) == 4:
        day, month, year = (int(second), int(first), int(third)) if month_first else (int(first), int(second), int(third))
    else:
        raise ValidationError(_("cette date est ambiguë : écrivez l’année avec quatre chiffres"))
    if month > 12 >= day and len(first) != 4:
        order = _("mois/jour/année") if not month_first else _("jour/mois/année")
        raise ValidationError(_("cette date est écrite %(order)s, pas comme les autres : écrivez année-mois-jour, par exemple 1995-06-15") % {"order": order})
    return _day(year, month, day)


def _day(year: int, month: int, day: int) -> datetime.date:
    try:
        return datetime.date(year, month, day)
    except ValueError as error:
        raise ValidationError(_("cette date n’existe pas : vérifiez le jour et le mois")) from error


def _named(text: str) -> tuple[int, int, int] | None:
    """(day or 0, month, year) of « 15 juin 1995 » and « juin 1995 »."""
    words = [word for word in plain(text).split() if word not in BORN]
    if not 2 <= len(words) <= 3 or words[-2] not in MONTHS or not (len(words[-1]) == 4 and words[-1].isdigit()):
        return None
    day = words[0].removesuffix("er") if len(words) == 3 else "0"
    if not (day.isdigit() and len(day) <= 2):
        return None
    return int(day), MONTHS[words[-2]], int(words[-1])


def _without_clock(text: str, about: Reading) -> str:
    if len(text) <= MOST_SIGNS and (found := CLOCK.fullmatch(text)):
        if found[2].strip("0:.Z+-"):
            about.say(_("l’heure écrite à côté de la date n’est pas gardée"))
        return found[1]
    return text


def any_date(cell: Cell, about: Reading) -> datetime.date | None:
    if isinstance(cell, datetime.date):
        return cell
    if is_unknown(cell, about):
        return None
    if isinstance(cell, Serial):
        if cell.day is None or cell.number < 3654:  # before 1910
            raise ValidationError(_("ce nombre n’est pas une date"))
        about.say(_("un nombre du tableur est lu comme la date qu’il compte"))
        return cell.day
    text = _without_clock(text_of(cell, about).strip(), about)
    return date_of(text, month_first=about.month_first) if text else None


def _about(text: str) -> tuple[str, bool]:
    """(the rest, was it said to be an estimate?)"""
    text, about = text.strip(), False
    for sign in ABOUT_SIGNS:
        bare = text.removeprefix(sign).removesuffix(sign).strip()
        if bare != text and bare:
            text, about = bare, True
    flat = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    words = [word.strip(".,;:()") for word in flat.split()]
    rest = [word for word in words if word and word not in ABOUT and word not in ("autour", "de", "age")]
    return (" ".join(rest), True) if ABOUT & set(words) or "autour" in words else (text, about)


def birth(cell: Cell, about: Reading) -> Birth | None:
    """(latest day, precision): a whole date, a month (06/1995, juin 1995), a year (1995), an estimated one (« vers 1995 », ~1995), or a
    serial number of a spreadsheet."""
    if isinstance(cell, datetime.date):
        return cell, Precision.DAY
    if is_unknown(cell, about):
        return None
    if isinstance(cell, Serial) and not (cell.number == int(cell.number) and 1900 <= cell.number <= 2100):
        day = any_date(cell, about)
        return (day, Precision.DAY) if day else None
    text = _one_line(_without_clock(text_of(cell, about).strip(), about))
    if not text:
        return None
    rest, estimated = _about(text)
    words = [word for word in plain(rest).split() if word not in ("ne", "nee", "e", "en", "born", "in")]
    year = words[0] if len(words) == 1 and not set(rest) & set("<>-/+") else rest.removesuffix(".0")
    if len(year) == 4 and year.isascii() and year.isdigit():
        return _latest(int(year), None, estimated=estimated)
    if estimated:
        raise ValidationError(_("une date estimée se donne par son année : écrivez par exemple vers 1995"))
    if found := _in_part(text):
        return found
    return date_of(text, month_first=about.month_first), Precision.DAY


def _in_part(text: str) -> Birth | None:
    """Of a month and year, or of a date with « 00 » or « XX » for what is not known."""
    if found := MONTH.fullmatch(text):
        return _latest(int(found[2]), int(found[1]))
    if found := ISO_MONTH.fullmatch(text):
        return _latest(int(found[1]), int(found[2]))
    if (named := _named(text)) and not named[0]:
        return _latest(named[2], named[1])
    parts = text.casefold().replace(".", "/").replace("-", "/").split("/") if "--" not in text else []
    if len(parts) == 3 and parts[0] in UNKNOWN_PART and len(parts[2]) == 4 and parts[2].isdigit():
        if parts[1] in UNKNOWN_PART:
            return _latest(int(parts[2]), None)
        if parts[1].isdigit() and len(parts[1]) <= 2:
            return _latest(int(parts[2]), int(parts[1]))
    return None


def _latest(year: int, month: int | None, *, estimated: bool = False) -> Birth:
    try:
        return latest_birth(year, month, None, estimated=estimated)
    except (ValueError, OverflowError) as error:
        raise ValidationError(_("cette date n’existe pas : vérifiez le jour et le mois")) from error


# --- ages --------------------------------------------------------------------------------------------------------


def unit(cell: Cell, about: Reading) -> str:
    text = "" if is_unknown(cell, about) else plain(text_of(cell, about))
    if text and text not in UNIT_OF:
        raise ValidationError(_("cette unité ne se lit pas : écrivez ans, mois, semaines ou jours"))
    return UNIT_OF[text] if text else ""


def age(cell: Cell, about: Reading) -> tuple[int, str] | None:
    """(number, its unit or "")"""
    if is_unknown(cell, about):
        return None
    text, _estimated = _about(text_of(cell, about))
    found = AGE.fullmatch(unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()) if len(text) <= MOST_SIGNS else None
    if not text:
        return None
    if not found or found[2] not in UNIT_OF:
        raise ValidationError(_("cet âge ne se lit pas : écrivez des années entières, en chiffres, ou par exemple 8 mois"))
    return int(found[1]), UNIT_OF[found[2]] if found[2] else ""


def born_at(number: int, unit: str, on: datetime.date) -> Birth:
    """The latest a birth can have been of somebody who was so old on that day. Raises ValidationError for nobody's age."""
    unit = unit or "year"
    if number > OLDEST[unit]:
        raise ValidationError(_("cet âge ne peut pas être : vérifiez le nombre et son unité"))
    if unit == "year":
        return latest_birth(on.year - number, None, None, estimated=True)
    if unit == "month":
        months = on.year * 12 + on.month - 1 - number
        year, month = divmod(months, 12)
        day = datetime.date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))
    else:
        day = on - datetime.timedelta(days=number * (7 if unit == "week" else 1))
    return latest_birth(day.year, day.month, None)


@dataclass(frozen=True)
class Ages:
    """The day of the list, on which its ages were true, and the unit that their title gives."""

    listed_on: datetime.date | None
    unit: str

    def birth(self, aged: tuple[int, str], unit: str, arrived_on: datetime.date | None, about: Reading) -> Birth:
        """Raises ValidationError where nobody said of which day the age is."""
        number, own = aged
        if own and unit and own != unit:
            raise ValidationError({"age": _("l’âge a deux unités différentes")})
        day = arrived_on or self.listed_on
        if day is None:
            raise ValidationError({"age": _("de quel jour est cet âge ? Donnez le jour de la liste, ou une colonne avec le jour de l’arrivée")})
        try:
            found = born_at(number, own or unit or self.unit, day)
        except ValidationError as error:
            raise ValidationError({"age": error}) from error
        about.say(_("l’âge est compté au jour de l’arrivée") if arrived_on else _("l’âge est compté au jour de la liste"))
        return found


RANKS = {Precision.DAY: 0, Precision.MONTH: 1, Precision.YEAR: 2, Precision.AGE: 3}


def born_of(values: dict[str, Any]) -> Birth | None:
    """The birth of a row, with the precision that a column of its own may give. Raises ValidationError if the two do not go together."""
    born, precision = values.get("birth"), values.get("birth_precision")
    if not born or not precision or precision == born[1]:
        return born
    day, read = born
    if RANKS[read] == RANKS[Precision.AGE] or RANKS[precision] < RANKS[read] or latest_of(day, precision) != day:
        raise ValidationError({"birth": _("la précision ne va pas avec la date")})
    return day, precision
