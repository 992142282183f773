from django.apps import AppConfig


class AdministrationConfig(AppConfig):
    name = "administration"

    def ready(self):
        from . import pages  # noqa: F401
