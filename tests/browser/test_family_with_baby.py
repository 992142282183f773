"""A family with a baby is registered and admitted: one room, the baby in its mother's bed, the household in one line."""

import datetime
import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import PHONE
from .test_group_registration import _people
from .test_main_path import TODAY


def next_person(page: Page, given: str, sex: str, born: datetime.date, *, surname: str = "", adult: str = "") -> None:
    """The next of the family; the surname that is proposed stays unless another is said."""
    if surname:
        page.get_by_label("Nom de famille").fill(surname)
    page.get_by_label("Prénoms", exact=True).fill(given)
    page.get_by_role("group", name="Sexe").get_by_label(sex).check()
    birth = page.get_by_role("group", name="Date de naissance")
    for label, value in (("Jour", born.day), ("Mois", born.month), ("Année", born.year)):
        birth.get_by_label(label).fill(str(value))
    if adult:
        adults = page.get_by_label("Adulte qui répond de l’enfant")
        adults.select_option(adults.get_by_role("option", name=re.compile(f"^{adult} ")).get_attribute("value"))
    page.get_by_role("button", name="Enregistrer et continuer").click()
    expect(page.get_by_role("status")).to_contain_text("ouvert")


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE}], ids=["desktop", "phone"])
def test_one_room_and_the_baby_in_its_mothers_bed(sign_in, options):
    page = sign_in("agent.gao", **options)
    (surname, mother), (_other, father), (_third, child), (_fourth, baby) = (next(_people) for _member in range(4))
    page.goto("/migrants/register/group/")
    page.get_by_role("group", name="Qui arrive").get_by_label("une famille").check()
    page.get_by_label("Nationalité de la plupart").select_option(label="Guinée")
    page.get_by_role("group", name=re.compile("d’accord pour")).get_by_label("enregistrement et aide au centre").check()
    page.get_by_role("group", name=re.compile("Comment donnent")).get_by_label("signature").check()
    page.get_by_role("button", name="Commencer").click()
    next_person(page, mother, "femme", TODAY.replace(year=TODAY.year - 27, day=1), surname=surname)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Famille {surname}")
    proposed = page.get_by_label("Nom de famille")
    expect(proposed).to_have_value(surname)
    assert page.evaluate("getSelection().toString()") == surname  # typed over without a key more
    full_name = f"{mother} {surname}"
    next_person(page, father, "homme", TODAY.replace(year=TODAY.year - 33, day=1))
    next_person(page, child, "homme", TODAY.replace(year=TODAY.year - 4, day=1), adult=full_name)
    next_person(page, baby, "femme", TODAY - datetime.timedelta(days=61), adult=full_name)

    page.goto("/centres/GAO/")
    page.locator(".awaited summary", has_text=f"Famille {surname}").click()
    page.get_by_role("link", name=f"Admettre tout le groupe « Famille {surname} »").click()
    expect(page.get_by_text(f"partage le lit de {full_name}")).to_be_visible()
    page.get_by_role("group", name=re.compile("^Pour toutes")).get_by_label("en transit").check()
    page.get_by_role("button", name="Noter ces arrivées").click()
    expect(page.get_by_role("status")).to_contain_text("4 arrivées notées")

    page.goto(f"/centres/GAO/?who={surname}")
    rows = page.get_by_role("table", name="Personnes présentes au centre").get_by_role("row").filter(has_text=surname)
    expect(rows).to_have_count(4)
    beds = {row.get_by_role("rowheader").get_by_role("link").first.inner_text(): row.get_by_role("cell").nth(1).inner_text() for row in rows.all()}
    assert len({words.partition(" – ")[0].strip() for words in beds.values()}) == 1, beds
    own = beds[full_name].strip()
    assert beds[f"{baby} {surname}"].strip() == f"{own}, partage le lit de {full_name}"
    assert own not in (beds[f"{father} {surname}"].strip(), beds[f"{child} {surname}"].strip())
    row = rows.filter(has=page.locator("th > a", has_text=f"{baby} {surname}"))
    expect(row.get_by_text(f"Famille {surname}")).to_be_visible()

    rows.get_by_role("link", name=f"{baby} {surname}", exact=True).first.click()
    line = page.locator("p.household")
    expect(line).to_contain_text(f"Famille {surname}")
    for given in (mother, father, child):
        expect(line.get_by_role("link", name=f"{given} {surname}")).to_be_visible()
    expect(line).to_contain_text("adulte responsable")
    expect(page.get_by_text(f"partage le lit de {full_name}")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
