"""Every page, looked at as people see it: accessible (axe, WCAG 2.2 AA), of one origin, light, and whole on a phone."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from django.test import override_settings
from playwright.sync_api import BrowserContext, Error, Page, Request, Response

from tests import databases
from tests.stack import Stack
from tests.walk import PAGES, address, make_objects, viewer

from .conftest import PHONE, WIDE, sign_in_by_hand

NEXT_PAGE_BYTES = 20_000
FIRST_VISIT_BYTES, FIRST_VISIT_REQUESTS = 60_000, 6
AXE = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
AXE_SCRIPT = Axe().axe_script
VIOLATIONS = "async options => (await axe.run(document, options)).violations"
# What the narrow layout can change.
AXE_ON_A_PHONE = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["target-size", "color-contrast", "scrollable-region-focusable"]}}
INLINE = """() => [...document.querySelectorAll('style, [style], script:not([src])')]
  .filter(e => !/json/.test(e.type || '')).map(e => e.outerHTML.slice(0, 120))
  .concat([...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on/.test(a.name))).map(e => e.outerHTML.slice(0, 120)))"""
WIDER = """() => { const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide <= 0) return '';
  const who = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > window.innerWidth + 1);
  return wide + ' px: ' + who.slice(0, 3).map(e => e.outerHTML.slice(0, 100)).join(' | '); }"""


@dataclass
class Look:
    """What was found on one page. `faults` are words."""

    title: str = ""
    url: str = ""
    html: bool = True
    faults: list[str] = field(default_factory=list)


SEEN: dict[str, Look] = {}


@pytest.fixture(scope="module")
def objects(stack: Stack, django_db_blocker) -> dict[str, dict]:
    """The samples of the access matrix, written into the database of the running Sira."""
    before = connections["default"].settings_dict["NAME"]
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=stack.environment["SIRA_FILES"]):
        databases.use(stack.database)
        try:
            return make_objects(PAGES)
        finally:
            databases.use(before)


@pytest.fixture(scope="module")
def tabs(chromium, stack: Stack):
    """One browser per account, signed in once, its cache filled by the first page."""
    opened: dict[str | None, BrowserContext] = {}

    def tab(username: str | None) -> BrowserContext:
        if username not in opened:
            opened[username] = chromium.new_context(base_url=stack.url, locale="fr-FR", viewport=WIDE, timezone_id="Africa/Bamako")
            page = opened[username].new_page()
            if username:
                sign_in_by_hand(page, username)
            else:
                page.goto("/accounts/login/")
            page.close()
        return opened[username]

    yield tab
    for context in opened.values():
        context.close()


def look(context: BrowserContext, url: str) -> Look:
    """Opens the address and writes down everything that is wrong with what comes."""
    page = context.new_page()
    try:
        return _look(page, url)
    finally:
        page.close()


def _look(page: Page, url: str) -> Look:
    found = Look()
    requests: list[Request] = []
    spoken: list[str] = []
    page.on("request", lambda request: requests.append(request))
    page.on("console", lambda message: spoken.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: spoken.append(str(error)))
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    received: list[float] = []
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.set_viewport_size(WIDE)
    try:
        response = page.goto(url)
    except Error as error:
        if "Download is starting" not in str(error) and "ERR_ABORTED" not in str(error):
            raise
        response = None
    if response is None or "text/html" not in response.headers.get("content-type", ""):
        found.html = False
        if (status := response.status if response else page.request.get(url).status) >= 500:
            found.faults.append(f"answers {status}")
        return found
    if "/accounts/reauthenticate/?next=" in page.url:  # it asks for the password again where the sign-in is some minutes old
        page.get_by_label("Mot de passe").fill(databases.PASSWORD)
        page.get_by_role("button", name="Confirmer").click()
        page.wait_for_url(lambda address: "/reauthenticate/" not in address)
        received.clear()
        response = page.goto(url)
    assert response is not None
    _headers(found, response)
    _origins(found, requests, page)
    if sum(received) > NEXT_PAGE_BYTES:
        found.faults.append(f"{sum(received) / 1000:.1f} kB for a next page")
    found.title, found.url = page.title(), page.url
    if not found.title.removesuffix("– Sira").strip():
        found.faults.append("no title")
    if page.locator("html").get_attribute("lang") != "fr":
        found.faults.append("not lang=fr")
    if (headings := page.locator("h1").count()) != 1:
        found.faults.append(f"{headings} h1")
    found.faults += [f"inline: {one}" for one in page.evaluate(INLINE)]
    found.faults += [f"console: {one}" for one in spoken]
    page.evaluate(AXE_SCRIPT)
    found.faults += _axe(page)
    page.set_viewport_size(PHONE)
    if wide := page.evaluate(WIDER):
        found.faults.append(f"scrolls sideways on a phone by {wide}")
    found.faults += [f"on a phone: {one}" for one in _axe(page, AXE_ON_A_PHONE) if one not in found.faults]
    return found


def _axe(page: Page, options: dict = AXE) -> list[str]:
    found = page.evaluate(VIOLATIONS, options)
    return [f"axe {v['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})" for v in found for node in v["nodes"][:3]]


def _headers(found: Look, response: Response) -> None:
    if response.status >= 400:
        found.faults.append(f"answers {response.status}")
    policy = response.headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        found.faults.append(f"policy is weak: {policy!r}")
    if "no-store" not in response.headers.get("cache-control", ""):
        found.faults.append(f"may stay in a cache: {response.headers.get('cache-control')!r}")


def _origins(found: Look, requests: list[Request], page: Page) -> None:
    own = urlsplit(page.url).netloc
    elsewhere = {urlsplit(request.url).netloc for request in requests if request.url.startswith("http")} - {own}
    if elsewhere:
        found.faults.append(f"asks {sorted(elsewhere)}")


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible(name, tabs, objects):
    url = address(name, objects[name])
    found = SEEN[name] = look(tabs(viewer(name)), url)
    assert not found.faults, "\n".join([f"{name} as {viewer(name)} ({url})", *found.faults])
    if not found.html:
        pytest.skip("no page but a file")


def test_titles_are_unique(tabs, objects):
    """Tabs of a browser, the history and a screen reader tell pages apart by their titles alone."""
    for name in PAGES:
        if name not in SEEN:
            SEEN[name] = look(tabs(viewer(name)), address(name, objects[name]))
    by_title: dict[str, set[str]] = {}
    for found in SEEN.values():
        if found.html and found.title:
            by_title.setdefault(found.title, set()).add(found.url)
    assert {title: urls for title, urls in by_title.items() if len(urls) > 1} == {}


@pytest.mark.parametrize("username", ["agent.gao", "steering.eu", "returns.gao"])
def test_first_visit_is_light(username, sign_in, open_browser):
    """The sign-in page with an empty cache, and the home page with an empty cache: the worst there is."""
    signed_in = sign_in(username)
    fresh = open_browser(storage_state=signed_in.context.storage_state())
    page = fresh.new_page()
    network = fresh.new_cdp_session(page)
    network.send("Network.enable")
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert len(sizes) <= FIRST_VISIT_REQUESTS
    assert sum(sizes) <= FIRST_VISIT_BYTES
