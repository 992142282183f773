"""A centre that no longer follows somebody reads what it knew: on no address, in no format and by no guess anything that the next one wrote."""

import difflib
import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts.models import User
from cases import referrals
from cases.models import Migrant
from cases.vulnerabilities import ALL_FLAGS
from config import private
from config.countries import country_choices

from . import databases
from .former import CANARIES, NEW, NUMBERS, Former, make_former, staff_of
from .test_access_matrix import SAMPLES, URLS, declaration_of

pytestmark = pytest.mark.xdist_group("former")
ROLES = ("agent", "manager", "health", "protection", "returns", "reintegration")
FORMATS = ("csv", "xlsx", "pdf", "json")
# The roles with the most on their pages: they ask for fragments too, and guess.
ASK_AGAIN = ("agent", "protection")
GUESSERS = ("manager", "protection")
# They end the session or lead elsewhere.
NOT_CRAWLED = {"set_language", "stay-signed-in", "account_logout", "healthz", "readyz", "partner", "api-schema", "cases:import_template"}


@pytest.fixture(scope="module")
def former(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Former]:
    """One register for all: in a database of its own, so that it is made once."""
    from django.conf import settings

    before = connections["default"].settings_dict["NAME"]
    name = databases.own_name("former")
    media = settings.MEDIA_ROOT
    with django_db_blocker.unblock():
        databases.copy_template(name)
        databases.use(name)
        settings.MEDIA_ROOT = tmp_path_factory.mktemp("files")
        try:
            yield make_former()
        finally:
            databases.use(before)
            databases.drop(name)
            settings.MEDIA_ROOT = media


def addresses(former: Former) -> Iterator[tuple[str, str]]:
    """(name, address) of every page that answers GET, about these people and this centre."""
    for name in sorted(set(URLS) & set(SAMPLES)):
        declaration = declaration_of(name)
        if declaration is None or "GET" not in declaration.methods or name in NOT_CRAWLED or name.startswith(("account_", "mfa_")):
            continue
        arguments = URLS[name].pattern.converters
        ways: list[dict[str, Any]] = [{}]
        rows = former.rows(declaration.model) if declaration.model is not None else []
        for argument in arguments:
            if argument == "kind":
                found: list[Any] = list(FORMATS)
            elif argument == "code":
                found = [former.here.code]
            elif argument in ("migrant", "person"):
                found = [person.pk for person in former.people]
            elif argument in ("pk", "key") and rows:
                found = [getattr(row, argument) for row in rows]
            else:
                found = []
            ways = [{**way, argument: value} for way in ways for value in found]
        if arguments and not ways:
            kwargs = SAMPLES[name].kwargs(former.here)  # about nobody of them
            ways = [kwargs]
        for way in ways:
            yield name, reverse(name, kwargs=way)


# What one may choose says nothing of anybody; what is chosen does.
CHOICES = re.compile(
    r'<option(?![^>]*\bselected\b)[^>]*>.*?</option>|<datalist.*?</datalist>|<input type="(?:checkbox|radio)"(?![^>]*\bchecked\b)[^>]*>\s*<label[^>]*>.*?</label>', re.S
)


def text_of(response: Any) -> str:
    """What an answer says, whatever it is: without the choices of a list that are not chosen."""
    content = b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content
    kind = response.get("Content-Type", "")
    if "spreadsheet" in kind:
        return _workbook(content)
    if "pdf" in kind and len(content) > 1000:  # the samples' scans are none
        return _pdf(content)
    text = content.decode("utf-8", "replace")
    return html.unescape(CHOICES.sub("", text)) if "html" in kind else text


def _workbook(content: bytes) -> str:
    import io

    from openpyxl import load_workbook

    return "\n".join(";".join(str(cell) for cell in row if cell is not None) for sheet in load_workbook(io.BytesIO(content)) for row in sheet.iter_rows(values_only=True))


def _pdf(content: bytes) -> str:
    import io

    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def client_of(user: User) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


@pytest.fixture(scope="module")
def pages(former, django_db_blocker) -> dict[str, dict[str, str]]:
    """{role: {address: what it says}} of the former centre."""
    found: dict[str, dict[str, str]] = {}
    with django_db_blocker.unblock():
        every = list(addresses(former))
        for role, user in staff_of(former.here).items():
            client = client_of(user)
            found[role] = {}
            for name, url in every:
                response = client.get(url)
                found[role][f"{name} {url}"] = text_of(response) if response.status_code == 200 else ""
                if role in ASK_AGAIN and response.status_code == 200 and "hx-" in found[role][f"{name} {url}"]:
                    found[role][f"{name} {url} htmx"] = text_of(client.get(url, HTTP_HX_REQUEST="true"))
    return found


