"""Accounts: opened, changed, closed, given a new password; by administrators only, and never so that nobody is left."""

import threading

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from rest_framework.authtoken.models import Token

from accounts.models import Organisation, User
from administration import services
from administration.models import AccountAct
from audit.acting import Stale
from audit.models import Change
from centres.models import Posting
from centres.roles import Role

from .factories import PASSWORD, make_account, make_administrator

pytestmark = pytest.mark.django_db


def person(**changes):
    return {"username": "awa.traore", "first_name": "Awa", "last_name": "Traoré", "organisation": Organisation.objects.get(code="DGME")} | changes


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_administrator_opens_an_account_and_manager_may_not(persona):
    user, password = services.create_user(actor=persona("admin"), **person())
    assert user.check_password(password)
    assert user.password_change_due
    for other in ("manager.gao", "auditor", "agent.gao"):
        with pytest.raises(PermissionDenied):
            services.create_user(actor=persona(other), **person(username="autre"))


def test_temporary_password_opens_only_its_change(persona):
    user, password = services.create_user(actor=persona("admin"), **person())
    client = Client()
    assert client.login(username=user.username, password=password) or client.force_login(user) is None
    assert client.get("/").headers["Location"] == "/accounts/password/change/"
    answer = client.post("/accounts/password/change/", {"oldpassword": password, "password1": "une phrase à moi seule", "password2": "une phrase à moi seule"})
    assert answer.status_code == 302
    user.refresh_from_db()
    assert not user.password_change_due
    assert is_signed_in(client)


def test_a_name_is_taken_in_any_capitals(persona):
    services.create_user(actor=persona("admin"), **person())
    with pytest.raises(ValidationError) as refusal:
        services.create_user(actor=persona("admin"), **person(username="AWA.Traore"))
    assert "username" in refusal.value.message_dict


def test_edit_needs_what_was_seen(persona):
    user = make_account()
    seen = services.fingerprint(user)
    services.edit_user(actor=persona("admin"), user=user, seen=seen, last_name="Diallo")
    with pytest.raises(Stale) as stale:
        services.edit_user(actor=persona("admin2"), user=user, seen=seen, last_name="Keïta")
    assert stale.value.current.last_name == "Diallo"


def test_an_organisation_must_allow_the_roles_held(persona):
    user = persona("agent.gao")
    with pytest.raises(ValidationError) as refusal:
        services.edit_user(actor=persona("admin"), user=user, seen=services.fingerprint(user), organisation=Organisation.objects.get(code="DUE"))
    assert "organisation" in refusal.value.message_dict
    services.edit_user(actor=persona("admin"), user=user, seen=services.fingerprint(user), organisation=Organisation.objects.get(code="OIM"))


def test_deactivation_ends_sessions_and_token_at_once(persona):
    user = make_account()
    theirs, another = signed_in(user), signed_in(persona("agent.gao"))
    Token.objects.create(user=user)
    assert is_signed_in(theirs)
    services.deactivate_user(actor=persona("admin"), user=user, reason="départ de la structure")
    assert not is_signed_in(theirs)
    assert is_signed_in(another)
    assert not Token.objects.filter(user=user).exists()
    services.reactivate_user(actor=persona("admin"), user=user)
    assert not is_signed_in(theirs), "an old session must not come back with the account"


def test_deactivation_needs_a_reason_and_another_person(persona):
    with pytest.raises(ValidationError) as refusal:
        services.deactivate_user(actor=persona("admin"), user=make_account(), reason="  ")
    assert "reason" in refusal.value.message_dict
    with pytest.raises(ValidationError, match="propre compte"):
        services.deactivate_user(actor=persona("admin"), user=persona("admin"), reason="je pars")
    with pytest.raises(PermissionDenied):
        services.deactivate_user(actor=persona("manager.gao"), user=persona("agent.gao"), reason="départ de la structure")


def test_reactivation_gives_a_new_password(persona):
    user = make_account()
    services.deactivate_user(actor=persona("admin"), user=user, reason="absence longue")
    asked = services.reactivate_user(actor=persona("admin"), user=user)
    user, password = asked.user, asked.password
    user.refresh_from_db()
    assert user.check_password(password)
    assert not user.check_password(PASSWORD)
    with pytest.raises(ValidationError):
        services.reactivate_user(actor=persona("admin"), user=user)


def test_password_reset_ends_sessions_and_is_throttled(persona):
    user = make_account()
    client = signed_in(user)
    password = services.reset_password(actor=persona("admin"), user=user).password
    assert not is_signed_in(client)
    user.refresh_from_db()
    assert user.check_password(password)
    assert user.password_change_due
    for _ in range(services.MOST_RESETS_OF_ONE - 1):
        services.reset_password(actor=persona("admin"), user=user)
    with pytest.raises(ValidationError, match="Trop"):
        services.reset_password(actor=persona("admin2"), user=user)
    services.reset_password(actor=persona("admin"), user=make_account())


