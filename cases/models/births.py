"""How old somebody is, as exactly as it is known: pure functions over a day and its precision."""

import calendar
import datetime

from django.db import models
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
