"""Flags that act: who sets them, what they forbid, whom the figures leave out."""

import datetime
import uuid

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from audit.models import Change
from cases.services import undo_merge
from centres.models import Service
from reception import flags
from reception.models import Assistance, FlagKind, PersonFlag
from reception.services import check_out, end_flags, lift_flag, save_kind, serve, set_flag
from reporting.measures import Period, proof, tallies
from tests.cases.factories import make_pair
from tests.cases.test_merge import join, sides
from tests.factories import agent_of, make_migrant

from .factories import make_assistance, make_flag, make_stay, make_transfer, manager_of, queries_of

pytestmark = pytest.mark.django_db


def kind(code: str) -> FlagKind:
    return FlagKind.objects.get(code=code)


def test_who_sets_what(centre, persona):
    gao = centre("GAO")
    person, agent = make_migrant(gao), agent_of(gao)
    for code, agent_may in [("allergie", True), ("accueil-par-une-femme", True), ("exclu-distribution", False), ("ne-pas-transferer", False), ("dossier-essai", False)]:
        arguments = {"migrant": person, "kind": kind(code), "reason": "Pour l’essai"}
        if agent_may:
            flag, made = set_flag(actor=agent, key=uuid.uuid4(), **arguments)
            assert made and flag.acts
        else:
            with pytest.raises(PermissionDenied):
                set_flag(actor=agent, key=uuid.uuid4(), **arguments)
            flag, made = set_flag(actor=manager_of(gao), key=uuid.uuid4(), **arguments)
            with pytest.raises(PermissionDenied):
                lift_flag(actor=agent, flag=flag, reason="Non")
    for username in ("agent.kayes", "manager.kayes", "returns.gao", "health.gao"):
        with pytest.raises(PermissionDenied):
            set_flag(actor=persona(username), migrant=person, kind=kind("regime-alimentaire"), reason="x", key=uuid.uuid4())
    suspending = save_kind(actor=manager_of(gao), kind=None, name="Sans kit", tone="warn", advises=True, suspends=Service.objects.filter(code="kit-hygiene"))
    with pytest.raises(PermissionDenied):
        set_flag(actor=agent, migrant=person, kind=suspending, reason="x", key=uuid.uuid4())


def test_double_click_used_key_second_flag_last_day_and_lifting(centre):
    gao = centre("GAO")
    person, agent, key = make_migrant(gao), agent_of(gao), uuid.uuid4()
    arguments = {"actor": agent, "migrant": person, "kind": kind("allergie")}
    today = timezone.localdate()
    with pytest.raises(ValidationError, match="déjà passé"):
        set_flag(**arguments, reason="Arachide", until=today - datetime.timedelta(days=1), key=key)
    first, made = set_flag(**arguments, reason="Arachide", until=today, key=key)
    again, made_again = set_flag(**arguments, reason="Arachide ", until=today, key=key)
    assert made and not made_again and first == again
    with pytest.raises(SameKeyOtherContent):
        set_flag(**arguments, reason="Lait", key=key)
    with pytest.raises(ValidationError, match="porte déjà"):
        set_flag(**arguments, reason="Lait", key=uuid.uuid4())
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1)):
        assert flags.of([person.pk]) == {}  # its last day is over
        second, made = set_flag(**arguments, reason="Lait", key=uuid.uuid4())
        assert made and PersonFlag.objects.get(pk=first.pk).lifted_reason == "Dernier jour passé"
    assert lift_flag(actor=agent, flag=second, reason="Erreur").lifted_at == lift_flag(actor=agent, flag=second, reason="Erreur").lifted_at
    with pytest.raises(Stale):
        lift_flag(actor=manager_of(gao), flag=second, reason="Autre")


