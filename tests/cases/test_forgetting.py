"""When the time has run out the identity goes, from all floors and from the history, by the decision of two people; the figures stay."""

import datetime
import io
import json
import uuid

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from audit.acting import set_actor
from audit.models import Change, Forgotten
from audit.services import verify
from cases import person_data
from cases.models import Attachment, Erasure, ErasureList, IdentityDocument, Migrant, Note, Precision
from cases.retention import due, due_at, reasons_to_keep
from cases.sealed import equality_key, seal
from cases.services import correct_identity, forgetting
from cases.services.forgetting import _group, coarse_birth
from cases.views import rights
from jobs.services import run
from reintegration.models import ReintegrationCase, Visit
from reporting.measures import MEASURES, Period, tallies
from returns.models import ReturnCase
from tests.factories import agent_of, make_migrant, make_minor
from tests.reception.factories import make_stay

from .factories import make_attachment, make_note

LATER = datetime.datetime(2040, 6, 1, 12, tzinfo=datetime.UTC)
SECRETS = ("Xantippe", "Zorglub", "22399887766", "Tombouctou-Nord", "Son oncle", "AB123456")


@pytest.fixture
def gao(centre):
    return centre("GAO")


@pytest.fixture
def manager(persona) -> User:
    return persona("manager.gao")


@pytest.fixture
def protection(persona) -> User:
    return persona("protection")


def make_known(gao) -> Migrant:
    """Somebody about whom much is written."""
    person = make_migrant(gao, surname="Xantippe", given_names="Zorglub", phone="22399887766", origin_place="Tombouctou-Nord", father_given_names="Zorglub")
    make_note(gao, person, "Son oncle l’attend.")
    make_attachment(gao, person)
    IdentityDocument.objects.create(migrant=person, kind="passport", country="ML", number_sealed=seal("AB123456"), number_key=equality_key("AB123456"))
    return person


def decided(gao, manager, protection) -> ErasureList:
    proposed = forgetting.propose_erasure(actor=manager, centre=gao)
    return forgetting.confirm_erasure(actor=protection, proposed=proposed)


def everything() -> str:
    """All that the history of the database says."""
    return " ".join(json.dumps([change.before, change.after]) for change in Change.objects.all())


def test_every_text_about_a_person_has_been_spoken_for():
    """A new model that hangs on a person, or a new text field: say in the app's data_of_<app>.py (PersonData) what becomes of it when the
    identity is erased – `erased={"field": ""}`, `removed=True`, or `kept=(…)` with a comment why it tells nothing – and, for the right of
    access, whether it is `own` and not `protected`."""
    assert person_data.unspoken() == [], test_every_text_about_a_person_has_been_spoken_for.__doc__


def test_the_relations_reach_the_upper_floors():
    paths = {model.__name__: path for model, path in person_data.hanging().items()}
    assert paths["Visit"] == "case__migrant"
    assert paths["BedAssignment"] == "stay__migrant"
    assert "Household" not in paths
    assert "User" not in paths


def test_the_identity_goes_and_the_coded_row_stays(gao, manager, protection, django_capture_on_commit_callbacks):
    person = make_known(gao)
    correct_identity(actor=agent_of(gao), migrant=person, version=1, phone="22399887766", other_names="Zorglub")
    file = Attachment.objects.get().file
    number = person.case_number
    assert all(secret in everything() for secret in SECRETS[:4])
    with time_machine.travel(LATER, tick=False), django_capture_on_commit_callbacks(execute=False):
        one = decided(gao, manager, protection)
    with time_machine.travel(LATER, tick=False), django_capture_on_commit_callbacks(execute=True):
        forgetting.carry_out(one, actor=protection)
    person.refresh_from_db()
    assert (str(person), person.phone, person.origin_place, person.father_given_names, person.name_keys, person.registered_digest) == (
        "(identité effacée)",
        "",
        "",
        "",
        [],
        "",
    )
    assert (person.sex, person.nationality, person.registered_centre, person.born_on, person.birth_precision) == ("male", "GN", gao, datetime.date(1995, 12, 31), "year")
    assert person.case_number.startswith("EFF-")
    assert not (Note.objects.exists() or Attachment.objects.exists() or IdentityDocument.objects.exists())
    assert not file.storage.exists(file.name)
    assert not any(secret in everything() for secret in (*SECRETS, number))
    assert Forgotten.objects.filter(table="cases_migrant", row=str(person.pk), why=str(one.pk), actor_id=protection.pk).exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert verify().whole, verify().faults
    assert list(Migrant.objects.best_matching("Xantippe")) == []
    with pytest.raises(PermissionDenied):
        correct_identity(actor=agent_of(gao), migrant=person, version=person.version, surname="Revenu")
    assert not due().exists()


