"""A paper of the consulate needs the person's word that they may be named there."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from cases.services import give_consent, withdraw_consent
from returns.services import CONSULAR, correct, move, open_return
from returns.workflow import State
from tests.factories import agent_of, make_migrant

from .factories import day, fields_for, make_return_in, officer_of


@pytest.fixture
def waiting(centre):
    """A return for which a document is needed next, of somebody who does not agree to the consulate."""
    gao = centre("GAO")
    case = make_return_in(gao, State.CONSENTED)
    withdraw_consent(actor=agent_of(gao), consent=case.migrant.consents.get(purpose="consulate"))
    return case


@pytest.mark.parametrize("document", ["laissez_passer", "consular_card"])
def test_without_agreement_no_paper_of_the_consulate(waiting, document):
    assert document in CONSULAR
    officer = officer_of(waiting.centre)
    with pytest.raises(ValidationError) as refused:
        move(actor=officer, case=waiting, to="documents", version=waiting.version, document=document, document_valid_until=day(90))
    assert "partage avec le consulat" in refused.value.message_dict["document"][0]
    waiting.refresh_from_db()
    assert waiting.state == State.CONSENTED
    give_consent(actor=agent_of(waiting.centre), migrant=waiting.migrant, purpose="consulate", method="signed")
    assert move(actor=officer, case=waiting, to="documents", version=waiting.version, document=document, document_valid_until=day(90)).state == State.DOCUMENTS


@pytest.mark.parametrize("document", ["passport", "identity_card"])
def test_a_paper_that_the_person_has_needs_no_consulate(waiting, document):
    moved = move(actor=officer_of(waiting.centre), case=waiting, to="documents", version=waiting.version, document=document, document_valid_until=day(90))
    assert moved.state == State.DOCUMENTS


def test_after_the_withdrawal_the_paper_is_not_renewed_but_the_rest_is_put_right(centre):
    gao = centre("GAO")
    case = make_return_in(gao, State.READY)
    withdraw_consent(actor=agent_of(gao), consent=case.migrant.consents.get(purpose="consulate"))
    officer = officer_of(gao)
    kept = {"document": case.document, "document_valid_until": case.document_valid_until, "fit_to_travel_on": day()}
    with pytest.raises(ValidationError):
        correct(actor=officer, case=case, version=case.version, **kept | {"document_valid_until": day(200), "fit_until": day(7)})
    assert correct(actor=officer, case=case, version=case.version, **kept, fit_until=day(9)).fit_until == day(9)


def test_the_page_says_why(as_user, waiting):
    fields = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in fields_for(State.DOCUMENTS).items()}
    page = as_user("returns.gao").post(reverse("returns:case", args=[waiting.pk]), fields | {"to": "documents", "version": waiting.version})
    assert page.status_code == 200
    assert "partage avec le consulat" in page.content.decode()


def test_who_has_taken_back_the_registration_gets_no_new_return(centre):
    person = make_migrant(centre("GAO"))
    withdraw_consent(actor=agent_of(centre("GAO")), consent=person.consents.get())
    with pytest.raises(ValidationError):
        open_return(actor=officer_of(centre("GAO")), migrant=person, country_to="GN")