def test_they_forbid_what_they_say(centre):
    gao = centre("GAO")
    stays = [make_stay(gao) for _ in range(3)]
    denied, kept, free = (stay.migrant for stay in stays)
    make_flag(gao, "exclu-distribution", migrant=denied)
    make_flag(gao, "ne-pas-transferer", migrant=kept)
    with pytest.raises(ValidationError, match="Exclu de la distribution"):
        make_assistance(gao, migrant=denied)
    dinner = Service.objects.get(code="diner")
    assert serve(actor=agent_of(gao), centre=gao, service=dinner, people=[denied.pk, kept.pk, free.pk], key=uuid.uuid4()).made == 2
    assert not Assistance.objects.filter(migrant=denied).exists()
    with pytest.raises(ValidationError, match="n’est pas transférée"):
        make_transfer(stays[1])
    assert make_transfer(stays[2]).is_open
    check_out(actor=agent_of(gao), stay=stays[0], reason="left")
    with pytest.raises(ValidationError, match="n’est pas admise"):
        make_stay(gao, migrant=denied)
    flag = PersonFlag.objects.get(migrant=denied)
    lift_flag(actor=manager_of(gao), flag=flag, reason="Le responsable a changé d’avis")
    assert make_stay(gao, migrant=denied).is_open


def test_left_out_is_in_no_figure_and_in_no_proof(centre):
    gao = centre("GAO")
    people = [make_stay(gao).migrant for _ in range(3)]
    for person in people:
        make_assistance(gao, migrant=person)
    today = timezone.localdate()
    period = Period(today, today)

    def counted() -> set[uuid.UUID]:
        lines = proof("assistance", period, limit=None)
        tally = tallies(["assistance"], period)["assistance"]
        assert tally.value == len(lines) == sum(tally.by["sex"].values()) == sum(tally.months.values())
        records = Assistance.objects.filter(given_on=today).exclude(migrant__acting_flags__in=PersonFlag.objects.acting().filter(kind__out_of_statistics=True))
        assert {line.subject for line in lines} == {str(key) for key in records.values_list("migrant_id", flat=True)}
        return {uuid.UUID(line.subject) for line in lines}

    assert counted() == {person.pk for person in people}
    flag = make_flag(gao, "dossier-essai", migrant=people[0])
    make_flag(gao, "allergie", migrant=people[1])
    assert counted() == {people[1].pk, people[2].pk}
    lift_flag(actor=manager_of(gao), flag=flag, reason="C’est une vraie personne")
    assert counted() == {person.pk for person in people}


def test_flags_of_the_same_kind_go_along_when_files_are_joined_and_back(centre, as_user):
    """Each is seen, lifted for itself, and goes back with its file: whoever was joined by mistake is protected as before."""
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao))
    ours, theirs = make_flag(gao, "exclu-distribution", migrant=survivor), make_flag(gao, "exclu-distribution", migrant=merged, reason="Bagarre")
    merge = join(gao, survivor, merged)
    assert set(PersonFlag.objects.filter(migrant=survivor).acting()) == {ours, theirs} and len(flags.of([survivor.pk])[survivor.pk]) == 1
    page = as_user("manager.gao").get(reverse("reception:flags", args=[survivor.pk]))
    assert {flag.pk for flag in page.context["acting"] if flag.may_lift} == {ours.pk, theirs.pk}
    lift_flag(actor=manager_of(gao), flag=ours, reason="Présenté ses excuses")
    assert [flag.reason for flag in flags.of([survivor.pk])[survivor.pk]] == ["Bagarre"]
    undo_merge(actor=manager_of(gao), merge=merge)
    assert not flags.of([survivor.pk]) and [flag.pk for flag in flags.of([merged.pk])[merged.pk]] == [theirs.pk]


def test_a_flag_that_came_with_a_joined_file_acts(centre):
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao))
    old = make_flag(gao, "allergie", migrant=survivor)
    make_flag(gao, "allergie", migrant=merged, reason="Arachide")
    make_flag(gao, "dossier-essai", migrant=merged)
    PersonFlag.objects.filter(pk=old.pk).update(until=timezone.localdate() - datetime.timedelta(days=1))
    join(gao, survivor, merged)
    assert not PersonFlag.objects.filter(migrant=merged).exists()
    carried = flags.of([survivor.pk])[survivor.pk]
    assert [(flag.kind.code, flag.reason) for flag in carried if flag.kind.code == "allergie"] == [("allergie", "Arachide")]
    assert {row["migrant"] for row in flags.left_out()} == {survivor.pk}
    assert end_flags(actor=None) == 1 and end_flags(actor=None) == 0


