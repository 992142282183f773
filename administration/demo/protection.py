"""Screenings, decisions, best interest of children, families looked for, the directory and referrals of the demonstration. Drawn apart
from the lives (their own seed), for people who are there already."""

import datetime
import hashlib
import random
import uuid
from typing import Any

from django.utils import timezone

from accounts.models import Organisation
from cases.models import (
    BestInterest,
    Consent,
    Custody,
    FamilyTracing,
    Migrant,
    ProtectedFindings,
    Referral,
    ReferralLink,
    Structure,
    VulnerabilityAssessment,
)
from cases.vulnerabilities import FACTORS, FLAGS, PROTECTED_FLAGS, REFER
from centres.models import Centre
from returns.models import ReturnCase

from .clock import told_until

# Shares of those screened; the register of the action's centres: mostly young men in transit, few of them with a flag.
SCREENED = 0.38
MOST_SCREENED = 20_000

# organisation, name, centre, town, services, contact, capacity, hours
STRUCTURES = (
    ("CSREF", "CSRéf de Gao", "GAO", "Gao, quartier Château", ("health", "maternity", "mental_health"), "Major des admissions", "20 consultations par jour", "7 h 30 – 16 h"),
    ("CSREF", "CSRéf de la Commune IV", "BKO", "Bamako, Lafiabougou", ("health", "maternity", "disability"), "Assistante sociale", "40 consultations par jour", "8 h – 16 h"),
    ("CSREF", "CSRéf de Kayes", "KAY", "Kayes N’Di", ("health", "maternity"), "Médecin de garde", "", "jour et nuit"),
    ("DNDS", "Service local du développement social", "GAO", "Gao, Cité administrative", ("child_protection", "social", "violence"), "Chef de service", "", "8 h – 15 h"),
    ("DNDS", "Direction régionale du développement social", "BKO", "Bamako, Hamdallaye ACI", ("child_protection", "social", "trafficking"), "Point focal protection", "", "8 h – 16 h"),
    ("DNDS", "Service du développement social de Kayes", "KAY", "Kayes, Plateau", ("child_protection", "social"), "Chef de service", "", "8 h – 15 h"),
    ("ANPE", "ANPE Kayes", "KAY", "Kayes, Liberté", ("employment", "training"), "Conseiller emploi", "15 personnes par mois", "8 h – 16 h"),
    ("ANPE", "ANPE Bamako rive droite", "BKO", "Bamako, Faladié", ("employment", "training"), "Accueil", "30 personnes par mois", "8 h – 16 h"),
    ("CRM", "Croix-Rouge, comité de Gao", "GAO", "Gao, route de l’aéroport", ("family_tracing", "food", "health"), "Volontaire de permanence", "", "8 h – 18 h"),
    ("CRM", "Croix-Rouge, rétablissement des liens", "BKO", "Bamako, Badalabougou", ("family_tracing",), "Chargée RLF", "", "9 h – 16 h"),
    ("HCR", "HCR, bureau de Gao", "GAO", "Gao", ("asylum", "legal"), "Unité protection", "", "8 h – 17 h"),
    ("HCR", "HCR, bureau de Bamako", "BKO", "Bamako, Badalabougou", ("asylum", "legal"), "Accueil protection", "", "8 h – 17 h"),
    ("MAISON", "Foyer de jeunes filles du fleuve", "GAO", "Gao, Sosso-Koïra", ("shelter", "violence"), "Directrice", "12 lits", "jour et nuit"),
    ("MAISON", "Foyer d’accueil de Bamako", "BKO", "Bamako, Niamakoro", ("shelter", "violence", "trafficking"), "Directrice", "25 lits", "jour et nuit"),
    ("DNEC", "Centre d’état civil de Kayes", "KAY", "Kayes, mairie", ("civil_status",), "Officier d’état civil", "", "8 h – 14 h"),
    ("DNEC", "Centre d’état civil de Gao", "GAO", "Gao, mairie", ("civil_status",), "Officier d’état civil", "", "8 h – 14 h"),
)  # fmt: skip
OTHERS = (("MAISON", "Maison de l’espoir (invention)", Organisation.Kind.NON_STATE), ("DNEC", "État civil", Organisation.Kind.STATE))
OBSERVATIONS = (
    "Parle peu, regarde la porte.",
    "Boite ; pansement à refaire.",
    "Demande à appeler sa sœur.",
    "A dormi deux nuits dehors.",
    "Très fatiguée, mange bien.",
    "",
)
FINDINGS = (
    "Gains retenus par un passeur pendant sept mois.",
    "Récit cohérent, à reprendre avec interprète.",
    "Ne veut pas porter plainte ; suivi accepté.",
    "Enfermé dix jours, rançon payée par la famille.",
)
REASONS = (
    "Fièvre depuis trois jours.",
    "Suivi de grossesse, sixième mois.",
    "Acte de naissance perdu en route.",
    "Cherche à joindre sa mère à Labé.",
    "Cherche une formation de soudeur.",
    "Plaie à la jambe à surveiller.",
    "Besoin d’un hébergement calme.",
)
ANSWERS = ("Venez lundi matin avec la fiche.", "Reçue ce jour.", "Rendez-vous donné à l’accueil.")
REFUSALS = ("Plus de place avant deux semaines.", "Hors de notre compétence : voir la commune.")
OUTCOMES = (
    "Consultée et soignée, contrôle dans dix jours.",
    "Document établi et remis.",
    "Famille jointe par téléphone.",
    "Ne s’est pas présentée.",
    "Inscrite à la session de formation.",
)
CHILD_VIEWS = (
    "Veut rentrer chez sa mère.",
    "Veut apprendre un métier avant de rentrer.",
    "A peur de son oncle, accepte d’aller chez sa grand-mère.",
    "Demande à appeler son frère d’abord.",
)


