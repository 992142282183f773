"""The floors of the house: an app imports only from floors below it. Read from the source, so that an import inside a
function counts too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent.parent

FLOORS = {
    "config": 0,
    "accounts": 1,
    "names": 1,
    "audit": 2,
    "centres": 3,
    "jobs": 4,
    "questionnaires": 4,
    "cases": 5,
    "flows": 5,
    "outreach": 5,
    "reception": 6,
    "returns": 7,
    "reintegration": 8,
    "reporting": 9,
    "administration": 9,
}
# The wiring: these name every app by design (addresses, and the commands that start everything).
WIRING = {"config/urls.py", "config/settings.py", "config/run.py"}
# guardian is known to the module that decides about rights, and to the table of its grants.
KNOWS_GUARDIAN = {"centres/access.py", "centres/models/centre.py"}
FORBIDDEN_NAMES = {"utils", "common", "helpers", "core", "misc", "shared", "lib"}


def sources() -> list[Path]:
    return sorted(path for app in FLOORS for path in (ROOT / app).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Absolute names of the modules that a file imports, with the line. Relative ones are made absolute."""
    package = list(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            yield ".".join([*base, *([node.module] if node.module else [])]), node.lineno
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__") and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value, node.lineno


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def is_migration(path: Path) -> bool:
    return path.parent.name == "migrations"


def wrong_arrows(app: str, path: Path) -> list[str]:
    found = []
    for module, line in imports(path):
        other = module.split(".")[0]
        if other == app or other not in FLOORS:
            continue
        if FLOORS[other] >= FLOORS[app]:
            found.append(f"{path.relative_to(ROOT)}:{line} imports {module} (floor {FLOORS[app]} → {FLOORS[other]})")
    return found


def test_every_app_has_a_floor():
    ours = {name for name in settings.INSTALLED_APPS if (ROOT / name).is_dir()}
    assert ours <= set(FLOORS)
    packages = {path.parent.name for path in ROOT.glob("[a-z]*/__init__.py")} - {"tests", "bench"}
    assert packages <= set(FLOORS), "a new app needs a floor"


def test_no_arrow_runs_upwards_or_sideways():
    wrong = []
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name not in WIRING and not is_migration(path):
            wrong += wrong_arrows(path.relative_to(ROOT).parts[0], path)
    assert not wrong, "\n".join(wrong)


def test_the_top_floor_is_imported_by_nobody():
    wrong = []
    for path in sources():
        app = path.relative_to(ROOT).parts[0]
        for module, line in imports(path):
            if module.split(".")[0] in ("reporting", "administration") and module.split(".")[0] != app and path.relative_to(ROOT).as_posix() not in WIRING:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    assert not wrong, "\n".join(wrong)


def test_only_the_access_module_knows_guardian():
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        for module, line in imports(path)
        if module.split(".")[0] == "guardian" and path.relative_to(ROOT).as_posix() not in KNOWS_GUARDIAN
    ]
    assert wrong == []


def test_no_drawer_for_everything():
    assert FORBIDDEN_NAMES.isdisjoint(FLOORS)
    assert not [name for name in FORBIDDEN_NAMES if (ROOT / name).is_dir()]
    assert not [path for path in sources() if path.stem in FORBIDDEN_NAMES]


def test_migrations_import_no_code_that_may_change():
    """A migration must run years later: it names models by `apps.get_model` and other migrations by `dependencies`. Django
    writes references to a model's own defaults and validators itself: those stay inside the app or below it."""
    wrong = []
    for path in filter(is_migration, sources()):
        app = path.relative_to(ROOT).parts[0]
        for module, line in imports(path):
            other = module.split(".")[0]
            if other in FLOORS and module not in (f"{app}.models",):
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("app", "source", "is_wrong"),
    [
        ("cases", "from returns.models import ReturnCase", True),
        ("cases", "def late():\n    import reporting.services", True),
        ("flows", "from outreach.models import Activity", True),
        ("cases", "import importlib\nimportlib.import_module('returns.services')", True),
        ("returns", "from cases.models import Migrant\nfrom . import workflow", False),
        ("cases", "from django.db import models\nimport names", False),
    ],
)
def test_the_reading_itself(tmp_path, monkeypatch, app, source, is_wrong):
    """An arrow that runs the wrong way is seen; one that runs down is not taken for one."""
    monkeypatch.setattr("tests.config.test_imports.ROOT", tmp_path)
    path = tmp_path / app / "module.py"
    path.parent.mkdir()
    path.write_text(source)
    assert bool(wrong_arrows(app, path)) is is_wrong
