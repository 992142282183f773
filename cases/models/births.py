"""How old somebody is, as exactly as it is known: pure functions over a day and its precision."""

import calendar
import datetime

from django.db import models
from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

ADULT_AGE = 18  # Convention on the Rights of the Child, art. 1 (action document, 4.6)


class Precision(models.TextChoices):
    """How exactly a birth is known. The day kept is the latest it can be: who may be a child is treated as one."""

    DAY = "day", _("jour exact")
    MONTH = "month", _("mois et année")
    YEAR = "year", _("année seulement")
    AGE = "age", _("âge estimé")


def years_before(day: datetime.date, years: int) -> datetime.date:
    """The same day so many years earlier; 29 February becomes 28 in a year that has none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def earliest_birth(latest: datetime.date, precision: str) -> datetime.date:
    """The earliest day of a birth of which the latest is known. An estimated age may be two years off."""
    if precision == Precision.DAY:
        return latest
    if precision == Precision.MONTH:
        return latest.replace(day=1)
    return datetime.date(max(latest.year - (2 if precision == Precision.AGE else 0), 1), 1, 1)


def latest_of(born_on: datetime.date, precision: str) -> datetime.date:
    """The latest day the birth can have been, for any day of the month or year that is known."""
    if precision == Precision.DAY:
        return born_on
    if precision == Precision.MONTH:
        return born_on.replace(day=calendar.monthrange(born_on.year, born_on.month)[1])
    return born_on.replace(month=12, day=31)


# --- how a birth is written: nowhere else, so that no page, paper or file makes a day of a year ------------------


def birth_words(born_on: datetime.date, precision: str) -> str:
    """As exactly as it is known: « 15 juin 1995 », « juin 1995 », « 1995 », « vers 2009 (âge estimé) »."""
    if precision == Precision.DAY:
        return formats.date_format(born_on, "DATE_FORMAT")
    if precision == Precision.MONTH:
        return formats.date_format(born_on, "YEAR_MONTH_FORMAT")
    if precision == Precision.YEAR:
        return str(born_on.year)
    return gettext("vers %(year)s (âge estimé)") % {"year": born_on.year}


def birth_for_machines(born_on: datetime.date, precision: str) -> str:
    """ISO 8601, with as many parts as are known: 1995-06-15, 1995-06, 1995."""
    return born_on.isoformat()[: {Precision.DAY: 10, Precision.MONTH: 7}.get(Precision(precision), 4)]


def birth_for_lists(born_on: datetime.date, precision: str) -> datetime.date | str:
    """A cell of a list: a date only where it is one; read back it says the same."""
    if precision == Precision.DAY:
        return born_on
    if precision == Precision.AGE:
        return gettext("vers %(year)s") % {"year": born_on.year}
    return birth_for_machines(born_on, precision)
