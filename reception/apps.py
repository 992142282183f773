from django.apps import AppConfig


class ReceptionConfig(AppConfig):
    name = "reception"

    def ready(self):
        from . import pages, takeovers  # noqa: F401
