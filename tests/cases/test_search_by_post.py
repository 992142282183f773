"""A name that is searched stands in no address: it comes by POST and goes on sealed, for whoever asked, page after page and into the file."""

import re

import pytest
from django.http import QueryDict

from cases.exporting import LISTINGS
from config import private
from jobs.models import Job
from tests.reception.factories import make_stay

from .factories import make_migrant

NAME, OTHER = "Canaridiarra", "Canarimariam"
ADDRESSES = re.compile(r'(?:href|src|action|hx-\w+|data-[\w-]+)="([^"]*)"')


def addresses(page) -> str:
    return " ".join(ADDRESSES.findall(page.content.decode())) + str(page.headers) + str(page.cookies)


def people_of(page) -> set[str]:
    return {str(person.pk) for person in page.context["people"]}


@pytest.fixture
def many(centre):
    return [make_migrant(centre("GAO"), surname=NAME, given_names=OTHER) for _ in range(28)]


def test_a_search_comes_by_post_and_goes_on_at_an_address_without_the_name(as_user, many):
    browser = as_user("agent.gao")
    answer = browser.post("/migrants/", {"q": NAME, "sex": many[0].sex})
    assert answer.status_code == 302
    assert NAME not in answer["Location"] and f"sex={many[0].sex}" in answer["Location"]
    page = browser.get(answer["Location"])
    assert len(page.context["people"]) == 25 and f'value="{NAME}"' in page.content.decode()
    assert NAME not in addresses(page) and OTHER not in addresses(page)
    # Back, reload and the next page are addresses like any other.
    assert people_of(browser.get(answer["Location"])) == people_of(page)
    following = browser.get("/migrants/" + page.context["page"]["next_url"])
    assert len(following.context["people"]) == 3 and not people_of(following) & people_of(page)
    assert NAME not in addresses(following)


def test_the_export_of_a_search_has_those_who_were_found(as_user, centre, many):
    make_migrant(centre("GAO"), surname="Keïta")
    browser = as_user("manager.gao")
    page = browser.get(browser.post("/migrants/", {"q": NAME})["Location"])
    ((_kind, address), *_more) = page.context["tools"]["exports"]
    assert NAME not in address
    rows = browser.get(address).content.decode().splitlines()
    assert sum(NAME in row for row in rows) == 28 and not any("Keïta" in row for row in rows)
    columns = browser.get(page.context["tools"]["columns_url"])
    assert NAME not in addresses(columns) and "s=" in columns.context["back"]
    # A worker that makes the same list later finds what was sealed.
    query = address.partition("?")[2]
    found = LISTINGS["people"].rows(Job(created_by=browser.get("/").context["request"].user).created_by, QueryDict(query))
    assert len(found) == 28


