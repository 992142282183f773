"""The road of a person on a map of the region, as SVG.

The land is one static file (`python -m config.maps` draws `static/region.svg` from `config/data/`), which the browser keeps; a page
holds only the road itself. Equirectangular, true at 20° north. Only presentation attributes, as in `config/charts.py`."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from .charts import ACCENT, FONT, INK, PAPER

ROOT = Path(__file__).resolve().parent
BASE = ROOT.parent / "static" / "region.svg"
# From the Atlantic to the east of Niger, from the Gulf of Guinea to Tunis; degrees.
WEST, EAST, SOUTH, NORTH = -18.5, 17.5, 3.8, 37.6
WIDTH = 640
_SCALE = WIDTH / (EAST - WEST)
_STRETCH = 1 / math.cos(math.radians(20))
HEIGHT = round((NORTH - SOUTH) * _SCALE * _STRETCH)
SEA, LAND, MALI, BORDER, REGION = "#eceef2", "#fbfaf6", "#f1ead6", "#b9bccb", "#d3c9a8"
# Where each country's name stands: latitude, longitude.
NAMES = {
    "DZ": (28.6, 2.6),
    "LY": (29.6, 13.6),
    "TN": (34.6, 9.3),
    "MA": (32.2, -6.4),
    "EH": (24.6, -13.4),
    "MR": (20.2, -10.6),
    "ML": (18.3, -2.6),
    "NE": (17.6, 10.4),
    "SN": (15.1, -14.9),
    "GN": (10.7, -11.6),
    "CI": (7.2, -5.6),
    "BF": (12.0, -1.9),
    "GH": (8.0, -1.2),
    "BJ": (10.0, 2.3),
    "NG": (9.2, 8.2),
    "SL": (8.5, -11.8),
    "LR": (6.4, -9.4),
}


@dataclass(frozen=True)
class Stop:
    """A place of a road. `number`: in the order of the road, from 1."""

    number: int
    latitude: float
    longitude: float
    label: str


def project(latitude: float, longitude: float) -> tuple[float, float]:
    """Degrees → pixels of the drawing, from its upper left corner."""
    return (longitude - WEST) * _SCALE, (NORTH - latitude) * _SCALE * _STRETCH


def on_map(latitude: float, longitude: float) -> bool:
    return WEST <= longitude <= EAST and SOUTH <= latitude <= NORTH


# --- the land ------------------------------------------------------------------------------------------------------


def _rings(geometry: dict) -> Iterable[list[list[float]]]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        yield from polygon


def _outline(geometry: dict) -> str:
    """A path in whole pixels, each step told from the last."""
    parts = []
    for ring in _rings(geometry):
        pixels = [(round(x), round(y)) for x, y in (project(latitude, longitude) for longitude, latitude in ring)]
        kept = [pixels[0], *(now for before, now in pairwise(pixels) if now != before)]
        if len(kept) > 3:
            steps = "".join(f"{x - before_x:+d}{y - before_y:+d}" for (before_x, before_y), (x, y) in pairwise(kept[:-1]))
            parts.append(f"M{kept[0][0]} {kept[0][1]}l{steps.removeprefix('+')}z")
    return "".join(parts)


def base_map() -> str:
    """The whole static file."""
    neighbours = json.loads((ROOT / "data" / "mali_neighbours.geojson").read_text(encoding="utf-8"))["features"]
    regions = json.loads((ROOT / "data" / "mali_regions.geojson").read_text(encoding="utf-8"))["features"]
    land = "".join(_outline(feature["geometry"]) for feature in neighbours)
    mali = "".join(_outline(feature["geometry"]) for feature in regions)
    return (
        "<!-- Made with Natural Earth (public domain). Boundaries do not imply official recognition. -->\n"
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" stroke-linejoin="round">'
        f'<path fill="{SEA}" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>'
        f'<path fill="{LAND}" stroke="{BORDER}" d="{land}"/>'
        f'<path fill="{MALI}" stroke="{REGION}" d="{mali}"/></svg>\n'
    )


# --- the road ------------------------------------------------------------------------------------------------------


def route_map(stops: Sequence[Stop], *, base_url: str, countries: dict[str, str], title: str, desc: str) -> SafeString:
    """The stops in their order on the land of `base_url`. Those beyond its edge are left out: the table beside names all.

    `countries`: names by ISO 3166-1 alpha-2, in the reader's language."""
    shown = [stop for stop in stops if on_map(stop.latitude, stop.longitude)]
    names = format_html_join(
        "",
        '<text x="{}" y="{}">{}</text>',
        ((round(x), round(y), countries[code]) for code, (x, y) in ((code, project(*place)) for code, place in NAMES.items()) if code in countries),
    )
    parts = [
        format_html('<image href="{}" width="{}" height="{}"/>', base_url, WIDTH, HEIGHT),
        format_html('<g fill="#6d6f82" font-size="13" text-anchor="middle">{}</g>', names),
        *(_leg(before, now) for before, now in pairwise(shown)),
        *_marks(shown),
    ]
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="map" role="img" aria-label="{}. {}" viewBox="0 0 {} {}" width="100%" font-family="{}"><title>{}</title><desc>{}</desc>{}</svg>',
        title,
        desc,
        WIDTH,
        HEIGHT,
        FONT,
        title,
        desc,
        mark_safe("".join(parts)),  # noqa: S308 - every part comes from format_html
    )


