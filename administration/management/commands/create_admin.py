from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Organisation
from administration.services import create_first_administrator


class Command(BaseCommand):
    help = "Ouvre le compte des deux premiers administrateurs, un à la fois, et montre le mot de passe provisoire. Refuse s’il y en a déjà deux."

    def add_arguments(self, parser):
        parser.add_argument("username", help="identifiant de connexion, par exemple awa.traore")
        parser.add_argument("--organisation", default="DGME", help="sigle de l’organisation (DGME par défaut)")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")

    def handle(self, *args, **options):
        organisation = Organisation.objects.filter(code__iexact=options["organisation"]).first()
        if organisation is None:
            known = ", ".join(Organisation.objects.values_list("code", flat=True)) or "aucune ; lancez d’abord load_centres"
            raise CommandError(f"Organisation inconnue : {options['organisation']}. Connues : {known}.")
        try:
            user, password = create_first_administrator(
                actor=None, username=options["username"], organisation=organisation, first_name=options["first_name"], last_name=options["last_name"]
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Identifiant : {user.username}")
        self.stdout.write(f"Mot de passe provisoire : {password}")
        self.stdout.write("Il n’est montré qu’une fois et doit être changé à la première connexion, puis un second facteur installé.")
