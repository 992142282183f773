import signal
import threading
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import backup
from config.embedded import ServiceError


class Command(BaseCommand):
    help = "Sauvegarde la base et les fichiers dans un dossier ; les clés n’y sont jamais. Avec --follow, reçoit aussi chaque écriture, sans s’arrêter."

    def add_arguments(self, parser):
        parser.add_argument("directory", metavar="DIR", type=Path, nargs="?")
        parser.add_argument("--follow", action="store_true", help="ne s’arrête pas : suit chaque écriture et refait une sauvegarde entière de temps en temps")
        parser.add_argument("--every", type=float, default=24, metavar="HEURES", help="entre deux sauvegardes entières, avec --follow (24)")
        parser.add_argument("--keep", type=int, default=backup.KEEP, help=f"sauvegardes entières gardées ({backup.KEEP})")
        parser.add_argument("--keys", type=Path, metavar="FICHIER", help="écrit les clés dans ce fichier, à garder ailleurs ; sans DIR, ne fait que cela")

    def handle(self, *args, directory: Path | None, follow: bool, every: float, keep: int, keys: Path | None, **options):
        if keep < 1 or every <= 0:
            raise CommandError("--keep et --every sont des nombres plus grands que zéro.")
        if directory is None and (keys is None or follow):
            raise CommandError("Dites dans quel dossier sauvegarder : manage.py backup DIR.")
        known, place = settings.BACKUP_KEYS, directory.resolve() if directory else None
        common = {"url": settings.DATABASE_URL, "files": settings.MEDIA_ROOT, "keys": known}
        try:
            if place is not None:
                backup.check_place(place)
            if keys is not None:
                backup.write_keys(keys, place, known)
                self.stdout.write(f"Clés : {keys}. Gardez ce fichier sous clé, loin des sauvegardes.")
            if place is None:
                return
            if follow:
                self._follow(place, every, keep, common)
                return
            base = backup.take(place, **common)
            backup.prune(place, keep)
        except (backup.BackupError, ServiceError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Sauvegarde faite et vérifiée : {base.folder}")

    def _follow(self, place: Path, every: float, keep: int, common: dict) -> None:
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())

        def say(line: str) -> None:
            self.stdout.write(line)
            self.stdout.flush()

        backup.follow(place, every_hours=every, keep=keep, say=say, stopped=ended.wait, **common)
