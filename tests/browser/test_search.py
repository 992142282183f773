"""A search by name, as a person does it: while typing, with Enter, without a script, back and forth. No address ever holds the name."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from .conftest import PHONE


def watched(page: Page) -> list[str]:
    """All that leaves the browser in an address or a referrer."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.headers.get('referer', '')}"))
    return sent


def somebody(page: Page) -> str:
    """A name of the register that stands for itself in an address."""
    page.goto("/migrants/")
    names = [name.split()[-1] for name in page.locator("#people tbody th a").all_inner_texts()]
    return next(name for name in names if re.fullmatch(r"[A-Z][a-z]{4,}", name))


@pytest.mark.parametrize("size", [{}, {"viewport": PHONE}], ids=["desktop", "phone"])
def test_a_search_leaves_no_name_in_any_address(sign_in, size: dict[str, Any]):
    page = sign_in("agent.gao", **size)
    name = somebody(page)
    sent = watched(page)
    page.locator("#q").press_sequentially(name, delay=40)
    page.wait_for_url("**/migrants/?s=*")
    rows = page.locator("#people tbody tr")
    expect(rows.first).to_contain_text(name)
    typed = page.url
    page.locator("#q").press("Enter")
    page.wait_for_function("address => location.href !== address", arg=typed)
    expect(page.locator("#q")).to_have_value(name)
    found = page.url
    page.locator("#people tbody th a").first.click()
    page.wait_for_url(re.compile(r"/migrants/[0-9a-f-]{36}/"))
    page.go_back()
    assert page.url == found
    expect(page.locator("#people tbody tr").first).to_contain_text(name)
    page.reload()
    expect(page.locator("#people tbody tr").first).to_contain_text(name)
    # From the head of any page.
    page.goto("/centres/GAO/")
    page.locator("#recherche").fill(name)
    page.locator("#recherche").press("Enter")
    page.wait_for_url("**/migrants/?s=*")
    expect(page.locator("#people tbody tr").first).to_contain_text(name)
    assert sent and not [one for one in sent if name in one or quote(name) in one]


def test_without_a_script_too(sign_in):
    page = sign_in("agent.gao", java_script_enabled=False)
    name = somebody(page)
    sent = watched(page)
    page.locator("#q").fill(name)
    page.locator("#q").press("Enter")
    page.wait_for_url("**/migrants/?s=*")
    expect(page.locator("#people tbody tr").first).to_contain_text(name)
    page.get_by_label("Sexe").select_option("female")
    page.get_by_role("button", name="Filtrer").click()
    page.wait_for_url(re.compile(r"sex=female.*s=|s=.*sex=female"))
    expect(page.locator("#q")).to_have_value(name)
    page.go_back()
    expect(page.locator("#people tbody tr").first).to_contain_text(name)
    assert not [one for one in sent if name in one]
