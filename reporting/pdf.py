"""The committee's report as PDF, made from a snapshot and nothing else: the same snapshot always says the same."""

import datetime
import importlib.util
import logging
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from config import charts

from .figures import DIMENSIONS, STATES
from .models import Snapshot

# What the committee asks for first: one bar each on the first page.
MAIN = ("E3", "E5", "E6", "E9", "E10")
# Measures that get a page of pictures: whom it reached, and when.
PICTURED = ("E3", "E5", "E6", "E9", "E10")
FONTS = {"Regular": 400, "Semibold": 600, "Bold": 700}
STATIC = frozenset({"eu_emblem.svg"})
Say = Callable[[str], None]


def font_folder() -> Path:
    """Where the package of the font keeps its files. Raises FileNotFoundError when it is not installed."""
    spec = importlib.util.find_spec("font_source_sans_pro")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("font_source_sans_pro")
    return Path(spec.origin).parent / "files"


def _resource(name: str) -> tuple[bytes, str]:
    """A font, or one of our static files. Raises FileNotFoundError for anything else."""
    kind, _slash, file = name.partition("/")
    if kind == "font" and file in {f"SourceSansPro-{style}.ttf" for style in FONTS}:
        return (font_folder() / file).read_bytes(), "font/ttf"
    if kind == "static" and file in STATIC and (found := finders.find(file) or _collected(file)):
        return Path(found).read_bytes(), "image/svg+xml"
    raise FileNotFoundError(name)


def _collected(file: str) -> str | None:
    path = Path(settings.STATIC_ROOT) / file
    return str(path) if path.exists() else None


def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):
        """Nothing from the network, nothing from the disk but the fonts and the emblem."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            if not url.startswith("sira:"):
                raise ValueError(f"refused: {url}")
            content, kind = _resource(url.removeprefix("sira:"))
            return URLFetcherResponse(url, content, {"Content-Type": kind})

    return OwnFilesOnly()


class _Listener(logging.Handler):
    """WeasyPrint tells its log what it does, page by page: passed on, so that the job's lease is renewed while it works."""

    def __init__(self, say: Say):
        super().__init__(logging.INFO)
        self.say = say

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if "Page" in text:
            self.say(_("Mise en page : page %(n)s") % {"n": text.rsplit(" ", 1)[-1]})
        elif text.startswith(("Step 6", "Step 7")):
            self.say(_("Écriture du fichier"))
        else:
            self.say(_("Mise en page"))


@contextmanager
def _told(say: Say):
    logger = logging.getLogger("weasyprint.progress")
    listener, level, propagate = _Listener(say), logger.level, logger.propagate
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
        logger.propagate = propagate


def _date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _spoken(title: str, words: str) -> str:
    """A picture's title is what a screen reader says of it in the PDF."""
    return f"{title} – {words}" if words else title


def _meter(figure: dict[str, Any], target: dict[str, Any]) -> str:
    tone = {"late": "warn", "reached": "ok", "ahead": "ok"}.get(target["state"], "")
    value = "–" if target["value"] is None else charts.format_number(target["value"])
    title = _("%(code)s : %(value)s sur %(target)s %(unit)s") % {"code": figure["code"], "value": value, "target": charts.format_number(target["target"]), "unit": target["unit"]}
    return charts.meter(target["value"], target=target["target"], baseline=target["baseline"], expected=target["expected"], tone=tone, title=title)


def _short(target: dict[str, Any]) -> str:
    """What tells a target from the other of its indicator, without the number."""
    text = target["text"].lstrip("0123456789 \u00a0\u202f")
    return text if len(text) <= 22 else target["unit"]


def _trend(figure: dict[str, Any]) -> str | None:
    points = figure["trend"]
    known = [point["value"] for point in points if point["value"] is not None]
    if len(known) < 2:
        return None
    labels = [_date(point["month"]).strftime("%m/%y") for point in points]
    title = _spoken(_("%(code)s par mois, total cumulé") % {"code": figure["code"]}, _("de %(a)s à %(b)s") % {"a": charts.format_number(known[0]), "b": charts.format_number(known[-1])})
    # A target far above would press the line flat.
    target = figure["target"] if figure["target"] and max(known) >= figure["target"] / 4 else None
    return charts.line(labels, [(_("Total cumulé"), _bridged([point["value"] for point in points]))], title=title, target=target)


def _bridged(values: list[int | None]) -> list[float | None]:
    """A straight line over the months left out: the picture shows no point there that anybody could read off."""
    result: list[float | None] = list(values)
    known = [index for index, value in enumerate(values) if value is not None]
    for before, after in zip(known, known[1:], strict=False):
        start, end = values[before], values[after]
        for index in range(before + 1, after):
            result[index] = round(start + (end - start) * (index - before) / (after - before), 1)  # type: ignore[operator]
    return result


def _bars(figure: dict[str, Any], dimension: str) -> dict[str, Any] | None:
    rows = figure["disaggregation"].get(dimension)
    if not rows:
        return None
    shown = [(row["label"], row["value"]) for row in rows if row["value"] is not None]
    more = 0
    if len(shown) > 7:
        more = len(shown) - 7
        shown = shown[:7]
    heading = str(DIMENSIONS[dimension])
    words = ", ".join(f"{label} {charts.format_number(value)}" for label, value in shown)
    hidden = [row["label"] for row in rows if row["value"] is None]
    return {
        "heading": heading,
        "svg": charts.horizontal_bars(shown, title=_spoken(f"{figure['code']}, {heading}", words)) if shown else "",
        "more": more,
        "hidden": hidden,
    }


