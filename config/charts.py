"""Charts as SVG text: the same on the screen and in the PDF.

Pure functions. Positions along the width are percentages and heights are pixels, with no `viewBox`, so that text keeps its
size on a phone and on paper. Only presentation attributes: the Content-Security-Policy forbids `style`, and WeasyPrint does
not apply the page's stylesheet inside an SVG. Colour never speaks alone: every part is named in words beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

Number = int | float
Formatter = Callable[[Number], str]

# The tokens of static/sira.css that a chart needs.
INK, MUTED, LINE, TRACK, PAPER = "#1c1b33", "#55566e", "#d8dae8", "#e9eaf4", "#ffffff"
ACCENT = "#312e81"
OK, WARN, DANGER = "#0b5c39", "#7a4100", "#a3152a"
KEPT = "#7c8bd9"
# Told apart in greyscale and by the colour-blind (dark to light, alternating hue); the first is the accent.
SERIES = ("#312e81", "#0e8f87", "#c2680c", "#7c8bd9", "#8c2f5d", "#86c5a4", "#d9b04c", "#6b6f86")
FONT = "'Source Sans Pro', system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"

NARROW_SPACE = "\u202f"


def format_number(value: Number, decimals: int | None = None) -> str:
    """16000 → “16 000” (fr, es), “16,000” (en). Without `decimals`, as many as needed, two at most."""
    if decimals is None:
        text = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    else:
        text = f"{value:,.{decimals}f}"
    if text.lstrip("-") == "0":
        text = "0"
    if (get_language() or "fr").startswith("en"):
        return text
    return text.replace(",", NARROW_SPACE).replace(".", ",")


def format_percent(ratio: Number, decimals: int = 0) -> str:
    """0.42 → “42 %” (fr, es), “42%” (en)."""
    text = format_number(float(ratio) * 100, decimals)
    return f"{text}%" if (get_language() or "fr").startswith("en") else f"{text}{NARROW_SPACE}%"


# --- pieces ---------------------------------------------------------------------------------------------------------


def _pct(value: float) -> str:
    return f"{round(value, 3):g}%"


def _svg(height: int, title: str, desc: str, *parts: str) -> SafeString:
    desc = desc or _("Pas encore de valeur")
    name = f"{title}. {desc}" if title else desc
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="{}" width="100%" height="{}" '
        'font-family="{}" font-size="14"><title>{}</title><desc>{}</desc>{}</svg>',
        name,
        height,
        FONT,
        title,
        desc,
        mark_safe("".join(parts)),  # noqa: S308 - every part comes from format_html
    )


def _text(x: str, y: float, text: str, *, anchor: str = "start", fill: str = INK, weight: int = 400, size: int = 14) -> SafeString:
    return format_html(
        '<text x="{}" y="{}" text-anchor="{}" fill="{}" font-weight="{}" font-size="{}">{}</text>',
        x,
        y,
        anchor,
        fill,
        weight,
        size,
        text,
    )


def _rect(x: str, y: float, width: str, height: float, fill: str, radius: float = 0, title: str = "") -> SafeString:
    inner = format_html("<title>{}</title>", title) if title else ""
    return format_html('<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="{}">{}</rect>', x, y, width, height, radius, fill, inner)


def _line(x1: str, y1: float, x2: str, y2: float, stroke: str, width: float = 1, dash: str = "") -> SafeString:
    extra = format_html(' stroke-dasharray="{}"', dash) if dash else ""
    return format_html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}" stroke-linecap="round"{}/>',
        x1,
        y1,
        x2,
        y2,
        stroke,
        width,
        extra,
    )


def _share(value: float, low: float, high: float) -> float:
    """Where `value` lies between `low` and `high`, as a percentage kept within 0–100."""
    if high == low:
        return 100.0 if value >= high else 0.0
    return max(0.0, min(100.0, (value - low) / (high - low) * 100))


def _ceiling(value: float) -> float:
    """The next round number an axis can end on: 1, 2, 2.5, 5 or 10 times a power of ten."""
    if value <= 0:
        return 1
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 4, 5, 8, 10) if step * power >= value)


def _legend(names: Sequence[str], y: int, dashed: str = "") -> tuple[SafeString, int]:
    """Names of the series in two columns, then that of the dashed line; gives back the drawing and its height."""
    entries = [(name, _rect("0", 4, "12", 12, SERIES[i % len(SERIES)], 2)) for i, name in enumerate(names)]
    if dashed:
        entries.append((dashed, _line("0", 10, "14", 10, INK, 1.5, "4 4")))
    parts = []
    for index, (name, mark) in enumerate(entries):
        column, row = index % 2, index // 2
        x = 50 * column
        top = y + row * 22
        parts.append(
            format_html(
                '<svg x="{}" y="{}" width="50%" height="22" overflow="visible">{}{}</svg>',
                _pct(x),
                top,
                mark,
                _text("20", 15, name, size=13),
            )
        )
    return mark_safe("".join(parts)), 22 * math.ceil(len(entries) / 2)  # noqa: S308


# --- charts ---------------------------------------------------------------------------------------------------------


def bar_against_capacity(
    used: Number, total: Number, *, sharing: Number = 0, kept: Number = 0, note: str = "", title: str = "", desc: str = "", fmt: Formatter = format_number
) -> SafeString:
    """How full a place is: `used` of `total`, more than full included (the bar then ends at the capacity line). `sharing`: of those, who take no
    place of their own. `kept`: places that nobody
    uses and nobody else may have. `note`: what there is to know of the free ones."""
    top = max(used, total, 1)
    free = max(total - (used - sharing) - kept, 0)
    ratio = (used - sharing) / total if total else (math.inf if used else 0.0)
    colour, word = (
        (DANGER, _("capacité dépassée"))
        if ratio > 1
        else (WARN, _("complet"))
        if ratio == 1 or (total and not free)
        else (WARN, _("presque complet"))
        if ratio >= 0.9
        else (ACCENT, _("places libres"))
    )
    if ratio < 0.9 and free:
        word = ngettext("%(free)s place libre", "%(free)s places libres", int(free)) % {"free": fmt(free)}
    if kept:
        word = ngettext("%(word)s, %(kept)s gardée", "%(word)s, %(kept)s gardées", int(kept)) % {"word": word, "kept": fmt(kept)}
    if note and free:
        word = f"{word} ({note})"
    if sharing:
        shared = ngettext("dont %(n)s nourrisson dans le lit d’un adulte", "dont %(n)s nourrissons dans le lit d’un adulte", int(sharing))
        word = f"{word} · {shared % {'n': fmt(sharing)}}"
    title = title or _("Occupation")
    desc = desc or _("%(used)s sur %(total)s, %(word)s") % {"used": fmt(used), "total": fmt(total), "word": word}
    parts: list[str] = [
        _text("0", 16, f"{fmt(used)} / {fmt(total)}", weight=600, size=16),
        _text("100%", 16, word, anchor="end", fill=colour if colour != ACCENT else MUTED, weight=600 if colour != ACCENT else 400),
        _rect("0", 26, "100%", 14, TRACK, 7),
    ]
    if kept:  # behind what is used, and lighter: told apart without colour too
        parts.append(_rect("0", 26, _pct(_share(used + kept, 0, top)), 14, KEPT, 7, _("gardées")))
    if used:
        parts.append(_rect("0", 26, _pct(max(_share(used, 0, top), 2)), 14, colour, 7))
    if used > total:
        at = _pct(_share(total, 0, top))
        parts += [_line(at, 22, at, 44, PAPER, 5), _line(at, 22, at, 44, INK, 2)]
    return _svg(46, title, desc, *parts)


METER_TONES = {"ok": OK, "warn": WARN, "danger": DANGER}


def progress_bar(
    value: Number,
    *,
    target: Number,
    baseline: Number = 0,
    expected: Number | None = None,
    word: str = "",
    tone: str = "",
    title: str = "",
    desc: str = "",
    fmt: Formatter = format_number,
) -> SafeString:
    """From `baseline` to `target`, with a mark where the value should stand today. Works for targets that go down.

    `word` and `tone` say how it stands: the caller's judgement. Without them nothing is judged but that a target is reached."""
    done = _share(value, baseline, target)
    title = title or _("Avancement")
    words = [_("Valeur %(value)s, cible %(target)s") % {"value": fmt(value), "target": fmt(target)}]
    if baseline:
        words.append(_("départ %(baseline)s") % {"baseline": fmt(baseline)})
    if expected is not None:
        words.append(_("attendu à ce jour %(expected)s") % {"expected": fmt(expected)})
    reached = value >= target if target >= baseline else value <= target
    colour = METER_TONES.get(tone, ACCENT) if word else OK if reached else ACCENT
    state = word or (_("cible atteinte") if reached else "")
    words += [state] if state else []
    parts: list[str] = [_text("0", 16, fmt(value), weight=600, size=16)]
    if state:
        parts.append(_text("100%", 16, state, anchor="end", fill=colour if colour != ACCENT else MUTED, weight=600))
    parts.append(_rect("0", 26, "100%", 12, TRACK, 6))
    if done:
        parts.append(_rect("0", 26, _pct(max(done, 1.5)), 12, colour, 6))
    parts += [
        _text("0", 58, _("Départ %(n)s") % {"n": fmt(baseline)}, fill=MUTED, size=13),
        _text("100%", 58, _("Cible %(n)s") % {"n": fmt(target)}, anchor="end", fill=MUTED, size=13),
    ]
    height = 64
    if expected is not None:
        at = _share(expected, baseline, target)
        parts += [_line(_pct(at), 21, _pct(at), 43, PAPER, 5), _line(_pct(at), 21, _pct(at), 43, INK, 2)]
        # In a line of its own, not under its mark: on a phone it would run into the others.
        parts.append(_line("2", 68, "2", 79, INK, 2))
        parts.append(_text("10", 78, _("Attendu à ce jour %(n)s") % {"n": fmt(expected)}, fill=MUTED, size=13))
        height = 84
    return _svg(height, title, desc or ", ".join(words), *parts)


