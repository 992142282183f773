"""A boy of fifteen, alone, whom the roll-call of the evening missed: whoever looks at him, in whatever role, reads it; a list does not find him."""

import re

import pytest
from playwright.sync_api import Page, expect

from centres.models import Centre
from tests import databases
from tests.reception.test_whereabouts import missing_boy
from tests.returns.factories import make_return

from .conftest import PHONE, WIDE

MISSING = re.compile("Manque depuis l’appel du")
NAME = "Issa Perdulavue"


@pytest.fixture(scope="module")
def boy(stack, django_db_blocker) -> dict[str, str]:
    """In the running Sira, with a return in preparation."""
    from django.db import connections

    before = connections["default"].settings_dict["NAME"]
    with django_db_blocker.unblock():
        databases.use(stack.database)
        try:
            gao = Centre.objects.get(code="GAO")
            stay = missing_boy(gao, given_names="Issa", surname="Perdulavue")
            case = make_return(gao, stay.migrant)
            return {"person": str(stay.migrant_id), "stay": str(stay.pk), "case": str(case.pk), "number": stay.migrant.case_number}
        finally:
            databases.use(before)


def _seen_to_be_missing(page: Page, address: str, around: str = "main") -> None:
    page.goto(address)
    words = page.locator(around).filter(has_text=MISSING).first
    expect(words).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address  # nothing is pushed off a phone


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["desktop", "phone"])
def test_the_missing_boy_through_all_roles(sign_in, boy, viewport):
    page = sign_in("agent.gao", viewport=viewport)
    page.on("dialog", lambda dialog: dialog.accept())
    # Breakfast: at the top, in words, unticked; also after « Tout cocher ». Ticked all the same he has a meal, and is missing.
    page.goto("/centres/GAO/meals/?service=petit-dejeuner")
    row = page.locator("#away-list li", has_text=NAME)
    expect(row).to_contain_text(MISSING)
    box = row.locator("input")
    expect(box).not_to_be_checked()
    page.get_by_role("link", name="Tout cocher").click()
    expect(box).not_to_be_checked()
    page.get_by_role("link", name="Tout décocher").click()
    box.check()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".callout.danger", has_text="Toujours manquantes")).to_contain_text(NAME)
    expect(page.locator("#away-list li", has_text=NAME)).to_contain_text(MISSING)
    page.get_by_role("button", name="Annuler cette liste").click()
    expect(page.get_by_role("status")).to_contain_text("1 ligne annulée")
    page.goto("/centres/GAO/meals/?service=dejeuner")
    expect(page.locator("#away-list li", has_text=NAME).locator("input")).not_to_be_checked()
    # Absences, board, file, roll-call and counter still say so.
    page.goto("/centres/GAO/absences/")
    expect(page.locator("tr", has_text=NAME)).to_contain_text("manquante à l’appel")
    _seen_to_be_missing(page, "/centres/GAO/?who=Perdulavue", "tr")
    _seen_to_be_missing(page, f"/migrants/{boy['person']}/", ".callout.danger")
    page.goto("/centres/GAO/roll-call/")
    expect(page.locator(".callout.danger", has_text="Manquent à l’appel")).to_contain_text(NAME)
    page.goto("/centres/GAO/counter/?service=diner")
    page.locator("input[name=what]").fill(boy["number"])
    page.locator("input[name=what]").press("Enter")
    expect(page.locator("[data-said], .answer, main").filter(has_text=MISSING).first).to_be_visible()
    # Protection, and the officer of returns: said before, and the step is not offered.
    page = sign_in("protection", viewport=viewport)
    _seen_to_be_missing(page, f"/migrants/{boy['person']}/protection/", ".callout.danger")
    page = sign_in("returns.gao", viewport=viewport)
    _seen_to_be_missing(page, f"/returns/{boy['case']}/", ".callout.danger")
