"""Who sees names of more than one centre, and administrators, set up a second factor before anything else."""

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests import databases
from tests.stack import Stack, wait_until

from .conftest import sign_in_by_hand
from .test_accessibility import AXE


def code_of(secret: str, step: int = 0) -> str:
    """What the authenticator's app shows (RFC 6238), `step` half minutes from now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + step), hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture(scope="module")
def strict(chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another Sira, with the second factor asked for as where real people are in the data.

    It has a database of its own: an account with a second factor would be asked for it in the other tests too."""
    running = Stack(tmp_path_factory.mktemp("strict"), people=0, SIRA_SECOND_FACTOR="1")
    try:
        running.start("web")
        wait_until(running.answers, 60, "the second web server")
        yield running.url
    finally:
        running.stop()


def is_accessible(page: Page) -> None:
    found = Axe().run(page, options=AXE).response["violations"]
    assert found == [], [f"{v['id']}: {v['nodes'][0]['html'][:150]}" for v in found]


def test_an_administrator_sets_it_up_and_signs_in_with_it(strict, open_browser):
    page = open_browser(base_url=strict).new_page()
    sign_in_by_hand(page, "admin")
    # Nothing else is open until it is done.
    page.goto("/administration/users/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirmez que c’est vous")
    is_accessible(page)
    page.get_by_label("Mot de passe").fill(databases.PASSWORD)
    page.get_by_role("button", name="Confirmer").click()
    expect(page).to_have_url(f"{strict}/accounts/2fa/totp/activate/")
    is_accessible(page)
    secret = page.locator("code").first.inner_text()
    page.get_by_label("Écrivez le code que l’application montre").fill(code_of(secret))
    page.get_by_role("button", name="Activer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Codes de secours")
    is_accessible(page)
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) >= 8
    page.get_by_role("link", name="Continuer").click()
    expect(page).to_have_title("Accueil – Sira")
    for address in ("/accounts/2fa/", "/accounts/2fa/recovery-codes/generate/", "/accounts/2fa/totp/deactivate/"):
        page.goto(address)
        is_accessible(page)

    again = open_browser(base_url=strict).new_page()
    sign_in_by_hand(again, "admin")
    expect(again.get_by_role("heading", level=1)).to_have_text("Deuxième étape de la connexion")
    is_accessible(again)
    again.get_by_label("Code à usage unique").fill("000000")
    again.get_by_role("button", name="Continuer").click()
    expect(again.get_by_role("alert").first).to_be_visible()
    again.goto("/administration/users/")
    expect(again.get_by_role("heading", level=1)).to_have_text("Deuxième étape de la connexion")  # half signed in is not signed in
    again.get_by_label("Code à usage unique").fill(code_of(secret, step=1))
    again.get_by_role("button", name="Continuer").click()
    expect(again).to_have_title("Accueil – Sira")

    lost = open_browser(base_url=strict).new_page()
    sign_in_by_hand(lost, "admin")
    lost.get_by_label("Code à usage unique").fill(codes[0])
    lost.get_by_role("button", name="Continuer").click()
    expect(lost).to_have_title("Accueil – Sira")


def test_an_agent_of_one_centre_is_not_asked(strict, open_browser):
    page = open_browser(base_url=strict).new_page()
    sign_in_by_hand(page, "agent.gao")
    expect(page).to_have_title("Accueil – Sira")