def meter(
    value: Number | None, *, target: Number, baseline: Number = 0, expected: Number | None = None, tone: str = "", title: str = "", fmt: Formatter = format_number
) -> SafeString:
    """A thin bar for a table cell, without words of its own: the columns beside it say the numbers, a chip the state."""
    words = [_("Valeur %(value)s, cible %(target)s") % {"value": "–" if value is None else fmt(value), "target": fmt(target)}]
    if expected is not None:
        words.append(_("attendu à ce jour %(expected)s") % {"expected": fmt(expected)})
    done = 0.0 if value is None else _share(value, baseline, target)
    parts: list[str] = [_rect("0", 4, "100%", 8, TRACK, 4)]
    if done:
        parts.append(_rect("0", 4, _pct(max(done, 2)), 8, METER_TONES.get(tone, ACCENT), 4))
    if expected is not None:
        at = _pct(min(max(_share(expected, baseline, target), 1), 99))
        parts += [_line(at, 1, at, 15, PAPER, 4), _line(at, 1, at, 15, INK, 2)]
    return _svg(16, title, ", ".join(words), *parts)


def horizontal_bars(rows: Iterable[tuple[str, Number]], *, title: str = "", desc: str = "", fmt: Formatter = format_number, colour: str = ACCENT) -> SafeString:
    """One bar a row, name above on the left, value on the right; a negative value counts as an empty bar."""
    rows = list(rows)
    top = max((value for _name, value in rows), default=0) or 1
    parts: list[str] = []
    for index, (name, value) in enumerate(rows):
        y = index * 42
        parts += [
            _text("0", y + 15, str(name)),
            _text("100%", y + 15, fmt(value), anchor="end", weight=600),
            _rect("0", y + 22, "100%", 10, TRACK, 5),
        ]
        if value > 0:
            parts.append(_rect("0", y + 22, _pct(max(value / top * 100, 1.2)), 10, colour, 5))
    desc = desc or ", ".join(f"{name} {fmt(value)}" for name, value in rows)
    return _svg(max(len(rows) * 42, 20), title, desc, *parts)


