"""The registration form on a line of 50 kbit/s with 800 ms there and back (docs/design: budgets)."""

import time

from playwright.sync_api import Page

LINE = {"offline": False, "latency": 800, "downloadThroughput": 50_000 / 8, "uploadThroughput": 50_000 / 8}
FIRST, NEXT = 12, 4


def seconds_until_usable(page: Page, path: str) -> float:
    """Until the last field can be filled in."""
    began = time.monotonic()
    page.goto(path, wait_until="domcontentloaded", timeout=60_000)
    page.get_by_role("button", name="Enregistrer", exact=True).wait_for()
    return time.monotonic() - began


def test_registration_form_on_a_bad_line(sign_in, open_browser):
    fresh = open_browser(storage_state=sign_in("agent.gao").context.storage_state())
    page = fresh.new_page()
    network = fresh.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", LINE)
    first = seconds_until_usable(page, "/migrants/register/")
    again = seconds_until_usable(page, "/migrants/register/?q=Awa+Traor%C3%A9")
    assert first <= FIRST, f"first visit {first:.1f} s"
    assert again <= NEXT, f"next visit {again:.1f} s"
