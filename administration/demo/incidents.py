"""Incidents, handover notes and alerts of the last months, on the invented people that are there."""

import datetime
import random
import uuid
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from centres.models import Centre
from reception.models import Alert, ArrivalPlan, HandoverNote, HandoverRead, Incident, IncidentFollowUp, IncidentPerson, Stay
from reception.services import check_alerts

DAYS = 180
INCIDENTS_A_CENTRE = 40
# kind, aid, severity, what happened, measures, outcome
TALES = (
    ("tension_residents", "", "minor", "Dispute au dortoir pour une prise de courant.", "Les deux groupes ont été séparés.", "Une multiprise a été posée."),
    ("tension_aid", "meal", "minor", "Des personnes arrivées tard n’ont pas eu de repas chaud et protestent.", "Un repas froid a été servi.", "Dix repas sont gardés chaque soir."),
    ("tension_aid", "kit", "serious", "Le groupe de la semaine passée demande pourquoi il n’a pas reçu le même kit.", "Les critères ont été expliqués.", "Critères affichés dans la cour."),
    ("tension_aid", "transport", "minor", "Désaccord sur l’ordre de départ du car.", "La liste a été lue à voix haute.", "Départ effectué dans le calme."),
    ("theft", "", "minor", "Un téléphone a disparu pendant la douche.", "Le dortoir a été fouillé avec l’accord de tous.", "Le téléphone n’a pas été retrouvé ; une consigne à clé est ouverte."),
    ("violence", "", "grave", "Coups échangés devant la cantine.", "Les personnes ont été séparées, le médecin les a vues.", "Médiation faite, plus de suite."),
    ("accident", "", "serious", "Chute dans l’escalier mouillé.", "Premiers soins donnés sur place.", "Antidérapant posé."),
    ("technical", "", "minor", "Coupure de courant de deux heures.", "Le groupe électrogène a été mis en marche.", "Fusible remplacé."),
    ("illness", "", "serious", "Plusieurs personnes malades après le dîner.", "Consultation le soir même, échantillon gardé.", "Eau du puits traitée."),
    ("staff", "", "serious", "Une personne se plaint de la façon dont un gardien lui a parlé.", "Le responsable a été prévenu.", "Entretien mené, rappel du code de conduite."),
    ("other", "", "minor", "Un journaliste s’est présenté sans rendez-vous.", "Il a été renvoyé vers le ministère.", "Rien à suivre."),
    ("tension_residents", "", "minor", "Musique tard le soir dans la cour, des voisins de chambre se plaignent.", "La musique a été arrêtée.", "Heures de calme affichées."),
    ("technical", "", "serious", "La pompe du forage s’est arrêtée, plus d’eau pendant la matinée.", "Un camion-citerne a été commandé.", "Pompe réparée."),
    ("theft", "", "minor", "Une couverture manque à l’inventaire de la chambre 3.", "La chambre a été prévenue.", "Couverture retrouvée à la buanderie."),
    ("accident", "", "minor", "Brûlure légère à la cuisine.", "Premiers soins donnés sur place.", "Gants achetés pour la cuisine."),
    ("tension_aid", "kit", "minor", "Des kits ont été donnés sans savon ; les personnes reviennent les réclamer.", "Le savon a été donné le jour même.", "La livraison est contrôlée à l’arrivée."),
    ("illness", "", "minor", "Deux enfants ont de la fièvre.", "Ils ont été vus par l’agent de santé.", "Guéris."),
    ("other", "", "minor", "Une famille du quartier demande à visiter un résident.", "La visite a eu lieu dans la cour.", "Heures de visite affichées."),
    ("other", "", "minor", "Un chauffeur de car refuse de partir sans être payé d’avance.", "Le bureau de Bamako a appelé l’entreprise.", "Payé sur facture."),
    ("technical", "", "minor", "La porte du dortoir des femmes ne ferme plus.", "Un gardien est resté devant la nuit.", "Serrure changée."),
    ("tension_residents", "", "serious", "Deux groupes se disputent la salle commune.", "Les délégués des deux groupes ont été reçus.", "Horaires partagés."),
)  # fmt: skip
NOTES = (
    ("Lit 7, chambre des familles : le biberon se prépare à 2 h.", "équipe de nuit"),
    ("La clé de la réserve est chez le gardien.", ""),
    ("Rappeler le consulat au sujet des deux laissez-passer.", "équipe du matin"),
    ("Robinet de la douche 3 fermé, le plombier vient jeudi.", ""),
    ("Car de 40 places attendu vers 5 h : préparer l’accueil.", "équipe de nuit"),
    ("Garder dix repas pour les arrivées tardives.", "cuisine"),
)
CLOSINGS = {
    "occupancy": "Dix tentes montées dans la cour.",
    "tension": "Critères relus avec les groupes.",
    "arrivals_above": "Bureau de Bamako informé, vivres commandés.",
}


