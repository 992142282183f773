"""Flow counts and outreach activities of the demonstration: numbers, no people."""

import datetime
import math
import random
import uuid

from flows.models import FlowCount, FlowPoint
from outreach.models import Activity, Attendance, Community, Trainee
from outreach.services import trainee_key

REGIONS = ("Kayes", "Koulikoro", "Sikasso", "Ségou", "Mopti", "Gao", "Bamako")
STEMS = (
    "Banan",
    "Koussan",
    "Diéma",
    "Séfé",
    "Tambaga",
    "Lakama",
    "Troun",
    "Yéli",
    "Konsiga",
    "Mare",
    "Samé",
    "Kéniéba",
    "Gouthio",
    "Sadiola",
    "Benkadi",
    "Farako",
    "Niéna",
    "Fana",
    "Tioribou",
    "Kani",
)
ENDINGS = ("né", "koro", "bougou", "dougou", "fara", "kourou", "la", "bana", "coura", "kaba")
STRUCTURES = ("Police des frontières", "Gendarmerie nationale", "Protection civile", "Douanes", "Développement social", "Garde nationale")


def _uuid(rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def flow_counts(rng: random.Random, today: datetime.date, user_id: int) -> list[FlowCount]:
    """Daily counts of a year at each point while it was active, with the seasons of the road."""
    rows = []
    for point in FlowPoint.objects.all():
        size = rng.uniform(15, 90)
        for back in range(365, 0, -1):
            day = today - datetime.timedelta(days=back)
            if day < point.active_since or (point.active_until and day > point.active_until) or rng.random() < 0.04:
                continue
            season = 1 + 0.35 * math.sin((day.timetuple().tm_yday - 60) / 365 * 2 * math.pi)
            for direction, share in (("out", 0.62), ("in", 0.38)):
                total = max(0, round(rng.gauss(size * season * share, size * 0.12)))
                women, girls = round(total * rng.uniform(0.06, 0.16)), round(total * rng.uniform(0, 0.03))
                boys = round(total * rng.uniform(0.03, 0.1))
                rows.append(
                    FlowCount(
                        id=_uuid(rng),
                        point=point,
                        counted_on=day,
                        direction=direction,
                        women=women,
                        girls=girls,
                        boys=boys,
                        men=max(0, total - women - girls - boys),
                        recorded_by_id=user_id,
                    )
                )
    return rows


def outreach(rng: random.Random, today: datetime.date, user_id: int) -> tuple[list[Community], list[Activity], list[Trainee], list[Attendance]]:
    """Two years of awareness in villages, and the trainings of objective 5."""
    start = today - datetime.timedelta(days=720)
    found: dict[tuple[str, str], Community] = {}
    while len(found) < 150:
        name, region = rng.choice(STEMS) + rng.choice(ENDINGS), rng.choices(REGIONS, (40, 12, 15, 10, 8, 5, 10))[0]
        found[region, name] = Community(name=name, region=region)
    communities = list(found.values())

    def activity(kind: str, title: str, people: int, community: Community | None) -> Activity:
        women, girls, boys = round(people * rng.uniform(0.25, 0.5)), round(people * rng.uniform(0.02, 0.1)), round(people * rng.uniform(0.04, 0.12))
        held = start + datetime.timedelta(days=rng.randrange(720))
        return Activity(
            id=_uuid(rng),
            kind=kind,
            title=title,
            held_on=held,
            community=community,
            women=women,
            girls=girls,
            boys=boys,
            men=max(0, people - women - girls - boys),
            recorded_by_id=user_id,
        )

    activities = [
        activity("awareness", f"Causerie sur les risques de la route – {c.name}", rng.randint(60, 420), c)
        for c in [*communities[:132], *rng.choices(communities[:132], k=70)]
    ]
    activities += [activity("workshop", f"Atelier décentralisé sur la libre circulation – {c.name}", rng.randint(25, 60), c) for c in communities[140:143]]
    activities += [activity("session", f"Séance d’animation CEDEAO – {c.name}", rng.randint(40, 120), c) for c in communities[143:149]]
    trainees = [_trainee(rng, number) for number in range(1, 80)]
    attendances = []
    for part in range(4):
        training = activity("training", f"Formation sur la libre circulation, session {part + 1}", 0, None)
        present = trainees[part * 18 : part * 18 + 25]
        training.men, training.women = sum(t.sex == "male" for t in present), sum(t.sex == "female" for t in present)
        training.girls = training.boys = 0
        activities.append(training)
        attendances += [Attendance(activity=training, trainee=trainee) for trainee in present]
    return communities, activities, trainees, attendances


def _trainee(rng: random.Random, number: int) -> Trainee:
    name, structure = f"Agent {number:03d}", STRUCTURES[number % len(STRUCTURES)]
    return Trainee(id=_uuid(rng), name=name, structure=structure, sex="female" if rng.random() < 0.2 else "male", key=trainee_key(name, structure))
