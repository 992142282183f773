from django.apps import AppConfig


class ReceptionConfig(AppConfig):
    name = "reception"

    def ready(self):
        from . import data_of_reception, file_flags, home_cards, listing, pages, report_pdf, takeovers  # noqa: F401
