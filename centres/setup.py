"""The three centres as they open: places, rooms, beds, what is offered, and the organisations at work.

Constants on purpose: what a centre changes later (a room more, a bed out of use, a service no longer offered) stays as it is."""

import csv
import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accounts.models import Organisation
from audit.acting import set_actor

from .models import Area, Bed, Centre, Room, Service, ServiceOffer

# code, name, kind. Sources: action document, 4.4 (parties prenantes), 4.3 (référencement vers les structures).
ORGANISATIONS = (
    ("MME", _("Ministère des Maliens de l’Extérieur"), Organisation.Kind.MINISTRY),
    ("DGME", _("Délégation générale des Maliens de l’Extérieur"), Organisation.Kind.MINISTRY),
    ("OIM", _("Organisation internationale pour les migrations"), Organisation.Kind.IOM),
    ("AECID", _("Agence espagnole pour la coopération internationale au développement"), Organisation.Kind.AECID),
    ("DUE", _("Délégation de l’Union européenne au Mali"), Organisation.Kind.EU),
    ("DNDS", _("Direction nationale du développement social"), Organisation.Kind.STATE),
    ("DGPC", _("Direction générale de la protection civile"), Organisation.Kind.STATE),
    ("ANPE", _("Agence nationale pour l’emploi"), Organisation.Kind.STATE),
    ("CSREF", _("Centre de santé de référence"), Organisation.Kind.STATE),
    ("CRM", _("Croix-Rouge malienne"), Organisation.Kind.NON_STATE),
    ("HCR", _("Haut-Commissariat des Nations unies pour les réfugiés"), Organisation.Kind.NON_STATE),
)

# Coordinates of the towns: GeoNames (CC BY 4.0). The dates are those of the demonstration.
# One follow-up antenna exists from the beginning (logframe, R2.4: baseline 1, target 3).
CENTRES = (
    {
        "code": "KAY",
        "name": "Kayes",
        "region": "Kayes",
        "latitude": Decimal("14.44693"),
        "longitude": Decimal("-11.44448"),
        "functional_since": datetime.date(2024, 12, 2),
        "antenna_since": datetime.date(2025, 3, 3),
    },
    {
        "code": "BKO",
        "name": "Bamako",
        "region": "Bamako",
        "latitude": Decimal("12.65000"),
        "longitude": Decimal("-8.00000"),
        "functional_since": datetime.date(2024, 11, 25),
        "antenna_since": datetime.date(2016, 1, 1),
    },
    {
        "code": "GAO",
        "name": "Gao",
        "region": "Gao",
        "latitude": Decimal("16.27167"),
        "longitude": Decimal("-0.04472"),
        "functional_since": datetime.date(2024, 11, 15),
        "antenna_since": datetime.date(2025, 6, 2),
    },
)

# Beds of each room. Most people in transit are men who travel alone (action document, 2.1).
MEN, WOMEN, FAMILIES, MINORS = Room.Kind.MEN, Room.Kind.WOMEN, Room.Kind.FAMILIES, Room.Kind.MINORS
ROOMS = {
    "KAY": {MEN: (10, 10, 8), WOMEN: (4, 4), FAMILIES: (4, 4), MINORS: (6,)},  # 50
    "BKO": {MEN: (12, 10, 10), WOMEN: (6, 4), FAMILIES: (4, 4), MINORS: (6, 4)},  # 60
    "GAO": {MEN: (12, 12, 10, 10), WOMEN: (6, 6), FAMILIES: (4, 4, 4), MINORS: (6, 6)},  # 80
}
ROOM_NAMES = {MEN: "Hommes", WOMEN: "Femmes", FAMILIES: "Familles", MINORS: "Mineurs"}

# code, name, category, unit, slot. Source: action document, 4.3, activities of result 1.1.
SERVICES = (
    ("petit-dejeuner", _("Petit-déjeuner"), Service.Category.MEAL, _("repas"), "day"),
    ("dejeuner", _("Déjeuner"), Service.Category.MEAL, _("repas"), "day"),
    ("diner", _("Dîner"), Service.Category.MEAL, _("repas"), "day"),
    ("hebergement", _("Hébergement"), Service.Category.LODGING, _("nuit"), "day"),
    ("consultation", _("Consultation médicale"), Service.Category.HEALTH, _("consultation"), ""),
    ("psychosocial", _("Soutien psychosocial"), Service.Category.PSYCHOSOCIAL, _("entretien"), ""),
    ("kit-hygiene", _("Kit d’hygiène"), Service.Category.KIT, _("kit"), ""),
    ("kit-vestimentaire", _("Kit vestimentaire"), Service.Category.KIT, _("kit"), "stay"),
    ("transport", _("Transport"), Service.Category.TRANSPORT, _("trajet"), ""),
    ("information", _("Information et orientation"), Service.Category.INFORMATION, _("entretien"), ""),
)

