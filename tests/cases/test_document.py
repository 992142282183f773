"""Papers of identity: written down, corrected, removed; sealed, and never twice without a word."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from audit.models import Change
from cases.models import IdentityDocument
from cases.services import add_document, correct_document, remove_document, withdraw_consent
from tests.factories import agent_of, make_migrant

from .factories import make_document, make_file, move


def paper(**changed):
    return {"id": str(uuid.uuid4()), "kind": "passport", "number": "P 123-456", "country": "GN", "expires_on": "", **changed}


def test_a_paper_is_added_corrected_and_removed(as_user, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    tab = reverse("cases:identity", args=[person.pk])
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    added = browser.post(reverse("cases:add_document", args=[person.pk]), paper(expires_on=yesterday.isoformat(), scan=make_file()))
    assert added["Location"] == tab
    document = person.documents.get()
    assert document.scan.title == "Passeport"
    page = browser.get(tab).content.decode()
    assert "P 123-456" in page and "expiré" in page and reverse("cases:attachment", args=[document.scan_id]) in page
    edit = reverse("cases:document", args=[document.pk])
    assert browser.get(edit).context["form"]["number"].value() == "P 123-456"
    later = (timezone.localdate() + datetime.timedelta(days=400)).isoformat()
    assert browser.post(edit, paper(number="P 123-457", expires_on=later, version="1")).status_code == 302
    page = browser.get(tab).content.decode()
    assert "P 123-457" in page and "expiré" not in page
    assert browser.post(reverse("cases:remove_document", args=[document.pk])).status_code == 302
    assert not person.documents.exists()
    assert person.attachments.count() == 1


def test_a_stale_correction_shows_what_is_kept_and_keeps_what_was_typed(as_user, centre):
    document = make_document(centre("GAO"))
    browser, edit = as_user("agent.gao"), reverse("cases:document", args=[document.pk])
    browser.post(edit, paper(number="FIRST 1", version="1"))
    page = browser.post(edit, paper(number="SECOND 2", version="1"))
    assert page.status_code == 409
    assert "FIRST 1" in page.content.decode() and page.context["form"]["number"].value() == "SECOND 2"
    assert browser.post(edit, paper(number="SECOND 2", version="2")).status_code == 302
    with pytest.raises(Stale):
        correct_document(actor=agent_of(centre("GAO")), document=document, version=1, kind="passport", country="GN")


def test_the_number_is_nowhere_in_the_open(centre):
    make_document(centre("GAO"), number="UNIQUE998877")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(d)::text FROM cases_identitydocument d UNION ALL SELECT to_jsonb(c)::text FROM audit_change c")
        assert not [row for (row,) in cursor.fetchall() if "UNIQUE998877" in row]
    assert Change.objects.filter(table="cases_identitydocument").exists()


def test_a_file_opens_even_where_the_secret_is_gone(as_user, api_as, centre, settings):
    document = make_document(centre("GAO"), number="P123456")
    sealed = document.number_sealed
    settings.FIELD_KEYS = ["another secret"]
    browser = as_user("agent.gao")
    for url in (reverse("cases:identity", args=[document.migrant_id]), reverse("cases:print", args=[document.migrant_id])):
        assert "illisible" in browser.get(url).content.decode()
    assert api_as("agent.gao").get(f"/api/v1/migrants/{document.migrant_id}/").json()["documents"][0]["number"] is None
    edit = reverse("cases:document", args=[document.pk])
    assert browser.get(edit).context["form"]["number"].value() == ""
    assert browser.post(edit, paper(number="", kind="nina", country="ML", version="1")).status_code == 302
    document.refresh_from_db()
    assert (document.kind, document.number_sealed) == ("nina", sealed)
    assert browser.post(edit, paper(number="P123456", version="2")).status_code == 302
    document.refresh_from_db()
    assert document.number == "P123456"


def test_the_same_sending_is_one_and_the_same_paper_twice_is_refused(as_user, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    url, body = reverse("cases:add_document", args=[person.pk]), paper()
    assert browser.post(url, body).status_code == browser.post(url, body).status_code == 302
    assert person.documents.count() == 1
    other = browser.post(url, body | {"number": "999"})
    assert other.context["form"].non_field_errors()
    twice = browser.post(url, paper(number="p123456"))
    assert "déjà noté" in twice.content.decode()
    assert person.documents.count() == 1
    with pytest.raises(SameKeyOtherContent):
        add_document(actor=agent_of(centre("GAO")), migrant=make_migrant(centre("GAO")), id=uuid.UUID(body["id"]), kind="passport", country="GN", number="P123456")


def test_a_number_of_another_file_is_said_first(as_user, centre):
    known, hidden = make_migrant(centre("GAO"), surname="Connue"), make_migrant(centre("KAY"), surname="Secretissime")
    make_document(centre("GAO"), known, number="P123456")
    make_document(centre("KAY"), hidden, number="P123456")
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    url, body = reverse("cases:add_document", args=[person.pk]), paper()
    page = browser.post(url, body)
    text = page.content.decode()
    assert page.status_code == 200 and not person.documents.exists()
    assert "Connue" in text and "Kayes" in text
    assert "Secretissime" not in text and hidden.case_number not in text and str(hidden.pk) not in text
    assert browser.post(url, body | {"confirmed": "on"}).status_code == 302
    # another country's number may be the same by chance
    other = make_migrant(centre("GAO"))
    assert browser.post(reverse("cases:add_document", args=[other.pk]), paper(country="SN")).status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"kind": "ticket"}, {"country": "ZZ"}, {"number": "…"}, {"number": "1" * 59}, {"expires_on": "0001-01-01"}, {"expires_on": "soon"}, {"id": "x"}]
)
def test_what_is_no_paper_is_refused_in_words(as_user, centre, wrong):
    person = make_migrant(centre("GAO"))
    page = as_user("agent.gao").post(reverse("cases:add_document", args=[person.pk]), paper(**wrong))
    assert page.status_code == 200 and page.context["form"].errors
    assert not person.documents.exists()


def test_a_scan_that_is_none_keeps_nothing(as_user, centre):
    person = make_migrant(centre("GAO"))
    page = as_user("agent.gao").post(reverse("cases:add_document", args=[person.pk]), paper(scan=make_file(b"MZ nothing", "x.pdf")))
    assert page.context["form"].errors["scan"]
    assert not person.documents.exists() and not person.attachments.exists()


def test_return_officers_write_papers_others_only_read(as_user, persona, centre):
    person = make_migrant(centre("GAO"))
    url = reverse("cases:add_document", args=[person.pk])
    assert as_user("returns.gao").post(url, paper()).status_code == 302
    document = person.documents.get()
    assert "P 123-456" in as_user("protection").get(reverse("cases:identity", args=[person.pk])).content.decode()
    assert as_user("protection").post(url, paper()).status_code == 403
    with pytest.raises(PermissionDenied):
        remove_document(actor=persona("protection"), document=document)
    move(person, centre("KAY"))
    for address in (url, reverse("cases:document", args=[document.pk]), reverse("cases:remove_document", args=[document.pk])):
        assert as_user("agent.gao").post(address, paper(version="1")).status_code == 403
    assert IdentityDocument.objects.filter(pk=document.pk).exists()


def test_nothing_is_added_once_the_person_has_taken_back_the_registration(as_user, centre):
    gao = centre("GAO")
    person = make_migrant(gao)
    withdraw_consent(actor=agent_of(gao), consent=person.consents.get())
    page = as_user("agent.gao").post(reverse("cases:add_document", args=[person.pk]), paper())
    assert "a retiré son accord" in page.content.decode()
    with pytest.raises(ValidationError):
        make_document(gao, person)
