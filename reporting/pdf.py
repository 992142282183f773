"""The committee's report as PDF, made from a snapshot and nothing else: the same snapshot always says the same."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config import charts
from config import pdf as printing
from config.countries import country_name

from .figures import DIMENSIONS, STATES, on_course
from .models import Snapshot
from .pictures import TONES, bars, cross_table, day_of, meters, trend
from .words import said

# What the committee asks for first: one bar each on the first page.
MAIN = ("E3", "E5", "E6", "E9", "E10")
# Measures that get a page of pictures: whom it reached, and when.
PICTURED = ("E3", "E5", "E6", "E9", "E10")
BEST_FIRST = ("reached", "ahead", "on_track", "told", "late", "nothing", "missing")


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


def _is_hidden(figure: dict[str, Any]) -> bool:
    return figure["source"] == "measure" and figure["value"] is None


def _counted_to(figure: dict[str, Any], end: str, snapshot: Snapshot) -> Any:
    """The last day that a value counts, where it is not that of the report. Snapshots of earlier versions don't say it."""
    counted = figure.get("counted") or {}
    last = min(end, timezone.localdate(snapshot.made_at).isoformat())
    return day_of(counted["to"]) if counted and counted["to"] < last and figure["value"] is not None else None


def _in_language(frozen: dict[str, Any]) -> dict[str, Any]:
    """What was frozen, in the language at hand. Figures are frozen in French; their words are those of the logframe and of the catalogues."""

    def objective(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, **{name: said(one[name]) for name in ("heading", "label", "statement", "note")}}

    def label(dimension: str, code: str, french: str) -> str:
        return country_name(code) if dimension in ("nationality", "country_to") and code else _(french) if french else french

    def figure(one: dict[str, Any]) -> dict[str, Any]:
        return {
            **one,
            **{name: said(one[name]) for name in ("label", "unit", "baseline_text", "target_text", "note")},
            "targets": [{**target, "text": said(target["text"]), "unit": said(target["unit"])} for target in one["targets"]],
            "disaggregation": {name: [{**row, "label": label(name, row["code"], row["label"])} for row in rows] for name, rows in one["disaggregation"].items()},
            "sex_by_age": [{**cell, "sex_label": _(cell["sex_label"]), "age_label": _(cell["age_label"])} for cell in one["sex_by_age"]],
        }

    return {
        **frozen,
        "logframe": {**frozen["logframe"], "title": said(frozen["logframe"]["title"])},
        "objectives": [objective(one) for one in frozen["objectives"]],
        "measures": [{**one, **{name: _(one[name]) for name in ("title", "definition", "source")}} for one in frozen["measures"]],
        "indicators": [figure(one) for one in frozen["indicators"]],
    }


def _running(frozen: dict[str, Any], snapshot: Snapshot) -> dict[str, str]:
    """What stands at the top and bottom of each page."""
    days = {name: date_format(day_of(frozen["period"][key])) for name, key in (("start", "from"), ("end", "to"))}
    return {
        "head": _("Indicateurs, du %(start)s au %(end)s") % days,
        "foot": _("Chiffres arrêtés le %(day)s") % {"day": date_format(timezone.localtime(snapshot.made_at))},
        "page": pgettext("of a report", "Page"),
        "of": pgettext("of a report", "sur"),
    }


def context(snapshot: Snapshot) -> dict[str, Any]:
    """Everything the report says, from the frozen figures, in the language at hand."""
    extra = {figure["code"] for figure in snapshot.figures["indicators"] if any("section" in target["text"] for target in figure["targets"])}
    frozen = _in_language(snapshot.figures)
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
        several = len({t["unit"] for t in figure["targets"]}) > 1
        values = [(t["value"], t["unit"], t["suppressed"]) for t in figure["targets"]] if several else [(figure["value"], "", _is_hidden(figure))]
        rows.append(
            {
                **figure,
                "note_number": number,
                "word": word,
                "tone": tone,
                "values": values,
                "counted_to": _counted_to(figure, frozen["period"]["to"], snapshot),
                "meters": meters(figure),
                "extra_targets": figure["code"] in extra,
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
        if code in by_code and by_code[code]["target"] and by_code[code]["value"] is not None
    ]
    used = {row["measure"] for row in rows if row["measure"]} | {t["measure"] for row in rows for t in row["targets"] if t["measure"]}
    return {
        "snapshot": snapshot,
        "running": _running(frozen, snapshot),
        "language": (translation.get_language() or "fr")[:2],
        "frozen": frozen,
        "start": day_of(frozen["period"]["from"]),
        "end": day_of(frozen["period"]["to"]),
        "action_start": day_of(frozen["logframe"]["starts_on"]),
        "action_end": day_of(frozen["logframe"]["ends_on"]),
        "objectives": [(one, [row for row in rows if row["objective"] == one["code"]]) for one in frozen["objectives"]],
        "notes": notes,
        "main": main,
        "states": [(str(STATES[name][0]), STATES[name][1], frozen["states"][name]) for name in BEST_FIRST if frozen["states"].get(name)],
        "on_course": on_course(frozen["states"]),
        "total": len(rows),
        "pictures": [_pictures(by_code[code], measures) for code in PICTURED if code in by_code and by_code[code]["value"]],
        "from_start": any((row.get("counted") or {}).get("from", frozen["period"]["from"]) != frozen["period"]["from"] for row in rows),
        "measures": [one for one in frozen["measures"] if one["name"] in used],
        "threshold": settings.SMALL_CELL_THRESHOLD,
        "fonts": printing.font_faces(),
        "hash_parts": [snapshot.sha256[i : i + 16] for i in range(0, 64, 16)],
    }


def render(snapshot: Snapshot, say: printing.Say = lambda step: None, *, language: str = "fr") -> bytes:
    """The PDF: tagged (PDF/UA-1), with its own fonts. `say` hears what is being done, often."""
    with translation.override(language):
        say(_("Dessin des graphiques"))
        content = context(snapshot)
        html = render_to_string("reporting/report.html", content)
        style = render_to_string("reporting/report.css", content)
        return printing.render(html, style, say)


def file_name(snapshot: Snapshot, language: str = "fr") -> str:
    tongue = "" if language == "fr" else f"-{language}"
    return f"rapport-indicateurs-{snapshot.period_from:%Y%m%d}-{snapshot.period_to:%Y%m%d}{tongue}.pdf"
