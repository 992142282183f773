from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from config.celery import app

        from .worker import Leases, Pulse

        app.steps["consumer"].update([Pulse, Leases])