def around(text: str) -> list[str]:
    """What of the next centre's words a text says, with what stands around it."""
    return [text[max(0, text.index(word) - 60) : text.index(word) + 60] for word in CANARIES if word in text]


@pytest.mark.parametrize("role", ROLES)
def test_no_page_tells_what_the_next_centre_wrote(role, pages):
    assert {where: around(text) for where, text in pages[role].items() if around(text)} == {}
    assert sum(bool(text) for text in pages[role].values()) > 50


def test_what_a_centre_knew_stays_readable_to_it(pages, former):
    """Whatever the next one changed, closed or took away, the former one reads as it wrote it."""
    of_agent, of_protection = ("\n".join(pages[role].values()) for role in ("agent", "protection"))
    for words in ("Anciennom", "Autrenom", "Vieuxvillage", "Guinée", "AB112233", "Ancienlieu", "ancienne-etape", "ancien-motif", "ancienne-note", "ancienne-consigne"):
        assert words in of_agent, words
    assert "OIM Conakry" in of_protection and "en cours" in of_protection


def test_the_next_centre_reads_all_of_it(former, django_db_blocker):
    with django_db_blocker.unblock():
        read = {role: client_of(user) for role, user in staff_of(former.there).items()}
        said = ""
        for person in former.people:
            for role, pages in (("agent", ("", "identity/", "profile/", "referrals/", "flags/", "print/")), ("protection", ("", "protection/"))):
                said += "".join(text_of(read[role].get(f"/migrants/{person.pk}/{page}")) for page in pages)
            for referral in person.referrals.all():
                said += text_of(read["agent"].get(f"/referrals/{referral.pk}/"))
        for words in (NEW["surname"], NEW["origin_place"], "79887766", "Fidji", "Tonga", *NUMBERS, "Canaripolis", "Canariland", "canari-note", "canari-suite", "canari-motif", "canari-levee",
                      "canari-protection", "canari-protege", "canari-recherche", "canari-jugement"):  # fmt: skip
            assert words in said, words


# --- guesses -----------------------------------------------------------------------------------------------------

# A guess of what the next centre wrote, and of something nobody wrote anywhere: by name of the question.
GUESSES: dict[str, list[tuple[str, str]]] = {
    "q": [(NEW["surname"], "Quuxbarbaz"), (f"{NEW['given_names']} {NEW['surname']}", "Quuxifoo Quuxbarbaz"), (NEW["other_names"], "Quuxedou"),
          (f"+{NEW['phone']}", "+22371020304"), (NEW["phone"][3:], "71020304"), *((number, "QQ554477") for number in NUMBERS)],
    "nationality": [("FJ", "WS"), ("VU", "WS")],
    "origin": [("TO", "WS")],
    "arrival": [("forced_return", "referred")],
    "state": [("done", "declined")],
    "flag": [("disability", "elderly")],
    "who": [(NEW["surname"], "Quuxbarbaz")],
    "what": [(NEW["surname"], "Quuxbarbaz"), (NEW["phone"], "22371020304")],
    "surname": [(NEW["surname"], "Quuxbarbaz")],
}  # fmt: skip
# What differs each time and says nothing: tokens, marks of a page, the moment. What is sealed for the asker is opened instead (`opened`).
CHANGING = re.compile(
    r'gAAAA[\w=-]+|"X-CSRFToken": "[^"]*"|csrf[^>]*value="[^"]*"|name="typed_by" value="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|nonce="[^"]*"| selected| checked|<dd>.*?</dd>|<time.*?</time>',
    re.S,
)
SEALED = re.compile(r"gAAAA[\w-]+(?:=|%3D)*")
# The search and the filters with names go by POST, as the pages send them: with a redirect, or into the page.
POSTED = {"q": ("get", "post", "htmx"), "who": ("get", "post"), "what": ("post", "htmx")}

AT_COUNTER = {"key": "5b7c1a9e-3f42-4d0c-9c5e-0d6a1f2b3c4d", "service": "dejeuner", "mode": "show"}


def opened(user: User, text: str) -> str:
    """The text with all that was sealed for this user in clear: it differs each time, what it says does not."""

    def clear(found: re.Match[str]) -> str:
        said = private.unseal(user, unquote(found.group()))
        return found.group() if said is None else str(said)

    return SEALED.sub(clear, text)


