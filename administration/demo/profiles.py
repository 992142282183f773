"""What the invented people tell: who they are beyond their identity, their answers to the profile questionnaire, the road they came.

Some told everything, some little, as it is in a centre on a busy day. Reproducible from the seed."""

import datetime
import random
import uuid
from decimal import Decimal
from typing import Any

from cases import places
from cases.models import Migrant, Profile, RouteStep
from cases.profiles import Subject
from questionnaires.answers import asked, completeness, with_file
from questionnaires.conditions import Value
from questionnaires.definition import Definition
from questionnaires.models import Questionnaire, Version

Event, Harm, Means = RouteStep.Event, RouteStep.ProtectionEvent, RouteStep.Means

HOMES = {
    "ML": ("Kayes", "Bamako", "Sikasso", "Mopti", "Kita", "Nioro", "Ségou"),
    "GN": ("Conakry", "Labé", "Kankan", "Siguiri"),
    "SN": ("Dakar", "Tambacounda"),
    "CI": ("Abidjan", "Bouaké", "Korhogo"),
    "GM": ("Banjul",),
    "BF": ("Ouagadougou", "Bobo-Dioulasso"),
    "NE": ("Niamey", "Zinder", "Tahoua"),
    "CM": ("Douala", "Yaoundé"),
    "NG": ("Lagos", "Benin City", "Kano"),
    "SL": ("Freetown",),
    "LR": ("Monrovia",),
    "BJ": ("Cotonou", "Parakou"),
    "TG": ("Lomé",),
    "GH": ("Accra", "Kumasi"),
}
LANGUAGES = {
    "ML": ("bam", "ful", "snk"),
    "GN": ("ful", "man", "sus"),
    "SN": ("wol", "ful"),
    "CI": ("dyu",),
    "GM": ("man", "wol"),
    "BF": ("mos", "dyu"),
    "NE": ("hau", "ses"),
    "NG": ("hau", "eng"),
}
# Roads between home and the centre: (place, country), after the action document 2.1 (back from Niger, Libya, Algeria) and the routes of DTM.
ROADS: dict[str, tuple[tuple[tuple[str, str], ...], ...]] = {
    "GAO": (
        (("Bamako", "ML"), ("Mopti", "ML"), ("Gao", "ML"), ("Tinzaouatine", "DZ"), ("Tamanrasset", "DZ"), ("In Guezzam", "DZ"), ("Assamakka", "NE"), ("Agadez", "NE"), ("Niamey", "NE"), ("Gao", "ML")),
        (("Bamako", "ML"), ("Gao", "ML"), ("Bordj Badji Mokhtar", "DZ"), ("Adrar", "DZ"), ("Alger", "DZ"), ("Tamanrasset", "DZ"), ("Timiaouine", "DZ"), ("Gao", "ML")),
        (("Niamey", "NE"), ("Agadez", "NE"), ("Dirkou", "NE"), ("Qatrun", "LY"), ("Sebha", "LY"), ("Agadez", "NE"), ("Niamey", "NE"), ("Gao", "ML")),
        (("Ouagadougou", "BF"), ("Niamey", "NE"), ("Gao", "ML")),
        (("Bamako", "ML"), ("Mopti", "ML"), ("Gao", "ML")),
    ),
    "BKO": (
        (("Niamey", "NE"), ("Agadez", "NE"), ("Sebha", "LY"), ("Bani Walid", "LY"), ("Tripoli", "LY"), ("Agadez", "NE"), ("Niamey", "NE"), ("Bamako", "ML")),
        (("Bamako", "ML"), ("Gao", "ML"), ("Tamanrasset", "DZ"), ("Oran", "DZ"), ("In Guezzam", "DZ"), ("Agadez", "NE"), ("Niamey", "NE"), ("Bamako", "ML")),
        (("Siguiri", "GN"), ("Kourémalé", "GN"), ("Bamako", "ML")),
        (("Bobo-Dioulasso", "BF"), ("Sikasso", "ML"), ("Bamako", "ML")),
    ),
    "KAY": (
        (("Nouakchott", "MR"), ("Nouadhibou", "MR"), ("Nouakchott", "MR"), ("Kayes", "ML")),
        (("Bamako", "ML"), ("Nouakchott", "MR"), ("Nouadhibou", "MR"), ("Dakhla", "EH"), ("Nouadhibou", "MR"), ("Kayes", "ML")),
        (("Dakar", "SN"), ("Kidira", "SN"), ("Kayes", "ML")),
        (("Niamey", "NE"), ("Agadez", "NE"), ("Sebha", "LY"), ("Tripoli", "LY"), ("Agadez", "NE"), ("Bamako", "ML"), ("Kayes", "ML")),
    ),
}  # fmt: skip
COSTS = {"DZ": ("DZD", 4_000, 30_000), "LY": ("LYD", 150, 1_200), "MR": ("MRU", 600, 4_000)}
PROJECTS = (
    "Ouvrir un petit commerce de tissus au marché.",
    "Élever des moutons avec son frère.",
    "Finir sa formation de soudeur.",
    "Un atelier de couture à la maison.",
    "Acheter une moto pour faire du transport.",
    "Reprendre les champs de la famille.",
)