def test_all_indicators_before_are_all_indicators_after(manager, protection, persona):
    call_command("demo_data", migrants=120, seed=5, verbosity=0, stdout=io.StringIO())
    today = datetime.date.today()  # noqa: DTZ011
    period = Period(today - datetime.timedelta(days=900), today)
    before = tallies(MEASURES, period)
    assert before["assistance"].value > 20
    forgotten = 0
    with time_machine.travel(datetime.datetime(today.year + 40, 6, 1, 12, tzinfo=datetime.UTC), tick=False):
        for code in ("GAO", "BKO", "KAY"):
            manager = persona({"GAO": "manager.gao", "BKO": "manager.bamako", "KAY": "manager.kayes"}[code])
            centre = manager.postings.get().centre
            one = decided(centre, manager, protection)
            forgetting.carry_out(one, actor=None)
            forgotten += one.erasures.filter(done_at__isnull=False).count()
    assert forgotten > 40
    assert tallies(MEASURES, period) == before
    assert Migrant.objects.filter(forgotten_at__isnull=False).exclude(surname="").count() == 0
    # What is open is kept, and with it whoever it is about.
    assert not Migrant.objects.filter(forgotten_at__isnull=False, stays__departed_at__isnull=True, stays__isnull=False).exists()
    assert not ReturnCase.objects.filter(migrant__forgotten_at__isnull=False).exclude(place_to="").exists()
    assert not ReintegrationCase.objects.filter(migrant__forgotten_at__isnull=False).exclude(plan="").exists()
    assert not Visit.objects.filter(case__migrant__forgotten_at__isnull=False).exclude(note="").exists()


DAYS = st.dates(datetime.date(1930, 1, 1), datetime.date(2024, 12, 31))


@given(born_on=DAYS, days=st.sets(st.dates(datetime.date(2000, 1, 1), datetime.date(2026, 11, 30)), max_size=8))
def test_the_coarse_birth_keeps_every_age_group(born_on, days):
    days = {day for day in days if day >= born_on}
    coarse = coarse_birth(Migrant(born_on=born_on, birth_precision=Precision.DAY), days)
    assert coarse.year == born_on.year
    assert coarse >= born_on
    assert [_group(coarse, day) for day in days] == [_group(born_on, day) for day in days]


def test_what_is_open_or_young_holds(gao):
    person, child, guest = make_migrant(gao), make_minor(gao), make_migrant(gao)
    make_stay(gao, migrant=guest)
    today = datetime.date(2032, 6, 1)
    assert set(due(today)) == {person}
    assert reasons_to_keep(guest, today) == ["un séjour en cours"]
    assert reasons_to_keep(child, today) == ["Enfant, après sa majorité"]
    assert reasons_to_keep(person, datetime.date(2027, 1, 1)) == ["Enregistrement et prise en charge"]
    assert not due(datetime.date(2031, 6, 1)).exists()


def test_who_answers_for_a_child_is_kept_with_the_child(gao):
    adult = make_migrant(gao)
    child = make_minor(gao, accompanied_by=adult)
    assert not due(datetime.date(2032, 6, 1)).exists()
    assert set(due(datetime.date(2040, 6, 1))) == {adult, child}


def test_the_installation_may_set_its_own_times(gao, settings):
    make_migrant(gao)
    settings.RETENTION_MONTHS = {"registration": 240}
    assert not due(datetime.date(2036, 6, 1)).exists()


def test_two_people_decide(gao, manager, protection, persona):
    make_migrant(gao)
    with time_machine.travel(LATER, tick=False):
        proposed = forgetting.propose_erasure(actor=manager, centre=gao)
        with pytest.raises(ValidationError, match="deuxième personne"):
            forgetting.confirm_erasure(actor=manager, proposed=proposed)
        with pytest.raises(ValidationError, match="attend déjà"):
            forgetting.propose_erasure(actor=protection, centre=gao)
        for other in ("agent.gao", "manager.kayes", "admin"):
            with pytest.raises(PermissionDenied):
                forgetting.confirm_erasure(actor=persona(other), proposed=proposed)
        with pytest.raises(PermissionDenied):
            forgetting.erase_identity(actor=protection, erasure=proposed.erasures.get())
        with pytest.raises(IntegrityError), transaction.atomic():
            ErasureList.objects.filter(pk=proposed.pk).update(confirmed_by=manager, confirmed_at=LATER)
        forgetting.refuse_erasure(actor=protection, proposed=proposed)
        with pytest.raises(ValidationError):
            forgetting.confirm_erasure(actor=protection, proposed=proposed)
    assert not Migrant.objects.filter(forgotten_at__isnull=False).exists()


