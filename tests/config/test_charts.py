"""The charts: safe, well-formed, honest at the edges."""

import xml.etree.ElementTree as ElementTree

import pytest
from django.utils import translation

from config import charts
from config.french import of

MONTHS = ["janv.", "févr.", "mars"]
ALL = {
    "capacity": charts.bar_against_capacity(42, 60, title="Kayes"),
    "capacity of nothing": charts.bar_against_capacity(0, 0),
    "progress": charts.progress_bar(9120, target=16000, expected=11200),
    "progress without a way to go": charts.progress_bar(5, target=5, baseline=5),
    "rows": charts.horizontal_bars([("Guinée", 3120), ("Mali", 0)], title="Nationalité"),
    "no rows": charts.horizontal_bars([]),
    "line": charts.line(MONTHS, [("Kayes", [40, None, 50]), ("Gao", [1, 2, 3])], title="Score", target=65),
    "line of one point": charts.line(["mars"], [("Kayes", [0])]),
    "days": charts.days_against_capacity(MONTHS, [3, 3, 9], [5, 5, 4], title="Gao"),
    "days, empty": charts.days_against_capacity([], [], []),
    "days of a place without a bed": charts.days_against_capacity(["1"], [0], [0]),
    "stacked": charts.stacked_bars(MONTHS, [("Femmes", [1, 2, 3]), ("Hommes", [0, 0, 0])]),
    "stacked, empty": charts.stacked_bars([], []),
    "spark": charts.sparkline([3, None, 4]),
    "spark, flat": charts.sparkline([2, 2]),
    "spark, empty": charts.sparkline([]),
}


@pytest.mark.parametrize("name", ALL)
def test_a_chart_is_well_formed_named_and_allowed_by_the_csp(name):
    svg = str(ALL[name])
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert "style=" not in svg
    assert "nan" not in svg.lower().replace("finan", "")


def test_what_people_wrote_is_escaped():
    svg = charts.horizontal_bars([("<script>alert(1)</script>", 3)], title='"><script>')
    assert "<script>" not in svg
    ElementTree.fromstring(svg)


@pytest.mark.parametrize(
    ("used", "total", "word"),
    [(42, 60, "18 places libres"), (55, 60, "presque complet"), (60, 60, "complet"), (61, 60, "capacité dépassée"), (3, 0, "capacité dépassée")],
)
def test_occupancy_says_in_words_what_the_colour_says(used, total, word):
    with translation.override("fr"):
        assert word in charts.bar_against_capacity(used, total)


@pytest.mark.parametrize(("value", "baseline", "target", "expected"), [(10, 0, 10, 6), (19, 40, 20, 25)])
def test_progress_also_when_the_target_goes_down(value, baseline, target, expected):
    with translation.override("fr"):
        assert "cible atteinte" in charts.progress_bar(value, target=target, baseline=baseline, expected=expected)


def test_progress_judges_nothing_by_itself():
    """Whether a value is late is the caller's to say: one judgement for the bar, the chip beside it and the report."""
    with translation.override("fr"):
        alone = charts.progress_bar(5, target=10, expected=6)
        assert "retard" not in alone and "temps" not in alone
        said = charts.progress_bar(5, target=10, expected=6, word="en bonne voie", tone="info")
        assert "en bonne voie" in said and charts.WARN not in said
        assert charts.WARN in charts.progress_bar(5, target=10, expected=6, word="en retard", tone="warn")


@pytest.mark.parametrize(("name", "words"), [("Aminata", "d’Aminata"), ("Élise", "d’Élise"), ("Bakary", "de Bakary"), ("Hawa", "de Hawa"), ("Yacouba", "de Yacouba")])
def test_elision(name, words):
    with translation.override("fr"):
        assert of(name) == words
    with translation.override("en"):
        assert of(name) == f"of {name}"


def test_a_gap_in_a_line_is_not_drawn_as_zero():
    with_gap = charts.line(MONTHS, [("Kayes", [40, None, 50])])
    assert with_gap.count("<circle") == 2
    assert 'stroke-width="2.5"' not in with_gap


@pytest.mark.parametrize(
    ("language", "value", "decimals", "text"),
    [
        ("fr", 16000, None, "16\u202f000"),
        ("es", 16000, None, "16\u202f000"),
        ("en", 16000, None, "16,000"),
        ("fr", 16.5, None, "16,5"),
        ("fr", 16.0, None, "16"),
        ("en", 1234.567, 1, "1,234.6"),
        ("fr", -0.001, None, "0"),
        ("fr", -1500, None, "-1\u202f500"),
    ],
)
def test_numbers_as_the_language_writes_them(language, value, decimals, text):
    with translation.override(language):
        assert charts.format_number(value, decimals) == text


def test_the_table_of_a_chart_keeps_unknown_apart_from_zero():
    with translation.override("fr"):
        table = charts.chart_table(["Mois", "Femmes"], [["mars", None], ["avril", 0], ["mai", 1200]], caption="Arrivées")
    assert [row[1]["text"] for row in table["rows"]] == ["–", "0", "1\u202f200"]
    assert [header["num"] for header in table["headers"]] == [False, True]


def test_days_against_capacity_say_what_is_above_it():
    with translation.override("fr"):
        svg = str(charts.days_against_capacity(MONTHS, [3, 3, 9], [5, 5, 4]))
    assert "9 personnes au plus (mars) ; jours au‑dessus de la capacité : 1" in svg and "Au‑dessus de la capacité" in svg
    # Two days alike are one; the third is a part within the capacity and a part above.
    root = ElementTree.fromstring(svg)
    rects = [tuple(e.find("{*}title").text.split(" : ")) for e in root.iter("{http://www.w3.org/2000/svg}rect") if e.find("{*}title") is not None]
    assert rects == [("janv. – févr.", "3 / 5"), ("mars", "9 / 4"), ("mars", "9 / 4")]
    year = charts.days_against_capacity([str(n) for n in range(365)], [n % 7 for n in range(365)], [6] * 365)
    assert len(year.encode()) < 60_000 and "Au‑dessus" not in str(year)
