"""Two hundred meals by list, as the agent at the counter does it; and one more for somebody who had it."""

import re
import time

import pytest
from playwright.sync_api import expect

from centres.models import Centre
from tests import databases
from tests.reception.factories import crowd

from .conftest import PHONE

CROWD = 200


@pytest.fixture(scope="module")
def crowded(stack, django_db_blocker):
    """So many people more at Gao, in the running Sira."""
    from django.db import connections

    before = connections["default"].settings_dict["NAME"]
    with django_db_blocker.unblock():
        databases.use(stack.database)
        try:
            crowd(Centre.objects.get(code="GAO"), CROWD)
        finally:
            databases.use(before)


@pytest.mark.usefixtures("crowded")
def test_two_hundred_dinners_by_list(sign_in):
    page = sign_in("agent.gao")
    began = time.monotonic()
    page.goto("/centres/GAO/meals/?service=diner")
    boxes = page.locator("#meal-list input")
    assert boxes.count() >= CROWD
    ticked = page.locator("#meal-list input:checked").count()
    page.get_by_label("Chercher dans la liste").fill("xyzzy")
    expect(page.get_by_text("Personne de ce nom sur la liste.")).to_be_visible()
    page.get_by_label("Chercher dans la liste").fill("personne fôULE199")  # accents, case and order do not matter
    expect(page.locator("#meal-list > li:visible")).to_have_count(1)
    absent = page.locator("#meal-list > li:visible input").first
    absent.uncheck()
    page.get_by_label("Chercher dans la liste").fill("")
    expect(page.locator("[data-ticked] strong")).to_have_text(str(ticked - 1))
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(f"{ticked - 1} personnes servies.")
    seconds = time.monotonic() - began
    print(f"{ticked - 1} meals in {seconds:.1f} s")
    assert seconds < 60

    # The second serving, of somebody of the list, on their own page: said and not offered; sent all the same it is refused in words.
    page.goto("/centres/GAO/")
    page.get_by_role("link", name=re.compile("^Assistance")).first.click()
    expect(page.locator(".given", has_text="Dîner")).to_contain_text("donné aujourd’hui")
    assert page.get_by_role("button", name="Dîner", exact=True).count() == 0
    page.get_by_text("Un autre jour, plusieurs").click()
    page.locator("select[name=service]").select_option("diner")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("a déjà été donné à cette personne ce jour-là")

    # Saved by mistake: the whole list is taken back.
    page.goto("/centres/GAO/meals/?service=petit-dejeuner")
    count = page.locator("#meal-list input:checked").count()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Annuler cette liste").click()
    expect(page.get_by_role("status")).to_contain_text(f"{count} lignes annulées")


@pytest.mark.usefixtures("crowded")
def test_without_javascript_on_a_phone(sign_in):
    page = sign_in("agent.gao", java_script_enabled=False, viewport=PHONE)
    page.goto("/centres/GAO/meals/?service=dejeuner")
    page.get_by_role("link", name="Tout décocher").click()
    assert page.locator("#meal-list input:checked").count() == 0
    page.locator("#meal-list input").nth(3).check()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("1 personne servie.")
