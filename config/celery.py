"""Celery only rings the bell: the truth about long work is a row of `jobs.Job`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sira")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
