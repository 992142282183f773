"""What people agreed to: with text, way and date, and taken back whenever they want."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases import consents
from cases.models import Consent
from cases.services import give_consent, withdraw_consent
from tests.factories import agent_of, make_migrant

from .factories import make_consent, move


def test_an_agreement_is_given_and_taken_back(as_user, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    url = reverse("cases:consents", args=[person.pk])
    assert browser.post(url, {"purpose": "referral", "method": "thumb", "language": "bam"}).status_code == 302
    given = person.consents.get(purpose="referral")
    assert (given.method, given.language, given.text_version, given.taken_by.username) == ("thumb", "bam", consents.CURRENT_VERSION, "agent.gao")
    assert browser.post(reverse("cases:withdraw_consent", args=[given.pk])).status_code == 302
    given.refresh_from_db()
    assert given.withdrawn_at is not None
    assert "retiré" in browser.get(url).content.decode()
    assert "Accord retiré" in browser.get(f"/migrants/{person.pk}/").content.decode()
    assert browser.post(url, {"purpose": "referral", "method": "signed", "language": "fra"}).status_code == 302
    assert person.consents.filter(purpose="referral").count() == 2


def test_given_twice_or_taken_back_twice_is_once(as_user, centre):
    person, agent = make_migrant(centre("GAO")), agent_of(centre("GAO"))
    first = give_consent(actor=agent, migrant=person, purpose="referral", method="signed")
    assert give_consent(actor=agent, migrant=person, purpose="referral", method="spoken", witness="Awa Touré") == first
    ended = withdraw_consent(actor=agent, consent=first).withdrawn_at
    assert withdraw_consent(actor=agent, consent=first).withdrawn_at == ended
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(migrant=person, purpose="registration", method="signed", text_version="1")


def test_the_file_says_that_nothing_may_be_added_without_consent(as_user, centre):
    consent = make_consent(centre("GAO"))
    withdraw_consent(actor=agent_of(centre("GAO")), consent=consent)
    assert "a été retiré" in as_user("agent.gao").get(f"/migrants/{consent.migrant_id}/").content.decode()


def test_only_those_who_register_write_agreements(as_user, persona, centre):
    consent = make_consent(centre("GAO"))
    person = consent.migrant
    url, body = reverse("cases:consents", args=[person.pk]), {"purpose": "referral", "method": "signed", "language": "fra"}
    assert as_user("returns.gao").get(url).status_code == 200
    assert as_user("returns.gao").post(url, body).status_code == 403
    assert as_user("returns.gao").post(reverse("cases:withdraw_consent", args=[consent.pk])).status_code == 403
    for actor in ("returns.gao", "agent.kayes"):
        with pytest.raises(PermissionDenied):
            withdraw_consent(actor=persona(actor), consent=consent)
    move(person, centre("KAY"))
    assert as_user("agent.gao").post(url, body).status_code == 403
    assert as_user("agent.kayes").post(url, body).status_code == 302
    assert as_user("agent.gao").get(reverse("cases:withdraw_consent", args=[consent.pk])).status_code == 403
    assert as_user("agent.kayes").get(reverse("cases:withdraw_consent", args=[consent.pk])).status_code == 200
    consent.refresh_from_db()
    assert consent.withdrawn_at is None


@pytest.mark.parametrize("body", [{}, {"purpose": "all", "method": "signed", "language": "fra"}, {"purpose": "referral", "method": "\x00", "language": "klingon"}])
def test_what_is_no_agreement_gets_words(as_user, centre, body):
    person = make_migrant(centre("GAO"))
    response = as_user("agent.gao").post(reverse("cases:consents", args=[person.pk]), body)
    assert response.status_code == 200
    assert response.context["form"].errors
    with pytest.raises(ValidationError):
        give_consent(actor=agent_of(centre("GAO")), migrant=person, purpose="all", method="signed")


def test_every_text_that_was_agreed_to_can_be_shown(centre):
    assert consents.TEXTS[consents.CURRENT_VERSION]
    assert make_consent(centre("GAO")).text_version in consents.TEXTS
