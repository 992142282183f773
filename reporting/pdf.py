"""The committee's report as PDF, made from a snapshot and nothing else: the same snapshot always says the same."""

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
from .pictures import TONES, bars, cross_table, day_of, meters, trend

# What the committee asks for first: one bar each on the first page.
MAIN = ("E3", "E5", "E6", "E9", "E10")
# Measures that get a page of pictures: whom it reached, and when.
PICTURED = ("E3", "E5", "E6", "E9", "E10")
BEST_FIRST = ("reached", "ahead", "on_track", "told", "late", "missing")
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


def _pictures(figure: dict[str, Any], measures: dict[str, Any]) -> dict[str, Any]:
    """A page about one measure: when, and whom. The parts are dealt to three columns, each to the shorter one."""
    parts: list[tuple[int, dict[str, Any]]] = []
    for name in DIMENSIONS:
        if name in figure["disaggregation"] and name != "kind" and (bar := bars(figure, name, most=6 if name == "age_group" else 5)):
            parts.append((bar["rows"] + 2, {"bar": bar}))
            if name == "sex" and (table := cross_table(figure)):
                parts.append((len(table["rows"]) + 1, {"table": table}))
    columns: list[tuple[int, list[dict[str, Any]]]] = [(0, []), (0, []), (0, [])]
    for height, part in parts:
        place = min(range(len(columns)), key=lambda n: columns[n][0])
        columns[place] = (columns[place][0] + height, [*columns[place][1], part])
    about = measures.get(figure["measure"], {})
    return {
        "figure": {**figure, "title": about.get("title", figure["code"]), "definition": about.get("definition", "")},
        "trend": trend(figure),
        "columns": [column for _height, column in columns],
    }


def context(snapshot: Snapshot) -> dict[str, Any]:
    """Everything the report says, from the frozen figures."""
    frozen = snapshot.figures
    indicators = frozen["indicators"]
    measures = {one["name"]: one for one in frozen["measures"]}
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
                "meters": meters(figure),
                "extra_targets": any("section" in t["text"] for t in figure["targets"]),
            }
        )
    by_code = {row["code"]: row for row in rows}
    main = [
        {
            "row": by_code[code],
            "title": measures.get(by_code[code]["measure"], {}).get("title", code),
            "svg": charts.meter(
                by_code[code]["value"],
                target=by_code[code]["target"],
                expected=by_code[code]["expected"],
                tone=TONES.get(by_code[code]["state"], ""),
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
        "start": day_of(frozen["period"]["from"]),
        "end": day_of(frozen["period"]["to"]),
        "action_start": day_of(frozen["logframe"]["starts_on"]),
        "action_end": day_of(frozen["logframe"]["ends_on"]),
        "objectives": [(one, [row for row in rows if row["objective"] == one["code"]]) for one in frozen["objectives"]],
        "notes": notes,
        "main": main,
        "states": [(str(STATES[name][0]), STATES[name][1], frozen["states"][name]) for name in BEST_FIRST if frozen["states"][name]],
        "on_course": sum(frozen["states"][name] for name in ("reached", "ahead", "on_track")),
        "total": len(rows),
        "pictures": [_pictures(by_code[code], measures) for code in PICTURED if code in by_code and by_code[code]["value"]],
        "measures": [one for one in frozen["measures"] if one["name"] in used],
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
        try:
            with _told(say):
                document = HTML(string=html, base_url="sira:", url_fetcher=fetcher)
                sheet = CSS(string=style, base_url="sira:", url_fetcher=fetcher, font_config=fonts)
                return document.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1", pdf_tags=True)
        finally:
            # Its folder of fonts goes now: a worker's process ends without collecting its garbage, and would leave one each time.
            fonts.__del__()


def file_name(snapshot: Snapshot) -> str:
    return f"rapport-indicateurs-{snapshot.period_from:%Y%m%d}-{snapshot.period_to:%Y%m%d}.pdf"
