"""Charts of figures: the same on the screen and in the report."""

import datetime
import itertools
from typing import Any

from django.utils.translation import gettext as _

from config import charts

from .figures import DIMENSIONS

TONES = {"late": "warn", "reached": "ok", "ahead": "ok"}


def day_of(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _spoken(title: str, words: str) -> str:
    """A picture's title is what a screen reader says of it in the PDF."""
    return f"{title} – {words}" if words else title


def meters(figure: dict[str, Any]) -> list[dict[str, Any]]:
    """The targets of a figure, each with its picture, a short name, and the day it stands for where that is not the last of the period."""
    return [
        {**target, "svg": _meter(figure, target), "short": _short(target), "until": day_of(target["counted_until"]) if target.get("counted_until") else None}
        for target in figure["targets"]
    ]


def _meter(figure: dict[str, Any], target: dict[str, Any]) -> str:
    value = "–" if target["value"] is None else charts.format_number(target["value"])
    title = _("%(code)s : %(value)s sur %(target)s %(unit)s") % {
        "code": figure["code"],
        "value": value,
        "target": charts.format_number(target["target"]),
        "unit": target["unit"],
    }
    return charts.meter(
        target["value"], target=target["target"], baseline=target["baseline"], expected=target["expected"], tone=TONES.get(target["state"], ""), title=title
    )


def _short(target: dict[str, Any]) -> str:
    """What tells a target from the other of its indicator, without the number."""
    text = target["text"].lstrip("0123456789 ,\u00a0\u202f")
    return text if len(text) <= 22 else target["unit"]


def trend(figure: dict[str, Any]) -> str | None:
    points = figure["trend"]
    known = [point["value"] for point in points if point["value"] is not None]
    if len(known) < 2:
        return None
    labels = [day_of(point["month"]).strftime("%m/%y") for point in points]
    title = _spoken(
        _("%(code)s par mois, total cumulé") % {"code": figure["code"]},
        _("de %(a)s à %(b)s") % {"a": charts.format_number(known[0]), "b": charts.format_number(known[-1])},
    )
    # A target far above would press the line flat.
    target = figure["target"] if figure["target"] and max(known) >= figure["target"] / 4 else None
    return charts.line(labels, [(_("Total cumulé"), _bridged([point["value"] for point in points]))], title=title, target=target)


def _bridged(values: list[int | None]) -> list[float | None]:
    """A straight line over the months left out: the picture shows no point there that anybody could read off."""
    result: list[float | None] = list(values)
    known = [index for index, value in enumerate(values) if value is not None]
    for before, after in itertools.pairwise(known):
        start, end = values[before], values[after]
        for index in range(before + 1, after):
            result[index] = round(start + (end - start) * (index - before) / (after - before), 1)  # type: ignore[operator]
    return result


def bars(figure: dict[str, Any], dimension: str, *, most: int = 12) -> dict[str, Any] | None:
    """One disaggregation as bars: the largest ones, and in words what is left out."""
    rows = figure["disaggregation"].get(dimension)
    if not rows:
        return None
    shown = [(row["label"], row["value"]) for row in rows if row["value"] is not None]
    more = 0
    if len(shown) > most:
        more = len(shown) - most
        shown = shown[:most]
    heading = str(DIMENSIONS[dimension])
    words = ", ".join(f"{label} {charts.format_number(value)}" for label, value in shown)
    hidden = [row["label"] for row in rows if row["value"] is None]
    until = figure.get("counted_until", {}).get(dimension)  # missing in snapshots of earlier versions
    return {
        "until": day_of(until) if until else None,
        "heading": heading,
        "rows": len(shown),
        "svg": charts.horizontal_bars(shown, title=_spoken(f"{figure['code']}, {heading}", words)) if shown else "",
        "more": more,
        "hidden": hidden,
    }


def cross_table(figure: dict[str, Any]) -> dict[str, Any] | None:
    cells = figure["sex_by_age"]
    if not any(cell["value"] for cell in cells):
        return None
    ages = list(dict.fromkeys((cell["age_group"], cell["age_label"]) for cell in cells))
    sexes = list(dict.fromkeys((cell["sex"], cell["sex_label"]) for cell in cells))
    found = {(cell["sex"], cell["age_group"]): cell["value"] for cell in cells}
    return {"headers": [label for _code, label in sexes], "rows": [(label, [found[sex, age] for sex, _label in sexes]) for age, label in ages]}
