"""A filter that cannot be read, or that the reader may not ask for, answers nobody: on every list, for every role, in every format."""

import csv
import io

import pytest
from django import forms
from django.urls import reverse
from openpyxl import load_workbook

from administration.demo.accounts import ACCOUNTS
from cases.exporting import LISTINGS
from cases.forms import SearchForm
from cases.vulnerabilities import ALL_FLAGS, PROTECTED_FLAGS
from centres.access import may
from centres.roles import Right
from config.filtering import FilterForm
from tests.cases.factories import make_assessment, make_migrant, make_referral, make_structure
from tests.outreach.factories import make_activity
from tests.reception.factories import make_alert, make_incident, make_stay
from tests.reintegration.factories import make_followed_up, make_reintegration
from tests.returns.factories import make_return

EVERYBODY = sorted(account[0] for account in ACCOUNTS)
NONSENSE = ("nonsense", "ZZ", "-1", "2026-02-31", "x" * 300, "'; --")


def rows_of_file(answer, kind: str) -> int:
    """How many people (or things) stand in an exported file, below its two lines of heads."""
    if kind == "xlsx":
        return load_workbook(io.BytesIO(answer.content)).active.max_row - 2
    return len(list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))) - 2


def shown(answer) -> int:
    """How many rows a list shows."""
    for name in ("people", "rows", "visits", "page"):
        if name in answer.context:
            found = answer.context[name]
            if name == "page" and hasattr(found, "rows"):
                found = found.rows
            if not isinstance(found, dict | int):
                return len(list(found or ()))
    raise AssertionError("no list")


@pytest.mark.parametrize("username", EVERYBODY)
def test_people_by_every_flag_and_every_role(as_user, api_as, persona, centre, username):
    """`export.csv?flag=trafficking` by a role without the right to protection gave everybody."""
    gao = centre("GAO")
    marked = make_migrant(gao)
    make_assessment(marked)
    user = persona(username)
    if not may(user, Right.VIEW_CASE):
        return
    for query in ("flag=trafficking", "flag=nonsense", "protection=undecided", "protection=nonsense"):
        name, value = query.split("=")
        open_to = may(user, Right.VIEW_PROTECTION) and value != "nonsense"
        page = as_user(username).get(f"/migrants/?{query}")
        assert page.status_code == 200
        if not open_to:
            assert page.context["people"] == [], query
            assert not page.context["form"].is_valid()
        else:
            assert page.context["form"].is_valid()
        if may(user, Right.EXPORT_NAMES):
            for kind in ("csv", "xlsx"):
                assert rows_of_file(as_user(username).get(f"/migrants/export.{kind}?{query}"), kind) == 0 or open_to, (query, kind)
        if name == "flag":
            assert api_as(username).get(f"/api/v1/migrants/?{query}").status_code == (200 if open_to else 400)
    for flag in ALL_FLAGS:
        asked = SearchForm({"flag": flag}, centres=[gao.pk], user=user)
        assert asked.is_valid() is (flag not in PROTECTED_FLAGS or may(user, Right.VIEW_PROTECTION)), flag


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("name", sorted(LISTINGS))
def test_every_export_of_nonsense_is_empty(as_user, centre, name, kind):
    gao = centre("GAO")
    make_stay(gao)
    make_return(gao)
    make_reintegration(gao)
    make_followed_up(gao)
    listing, browser = LISTINGS[name], as_user("manager.gao")
    address = reverse(listing.export_name, args=[kind])
    filters = [one for one in listing.filters if one not in ("q", "alone")]
    if name in ("people", "stays", "returns"):
        assert rows_of_file(browser.get(address), kind) > 0
    for question in (f"{one}={value}" for one in filters for value in NONSENSE[:3]):
        assert rows_of_file(browser.get(f"{address}?{question}"), kind) == 0, question


LISTS = {
    "/migrants/": ("agent.gao", ("sex", "nationality", "centre", "age", "arrival", "origin", "since", "until", "flag", "protection")),
    "/centres/GAO/": ("agent.gao", ("show",)),
    "/centres/GAO/incidents/": ("agent.gao", ("state", "kind", "severity", "aid")),
    "/centres/GAO/alerts/": ("manager.gao", ("state", "kind")),
    "/referrals/": ("agent.gao", ("state", "structure", "centre")),
    "/referrals/directory/": ("agent.gao", ("service", "centre")),
    "/returns/": ("returns.gao", ("state", "centre", "country")),
    "/reintegration/": ("protection", ("state", "centre", "kind")),
    "/reintegration/visits/": ("protection", ("due", "centre")),
    "/outreach/": ("outreach", ("kind", "region", "start", "end")),
    "/administration/users/": ("admin", ("role", "organisation", "state")),
    "/administration/reads/": ("auditor", ("user", "start", "end", "action")),
    "/administration/changes/": ("auditor", ("user", "start", "end", "operation", "table")),
}


@pytest.fixture
def something_everywhere(centre, as_user):
    gao = centre("GAO")
    stay = make_stay(gao)
    make_incident(gao)
    make_alert(gao)
    make_referral(gao, migrant=stay.migrant)
    make_structure(gao)
    make_return(gao)
    make_reintegration(gao)
    make_followed_up(gao)
    make_activity()
    as_user("agent.gao").get("/migrants/")


@pytest.mark.parametrize("address", LISTS)
def test_every_list_shows_nobody_for_what_it_cannot_read(as_user, something_everywhere, address):
    username, names = LISTS[address]
    browser = as_user(username)
    found = browser.get(address)
    assert found.status_code == 200, address
    if "visits" not in address:
        assert shown(found) > 0, "the test must have something to hide"
    for name in names:
        for value in NONSENSE[:3]:
            page = browser.get(address, {name: value})
            assert page.status_code == 200 and shown(page) == 0, (name, value)


def test_a_filter_that_is_not_for_this_reader_is_told():
    class Form(FilterForm):
        open = forms.CharField(required=False)
        kept = forms.CharField(required=False)

    form = Form({"open": "a"})
    del form.fields["kept"]
    assert form.is_valid() and form.chosen == {"open": "a"}
    form = Form({"open": "a", "kept": "b"})
    del form.fields["kept"]
    assert not form.is_valid() and form.chosen == {}
    assert "ne vous est pas ouvert" in str(form.errors)