_LEFT, _RIGHT = 9.0, 100.0  # the numbers of the axis stand on their lines, left of what is drawn
_TOP, _PLOT = 20, 180


def _axes(top: float, labels: Sequence[str], fmt: Formatter, centre: Callable[[int], float]) -> list[str]:
    parts: list[str] = []
    for step in range(5):
        y = _TOP + _PLOT - _PLOT * step / 4
        parts.append(_line("0", y, "100%", y, MUTED if step == 0 else LINE))
        if step % 2 == 0:
            parts.append(_text("0", y - 5, fmt(_tidy(top * step / 4)), fill=MUTED, size=13))
    every = max(1, math.ceil(len(labels) / 6))
    for index, label in enumerate(labels):
        if index % every == 0:
            at = centre(index)
            anchor = "end" if at > 94 else "middle"
            parts.append(_text(_pct(at), _TOP + _PLOT + 20, str(label), anchor=anchor, fill=MUTED, size=13))
    return parts


def _tidy(value: float) -> Number:
    return int(value) if float(value).is_integer() else round(value, 2)


def _series_desc(labels: Sequence[str], series: Sequence[tuple[str, Sequence[Number | None]]], fmt: Formatter) -> str:
    """First and last value of each series: what one would say of the picture on the telephone."""
    said = []
    for name, values in series:
        known = [(label, value) for label, value in zip(labels, values, strict=True) if value is not None]
        if known:
            (first, start), (last, end) = known[0], known[-1]
            said.append(_("%(name)s : %(start)s (%(first)s), %(end)s (%(last)s)") % {"name": name, "start": fmt(start), "first": first, "end": fmt(end), "last": last})
    return ". ".join(said)


