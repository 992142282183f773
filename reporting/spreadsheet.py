"""Indicators as a spreadsheet: French headers, then HXL 1.1 hashtags, then the figures. A protected figure is an empty cell."""

import datetime
from typing import Any

from django.utils.translation import gettext as _

from config.spreadsheet import Column, Sheet
from config.spreadsheet import workbook as written

from .figures import DIMENSIONS
from .measures import Period

# HXL: numbers must be numbers, so a hidden one is left out and told apart by #meta+suppressed.
INDICATORS = [Column(*about) for about in (
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
)]  # fmt: skip
PARTS = [Column(*about) for about in (
    (_("Code"), "#indicator+code", 9),
    (_("Répartition"), "#group+type+i_fr", 24),
    (_("Modalité"), "#group+name+i_fr", 40),
    (_("Code de la modalité"), "#group+code", 16),
    (_("Réalisé"), "#reached+num", 12),
    (_("Début de période"), "#date+start", 13),
    (_("Fin de période"), "#date+end", 13),
    (_("Chiffre protégé"), "#meta+suppressed", 12),
)]  # fmt: skip


def workbook(figures: list[dict[str, Any]], period: Period) -> bytes:
    """Two sheets: the indicators (a line a target), and what they are made of."""
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
    return written([Sheet(_("Indicateurs"), INDICATORS, rows, frozen=2), Sheet(_("Répartitions"), PARTS, parts, frozen=2)])
