from django.core.management.base import BaseCommand

from centres.setup import ensure_centres


class Command(BaseCommand):
    help = "Crée les trois centres, leurs chambres, leurs lits, les services et les organisations qui manquent. Ne change rien à ce qui existe."

    def handle(self, **options):
        made = ensure_centres()
        self.stdout.write(f"{made} lignes créées." if made else "Rien à créer : tout est là.")
