"""`manage.py anonymise_due [--dry-run]`: carries out what two people have confirmed; with --dry-run says who is due, and changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand

from cases.models import ErasureList
from cases.retention import PURPOSES, due_at, months_of
from cases.services import forgetting
from centres.models import Centre


class Command(BaseCommand):
    help = "Efface les identités des listes que deux personnes ont confirmées. Avec --dry-run : dit qui est arrivé au bout de sa durée, ne change rien."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, dry_run: bool, **options: Any):
        if dry_run:
            for name, purpose in PURPOSES.items():
                self.stdout.write(f"{purpose.title} : {months_of(name)} mois")
            for centre in Centre.objects.all():
                numbers = list(due_at(centre).values_list("case_number", flat=True))
                self.stdout.write(f"{centre} : {len(numbers)} personnes arrivées au bout de leur durée")
                for number in numbers:
                    self.stdout.write(f"  {number}")
            waiting = ErasureList.objects.filter(confirmed_at__isnull=True, refused_at__isnull=True).count()
            self.stdout.write(f"{waiting} liste(s) attendent une deuxième personne, {ErasureList.objects.confirmed().count()} sont confirmées et pas encore faites.")
            return
        lists = list(ErasureList.objects.confirmed().select_related("centre"))
        if not lists:
            self.stdout.write("Aucune liste confirmée par deux personnes : rien à effacer. (Personnes > Durées de conservation.)")
        for one in lists:
            one = forgetting.carry_out(one, actor=None)
            done = one.erasures.filter(done_at__isnull=False).count()
            self.stdout.write(f"{one.centre} : {done} identités effacées, {one.erasures.count() - done} gardées.")
