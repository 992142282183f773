"""The card: one that counts, worth nothing to whoever finds it."""

import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from audit.models import ReadLog
from cases.models import Card, clean_token, new_token
from cases.services import issue_card, revoke_card, withdraw_consent
from tests.factories import agent_of, make_migrant

from .factories import make_card
from .test_registration import _in_threads


def test_the_card_says_nothing_about_the_person(as_user, centre):
    person = make_migrant(centre("GAO"), surname="Secretissime", given_names="Zzyzx", phone="22370000001")
    browser = as_user("agent.gao")
    assert browser.post(reverse("cases:issue_card", args=[person.pk])).status_code == 302
    page = browser.get(reverse("cases:card", args=[person.pk]))
    card = re.search(r'<article class="a7".*?</article>', page.content.decode(), re.DOTALL)[0]
    token = Card.objects.get().token
    assert Card.objects.get().token_words in card
    for secret in ("Secretissime", "Zzyzx", person.case_number, str(person.pk), "70000001", person.case_number[-7:]):
        assert secret not in card
    assert "style=" not in card and "<script" not in card
    assert ReadLog.objects.filter(action="printed", rows__contains=[str(person.pk)]).exists()
    assert token not in page.context["migrant"].case_number


def test_asked_twice_or_by_many_it_is_one_card(as_user, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    for _again in range(2):
        browser.post(reverse("cases:issue_card", args=[person.pk]))
    assert person.cards.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Card.objects.create(migrant=person, token=new_token())


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_card(centre):
    person, agent = make_migrant(centre("GAO")), agent_of(centre("GAO"))
    results = _in_threads(10, lambda i: issue_card(actor=agent, migrant=person))
    assert not [one for one in results if isinstance(one, Exception)]
    assert Card.objects.count() == 1


def test_a_lost_card_is_replaced_once(as_user, centre):
    card, browser = make_card(centre("GAO")), as_user("agent.gao")
    url = reverse("cases:replace_card", args=[card.pk])
    assert browser.post(url, {}).context["form"].errors["reason"]
    assert browser.post(url, {"reason": "eaten"}).context["form"].errors["reason"]
    for _double_click in range(2):
        assert browser.post(url, {"reason": "lost"}).status_code == 302
    card.refresh_from_db()
    assert (card.revoke_reason, card.revoked_by.username) == ("lost", "agent.gao")
    assert Card.objects.count() == 2 and Card.objects.valid().count() == 1


def test_who_may_not_register_makes_no_card(as_user, persona, centre):
    card = make_card(centre("GAO"))
    for username in ("protection", "returns.gao", "agent.kayes"):
        with pytest.raises(PermissionDenied):
            issue_card(actor=persona(username), migrant=card.migrant)
        with pytest.raises(PermissionDenied):
            revoke_card(actor=persona(username), card=card, reason="lost")


def test_taking_back_the_registration_ends_the_card(centre):
    card = make_card(centre("GAO"))
    withdraw_consent(actor=agent_of(centre("GAO")), consent=card.migrant.consents.get())
    card.refresh_from_db()
    assert card.revoke_reason == "withdrawn"
    with pytest.raises(ValidationError):
        issue_card(actor=agent_of(centre("GAO")), migrant=card.migrant)


def test_numbers_are_read_as_people_read_them():
    token = new_token()
    assert clean_token(token) == clean_token(f" {token[:4].lower()}-{token[4:8]} {token[8:]}\n") == token
    assert clean_token("O" * 16) == "0" * 16 and clean_token("il" * 8) == "1" * 16
    assert clean_token("A" * 15) == clean_token("U" * 16) == clean_token("é" * 16) == clean_token("") == ""
    assert len({new_token() for _many in range(2000)}) == 2000
