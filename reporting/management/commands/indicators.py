"""`manage.py indicators --from D --to D --format json|table`: the figures of a period, small cells protected."""

import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from config.charts import format_number, format_percent
from reporting import figures

from ._period import add_period, period_of


class Command(BaseCommand):
    help = "Affiche les 36 indicateurs pour une période (petits nombres protégés)."

    def add_arguments(self, parser):
        add_period(parser)
        parser.add_argument("--format", default="table", help="json ou table")

    def handle(self, *args, **options):
        if options["format"] not in ("json", "table"):
            raise CommandError(f"--format : « {options['format']} » n’est pas connu (json ou table).")
        with translation.override("fr"):
            period = period_of(options["start"], options["end"])
            rows = figures.build(period, detail=options["format"] == "json")
            if options["format"] == "json":
                content = {"from": period.start.isoformat(), "to": period.end.isoformat(), "indicators": rows}
                self.stdout.write(json.dumps(content, ensure_ascii=False, indent=2))
                return
            self.stdout.write(f"{'Code':6} {'Valeur':>10} {'Cible':>10} {'Attendu':>10} {'Part':>7}  {'État':14} Indicateur")
            for row in rows:
                for number, target in enumerate(row["targets"] or [{"value": None, "target": None, "expected": None, "progress": None}]):
                    cells = [_number(target["value"]), _number(target["target"]), _number(target["expected"])]
                    share = "–" if target["progress"] is None else format_percent(target["progress"])
                    code, state, name = (row["code"], row["state_label"], row["label"]) if number == 0 else ("", "", target["text"])
                    self.stdout.write(f"{code:6} {cells[0]:>10} {cells[1]:>10} {cells[2]:>10} {share:>7}  {state:14} {name[:70]}")


def _number(value: float | None) -> str:
    return "–" if value is None else format_number(round(value))
