"""`manage.py` at a terminal: help needs no server; work without one says so in words."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def manage(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "SIRA_SECOND_FACTOR")}
    return subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment | changes, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("arguments", [("indicators", "--help"), ("help", "indicators"), ("verify_audit", "-h"), ("help",), ()])
def test_help_is_shown_without_a_server(arguments, tmp_path):
    done = manage(*arguments, SIRA_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert ("usage: manage.py" in done.stdout) if arguments and arguments != ("help",) else ("create_admin" in done.stdout)
    assert not (tmp_path / "postgres").exists(), "no server was started"


def test_work_asks_for_its_server(tmp_path):
    """The settings alone, without manage.py that would start one."""
    code = "import django; django.setup()"
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "SIRA_SECOND_FACTOR")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment | {"SIRA_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0 and "DATABASE_URL manque" in done.stderr
