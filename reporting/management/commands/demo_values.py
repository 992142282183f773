"""`manage.py demo_values`: values that monitoring enters by hand in the demonstration: some validated by the second person, some waiting for them,
the rest still to be entered. Called by `demo_data`."""

import datetime
import random
import uuid

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from reporting.models import Indicator, Logframe
from reporting.services import enter_value, validate_value

# Indicator, months before today, value (of a figure) or words (of an appreciation), evidence, validated?
VALUES: tuple[tuple[str, int, int | None, str, str, bool], ...] = (
    ("E2", 14, 0, "", "Compte rendu du comité technique, classeur du secrétariat", True),
    ("E4", 5, 0, "", "Note de cadrage du dispositif, archives de la direction", True),
    ("R1.4", 2, 6, "", "Registre des conventions signées, bureau de coordination", True),
    ("R2.3", 3, 17, "", "Listes de présence des ateliers, archives de la coordination", False),
    ("R3.2", 1, 5, "", "Bulletins publiés, site du ministère", False),
    ("R5.1", 4, 0, "", "Rapport de démarrage du composant 5", True),
    ("IMP-1", 6, None, "Deux avant-projets de texte sont en relecture ; aucun n’est encore adopté.", "Projets de textes, direction des affaires juridiques", True),
)


def _enter(rng: random.Random, today: datetime.date) -> int:
    """Enters these values as the demonstration accounts would. Returns how many."""
    users = {user.username: user for user in User.objects.filter(username__in=("me.iom", "me.iom2", "me.aecid", "me.aecid2"))}
    indicators = {one.code: one for one in Indicator.objects.current().select_related("objective") if one.by_hand}
    starts = Logframe.objects.current().starts_on
    made = 0
    for code, months, value, words, evidence, validated in VALUES:
        if code not in indicators:
            continue
        lead = indicators[code].objective.lead
        on = max(starts, today - datetime.timedelta(days=30 * months))
        entered, new = enter_value(
            actor=users[f"me.{lead}"],
            id=uuid.UUID(int=rng.getrandbits(128), version=4),
            indicator=indicators[code],
            on=on,
            value=value,
            narrative=words,
            evidence=evidence,
        )
        made += new
        if validated and entered.pending:
            validate_value(actor=users[f"me.{lead}2"], value=entered)
    return made


class Command(BaseCommand):
    help = "Saisit et valide quelques valeurs d’indicateurs inventées. Seulement avec SIRA_DEMO=1."

    def add_arguments(self, parser):
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *, seed: int, **options):
        if not (settings.DEMO or settings.TESTING):
            raise CommandError("Les données de démonstration ne se chargent qu’avec SIRA_DEMO=1.")
        if Logframe.objects.filter(active=True).exists():
            _enter(random.Random(seed + 2), timezone.localdate())  # noqa: S311
