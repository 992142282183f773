import random
import time

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from administration.demo import lists, numbers
from administration.demo.accounts import ACCOUNTS, ensure_accounts
from administration.demo.cards import fill_cards
from administration.demo.care import fill_care
from administration.demo.duplicates import pairs_of
from administration.demo.evenings import fill_evenings
from administration.demo.incidents import fill_incidents
from administration.demo.life import ORDER, Batch, Life
from administration.demo.places import fill_places
from administration.demo.profiles import Tales
from administration.demo.protection import ensure_partners, protect
from administration.demo.services import change_offers
from administration.demo.transfers import fill_transfers
from cases.models import CaseCounter, DuplicatePair, ImportBatch, Migrant, Profile, RouteStep, SavedFilter
from centres.setup import ensure_centres
from flows.models import FlowCount
from flows.setup import ensure_points
from outreach.models import Activity, Attendance, Community, Trainee
from questionnaires.setup import ensure_questionnaires

# What is added to the people once they are there, in this order.
FILLED_AFTERWARDS = (fill_places, fill_care, fill_cards, fill_transfers, fill_evenings, fill_incidents)
# The history of more would take minutes to write.
MOST_WITH_HISTORY = 5000


class Command(BaseCommand):
    help = "Remplit le registre de personnes inventées, sur 24 mois jusqu’à aujourd’hui. Seulement avec SIRA_DEMO=1."

    def add_arguments(self, parser):
        parser.add_argument("--migrants", type=int, default=1500)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--if-empty", action="store_true", help="ne fait rien si le registre contient déjà des personnes")

    def handle(self, *, migrants: int, seed: int, if_empty: bool, **options):
        if not (settings.DEMO or settings.TESTING):
            raise CommandError("Les données de démonstration ne se chargent qu’avec SIRA_DEMO=1.")
        if migrants < 1:
            raise CommandError("--migrants : donnez un nombre d’au moins 1.")
        ensure_centres()
        ensure_points()
        ensure_questionnaires()
        ensure_accounts(settings.DEMO_PASSWORD)
        if Migrant.objects.exists():
            if if_empty:
                return
            raise CommandError("Le registre contient déjà des personnes : videz la base (« make run » avec un SIRA_HOME neuf) avant de charger une démonstration.")
        began = time.monotonic()
        users = dict(User.objects.filter(username__in=[a[0] for a in ACCOUNTS]).values_list("username", "pk"))
        life = Life(seed, timezone.localdate(), users)
        tales = Tales(seed, life.now)
        count = 0
        for batch in life.groups(migrants):
            self._write(batch, *tales.of(batch.rows[Migrant]))
            count += batch.people
        with transaction.atomic():
            for (code, year), serial in life.serials.items():
                CaseCounter.objects.update_or_create(centre=life.centres[code], year=year, defaults={"last": serial})
        managers = {code: users[f"manager.{centre.name.lower()}"] for code, centre in life.centres.items()}
        with transaction.atomic():
            _without_history()
            DuplicatePair.objects.bulk_create(pairs_of(life.twice, managers))
        self._numbers(seed, users)
        self._protection(seed, users)
        self._lists(seed, users)
        change_offers(seed + 3, timezone.localdate())
        for number, fill in enumerate(FILLED_AFTERWARDS, start=3):
            with transaction.atomic():
                _without_history()
                fill(seed + number, timezone.localdate())
        call_command("demo_values", seed=seed)  # of a floor beside this one: called by its name
        if migrants <= MOST_WITH_HISTORY:
            _begin_history()
        else:
            self.stdout.write(f"Sans historique (plus de {MOST_WITH_HISTORY} personnes) : « verify_audit » n’y vaut qu’avec --chain-only.")
        self.stdout.write(f"{count} personnes inventées en {time.monotonic() - began:.1f} s.")

    @staticmethod
    def _write(batch: Batch, profiles: list[Profile], steps: list[RouteStep]) -> None:
        with transaction.atomic():
            _without_history()
            for model in ORDER:
                model.objects.bulk_create(batch.rows[model], batch_size=1000)
            Profile.objects.bulk_create(profiles, batch_size=1000)
            RouteStep.objects.bulk_create(steps, batch_size=1000)

    @staticmethod
    def _protection(seed: int, users: dict[str, int]) -> None:
        ensure_partners()
        with transaction.atomic():
            _without_history()
            rows = protect(seed + 2, users)
            flagged = rows.pop("flagged")
            for model, made in rows.items():
                model.objects.bulk_create(made, batch_size=1000)
            Migrant.objects.bulk_update(flagged, ["flags", "protected_flags"], batch_size=1000)

    @staticmethod
    def _lists(seed: int, users: dict[str, int]) -> None:
        rng = random.Random(seed + 2)  # noqa: S311
        with transaction.atomic():
            _without_history()
            SavedFilter.objects.bulk_create(lists.saved_filters(rng, users))
            ImportBatch.objects.bulk_create(lists.imports(rng, users, timezone.localdate()))

    @staticmethod
    def _numbers(seed: int, users: dict[str, int]) -> None:
        rng, today = random.Random(seed + 1), timezone.localdate()  # noqa: S311
        communities, activities, trainees, attendances = numbers.outreach(rng, today, users["outreach"])
        with transaction.atomic():
            _without_history()
            FlowCount.objects.bulk_create(numbers.flow_counts(rng, today, users["flows"]), batch_size=1000)
            Community.objects.bulk_create(communities)
            Activity.objects.bulk_create(activities)
            Trainee.objects.bulk_create(trainees)
            Attendance.objects.bulk_create(attendances)


def _begin_history() -> None:
    """One entry for each row that has none: from here on `verify_audit` knows what it is. Faster in one go than row by row."""
    for model in apps.get_models():
        audits = [trigger for trigger in getattr(model._meta, "triggers", []) if trigger.name == "audited"]
        if not audits or model._meta.pk.column != "id":
            continue
        left_out = audits[0].func.partition("ARRAY[")[2].partition("]")[0]
        table = connection.ops.quote_name(model._meta.db_table)
        insert = f"SELECT count(audit_write(%s, 'INSERT', NULL, to_jsonb(t), ARRAY[{left_out}]::text[])) FROM {table} t"  # noqa: S608 - names of our own models
        without = """ WHERE NOT EXISTS (SELECT FROM audit_change c WHERE c."table" = %s AND c."row" = t.id::text)"""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(insert + without, [model._meta.db_table, model._meta.db_table])


def _without_history() -> None:
    """For this transaction: invented rows need no trail of who invented them. Unique, check and exclusion constraints still hold.
    Only a superuser of the database may; for any other the history is written, and seeding takes longer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser')")
        if cursor.fetchone()[0] == "on":
            cursor.execute("SET LOCAL session_replication_role = replica")
