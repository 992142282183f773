"""Medical detail, kits, sessions and criteria of the demonstration, laid onto the people and lines of assistance that are there already."""

import datetime
import random
import uuid

from django.utils import timezone

from accounts.models import User
from cases.models import Structure
from centres.models import Centre, Service
from reception.models import AidCriteria, Alert, Assistance, CriteriaTold, HealthRecord, Session, SessionPresence, Stay, StockItem, StockMovement
from reception.services.sessions import GIVES, line_key
from reception.setup import ensure_criteria

from .clock import told_until

DETAILED = 0.7  # of the consultations: the nurse wrote down what was found
MOST_DETAILED = 4000
DAYS_OF_SESSIONS = 240
# reason, findings, diagnosis, treatment
CARE = (
    ("Fièvre depuis trois jours", "39,2 °C, frissons, gorge calme.", "Paludisme simple (test rapide positif)", "Artéméther-luméfantrine, trois jours. Boire beaucoup."),
    ("Toux qui dure", "Ronchi des deux côtés, pas de sang.", "Bronchite", "Repos, sirop. Revenir si la fièvre monte."),
    ("Plaie au pied", "Plaie propre de 4 cm, sans pus.", "Plaie de marche", "Pansement, à refaire dans deux jours."),
    ("Douleurs au ventre", "Ventre souple, pas de fièvre.", "Gastrite probable", "Oméprazole quinze jours. Repas à heures fixes."),
    ("Diarrhée", "Langue sèche, pli cutané normal.", "Déshydratation légère", "SRO, un litre aujourd’hui."),
    ("Suivi de grossesse", "Sixième mois, bruits du cœur réguliers.", "Grossesse normale", "Fer et acide folique. Contrôle au CSRéf."),
    ("Yeux rouges", "Conjonctives rouges, vision bonne.", "Conjonctivite (poussière)", "Collyre, lavage à l’eau propre."),
    ("Fatigue, vertiges", "Conjonctives pâles.", "Anémie à confirmer", "Fer. Prise de sang au CSRéf."),
)
TALKS = (
    ("Ne dort plus", "Revoit la traversée la nuit. Mange peu.", "Un entretien par semaine ; exercice de respiration."),
    ("Nouvelles de la famille", "A appris un décès au téléphone. Entourée par ses amies.", "Présence, appel à la famille demain."),
    ("Conflit dans la chambre", "Se sent rejeté par les autres.", "Changement de chambre proposé."),
)
GIVERS = ("OIM, magasin de Bamako", "Croix-Rouge malienne", "Commune, don", "Direction régionale du développement social")


