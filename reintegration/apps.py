from django.apps import AppConfig


class ReintegrationConfig(AppConfig):
    name = "reintegration"

    def ready(self):
        from . import data_of_reintegration, listing, pages  # noqa: F401
