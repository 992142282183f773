from celery import shared_task

from .services.pairs import check_waiting


@shared_task
def look_for_duplicates() -> int:
    """Looks for new and changed people among all others; rung after each change and by the clock, harmless at any time."""
    return check_waiting()
