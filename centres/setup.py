"""The three centres as they open: places, rooms, beds, what is offered, and the organisations at work.

Constants on purpose: what a centre changes later (a room more, a bed out of use, a service no longer offered) stays as it is."""

import csv
import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accounts.models import Organisation
from audit.acting import set_actor

from .models import Area, Bed, Centre, ChecklistItem, ChecklistMark, Room, Service, ServiceOffer

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
CENTRES: tuple[dict[str, Any], ...] = (
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

# code, name, obligatory. What a reception centre and the follow-up desk of the DGME in it need before they open (action document, 4.3 and
# 5.5; the Sphere handbook and IOM's site standards name the same things). A line more, or one no longer asked for, is a row more or inactive.
CENTRE_LIST = (
    ("lits", _("Lits et literie pour chaque place annoncée"), True),
    ("eau", _("Eau potable en quantité suffisante"), True),
    ("latrines-femmes", _("Latrines et douches séparées pour les femmes, éclairées et fermant de l’intérieur"), True),
    ("cuisine", _("Cuisine équipée et réserve de vivres"), True),
    ("infirmerie", _("Salle de soins"), True),
    ("entretien", _("Salle d’entretien où l’on n’est pas entendu"), True),
    ("isolement", _("Chambre d’isolement sanitaire"), False),
    ("mineurs", _("Chambres des mineurs à part de celles des adultes"), True),
    ("incendie", _("Sécurité incendie : extincteurs, issues, consignes affichées"), True),
    ("personnel", _("Personnel affecté et formé (protection, premiers secours, code de conduite)"), True),
    ("procedures", _("Procédures écrites : accueil, séjour, orientation, départ"), True),
    ("orientation", _("Liste des structures d’orientation"), True),
    ("plaintes", _("Mécanisme de plainte connu des personnes"), True),
    ("enseigne", _("Enseigne et visibilité"), False),
    ("informatique", _("Ordinateurs et Internet"), True),
    ("groupe", _("Électricité de secours"), False),
)
ANTENNA_LIST = (
    ("antenne-bureau", _("Bureau de l’antenne dans le centre"), True),
    ("antenne-agents", _("Agents de la DGME affectés et formés au suivi de la réintégration"), True),
    ("antenne-informatique", _("Ordinateur, Internet et téléphone de l’antenne"), True),
    ("antenne-entretien", _("Lieu où recevoir une personne sans être entendu"), True),
    ("antenne-procedures", _("Procédure de suivi et calendrier des visites"), True),
    ("antenne-orientation", _("Liste des opportunités et des structures de la région"), True),
    ("antenne-transport", _("Moyen de transport pour les visites"), False),
    ("antenne-enseigne", _("Enseigne de l’antenne"), False),
)

# Beds of each room. Most people in transit are men who travel alone (action document, 2.1).
MEN, WOMEN, FAMILIES, MINORS, ISOLATION = Room.Kind.MEN, Room.Kind.WOMEN, Room.Kind.FAMILIES, Room.Kind.MINORS, Room.Kind.ISOLATION
ROOMS = {
    "KAY": {MEN: (10, 10, 8), WOMEN: (4, 4), FAMILIES: (4, 4), MINORS: (6,), ISOLATION: (2,)},  # 52
    "BKO": {MEN: (12, 10, 10), WOMEN: (6, 4), FAMILIES: (4, 4), MINORS: (6, 4), ISOLATION: (2,)},  # 62
    "GAO": {MEN: (12, 12, 10, 10), WOMEN: (6, 6), FAMILIES: (4, 4, 4), MINORS: (6, 6), ISOLATION: (2,)},  # 82
}
ROOM_NAMES = {MEN: "Hommes", WOMEN: "Femmes", FAMILIES: "Familles", MINORS: "Mineurs", ISOLATION: "Isolement"}

# code, name, category, unit, slot. Source: action document, 4.3, activities of result 1.1.
SERVICES = (
    ("petit-dejeuner", _("Petit-déjeuner"), Service.Category.MEAL, _("repas"), "day"),
    ("dejeuner", _("Déjeuner"), Service.Category.MEAL, _("repas"), "day"),
    ("diner", _("Dîner"), Service.Category.MEAL, _("repas"), "day"),
    ("hebergement", _("Hébergement"), Service.Category.LODGING, _("nuit"), "day"),
    ("consultation", _("Consultation médicale"), Service.Category.HEALTH, _("consultation"), ""),
    ("soins", _("Soins"), Service.Category.HEALTH, _("soin"), ""),
    ("reference-hopital", _("Référence à l’hôpital"), Service.Category.HEALTH, _("orientation"), ""),
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
    "soins": {"provider": "CSREF", "place": "Infirmerie", "opens": datetime.time(8, 0), "closes": datetime.time(16, 0)},
    "reference-hopital": {"provider": "CSREF"},
    "psychosocial": {"provider": "DNDS", "place": "Salle d’écoute", "opens": datetime.time(8, 0), "closes": datetime.time(17, 0)},
    "kit-hygiene": {"provider": "CRM", "place": "Magasin"},
    "kit-vestimentaire": {"provider": "CRM", "place": "Magasin", "residents_only": True},
    "transport": {"provider": "DGPC"},
    "information": {"provider": "DGME", "place": "Accueil", "opens": datetime.time(8, 0), "closes": datetime.time(17, 0)},
}

# What floors above begin a centre with: each makes what is missing, and returns how many rows that was.
FURTHER: list[Callable[[], int]] = []


@transaction.atomic
def ensure_centres() -> int:
    """Makes those organisations, centres, rooms, beds, services, opening checklists … that are missing; changes nothing that is there.

    A centre that has rooms keeps exactly those. Returns how many rows it made."""
    set_actor(None)
    made = _ensure_areas()
    for code, name, kind in ORGANISATIONS:
        made += Organisation.objects.get_or_create(code=code, defaults={"name": name, "kind": kind})[1]
    for code, name, category, unit, slot in SERVICES:
        values = {"name": name, "category": category, "unit": unit, "once_per_day": slot == "day", "once_per_stay": slot == "stay"}
        made += Service.objects.get_or_create(code=code, defaults=values)[1]
    made += _ensure_checklists()
    for values in CENTRES:
        opened: dict[str, Any] = {name: values[name] for name in OPENED}
        centre, created = Centre.objects.get_or_create(code=values["code"], defaults={k: v for k, v in values.items() if k not in opened})
        made += created
        if created:
            made += _open(centre, opened)
        if not centre.rooms.exists():
            made += _furnish(centre)
    # Centres that opened before there were checklists: complete on the day they opened.
    for centre in Centre.objects.exclude(pk__in=ChecklistMark.objects.values("centre")):
        made += _open(centre, {name: getattr(centre, name) for name in OPENED})
    return made + ensure_offers() + sum(make() for make in FURTHER)


# The day of the centre, and the list that must be complete by then.
OPENED = {"functional_since": ChecklistItem.Checklist.CENTRE, "antenna_since": ChecklistItem.Checklist.ANTENNA}


def _ensure_checklists() -> int:
    made = 0
    for checklist, lines in ((ChecklistItem.Checklist.CENTRE, CENTRE_LIST), (ChecklistItem.Checklist.ANTENNA, ANTENNA_LIST)):
        for place, (code, name, obligatory) in enumerate(lines, start=1):
            defaults = {"checklist": checklist, "name": name, "obligatory": obligatory, "place": place}
            made += ChecklistItem.objects.get_or_create(code=code, defaults=defaults)[1]
    return made


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


def _open(centre: Centre, opened: dict[str, datetime.date | None]) -> int:
    """The obligatory items of each list are done on the day the centre, or its antenna, opened; then it may be open."""
    days = {name: day for name, day in opened.items() if day is not None}
    if not days:
        return 0
    marks = [
        ChecklistMark(centre=centre, item=item, state=ChecklistMark.State.DONE, done_on=day)
        for name, day in days.items()
        for item in ChecklistItem.objects.filter(checklist=OPENED[name], obligatory=True, active=True)
    ]
    ChecklistMark.objects.bulk_create(marks)
    Centre.objects.filter(pk=centre.pk).update(**days)
    centre.refresh_from_db()
    return len(marks)


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
