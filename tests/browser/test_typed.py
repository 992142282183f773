"""A session that ends while somebody types: nothing is lost, nothing is registered twice, nobody else sees it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import databases

from .conftest import PHONE, WIDE, sign_in_by_hand
from .test_main_path import fill_identity

REGISTER = "/migrants/register/"
BACK = "Ce que vous aviez saisi est de nouveau là"


def end_session(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


def sign_in_here(page: Page, username: str) -> None:
    """On the sign-in page that one was led to."""
    page.get_by_label("Identifiant").fill(username)
    page.get_by_label("Mot de passe").fill(databases.PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def kept(page: Page) -> list[str]:
    page.wait_for_load_state("domcontentloaded")  # the scripts have run
    return page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('sira-typed:'))")


def save(page: Page) -> None:
    page.get_by_role("main").get_by_role("button", name="Enregistrer", exact=True).click()


def files_named(page: Page, surname: str) -> int:
    page.goto(f"/migrants/?q={surname}")
    return page.get_by_role("main").get_by_role("link", name=re.compile(surname)).count()


@pytest.mark.parametrize(("viewport", "surname", "year"), [(WIDE, "Obrewanti", "1987"), (PHONE, "Wokrimbeldu", "1964")], ids=["desktop", "phone"])
def test_a_registration_whose_session_ended_is_back_and_is_registered_once(open_browser, viewport, surname, year):
    page = open_browser(viewport=viewport).new_page()
    sign_in_by_hand(page, "agent.gao")
    page.goto(REGISTER)
    fill_identity(page, surname, year)
    end_session(page)
    save(page)
    expect(page).to_have_title("Se connecter – Sira")
    sign_in_here(page, "agent.gao")
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(page.get_by_label("Nom de famille")).to_have_value(surname)
    expect(page.get_by_label("Année")).to_have_value(year)
    expect(page.get_by_label("Nationalité", exact=True)).to_have_value("GN")
    assert files_named(page, surname) == 0, "nothing was registered meanwhile"
    page.goto(REGISTER)  # kept on the device too: a look elsewhere loses nothing
    expect(page.get_by_label("Nom de famille")).to_have_value(surname)
    save(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(surname)
    assert kept(page) == [], "what is saved is not kept any longer"
    assert files_named(page, surname) == 1


def test_what_was_not_even_sent_is_back_for_the_same_account_and_for_no_other(open_browser):
    page = open_browser().new_page()
    sign_in_by_hand(page, "agent.gao")
    page.goto(REGISTER)
    page.get_by_label("Nom de famille").fill("Fenoutcha")
    end_session(page)
    page.on("dialog", lambda dialog: dialog.accept())  # one leaves the page all the same
    page.reload()
    sign_in_here(page, "agent.gao")
    expect(page.get_by_label("Nom de famille")).to_have_value("Fenoutcha")
    expect(page.get_by_text(BACK)).to_be_visible()
    end_session(page)
    page.reload()
    sign_in_here(page, "manager.gao")
    expect(page.get_by_label("Nom de famille")).to_have_value("")
    assert kept(page) == []
    page.get_by_label("Nom de famille").fill("Autre")
    page.wait_for_timeout(500)
    assert kept(page)
    page.locator("details.me > summary").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page).to_have_title("Se connecter – Sira")
    assert kept(page) == [], "whoever signs out leaves nothing"


def test_a_form_with_a_token_from_before_comes_back_filled_and_the_warning_reloads_nothing(open_browser):
    page = open_browser().new_page()
    page.clock.install()
    sign_in_by_hand(page, "agent.gao")
    page.goto(REGISTER)
    page.evaluate("""() => {
        const root = document.documentElement; let open = 0;
        document.addEventListener("htmx:beforeRequest", () => { root.dataset.asking = ++open; });
        document.addEventListener("htmx:afterRequest", () => { root.dataset.asking = --open; });
    }""")
    fill_identity(page, "Wexbilano", "1957")
    with page.expect_response("**/similar/"):  # the hint that comes while one types counts as work
        page.clock.run_for(1000)
    expect(page.locator("html")).to_have_attribute("data-asking", "0")  # and the page has taken it: later it would close the warning
    page.clock.fast_forward("28:30")
    stay = page.get_by_role("button", name="Rester connecté")
    expect(stay).to_be_visible()
    end_session(page)
    stay.click()
    expect(page.get_by_role("dialog").get_by_role("link", name="Se connecter")).to_be_visible()
    expect(page.get_by_label("Nom de famille")).to_have_value("Wexbilano")
    with page.expect_popup() as opened:
        page.get_by_role("dialog").get_by_role("link", name="Se connecter").click()
    sign_in_here(opened.value, "agent.gao")
    expect(page.get_by_role("dialog")).to_have_count(0)  # the other tab says that the session goes on
    save(page)
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(page.get_by_label("Nom de famille")).to_have_value("Wexbilano")
    save(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Wexbilano")


def test_without_script_too(open_browser):
    page = open_browser(java_script_enabled=False).new_page()
    sign_in_by_hand(page, "agent.gao")
    page.goto(REGISTER)
    fill_identity(page, "Jupwarogo", "1991")
    end_session(page)
    save(page)
    sign_in_here(page, "agent.gao")
    expect(page.get_by_text(BACK)).to_be_visible()
    save(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Jupwarogo")