class Care:
    def __init__(self, seed: int, today: datetime.date):
        self.rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self.today = today
        self.now = told_until(today)
        self.users = dict(User.objects.values_list("username", "pk"))
        self.centres = list(Centre.objects.order_by("code"))
        self.services = {service.code: service for service in Service.objects.all()}

    def uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def agent(self, centre: Centre) -> int:
        return self.users[f"agent.{centre.name.lower()}"]

    def moment(self, day: datetime.date, hour: int) -> datetime.datetime:
        return min(datetime.datetime.combine(day, datetime.time(hour, self.rng.randrange(60)), datetime.UTC), self.now)

    def health(self) -> None:
        """The detail of most consultations and talks; some people are to come again."""
        rng, clinics = self.rng, {one.centre_id: one for one in Structure.objects.filter(services__contains=["health"]).order_by("name")}
        lines = (
            Assistance.objects.filter(service__category__in=("health", "psychosocial")).select_related("service", "centre").order_by("-given_on", "pk")[:MOST_DETAILED]
        )
        records, last = [], set()
        for line in lines:
            if rng.random() > DETAILED:
                continue
            talk = line.service.category == "psychosocial"
            reason, findings, *more = rng.choice(TALKS if talk else CARE)
            again = line.migrant_id not in last and rng.random() < 0.3
            last.add(line.migrant_id)
            to_hospital = line.service.code == "reference-hopital"
            writer = self.users["health.gao"] if line.centre.code == "GAO" and not talk else self.users["protection"]
            records.append(
                HealthRecord(
                    id=self.uuid(),
                    assistance=line,
                    reason=reason,
                    findings=findings,
                    diagnosis="" if talk else more[0],
                    treatment=more[-1],
                    structure=clinics.get(line.centre_id) if to_hospital else None,
                    return_on=line.given_on + datetime.timedelta(days=rng.randint(2, 8)) if again else None,
                    written_by_id=writer,
                    written_at=max(line.recorded_at, self.moment(line.given_on, 15)) if line.given_on <= self.today else line.recorded_at,
                )
            )
        HealthRecord.objects.bulk_create(records, batch_size=1000)

    def stock(self) -> None:
        """Triggers may be away while this runs, so what is left is added up here."""
        rng, since = self.rng, self.today - datetime.timedelta(days=90)
        given = Assistance.objects.filter(service__category="kit", given_on__gte=since).order_by("recorded_at", "pk")
        by_item: dict[tuple[int, int], list[Assistance]] = {}
        for line in given:
            by_item.setdefault((line.centre_id, line.service_id), []).append(line)
        for centre in self.centres:
            for service in (one for one in self.services.values() if one.category == "kit"):
                lines = by_item.get((centre.pk, service.pk), [])
                out = sum(line.quantity for line in lines)
                low = centre.code == "GAO" and service.code == "kit-hygiene"
                wanted = out + (7 if low else rng.randint(25, 60))
                first = max(10, wanted // 2)
                item = StockItem.objects.create(centre=centre, service=service, since=since, threshold=10)
                moved = [
                    StockMovement(
                        id=self.uuid(),
                        item=item,
                        kind="received",
                        quantity=first,
                        source=rng.choice(GIVERS),
                        on=since,
                        at=self.moment(since, 8),
                        by_id=self.agent(centre),
                    )
                ]
                if wanted > first:
                    day = since + datetime.timedelta(days=rng.randint(15, 40))
                    moved.append(
                        StockMovement(
                            id=self.uuid(),
                            item=item,
                            kind="received",
                            quantity=wanted - first,
                            source=rng.choice(GIVERS),
                            on=day,
                            at=self.moment(day, 9),
                            by_id=self.agent(centre),
                        )
                    )
                moved += [
                    StockMovement(
                        id=self.uuid(),
                        item=item,
                        kind="given",
                        quantity=-line.quantity,
                        line=line.pk,
                        on=line.given_on,
                        at=line.recorded_at,
                        by_id=line.recorded_by_id,
                    )
                    for line in lines
                ]
                day = self.today - datetime.timedelta(days=rng.randint(3, 12))
                moved.append(
                    StockMovement(
                        id=self.uuid(), item=item, kind="lost", quantity=-1, reason="Emballage déchiré", on=day, at=self.moment(day, 16), by_id=self.agent(centre)
                    )
                )
                StockMovement.objects.bulk_create(moved, batch_size=1000)
                left = sum(movement.quantity for movement in moved)
                StockItem.objects.filter(pk=item.pk).update(left=left)
                if left <= item.threshold:
                    Alert.objects.create(centre=centre, kind=Alert.Kind.STOCK, subject=service.code, value=left, threshold=item.threshold, raised_at=self.now)

    def sessions(self) -> None:
        """One or two a week in each centre, with some of those who were there."""
        rng, first = self.rng, self.today - datetime.timedelta(days=DAYS_OF_SESSIONS)
        stays: dict[int, list[tuple[datetime.date, datetime.date, uuid.UUID]]] = {}
        rows = Stay.objects.filter(arrived_at__date__lte=self.today).exclude(departed_at__date__lt=first).order_by("arrived_at", "pk")
        for centre, came, left, migrant in rows.values_list("centre_id", "arrived_at", "departed_at", "migrant_id"):
            stays.setdefault(centre, []).append((timezone.localdate(came), timezone.localdate(left) if left else self.today, migrant))
        sessions, presences, lines = [], [], []
        topics = [topic.value for topic in Session.Topic if topic not in (Session.Topic.WELLBEING, Session.Topic.OTHER)]
        for centre in self.centres:
            day = max(first, centre.functional_since or first)
            while (day := day + datetime.timedelta(days=rng.randint(3, 8))) <= self.today:
                talk = rng.random() < 0.2
                people = sorted({migrant for came, left, migrant in stays.get(centre.pk, ()) if came <= day <= left})
                people = [migrant for migrant in people if rng.random() < (0.3 if talk else 0.6)][: 10 if talk else 40]
                session = Session(
                    id=self.uuid(),
                    centre=centre,
                    kind=Session.Kind.GROUP_TALK if talk else Session.Kind.AWARENESS,
                    topic=Session.Topic.WELLBEING if talk else rng.choice(topics),
                    held_on=day,
                    minutes=rng.choice((30, 45, 60, 90)),
                    language=rng.choices(("bam", "fra", "ful", "ses"), (5, 3, 2, 2))[0],
                    led_by_id=self.users["protection"] if talk else self.agent(centre),
                    women=0 if talk else rng.randint(0, 8),
                    men=0 if talk else rng.randint(0, 5),
                    girls=0 if talk else rng.randint(0, 3),
                    boys=0 if talk else rng.randint(0, 3),
                    recorded_by_id=self.users["protection"] if talk else self.agent(centre),
                    recorded_at=self.moment(day, 17),
                )
                if not people and not session.others:
                    continue
                sessions.append(session)
                presences += [SessionPresence(session=session, migrant_id=migrant) for migrant in people]
                given = self.services[GIVES[Session.Kind(session.kind)]]
                lines += [
                    Assistance(
                        id=line_key(session, migrant),
                        migrant_id=migrant,
                        centre=centre,
                        service=given,
                        given_on=day,
                        recorded_by_id=session.recorded_by_id,
                        recorded_at=session.recorded_at,
                    )
                    for migrant in people
                ]
        Session.objects.bulk_create(sessions)
        SessionPresence.objects.bulk_create(presences, batch_size=1000)
        Assistance.objects.bulk_create(lines, batch_size=1000)

    def criteria(self) -> None:
        """Most of those present have been told; the latest arrivals not yet."""
        rng = self.rng
        current = {one.centre_id: one for one in AidCriteria.objects.order_by("version")}
        here = Stay.objects.open().order_by("arrived_at", "pk").select_related("migrant", "centre")
        told = []
        for stay in here:
            if stay.arrived_at > self.now - datetime.timedelta(days=1) or rng.random() > 0.85:
                continue
            language = next((code for code in stay.migrant.languages if code in ("bam", "fra", "ful", "snk", "ses", "wol", "mlq", "eng")), "fra")
            how = CriteriaTold.How.READ if language == "fra" and rng.random() < 0.5 else CriteriaTold.How.ALOUD
            told.append(
                CriteriaTold(
                    id=self.uuid(),
                    migrant=stay.migrant,
                    criteria=current[stay.centre_id],
                    language=language,
                    how=how,
                    told_at=min(stay.arrived_at + datetime.timedelta(minutes=40), self.now),
                    told_by_id=self.agent(stay.centre),
                )
            )
        CriteriaTold.objects.bulk_create(told, batch_size=1000)


def fill_care(seed: int, today: datetime.date) -> None:
    """Lays it all onto what is there."""
    ensure_criteria()
    care = Care(seed, today)
    care.health()
    care.stock()
    care.sessions()
    care.criteria()
