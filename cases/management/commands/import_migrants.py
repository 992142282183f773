"""`manage.py import_migrants FILE --user U --centre C [--dry-run]`: a list into the register, all or nobody."""

import datetime
import uuid
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from cases.importing import batches
from cases.importing.columns import BY_NAME, missing
from cases.models import ImportBatch
from centres.models import Centre

MOST_TOLD = 50


class Command(BaseCommand):
    help = "Importe une liste de personnes (XLSX ou CSV). Avec --dry-run : dit les erreurs et les ressemblances, n’enregistre rien."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, help="identifiant de qui importe (responsable du centre)")
        parser.add_argument("--centre", required=True, help="code du centre, par exemple GAO")
        parser.add_argument("--dry-run", action="store_true", help="vérifie seulement")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="TITRE=CHAMP",
            help=f"quel champ est une colonne, répétable ; celle de l’accord (consent) n’est jamais devinée ; champs : {', '.join(BY_NAME)}",
        )
        parser.add_argument("--sheet", default="", help="feuille du classeur à lire ; sans elle, la première qui a une liste")
        parser.add_argument("--listed-on", type=datetime.date.fromisoformat, metavar="AAAA-MM-JJ", help="jour où les âges de la liste ont été notés")
        parser.add_argument("--sex-codes", choices=ImportBatch.SexCodes.values, default="", help="mf : 1 = homme, 2 = femme ; fm : 1 = femme, 2 = homme")
        parser.add_argument("--date-order", choices=ImportBatch.DateOrder.values, default=ImportBatch.DateOrder.DAY_FIRST)
        parser.add_argument("--alike", choices=ImportBatch.Alike.values, help="que faire des lignes qui ressemblent à une personne déjà enregistrée")

    def handle(self, *args: Any, file: Path, user: str, centre: str, dry_run: bool, column: list[str], alike: str | None, **options: Any):
        actor = User.objects.filter(username=user, is_active=True).first()
        if actor is None:
            raise CommandError(f"--user : pas de compte « {user} ».")
        place = Centre.objects.filter(code=centre).first()
        if place is None:
            raise CommandError(f"--centre : pas de centre « {centre} ».")
        if not file.is_file():
            raise CommandError(f"Le fichier {file} n’existe pas.")
        batch = None
        try:
            with file.open("rb") as content:
                batch = batches.receive(actor=actor, id=uuid.uuid4(), centre=place, file=File(content), name=file.name, queued=False)
            batch.sheet = options["sheet"][:100]
            said = {name: options[name] for name in ("date_order", "listed_on", "sex_codes")}
            self._import(batch, actor, dry_run, column, said, alike)
        except PermissionDenied as error:
            raise CommandError(f"{user} n’a pas le droit d’importer des listes à {place}.") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"Le fichier {file} ne peut pas être lu ({error.strerror}).") from error
        finally:
            if batch is not None:
                batches.discard(actor=actor, batch=batch)  # what is not done is not kept

    def _import(self, batch: ImportBatch, actor: User, dry_run: bool, named: list[str], said: dict[str, Any], alike: str | None) -> None:
        say = self._say if self.stdout.isatty() else batches._quiet
        batch = batches.read_step(batch, actor=actor, say=say)
        if batch.state == ImportBatch.State.REFUSED:
            raise CommandError(batch.refusal)
        matching = {int(place): name for place, name in batch.matching.items()}
        for one in named:
            title, _sign, field = one.rpartition("=")
            if title not in batch.columns or field not in BY_NAME:
                raise CommandError(f"--column « {one} » : écrivez TITRE=CHAMP, avec un titre du fichier et un champ de la liste (--help).")
            matching = {place: name for place, name in matching.items() if name != field} | {batch.columns.index(title): field}
        for note in batch.notes:
            self.stdout.write(note)
        if lacking := missing(set(matching.values())):
            titles = ", ".join(f"« {title} »" for title in batch.columns)
            raise CommandError(f"Aucune colonne n’est choisie pour : {', '.join(lacking)}. Dites-la avec --column TITRE=CHAMP ; titres du fichier : {titles}.")
        batch = batches.choose_columns(actor=actor, batch=batch, matching=matching, queued=False, **said)
        batch = batches.check_step(batch, actor=actor, say=say)
        for one in batch.findings[: MOST_TOLD * 4]:
            if one["kind"] == "error":
                where = f", colonne {one['column']} « {one['title']} »" if one["column"] else ""
                self.stdout.write(f"Ligne {one['line']}{where} : {one['words']}")
            elif one["kind"] == "told":
                self.stdout.write(one["words"])
            elif one["kind"] == "alike":
                who = f"la ligne {one['other_line']}" if one["other_line"] else "une personne déjà enregistrée"
                self.stdout.write(f"Ligne {one['line']} : ressemble à {who} ({one['certainty']:.0%})")
        if batch.errors:
            raise CommandError(f"{batch.errors} erreur(s) dans {batch.rows} lignes : rien n’est enregistré.")
        if dry_run:
            self.stdout.write(f"{batch.rows} lignes sans erreur, {batch.known} déjà enregistrées, {batch.alike} ressemblances. Rien n’est enregistré (--dry-run).")
            return
        if batch.alike and alike is None:
            raise CommandError(f"{batch.alike} ligne(s) ressemblent à quelqu’un : choisissez --alike {' | '.join(ImportBatch.Alike.values)}.")
        batch = batches.confirm(actor=actor, batch=batch, alike=alike or "", queued=False)
        batch = batches.write_step(batch, actor=actor, say=say)
        if batch.state != ImportBatch.State.DONE:
            raise CommandError("Le registre a changé pendant l’import : rien n’est enregistré. Relancez la commande.")
        self.stdout.write(f"{batch.made} personnes enregistrées, {batch.known} l’étaient déjà, {batch.skipped} lignes laissées de côté.")

    def _say(self, done: int, total: int, step: str) -> None:
        self.stderr.write(f"\r{step} : {done}/{total}", ending="")
