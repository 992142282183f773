"""Two people whom Gao has let go, and whom Bamako has described anew: what a former centre must never read is in `CANARIES`."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import User
from cases.duplicates import identity_of
from cases.models import Custody, Migrant
from cases.person_data import hanging
from cases.services import (
    add_document,
    add_step,
    attach,
    change_step,
    correct_document,
    correct_identity,
    decide_vulnerability,
    give_consent,
    issue_card,
    move_referral,
    save_profile,
    take_over,
    update_tracing,
    withdraw_consent,
    write_note,
)
from centres.models import Centre
from centres.roles import Role
from centres.services import post
from reception.models import Stay
from reception.services import lift_flag, record_assistance
from reception.workflow import State as Transferred
from returns.services import move as move_return

from .cases.factories import (
    make_assessment,
    make_attachment,
    make_card,
    make_document,
    make_file,
    make_note,
    make_photo,
    make_referral,
    make_step,
    make_tracing,
    posted_protection_officer,
    protection_officer,
)
from .factories import agent_of, make_migrant
from .reception.factories import make_assistance, make_flag, make_incident, make_leave, make_session, make_stay, make_transfer
from .reintegration.factories import make_reintegration, officer_of
from .returns.factories import make_return

# What is written of a person when the next centre corrects them, by field; and what its guess is in a search.
NEW = {
    "surname": "Zoumarouba",
    "given_names": "Kalifatou",
    "other_names": "Zedzedou",
    "father_given_names": "Zamperedi",
    "mother_given_names": "Zameredi",
    "nationality": "FJ",
    "second_nationality": "VU",
    "origin_country": "TO",
    "origin_place": "Zagtoulika",
    "phone": "22379887766",
    "other_phone": "22379665544",
    "languages": ["snk"],
    "arrival_kind": "forced_return",
    "marital_status": "widowed",
}
OLD = {"surname": "Anciennom", "given_names": "Premiere", "origin_place": "Vieuxvillage", "phone": "22370112233", "nationality": "GN", "origin_country": "GN"}
NUMBERS = ("ZP998877", "NV554433")
WORDS = (
    "canari-note", "canari-protection", "canari-piece", "canari-suite", "canari-reponse", "canari-motif", "Canaripolis", "Canariland", "canari-etape", "canari-jugement",
    "canari-protege", "canari-recherche", "canari-levee", "canari-consigne", "canari-incident", "canari-temoin", "canari-conge", "Canariville",
    "canari-plan",
)  # fmt: skip
# As they are shown: names of the countries, telephones with and without the country.
CANARIES = (*(NEW[name] for name in NEW if name not in ("nationality", "second_nationality", "origin_country", "languages", "arrival_kind", "marital_status")),
            "79887766", "79665544", "Fidji", "Vanuatu", "Tonga", '"FJ"', '"VU"', '"TO"', ";FJ", ",FJ", "soninké", "retour forcé", "veuf ou veuve", *NUMBERS, *WORDS)  # fmt: skip


@dataclass
class Former:
    people: list[Migrant]
    here: Centre
    there: Centre

    def rows(self, model: type[models.Model]) -> list[Any]:
        """Rows of this model about these people."""
        keys = [person.pk for person in self.people]
        if model is Migrant:
            return list(Migrant.objects.filter(pk__in=keys))
        path = hanging().get(model) or next((field.name for field in model._meta.get_fields() if field.related_model is Migrant and field.concrete), "")
        return list(model._default_manager.filter(**{f"{path}__in": keys}).distinct()) if path else []


def staff_of(centre: Centre) -> dict[str, User]:
    """An account of each role that reads files, of this centre alone."""
    found = {
        "agent": agent_of(centre),
        "manager": User.objects.get(username={"GAO": "manager.gao", "BKO": "manager.bamako"}[centre.code]),
        "protection": posted_protection_officer(centre, f"protection.{centre.code.lower()}.seule"),
        "returns": User.objects.get(username={"GAO": "returns.gao", "BKO": "returns.bamako"}[centre.code]),
        "reintegration": officer_of(centre),
    }
    health = User.objects.filter(username=f"health.{centre.name.lower()}").first()
    if health is None:
        health = User.objects.create(username=f"health.{centre.name.lower()}", organisation=User.objects.get(username="health.gao").organisation, password="!")
        post(actor=None, user=health, role=Role.HEALTH_WORKER, centre=centre)
    return found | {"health": health}


def make_former() -> Former:
    here, there = Centre.objects.get(code="GAO"), Centre.objects.get(code="BKO")
    staff_of(here), staff_of(there)
    transferred = make_migrant(here, sex="female", **OLD)
    child = datetime.date(timezone.localdate().year - 12, 12, 31)
    taken = make_migrant(here, sex="female", **{**OLD, "surname": "Autrenom", "phone": "22370445566", "born_on": child, "birth_precision": "year"})
    stays = {person.pk: _known_here(person, here) for person in (transferred, taken)}
    make_transfer(stays[transferred.pk], state=Transferred.TRAVELLING)
    take_over(actor=agent_of(there), id=uuid.uuid4(), migrant=taken, centre=there, said=identity_of(taken), reason="Arrivée à pied.", consent_method="signed")
    people = [Migrant.objects.get(pk=person.pk) for person in (transferred, taken)]
    for number, person in enumerate(people):
        _described_there(person, there, number)
    return Former([Migrant.objects.get(pk=person.pk) for person in people], here, there)


def _known_here(person: Migrant, here: Centre) -> Stay:
    agent = agent_of(here)
    make_document(here, person, number="AB112233")
    make_note(here, person, text="ancienne-note")
    make_attachment(here, person)
    make_photo(here, person)
    make_card(here, person)
    give_consent(actor=agent, migrant=person, purpose="statistics", method="signed")
    save_profile(actor=agent, migrant=person, answers={"personnes_a_charge": 3}, version=0)
    make_step(here, person, place="Ancienlieu", country="NE", notes="ancienne-etape")
    make_assessment(person, note="ancienne-evaluation")
    make_tracing(person)
    make_referral(here, person, reason="ancien-motif")
    stay = make_stay(here, migrant=person)
    make_assistance(here, migrant=person)
    make_flag(here, "regime-alimentaire", migrant=person, reason="ancienne-consigne")
    make_leave(here, stay=stay, reason="ancien-conge")
    make_incident(here, what="ancien-incident", people=[person])
    make_session(here, people=[person])
    ended = make_return(here, person)
    move_return(actor=User.objects.get(username="returns.gao"), case=ended, to="withdrawn", version=1, end_reason="ancien-abandon")
    return stay


def _described_there(person: Migrant, there: Centre, number: int) -> None:
    """Everything that the next team may write or change of somebody."""
    agent, officer = agent_of(there), protection_officer()
    person = Migrant.objects.get(pk=person.pk)
    assert not Custody.objects.filter(migrant=person, centre__code="GAO", until__isnull=True).exists()
    person = correct_identity(actor=agent, migrant=person, version=person.version, **NEW)
    document = person.documents.get()
    correct_document(actor=agent, document=document, version=document.version, kind="passport", country="GN", number=NUMBERS[0])
    add_document(actor=agent, migrant=person, id=uuid.uuid4(), kind="nina", country="ML", number=f"{NUMBERS[1]}")
    write_note(actor=agent, migrant=person, kind="ordinary", text="canari-note")
    write_note(actor=officer, migrant=person, kind="protection", text="canari-protection")
    attach(actor=agent, migrant=person, title="canari-piece", file=make_file())
    give_consent(actor=agent, migrant=person, purpose="follow_up", method="spoken", witness="canari-temoin")
    withdraw_consent(actor=agent, consent=person.consents.get(purpose="statistics"))
    issue_card(actor=agent, migrant=person, replaces=person.cards.get(revoked_at__isnull=True), reason="lost")
    profile = person.profiles.latest("saved_at")
    save_profile(actor=agent, migrant=person, answers={"personnes_a_charge": 17}, version=profile.version)
    step = person.route_steps.get()
    change_step(actor=agent, step=step, version=step.version, place="Canaripolis", notes="canari-etape")
    add_step(actor=agent, migrant=person, id=uuid.uuid4(), place="Canariland", country="NE")
    assessment = person.assessments.get()
    decide_vulnerability(
        actor=officer,
        assessment=assessment,
        decision="confirmed",
        reasons="canari-protege",
        review_on=timezone.localdate() + datetime.timedelta(days=30),
        version=assessment.version,
    )
    make_assessment(person, actor=officer, note="canari-jugement", flags=["disability"])
    tracing = person.tracings.get()
    update_tracing(actor=officer, tracing=tracing, version=tracing.version, result="found", result_on=timezone.localdate(), contact="canari-recherche")
    referral = person.referrals.get()
    referral = move_referral(actor=agent, referral=referral, to="accepted", version=referral.version, text="canari-reponse", by="canari-reponse")
    move_referral(actor=agent, referral=referral, to="done", version=referral.version, text="canari-suite")
    make_referral(there, person, reason="canari-motif")
    flag = person.acting_flags.get()
    lift_flag(actor=User.objects.get(username="manager.bamako"), flag=flag, reason="canari-levee")
    stay = make_stay(there, migrant=person, origin="transferred", came_from="")
    make_flag(there, "allergie", migrant=person, reason="canari-consigne")
    record_assistance(actor=agent, id=uuid.uuid4(), migrant=person, centre=there, service=make_service("transport"))
    make_leave(there, stay=stay, reason="canari-conge")
    make_incident(there, what="canari-incident", people=[person])
    if number:
        make_reintegration(there, person, plan="canari-plan")
    else:
        make_return(there, person, place_to="Canariville")


def make_service(code: str) -> Any:
    from centres.models import Service

    return Service.objects.get(code=code)
