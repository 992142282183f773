"""Notes: ordinary ones for the team, protection ones for protection officers only."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from audit.acting import SameKeyOtherContent
from cases.models import Note
from cases.services import write_note
from tests.factories import agent_of, make_migrant

from .factories import make_note


def _body(**changed):
    return {"id": str(uuid.uuid4()), "kind": "ordinary", "text": "Arrivée fatiguée.\r\n\r\nA mangé.", **changed}


def test_a_note_is_written_once(as_user, centre):
    person, browser, body = make_migrant(centre("GAO")), as_user("agent.gao"), _body()
    for _time in range(2):
        assert browser.post(reverse("cases:note", args=[person.pk]), body).status_code == 302
    note = Note.objects.get()
    assert (note.text, note.kind, note.written_by.username) == ("Arrivée fatiguée.\n\nA mangé.", "ordinary", "agent.gao")
    other = browser.post(reverse("cases:note", args=[person.pk]), body | {"text": "Autre chose"})
    assert other.status_code == 200
    assert other.context["form"].data["text"] == "Autre chose", "nothing typed is lost"
    assert other.context["form"].data["id"] != body["id"]
    assert Note.objects.count() == 1


def test_protection_notes_are_for_protection_officers(as_user, persona, centre):
    person = make_migrant(centre("GAO"))
    url = reverse("cases:note", args=[person.pk])
    officer = as_user("protection")
    assert "protection" in officer.get(url).content.decode()
    assert officer.post(url, _body(kind="protection", text="Victime de traite")).status_code == 302
    for username in ("agent.gao", "manager.gao", "returns.gao"):
        browser = as_user(username)
        assert "Victime de traite" not in browser.get(f"/migrants/{person.pk}/").content.decode(), username
        response = browser.post(url, _body(kind="protection"))
        assert response.status_code == 200
        assert response.context["form"].errors["kind"]
        assert not Note.objects.visible_to(persona(username)).exists()
    assert "Victime de traite" in officer.get(f"/migrants/{person.pk}/").content.decode()
    with pytest.raises(PermissionDenied):
        write_note(actor=persona("agent.gao"), migrant=person, kind="protection", text="x")


def test_a_protection_note_of_another_person_cannot_be_asked_for_by_its_key(as_user, persona, centre):
    secret = write_note(actor=persona("protection"), migrant=make_migrant(centre("GAO")), kind="protection", text="Victime de traite")
    person = make_migrant(centre("KAY"))
    response = as_user("agent.kayes").post(reverse("cases:note", args=[person.pk]), _body(id=str(secret.pk)))
    assert response.status_code == 200
    assert "traite" not in response.content.decode()
    assert Note.objects.count() == 1


@pytest.mark.parametrize(("field", "typed"), [("text", ""), ("text", "   "), ("text", "x" * 5001), ("text", "a\x07b"), ("kind", "secret"), ("id", "x")])
def test_what_is_no_note_gets_words(as_user, centre, field, typed):
    response = as_user("agent.gao").post(reverse("cases:note", args=[make_migrant(centre("GAO")).pk]), _body(**{field: typed}))
    assert response.status_code == 200
    assert response.context["form"].errors[field]
    assert not Note.objects.exists()


def test_notes_follow_the_scope_of_the_person(persona, as_user, centre):
    note = make_note(centre("GAO"))
    assert note in Note.objects.visible_to(persona("agent.gao"))
    assert note not in Note.objects.visible_to(persona("agent.kayes"))
    with pytest.raises(PermissionDenied):
        write_note(actor=persona("agent.kayes"), migrant=note.migrant, kind="ordinary", text="x")


def test_the_service_refuses_other_content_under_one_key_and_what_is_no_kind(centre):
    gao, key = centre("GAO"), uuid.uuid4()
    person = make_migrant(gao)
    first = write_note(actor=agent_of(gao), migrant=person, kind="ordinary", text="x", id=key)
    assert write_note(actor=agent_of(gao), migrant=person, kind="ordinary", text=" x ", id=key) == first
    with pytest.raises(SameKeyOtherContent):
        write_note(actor=agent_of(gao), migrant=person, kind="ordinary", text="y", id=key)
    with pytest.raises(ValidationError):
        write_note(actor=agent_of(gao), migrant=person, kind="secret", text="y")


def test_markup_in_a_note_is_shown_as_typed(as_user, centre):
    note = make_note(centre("GAO"), text="<img src=x onerror=alert(1)>")
    page = as_user("agent.gao").get(f"/migrants/{note.migrant_id}/").content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
