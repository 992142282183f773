"""Filters that people keep, and lists that were brought in: what the pages of lists look like when a centre uses them."""

import datetime
import random
import uuid

from django.utils import timezone

from cases.models import ImportBatch, Migrant, SavedFilter
from centres.models import Centre

FILTERS = {
    "agent.gao": [("people", "Enfants seuls", "alone=on"), ("people", "Femmes", "sex=female")],
    "manager.gao": [("people", "Refoulés", "arrival=forced_return"), ("people", "Jeunes de 18 à 25 ans", "age=18-25"), ("returns", "Tous les retours", "state=all")],
    "protection": [("people", "Mineurs de 14 à 17 ans", "age=14-17")],
    "reintegration.kayes": [("visits", "Visites à venir", "due=soon"), ("reintegrations", "Communautaires", "kind=community")],
}
BROUGHT = 12


def saved_filters(rng: random.Random, users: dict[str, int]) -> list[SavedFilter]:
    return [
        SavedFilter(id=uuid.UUID(int=rng.getrandbits(128), version=4), user_id=users[username], listing=listing, name=name, query=query)
        for username, kept in FILTERS.items()
        if username in users
        for listing, name, query in kept
    ]


def imports(rng: random.Random, users: dict[str, int], today: datetime.date) -> list[ImportBatch]:
    """One list of Gao brought in some weeks ago, with people of the register as those it registered."""
    centre = Centre.objects.get(code="GAO")
    people = list(Migrant.objects.filter(registered_centre=centre).order_by("registered_at", "id").values_list("pk", flat=True)[:BROUGHT])
    if "manager.gao" not in users or not people:
        return []
    at = timezone.make_aware(datetime.datetime.combine(today - datetime.timedelta(days=40), datetime.time(10, 20)))
    return [
        ImportBatch(
            id=uuid.UUID(int=rng.getrandbits(128), version=4),
            centre=centre,
            created_by_id=users["manager.gao"],
            created_at=at,
            ended_at=at + datetime.timedelta(minutes=6),
            state=ImportBatch.State.DONE,
            file_name="arrivees-gao.xlsx",
            sha256=f"{rng.getrandbits(256):064x}",
            columns=["N°", "Nom", "Prénoms", "Sexe", "Naissance", "Nationalité", "Accord", "Accord donné par"],
            matching={"0": "reference", "1": "surname", "2": "given_names", "3": "sex", "4": "birth", "5": "nationality", "6": "consent", "7": "consent_method"},
            alike_choice=ImportBatch.Alike.SKIP_SURE,
            rows=len(people) + 3,
            alike=2,
            skipped=1,
            known=2,
            made=len(people),
            people=people,
        )
    ]
