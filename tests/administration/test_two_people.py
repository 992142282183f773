"""No administrator alone opens a way to the files: not by a new account, not through somebody else's, not by a manager's slip."""

import datetime
import importlib

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from administration import services
from administration.models import AccessRequest, AccountAct
from audit.models import Change
from centres import services as centres
from centres.access import may
from centres.models import Posting
from centres.roles import FILE_ROLES, Right, Role
from tests.databases import PASSWORD as DEMO_PASSWORD

from .factories import PASSWORD, give, make_account, make_administrator, make_posting

pytestmark = pytest.mark.django_db


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def signs_in(username: str, password: str) -> bool:
    return Client().post("/accounts/login/", {"login": username, "password": password}).status_code == 302


# --- roles ---------------------------------------------------------------------------------------------------------


def test_a_role_that_reads_files_waits_for_a_second_administrator(as_user, persona, centre):
    """The way of the attack: a new account, the national protection role, the password that was shown."""
    client, admin = as_user("admin"), persona("admin")
    user, _password = services.create_user(actor=admin, username="marionnette", first_name="A", last_name="B", organisation=persona("protection").organisation)
    sent = {"role": "protection_officer", "centre": "", "since": timezone.localdate().isoformat()}
    assert client.post(f"/administration/users/{user.pk}/postings/new/", sent).status_code == 302
    posting = Posting.objects.get(user=user)
    assert posting.confirmed_at is None and not may(again(user), Right.VIEW_CASE)
    client.post(f"/administration/postings/{posting.pk}/confirm/")
    assert not may(again(user), Right.VIEW_CASE)
    assert "1 rôle proposé attend votre confirmation" in as_user("admin2").get("/").content.decode().replace("\xa0", " ")
    assert "attend votre confirmation" not in client.get("/").content.decode()
    as_user("admin2").post(f"/administration/postings/{posting.pk}/confirm/")
    assert may(again(user), Right.VIEW_PROTECTION, centre("GAO"))


@pytest.mark.parametrize("role", sorted(FILE_ROLES | {Role.ADMINISTRATOR}))
def test_every_role_that_reads_files_or_manages_accounts_waits_and_others_do_not(persona, centre, role):
    where = None if role in (Role.ADMINISTRATOR,) else centre("GAO")
    posting = services.give_posting(actor=persona("admin"), user=make_account(organisation="OIM"), role=role, centre=where)
    assert posting.confirmed_at is None
    at_once = services.give_posting(actor=persona("admin"), user=make_account(organisation="OIM"), role=Role.FLOW_MONITOR, centre=None)
    assert at_once.confirmed_at is not None


def test_an_administrator_of_ones_own_making_cannot_be_the_second(persona):
    admin, admin2 = persona("admin"), persona("admin2")
    puppet, _password = services.create_user(actor=admin, username="marionnette", first_name="A", last_name="B", organisation=admin.organisation)
    centres.post(actor=None, user=puppet, role=Role.ADMINISTRATOR, centre=None)
    posting = services.give_posting(actor=admin, user=make_account(), role=Role.REINTEGRATION_OFFICER, centre=None)
    with pytest.raises(ValidationError, match="viennent l’un de l’autre"):
        services.confirm_posting(actor=again(puppet), posting=posting)
    # The other way round: what the puppet proposes its maker cannot confirm.
    theirs = services.give_posting(actor=again(puppet), user=make_account(), role=Role.REINTEGRATION_OFFICER, centre=None)
    with pytest.raises(ValidationError, match="viennent l’un de l’autre"):
        services.confirm_posting(actor=admin, posting=theirs)
    services.confirm_posting(actor=admin2, posting=posting)


def test_two_accounts_taken_over_by_a_third_are_not_two(persona):
    admin, one, two = persona("admin"), make_administrator(), make_administrator()
    for user in (one, two):
        assert services.reset_password(actor=admin, user=user).request is None  # an administrator reads no file
    posting = services.give_posting(actor=one, user=make_account(), role=Role.REINTEGRATION_OFFICER, centre=None)
    with pytest.raises(ValidationError, match="viennent l’un de l’autre"):
        services.confirm_posting(actor=two, posting=posting)
    services.confirm_posting(actor=persona("admin2"), posting=posting)


