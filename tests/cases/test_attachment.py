"""Scans: only what they claim to be, only for those in scope, never shown inside our pages."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from audit.acting import SameKeyOtherContent
from audit.models import ReadLog
from cases.models import Attachment
from cases.services import attach
from tests.factories import agent_of, make_migrant

from .factories import JPEG, PDF, PNG, body_of, make_attachment, make_file, move


@pytest.mark.parametrize(("content", "kind", "ending"), [(PNG, "image/png", "png"), (JPEG, "image/jpeg", "jpg"), (PDF, "application/pdf", "pdf")])
def test_a_scan_is_kept_and_comes_back_as_a_download(as_user, centre, content, kind, ending):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    body = {"id": str(uuid.uuid4()), "title": "Acte « de » naissance\u202e", "file": make_file(content, "../../../etc/passwd.html", "text/html")}
    assert browser.post(reverse("cases:attach", args=[person.pk]), body).status_code == 302
    kept = Attachment.objects.get()
    assert kept.media_type == kind
    assert "passwd" not in kept.file.name
    response = browser.get(reverse("cases:attachment", args=[kept.pk]))
    assert body_of(response) == content
    assert response["Content-Type"] == kind
    assert response["Content-Disposition"].startswith("attachment;")
    assert f".{ending}" in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    read = ReadLog.objects.get(action="downloaded")
    assert (read.model, read.rows) == ("cases.attachment", [str(kept.pk)])


@pytest.mark.parametrize(
    "content",
    [b"", b"<html><script>alert(1)</script>", b"MZ\x90\x00", b"PK\x03\x04", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x00" * 100, b" %PDF-1.7"],
)
def test_anything_else_is_refused_whatever_it_is_called(as_user, centre, content):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    response = browser.post(reverse("cases:attach", args=[person.pk]), {"id": str(uuid.uuid4()), "title": "Photo", "file": make_file(content, "photo.png")})
    assert response.status_code == 200
    assert response.context["form"].errors["file"]
    assert not Attachment.objects.exists()


def test_a_file_too_big_is_refused_in_words(centre, settings):
    settings.ATTACHMENT_MAX_BYTES = 60
    make_attachment(centre("GAO"), content=PNG)
    with pytest.raises(ValidationError, match="10 Mo"):
        make_attachment(centre("GAO"), content=PNG + b"\x00" * 60)


def test_another_file_under_the_same_number_is_not_lost_in_silence(centre):
    person, number = make_migrant(centre("GAO")), uuid.uuid4()
    kept = attach(actor=agent_of(centre("GAO")), migrant=person, title="Passeport", file=make_file(PNG), id=number)
    assert attach(actor=agent_of(centre("GAO")), migrant=person, title="Passeport", file=make_file(PNG), id=number) == kept
    with pytest.raises(SameKeyOtherContent):
        attach(actor=agent_of(centre("GAO")), migrant=person, title="Passeport", file=make_file(PNG[:-1] + b"\x01"), id=number)


def test_no_file_no_title_no_key_gets_words(as_user, centre):
    url = reverse("cases:attach", args=[make_migrant(centre("GAO")).pk])
    browser = as_user("agent.gao")
    for title in ({}, {"title": ""}, {"title": "\x07"}):
        response = browser.post(url, title)
        assert response.status_code == 200
        assert set(response.context["form"].errors) == {"id", "title", "file"}
    assert browser.post(url, {"id": str(uuid.uuid4()), "title": "\x00", "file": make_file(PNG)}).status_code == 400  # no text: refused at the door
    assert not Attachment.objects.exists()


def test_who_is_out_of_scope_gets_nothing(as_user, persona, centre):
    person = make_migrant(centre("GAO"))
    attachment = make_attachment(centre("GAO"), person)
    url = reverse("cases:attachment", args=[attachment.pk])
    assert as_user("agent.gao").get(url).status_code == 200
    for username in ("agent.kayes", "manager.bamako", "me.iom", "steering.eu", "auditor", "admin"):
        assert as_user(username).get(url).status_code in (403, 404), username
    assert as_user("agent.kayes").get(url).status_code == 404
    with pytest.raises(PermissionDenied):
        attach(actor=persona("agent.kayes"), migrant=person, title="x", file=make_file())


def test_a_centre_the_person_left_reads_but_adds_nothing(as_user, centre):
    person = make_migrant(centre("GAO"))
    attachment = make_attachment(centre("GAO"), person)
    move(person, centre("KAY"))
    assert as_user("agent.gao").get(reverse("cases:attachment", args=[attachment.pk])).status_code == 200
    with pytest.raises(PermissionDenied):
        make_attachment(centre("GAO"), person)
    make_attachment(centre("KAY"), person)


def test_sent_twice_it_is_one(centre):
    gao, key = centre("GAO"), uuid.uuid4()
    person = make_migrant(gao)
    first = attach(actor=agent_of(gao), migrant=person, title="Passeport", file=make_file(), id=key)
    assert attach(actor=agent_of(gao), migrant=person, title="Passeport", file=make_file(), id=key) == first
    with pytest.raises(SameKeyOtherContent):
        attach(actor=agent_of(gao), migrant=person, title="Visa", file=make_file(), id=key)
    assert Attachment.objects.count() == 1


def test_a_key_of_a_file_out_of_scope_tells_nothing(as_user, centre):
    theirs = make_attachment(centre("GAO"))
    person = make_migrant(centre("KAY"))
    response = as_user("agent.kayes").post(reverse("cases:attach", args=[person.pk]), {"id": str(theirs.pk), "title": "Passeport", "file": make_file()})
    assert response.status_code == 200
    assert str(theirs.migrant_id) not in response.content.decode()
    assert Attachment.objects.count() == 1


def test_a_file_lost_from_the_disk_is_absent_not_an_error(as_user, centre):
    attachment = make_attachment(centre("GAO"))
    attachment.file.storage.delete(attachment.file.name)
    assert as_user("agent.gao").get(reverse("cases:attachment", args=[attachment.pk])).status_code == 404
