import hashlib
from pathlib import Path

from django.core.cache import cache
from django.core.management.base import BaseCommand
from django.db import transaction

import names
from audit.acting import set_actor
from cases.models import Migrant
from cases.services.identity import index_name

KEPT = "names-of-the-index"
CHUNK = 500


def edition() -> str:
    """Changes with every change of the rules and tables of names."""
    folder = Path(names.__file__).parent
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted([*folder.glob("*.py"), *folder.glob("*.yaml")]))).hexdigest()


class Command(BaseCommand):
    help = "Après une mise à jour des règles de noms : refait les clés par lesquelles les personnes sont trouvées. Sans effet si rien n’a changé."

    def handle(self, *args, **options):
        now, changed = edition(), 0
        if cache.get(KEPT) == now:
            return
        keys = list(Migrant.objects.filter(forgotten_at=None).order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), CHUNK):
            with transaction.atomic():
                set_actor(None)
                # In one order, as every other writer of several people: no deadlock.
                for migrant in Migrant.objects.filter(pk__in=keys[start : start + CHUNK]).order_by("pk").select_for_update():
                    before = (migrant.name_keys, migrant.search_text)
                    index_name(migrant)
                    if (migrant.name_keys, migrant.search_text) != before:
                        Migrant.objects.filter(pk=migrant.pk).update(name_keys=migrant.name_keys, search_text=migrant.search_text)
                        changed += 1
        cache.set(KEPT, now, timeout=None)
        if changed:
            self.stdout.write(f"Noms : {changed} personnes retrouvées par de nouvelles graphies.")
