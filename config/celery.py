"""Celery only rings the bell: the truth about long work is a row of `jobs.Job`."""

import os

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sira")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def say_alive(sender=None, **kwargs):
    """At once, not at the next beat: the site is ready as soon as its worker is."""
    sender.app.send_task("jobs.tasks.heartbeat")
