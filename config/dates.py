"""The first of a month as French writes it: « 1er octobre ». Django's formats have no letter for it in French, so the one place through which
every date of a screen or paper goes (templates, `formats.date_format`) writes it."""

import re
from typing import Any

from django.utils.dateformat import DateFormat
from django.utils.translation import get_language

# A day without a nought before the name of a month.
DAY_AND_MONTH = re.compile(r"(?<!\\)j(?=[ \u00a0][FbMNE])")

_format = DateFormat.format


def _in_french(self: Any, formatstr: str) -> str:
    if self.data.day == 1 and (get_language() or "").startswith("fr"):
        formatstr = DAY_AND_MONTH.sub(r"j\\e\\r", formatstr)
    return _format(self, formatstr)


def install() -> None:
    DateFormat.format = _in_french  # type: ignore[method-assign]
