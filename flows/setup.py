"""The flow monitoring points of Mali, loaded from `flows/data/points.yaml`."""

from pathlib import Path

import yaml

from audit.acting import service

from .models import FlowPoint

POINTS = Path(__file__).resolve().parent / "data" / "points.yaml"
KEPT = ("name", "region", "latitude", "longitude", "active_since", "active_until")


@service
def _ensure_points(*, actor: None) -> int:
    known = set(FlowPoint.objects.values_list("code", flat=True))
    rows = yaml.safe_load(POINTS.read_text(encoding="utf-8"))["points"]
    missing = [FlowPoint(code=row["code"], **{name: row.get(name) for name in KEPT}) for row in rows if row["code"] not in known]
    # Two starts at once: the second finds the first one's rows.
    FlowPoint.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)


def ensure_points() -> int:
    """Makes the points that are missing; those that are there stay as they are. Returns how many it made."""
    return _ensure_points(actor=None)
