from django.apps import AppConfig

from config.french import count_as_french


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        count_as_french()
