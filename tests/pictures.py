"""`make pictures`: the screenshots of the README and of the users' guide, from the real Sira on invented people."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tests.services  # noqa: F401 - first: starts PostgreSQL and Redis, names them in the environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import django

django.setup()

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from tests.databases import PASSWORD  # noqa: E402
from tests.stack import Stack, wait_until  # noqa: E402

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PEOPLE = 900


def sign_in(page: Page, username: str) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/")


def first_link(page: Page, part: str) -> str:
    """The address of the first link of the page that contains `part`."""
    return page.locator(f"main a[href*='{part}']").first.get_attribute("href") or ""


def draw(page: Page, name: str, *, whole: bool = False) -> None:
    page.screenshot(path=FOLDER / f"{name}.png", full_page=whole)
    print(name, "–", page.title())


def main() -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        sys.exit("Aucun navigateur : installez chromium (apt-get install chromium).")
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), people=PEOPLE)
        try:
            stack.start_all()
            wait_until(stack.ready, 60, "the worker")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])

                def page_of(username: str, width: int = 1100, height: int = 760) -> Page:
                    page = browser.new_context(base_url=stack.url, locale="fr-FR", viewport={"width": width, "height": height}, timezone_id="Africa/Bamako").new_page()
                    sign_in(page, username)
                    return page

                agent = page_of("agent.gao")
                draw(agent, "accueil-agent")
                agent.goto("/migrants/?q=kulibali")
                draw(agent, "recherche")
                agent.goto("/migrants/register/")
                draw(agent, "enregistrement")
                agent.goto("/centres/GAO/")
                draw(agent, "centre")
                agent.goto("/migrants/")
                file = first_link(agent, "/migrants/0") or first_link(agent, "-")
                agent.goto(file)
                draw(agent, "dossier")
                agent.goto(f"{file}profile/")
                draw(agent, "profil", whole=True)
                agent.goto("/migrants/register/group/")
                draw(agent, "groupe")
                manager = page_of("manager.gao")
                manager.goto("/migrants/duplicates/")
                draw(manager, "doublons")
                protection = page_of("protection")
                protection.goto("/")
                draw(protection, "protection")
                manager.goto("/centres/GAO/report/")
                draw(manager, "rapport-centre")
                manager.goto("/centres/GAO/places/")
                draw(manager, "places")
                agent.goto("/centres/GAO/meals/?service=diner")
                draw(agent, "repas")
                agent.goto("/centres/GAO/day/")
                draw(agent, "journee")
                phone = page_of("agent.gao", 390, 780)
                draw(phone, "telephone")
                phone.goto("/centres/GAO/counter/")
                phone.get_by_label("Carte, numéro ou nom").fill("GAO")
                draw(phone, "guichet")
                phone.goto("/centres/GAO/roll-call/")
                draw(phone, "appel")
                returns = page_of("returns.gao")
                returns.goto("/returns/")
                draw(returns, "retours")
                visits = page_of("reintegration.kayes")
                visits.goto("/reintegration/")
                draw(visits, "reintegrations")
                committee = page_of("steering.eu")
                committee.goto("/reporting/")
                draw(committee, "indicateurs")
                report(committee, Path(folder))
                browser.close()
        finally:
            stack.stop()


def report(page: Page, folder: Path) -> None:
    """The cover and a page of the committee's PDF, as pictures."""
    page.goto("/reporting/reports/")
    page.get_by_role("button", name="Produire le rapport").first.click()
    link = page.get_by_role("link", name="Télécharger").first
    wait_until(lambda: link.count() > 0 or page.reload() is None, 120, "the report", step=2)
    with page.expect_download() as download:
        link.click()
    pdf = folder / "report.pdf"
    download.value.save_as(pdf)
    if shutil.which("pdftoppm"):
        for number, name in ((1, "rapport-couverture"), (3, "rapport-objectif")):
            subprocess.run(["pdftoppm", "-png", "-r", "60", "-f", str(number), "-l", str(number), "-singlefile", str(pdf), str(FOLDER / name)], check=True)
            print(name)


if __name__ == "__main__":
    main()
