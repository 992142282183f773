"""What is typed when a session is over, or with a token from before, comes back to the same account and to nobody else."""

import re
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.models import Migrant
from config.typed.filling import Filled
from tests import databases
from tests.factories import make_migrant

REGISTER = "/migrants/register/"
HERE = {"HTTP_ORIGIN": "http://testserver", "HTTP_REFERER": f"http://testserver{REGISTER}"}


def hidden(html: str, form: str = REGISTER) -> dict[str, str]:
    """The hidden fields of the guarded form of a page."""
    main = html[html.index("data-guard") :]
    main = main[: main.index("</form>")]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', main))


@pytest.fixture
def device(persona):
    """A browser as it is, tokens and all, in which somebody is signed in: device("agent.gao")."""

    def sign_in(username: str) -> Client:
        client = Client(enforce_csrf_checks=True)
        client.force_login(persona(username))
        return client

    return sign_in


def typed(client: Client, **more: str) -> dict[str, str]:
    page = client.get(REGISTER).content.decode()
    return hidden(page) | {
        "surname": "Zorgbata", "given_names": "L’« Aîné » <b>", "sex": "female", "birth_2": "1988", "nationality": "GN", "phone": "76 12 34 56",
        "consent_purposes": "registration", "consent_method": "signed", "consent_language": "fra", "arrived_on": "", **more,
    }  # fmt: skip


def end_session(client: Client) -> None:
    session = client.session
    session["seen_at"] = session["started_at"] = int(time.time()) - 40 * 60
    session.save()


def sign_in_by_hand(client: Client, username: str, following: str = "/") -> None:
    page = client.get(f"/accounts/login/?next={following}").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    answer = client.post("/accounts/login/", {"login": username, "password": databases.PASSWORD, "next": following, "csrfmiddlewaretoken": token[1]}, **HERE)
    assert answer.status_code == 302, answer.content.decode()


def test_a_registration_sent_after_the_session_is_back_and_is_registered_once(device):
    client = device("agent.gao")
    data = typed(client)
    end_session(client)
    answer = client.post(REGISTER, data, **HERE)
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={REGISTER}"
    assert not Migrant.objects.filter(surname="Zorgbata").exists()
    assert "Zorgbata" not in str(dict(client.session)), "nothing readable lies on the server"
    sign_in_by_hand(client, "agent.gao", REGISTER)
    page = client.get(REGISTER).content.decode()
    assert 'value="Zorgbata"' in page
    assert 'value="L’« Aîné » &lt;b&gt;"' in page, "as typed, and harmless"
    assert "Rien n’est encore enregistré" in page
    again = hidden(page)
    assert again["id"] == data["id"], "the same key: sent twice is registered once"
    assert again["csrfmiddlewaretoken"] != data["csrfmiddlewaretoken"]
    for _twice in range(2):
        assert client.post(REGISTER, data | {"given_names": "Awa"} | again, **HERE).status_code == 302
    assert Migrant.objects.filter(surname="Zorgbata").count() == 1
    assert 'value="Zorgbata"' not in client.get(REGISTER).content.decode(), "given back once"


def test_choices_come_back_as_they_were_made(device):
    client = device("agent.gao")
    data = typed(client, consent_method="spoken", consent_witness="Moussa", nationality="SN")
    end_session(client)
    client.post(REGISTER, data, **HERE)
    sign_in_by_hand(client, "agent.gao")
    page = client.get(REGISTER).content.decode()
    assert re.search(r'<option value="SN" selected="">', page)
    assert re.search(r'value="spoken"[^>]* checked=""', page)
    assert re.search(r'value="female"[^>]* checked=""', page)
    assert not re.search(r'value="image_rights"[^>]* checked', page)
    assert re.search(r'name="consent_witness" value="Moussa"|value="Moussa"', page)


def test_another_account_gets_nothing_and_what_it_was_is_gone(device):
    client = device("agent.gao")
    data = typed(client)
    end_session(client)
    client.post(REGISTER, data, **HERE)
    sign_in_by_hand(client, "manager.gao")
    for path in (REGISTER, "/"):
        assert "Zorgbata" not in client.get(path).content.decode()
    assert "typed" not in client.session


def test_a_stale_token_after_signing_in_elsewhere_gives_the_form_back(device):
    client = device("agent.gao")
    data = typed(client)
    client.get("/accounts/login/")
    client.logout()
    sign_in_by_hand(client, "agent.gao")  # another tab
    answer = client.post(REGISTER, data, **HERE)
    assert (answer.status_code, answer["Location"]) == (302, REGISTER)
    page = client.get(REGISTER).content.decode()
    assert 'value="Zorgbata"' in page
    assert client.post(REGISTER, data | {"given_names": "Awa"} | hidden(page), **HERE).status_code == 302
    assert Migrant.objects.filter(surname="Zorgbata").count() == 1


