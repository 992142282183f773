"""A manager brings a list in, and keeps a filter: through the browser, the worker doing its part."""

import csv
import io
import re

from playwright.sync_api import Page, expect

HEADER = ["N°", "NOM", "Prénom(s)", "Sexe", "Date de naissance", "Nationalité", "Consentement", "Mode de consentement", "Témoin", "Observations"]


def send(page: Page, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([HEADER, *rows])
    page.goto("/migrants/import/")
    page.set_input_files("input[type=file]", {"name": "liste de Gao.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode("cp1252")})
    page.get_by_role("button", name="Envoyer le fichier").click()
    expect(page.get_by_role("heading", name="Les colonnes du fichier")).to_be_visible(timeout=30_000)
    page.get_by_label("Quelle colonne dit que la personne est d’accord").select_option(str(HEADER.index("Consentement")))
    page.get_by_role("button", name="Vérifier la liste").click()


def test_a_list_with_errors_is_corrected_and_brought_in(sign_in):
    page = sign_in("manager.gao")
    page.goto("/migrants/import/")
    with page.expect_download() as template:
        page.get_by_role("link", name="Télécharger le modèle").click()
    assert template.value.suggested_filename.endswith(".xlsx")
    good = [str(1), "Xérophile", "Aminata", "F", "12/03/1991", "sénégalaise", "oui", "signature", "", ""]
    wrong = [str(2), "Yttrium", "Boubacar", "H", "31/02/1990", "Mali", "non", "oral", "", ""]
    send(page, [good, wrong])
    expect(page.get_by_role("heading", name="À corriger dans le fichier")).to_be_visible(timeout=30_000)
    table = page.get_by_role("table", name="Erreurs")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table).to_contain_text("E · Date de naissance")
    expect(table).to_contain_text("G · Consentement")
    assert page.get_by_role("button", name=re.compile("^Enregistrer jusqu")).count() == 0
    page.goto("/migrants/?q=Xérophile")
    expect(page.get_by_text("Aucune personne de vos centres ne correspond.")).to_be_visible()
    send(page, [good, [*wrong[:4], "28/02/1990", "Mali", "oui", "oral", "A. Cissé", ""]])
    page.get_by_role("button", name=re.compile("^Enregistrer jusqu’à 2 personnes")).click(timeout=30_000)
    expect(page.get_by_role("heading", name="Personnes enregistrées par cet import")).to_be_visible(timeout=30_000)
    page.goto("/migrants/?q=Xérophile")
    expect(page.get_by_role("link", name="Aminata Xérophile")).to_be_visible()


def test_a_filter_is_kept_and_comes_back(sign_in):
    page = sign_in("manager.gao")
    page.goto("/migrants/?sex=female")
    page.get_by_text("Garder ces filtres").click()
    page.get_by_label("Nom du filtre").fill("Les femmes")
    page.get_by_role("button", name="Garder", exact=True).click()
    page.goto("/migrants/")
    page.get_by_role("link", name="Les femmes").click()
    page.wait_for_url("**/migrants/?sex=female")
    sexes = page.locator("main table td[data-label='Sexe']").all_inner_texts()
    assert sexes
    assert set(sexes) == {"femme"}
    page.goto("/migrants/filters/")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Effacer Les femmes").click()
    expect(page.get_by_role("table", name="Filtres gardés")).to_be_visible()  # those of the demonstration
    expect(page.get_by_role("link", name="Les femmes")).to_have_count(0)
