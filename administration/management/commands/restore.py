import os
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import backup
from config.embedded import Postgres, ServiceError, given


class Command(BaseCommand):
    help = "Remet la base et les fichiers comme ils étaient à la dernière écriture reçue par la sauvegarde, puis vérifie l’historique."

    def add_arguments(self, parser):
        parser.add_argument("directory", metavar="DIR", type=Path)
        parser.add_argument("--replace", action="store_true", help="écarte la base et les fichiers qui sont là (rien n’est effacé)")
        parser.add_argument("--keys", type=Path, metavar="FICHIER", help="les clés gardées à part")
        parser.add_argument("--data", type=Path, metavar="DOSSIER", help="le dossier de données (vide) d’un serveur PostgreSQL arrêté, quand il n’est pas celui de Sira")

    def handle(self, *args, directory: Path, replace: bool, keys: Path | None, data: Path | None, **options):
        begun, place = time.monotonic(), directory.resolve()
        try:
            base = backup.choose(place, self._keys(keys))
            if given("DATABASE_URL") and data is None:
                raise CommandError("Le serveur PostgreSQL n’est pas celui de Sira : arrêtez-le et donnez son dossier de données (--data DOSSIER).")
            aside = self._restore(place, base, data, replace)
            files = self._files(base, replace)
        except (backup.BackupError, ServiceError) as error:
            raise CommandError(str(error)) from error
        for path in filter(None, (aside, files)):
            self.stdout.write(f"Ce qui était là est dans {path}.")
        self.stdout.write(f"Sauvegarde {base.folder.name} remise, avec ce qui a été écrit depuis.")
        if data is None:
            self._verify()
        self.stdout.write(f"En {time.monotonic() - begun:.0f} s. Relancez anonymise_due : ce qui a été effacé depuis est revenu.")

    def _keys(self, path: Path | None) -> dict[str, str]:
        known = dict(settings.BACKUP_KEYS)
        if path is None:
            return known
        kept = backup.read_keys(path)
        if not given("DJANGO_SECRET_KEY") and (secret := kept.get("DJANGO_SECRET_KEY")):
            home = settings.SIRA_HOME / "secret_key"
            settings.SIRA_HOME.mkdir(parents=True, exist_ok=True)
            home.touch(mode=0o600)
            home.write_text(secret)
            known["DJANGO_SECRET_KEY"] = secret
            if not given("SIRA_FIELD_KEY"):
                known["SIRA_FIELD_KEY"] = secret
        return known

    def _restore(self, place: Path, base: backup.Base, data: Path | None, replace: bool) -> Path | None:
        if data is None:
            return Postgres(settings.SIRA_HOME).adopt(
                lambda folder, programs, identity: backup.restore_data(place, base, folder, programs=programs, identity=identity), replace=replace
            )
        if data.exists() and any(data.iterdir()):
            raise CommandError(f"{data} n’est pas vide : écartez ce qui est là.")
        new = data.parent / f"{data.name}.new"
        backup.restore_data(place, base, new, programs=backup.binary("postgres").parent, identity={})
        if data.exists():
            data.rmdir()
        new.rename(data)
        return None

    def _files(self, base: backup.Base, replace: bool) -> Path | None:
        files, aside = Path(settings.MEDIA_ROOT), None
        if replace and files.exists() and any(files.iterdir()):
            aside = files.with_name(f"{files.name}.before-{time.strftime('%Y-%m-%dT%H%M%S')}")
            files.rename(aside)
        backup.restore_files(base, files)
        return aside

    def _verify(self) -> None:
        """In a process of its own, in which the database that was just restored is known from the start."""
        done = subprocess.run(
            [sys.executable, "manage.py", "verify_audit"], cwd=settings.BASE_DIR, env=os.environ | {"SIRA_WITHOUT_SERVICES": ""}, capture_output=True, text=True
        )
        self.stdout.write(done.stdout.strip())
        if done.returncode != 0:
            raise CommandError(f"La base est remise, mais l’historique n’est pas entier : {done.stderr.strip()[-2000:]}")
