"""By the clock and by the bell: what is kept for a time only, and who may be the same person. Harmless at any moment."""

import datetime
import time
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from .importing import batches
from .models import DataRequest, ImportBatch
from .services.own_data import remove_old_copies
from .services.pairs import check_waiting

LISTS_KEPT = datetime.timedelta(days=30)  # a list that nobody finishes
REPORTS_KEPT = datetime.timedelta(days=90)  # of what became of its lines
ORPHAN_SECONDS = 86_400


@shared_task
def tidy() -> None:
    """Copies of own data after seven days; lists that nobody finished; reports of imports; files that a killed worker left behind."""
    remove_old_copies(actor=None)
    now = timezone.now()
    for batch in ImportBatch.objects.filter(ended_at__isnull=True, created_at__lt=now - LISTS_KEPT):
        batches.discard(actor=None, batch=batch)
    for batch in ImportBatch.objects.filter(ended_at__lt=now - REPORTS_KEPT).exclude(report=""):
        batches.drop_report(actor=None, batch=batch)
    _remove_orphans("imports", {name for row in ImportBatch.objects.values_list("file", "report") for name in row})
    _remove_orphans("own-data", {name for row in DataRequest.objects.values_list("pdf", "json") for name in row})


def _remove_orphans(folder: str, known: set[str]) -> None:
    place = Path(settings.MEDIA_ROOT) / folder
    for path in place.iterdir() if place.is_dir() else ():
        if f"{folder}/{path.name}" not in known and path.stat().st_mtime < time.time() - ORPHAN_SECONDS:
            path.unlink(missing_ok=True)


@shared_task
def look_for_duplicates() -> int:
    """Looks for new and changed people among all others; rung after each change and by the clock, harmless at any time."""
    return check_waiting()
