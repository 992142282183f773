"""A crawl with canaries: no address that Sira gives out (links, forms, redirects, what scripts call) and no cookie names a person."""

import json
import re
from html import unescape

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from cases.models import Migrant

from .test_access_matrix import OWN, PERSONAS, SAMPLES, URLS, declaration_of, expected
from .walk import NO_PAGES

CANARIES = ("Canaridiarra", "Canarimariam", "22376543219", "76543219")
ADDRESSES = re.compile(r'\b(?:href|src|action|formaction|hx-(?:get|post|push-url|replace-url)|data-[\w-]+)="([^"]*)"')
# Where a name may be searched, and so may stand in an address that somebody typed.
TYPED = {
    "cases:migrants": "q",
    "cases:register": "q",
    "reception:centre": "who",
    "administration:users": "q",
    "administration:reads": "user",
    "administration:changes": "row",
    "api-migrants": "q",
}
NAMES = sorted(name for name in set(URLS) & set(SAMPLES) if not name.startswith("mfa_") and name not in NO_PAGES)


def given_out(answer) -> str:
    kind = answer.get("Content-Type", "")
    text = b"".join(answer.streaming_content).decode(errors="replace") if answer.streaming else answer.content.decode(errors="replace")
    found = [unescape(address) for address in ADDRESSES.findall(text)] if kind.startswith("text/html") else []
    if "json" in kind:
        found += re.findall(r'"(?:next|previous|url|file)": ?"([^"]*)"', text)
    found += [answer.get(name, "") for name in ("Location", "HX-Redirect", "HX-Push-Url", "HX-Replace-Url", "Content-Disposition")]
    return "\n".join([*found, str(answer.cookies)])


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_no_address_and_no_cookie_names_a_person(name, centre, persona):
    declaration, sample = declaration_of(name), SAMPLES[name]
    kwargs = sample.kwargs(centre(OWN))
    Migrant.objects.update(surname=CANARIES[0], given_names=CANARIES[1], phone=CANARIES[2])
    data = sample.data(centre(OWN)) if callable(sample.data) else sample.data
    which = "own" if kwargs and declaration.model is not None else "none"
    for method in sorted(set(declaration.methods) & {"GET", "POST", "PATCH"}):
        for username in ("manager.gao", *PERSONAS):
            if expected(declaration, username, method, which, "api" in name, sample.own_rights) != "through":
                continue
            browser = Client(raise_request_exception=False)
            browser.force_login(persona(username))
            address = reverse(name, kwargs=kwargs)
            with transaction.atomic():
                if method == "GET":
                    answers = [browser.get(address, {TYPED[name]: CANARIES[0]})] if name in TYPED else []
                    answers.append(browser.get(address))
                elif sample.json or address.startswith("/api/"):
                    answers = [browser.generic(method, address, json.dumps(data, default=str), content_type="application/json")]
                else:
                    answers = [browser.generic(method, address) if method == "PATCH" else browser.post(address, data)]
                for answer in answers:
                    assert not [canary for canary in CANARIES if canary in given_out(answer)], (username, method, address)
                transaction.set_rollback(True)
            break


def test_every_typed_name_is_of_a_page():
    assert set(TYPED) <= set(NAMES)


def test_messages_wait_in_the_session_and_referrers_stay_inside(as_user):
    assert settings.MESSAGE_STORAGE == "django.contrib.messages.storage.session.SessionStorage"
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.db"  # and that is in the database, not in the cookie
    assert as_user("agent.gao").get("/")["Referrer-Policy"] == "same-origin"


def test_a_message_about_somebody_is_in_no_cookie(as_user, persona):
    browser = as_user("manager.gao")
    answer = browser.post("/centres/GAO/staff/", {"username": "agent.kayes"})
    answer = browser.post("/administration/centres/GAO/staff/", {"username": "agent.kayes"}) if answer.status_code == 404 else answer
    assert answer.status_code == 302
    assert "messages" not in browser.cookies and str(persona("agent.kayes").last_name) not in str(browser.cookies)
    assert str(persona("agent.kayes")) in browser.get(answer["Location"]).content.decode()
    assert set(browser.cookies) <= {"sessionid", "csrftoken", "django_language"}
