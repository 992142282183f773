from django.core.management.base import BaseCommand

from questionnaires.setup import ensure_questionnaires


class Command(BaseCommand):
    help = "Charge les questionnaires fournis avec Sira ; ceux qui existent restent tels quels."

    def handle(self, *args, **options):
        self.stdout.write(f"Questionnaires ajoutés : {ensure_questionnaires()}.")
