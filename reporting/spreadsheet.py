"""Indicators as a spreadsheet: French headers, then HXL 1.1 hashtags, then the figures. A protected figure is an empty cell."""

import datetime
import io
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from .figures import DIMENSIONS
from .measures import Period

# HXL: numbers must be numbers, so a hidden one is left out and told apart by #meta+suppressed.
INDICATORS = [
    (_("Code"), "#indicator+code", 9),
    (_("Intitulé"), "#indicator+name+i_fr", 70),
    (_("Niveau"), "#indicator+type", 12),
    (_("Objectif"), "#indicator+objective", 10),
    (_("Unité"), "#value+unit", 16),
    (_("Valeur de référence"), "#indicator+num+baseline", 12),
    (_("Cible"), "#targeted+num", 12),
    (_("Réalisé"), "#reached+num", 12),
    (_("Taux de réalisation"), "#indicator+pct+achieved", 12),
    (_("Attendu à ce jour"), "#indicator+num+expected", 12),
    (_("État"), "#status+i_fr", 16),
    (_("Début de période"), "#date+start", 13),
    (_("Fin de période"), "#date+end", 13),
    (_("Chiffre protégé"), "#meta+suppressed", 12),
    (_("Note de lecture"), "#meta+note+i_fr", 60),
]
PARTS = [
    (_("Code"), "#indicator+code", 9),
    (_("Répartition"), "#group+type+i_fr", 24),
    (_("Modalité"), "#group+name+i_fr", 40),
    (_("Code de la modalité"), "#group+code", 16),
    (_("Réalisé"), "#reached+num", 12),
    (_("Début de période"), "#date+start", 13),
    (_("Fin de période"), "#date+end", 13),
    (_("Chiffre protégé"), "#meta+suppressed", 12),
]


def _text(value: Any) -> Any:
    """Text is never a formula, whatever somebody typed."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _sheet(sheet: Any, columns: list[tuple[str, str, int]], rows: list[list[Any]]) -> None:
    sheet.append([title for title, _tag, _width in columns])
    sheet.append([tag for _title, tag, _width in columns])
    for row in rows:
        sheet.append([_text(value) for value in row])
    for number, (_title, _tag, width) in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for cell in sheet[1]:
        cell.font, cell.fill, cell.alignment = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="25235F"), Alignment(wrap_text=True, vertical="top")
    for cell in sheet[2]:
        cell.font = Font(color="55566E", size=9)
    sheet.freeze_panes = "C3"
    for row in sheet.iter_rows(min_row=3):
        for cell in row:
            cell.alignment = Alignment(wrap_text=isinstance(cell.value, str) and len(cell.value) > 30, vertical="top")


def workbook(figures: list[dict[str, Any]], period: Period) -> bytes:
    """Two sheets: the indicators (a line a target), and what they are made of."""
    book = Workbook()
    rows = []
    for one in figures:
        about = [one["code"], one["label"], one["level"], one["objective"]]
        counted = one["counted"] or {"from": period.start.isoformat(), "to": period.end.isoformat()}
        end = [datetime.date.fromisoformat(counted["from"]), datetime.date.fromisoformat(counted["to"])]
        targets = one["targets"] or [{"unit": one["unit"], "baseline": None, "target": None, "value": None, "progress": None, "expected": None, "suppressed": False}]
        for target in targets:
            unit = f"{target['unit']} – {target['text']}" if len(targets) > 1 else target["unit"]
            rows.append(
                [*about, unit, target["baseline"], target["target"], target["value"], target["progress"], target["expected"], one["state_label"], *end,
                 1 if target["suppressed"] else 0, one["note"]]
            )  # fmt: skip
    _sheet(book.active, INDICATORS, rows)
    book.active.title = _("Indicateurs")
    parts = []
    for one in figures:
        start = datetime.date.fromisoformat(one["counted"]["from"]) if one["counted"] else period.start
        until = {dimension: datetime.date.fromisoformat(day) for dimension, day in one["counted_until"].items()}
        for dimension, cells in one["disaggregation"].items():
            parts += [
                [
                    one["code"],
                    str(DIMENSIONS[dimension]),
                    cell["label"],
                    cell["code"],
                    cell["value"],
                    start,
                    until.get(dimension, period.end),
                    int(cell["suppressed"]),
                ]
                for cell in cells
            ]
        parts += [
            [
                one["code"],
                _("Sexe et âge"),
                f"{cell['sex_label']}, {cell['age_label']}",
                f"{cell['sex']}.{cell['age_group']}",
                cell["value"],
                start,
                until.get("sex", period.end),
                int(cell["suppressed"]),
            ]
            for cell in one["sex_by_age"]
        ]
    _sheet(book.create_sheet(_("Répartitions")), PARTS, parts)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
