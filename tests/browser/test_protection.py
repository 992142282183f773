"""An agent screens, protection decides; a referral goes to a partner, who answers by the link in a browser that knows nothing of Sira."""

import datetime
import re

from playwright.sync_api import Page, expect

from .conftest import PHONE
from .test_main_path import fill_identity

TODAY = datetime.date.today()  # noqa: DTZ011


def _register(page: Page, surname: str, year: str = "1957") -> None:
    page.goto("/migrants/register/")
    fill_identity(page, surname, year)
    page.get_by_label("orientation vers un partenaire").check()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(surname)


def test_an_agent_screens_and_protection_decides(sign_in):
    agent = sign_in("agent.gao", viewport=PHONE)
    _register(agent, "Karvosinda")
    agent.get_by_role("link", name="Protection", exact=True).click()
    agent.get_by_role("link", name="Évaluer la vulnérabilité").click()
    assert "traite" not in agent.inner_text("main")
    agent.get_by_label("à orienter vers la protection").check()
    agent.get_by_label("sans argent ni téléphone").check()
    agent.get_by_label("contact régulier avec la famille").check()
    agent.get_by_label("critique", exact=True).check()
    agent.get_by_label("Observations").fill("Ne dort plus depuis la frontière.")
    agent.get_by_role("button", name="Enregistrer l’évaluation").click()
    expect(agent.get_by_text("La protection la voit maintenant")).to_be_visible()
    assert agent.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "no sideways scroll on a phone"

    officer = sign_in("protection")
    officer.get_by_role("link", name=re.compile("Karvosinda")).first.click()
    officer.get_by_role("link", name="Évaluer de nouveau").click()
    officer.get_by_label("traite suspectée").check()
    officer.get_by_label("Observations réservées à la protection").fill("Récit de travail forcé.")
    officer.get_by_role("button", name="Enregistrer l’évaluation").click()
    officer.get_by_role("link", name="Décider").click()
    officer.get_by_label("confirmée", exact=True).check()
    officer.get_by_label("Motifs").fill("Éléments concordants.")
    officer.get_by_label("À revoir le").fill((TODAY + datetime.timedelta(days=14)).isoformat())
    officer.get_by_role("button", name="Enregistrer la décision").click()
    expect(officer.get_by_text("La décision est enregistrée.")).to_be_visible()
    expect(officer.locator(".person")).to_contain_text("traite suspectée")

    agent.reload()
    expect(agent.locator("main")).to_contain_text("confirmée")
    assert "traite" not in agent.inner_text("main") and "forcé" not in agent.inner_text("main")


def test_a_partner_answers_by_the_link_in_a_fresh_browser(sign_in, open_browser):
    agent = sign_in("agent.gao")
    _register(agent, "Belvotrami", "1968")
    file = agent.url
    agent.locator("summary", has_text="Plus").press("Enter")
    agent.get_by_role("link", name="Orienter", exact=True).click()
    agent.get_by_label("Service demandé").select_option(label="soins de santé")
    agent.get_by_label("Structure", exact=True).select_option(label="CSRéf de Gao (Gao, quartier Château)")
    agent.get_by_label("Motif").fill("Fièvre depuis trois jours.")
    agent.get_by_role("button", name="Enregistrer l’orientation").click()
    agent.get_by_role("button", name="Créer le lien pour la structure").click()
    address = agent.get_by_label("Adresse pour la structure").input_value()
    path = re.search(r"/r/[\w-]+/", address)[0]

    partner = open_browser(viewport=PHONE, java_script_enabled=False).new_page()
    assert partner.goto(path).status == 200
    expect(partner.locator("main")).to_contain_text("Belvotrami")
    assert partner.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    partner.get_by_label("Nous acceptons de recevoir cette personne").check()
    partner.get_by_label("Votre nom et votre fonction").fill("Dr Ba, médecin")
    partner.get_by_role("button", name="Envoyer la réponse").click()
    expect(partner.get_by_role("heading", name="Merci, votre réponse est enregistrée")).to_be_visible()

    agent.goto(file)
    expect(agent.locator("main")).to_contain_text("acceptée")
    partner.goto(path)
    partner.get_by_label("Ce qui a été fait").fill("Soignée, contrôle dans dix jours.")
    partner.get_by_label("Votre nom et votre fonction").fill("Dr Ba, médecin")
    partner.get_by_role("button", name="Envoyer la suite donnée").click()
    assert partner.goto(path).status == 404
    agent.goto(file)
    agent.get_by_role("link", name="Orientations", exact=True).last.click()
    expect(agent.locator("main")).to_contain_text("faite")
    agent.goto(f"{file}reads/")
    expect(agent.locator("main")).to_contain_text("structure partenaire, par son lien")
