"""`manage.py load_logframe`: puts the logframe of `reporting/data/logframe.yaml` in force."""

from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from reporting.services import DATA, load_logframe


class Command(BaseCommand):
    help = "Charge le cadre logique ; un contenu changé devient une nouvelle version, le même contenu ne change rien."

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", type=Path, default=DATA, help="fichier YAML (par défaut : celui du projet)")

    def handle(self, *args, file: Path, verbosity: int, **options):
        try:
            logframe, new = load_logframe(actor=None, path=file)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if verbosity:
            count = sum(one.indicators.count() for one in logframe.objectives.all())
            self.stdout.write(f"{logframe} : {count} indicateurs" + ("" if new else " (inchangé)"))
