"""Indicators as a spreadsheet: headers, then HXL 1.1 hashtags, then the figures. A protected figure is an empty cell."""

import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config.spreadsheet import Column, Sheet
from config.spreadsheet import workbook as written

from .figures import DIMENSIONS
from .measures import Period
from .models import Indicator


def _indicator_columns(language: str) -> list[Column]:
    """HXL: numbers must be numbers, so a hidden one is left out and told apart by #meta+suppressed."""
    about = [
        (_("Code"), "#indicator+code", 9),
        (_("Intitulé"), f"#indicator+name+i_{language}", 70),
        (_("Niveau"), "#indicator+type", 12),
        (_("Objectif"), "#indicator+objective", 10),
        (_("Unité"), "#value+unit", 16),
        (_("Valeur de référence"), "#indicator+num+baseline", 12),
        (_("Cible"), "#targeted+num", 12),
        (_("Réalisé"), "#reached+num", 12),
        (_("Taux de réalisation"), "#indicator+pct+achieved", 12),
        (_("Attendu à ce jour"), "#indicator+num+expected", 12),
        (_("État"), f"#status+i_{language}", 16),
        (_("Début de période"), "#date+start", 13),
        (_("Fin de période"), "#date+end", 13),
        (_("Chiffre protégé"), "#meta+suppressed", 12),
        (_("Note de lecture"), f"#meta+note+i_{language}", 60),
    ]  # fmt: skip
    return [Column(*one) for one in about]


def _part_columns(language: str) -> list[Column]:
    about = [
        (_("Code"), "#indicator+code", 9),
        (_("Répartition"), f"#group+type+i_{language}", 24),
        (_("Modalité"), f"#group+name+i_{language}", 40),
        (_("Code de la modalité"), "#group+code", 16),
        (_("Réalisé"), "#reached+num", 12),
        (_("Début de période"), "#date+start", 13),
        (_("Fin de période"), "#date+end", 13),
        (_("Chiffre protégé"), "#meta+suppressed", 12),
    ]  # fmt: skip
    return [Column(*one) for one in about]


def workbook(figures: list[dict[str, Any]], period: Period) -> bytes:
    """Two sheets in the language at hand: the indicators (a line a target), and what they are made of."""
    language = (get_language() or "fr")[:2]
    rows = []
    for one in figures:
        about = [one["code"], one["label"], str(Indicator.Level(one["level"]).label), one["objective"]]
        counted = one["counted"] or {"from": period.start.isoformat(), "to": period.end.isoformat()}
        end = [datetime.date.fromisoformat(counted["from"]), datetime.date.fromisoformat(counted["to"])]
        targets = one["targets"] or [{"unit": one["unit"], "baseline": None, "target": None, "value": None, "progress": None, "expected": None, "suppressed": False}]
        for target in targets:
            unit = f"{target['unit']} – {target['text']}" if len(targets) > 1 else target["unit"]
            rows.append(
                [*about, unit, target["baseline"], target["target"], target["value"], target["progress"], target["expected"], one["state_label"], *end,
                 1 if target["suppressed"] else 0, one["note"]]
            )  # fmt: skip
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
    return written([Sheet(_("Indicateurs"), _indicator_columns(language), rows, frozen=2), Sheet(_("Répartitions"), _part_columns(language), parts, frozen=2)])