def test_whoever_came_back_meanwhile_is_kept(gao, manager, protection):
    person, other = make_migrant(gao), make_migrant(gao)
    with time_machine.travel(LATER, tick=False):
        one = decided(gao, manager, protection)
        make_stay(gao, migrant=person)
        forgetting.carry_out(one, actor=None)
        kept = Erasure.objects.get(migrant=person)
        assert "séjour" in kept.kept_because
    person.refresh_from_db()
    other.refresh_from_db()
    assert person.forgotten_at is None
    assert other.forgotten_at is not None


def test_killed_in_the_middle_it_goes_on(gao, manager, protection):
    for _ in range(3):
        make_migrant(gao)

    def say(done, total, step):
        if done == 1:
            raise RuntimeError("killed")

    with time_machine.travel(LATER, tick=False):
        one = decided(gao, manager, protection)
        with pytest.raises(RuntimeError):
            forgetting.carry_out(one, actor=protection, say=say)
        assert Migrant.objects.filter(forgotten_at__isnull=False).count() == 1
        numbers = set(Migrant.objects.filter(forgotten_at__isnull=False).values_list("case_number", flat=True))
        for _time in range(2):
            one = forgetting.carry_out(one, actor=protection)
    assert Migrant.objects.filter(forgotten_at__isnull=False).count() == 3
    assert numbers < set(Migrant.objects.values_list("case_number", flat=True))
    assert one.done_at


@pytest.mark.django_db(transaction=True)
def test_the_history_is_blanked_only_with_a_word_about_it(centre):
    person = make_migrant(centre("GAO"))
    rows = Change.objects.filter(table="cases_migrant", row=str(person.pk))
    for attempt in ({"before": None, "after": None}, {"after": {"surname": "x"}}, {"actor_id": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**attempt)
    with transaction.atomic():
        set_actor(agent_of(centre("GAO")))
        with connection.cursor() as cursor:
            cursor.execute("SELECT audit_forget(%s, %s, %s, 'essai')", [str(person.pk), ["cases_migrant"], [str(person.pk)]])
    assert verify().whole
    assert rows.get().after is None
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(after={"surname": "x"})
    with pytest.raises(IntegrityError), transaction.atomic():
        Forgotten.objects.all().delete()
    # Whoever takes the word away with the triggers off is found.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_forgotten DISABLE TRIGGER ALL; DELETE FROM audit_forgotten; ALTER TABLE audit_forgotten ENABLE TRIGGER ALL")
    assert not verify().whole


def test_the_command(gao, manager, protection):
    person = make_migrant(gao)
    out = io.StringIO()
    with time_machine.travel(LATER, tick=False):
        call_command("anonymise_due", "--dry-run", stdout=out)
        assert person.case_number in out.getvalue()
        call_command("anonymise_due", stdout=out)
        assert "rien à effacer" in out.getvalue()
        assert not Migrant.objects.filter(forgotten_at__isnull=False).exists()
        decided(gao, manager, protection)
        call_command("anonymise_due", stdout=out)
    assert "1 identités effacées" in out.getvalue()
    assert Migrant.objects.get(pk=person.pk).forgotten_at


@pytest.mark.django_db(transaction=True)
def test_through_the_pages_and_the_worker(as_user, centre, monkeypatch):
    person = make_migrant(centre("GAO"), surname="Xantippe")
    monkeypatch.setattr(rights, "due_at", lambda centre: due_at(centre, LATER.date()))
    monkeypatch.setattr(forgetting, "due_at", lambda centre: due_at(centre, LATER.date()))
    monkeypatch.setattr(forgetting, "reasons_to_keep", lambda migrant: reasons_to_keep(migrant, LATER.date()))
    manager, protection = as_user("manager.gao"), as_user("protection")
    assert "Xantippe" in manager.get("/migrants/retention/").content.decode()
    page = manager.post("/migrants/retention/GAO/propose/")["Location"]
    assert "Une deuxième personne" in manager.get(page).content.decode()
    manager.post(page + "decide/", {"confirm": "1"})
    assert ErasureList.objects.get().waiting
    assert "Effacements à confirmer" in protection.get("/").content.decode()
    assert "Xantippe" in protection.get(page).content.decode()
    for _click in range(2):
        protection.post(page + "decide/", {"confirm": "1"})
    one = ErasureList.objects.get()
    run(one.job_id)
    person.refresh_from_db()
    assert person.forgotten_at
    assert "Xantippe" not in protection.get(page).content.decode()
    assert verify().whole
    assert as_user("agent.gao").get("/migrants/retention/").status_code == 403
    assert as_user("manager.kayes").get(page).status_code == 404
    assert uuid.UUID(str(one.pk))
