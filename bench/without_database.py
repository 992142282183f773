"""Imported first by measurements that need the code and no database: Django is set up with an address that is never called."""

import os

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DATABASE_URL", "postgresql://localhost/not-used")
    os.environ.setdefault("REDIS_URL", "redis://localhost")
    os.environ.setdefault("DJANGO_SECRET_KEY", "of no use, nothing is signed here")
    django.setup()
