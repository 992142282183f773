from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "returns"

    def ready(self):
        from . import data_of_returns, listing, pages  # noqa: F401