def test_who_runs_the_server_makes_two_administrators_independent_again(persona, capsys):
    admin, admin2 = persona("admin"), persona("admin2")
    services.reset_password(actor=admin, user=admin2)
    posting = services.give_posting(actor=admin, user=make_account(), role=Role.REINTEGRATION_OFFICER, centre=None)
    with pytest.raises(ValidationError):
        services.confirm_posting(actor=admin2, posting=posting)
    with pytest.raises(CommandError, match="administrateur"):
        call_command("new_password", "protection")
    call_command("new_password", "admin2")
    assert again(admin2).check_password(capsys.readouterr().out.split("admin2 : ")[1].split()[0])
    services.confirm_posting(actor=admin2, posting=posting)


# --- roles that do not go together -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "words"),
    [
        ("admin", "ne va pas avec « administrateur »"),
        ("auditor", "ne va pas avec « auditeur »"),
        ("steering.mme", "ne va pas avec « comité de pilotage »"),
        ("me.iom", "un administrateur doit proposer ce rôle"),
        ("me.aecid", "n’est pas ouvert à l’organisation"),
    ],
)
def test_a_manager_makes_no_reader_of_those_who_control(as_user, persona, username, words):
    client, url = as_user("manager.kayes"), "/administration/centres/KAY/staff/"
    page = client.post(url, {"username": username})
    assert page.status_code == 200
    assert words in page.content.decode().replace("\xa0", " ")
    assert not Posting.objects.filter(user=persona(username), centre__isnull=False).exists()
    assert not may(persona(username), Right.VIEW_CASE)
    newcomer = make_account("awa.traore")
    assert client.post(url, {"username": "awa.traore"}).status_code == 302
    assert may(again(newcomer), Right.VIEW_CASE)


def test_incompatible_roles_are_refused_in_both_orders_and_by_the_database(persona, centre):
    agent = make_posting(centre("GAO")).user
    with pytest.raises(ValidationError, match="ne va pas avec"):
        services.give_posting(actor=persona("admin"), user=agent, role=Role.AUDITOR, centre=None)
    for username, role in (("auditor", Role.CENTRE_AGENT), ("admin", Role.CENTRE_MANAGER), ("steering.mme", Role.CENTRE_AGENT)):
        with pytest.raises(IntegrityError, match="posting_compatible"), transaction.atomic():
            Posting.objects.create(user=persona(username), role=role, centre=centre("GAO"), confirmed_at=timezone.now())
    # One after the other is no conflict, and two roles that control, or two that read, may be held together.
    centres.end_posting(actor=persona("admin"), posting=agent.postings.get())
    services.give_posting(actor=persona("admin"), user=agent, role=Role.AUDITOR, centre=None)
    services.give_posting(actor=persona("admin"), user=agent, role=Role.FLOW_MONITOR, centre=None)
    give(make_posting(centre("GAO")).user, Role.REINTEGRATION_OFFICER)


def test_monitoring_is_also_posted_to_a_centre_only_by_two_administrators(persona, centre):
    monitor = persona("me.iom")
    with pytest.raises(ValidationError, match="un administrateur doit proposer"):
        services.give_posting(actor=persona("manager.kayes"), user=monitor, role=Role.CENTRE_AGENT, centre=centre("KAY"))
    posting = services.give_posting(actor=persona("admin"), user=monitor, role=Role.CENTRE_AGENT, centre=centre("KAY"))
    assert not may(again(monitor), Right.VIEW_CASE)
    services.confirm_posting(actor=persona("admin2"), posting=posting)
    assert may(again(monitor), Right.VIEW_CASE, centre("KAY")) and not may(again(monitor), Right.VIEW_CASE, centre("GAO"))
    with pytest.raises(ValidationError, match="ne va pas avec"):
        services.give_posting(actor=persona("admin"), user=monitor, role=Role.PROTECTION_OFFICER, centre=None)
    with pytest.raises(IntegrityError, match="posting_compatible"), transaction.atomic():
        Posting.objects.create(user=monitor, role=Role.PROTECTION_OFFICER, confirmed_at=timezone.now())
    # The other way round too: whoever reads files becomes monitor as two administrators decide.
    assert services.give_posting(actor=persona("admin"), user=make_agent_of_iom(centre), role=Role.ME_IOM, centre=None).confirmed_at is None