def _pictures(figure: dict[str, Any], measures: dict[str, Any]) -> dict[str, Any]:
    order = [name for name in DIMENSIONS if name in figure["disaggregation"] and name not in ("kind",)]
    about = measures.get(figure["measure"], {})
    figure = {**figure, "title": about.get("title", figure["code"]), "definition": about.get("definition", "")}
    parts: list[dict[str, Any]] = [{"bar": bar} for name in order if (bar := _bars(figure, name))]
    if table := _cross_table(figure):
        parts.insert(1, {"table": table})
    pairs = [[*parts[i : i + 2], *([{}] if i + 1 == len(parts) else [])] for i in range(0, len(parts), 2)]
    return {"figure": figure, "trend": _trend(figure), "pairs": pairs}


def _cross_table(figure: dict[str, Any]) -> dict[str, Any] | None:
    cells = figure["sex_by_age"]
    if not any(cell["value"] for cell in cells):
        return None
    ages = list(dict.fromkeys((cell["age_group"], cell["age_label"]) for cell in cells))
    sexes = list(dict.fromkeys((cell["sex"], cell["sex_label"]) for cell in cells))
    found = {(cell["sex"], cell["age_group"]): cell["value"] for cell in cells}
    return {"headers": [label for _code, label in sexes], "rows": [(label, [found[sex, age] for sex, _label in sexes]) for age, label in ages]}


def context(snapshot: Snapshot) -> dict[str, Any]:
    """Everything the report says, from the frozen figures."""
    frozen = snapshot.figures
    indicators = frozen["indicators"]
    notes: list[dict[str, str]] = []
    rows = []
    for figure in indicators:
        number = None
        if figure["note"]:
            notes.append({"code": figure["code"], "text": figure["note"]})
            number = len(notes)
        word, tone = str(STATES[figure["state"]][0]), STATES[figure["state"]][1]
        values = [t["value"] for t in figure["targets"]] if len({t["unit"] for t in figure["targets"]}) > 1 else [figure["value"]]
        rows.append(
            {
                **figure,
                "note_number": number,
                "word": word,
                "tone": tone,
                "values": values,
                "meters": [{**t, "svg": _meter(figure, t), "short": _short(t)} for t in figure["targets"]],
                "extra_targets": any("section" in t["text"] for t in figure["targets"]),
            }
        )
    by_code = {row["code"]: row for row in rows}
    main = [
        {
            "row": by_code[code],
            "title": frozen["measures"].get(by_code[code]["measure"], {}).get("title", code),
            "svg": charts.meter(
                by_code[code]["value"],
                target=by_code[code]["target"],
                expected=by_code[code]["expected"],
                tone={"late": "warn", "reached": "ok", "ahead": "ok"}.get(by_code[code]["state"], ""),
                title=_("%(code)s : %(value)s sur %(target)s") % {"code": code, "value": by_code[code]["value"], "target": by_code[code]["target"]},
            ),
        }
        for code in MAIN
        if code in by_code and by_code[code]["target"]
    ]
    used = {row["measure"] for row in rows if row["measure"]} | {t["measure"] for row in rows for t in row["targets"] if t["measure"]}
    return {
        "snapshot": snapshot,
        "frozen": frozen,
        "start": _date(frozen["period"]["from"]),
        "end": _date(frozen["period"]["to"]),
        "action_start": _date(frozen["logframe"]["starts_on"]),
        "action_end": _date(frozen["logframe"]["ends_on"]),
        "objectives": [(one, [row for row in rows if row["objective"] == one["code"]]) for one in frozen["objectives"]],
        "notes": notes,
        "main": main,
        "states": [(str(STATES[name][0]), STATES[name][1], count) for name, count in frozen["states"].items() if count],
        "on_course": sum(frozen["states"][name] for name in ("reached", "ahead", "on_track")),
        "total": len(rows),
        "pictures": [_pictures(by_code[code], frozen["measures"]) for code in PICTURED if code in by_code and by_code[code]["value"]],
        "measures": [one for name, one in frozen["measures"].items() if name in used],
        "threshold": settings.SMALL_CELL_THRESHOLD,
        "fonts": [(f"SourceSansPro-{style}.ttf", weight) for style, weight in FONTS.items()],
        "hash_parts": [snapshot.sha256[i : i + 16] for i in range(0, 64, 16)],
    }


def render(snapshot: Snapshot, say: Say = lambda step: None) -> bytes:
    """The PDF: French, tagged (PDF/UA-1), with its own fonts. `say` hears what is being done, often."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    with translation.override("fr"):
        say(_("Dessin des graphiques"))
        content = context(snapshot)
        html = render_to_string("reporting/report.html", content)
        style = render_to_string("reporting/report.css", content)
        fetcher = _fetcher()
        fonts = FontConfiguration()
        with _told(say):
            document = HTML(string=html, base_url="sira:", url_fetcher=fetcher)
            sheet = CSS(string=style, base_url="sira:", url_fetcher=fetcher, font_config=fonts)
            return document.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1", pdf_tags=True)


def file_name(snapshot: Snapshot) -> str:
    return f"rapport-indicateurs-{snapshot.period_from:%Y%m%d}-{snapshot.period_to:%Y%m%d}.pdf"