def answer_to(client: Client, user: User, url: str, question: str, guess: str, way: str) -> str:
    """The answer, without the question, which it may say again, and without what differs each time."""
    headers = {"HTTP_HX_REQUEST": "true"} if way == "htmx" else {}
    if way == "get":
        response = client.get(url, {question: guess})
    else:
        response = client.post(url, {question: guess} | (AT_COUNTER if question == "what" else {}), follow=True, **headers)
    text = text_of(response) if response.status_code == 200 else str(response.status_code)
    text = opened(user, "\n".join([text, response.get("HX-Replace-Url", ""), *(address for address, _code in getattr(response, "redirect_chain", ()))]))
    shown = {guess, html.escape(guess), guess.replace("+", "%2B"), guess.replace("+", ""), guess.replace(" ", "+"), guess.replace(" ", "%20")}
    shown |= {str(label) for _field, choices in CHOSEN.items() for value, label in choices if value == guess}
    for said in sorted(shown, key=len, reverse=True):
        text = text.replace(said, "GUESS")
    return CHANGING.sub("", text)


CHOSEN = {"nationality": country_choices(), "arrival": Migrant.ArrivalKind.choices, "state": referrals.State.choices, "flag": list(ALL_FLAGS.items())}


def asked(client: Client, former: Former) -> Iterator[tuple[str, str, str]]:
    """(address, question, way of asking) of every list that has a search or a filter of this name, its exports, and the lists of the API."""
    every = list(addresses(former))
    exports = {url.rsplit("/", 1)[0]: url for name, url in every if "export" in name and url.endswith(".csv")}
    for name, url in every:
        if set(URLS[name].pattern.converters) - {"code"}:
            continue
        if name.startswith("api-"):
            yield from ((url, question, "get") for question in ("q", "nationality", "state", "flag"))
            continue
        response = client.get(url)
        fields = set(re.findall(r'name="(\w+)"', response.content.decode())) if response.status_code == 200 and "html" in response["Content-Type"] else set()
        if name != "cases:migrants":  # elsewhere it is the search of the head of every page, which leads there
            fields.discard("q")
        for question in sorted(fields & set(GUESSES)):
            posted = POSTED.get(question, ("get",)) if "POST" in declaration_of(name).methods else ("get",)
            yield from ((url, question, way) for way in posted)
            if export := exports.get(url.rstrip("/")):
                yield export, question, "get"


@pytest.mark.parametrize("role", GUESSERS)
def test_a_guess_of_what_is_new_is_answered_as_nonsense_is(role, former, django_db_blocker):
    told, nonsense = [], {}
    with django_db_blocker.unblock():
        user = staff_of(former.here)[role]
        client = client_of(user)
        questions = sorted(set(asked(client, former)))
        for url, question, way in questions:
            for guess, none in GUESSES[question]:
                once = (url, question, none, way)
                if once not in nonsense:
                    nonsense[once] = answer_to(client, user, url, question, none, way)
                known, answer = nonsense[once], answer_to(client, user, url, question, guess, way)
                if answer != known:
                    told.append((f"{way} {url} {question}={guess}", [line for line in difflib.ndiff(known.splitlines(), answer.splitlines()) if line[0] in "+-"][:6]))
    assert told == []
    assert {question for _url, question, _way in questions} >= {"q", "nationality", "origin", "state"}
    assert {(url, way) for url, question, way in questions if question == "q"} >= {("/migrants/", "post"), ("/migrants/", "htmx"), ("/migrants/export.csv", "get")}


def test_guesses_of_what_was_known_are_answered(former, django_db_blocker):
    """The same questions find the person by what the former centre knew, and the next one by what it wrote."""
    known = [("q", "Anciennom"), ("q", "22370112233"), ("q", "AB112233"), ("nationality", "GN"), ("q", "Premiere Anciennom")]
    new = [("q", NEW["surname"]), ("q", NEW["phone"]), ("q", NUMBERS[0]), ("q", NUMBERS[1]), ("nationality", "FJ")]
    with django_db_blocker.unblock():
        for centre, asked, other in ((former.here, known, new), (former.there, new, known)):
            counter, desk = f"/centres/{centre.code}/counter/", client_of(staff_of(centre)["agent"])
            found = [desk.post(counter, {"what": guess} | AT_COUNTER, headers={"HX-Request": "true"}) for guess in (asked[0][1], other[0][1])]
            assert ["Inconnu" in text_of(answer) for answer in found] == [False, True], [text_of(answer) for answer in found]
            api = client_of(staff_of(centre)["manager"])
            number = former.people[0].case_number
            for question, guess in asked:
                assert number in api.get("/api/v1/migrants/", {question: guess}).content.decode(), (centre, guess)
                assert number in text_of(api.get("/migrants/", {question: guess})), (centre, guess)
                assert number in text_of(api.get("/migrants/export.csv", {question: guess})), (centre, guess)
            for question, guess in other:
                assert number not in api.get("/api/v1/migrants/", {question: guess}).content.decode(), (centre, guess)