class Protection:
    def __init__(self, seed: int, today: datetime.date, users: dict[str, int]):
        self.rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self.today, self.users = today, users
        self.now = told_until(today)
        self.agents = {centre.pk: users[f"agent.{centre.name.lower()}"] for centre in Centre.objects.all()}

    def uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def after(self, start: datetime.datetime, least: float, most: float) -> datetime.datetime:
        """So many hours later; not in the future."""
        return min(start + datetime.timedelta(hours=self.rng.uniform(least, most)), self.now)

    def structures(self) -> list[Structure]:
        organisations = {organisation.code: organisation for organisation in Organisation.objects.all()}
        centres = {centre.code: centre for centre in Centre.objects.all()}
        return [
            Structure(
                id=self.uuid(), organisation=organisations[code], name=name, centre=centres[centre], town=town, services=list(services), contact=contact,
                phone=f"223{self.rng.randint(20_000_000, 29_999_999)}", capacity=capacity, hours=hours,
            )
            for code, name, centre, town, services, contact, capacity, hours in STRUCTURES
        ]  # fmt: skip

    # --- screening ---------------------------------------------------------------------------------------------------

    def assess(self, migrant: Migrant) -> tuple[list[VulnerabilityAssessment], list[ProtectedFindings]]:
        """The agent's screening, often with protection's decision; sometimes a second one by protection."""
        rng = self.rng
        risks = [code for code, factor in FACTORS.items() if factor.risk and not factor.protected]
        strengths = [code for code, factor in FACTORS.items() if not factor.risk]
        chosen = set(rng.sample(risks, rng.randint(1, 4))) | set(rng.sample(strengths, rng.randint(0, 3)))
        flags = set()
        age = migrant.age(migrant.registered_at.date())
        if migrant.sex == "female" and 15 < age < 45 and rng.random() < 0.12:
            flags.add("pregnant")
        if age >= 60:
            flags.add("elderly")
        for code, share in (("ill", 0.16), ("disability", 0.03), ("distress", 0.1), ("single_parent", 0.05 if migrant.household_id and age > 17 else 0)):
            if rng.random() < share:
                flags.add(code)
        serious = rng.random() < (0.3 if age < 18 or migrant.sex == "female" else 0.1)
        if serious:
            flags.add(REFER)
        severity = rng.choices(("medium", "high", "critical") if serious else ("low", "medium", "high"), (4, 5, 1) if serious else (6, 3, 0.5))[0]
        agent = migrant.registered_by_id
        old = migrant.registered_at < self.now - datetime.timedelta(days=60)  # no longer waiting for anybody
        first = VulnerabilityAssessment(
            id=self.uuid(), migrant=migrant, factors=[code for code in FACTORS if code in chosen], flags=[code for code in FLAGS if code in flags],
            severity=severity, note=rng.choice(OBSERVATIONS), assessed_at=self.after(migrant.registered_at, 1, 20), assessed_by_id=agent,
        )  # fmt: skip
        made, findings = [first], []
        if serious and first.assessed_at < self.now - datetime.timedelta(days=2) and (old or rng.random() < 0.8):
            second = VulnerabilityAssessment(
                id=self.uuid(), migrant=migrant, factors=first.factors, flags=[code for code in first.flags if code != REFER], severity=severity,
                note=first.note, assessed_at=self.after(first.assessed_at, 5, 40), assessed_by_id=self.users["protection"],
            )  # fmt: skip
            hidden = [code for code, factor in FACTORS.items() if factor.protected]
            named = rng.choices(list(PROTECTED_FLAGS), (4, 5, 2, 2))[0] if rng.random() < 0.6 else ""
            findings.append(
                ProtectedFindings(
                    assessment=second, factors=[code for code in hidden if rng.random() < 0.15], flags=[named] if named else [], note=rng.choice(FINDINGS), reasons=""
                )
            )
            made.append(second)
        last = made[-1]
        if (serious and len(made) == 2) or (not serious and (old or rng.random() < 0.6) and last.assessed_at < self.now - datetime.timedelta(days=1)):
            last.decided_at, last.decided_by_id, last.version = self.after(last.assessed_at, 0.5, 30), self.users["protection"], 2
            recent = self.today - last.decided_at.date() < datetime.timedelta(days=60)
            last.decision = rng.choices(("confirmed", "follow_up", "not_confirmed"), (6, 3 if recent else 0, 1))[0]
            if recent and last.decision != "not_confirmed":
                last.review_on = last.decided_at.date() + datetime.timedelta(days=rng.randint(7, 60))
            if findings:
                findings[-1].reasons = "Entretien fait ; éléments concordants."
            else:
                findings.append(ProtectedFindings(assessment=last, reasons="Lu et entretien fait."))
        return made, findings

    @staticmethod
    def flag(migrant: Migrant, last: VulnerabilityAssessment, findings: ProtectedFindings | None) -> Migrant:
        """What the database writes by itself where its triggers run (cases.models.Migrant)."""
        if last.decision != "not_confirmed":
            migrant.flags, migrant.protected_flags = list(last.flags), list(findings.flags) if findings else []
            if migrant.protected_flags and REFER not in migrant.flags:
                migrant.flags.append(REFER)
        return migrant

    # --- children ----------------------------------------------------------------------------------------------------

    def best_interest(self, migrant: Migrant, decided_on: datetime.date, decision: str) -> BestInterest:
        rng = self.rng
        recorded = min(datetime.datetime.combine(decided_on, datetime.time(15, 0), datetime.UTC), self.now)
        return BestInterest(
            id=self.uuid(), migrant=migrant, kind="determination", decided_on=decided_on, decision=decision, options=[code for code in BestInterest.Decision.values if code == decision or rng.random() < 0.3],
            panel=[{"name": "Mariam Konaté", "function": "protection, OIM"}, {"name": "A. Diarra", "function": "développement social"}, {"name": "S. Bagayoko", "function": "centre"}][: rng.randint(2, 3)],
            reasons="Famille retrouvée et favorable ; l’enfant est d’accord." if decision == "return" else "La famille n’est pas encore jointe.",
            guardian="given" if decision == "return" else "not_reached", child_view=rng.choice(CHILD_VIEWS),
            review_on=decided_on + datetime.timedelta(days=rng.randint(20, 60)) if decision in ("postponed", "stay") else None, recorded_at=recorded, recorded_by_id=self.users["protection"],
        )  # fmt: skip

    def tracing(self, migrant: Migrant) -> FamilyTracing:
        rng = self.rng
        asked = min(migrant.registered_at.date() + datetime.timedelta(days=rng.randint(0, 3)), self.today)
        found = rng.choices(("pending", "found", "not_found"), (3, 5, 2))[0]
        result_on = min(asked + datetime.timedelta(days=rng.randint(2, 25)), self.today)
        return FamilyTracing(
            id=self.uuid(), migrant=migrant, asked_on=asked, asked_by_id=self.users["protection"], office=rng.choice(("OIM Conakry", "OIM Dakar", "Croix-Rouge, rétablissement des liens", "OIM Abidjan")),
            sought=rng.choice(("La mère", "Un oncle", "Le frère aîné")), result=found, result_on=None if found == "pending" else result_on,
            contact="Numéro noté au bureau" if found == "found" else "", home="favourable" if found == "found" and rng.random() < 0.5 else "", home_on=result_on if found == "found" else None,
            recorded_at=min(datetime.datetime.combine(asked, datetime.time(10, 0), datetime.UTC), self.now),
        )  # fmt: skip

    # --- referrals ---------------------------------------------------------------------------------------------------

    def refer(self, migrant: Migrant, centre: int, structures: list[Structure], agreed: bool) -> tuple[Referral, ReferralLink | None]:
        rng = self.rng
        structure = rng.choice([one for one in structures if one.centre_id == centre] or structures)
        open_services = [code for code in structure.services if code not in ("violence", "trafficking", "asylum")]
        protected = not open_services
        service = rng.choice(open_services or structure.services)
        sent = self.after(migrant.registered_at, 3, 120)
        age = (self.now - sent).days
        state = rng.choices(("sent", "accepted", "declined", "done", "no_answer", "cancelled"), (8, 1, 0.3, 0, 0, 0) if age < 6 else (1.2, 2, 1, 6, 0.8, 0.4))[0]
        referral = Referral(
            id=self.uuid(), migrant=migrant, structure=structure, service=service, protected=protected, reason=rng.choice(REASONS), urgency=rng.choices(("normal", "urgent", "vital"), (8, 3, 1))[0],
            deadline=sent.date() + datetime.timedelta(days=rng.choice((3, 7, 10, 14))), shared=["name", "age", "sex", *(["languages"] if rng.random() < 0.4 else [])],
            centre_id=centre, sent_by_id=self.users["protection"] if protected else self.agents[centre], sent_at=sent, state=state,
        )  # fmt: skip
        if state in ("accepted", "declined", "done"):
            referral.answered_at, referral.answered_by = self.after(sent, 4, 90), f"{structure.contact}, {structure.name}"[:150]
            referral.answer = rng.choice(REFUSALS if state == "declined" else ANSWERS)
            referral.version = 2
        if state in ("declined", "done", "cancelled"):
            referral.ended_at = self.after(referral.answered_at or sent, 5, 200)
            referral.outcome = {"done": rng.choice(OUTCOMES), "cancelled": "La personne a quitté le centre."}.get(state, "")
        link = None
        if agreed and state in ("sent", "accepted"):
            link = ReferralLink(referral=referral, token_hash=hashlib.sha256(self.uuid().bytes).hexdigest(), created_at=sent, created_by_id=referral.sent_by_id)
        return referral, link


