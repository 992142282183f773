from django.core.management.base import BaseCommand, CommandError

from audit.services import verify


class Command(BaseCommand):
    help = "Vérifie que ni l’historique des modifications ni le journal des consultations n’ont été touchés."

    def handle(self, *args, **options):
        verdict = verify()
        if not verdict.whole:
            for fault in verdict.faults:
                self.stderr.write(fault)
            raise CommandError(f"La chaîne est rompue : {len(verdict.faults)} anomalie(s) sur {verdict.links} maillons.")
        self.stdout.write(f"Chaîne intacte : {verdict.links} maillons, dernier {verdict.head}.")
