"""By the clock; harmless at any moment."""

from celery import shared_task

from centres.models import Centre

from . import services


@shared_task
def watch_absences() -> int:
    """Raises and closes the alerts of people who are no longer seen, centre by centre; ends flags whose last day is over."""
    services.end_flags(actor=None)
    return sum(services.watch_absences(actor=None, centre=centre) for centre in Centre.objects.order_by("pk"))


@shared_task
def check_alerts() -> int:
    """Measures what every centre is warned of, each for itself: killed midway, what was told stays told and the next round tells the rest.
    Returns how many alerts it raised."""
    return sum(len(services.check_alerts(actor=None, centre=centre)) for centre in Centre.objects.order_by("pk"))
