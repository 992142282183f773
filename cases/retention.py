"""How long somebody stays identified: a clock for each purpose, and what stops the clocks.

Source: IOM data protection principle 9 (retention); loi n° 2013-015 of Mali (durée limitée); delegation agreements of the European Union,
which ask for supporting documents five years after the balance is paid. The decision is docs/decisions/0021-forgetting-needs-two-people.md."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centres.models import Centre
from config.days import midnight

from .models import ADULT_AGE, Custody, Migrant, MigrantQuerySet, years_before
from .person_data import DATA, hanging
from .time_spans import months_before


@dataclass(frozen=True)
class Purpose:
    """`months` after its last trace the purpose no longer needs to know who it was."""

    title: Any
    months: int
    ground: Any


_SUPPORTING = _("Pièces justificatives de l’action, cinq ans ; ensuite la personne n’a plus besoin d’être connue")
PURPOSES: dict[str, Purpose] = {
    "registration": Purpose(_("Enregistrement et prise en charge"), 60, _SUPPORTING),
    "assistance": Purpose(_("Séjour et assistance au centre"), 60, _SUPPORTING),
    "return": Purpose(_("Retour volontaire"), 60, _SUPPORTING),
    "reintegration": Purpose(_("Réintégration et suivi"), 60, _SUPPORTING),
    "child": Purpose(_("Enfant, après sa majorité"), 36, _("Intérêt supérieur de l’enfant : l’adulte qu’il devient peut demander son dossier")),
}


def months_of(purpose: str) -> int:
    """As this installation has it (SIRA_RETENTION), else as above."""
    return settings.RETENTION_MONTHS.get(purpose, PURPOSES[purpose].months)


def _since(purpose: str, one: models.Field, today: datetime.date) -> datetime.date | datetime.datetime:
    day = months_before(today, months_of(purpose))
    return midnight(day) if isinstance(one, models.DateTimeField) else day


def still_children(today: datetime.date) -> Q:
    """Children, and adults for so many months after their majority."""
    return Q(born_on__gt=years_before(months_before(today, months_of("child")), ADULT_AGE))


def due(today: datetime.date | None = None) -> MigrantQuerySet:
    """People whose every clock has run out and whom nothing holds, not yet forgotten."""
    today = today or timezone.localdate()
    people = Migrant.objects.unmerged().filter(forgotten_at__isnull=True).exclude(still_children(today))
    for model, said in DATA.items():
        for purpose, name in said.clock:
            since = _since(purpose, model._meta.get_field(name), today)  # type: ignore[arg-type]
            if model is Migrant:
                people = people.filter(**{f"{name}__lt": since})
            else:
                people = people.exclude(Exists(_of_person(model).filter(**{f"{name}__gte": since})))
        for condition, _words in said.holds:
            people = people.exclude(condition) if model is Migrant else people.exclude(Exists(_of_person(model).filter(condition)))
    # Whoever answers for a child stays known as long as the child does.
    return people.exclude(Exists(Migrant.objects.filter(still_children(today), accompanied_by=OuterRef("pk"), forgotten_at__isnull=True)))


def _of_person(model: type[models.Model]) -> models.QuerySet[Any]:
    return model._default_manager.filter(**{hanging()[model]: OuterRef("pk")})


def due_at(centre: Centre, today: datetime.date | None = None) -> MigrantQuerySet:
    """Those of them whom this centre answers for: in its care, or in nobody's and registered there."""
    here = Exists(Custody.objects.filter(migrant=OuterRef("pk"), centre=centre, until__isnull=True))
    nowhere = ~Exists(Custody.objects.filter(migrant=OuterRef("pk"), until__isnull=True))
    return due(today).filter(here | (nowhere & Q(registered_centre=centre))).order_by("registered_at", "id")


def reasons_to_keep(migrant: Migrant, today: datetime.date | None = None) -> list[str]:
    """Why this person is not to be forgotten now, in words; empty if they are due."""
    today = today or timezone.localdate()
    if due(today).filter(pk=migrant.pk).exists():
        return []
    found = []
    for model, said in DATA.items():
        rows = Migrant.objects.filter(pk=migrant.pk) if model is Migrant else model._default_manager.filter(**{hanging()[model]: migrant.pk})
        found += [str(words) for condition, words in said.holds if rows.filter(condition).exists()]
        for purpose, name in said.clock:
            if rows.filter(**{f"{name}__gte": _since(purpose, model._meta.get_field(name), today)}).exists():  # type: ignore[arg-type]
                found.append(str(PURPOSES[purpose].title))
    if Migrant.objects.filter(still_children(today), pk=migrant.pk).exists():
        found.append(str(PURPOSES["child"].title))
    return list(dict.fromkeys(found)) or [str(_("un enfant dont la personne répond, ou déjà effacée"))]
