"""`manage.py indicators` and `manage.py report`."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from pypdf import PdfReader

from reporting.models import Snapshot
from tests.factories import make_migrant

from . import factories as make

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_json(centre):
    for _number in range(6):
        make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(3))
        make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(20))
    found = json.loads(run("indicators", "--from", make.after(0).isoformat(), "--to", make.after(30).isoformat(), "--format", "json"))
    assert found["from"] == make.after(0).isoformat()
    assert len(found["indicators"]) == 36
    one = next(one for one in found["indicators"] if one["code"] == "E3")
    assert (one["value"], one["target"]) == (6, 16000)  # to the end of the month that was over, and nobody can be told apart
    assert one["counted"] == {"from": make.starts().isoformat(), "to": "2024-11-30"}
    assert one["disaggregation"] == {}  # tables come by whole quarters


def test_table():
    lines = run("indicators").splitlines()
    assert len([line for line in lines if line[:1] in "EIR" and line.split()[0] not in ("Code",)]) == 36
    assert any(line.startswith("R2.4") for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [
        ("indicators", "--from", "2025-13-01"),
        ("indicators", "--from", "hier"),
        ("indicators", "--from", "2026-01-02", "--to", "2026-01-01"),
        ("indicators", "--format", "xml"),
        ("report", "--from", "2026-01-02", "--to", "2026-01-01", "--output", "OUT"),
        ("report", "--output", "/nowhere/at/all.pdf"),
    ],
)
def test_wrong_input_is_one_line_and_writes_nothing(arguments, tmp_path):
    target = tmp_path / "report.pdf"
    with pytest.raises(CommandError) as refusal:
        run(*[str(target) if argument == "OUT" else argument for argument in arguments])
    assert "\n" not in str(refusal.value)
    assert not list(tmp_path.iterdir())
    assert not Snapshot.objects.exists()


def test_report(tmp_path):
    target = tmp_path / "report.pdf"
    said = run("report", "--from", make.after(0).isoformat(), "--to", make.after(60).isoformat(), "--output", str(target))
    snapshot = Snapshot.objects.get()
    assert snapshot.sha256 in said
    assert snapshot.sha256[:16] in PdfReader(target).pages[0].extract_text()
    assert list(tmp_path.iterdir()) == [target]
