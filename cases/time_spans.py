"""Spans of time that people count in months."""

import calendar
import datetime


def months_before(day: datetime.date, months: int) -> datetime.date:
    """The same day so many months earlier; the last of the month where there is no such day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
