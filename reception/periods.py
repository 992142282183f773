"""Weeks and months, as reports are made of them."""

import calendar
import datetime
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

WEEK, MONTH = "week", "month"
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class Period:
    """An ISO week (Monday to Sunday) or a month, first and last day included."""

    kind: str
    first: datetime.date
    last: datetime.date

    @classmethod
    def of(cls, kind: str, day: datetime.date) -> "Period":
        """The week or the month that this day belongs to."""
        if kind == WEEK:
            first = day - datetime.timedelta(days=day.weekday())
            return cls(kind, first, first + datetime.timedelta(days=6))
        return cls(MONTH, day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))

    @property
    def past(self) -> datetime.date:
        """The first day after it."""
        return self.last + datetime.timedelta(days=1)

    @property
    def before(self) -> "Period":
        return Period.of(self.kind, self.first - datetime.timedelta(days=1))

    @property
    def after(self) -> "Period":
        return Period.of(self.kind, self.past)

    @property
    def code(self) -> str:
        """« 2026-10 », « 2026-S43 »: for names of files."""
        year, week, _day = self.first.isocalendar()
        return f"{year}-S{week:02}" if self.kind == WEEK else f"{self.first:%Y-%m}"

    def __str__(self) -> str:
        if self.kind == MONTH:
            return date_format(self.first, "YEAR_MONTH_FORMAT")
        year, week, _day = self.first.isocalendar()
        days = {"week": week, "year": year, "first": date_format(self.first), "last": date_format(self.last)}
        return _("Semaine %(week)s de %(year)s, du %(first)s au %(last)s") % days