def test_one_administrator_cannot_reset_everybody(persona):
    AccountAct.objects.bulk_create(AccountAct(user=make_account(), kind=AccountAct.Kind.PASSWORD, by=persona("admin")) for _ in range(services.MOST_RESETS_BY_ONE - 1))
    services.reset_password(actor=persona("admin"), user=make_account())
    user = make_account()
    with pytest.raises(ValidationError, match="Trop"):
        services.reset_password(actor=persona("admin"), user=user)
    services.reset_password(actor=persona("admin2"), user=user)


def test_nobody_resets_themselves(persona):
    with pytest.raises(ValidationError):
        services.reset_password(actor=persona("admin"), user=persona("admin"))
    with pytest.raises(ValidationError):
        services.reset_second_factor(actor=persona("admin"), user=persona("admin"), reason="téléphone perdu")


def test_second_factor_is_taken_with_a_reason_that_stays(persona):
    user = make_account()
    with pytest.raises(ValidationError, match="pas de second facteur"):
        services.reset_second_factor(actor=persona("admin"), user=user, reason="téléphone perdu")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "tres-secret"})
    with pytest.raises(ValidationError):
        services.reset_second_factor(actor=persona("admin"), user=user, reason="")
    client = signed_in(user)
    services.reset_second_factor(actor=persona("admin"), user=user, reason="téléphone perdu")
    assert not Authenticator.objects.filter(user=user).exists()
    assert not is_signed_in(client)
    act = AccountAct.objects.get(user=user, kind="second_factor")
    assert (act.by, act.reason) == (persona("admin"), "téléphone perdu")
    assert Change.objects.filter(table="administration_accountact", row=str(act.pk), actor_id=persona("admin").pk).exists()
    assert not Change.objects.filter(after__icontains="tres-secret").exists()


def test_token_is_shown_once_and_taken_back(persona):
    user = persona("flows")
    first = services.create_token(actor=user)
    key = services.create_token(actor=user)
    client = Client()
    assert client.get("/api/v1/flow-counts/", HTTP_AUTHORIZATION=f"Token {first}").status_code in (401, 403)
    assert client.get("/api/v1/flow-counts/", HTTP_AUTHORIZATION=f"Token {key}").status_code == 200
    assert services.revoke_token(actor=persona("admin"), user=user)
    assert client.get("/api/v1/flow-counts/", HTTP_AUTHORIZATION=f"Token {key}").status_code in (401, 403)
    assert not Change.objects.filter(after__icontains=key).exists()
    with pytest.raises(PermissionDenied):
        services.revoke_token(actor=persona("agent.gao"), user=user)


def test_a_new_password_ends_the_token(persona):
    user = make_account()
    services.create_token(actor=user)
    services.reset_password(actor=persona("admin"), user=user)
    assert not Token.objects.filter(user=user).exists()


def test_the_last_administrator_stays(persona):
    services.deactivate_user(actor=persona("admin"), user=persona("admin2"), reason="départ de la structure")
    last = Posting.objects.get(user=persona("admin"))
    with pytest.raises(ValidationError, match="dernier administrateur"):
        services.end_posting(actor=persona("admin"), posting=last)
    third = make_administrator()
    services.end_posting(actor=third, posting=last)
    with pytest.raises(ValidationError, match="propre compte"):
        services.deactivate_user(actor=third, user=third, reason="départ de la structure")


@pytest.mark.django_db(transaction=True)
def test_two_administrators_removing_each_other_leave_one():
    one, two = User.objects.get(username="admin"), User.objects.get(username="admin2")
    barrier, refused = threading.Barrier(2), []

    def close(actor, user):
        try:
            barrier.wait()
            services.deactivate_user(actor=actor, user=user, reason="course entre deux")
        except (ValidationError, PermissionDenied):
            refused.append(actor.username)
        finally:
            connection.close()

    threads = [threading.Thread(target=close, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert User.objects.filter(username__in=["admin", "admin2"], is_active=True).count() == 1


def test_first_administrator_of_an_installation(capsys):
    with pytest.raises(CommandError, match="déjà deux administrateurs"):
        call_command("create_admin", "awa.traore", organisation="DGME")
    Posting.objects.filter(role=Role.ADMINISTRATOR).delete()
    with pytest.raises(CommandError, match="inconnue"):
        call_command("create_admin", "awa.traore", organisation="?")
    call_command("create_admin", "awa.traore", organisation="DGME")
    password = capsys.readouterr().out.split("Mot de passe provisoire : ")[1].split()[0]
    user = User.objects.get(username="awa.traore")
    assert user.check_password(password)
    assert Posting.objects.active().filter(user=user, role=Role.ADMINISTRATOR).exists()
    # The second one too comes from the installation: otherwise nobody could confirm the first file-reading role.
    call_command("create_admin", "oumar.diallo", organisation="DGME")
    with pytest.raises(CommandError, match="déjà deux administrateurs"):
        call_command("create_admin", "encore.un", organisation="DGME")
    one, two = (User.objects.get(username=name) for name in ("awa.traore", "oumar.diallo"))
    posting = services.give_posting(actor=one, user=make_account(organisation="OIM"), role=Role.PROTECTION_OFFICER, centre=None)
    assert services.confirm_posting(actor=two, posting=posting).confirmed_by == two
