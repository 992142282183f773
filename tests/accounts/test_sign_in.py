import time

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from administration.demo.accounts import ACCOUNTS
from tests.databases import PASSWORD

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _fresh_throttle(db):
    cache.clear()


def sign_in(username: str, password: str = PASSWORD) -> tuple[Client, object]:
    client = Client()
    return client, client.post(LOGIN, {"login": username, "password": password})


@pytest.mark.parametrize("username", [account[0] for account in ACCOUNTS])
def test_every_demonstration_account_signs_in_and_sees_its_home(db, username):
    client, answer = sign_in(username)
    assert answer.status_code == 302
    home = client.get("/")
    assert home.status_code == 200
    assert User.objects.get(username=username).first_name in home.content.decode()


def test_signing_in_is_not_announced(db):
    """Whoever sees the page knows that they are in: nothing green at the top of every day's first page."""
    client, _ = sign_in("agent.gao")
    home = client.get("/")
    assert not list(home.context["messages"]) and "Connexion" not in home.content.decode()


def test_a_wrong_password_is_refused_without_saying_which_part_was_wrong(db):
    _, known = sign_in("agent.gao", "faux-mot-de-passe")
    _, unknown = sign_in("personne.nulle.part", "faux-mot-de-passe")
    assert known.status_code == unknown.status_code == 200
    assert known.context["form"].errors == unknown.context["form"].errors


def test_sign_in_is_throttled(db):
    for _ in range(5):
        sign_in("agent.gao", "faux-mot-de-passe")
    _, answer = sign_in("agent.gao")
    assert answer.status_code in (200, 429)
    client, _ = sign_in("agent.kayes")
    assert client.get("/").status_code == 200  # another account is not locked out


def test_an_idle_session_ends_and_an_active_one_goes_on(as_user, settings):
    client = as_user("agent.gao")
    client.get("/")
    session = client.session
    session["seen_at"] = int(time.time()) - settings.SESSION_IDLE_SECONDS + 30
    session.save()
    assert client.get("/").status_code == 200
    session = client.session
    session["seen_at"] = int(time.time()) - settings.SESSION_IDLE_SECONDS - 1
    session.save()
    assert client.get("/").status_code == 302


def test_a_session_ends_after_its_absolute_time_however_busy(as_user, settings):
    client = as_user("agent.gao")
    client.get("/")
    session = client.session
    session["started_at"] = int(time.time()) - settings.SESSION_ABSOLUTE_SECONDS - 1
    session.save()
    assert client.get("/").status_code == 302


def test_a_clock_set_back_does_not_prolong_a_session(as_user, settings):
    client = as_user("agent.gao")
    client.get("/")
    session = client.session
    session["seen_at"] = int(time.time()) + settings.SESSION_IDLE_SECONDS + 5
    session.save()
    assert client.get("/").status_code == 302


def test_a_given_password_opens_only_the_page_where_it_is_changed(as_user, persona):
    agent = persona("agent.gao")
    agent.password_change_due = True
    agent.save()
    client = as_user("agent.gao")
    assert client.get("/migrants/").url == reverse("account_change_password")
    assert client.get("/api/v1/migrants/").status_code == 403
    new = "un-tout-autre-secret-2026"
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.get("/migrants/").status_code == 200


def test_a_short_password_is_refused(as_user, persona):
    client = as_user("agent.gao")
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": "court", "password2": "court"})
    assert persona("agent.gao").check_password(PASSWORD)


@pytest.mark.parametrize("username", ["admin", "auditor", "protection"])
def test_who_sees_more_than_one_centre_needs_a_second_factor(as_user, settings, username):
    settings.SECOND_FACTOR_REQUIRED = True
    client = as_user(username)
    assert client.get("/").url == reverse("mfa_activate_totp")
    assert client.get("/api/v1/migrants/").status_code == 403


@pytest.mark.parametrize("username", ["agent.gao", "steering.eu", "returns.bamako"])
def test_who_sees_one_centre_or_no_name_may_do_without(as_user, settings, username):
    settings.SECOND_FACTOR_REQUIRED = True
    assert as_user(username).get("/").status_code == 200


def test_second_factor_from_setting_up_to_recovery_code(settings, persona):
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    settings.SECOND_FACTOR_REQUIRED = True
    client, _ = sign_in("admin")
    asked_again = client.get(reverse("mfa_activate_totp"))
    assert asked_again.url.startswith(reverse("account_reauthenticate"))  # whoever finds an open screen cannot set it up
    client.post(asked_again.url, {"password": PASSWORD})
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    secret = client.session["mfa.totp.secret"]

    def code() -> str:
        return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))

    assert client.post(reverse("mfa_activate_totp"), {"code": code()}).status_code == 302
    assert client.get("/").status_code == 200
    codes = client.get(reverse("mfa_view_recovery_codes"))
    recovery = codes.context["unused_codes"]
    assert len(recovery) >= 8

    second, answer = sign_in("admin")
    assert answer.url.startswith(reverse("mfa_authenticate"))
    assert second.get("/").status_code == 302  # the password alone is not enough
    assert second.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    second.post(reverse("mfa_authenticate"), {"code": recovery[0]})
    assert second.get("/").status_code == 200
    third, _ = sign_in("admin")
    third.post(reverse("mfa_authenticate"), {"code": recovery[0]})
    assert third.get("/").status_code == 302  # a recovery code works once


def test_accounts_are_not_opened_by_visitors(client):
    assert client.get("/accounts/signup/").status_code == 404


def test_signing_out_ends_the_session(as_user):
    client = as_user("agent.gao")
    client.post(reverse("account_logout"))
    assert client.get("/migrants/").status_code == 302