def make_agent_of_iom(centre) -> User:
    return make_posting(centre("GAO"), make_account(organisation="OIM")).user


# --- the account of somebody who reads files -------------------------------------------------------------------------


def test_a_reset_password_lets_nobody_in_until_a_second_person_confirms(as_user, persona):
    """The way of the attack: reset `protection`, sign in with what was shown."""
    user, client = persona("protection"), as_user("admin")
    page = client.post(f"/administration/users/{user.pk}/password/")
    new = page.context["secret"]
    assert "ne marche pas encore" in page.content.decode().replace("\xa0", " ")
    assert not signs_in("protection", new) and signs_in("protection", DEMO_PASSWORD)
    wish = AccessRequest.objects.get()
    client.post(f"/administration/access-requests/{wish.pk}/confirm/")
    assert not signs_in("protection", new)
    # Posted nationally: no manager of one centre knows them; the person has no page to confirm on.
    for other, status in (("manager.gao", 404), ("protection", 403), ("agent.gao", 403)):
        assert as_user(other).post(f"/administration/access-requests/{wish.pk}/confirm/").status_code == status
    theirs = as_user("protection")
    assert theirs.get("/").status_code == 200
    assert "1 demande sur l’accès" in as_user("admin2").get("/").content.decode().replace("\xa0", " ")
    assert as_user("admin2").post(f"/administration/access-requests/{wish.pk}/confirm/").status_code == 302
    assert signs_in("protection", new) and not signs_in("protection", DEMO_PASSWORD)
    assert theirs.get("/").status_code == 302, "sessions end with the old password"
    act = AccountAct.objects.get(user=user, kind="password")
    assert (act.by, act.confirmed_by) == (persona("admin"), persona("admin2"))
    wish.refresh_from_db()
    assert wish.password == ""
    assert not Change.objects.filter(table="administration_accessrequest", after__has_key="password").exists()


def test_the_manager_of_the_centre_confirms_and_another_centres_does_not(as_user, persona, centre):
    user = make_posting(centre("KAY")).user
    asked = services.reset_password(actor=persona("admin"), user=user)
    assert asked.request and again(user).check_password(PASSWORD)
    with pytest.raises(PermissionDenied):
        services.confirm_access(actor=persona("manager.gao"), request=asked.request)
    assert "attend votre confirmation" in as_user("manager.kayes").get("/").content.decode()
    assert str(user) in as_user("manager.kayes").get("/administration/postings/waiting/").content.decode()
    assert str(user) not in as_user("manager.gao").get("/administration/postings/waiting/").content.decode()
    services.confirm_access(actor=persona("manager.kayes"), request=asked.request)
    services.confirm_access(actor=persona("manager.kayes"), request=asked.request)  # a double click
    assert again(user).check_password(asked.password)
    assert AccountAct.objects.filter(user=user, kind="password").count() == 1
    with pytest.raises(ValidationError, match="n’attend plus"):
        services.confirm_access(actor=persona("admin2"), request=asked.request)


def test_a_helper_of_ones_own_making_and_the_person_cannot_confirm(persona, centre):
    admin, manager = persona("admin"), persona("manager.kayes")
    asked = services.reset_password(actor=admin, user=manager)
    with pytest.raises(ValidationError, match="votre compte"):
        services.confirm_access(actor=manager, request=asked.request)
    helper = make_administrator()
    services.reset_password(actor=admin, user=helper)
    with pytest.raises(ValidationError, match="viennent l’un de l’autre"):
        services.confirm_access(actor=helper, request=asked.request)
    AccountAct.objects.filter(user=helper).update(at=timezone.now() - services.INDEPENDENCE - datetime.timedelta(days=1))
    services.confirm_access(actor=helper, request=asked.request)
    # The manager's access comes from `admin` now: for 30 days they do not vouch for what `admin` asks.
    agent = services.reset_password(actor=admin, user=make_posting(centre("KAY")).user)
    with pytest.raises(ValidationError, match="viennent l’un de l’autre"):
        services.confirm_access(actor=manager, request=agent.request)