# How each centre gives them at first; its manager changes it. Code of the service → provider (local structures by principle: action
# document, 4.3), place, hours, rules.
OFFERS: dict[str, dict[str, Any]] = {
    "petit-dejeuner": {"provider": "CRM", "place": "Réfectoire", "opens": datetime.time(6, 30), "closes": datetime.time(9, 30)},
    "dejeuner": {"provider": "CRM", "place": "Réfectoire", "opens": datetime.time(12, 0), "closes": datetime.time(14, 30)},
    "diner": {"provider": "CRM", "place": "Réfectoire", "opens": datetime.time(18, 30), "closes": datetime.time(21, 0)},
    "hebergement": {"provider": "DNDS", "residents_only": True},
    "consultation": {"provider": "CSREF", "place": "Infirmerie", "opens": datetime.time(8, 0), "closes": datetime.time(16, 0)},
    "psychosocial": {"provider": "DNDS", "place": "Salle d’écoute", "opens": datetime.time(8, 0), "closes": datetime.time(17, 0)},
    "kit-hygiene": {"provider": "CRM", "place": "Magasin"},
    "kit-vestimentaire": {"provider": "CRM", "place": "Magasin", "residents_only": True},
    "transport": {"provider": "DGPC"},
    "information": {"provider": "DGME", "place": "Accueil", "opens": datetime.time(8, 0), "closes": datetime.time(17, 0)},
}


@transaction.atomic
def ensure_centres() -> int:
    """Makes those organisations, centres, rooms, beds and services that are missing; changes nothing that is there.

    A centre that has rooms keeps exactly those. Returns how many rows it made."""
    set_actor(None)
    made = _ensure_areas()
    for code, name, kind in ORGANISATIONS:
        made += Organisation.objects.get_or_create(code=code, defaults={"name": name, "kind": kind})[1]
    for code, name, category, unit, slot in SERVICES:
        values = {"name": name, "category": category, "unit": unit, "once_per_day": slot == "day", "once_per_stay": slot == "stay"}
        made += Service.objects.get_or_create(code=code, defaults=values)[1]
    for values in CENTRES:
        centre, created = Centre.objects.get_or_create(code=values["code"], defaults=values)
        made += created
        if not centre.rooms.exists():
            made += _furnish(centre)
    return made + ensure_offers()


def ensure_offers() -> int:
    """Each centre's way of giving each service, where it has none yet. Returns how many rows it made."""
    organisations = {organisation.code: organisation for organisation in Organisation.objects.all()}
    known = set(ServiceOffer.objects.values_list("centre_id", "service_id"))
    missing = []
    for centre in Centre.objects.all():
        for service in Service.objects.all():
            if (centre.pk, service.pk) not in known:
                values = dict(OFFERS.get(service.code, {}))
                provider = organisations.get(values.pop("provider", ""))
                missing.append(ServiceOffer(centre=centre, service=service, provider=provider, **values))
    return len(ServiceOffer.objects.bulk_create(missing))


def _ensure_areas() -> int:
    """Both lists of codes: what was registered under the old one keeps its meaning."""
    known = set(Area.objects.values_list("vintage", "pcode"))
    with (Path(__file__).parent / "data" / "mali_areas.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["vintage"], row["pcode"]) not in known]
    Area.objects.bulk_create(Area(vintage=row["vintage"], pcode=row["pcode"], level=1, name=row["name"]) for row in rows if row["admin_level"] == "1")
    regions = {(area.vintage, area.pcode): area for area in Area.objects.filter(level=1)}
    Area.objects.bulk_create(
        Area(vintage=row["vintage"], pcode=row["pcode"], level=2, name=row["name"], parent=regions[row["vintage"], row["parent_pcode"]])
        for row in rows
        if row["admin_level"] == "2"
    )
    return len(rows)


def _furnish(centre: Centre) -> int:
    made = 0
    for kind, sizes in ROOMS[centre.code].items():
        for number, size in enumerate(sizes, start=1):
            room = Room.objects.create(centre=centre, kind=kind, name=ROOM_NAMES[kind] if len(sizes) == 1 else f"{ROOM_NAMES[kind]} {number}")
            since = centre.functional_since or timezone.localdate()
            Bed.objects.bulk_create(Bed(room=room, label=f"{bed:02}", since=since) for bed in range(1, size + 1))
            made += 1 + size
    return made