def test_while_typing_the_part_comes_alone_and_the_address_is_sealed(as_user, many):
    answer = as_user("agent.gao").post("/migrants/", {"q": NAME}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "<html" not in answer.content.decode()
    assert answer["HX-Replace-Url"].startswith("/migrants/?s=") and NAME not in answer["HX-Replace-Url"]
    assert len(as_user("agent.gao").get(answer["HX-Replace-Url"]).context["people"]) == 25


def test_what_somebody_typed_into_an_address_goes_no_further(as_user, many):
    browser = as_user("manager.gao")
    page = browser.get("/migrants/", {"q": NAME})
    assert len(page.context["people"]) == 25 and NAME not in addresses(page)


@pytest.mark.parametrize("spoil", ["another", "old", "cut", "made up"])
def test_a_search_that_cannot_be_read_answers_nobody(as_user, many, spoil, settings, persona):
    address = as_user("agent.gao").post("/migrants/", {"q": NAME})["Location"]
    if spoil == "old":
        settings.SESSION_ABSOLUTE_SECONDS = -10
    elif spoil == "cut":
        address = address[:-7]
    elif spoil == "made up":
        address = "/migrants/?s=Canari"
    browser = as_user("manager.gao" if spoil == "another" else "agent.gao")
    if spoil == "old":
        assert private.unseal(persona("agent.gao"), address.partition("s=")[2]) is None
        settings.SESSION_ABSOLUTE_SECONDS = 3600
        return
    page = browser.get(address)
    assert page.status_code == 200 and page.context["people"] == []
    assert "Cette recherche n’est plus connue" in page.content.decode()
    assert as_user("manager.gao").get(f"/migrants/export.csv?s={address.partition('s=')[2] if spoil != 'another' else 'x'}").content.decode().count(NAME) == 0


@pytest.mark.parametrize(("address", "words"), [("/migrants/", "q"), ("/centres/GAO/", "who")])
def test_a_form_sent_as_the_page_has_it_leaves_nothing_of_the_page_in_the_address(as_user, centre, many, address, words):
    """Neither a token nor the mark of whose form it was."""
    make_stay(centre("GAO"), migrant=many[0])
    browser = as_user("agent.gao")
    forms = re.findall(rf'<form[^>]*action="{address}".*?</form>', browser.get(address).content.decode(), re.DOTALL)
    form = next(form for form in forms if f'name="{words}"' in form)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert {"csrfmiddlewaretoken", "typed_by"} <= set(hidden)
    for headers in ({}, {"HX-Request": "true"}) if words == "q" else ({},):
        answer = browser.post(address, hidden | {words: NAME}, headers=headers)
        gone_to = answer.get("Location") or answer["HX-Replace-Url"]
        assert set(QueryDict(gone_to.partition("?")[2])) == {"s"}
        if not headers:
            assert "typed_by=" not in addresses(browser.get(gone_to))


def test_every_form_that_asks_for_a_name_is_sent_by_post(as_user, many):
    browser = as_user("agent.gao")
    for address in ("/", "/migrants/", "/centres/GAO/"):
        page = browser.get(address).content.decode()
        for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
            if re.search(r'name="(q|who|user)"', form) and 'type="hidden" name="q"' not in form:
                assert 'method="post"' in form and "csrfmiddlewaretoken" in form, form[:200]
    page = browser.get(browser.post("/migrants/", {"q": NAME})["Location"])
    register = re.search(r'href="(/migrants/register/[^"]*)"', page.content.decode()) or re.search(r'href="([^"]*\?s=[^"]*)"', page.content.decode())
    form = browser.get(page.context["register_url"])
    assert register and NAME in form.content.decode() and NAME not in page.context["register_url"]


def test_the_board_is_searched_by_post_too(as_user, centre):
    gao = centre("GAO")
    make_stay(gao, migrant=make_migrant(gao, surname=NAME))
    make_stay(gao)
    browser = as_user("agent.gao")
    answer = browser.post("/centres/GAO/", {"who": NAME, "show": ""})
    assert answer.status_code == 302 and NAME not in answer["Location"]
    page = browser.get(answer["Location"])
    assert [str(stay.migrant) for stay in page.context["page"]] and len(page.context["page"]) == 1
    assert NAME not in addresses(page)
    assert as_user("agent.kayes").post("/centres/GAO/", {"who": NAME}).status_code == 404


def test_the_api_is_searched_by_post(api_as, centre, many):
    make_migrant(centre("KAY"), surname=NAME)
    answer = api_as("agent.gao").post_json("/api/v1/migrants/search/", {"q": NAME, "centre": "GAO"})
    assert answer.status_code == 200 and len(answer.json()["results"]) == 28
    assert api_as("agent.gao").post_json("/api/v1/migrants/search/", {"q": NAME, "centre": "KAY"}).json()["results"] == []
    assert api_as("agent.gao").post_json("/api/v1/migrants/search/", {"q": NAME, "flag": "trafficking"}).status_code == 400
    assert api_as("agent.gao").post_json("/api/v1/migrants/search/", {"q": NAME, "wrong": 1}).status_code == 400
    assert api_as("steering.eu").post_json("/api/v1/migrants/search/", {"q": NAME}).status_code == 403


def test_accounts_are_searched_by_post(as_user):
    browser = as_user("admin")
    answer = browser.post("/administration/users/", {"q": "agent.gao"})
    assert answer.status_code == 302 and "agent" not in answer["Location"]
    assert [user.username for user in browser.get(answer["Location"]).context["page"]] == ["agent.gao"]
