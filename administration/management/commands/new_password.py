from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from administration.services import give_password_from_installation


class Command(BaseCommand):
    help = "Donne un mot de passe provisoire à un administrateur, quand aucun autre ne peut l’aider ou le confirmer."

    def add_arguments(self, parser):
        parser.add_argument("username", help="identifiant de connexion de l’administrateur")

    def handle(self, *args, **options):
        user = User.objects.filter(username__iexact=options["username"]).first()
        if user is None:
            raise CommandError(f"Aucun compte « {options['username']} ».")
        try:
            password = give_password_from_installation(actor=None, user=user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Mot de passe provisoire de {user.username} : {password}")
        self.stdout.write("Il n’est montré qu’une fois et doit être changé à la première connexion.")