def test_pages(as_user, centre):
    gao = centre("GAO")
    person = make_stay(gao).migrant
    url, browser = reverse("reception:flags", args=[person.pk]), as_user("agent.gao")
    page = browser.get(url)
    offered = [code for code, _words in page.context["form"].fields["kind"].widget.choices if code]
    assert "allergie" in offered and "exclu-distribution" not in offered
    assert "exclu-distribution" in [code for code, _words in as_user("manager.gao").get(url).context["form"].fields["kind"].widget.choices]
    body = {"key": uuid.uuid4(), "kind": "allergie", "reason": "Arachide & noix"}
    assert "reason" in browser.post(url, body | {"reason": " "}).context["form"].errors
    assert browser.post(url, body | {"kind": "exclu-distribution"}).context["form"].errors["kind"] == ["Cette consigne n’est plus proposée."]
    assert browser.post(url, body).status_code == browser.post(url, body).status_code == 302
    flag = PersonFlag.objects.get()
    text = browser.get(url).content.decode()
    assert "Arachide &amp; noix" in text and "Lisez à quoi" in text
    file = browser.get(reverse("cases:migrant", args=[person.pk]))
    assert {"label": "Allergie", "tone": "warn"} in file.context["flags"]
    assert "Consigne posée" in file.content.decode()
    assert as_user("returns.gao").post(url, body).status_code == 403
    assert as_user("returns.gao").get(url).status_code == 200
    lift = reverse("reception:lift-flag", args=[flag.pk])
    assert "reason" in browser.post(lift, {"reason": ""}).context["form"].errors
    assert browser.post(lift, {"reason": "Erreur de dossier"}).status_code == 302
    assert "a déjà levé" in as_user("manager.gao").post(lift, {"reason": "x"}, follow=True).content.decode()
    assert "Erreur de dossier" in browser.get(url).content.decode()
    assert {"label": "Allergie", "tone": "warn"} not in browser.get(reverse("cases:migrant", args=[person.pk])).context["flags"]
    chips = render_to_string("reception/_flags.html", {"flags": [flag]})
    assert "Allergie" in chips and "chip warn" in chips and "Lisez à quoi" in chips


def test_the_file_asks_no_more_and_an_old_flag_is_not_hidden(as_user, centre, monkeypatch):
    gao, browser = centre("GAO"), as_user("agent.gao")
    person = make_stay(gao).migrant
    url = reverse("cases:migrant", args=[person.pk])
    before = queries_of(browser, url)
    flag = make_flag(gao, "allergie", migrant=person)
    PersonFlag.objects.filter(pk=flag.pk).update(since=timezone.now() - datetime.timedelta(days=400))
    assert queries_of(browser, url) == before <= 12
    monkeypatch.setattr("cases.pages.file.MOST_ON_FILE", 2)  # where the person is stands first
    assert {"label": "Allergie", "tone": "warn"} in browser.get(url).context["flags"]


def test_kinds_are_written_by_managers_for_all_centres(as_user, centre, persona):
    gao, manager = centre("GAO"), as_user("manager.gao")
    assert as_user("agent.gao").get(reverse("reception:flag-kinds")).status_code == 200
    new = reverse("reception:new-flag-kind")
    assert as_user("agent.gao").get(new).status_code == 403
    assert manager.post(new, {"name": "Rien", "tone": "info", "active": "on"}).context["form"].errors
    body = {"name": "Lit du bas", "tone": "info", "instruction": "Ne monte pas à l’échelle.", "advises": "on", "active": "on"}
    assert manager.post(new, body).status_code == 302
    made = FlagKind.objects.get(code="lit-du-bas")
    assert (made.changed_by, made.version) == (persona("manager.gao"), 1)
    assert manager.post(new, body).context["form"].errors  # the name is taken
    page = reverse("reception:flag-kind", args=[made.pk])
    meal = {**body, "version": 1, "suspends": ["dejeuner"]}
    assert as_user("manager.kayes").post(page, meal).status_code == 302
    stale = manager.post(page, {**body, "version": 1, "name": "Lit bas"})
    assert "Entre-temps" in stale.content.decode() and stale.context["form"]["name"].value() == "Lit bas"
    assert [service.code for service in FlagKind.objects.get(pk=made.pk).suspends.all()] == ["dejeuner"]
    assert Change.objects.filter(table="reception_flagkind_suspends").exists()
    make_flag(gao, "lit-du-bas")
    refused = manager.post(page, {**body, "version": 2, "out_of_statistics": "on"})
    assert "out_of_statistics" in refused.context["form"].errors
    assert "Lit du bas" in manager.get(reverse("reception:flag-kinds")).content.decode()
