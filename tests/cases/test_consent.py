"""What people agreed to: with text, way and date, and taken back whenever they want."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import User
from cases import consents
from cases.models import Consent, Migrant
from cases.services import correct_identity, give_consent, withdraw_consent, write_note
from tests.factories import agent_of, make_migrant

from .factories import PDF, make_attachment, make_consent, make_file, make_note, move


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


@pytest.mark.parametrize("body", [{}, {"purpose": "all", "method": "signed", "language": "fra"}, {"purpose": "referral", "method": "\x01", "language": "klingon"}])
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


# --- what is refused without one, and what a withdrawal changes -------------------------------------------------------


def test_a_spoken_agreement_has_a_witness_and_a_signed_one_its_picture(as_user, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    url = reverse("cases:consents", args=[person.pk])
    page = browser.post(url, {"purpose": "referral", "method": "spoken", "language": "bam"})
    assert page.context["form"].errors["witness"]
    browser.post(url, {"purpose": "referral", "method": "spoken", "language": "bam", "witness": "Fanta Maïga"})
    browser.post(url, {"purpose": "photo", "method": "signed", "language": "fra", "witness": "ignored", "signature": make_file(PDF, "a.pdf", "application/pdf")})
    shown = browser.get(url).content.decode()
    assert "Fanta Maïga" in shown and "bambara" in shown and "ignored" not in shown
    signed = person.consents.get(purpose="photo")
    assert signed.witness == "" and signed.signature.media_type == "application/pdf"
    bad = browser.post(url, {"purpose": "consulate", "method": "signed", "language": "fra", "signature": make_file(b"MZ", "a.pdf")})
    assert bad.context["form"].errors["signature"]
    assert not person.consents.filter(purpose="consulate").exists()


@pytest.mark.parametrize("purpose", Consent.Purpose.values)
def test_what_a_withdrawal_changes_is_said_before_it_is_done(as_user, centre, purpose):
    person = make_migrant(centre("GAO"), consent_purposes=("registration", purpose))
    consent = person.consents.get(purpose=purpose)
    browser, url = as_user("agent.gao"), reverse("cases:withdraw_consent", args=[consent.pk])
    page = browser.get(url)
    assert page.context["changes"] == consents.WITHDRAWAL[purpose]
    assert all(str(line) in page.content.decode() for line in consents.WITHDRAWAL[purpose])
    consent.refresh_from_db()
    assert consent.withdrawn_at is None
    browser.post(url)
    consent.refresh_from_db()
    assert consent.withdrawal_noted_by.username == "agent.gao"
    assert "déjà retiré" in browser.get(url).content.decode()


@pytest.mark.parametrize("purpose", Consent.Purpose.values)
def test_every_purpose_has_its_words(purpose):
    assert purpose in consents.PURPOSE_TEXTS[consents.CURRENT_VERSION]
    assert consents.WITHDRAWAL[purpose]


def test_after_the_registration_is_taken_back_only_what_protects_life_is_written(as_user, centre):
    gao = centre("GAO")
    person, adult = make_migrant(gao), make_migrant(gao)
    browser, agent = as_user("agent.gao"), agent_of(gao)
    withdraw_consent(actor=agent, consent=person.consents.get())
    with pytest.raises(ValidationError):
        correct_identity(actor=agent, migrant=person, version=1, phone="76112233")
    with pytest.raises(ValidationError):
        make_attachment(gao, person)
    with pytest.raises(ValidationError):
        make_note(gao, person)
    note = browser.post(reverse("cases:note", args=[person.pk]), {"id": str(uuid.uuid4()), "kind": "ordinary", "text": "Rien."})
    assert "a retiré son accord" in note.content.decode()
    # that somebody is a child, and who answers for it, is still put right; protection still writes
    born = datetime.date(datetime.date.today().year - 9, 12, 31)  # noqa: DTZ011
    child = correct_identity(actor=agent, migrant=person, version=1, born_on=born, birth_precision="year", accompanied_by=adult)
    assert child.accompanied_by == adult
    write_note(actor=User.objects.get(username="protection"), migrant=person, kind="protection", text="Enfant.")
    assert person in Migrant.objects.registration_withdrawn()
    give_consent(actor=agent, migrant=person, purpose="registration", method="signed")
    assert person not in Migrant.objects.registration_withdrawn()
    make_note(gao, person)


def test_withdrawn_registrations_wait_for_a_decision_on_the_home_page(as_user, centre):
    person = make_migrant(centre("GAO"), surname="Retirée")
    assert "Retirée" not in as_user("manager.gao").get("/").content.decode()
    withdraw_consent(actor=agent_of(centre("GAO")), consent=person.consents.get())
    assert "Retirée" in as_user("manager.gao").get("/").content.decode()
    assert "Retirée" not in as_user("manager.kayes").get("/").content.decode()


def test_the_notice_of_rights_is_handed_out_in_the_languages_there_are(as_user, centre):
    browser = as_user("agent.gao")
    for language in ("fr", "en", "es", "xx", "\x01"):
        page = browser.get("/migrants/rights/", {"lang": language})
        assert page.status_code == 200
        assert f'<article class="paper sheet" lang="{language if language in ("en", "es") else "fr"}"' in page.content.decode()
    assert as_user("steering.eu").get("/migrants/rights/").status_code == 403