def line(
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[Number | None]]],
    *,
    title: str = "",
    desc: str = "",
    target: Number | None = None,
    top: Number | None = None,
    fmt: Formatter = format_number,
) -> SafeString:
    """Values over time; `None` is a gap, not a zero. `top` fixes the end of the axis, `target` draws a dashed line."""
    known = [v for _name, values in series for v in values if v is not None] + ([target] if target is not None else [])
    high = float(top or _ceiling(max(known, default=1)))
    step = (_RIGHT - _LEFT - 8) / max(len(labels) - 1, 1)

    def x(index: int) -> float:
        return _LEFT + 4 + step * index

    def y(value: Number) -> float:
        return round(_TOP + _PLOT - _share(value, 0, high) / 100 * _PLOT, 2)

    parts = _axes(high, labels, fmt, x)
    if target is not None:
        parts.append(_line("0", y(target), "100%", y(target), INK, 1.5, "5 5"))
    for number, (name, values) in enumerate(series):
        colour = SERIES[number % len(SERIES)]
        for index in range(len(values) - 1):
            here, after = values[index], values[index + 1]
            if here is not None and after is not None:
                parts.append(_line(_pct(x(index)), y(here), _pct(x(index + 1)), y(after), colour, 2.5))
        for index, value in enumerate(values):
            if value is not None:
                parts.append(
                    format_html(
                        '<circle cx="{}" cy="{}" r="4" fill="{}" stroke="{}" stroke-width="2"><title>{}</title></circle>',
                        _pct(x(index)),
                        y(value),
                        colour,
                        PAPER,
                        f"{name}, {labels[index]} : {fmt(value)}",
                    )
                )
    height = _TOP + _PLOT + 30
    if len(series) > 1 or target is not None:
        aim = _("Cible %(n)s") % {"n": fmt(target)} if target is not None else ""
        legend, more = _legend([name for name, _values in series], height + 4, aim)
        parts.append(legend)
        height += more + 4
    return _svg(height, title, desc or _series_desc(labels, series, fmt), *parts)