def test_a_stale_form_of_another_account_is_shown_to_nobody(device):
    client = device("agent.gao")
    data = typed(client)
    client.logout()
    sign_in_by_hand(client, "manager.gao")
    answer = client.post(REGISTER, data, **HERE)
    assert answer.status_code == 403
    assert "n’est montré à personne d’autre" in answer.content.decode()
    assert "Zorgbata" not in answer.content.decode()
    assert "typed" not in client.session


def test_what_a_foreign_page_sends_is_never_laid_before_somebody(device):
    client = device("agent.gao")
    data = typed(client) | {"csrfmiddlewaretoken": "a" * 64}
    answer = client.post(REGISTER, data, HTTP_ORIGIN="https://ailleurs.example")
    assert answer.status_code == 403
    assert "n’a pas pu être gardé" not in answer.content.decode() or "y est encore" not in answer.content.decode()
    assert "typed" not in client.session


def test_nobody_is_led_to_another_server(device):
    client = device("agent.gao")
    data = typed(client)
    end_session(client)
    answer = client.post(REGISTER, data, HTTP_ORIGIN="http://testserver", HTTP_REFERER="http://testserver//ailleurs.example/")
    assert answer["Location"] == f"/accounts/login/?next={REGISTER}"


def test_a_stranger_leaves_nothing(client, db):
    answer = client.post(REGISTER, {"surname": "Zorgbata", "typed_by": "made:up:mark"})
    assert answer.status_code == 302
    assert "typed" not in client.session


def test_passwords_and_tokens_are_never_kept(device):
    client = device("agent.gao")
    data = typed(client, token="jeton-secret", password="motdepasse-xyz")
    end_session(client)
    client.post(REGISTER, data, **HERE)
    assert "typed" in client.session
    sign_in_by_hand(client, "agent.gao")
    page = client.get(REGISTER).content.decode()
    assert "jeton-secret" not in page
    assert "motdepasse-xyz" not in page
    end_session(client)
    client.post("/accounts/password/change/", data, **HERE)
    assert "typed" not in client.session


def test_a_file_is_named_to_be_chosen_again(device, centre):
    client = device("agent.gao")
    person = make_migrant(centre("GAO"))
    path = f"/migrants/{person.pk}/attachments/"
    here = {**HERE, "HTTP_REFERER": f"http://testserver{path}"}
    data = hidden(client.get(path).content.decode())
    end_session(client)
    client.post(path, data | {"title": "Acte de naissance", "file": SimpleUploadedFile("acte.pdf", b"%PDF-1.4")}, **here)
    sign_in_by_hand(client, "agent.gao")
    page = client.get(path).content.decode()
    assert 'value="Acte de naissance"' in page
    assert re.search(r"À choisir de nouveau\s:\s*acte\.pdf", page)


def test_a_part_of_a_page_gets_no_sign_in_form_into_it(client, db):
    assert client.post("/migrants/register/similar/", {"surname": "Traoré"}, HTTP_HX_REQUEST="true").status_code == 401
    assert client.post("/migrants/register/similar/", {"surname": "Traoré"}).status_code == 302


@pytest.mark.parametrize("path", ["/", REGISTER, "/centres/GAO/", "/migrants/"])
def test_a_page_in_which_nothing_is_filled_in_stays_as_it_was(as_user, path):
    html = as_user("agent.gao").get(path).content.decode()
    assert Filled(html, page=path, path="/nowhere/", fields={}).place("") == html


def test_of_two_forms_to_one_address_the_one_that_was_sent_is_filled():
    html = """<main><form method="post" action="/stock/"><input type="hidden" name="kit" value="A"><input name="n" value="1"></form>
<form method="post" action="/stock/"><input type="hidden" name="kit" value="B"><input name="n" value="2"><textarea name="why">ancien</textarea></form></main>"""
    filled = Filled(html, page="/stock/", path="/stock/", fields={"kit": ["B"], "n": ["750 000"], "why": ["</textarea><script>"], "gone": ["un mot"]})
    out = filled.place("!")
    assert '<input type="hidden" name="kit" value="A"><input name="n" value="1">' in out
    assert '<input name="n" value="750 000">' in out
    assert "&lt;/textarea&gt;&lt;script&gt;</textarea>" in out
    assert "ancien" not in out
    assert filled.lost == ["un mot"]