def test_the_second_factor_stays_until_confirmed(persona):
    user = persona("protection")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    asked = services.reset_second_factor(actor=persona("admin"), user=user, reason="téléphone perdu")
    assert Authenticator.objects.filter(user=user).exists()
    services.refuse_access(actor=persona("admin2"), request=asked.request)
    with pytest.raises(ValidationError, match="n’attend plus"):
        services.confirm_access(actor=persona("admin2"), request=asked.request)
    asked = services.reset_second_factor(actor=persona("admin"), user=user, reason="téléphone perdu")
    services.confirm_access(actor=persona("admin2"), request=asked.request)
    assert not Authenticator.objects.filter(user=user).exists()


def test_closing_and_opening_again_is_no_way_around(persona):
    user, admin = persona("protection"), persona("admin")
    services.deactivate_user(actor=admin, user=user, reason="pour la rouvrir")
    asked = services.reactivate_user(actor=admin, user=again(user))
    assert asked.request and not again(user).is_active
    services.confirm_access(actor=persona("admin2"), request=asked.request)
    assert again(user).is_active and again(user).check_password(asked.password)


def test_nor_is_a_role_that_only_waits_or_begins_later(persona, centre):
    user = make_account(organisation="OIM")
    assert services.reset_password(actor=persona("admin"), user=user).request is None
    services.give_posting(actor=persona("admin"), user=user, role=Role.PROTECTION_OFFICER, centre=None)
    assert services.reset_password(actor=persona("admin"), user=user).request is not None


def test_an_old_wish_is_dead_and_a_new_one_replaces_it(persona):
    user, admin, admin2 = persona("protection"), persona("admin"), persona("admin2")
    first = services.reset_password(actor=admin, user=user)
    second = services.reset_password(actor=admin, user=user)
    with pytest.raises(ValidationError, match="n’attend plus"):
        services.confirm_access(actor=admin2, request=first.request)
    AccessRequest.objects.filter(pk=second.request.pk).update(asked_at=timezone.now() - AccessRequest.LIFE - datetime.timedelta(hours=1))
    with pytest.raises(ValidationError, match="n’attend plus"):
        services.confirm_access(actor=admin2, request=second.request)
    third = services.reset_password(actor=admin, user=user)
    services.confirm_access(actor=admin2, request=third.request)
    assert again(user).check_password(third.password)


def test_the_database_refuses_confirmation_by_the_one_who_asked(persona):
    asked = services.reset_password(actor=persona("admin"), user=persona("protection"))
    for by in ("admin", "protection"):
        with pytest.raises(IntegrityError, match="access_request_two_people"), transaction.atomic():
            AccessRequest.objects.filter(pk=asked.request.pk).update(state="confirmed", decided_by=persona(by), decided_at=timezone.now(), password="")


def test_the_migration_ends_what_was_held_together(persona, centre):
    """Roles from before the rule: what reads files ended when the other began; the rest stays."""
    sql = importlib.import_module("centres.migrations.0004_compatible_roles").END_WHAT_CANNOT_STAY
    auditor, monitor, day = persona("auditor"), persona("me.iom"), datetime.date(2026, 3, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'posting_compatible'")
        constraint = cursor.fetchone()[0]
        cursor.execute("ALTER TABLE centres_posting DROP CONSTRAINT posting_compatible")
        auditor.postings.update(since=day)
        early = Posting.objects.create(
            user=auditor, role=Role.CENTRE_AGENT, centre=centre("GAO"), since=day - datetime.timedelta(days=9), confirmed_at=timezone.now(), granted=True
        )
        late = Posting.objects.create(user=auditor, role=Role.CENTRE_AGENT, centre=centre("KAY"), since=day, confirmed_at=timezone.now())
        allowed = Posting.objects.create(user=monitor, role=Role.CENTRE_AGENT, centre=centre("KAY"), since=day, confirmed_at=timezone.now())
        assert may(again(auditor), Right.VIEW_CASE)
        cursor.execute(sql)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE centres_posting ADD CONSTRAINT posting_compatible {constraint}")
    before = day - datetime.timedelta(days=1)
    assert [(p.since, p.until) for p in Posting.objects.filter(pk__in=[early.pk, late.pk]).order_by("pk")] == [
        (day - datetime.timedelta(days=9), before),
        (before, before),
    ]
    assert Posting.objects.get(pk=allowed.pk).until is None
    assert not may(again(auditor), Right.VIEW_CASE) and may(again(auditor), Right.VIEW_AUDIT)
