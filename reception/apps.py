from django.apps import AppConfig


class ReceptionConfig(AppConfig):
    name = "reception"

    def ready(self):
        from centres import setup

        from . import care_pages, data_of_reception, file_flags, group_part, home_cards, listing, pages, reached, report_pdf, story, takeovers  # noqa: F401
        from .setup import ensure_criteria

        if ensure_criteria not in setup.FURTHER:
            setup.FURTHER.append(ensure_criteria)
