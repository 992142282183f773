"""Every demonstration account signs in and finds a first page of its own."""

import pytest
from playwright.sync_api import expect

from administration.demo.accounts import ACCOUNTS

from .conftest import sign_in_by_hand


@pytest.mark.parametrize("username", [account[0] for account in ACCOUNTS])
def test_every_account_finds_its_own_home_page(open_browser, sessions, username):
    page = open_browser().new_page()
    sign_in_by_hand(page, username)
    sessions.setdefault(username, page.context.storage_state())
    given, surname = next((a[1], a[2]) for a in ACCOUNTS if a[0] == username)
    expect(page).to_have_title("Accueil – Sira")
    expect(page.get_by_role("heading", level=1)).to_contain_text(given)
    expect(page.get_by_role("banner")).to_contain_text(f"{given} {surname}")
    # Not the empty state: each role has something to do or to see.
    expect(page.get_by_text("Aucun rôle ne vous est encore attribué")).to_have_count(0)
    assert page.get_by_role("navigation", name="Menu principal").get_by_role("link").count() >= 1


def test_wrong_password_says_so_and_keeps_the_name(open_browser):
    page = open_browser().new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Identifiant").fill("agent.gao")
    page.get_by_label("Mot de passe").fill("ce n’est pas lui")
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("Identifiant")).to_have_value("agent.gao")
