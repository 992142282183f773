"""A profile filled in parts by an agent, and a questionnaire changed by an M&E officer, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import PHONE


def a_file(page: Page, number: int) -> str:
    """The address of somebody's file, each test another."""
    page.goto("/migrants/")
    links = page.locator("main table a[href^='/migrants/']")
    address = links.nth(number).get_attribute("href")
    assert address
    return address


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}, {"viewport": PHONE}], ids=["desktop", "without JavaScript", "phone"])
def test_a_profile_is_filled_in_parts(sign_in, options):
    page = sign_in("agent.gao", **options)
    file = a_file(page, 1 + len(str(options)) % 7)
    page.goto(file)
    page.get_by_role("link", name="Profil", exact=True).click()
    page.get_by_role("link", name="Remplir cette partie – Famille").click()
    page.get_by_label("Combien de personnes dépendent d’elle").fill("beaucoup")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    expect(page.get_by_role("alert").first).to_contain_text("Écrivez un nombre en chiffres")
    box = page.get_by_label("Combien de personnes dépendent d’elle")
    expect(box).to_have_value("beaucoup")
    box.fill("4")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Études, métier et compétences")
    page.get_by_role("group", name=re.compile("Jusqu’où est-elle allée")).get_by_label("collège").check()
    page.get_by_label("Quel travail faisait-elle").select_option(label="un autre travail")
    page.get_by_label("Lequel").fill("Puisatier")
    page.get_by_role("button", name="Enregistrer et revenir au profil").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("Puisatier")
    expect(main).to_contain_text(re.compile(r"\d+ sur 12"))
    # The road: a town of the list stands on the map.
    page.get_by_role("link", name="Ajouter une étape", exact=True).first.click()
    page.get_by_label("Lieu").fill("Agadez (Niger)")
    page.get_by_role("group", name=re.compile("Ce qui s’y est passé")).get_by_label("a travaillé").check()
    page.get_by_role("button", name="Enregistrer et revenir au profil").click()
    expect(page.get_by_role("status")).to_contain_text("L’étape est ajoutée")
    expect(page.get_by_role("img", name=re.compile("Itinéraire de la personne"))).to_be_visible()
    expect(page.get_by_role("table", name="Étapes de l’itinéraire")).to_contain_text("Agadez")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_an_officer_adds_a_question_and_publishes(sign_in):
    page = sign_in("me.iom")
    page.get_by_role("link", name="Questionnaires").first.click()
    row = page.get_by_role("region", name="Profil de la personne")
    row.get_by_role("button", name=re.compile("Commencer une nouvelle version")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("version 2")
    # A refusal first: without one of the twelve it can't be published.
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=re.compile("^Retirer – Pourquoi est-elle partie")).click()
    page.get_by_role("button", name="Publier cette version").click()
    expect(page.get_by_role("status")).to_contain_text("motifs du départ")
    expect(page.get_by_role("main")).to_contain_text("brouillon")
    page.get_by_role("link", name="Ajouter une question").click()
    page.get_by_label("Type").select_option(label="plusieurs réponses possibles")
    page.get_by_label("Question", exact=True).fill("Pour quelles raisons est-elle partie ?")
    for number, words in enumerate(("chercher du travail", "une autre raison")):
        page.locator(f"#id_choices-{number}-fr").fill(words)
    page.locator("#id_choices-1-code").fill("autre")
    page.get_by_label("Une réponse est attendue").check()
    page.get_by_label("Placer après").select_option(label=page.locator("#id_after option", has_text="Le départ").first.inner_text())
    page.get_by_label("Information de base").select_option(label="9. motifs du départ")
    page.locator("#id_code").fill("motifs")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("motifs")
    page.get_by_role("link", name="Aperçu").click()
    page.get_by_role("navigation").get_by_role("link", name="Le départ").click()
    expect(page.get_by_role("group", name=re.compile("Pour quelles raisons est-elle partie"))).to_be_visible()
    page.go_back()
    page.go_back()
    page.get_by_role("button", name="Publier cette version").click()
    expect(page.get_by_role("status")).to_contain_text("La version 2 est publiée")
    agent = sign_in("agent.gao")
    agent.goto(a_file(agent, 0) + "profile/0/")
    agent.goto(agent.url.rsplit("/", 2)[0] + "/4/")
    expect(agent.get_by_role("group", name=re.compile("Pour quelles raisons est-elle partie"))).to_be_visible()
