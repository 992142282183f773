"""What is no text is answered 400 once, at the door, for every address: NUL and halves of characters."""

import json

import pytest
from django.urls import reverse
from django.utils import translation

from tests.cases.factories import make_migrant
from tests.test_access_matrix import OWN, SAMPLES, URLS, declaration_of

HALF, NUL = '"\\ud800"', '"a\\u0000b"'
WRITERS = [(OWN, name) for name in ("agent.gao", "manager.gao", "returns.gao", "me.iom", "flows", "outreach", "protection")] + [("KAY", "reintegration.kayes")]
API = sorted(name for name in URLS if name.startswith("api-"))


def test_there_is_an_api():
    assert len(API) > 25


@pytest.mark.django_db
@pytest.mark.parametrize("name", API)
def test_every_address_of_the_api_refuses_in_a_body_what_is_no_text(name, centre, api_as):
    declaration = declaration_of(name)
    for method in sorted(set(declaration.methods) & {"POST", "PATCH", "PUT"}):
        sample = SAMPLES[name].data
        field = next(iter((sample(centre(OWN)) if callable(sample) else sample) or {}), "name")
        bodies = (f'{{"{field}": {HALF}}}', f'{{"x": [{{"deep": [{NUL}]}}]}}', f"{{{NUL}: 1}}")
        refused = 0
        for where, username in WRITERS:
            address = reverse(name, kwargs=SAMPLES[name].kwargs(centre(where)))
            for body in bodies:
                answer = api_as(username).generic(method, address, body, content_type="application/json")
                assert answer.status_code in (400, 403, 404), (username, method, body, answer.status_code)
                assert answer["Content-Type"] == "application/problem+json"
                assert json.loads(answer.content)["status"] == answer.status_code
                refused += answer.status_code == 400
                if answer.status_code != 400:
                    break
            if refused:
                break
        assert refused == len(bodies), (method, refused)


@pytest.mark.django_db
@pytest.mark.parametrize("name", API)
def test_every_address_of_the_api_refuses_in_its_question_what_is_no_text(name, centre, api_as):
    address = reverse(name, kwargs=SAMPLES[name].kwargs(centre(OWN)))
    browser = api_as("agent.gao")
    for question in ("q=%00", "q=a%00b&sex=female", "%00=1", "q=%ED%A0%80", "q=%FF"):
        answer = browser.get(f"{address}?{question}")
        assert answer.status_code == 400, question
        assert answer["Content-Type"] == "application/problem+json" and answer.json()["title"] == "Cette demande n’est pas lisible."


def test_pages_refuse_it_in_the_question_the_path_a_cookie_and_a_field(as_user, centre):
    browser, person = as_user("agent.gao"), make_migrant(centre("GAO"))
    for address in ("/migrants/?q=%00", "/migrants/?q=%ED%A0%80", "/migrants/%00/", "/migrants/export.csv?nationality=%00"):
        answer = browser.get(address)
        assert answer.status_code == 400, address
        assert "Cette demande n’a pas été comprise" in answer.content.decode()
    note = reverse("cases:note", args=[person.pk])
    for sent in ({"text": "a\0b"}, {"a\0b": "x"}):
        assert browser.post(note, sent).status_code == 400
    assert browser.get("/migrants/", HTTP_COOKIE='sessionid="\\000"').status_code == 400
    # Another charset than the one everybody writes does not open the door either.
    assert browser.get("/migrants/?q=%5Cud800", headers={"Content-Type": "text/plain; charset=unicode_escape"}).status_code == 400
    assert browser.get("/migrants/?q=Coulibaly").status_code == 200
    assert browser.get("/migrants/", {"q": "Sékou 🂡 ‘ٍ"}).status_code == 200


def test_english_readers_are_told_in_english(client):
    with translation.override("fr"):  # afterwards as before
        assert "was not understood" in client.get("/accounts/login/?next=%00", headers={"Accept-Language": "en"}).content.decode()
