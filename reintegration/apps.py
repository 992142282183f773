from django.apps import AppConfig


class ReintegrationConfig(AppConfig):
    name = "reintegration"

    def ready(self):
        from . import pages  # noqa: F401
