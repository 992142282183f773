"""The way of a person through Sira, as the people at work walk it: registered, housed, fed, returned, visited; and the report."""

import datetime
import io
import os
import re
import zlib

import pypdf
import pytest
from playwright.sync_api import Page, expect

from .conftest import PHONE

TODAY = datetime.date.today()  # noqa: DTZ011
# Invented so that none is like another or like those of the demonstration: names that are would be shown as duplicates first.
_SURNAMES = (
    "Zorgbata",
    "Fikelumi",
    "Wandoxep",
    "Quirlago",
    "Tchobanga",
    "Vumpiset",
    "Jexalora",
    "Nyovickal",
    "Ploumideg",
    "Ristewax",
    "Gwemboza",
    "Hustefran",
    "Doxmirape",
    "Kulvasint",
)
_people = ((surname, str(1971 + 2 * number)) for number, surname in enumerate(_SURNAMES))


def day(offset: int) -> str:
    return (TODAY + datetime.timedelta(days=offset)).isoformat()


def own_day() -> tuple[str, str]:
    """A day and a month of birth of this test alone: the same from one call to the next, another than in the other tests.

    Sira asks about two people born on one day who share a given name and a country, and the tests share one register."""
    test = os.environ["PYTEST_CURRENT_TEST"].rsplit(" ", 1)[0].encode()
    number = zlib.crc32(test)
    return str(number % 28 + 1), str(number // 28 % 12 + 1)


def fill_identity(page: Page, surname: str, year: str, *, nationality: str = "Guinée") -> None:
    day, month = own_day()
    page.get_by_label("Nom de famille").fill(surname)
    page.get_by_label("Prénoms", exact=True).fill("Bintou")
    page.get_by_role("group", name="Sexe").get_by_label("femme").check()
    page.get_by_label("Jour").fill(day)
    page.get_by_label("Mois").fill(month)
    page.get_by_label("Année").fill(year)
    page.get_by_label("Nationalité", exact=True).select_option(label=nationality)
    consent = page.get_by_role("group", name=re.compile("La personne est d’accord pour"))
    consent.get_by_label("enregistrement et aide au centre").check()
    consent.get_by_label("partage avec le consulat de son pays").check()  # without it no laissez-passer can be asked for
    page.get_by_role("group", name=re.compile("Comment a-t-elle donné")).get_by_label("signature").check()


def register(page: Page, surname: str, year: str, **identity: str) -> str:
    """Looks first, then registers; returns the case number."""
    page.goto("/migrants/")
    page.get_by_role("main").get_by_label("Nom, numéro de dossier ou téléphone").fill(f"Bintou {surname}")
    page.get_by_role("main").get_by_role("button", name="Chercher").click()
    page.get_by_role("main").get_by_role("link", name="Enregistrer", exact=False).first.click()
    expect(page).to_have_title("Enregistrer une personne – Sira")
    expect(page.get_by_label("Nom de famille")).to_have_value(surname)  # what was searched need not be typed again
    fill_identity(page, surname, year, **identity)
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Dossier")
    number = re.search(r"[A-Z]{3}-\d{4}-\d{5}-\w", page.get_by_role("status").inner_text())
    assert number is not None
    return number[0]


def admit(page: Page) -> None:
    page.get_by_role("link", name="Admettre au centre").click()
    page.get_by_role("group", name=re.compile("Comment la personne est‑elle venue")).get_by_label("en transit").check()
    expect(page.get_by_label("Lit", exact=True)).not_to_have_value("")  # a bed is proposed
    page.get_by_role("button", name="Noter l’arrivée").click()


def give_a_meal(page: Page) -> None:
    page.get_by_role("link", name="Donner une assistance").first.click()
    page.get_by_role("button", name="Déjeuner", exact=True).click()


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}, {"viewport": PHONE}], ids=["desktop", "without JavaScript", "phone"])
def test_register_house_and_feed(sign_in, options):
    page = sign_in("agent.gao", **options)
    surname, year = next(_people)
    number = register(page, surname, year)
    expect(page.get_by_role("heading", level=1)).to_contain_text(surname)
    expect(page.get_by_role("main")).to_contain_text(number)
    admit(page)
    expect(page.get_by_role("main")).to_contain_text("Femmes")  # the room the bed is in
    give_a_meal(page)
    expect(page.get_by_role("main")).to_contain_text("Déjeuner")
    expect(page.get_by_role("main")).to_contain_text(re.compile("donné aujourd’hui|aujourd’hui"))
    page.goto(f"/migrants/?q={number}")
    expect(page.get_by_role("link", name=re.compile(surname)).first).to_be_visible()