def days_against_capacity(
    labels: Sequence[str], used: Sequence[Number], capacity: Sequence[Number], *, title: str = "", desc: str = "", fmt: Formatter = format_number
) -> SafeString:
    """How full a place was day by day: filled up to `used`, with the capacity as a line in steps; what is above it in another colour.
    Days alike are drawn in one, so that a year stays small."""
    high = float(_ceiling(max([*used, *capacity], default=1) or 1))
    slot = (_RIGHT - _LEFT) / max(len(labels), 1)

    def y(value: Number) -> float:
        return round(_TOP + _PLOT - _share(value, 0, high) / 100 * _PLOT, 2)

    parts = _axes(high, labels, fmt, lambda index: _LEFT + slot * (index + 0.5))
    over = 0
    start = 0
    for index in range(1, len(labels) + 1):
        if index < len(labels) and (used[index], capacity[index]) == (used[start], capacity[start]):
            continue
        here, limit = used[start], capacity[start]
        x, width = _LEFT + slot * start, slot * (index - start)
        days = labels[start] if index - start == 1 else f"{labels[start]} – {labels[index - 1]}"
        words = f"{days} : {fmt(here)} / {fmt(limit)}"
        within = min(here, limit)
        if within:
            parts.append(_rect(_pct(x), y(within), _pct(width), round(_TOP + _PLOT - y(within), 2), SERIES[3], title=words))
        if here > limit:
            over += index - start
            parts.append(_rect(_pct(x), y(here), _pct(width), round(y(limit) - y(here), 2), DANGER, title=words))
        start = index
    start = 0
    for index in range(1, len(labels) + 1):
        if index < len(labels) and capacity[index] == capacity[start]:
            continue
        parts.append(_line(_pct(_LEFT + slot * start), y(capacity[start]), _pct(_LEFT + slot * index), y(capacity[start]), INK, 2))
        if index < len(labels):
            parts.append(_line(_pct(_LEFT + slot * index), y(capacity[start]), _pct(_LEFT + slot * index), y(capacity[index]), INK, 2))
        start = index
    height = _TOP + _PLOT + 34
    marks = [(_("Personnes"), _rect("0", 4, "12", 12, SERIES[3], 2)), (_("Capacité"), _line("0", 10, "14", 10, INK, 2))]
    if over:
        marks.append((_("Au‑dessus de la capacité"), _rect("0", 4, "12", 12, DANGER, 2)))
    for number, (name, mark) in enumerate(marks):
        place = (_pct(50 * (number % 2)), height + 22 * (number // 2), mark, _text("20", 15, name, size=13))
        parts.append(format_html('<svg x="{}" y="{}" width="50%" height="22" overflow="visible">{}{}</svg>', *place))
    if not desc and labels:
        most = max(range(len(labels)), key=lambda index: used[index])
        desc = _("%(most)s personnes au plus (%(day)s) ; jours au‑dessus de la capacité : %(over)s") % {"most": fmt(used[most]), "day": labels[most], "over": fmt(over)}
    return _svg(height + 22 * math.ceil(len(marks) / 2), title, desc, *parts)


def stacked_bars(
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[Number]]],
    *,
    title: str = "",
    desc: str = "",
    fmt: Formatter = format_number,
) -> SafeString:
    """One upright bar a label, one layer a series; a single series makes plain bars."""
    totals = [sum(values[i] for _name, values in series) for i in range(len(labels))]
    high = float(_ceiling(max(totals, default=1)))
    slot = (_RIGHT - _LEFT) / max(len(labels), 1)
    width = slot * 0.62

    def centre(index: int) -> float:
        return _LEFT + slot * (index + 0.5)

    parts = _axes(high, labels, fmt, centre)
    for index, label in enumerate(labels):
        floor = _TOP + float(_PLOT)
        for number, (name, values) in enumerate(series):
            tall = values[index] / high * _PLOT
            if tall > 0:
                floor -= tall
                parts.append(
                    _rect(
                        _pct(centre(index) - width / 2),
                        round(floor, 2),
                        _pct(width),
                        round(max(tall - 1, 0.5), 2),
                        SERIES[number % len(SERIES)],
                        1.5,
                        f"{name}, {label} : {fmt(values[index])}",
                    )
                )
    height = _TOP + _PLOT + 30
    if len(series) > 1:
        legend, more = _legend([name for name, _values in series], height + 4)
        parts.append(legend)
        height += more + 4
    return _svg(height, title, desc or _series_desc(labels, series, fmt), *parts)


def sparkline(values: Sequence[Number | None], *, title: str = "", desc: str = "", fmt: Formatter = format_number) -> SafeString:
    """A small line without axes, for a tile or a table cell; the last point is marked."""
    known = [v for v in values if v is not None]
    if not known:
        return _svg(28, title, desc, _line("0", 14, "100%", 14, LINE, 1, "3 4"))
    low, high = min(known), max(known)
    step = 94 / max(len(values) - 1, 1)

    def y(value: Number) -> float:
        return round(23 - _share(value, low, high) / 100 * 18, 2) if high > low else 14.0

    parts: list[str] = []
    for index in range(len(values) - 1):
        here, after = values[index], values[index + 1]
        if here is not None and after is not None:
            parts.append(_line(_pct(2 + step * index), y(here), _pct(2 + step * (index + 1)), y(after), ACCENT, 2))
    last = max(i for i, v in enumerate(values) if v is not None)
    parts.append(format_html('<circle cx="{}" cy="{}" r="3.5" fill="{}"/>', _pct(2 + step * last), y(known[-1]), ACCENT))
    desc = desc or _("de %(start)s à %(end)s") % {"start": fmt(known[0]), "end": fmt(known[-1])}
    return _svg(28, title, desc, *parts)


def chart_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    caption: str = "",
    foot: Sequence[Any] = (),
    fmt: Formatter = format_number,
) -> dict[str, Any]:
    """The figures of a chart for `{% table %}`: the first column names the row, the others are numbers (`None`: “–”)."""

    def cell(value: Any) -> Any:
        if value is None:
            return {"text": "–", "num": True}
        if isinstance(value, int | float):
            return {"text": fmt(value), "num": True}
        return value

    return {
        "caption": caption,
        "headers": [{"label": header, "num": index > 0} for index, header in enumerate(headers)],
        "rows": [[cell(value) for value in row] for row in rows],
        "foot": [cell(value) for value in foot],
    }
