from django.core.management.base import BaseCommand

from flows.setup import ensure_points


class Command(BaseCommand):
    help = "Charge les points de suivi des flux du Mali ; ceux qui existent restent tels quels."

    def handle(self, *args, **options):
        self.stdout.write(f"Points ajoutés : {ensure_points()}.")
