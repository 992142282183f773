from django.core.management.base import BaseCommand, CommandError

from audit.services import verify


class Command(BaseCommand):
    help = "Vérifie que ni l’historique ni le journal des consultations n’ont été touchés, et que chaque ligne est ce que son historique en dit."

    def add_arguments(self, parser):
        parser.add_argument("--chain-only", action="store_true", help="la chaîne seulement, sans comparer chaque ligne à son historique")

    def handle(self, *args, chain_only: bool = False, **options):
        verdict = verify(rows=not chain_only)
        if not verdict.whole:
            for fault in verdict.faults:
                self.stderr.write(fault)
            raise CommandError(f"La chaîne est rompue, ou une ligne a changé sans trace : {len(verdict.faults)} anomalie(s) sur {verdict.links} maillons.")
        compared = "" if chain_only else " Chaque ligne est ce que son historique en dit."
        self.stdout.write(f"Chaîne intacte : {verdict.links} maillons, dernier {verdict.head}.{compared}")