def test_a_second_registration_is_stopped_by_the_first(sign_in):
    page = sign_in("agent.gao")
    surname, year = next(_people)
    register(page, surname, year)
    page.goto("/migrants/register/")
    fill_identity(page, surname.replace("u", "ou").replace("k", "c"), year)
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cette personne est‑elle déjà connue ?")
    expect(page.get_by_role("main").get_by_role("link", name=re.compile(surname))).to_be_visible()
    page.get_by_role("button", name=re.compile("Ce n’est aucune de ces personnes")).click()
    expect(page.get_by_role("status")).to_contain_text("Dossier")


def test_an_error_is_said_and_nothing_typed_is_lost(sign_in):
    page = sign_in("agent.gao")
    page.goto("/migrants/register/")
    surname, year = next(_people)
    fill_identity(page, surname, year)
    page.get_by_label("Année").fill("1066")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    summary = page.get_by_role("alert").first
    expect(summary).to_be_focused()
    expect(page).to_have_title(re.compile("^Erreur"))
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("Nom de famille")).to_have_value(surname)
    expect(page.get_by_label("Année")).to_have_value("1066")
    page.get_by_label("Année").fill(year)
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Dossier")


def test_registration_with_the_keyboard_alone(sign_in):
    """Tab, arrows, space and Enter reach everything, in the order of the page."""
    page = sign_in("agent.gao")
    page.goto("/migrants/register/")
    surname, year = next(_people)
    day, month = own_day()
    typed = {"surname": surname, "given_names": "Bintou", "birth_0": day, "birth_1": month, "birth_2": year}
    for _step in range(80):
        page.keyboard.press("Tab")
        name, kind, value, words = page.evaluate(
            "() => [document.activeElement.name || '', document.activeElement.type || '', document.activeElement.value || '', document.activeElement.innerText || '']"
        )
        if name in typed:
            page.keyboard.type(typed.pop(name))
        elif name in ("sex", "consent_method"):
            page.keyboard.press("Space")
        elif name == "nationality":
            page.keyboard.type("Guin")
        elif name == "consent_purposes" and value == "registration":
            page.keyboard.press("Space")
        elif kind == "submit" and words.strip() == "Enregistrer":
            break
    assert not typed
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Dossier")


def test_a_return_is_carried_to_arrival(sign_in):
    surname, year = next(_people)
    agent = sign_in("agent.gao")
    register(agent, surname, year)
    admit(agent)
    page = sign_in("returns.gao")
    page.goto(f"/migrants/?q={surname}")
    page.get_by_role("main").get_by_role("link", name=re.compile(surname)).first.click()
    page.get_by_role("link", name="Ouvrir un retour volontaire").click()
    page.get_by_label("Pays de destination").select_option(label="Guinée")
    page.get_by_label("Communauté de destination").fill("Labé")
    page.get_by_role("button", name="Ouvrir le retour").click()
    steps: list[tuple[str, dict[str, str]]] = [
        ("Noter l’entretien de conseil", {"Date de l’entretien de conseil": day(0)}),
        ("Noter la déclaration signée", {"Déclaration signée le": day(0)}),
        ("Noter le document de voyage", {"Document de voyage": "laissez-passer", "Document valable jusqu’au": day(90)}),
        ("Noter l’aptitude au voyage", {"Examen médical du": day(0), "Apte au voyage jusqu’au": day(10)}),
        ("Noter le départ", {"Date du départ": day(0)}),
        ("Noter l’arrivée", {"Date de l’arrivée": day(0)}),
    ]
    for title, fields in steps:
        form = page.locator("form").filter(has=page.get_by_role("button", name=title))
        for label, value in fields.items():
            box = form.get_by_label(label)
            if box.evaluate("e => e.tagName") == "SELECT":
                box.select_option(label=value)
            else:
                box.fill(value)
        form.get_by_role("button", name=title).click()
        expect(page.get_by_role("status")).to_contain_text("C’est noté")
    expect(page.get_by_role("main")).to_contain_text("La personne est arrivée")
    # The stay has ended with the departure: the bed is free.
    agent.goto("/centres/GAO/")
    expect(agent.get_by_role("region", name=re.compile("Personnes présentes")).get_by_text(surname)).to_have_count(0)
    expect(agent.get_by_role("region", name="Chambres et lits").get_by_text(surname)).to_have_count(0)


