from celery import shared_task

from .services import end_postings as _end_postings


@shared_task
def end_postings() -> int:
    """Takes back the grants of postings that ended; asked for every hour, harmless at any time."""
    return _end_postings(actor=None)
