"""A real Chromium before the real Sira. Only one process of the test run starts them (`xdist_group`)."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import databases
from tests.stack import Stack

HERE = Path(__file__).resolve().parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
PEOPLE = 60
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def stack(django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Sira with the demonstration data, as `make run` starts it."""
    running = Stack(tmp_path_factory.mktemp("sira"), people=PEOPLE)
    try:
        running.start_all()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's own browser: the tests download none."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        missing = f"no browser: none of {', '.join(BROWSERS)} is installed (apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    # Playwright leaves a running event loop in this thread, at which Django's other tests would take offence.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


OpenContext = Callable[..., BrowserContext]


@pytest.fixture
def open_browser(chromium: Browser, stack: Stack) -> Iterator[OpenContext]:
    """Another browser with nothing in it; options are Playwright's (`java_script_enabled=False`)."""
    contexts: list[BrowserContext] = []

    def make(**options) -> BrowserContext:
        context = chromium.new_context(**{"base_url": stack.url, "locale": "fr-FR", "viewport": WIDE, "timezone_id": "Africa/Bamako", **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


def sign_in_by_hand(page: Page, username: str) -> None:
    """As people do it."""
    page.goto("/")
    page.get_by_label("Identifiant").fill(username)
    page.get_by_label("Mot de passe").fill(databases.PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


@pytest.fixture(scope="session")
def sessions() -> dict[str, Any]:
    """The cookies of those who have signed in: signing in is throttled, and costs a second each time."""
    return {}


@pytest.fixture
def sign_in(open_browser: OpenContext, sessions: dict[str, Any]) -> Callable[..., Page]:
    """The first page of an account, in a browser of its own: sign_in("agent.gao")."""

    def open_page(username: str, **options) -> Page:
        if username not in sessions:
            page = open_browser().new_page()
            sign_in_by_hand(page, username)
            sessions[username] = page.context.storage_state()
        page = open_browser(storage_state=sessions[username], **options).new_page()
        page.goto("/")
        return page

    return open_page
