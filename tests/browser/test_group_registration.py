"""A bus and a family at the desk, with the keyboard alone; the child who travels alone is with protection at once."""

import io
import random
import re
import time
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import names

from .conftest import PHONE
from .test_main_path import TODAY

BUS = 40
ALONE_AT = 25  # the child who sits among the others
MOST_SECONDS = 30.0  # for one person, typing and waiting


def _unlike(number: int) -> Iterator[tuple[str, str]]:
    """Pairs (surname, given name) of invented names, none like another: names that are would be shown as duplicates first."""
    rng = random.Random(11)
    taken: list[str] = []
    while len(taken) < number:
        surname, given = ("".join(rng.choice("bdfgklmprtvz") + rng.choice("aeiou") for _part in range(size)).capitalize() for size in (4, 3))
        if all(names.name_similarity(f"{given} {surname}", other) < 0.6 for other in taken):
            taken.append(f"{given} {surname}")
            yield surname, given


_people = _unlike(60)


def press_until(page: Page, name: str, most: int = 40) -> None:
    """Tab to the field of this name: everything a hand on the keys can do."""
    for _step in range(most):
        if page.evaluate("document.activeElement.name || ''") == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no way to {name} with the tab key")


def open_group(page: Page, kind: str, title: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Un bus ou une famille").press("Enter")
    expect(page).to_have_title(re.compile("^Enregistrer un bus ou une famille"))
    press_until(page, "kind")
    page.keyboard.press("Space")
    if kind == "family":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type(title)
    press_until(page, "nationality")
    page.keyboard.type("Guinée")
    press_until(page, "consent_purposes")  # nothing is agreed to before somebody says so
    page.keyboard.press("Space")
    press_until(page, "consent_method")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def type_person(page: Page, surname: str, given: str, year: int, alone: bool = False) -> float:
    """One person from the first key to the empty form that waits for the next; a child `alone` is said to be, once the page has asked.
    Returns the seconds it took."""
    began = time.monotonic()
    expect(page.get_by_label("Nom de famille")).to_be_focused()
    page.keyboard.type(surname)
    page.keyboard.press("Tab")
    page.keyboard.type(given)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the first of the choices
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(str(year))
    page.keyboard.press("Enter")
    if alone:
        expect(page.get_by_role("alert").first).to_contain_text("mineure")
        page.keyboard.press("Tab")  # from the list of what is missing to its first line, which leads into the field
        page.keyboard.press("Enter")
        expect(page.get_by_label("Adulte qui répond de l’enfant")).to_be_focused()
        page.keyboard.type("aucun")
        page.get_by_role("button", name="Enregistrer et continuer").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Dossier")
    expect(page.get_by_label("Nom de famille")).to_have_value("")
    return time.monotonic() - began


def test_forty_people_of_a_bus_by_keyboard(sign_in):
    page = sign_in("agent.gao")
    open_group(page, "bus", "Bus d’Agadez, essai")
    taken, child = [], ""
    for number in range(1, BUS + 1):
        surname, given = next(_people)
        young = number == ALONE_AT
        child = surname if young else child
        taken.append(type_person(page, surname, given, TODAY.year - 15 if young else 1961 + number, alone=young))
        if young:
            expect(page.get_by_role("status")).to_contain_text("signalé à la protection")
    done = page.get_by_role("region", name=f"{BUS} personnes enregistrées")
    expect(done.get_by_role("listitem")).to_have_count(BUS)
    numbers = set(re.findall(r"GAO-\d{4}-\d{5}-\w", done.inner_text()))
    assert len(numbers) == BUS
    assert max(taken) < MOST_SECONDS, taken
    expect(done.get_by_text("mineure non accompagnée")).to_have_count(1)
    protection = sign_in("protection")
    expect(protection.get_by_role("region", name="Mineurs non accompagnés")).to_contain_text(child)
    page.get_by_role("link", name="Liste à imprimer").click()
    expect(page.get_by_role("row")).to_have_count(BUS + 1)


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}, {"viewport": PHONE}], ids=["desktop", "without JavaScript", "phone"])
def test_a_family_with_a_child_and_one_alone(sign_in, options):
    page = sign_in("agent.gao", **options)
    (surname, mother), (other, teen), (_third, small) = next(_people), next(_people), next(_people)
    page.goto("/migrants/register/group/")
    page.get_by_role("group", name="Qui arrive").get_by_label("une famille").check()
    page.get_by_label("Nom du groupe").fill(f"Famille {surname}")
    page.get_by_label("Nationalité de la plupart").select_option(label="Guinée")
    page.get_by_role("group", name=re.compile("d’accord pour")).get_by_label("enregistrement et aide au centre").check()
    page.get_by_role("group", name=re.compile("Comment donnent")).get_by_label("signature").check()
    page.get_by_role("button", name="Commencer").click()

    def person(name: str, given: str, year: int, role: str, adult: str = "") -> None:
        page.get_by_label("Nom de famille").fill(name)
        page.get_by_label("Prénoms", exact=True).fill(given)
        page.get_by_role("group", name="Sexe").get_by_label("femme").check()
        page.get_by_label("Année").fill(str(year))
        page.get_by_label("Place dans le ménage").select_option(label=role)
        if adult:
            _choose(page, adult)
        page.get_by_label("Année").press("Enter")

    person(surname, mother, 1988, "chef de ménage")
    expect(page.get_by_role("status")).to_contain_text("Dossier")
    person(surname, small, TODAY.year - 6, "enfant")  # nobody chosen: asked, and nothing typed is lost
    expect(page.get_by_role("alert").first).to_contain_text("mineure")
    expect(page.get_by_label("Prénoms", exact=True)).to_have_value(small)
    _choose(page, surname)
    page.get_by_role("button", name="Enregistrer et continuer").click()
    expect(page.get_by_role("status")).to_contain_text("Dossier")
    person(other, teen, TODAY.year - 14, "autre parent", "aucun adulte")
    expect(page.get_by_role("status")).to_contain_text("signalé à la protection")
    page.get_by_role("link", name=f"{small} {surname}", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("enfant avec un adulte responsable")
    expect(page.locator("p.household")).to_contain_text("adulte responsable")
    home = sign_in("protection").get_by_role("region", name="Mineurs non accompagnés")
    expect(home).to_contain_text(other)
    expect(home).not_to_contain_text(surname)


def _choose(page: Page, words: str) -> None:
    field = page.get_by_label("Adulte qui répond de l’enfant")
    field.select_option(field.locator("option", has_text=words).first.get_attribute("value"))


def test_somebody_known_stops_the_bus_for_a_question(sign_in):
    page = sign_in("agent.gao")
    open_group(page, "bus", "Bus de la question")
    surname, given = next(_people)
    type_person(page, surname, given, 1979)
    page.keyboard.type(surname.replace("u", "ou").replace("k", "c"))
    page.keyboard.press("Tab")
    page.keyboard.type(given)
    page.get_by_role("group", name="Sexe").get_by_label("femme").check()
    page.get_by_label("Année").fill("1979")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cette personne est‑elle déjà connue ?")
    assert "Personne n°\xa02" in page.evaluate("document.activeElement.innerText")  # said at once, with the line it is about
    page.get_by_role("button", name="Corriger la saisie").press("Enter")
    expect(page.get_by_label("Année")).to_have_value("1979")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bus de la question")


def test_a_photo_from_a_telephone_is_shrunk_before_it_goes_over_the_line(sign_in):
    page = sign_in("agent.gao")
    open_group(page, "bus", "Bus de la photo")
    surname, given = next(_people)
    page.get_by_text("Accord :").click()
    page.get_by_role("group", name=re.compile("La personne est d’accord")).get_by_label("photo", exact=True).check()
    page.get_by_label("Nom de famille").focus()
    type_person(page, surname, given, 1971)
    page.get_by_role("link", name=f"{given} {surname}", exact=True).click()
    page.get_by_role("link", name="Identité et documents").click()
    page.get_by_role("link", name="Prendre une photo").click()
    heavy = io.BytesIO()
    Image.effect_noise((2400, 1800), 90).convert("RGB").save(heavy, "JPEG", quality=95)
    page.get_by_label("Photo", exact=True).set_input_files({"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": heavy.getvalue()})
    expect(page.get_by_role("img", name="Aperçu de la photo")).to_be_visible()
    size = page.evaluate("document.querySelector('input[type=file]').files[0].size")
    assert size < len(heavy.getvalue()) / 10
    page.get_by_role("button", name="Enregistrer la photo").click()
    expect(page.get_by_role("status")).to_contain_text("La photo est enregistrée")
    portrait = page.get_by_role("img", name=f"Photo – {given} {surname}")
    assert portrait.evaluate("async image => { await image.decode(); return image.naturalWidth; }") == 176
