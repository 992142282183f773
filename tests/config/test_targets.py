"""What the action promises is written down once: in the logframe. No program and no page holds such a number of its own."""

import io
import re
import tokenize
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
LOGFRAME = ROOT / "reporting" / "data" / "logframe.yaml"
APPS = [path.parent for path in ROOT.glob("[a-z]*/apps.py")]
TOO_USUAL = 10_000  # smaller ones (120 agents, 4,000 returns) are numbers of everything else too


def promised() -> set[int]:
    rows = yaml.safe_load(LOGFRAME.read_text(encoding="utf-8"))["indicators"]
    return {number for row in rows for number in (row.get("target_value"), *(target["value"] for target in row.get("targets", ()))) if number and number >= TOO_USUAL}


def numbers(path: Path) -> set[int]:
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    return {int(token.string.replace("_", "")) for token in tokens if token.type == tokenize.NUMBER and re.fullmatch(r"[\d_]+", token.string)}


def test_no_program_holds_a_target():
    targets = promised()
    assert targets == {70_000, 16_000}
    found = {
        f"{path.relative_to(ROOT)}: {sorted(held)}" for app in APPS for path in app.rglob("*.py") if "migrations" not in path.parts and (held := numbers(path) & targets)
    }
    assert found == set()


@pytest.mark.parametrize(("folder", "ending"), [("templates", "html"), ("static", "js")])
def test_no_page_holds_a_target(folder, ending):
    words = re.compile(r"(?<![\d.])(?:" + "|".join(rf"{n // 1000}[   .,]?{n % 1000:03d}" for n in promised()) + r")(?![\d%])")
    found = [path.name for path in (ROOT / folder).rglob(f"*.{ending}") if "vendor" not in path.parts and words.search(path.read_text(encoding="utf-8"))]
    assert found == []