def ensure_partners() -> None:
    """The organisations behind the structures; with their history, as an administrator would have made them."""
    for code, name, kind in OTHERS:
        Organisation.objects.get_or_create(code=code, defaults={"name": name, "kind": kind})


def protect(seed: int, users: dict[str, int]) -> dict[Any, list[Any]]:
    """Rows by model, in the order in which they can be written; and people with their flags, under "flagged"."""
    made = Protection(seed, timezone.localdate(), users)
    rng = made.rng
    people = list(Migrant.objects.order_by("-registered_at", "-id")[: int(MOST_SCREENED / SCREENED)])
    keys = [person.pk for person in people]
    cared = dict(Custody.objects.filter(migrant__in=keys).order_by("since").values_list("migrant", "centre"))
    agreed = set(Consent.objects.filter(migrant__in=keys, purpose="referral", withdrawn_at__isnull=True).values_list("migrant", flat=True))
    rows: dict[Any, list[Any]] = {model: [] for model in (Structure, VulnerabilityAssessment, ProtectedFindings, BestInterest, FamilyTracing, Referral, ReferralLink)}
    rows["flagged"] = []
    structures = rows[Structure] = made.structures()
    decided = {case.migrant_id: case for case in ReturnCase.objects.filter(minor=True, best_interest_on__isnull=False)}
    for person in people:
        child = person.is_minor(person.registered_at.date())
        if rng.random() < (0.9 if child else SCREENED):
            assessments, findings = made.assess(person)
            rows[VulnerabilityAssessment] += assessments
            rows[ProtectedFindings] += findings
            last = assessments[-1]
            rows["flagged"].append(made.flag(person, last, next((found for found in findings if found.assessment is last), None)))
        if person.pk in decided:
            rows[BestInterest].append(made.best_interest(person, decided[person.pk].best_interest_on, "return"))
        elif child and person.accompanied_by_id is None and rng.random() < 0.35:
            day = min(person.registered_at.date() + datetime.timedelta(days=rng.randint(3, 20)), made.today)
            recent = made.today - day < datetime.timedelta(days=60)
            rows[BestInterest].append(made.best_interest(person, day, rng.choice(("postponed", "stay") if recent else ("placement", "family_reunification"))))
        if child and person.accompanied_by_id is None and rng.random() < 0.6:
            rows[FamilyTracing].append(made.tracing(person))
        if person.pk in agreed and rng.random() < 0.16:
            referral, link = made.refer(person, cared[person.pk], structures, True)
            rows[Referral].append(referral)
            if link is not None:
                rows[ReferralLink].append(link)
    return rows
