"""By the clock: who has not been seen for days. Harmless at any moment."""

from celery import shared_task

from centres.models import Centre

from . import services


@shared_task
def watch_absences() -> int:
    """Raises and closes the alerts of people who are no longer seen, centre by centre; ends flags whose last day is over."""
    services.end_flags(actor=None)
    return sum(services.watch_absences(actor=None, centre=centre) for centre in Centre.objects.order_by("pk"))
