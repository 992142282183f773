"""`manage.py report --from D --to D --output F.pdf`: freezes the figures of a period and prints them."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from reporting import pdf
from reporting.services import freeze

from ._period import add_period, period_of


class Command(BaseCommand):
    help = "Produit le rapport PDF d’une période."

    def add_arguments(self, parser):
        add_period(parser)
        parser.add_argument("--output", required=True, type=Path, help="fichier PDF à écrire")

    def handle(self, *args, output: Path, verbosity: int, **options):
        period = period_of(options["start"], options["end"])
        if output.is_dir() or not output.parent.is_dir() or not os.access(output.parent, os.W_OK):
            raise CommandError(f"--output : impossible d’écrire {output}.")
        snapshot = freeze(actor=None, period=period)
        content = pdf.render(snapshot, (lambda step: self.stderr.write(step)) if verbosity > 1 else (lambda step: None))
        # Beside it first, then renamed: a reader never sees half a file.
        descriptor, name = tempfile.mkstemp(dir=output.parent, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            os.chmod(name, 0o644)
            os.replace(name, output)
        except OSError as error:
            with suppress(OSError):
                os.unlink(name)
            raise CommandError(f"--output : impossible d’écrire {output} ({error.strerror}).") from error
        if verbosity:
            self.stdout.write(f"{output} : arrêté n° {snapshot.pk}, empreinte {snapshot.sha256}")