class Tales:
    """Draws what people tell, batch after batch."""

    def __init__(self, seed: int, now: datetime.datetime):
        self.rng = random.Random(f"tales {seed}")  # noqa: S311 - reproducible on purpose
        self.now = now
        version = Version.objects.in_force(Questionnaire.Kind.PROFILE)
        self.definition = Definition(version) if version else None

    def of(self, people: list[Migrant]) -> tuple[list[Profile], list[RouteStep]]:
        """Fills in what is still empty of their identity (the rows are not written yet), and makes profiles and roads."""
        profiles, steps = [], []
        for person in people:
            told = self.rng.choices((0, 1, 2), (12, 38, 50))[0]  # nothing, some, all
            self._identity(person, told)
            road = self._road(person) if told and self.rng.random() < (0.6, 0.95)[told - 1] else []
            steps += road
            if told and self.definition is not None:
                profiles.append(self._profile(person, len(road), whole=told == 2))
        return profiles, steps

    def _identity(self, person: Migrant, told: int) -> None:
        rng = self.rng
        home = rng.choice(HOMES.get(person.nationality, ("",)))
        if told and not person.origin_country and rng.random() < 0.9:
            person.origin_country, person.origin_place = person.nationality, person.origin_place or home
        if told and not person.languages:
            first = rng.choice(LANGUAGES.get(person.nationality, ("fra",)))
            person.languages = list(dict.fromkeys([first, *(["fra"] if rng.random() < 0.5 else [])]))
        if told == 2 and not person.marital_status and not person.is_minor():
            person.marital_status = rng.choices(("single", "married", "union", "separated", "widowed"), (55, 33, 5, 4, 3))[0]

    def _profile(self, person: Migrant, steps: int, *, whole: bool) -> Profile:
        assert self.definition is not None
        rng = self.rng
        saved = min(person.registered_at + datetime.timedelta(minutes=rng.randint(20, 2_000)), self.now)
        drawn: dict[str, Value] = {}
        for question in self.definition.questions:
            if question.is_asked_of_the_person and rng.random() < ((0.97 if question.required else 0.75) if whole else 0.45):
                drawn[question.code] = self._answer(question, person)
        subject = Subject(person, steps)
        _shown, counted = asked(self.definition, with_file(self.definition, drawn, subject))
        answers = {code: value for code, value in drawn.items() if code in counted}
        items = sorted(q.basic_item for q in self.definition.with_answer if q.basic_item and not q.source and q.code in answers)
        return Profile(
            id=uuid.UUID(int=rng.getrandbits(128), version=4),
            migrant=person,
            questionnaire_version=self.definition.version,
            answers=answers,
            changed=dict.fromkeys(answers, 1),
            basic_items=items,
            complete=completeness(self.definition, answers, subject).whole,
            started_at=saved,
            saved_at=saved,
            saved_by_id=person.registered_by_id,
        )

    def _answer(self, question: Any, person: Migrant) -> Value:
        rng, kind = self.rng, question.type
        if kind == "several":
            codes = [choice.code for choice in question.choices.all()]
            if codes[-1] == "aucun" and rng.random() < 0.1:
                return ["aucun"]
            chosen = set(rng.sample([code for code in codes if code not in ("aucun", "autre")], rng.randint(1, 3)))
            return [code for code in codes if code in chosen]
        if kind == "one":
            codes = [choice.code for choice in question.choices.all()]
            return rng.choices(codes, [len(codes) - place // 2 for place in range(len(codes))])[0]
        if kind == "yes_no":
            return rng.choice(("yes", "no"))
        if kind == "integer":
            return rng.choices(range(9), (12, 8, 10, 14, 16, 14, 10, 9, 7))[0] if not person.is_minor() else 0
        if kind == "country":
            return rng.choice(("DZ", "LY", "ES", "IT", "FR", "MA"))
        if kind == "date":
            return (person.registered_at - datetime.timedelta(days=rng.randint(20, 900))).date().isoformat()
        return rng.choice(PROJECTS) if kind == "long_text" else "Gardiennage"

    def _road(self, person: Migrant) -> list[RouteStep]:
        rng = self.rng
        centre = person.registered_centre.code
        home = person.origin_place or rng.choice(HOMES.get(person.nationality, ("Bamako",)))
        stops = [(home, person.origin_country or person.nationality), *rng.choice(ROADS[centre])]
        stops = [stop for place, stop in enumerate(stops) if place == 0 or stop != stops[place - 1]]
        arrived = person.registered_at.date().replace(day=1)
        months = sorted((rng.randint(0, 2 + 2 * len(stops)) for _stop in stops), reverse=True)
        made = []
        for place, ((name, country), ago) in enumerate(zip(stops, months, strict=True)):
            known = places.find(name, country)
            since = _months_before(arrived, ago)
            events, harm = self._events(country, place == len(stops) - 1)
            currency, low, high = COSTS.get(country, ("XOF", 5_000, 150_000))
            paid = place > 0 and rng.random() < 0.7
            made.append(
                RouteStep(
                    id=uuid.UUID(int=rng.getrandbits(128), version=4),
                    migrant=person,
                    order=place + 1,
                    place=name,
                    country=country,
                    latitude=known.latitude if known else None,
                    longitude=known.longitude if known else None,
                    since=since,
                    until=max(since, _months_before(arrived, months[place + 1])) if place + 1 < len(stops) and rng.random() < 0.8 else None,
                    means=rng.choices((Means.BUS, Means.CAR, Means.TRUCK, Means.MOTORCYCLE, Means.FOOT), (40, 22, 26, 6, 6))[0] if place else "",
                    cost=Decimal(rng.randrange(low, high, 500 if low > 1_000 else 50)) if paid else None,
                    currency=currency if paid else "",
                    events=events,
                    protection_events=harm,
                    added_by_id=person.registered_by_id,
                    changed_at=min(person.registered_at + datetime.timedelta(minutes=30), self.now),
                )
            )
        return made

    def _events(self, country: str, last: bool) -> tuple[list[str], list[str]]:
        rng = self.rng
        events, harm = [], []
        if last:
            return ([Event.RESTED] if rng.random() < 0.3 else []), []
        if rng.random() < 0.45:
            events.append(rng.choice((Event.WORKED, Event.RESTED, Event.HELPED, Event.LIVED)))
        if country in ("DZ", "LY", "MR") and rng.random() < 0.5:
            events.append(rng.choice((Event.EXPELLED, Event.ROBBED, Event.STRANDED)))
        if rng.random() < {"LY": 0.45, "DZ": 0.22, "NE": 0.06}.get(country, 0.03):
            harm.append(rng.choices((Harm.DETAINED, Harm.VIOLENCE, Harm.FORCED_LABOUR, Harm.EXTORTED, Harm.TRAFFICKED), (40, 25, 15, 14, 6))[0])
        return [code for code in Event.values if code in events], [code for code in Harm.values if code in harm]


def _months_before(day: datetime.date, months: int) -> datetime.date:
    number = day.year * 12 + day.month - 1 - months
    return datetime.date(number // 12, number % 12 + 1, 1)