def _leg(before: Stop, now: Stop) -> SafeString:
    """A line from one stop to the next, with an arrow half way."""
    x1, y1 = project(before.latitude, before.longitude)
    x2, y2 = project(now.latitude, now.longitude)
    length = math.hypot(x2 - x1, y2 - y1)
    line = format_html('<path d="M{} {}L{} {}" stroke="{}" stroke-width="3" stroke-linecap="round"/>', round(x1), round(y1), round(x2), round(y2), ACCENT)
    if length < 45:  # no room between the two marks
        return line
    turned = math.degrees(math.atan2(y2 - y1, x2 - x1))
    return line + format_html(
        '<path d="M9 0L-6 -7V7z" fill="{}" transform="translate({} {}) rotate({})"/>', ACCENT, round((x1 + x2) / 2), round((y1 + y2) / 2), round(turned)
    )


Box = tuple[float, float, float, float]  # left, top, right, bottom


def _marks(stops: Sequence[Stop]) -> Iterable[SafeString]:
    """A numbered mark for each place; places too near to tell apart, and those where the person came twice, share one. A name stands
    where it covers no mark and no other name, or not at all."""
    places: list[tuple[int, int, list[Stop]]] = []
    for stop in stops:
        x, y = (round(value) for value in project(stop.latitude, stop.longitude))
        for other_x, other_y, here in places:
            if math.hypot(x - other_x, y - other_y) < 15:
                here.append(stop)
                break
        else:
            places.append((x, y, [stop]))
    taken: list[Box] = [(0, HEIGHT, WIDTH, HEIGHT + 99), (WIDTH, 0, WIDTH + 99, HEIGHT)]
    marks = []
    for x, y, here in places:
        numbers = ",".join(str(stop.number) for stop in here[:4]) + ("…" if len(here) > 4 else "")
        half = max(11, 5 * len(numbers) + 4)
        taken.append((x - half, y - 11, x + half, y + 11))
        marks.append((x, y, half, numbers, here))
    for x, y, half, numbers, here in marks:
        yield format_html('<rect x="{}" y="{}" width="{}" height="22" rx="11" fill="{}" stroke="{}" stroke-width="2"/>', x - half, y - 11, 2 * half, ACCENT, PAPER)
        yield format_html('<text x="{}" y="{}" text-anchor="middle" font-size="14" font-weight="700" fill="{}">{}</text>', x, y + 5, PAPER, numbers)
        label = here[0].label[:24]
        wide = 9.5 * len(label)
        for left, anchor, down in ((x + half + 5, "start", 6), (x - half - 5 - wide, "end", 6), (x - wide / 2, "middle", 28), (x - wide / 2, "middle", -17)):
            box = (left, y + down - 14, left + wide, y + down + 4)
            if left < 0 or any(box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken):
                continue
            taken.append(box)
            at = {"start": left, "end": left + wide, "middle": x}[anchor]
            yield format_html(
                '<text x="{}" y="{}" text-anchor="{}" font-size="17" font-weight="600" fill="{}" stroke="{}" stroke-width="4" stroke-linejoin="round" paint-order="stroke">{}</text>',
                round(at),
                y + down,
                anchor,
                INK,
                PAPER,
                label,
            )
            break


if __name__ == "__main__":
    BASE.write_text(base_map(), encoding="utf-8")