def test_nobody_leaves_without_a_document(sign_in):
    surname, year = next(_people)
    register(sign_in("agent.gao"), surname, year)
    page = sign_in("returns.gao")
    page.goto(f"/migrants/?q={surname}")
    page.get_by_role("main").get_by_role("link", name=re.compile(surname)).first.click()
    page.get_by_role("link", name="Ouvrir un retour volontaire").click()
    page.get_by_label("Pays de destination").select_option(label="Guinée")
    page.get_by_role("button", name="Ouvrir le retour").click()
    for title, label in (("Noter l’entretien de conseil", "Date de l’entretien de conseil"), ("Noter la déclaration signée", "Déclaration signée le")):
        page.get_by_label(label).fill(day(0))
        page.get_by_role("button", name=title).click()
        expect(page.get_by_role("status")).to_contain_text("C’est noté")
    page.get_by_label("Document de voyage").select_option(label="passeport")
    page.get_by_label("Document valable jusqu’au").fill(day(-1))
    page.get_by_role("button", name="Noter le document de voyage").click()
    expect(page.get_by_role("alert").first).to_contain_text("n’est plus valable")
    expect(page.get_by_label("Document valable jusqu’au")).to_have_value(day(-1))


def test_a_reintegration_is_opened_and_visited(sign_in):
    surname, year = next(_people)
    agent = sign_in("agent.kayes")
    register(agent, surname, year, nationality="Mali")
    page = sign_in("reintegration.kayes")
    page.goto(f"/migrants/?q={surname}")
    page.get_by_role("main").get_by_role("link", name=re.compile(surname)).first.click()
    page.get_by_role("link", name="Ouvrir une réintégration").click()
    page.get_by_role("group", name="Réintégration").get_by_label("individuelle").check()
    page.get_by_label("Pays d’où la personne est revenue").select_option(label="Niger")
    page.get_by_label("Projet").fill("Couture : machine et premier stock de tissus.")
    # Opened on paper five weeks ago, as happens where the line is down: the visit of the first month is due.
    page.get_by_label("Ouvert le").fill(day(-36))
    page.get_by_role("button", name="Ouvrir la réintégration").click()
    expect(page.get_by_role("main")).to_contain_text("Mois 12")
    page.get_by_role("link", name=re.compile("Noter la visite du mois 1$")).click()
    page.get_by_label("Date de la visite").fill(day(0))
    page.get_by_role("group", name="Situation de la personne").get_by_label("bonne").check()
    page.get_by_label("Compte rendu").fill("Machine reçue, premières commandes.")
    page.get_by_role("main").get_by_role("button", name=re.compile("visite|Enregistrer")).first.click()
    expect(page.get_by_role("main")).to_contain_text("bonne")
    expect(page.get_by_role("link", name="Voir la visite du mois 1")).to_be_visible()


def test_the_committee_downloads_the_report(sign_in):
    page = sign_in("steering.eu")
    page.goto("/reporting/")
    page.get_by_role("link", name=re.compile("rapport", re.I)).first.click()
    page.get_by_role("button", name=re.compile("rapport", re.I)).first.click()
    # A real worker makes it; the page says how far it is, and may be left.
    link = page.get_by_role("link", name=re.compile("Télécharger"))
    for _again in range(40):
        if link.count():
            break
        page.wait_for_timeout(1500)
        page.reload()
    with page.expect_download() as download:
        link.first.click()
    content = download.value.path().read_bytes()
    pdf = pypdf.PdfReader(io.BytesIO(content))
    text = " ".join(sheet.extract_text() for sheet in pdf.pages)
    assert "T05-EUTF-SAH-ML-07" in text
    assert pdf.trailer["/Root"].get("/Lang") == "fr"  # type: ignore[union-attr]
    assert "/MarkInfo" in pdf.trailer["/Root"]  # type: ignore[operator]
    assert not re.search(r"\b[A-Z]{3}-\d{4}-\d{5}-\w\b", text), "a case number in the committee's report"
