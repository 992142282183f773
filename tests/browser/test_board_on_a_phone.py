"""The page of a centre on a phone, on a day with sixty people to admit and sixty there: short enough to be read."""

import datetime
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from cases.models import Custody, Household, Migrant, RegistrationGroup
from tests.factories import make_migrant
from tests.reception.factories import crowd

# It was 12,800 px; it is 7,000.
MOST = 7_500


def page_of_a_busy_day(browser, centre) -> str:
    crowd(centre, 60)
    people = [make_migrant(centre) for _ in range(5)]  # and one that the crowd is made after
    like = people[0]
    values = {field.attname: getattr(like, field.attname) for field in Migrant._meta.concrete_fields}
    bus = RegistrationGroup.objects.create(kind="bus", title="Bus de Kidal", centre=centre, made_by=like.registered_by)
    family = Household.objects.create()
    copies = []
    for number in range(54):
        own = {"id": uuid.uuid4(), "case_number": uuid.uuid4().hex[:18], "surname": f"Attendue{number}"}
        together = {"registration_group_id": bus.pk if number < 40 else None, "household_id": family.pk if 40 <= number < 45 else None}
        copies.append(Migrant(**values | own | together))
    Migrant.objects.bulk_create(copies)
    since = timezone.now() - datetime.timedelta(hours=2)
    Custody.objects.bulk_create(Custody(migrant=one, centre=centre, reason="registered", since=since) for one in copies)
    page = browser.get(reverse("reception:centre", args=[centre.code]))
    assert page.context["to_admit"] == 60 and page.context["page"].paginator.count == 60
    style = (Path(settings.BASE_DIR) / "static" / "sira.css").read_text(encoding="utf-8")
    return page.content.decode().replace("</head>", f"<style>{style}</style></head>", 1)


@pytest.mark.django_db
def test_a_busy_board_on_a_phone(chromium, as_user, centre):
    html = page_of_a_busy_day(as_user("agent.gao"), centre("GAO"))
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    try:
        page = context.new_page()
        page.route("**/*", lambda route: route.abort())  # the page alone: no server behind it
        page.set_content(html, wait_until="domcontentloaded")
        size = page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
        standing_out = page.locator("main .button:not(.ghost):not(.link):visible").all_inner_texts()
        print("height at 390 px:", size[0])
        assert size[0] <= MOST and size[1] <= 390
        assert standing_out == ["Enregistrer une personne"]
        # Without a script too a fold opens, and shows each person of the bus with their way in.
        assert page.locator(".awaited a:visible", has_text="Admettre").count() <= 6
        page.locator(".awaited summary", has_text="Bus de Kidal").click()
        assert page.locator(".awaited details[open] a", has_text="Admettre").count() == 41  # each, and all at once
    finally:
        context.close()
