from django.core.management.base import BaseCommand, CommandError

from administration.access_table import DOCUMENT, document


class Command(BaseCommand):
    help = "Écrit docs/access.md : qui peut faire quoi, à partir de la table des rôles."

    def add_arguments(self, parser):
        parser.add_argument("--print", action="store_true", help="montre le document au lieu de l’écrire")
        parser.add_argument("--check", action="store_true", help="échoue si docs/access.md n’est pas à jour")

    def handle(self, *args, **options):
        wanted = document()
        if options["print"]:
            self.stdout.write(wanted, ending="")
        elif options["check"]:
            if not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != wanted:
                raise CommandError("docs/access.md n’est pas à jour : lancez « python manage.py access_table ».")
            self.stdout.write("docs/access.md est à jour.")
        else:
            DOCUMENT.write_text(wanted, encoding="utf-8")
            self.stdout.write("docs/access.md est écrit.")