def fill_incidents(seed: int, today: datetime.date) -> None:
    """Adds what a centre notes and is warned of; the alerts of today are those that its own rules measure."""
    rng = random.Random(seed + 50)  # noqa: S311
    users = {user.username: user for user in User.objects.all()}
    now = min(timezone.now(), timezone.make_aware(datetime.datetime.combine(today, datetime.time.max)))
    incidents: list[Incident] = []
    people: list[IncidentPerson] = []
    steps: list[IncidentFollowUp] = []
    notes: list[HandoverNote] = []
    reads: list[HandoverRead] = []
    alerts: list[Alert] = []
    plans: list[ArrivalPlan] = []
    for centre in Centre.objects.order_by("code"):
        agent, manager = users.get(f"agent.{centre.name.lower()}"), users.get(f"manager.{centre.name.lower()}")
        if agent is None or manager is None:
            continue
        stays = list(Stay.objects.filter(centre=centre).order_by("arrived_at", "pk").values_list("migrant", "arrived_at", "departed_at"))
        tales = rng.sample(TALES, len(TALES))  # so that the same one does not happen twice in a season
        for number in range(INCIDENTS_A_CENTRE):
            one = _incident(rng, centre, agent, manager, now, number, tales[number % len(tales)])
            incidents.append(one)
            steps += _steps(rng, one, manager, now)
            there = [migrant for migrant, came, left in stays if came <= one.happened_at and (left is None or left > one.happened_at)]
            for migrant in rng.sample(there, min(len(there), rng.choice((0, 0, 1, 1, 2)))):
                people.append(IncidentPerson(incident=one, migrant_id=migrant, added_at=one.reported_at))
        for number, (text, whom) in enumerate(NOTES):
            written = now - datetime.timedelta(hours=5 + 11 * number)
            done = number > 3
            note = HandoverNote(id=_key(rng), centre=centre, text=text, for_whom=whom, written_by=agent, written_at=written)
            note.done_at, note.done_by = (written + datetime.timedelta(hours=9), manager) if done else (None, None)
            notes.append(note)
            if number > 1:
                reads.append(HandoverRead(note=note, user=manager, read_at=written + datetime.timedelta(hours=8)))
        for kind, done_words in CLOSINGS.items():
            raised = now - datetime.timedelta(days=rng.randint(20, 150))
            closed = raised + datetime.timedelta(days=rng.randint(1, 6))
            figures = {"occupancy": (96, 90, None), "tension": (4, 3, 14), "arrivals_above": (148, 130, 30)}[kind]
            subject = "meal" if kind == "tension" else ""
            alerts.append(
                Alert(centre=centre, kind=kind, subject=subject, value=Decimal(figures[0]), threshold=Decimal(figures[1]), days=figures[2],
                      raised_at=raised, gone_at=closed, closed_at=closed, closed_by=manager, done=done_words)
            )  # fmt: skip
        months = max((today - centre.functional_since).days / 30.4, 1) if centre.functional_since else 24
        plans.append(ArrivalPlan(centre=centre, since=centre.functional_since or today, per_month=max(round(len(stays) / months), 1)))
    Incident.objects.bulk_create(incidents)
    IncidentPerson.objects.bulk_create(people)
    IncidentFollowUp.objects.bulk_create(steps)
    HandoverNote.objects.bulk_create(notes)
    HandoverRead.objects.bulk_create(reads)
    Alert.objects.bulk_create(alerts)
    ArrivalPlan.objects.bulk_create(plans)
    for centre in Centre.objects.order_by("code"):
        check_alerts(actor=None, centre=centre)


def _key(rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def _incident(rng: random.Random, centre: Centre, agent: User, manager: User, now: datetime.datetime, number: int, tale: tuple[str, ...]) -> Incident:
    """The older, the more surely closed; the latest wait."""
    kind, aid, severity, what, measures, outcome = tale
    happened = now - datetime.timedelta(days=DAYS * number / INCIDENTS_A_CENTRE, minutes=rng.randint(10, 600))
    one = Incident(id=_key(rng), centre=centre, happened_at=happened, kind=kind, aid=aid, severity=severity, what=what, measures=measures, reported_by=agent)
    one.reported_at = min(happened + datetime.timedelta(minutes=rng.randint(5, 90)), now)
    if number > 2 and (number > 8 or rng.random() < 0.8):
        one.closed_at, one.closed_by, one.outcome = min(happened + datetime.timedelta(days=rng.randint(1, 12)), now), manager, outcome
    elif rng.random() < 0.7:
        one.due_on = timezone.localdate(now) + datetime.timedelta(days=rng.randint(-2, 6))
        one.due_who = rng.choice(("le responsable", "l’équipe de nuit", "la protection"))
    return one


def _steps(rng: random.Random, one: Incident, manager: User, now: datetime.datetime) -> list[IncidentFollowUp]:
    if one.closed_at is None:
        return []
    between = one.happened_at + (one.closed_at - one.happened_at) / 2
    seen = IncidentFollowUp(id=_key(rng), incident=one, step="note", text="Les personnes ont été entendues.", written_by=manager, written_at=between)
    closed = IncidentFollowUp(id=_key(rng), incident=one, step="closed", text=one.outcome, written_by=manager, written_at=one.closed_at)
    return [seen, closed]
