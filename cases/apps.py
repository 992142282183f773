from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self):
        from . import data_of_cases, listing, pages, work  # noqa: F401
