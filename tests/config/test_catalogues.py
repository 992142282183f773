"""English and Spanish are whole: every source string translated, every placeholder kept, and no string of the code missing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "es")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def catalogue(folder: Path, language: str):
    with (folder / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def forms(text) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, tuple | list) else (text,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(language):
    missing = [m.id for m in catalogue(ROOT / "locale", language) if m.id and (m.fuzzy or not all(forms(m.string)))]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_kept(language):
    wrong = []
    for message in catalogue(ROOT / "locale", language):
        if message.id:
            wanted = set(PLACEHOLDER.findall(forms(message.id)[-1]))
            # The singular may leave out the number it stands for.
            wrong += [form for form in forms(message.string)[-1:] if set(PLACEHOLDER.findall(form)) != wanted]
    assert wrong == []


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext finds the strings in the code; it is not installed here")
def test_no_string_of_the_code_is_missing(tmp_path):
    """`make messages` would change nothing: compares the message ids with those that are in the code now."""
    for name in (
        "config",
        "accounts",
        "audit",
        "centres",
        "jobs",
        "questionnaires",
        "cases",
        "flows",
        "outreach",
        "reception",
        "returns",
        "reintegration",
        "reporting",
        "administration",
        "templates",
    ):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "locale" / "en" / "LC_MESSAGES").mkdir(parents=True)
    settings = "from django.conf import settings; settings.configure(LOCALE_PATHS=['locale'], INSTALLED_APPS=[], USE_I18N=True); import django; django.setup(); from django.core.management import call_command; "
    done = subprocess.run(
        [sys.executable, "-c", settings + "call_command('makemessages', locale=['en'], no_location=True, verbosity=0)"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    in_code = {m.id if isinstance(m.id, str) else tuple(m.id) for m in catalogue(tmp_path / "locale", "en") if m.id}
    kept = {m.id if isinstance(m.id, str) else tuple(m.id) for m in catalogue(ROOT / "locale", "en") if m.id}
    assert sorted(map(str, in_code - kept)) == []


def test_the_catalogues_are_compiled_at_set_up(tmp_path):
    for language in LANGUAGES:
        assert (ROOT / "locale" / language / "LC_MESSAGES" / "django.mo").exists(), "make setup compiles them"
