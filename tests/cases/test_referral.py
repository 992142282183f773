"""Referrals: with the person's agreement, to somebody in the directory, back to the sender when nobody answers; and the partner's link."""

import datetime
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from audit.models import Change, ReadLog
from cases.models import Referral, ReferralLink, Structure
from cases.referrals import OUTCOME_DAYS, TRANSITIONS, State
from cases.services import answer_by_link, find_link, make_link, move_referral, refer, withdraw_consent
from cases.services.referrals import hash_of
from tests.factories import agent_of, make_migrant

from .factories import make_referral, make_structure, make_token, move, protection_officer, referral_form, structure_form


def _today(days=0):
    return timezone.localdate() + datetime.timedelta(days=days)


def _age(referral, days):
    Referral.objects.filter(pk=referral.pk).update(sent_at=timezone.now() - datetime.timedelta(days=days))


def _partner(token, data=None, client=None):
    client = client or Client()
    url = reverse("partner", args=[token])
    return client.get(url) if data is None else client.post(url, data)


def _answer(**changed):
    return {"key": str(uuid.uuid4()), "to": "accepted", "text": "Venez lundi.", "by": "Dr Ba, médecin", **changed}


# --- making one ----------------------------------------------------------------------------------------------------


def test_without_agreement_there_is_no_referral(as_user, centre):
    person, browser = make_migrant(centre("GAO")), as_user("agent.gao")
    url, sent = reverse("referrals:new", args=[person.pk]), referral_form(centre("GAO"))
    assert "n’a pas donné son accord" in browser.get(url).content.decode()
    refused = browser.post(url, sent)
    assert refused.status_code == 200 and "n’a pas donné son accord" in refused.content.decode() and refused.context["form"].data["reason"] == "Fièvre."
    assert not Referral.objects.exists()
    browser.post(reverse("cases:consents", args=[person.pk]), {"purpose": "referral", "method": "signed", "language": "fra"})
    for _twice in range(2):
        assert browser.post(url, sent).status_code == 302
    referral = Referral.objects.get()
    assert (referral.state, referral.centre.code, referral.shared, referral.sent_by.username) == ("sent", "GAO", ["name", "age"], "agent.gao")
    for address in (f"/migrants/{person.pk}/", f"/migrants/{person.pk}/referrals/", "/referrals/"):
        assert referral.structure.name in browser.get(address).content.decode(), address


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"deadline": _today(-1)}, "deadline"),
        ({"deadline": _today(400)}, "deadline"),
        ({"reason": " "}, "reason"),
        ({"shared": ["photo"]}, "shared"),
        ({"service": "education"}, "structure"),
        ({"service": "magic"}, "service"),
        ({"urgency": "now"}, "urgency"),
    ],
)
def test_what_is_no_referral_is_refused_in_words(centre, changed, field):
    with pytest.raises(ValidationError) as caught:
        make_referral(centre("GAO"), **changed)
    assert field in caught.value.message_dict


def test_a_structure_that_takes_nobody_is_refused(centre):
    structure = make_structure(centre("GAO"), active=False)
    with pytest.raises(ValidationError) as caught:
        make_referral(centre("GAO"), structure=structure)
    assert "structure" in caught.value.message_dict


def test_who_may_refer(persona, centre):
    referral = make_referral(centre("GAO"))
    values = {"structure": referral.structure, "service": "health", "reason": "x", "deadline": _today(3), "shared": []}
    for username in ("agent.kayes", "me.iom", "admin"):
        with pytest.raises(PermissionDenied):
            refer(actor=persona(username), migrant=referral.migrant, **values)
    for username in ("manager.gao", "returns.gao", "protection"):
        refer(actor=persona(username), migrant=referral.migrant, **values)
    for forbidden in ({"service": "violence"}, {"protected": True}):
        with pytest.raises(PermissionDenied):
            refer(actor=persona("agent.gao"), migrant=referral.migrant, **values | forbidden)
    made, _new = refer(actor=protection_officer(), migrant=referral.migrant, **values | {"service": "violence"})
    assert made.protected
    assert made not in Referral.objects.visible_to(persona("agent.gao")) and made in Referral.objects.visible_to(protection_officer())
    with pytest.raises(IntegrityError), transaction.atomic():
        Referral.objects.filter(pk=made.pk).update(protected=False)


def test_an_agent_is_not_offered_what_protection_alone_asks_for(as_user, centre):
    person = make_referral(centre("GAO")).migrant
    url = reverse("referrals:new", args=[person.pk])
    assert "victimes de traite" not in as_user("agent.gao").get(url).content.decode()
    assert "victimes de traite" in as_user("protection").get(url).content.decode()
    refused = as_user("agent.gao").post(url, referral_form(centre("GAO"), service="violence"))
    assert refused.status_code == 200 and refused.context["form"].errors["service"]


def test_the_api(api_as, centre):
    referral, structure = make_referral(centre("GAO")), make_structure(centre("GAO"))
    body = {
        "id": str(uuid.uuid4()), "migrant": str(referral.migrant_id), "structure": str(structure.pk), "service": "health", "reason": "Fièvre",
        "deadline": _today(5).isoformat(), "shared": ["name"], "urgency": "urgent",
    }  # fmt: skip
    api = api_as("agent.gao")
    assert [api.post_json("/api/v1/referrals/", body).status_code for _twice in range(2)] == [201, 200]
    assert api.post_json("/api/v1/referrals/", body | {"reason": "Autre"}).status_code == 409
    assert api.post_json("/api/v1/referrals/", body | {"id": str(uuid.uuid4()), "shared": ["secret"]}).status_code == 400
    assert {row["id"] for row in api.get("/api/v1/referrals/").json()["results"]} == {body["id"], str(referral.pk)}
    assert api.get(f"/api/v1/referrals/{body['id']}/").json()["state"] == "sent"
    other = api_as("agent.kayes")
    assert other.get("/api/v1/referrals/?state=all").json()["results"] == []
    assert other.get(f"/api/v1/referrals/{body['id']}/").status_code == 404
    assert other.post_json("/api/v1/referrals/", body | {"id": str(uuid.uuid4())}).status_code == 400
    withdraw_consent(actor=agent_of(centre("GAO")), consent=referral.migrant.consents.get(purpose="referral"))
    refused = api.post_json("/api/v1/referrals/", body | {"id": str(uuid.uuid4())})
    assert refused.status_code == 400 and "accord" in refused.content.decode()


# --- what comes of it ----------------------------------------------------------------------------------------------


def test_unanswered_it_comes_back_to_whoever_sent_it(as_user, persona, centre):
    referral = make_referral(centre("GAO"))
    agent = as_user("agent.gao")
    assert "sans réponse" not in agent.get("/").content.decode()
    _age(referral, 8)
    assert "Orientations restées sans réponse" in agent.get("/").content.decode()
    assert "Orientations restées sans réponse" not in as_user("manager.gao").get("/").content.decode()
    assert "sans réponse depuis 8 jours" in agent.get(f"/migrants/{referral.migrant_id}/").content.decode()
    assert referral.structure.name in re.sub("<select.*?</select>", "", agent.get("/referrals/?state=late&mine=on").content.decode(), flags=re.DOTALL)
    sender = persona("agent.gao")
    sender.is_active = False
    sender.save()
    assert "Orientations restées sans réponse" in as_user("manager.gao").get("/").content.decode(), "the sender has left"
    move_referral(actor=persona("manager.gao"), referral=referral, to="no_answer", version=1)
    assert "Orientations restées sans réponse" not in as_user("manager.gao").get("/").content.decode()


def test_what_the_structure_says_by_telephone(as_user, centre):
    referral, agent = make_referral(centre("GAO")), as_user("agent.gao")
    url = reverse("referrals:referral", args=[referral.pk])
    silent = agent.post(url, {"version": "1", "to": "declined", "text": ""})
    assert silent.context["form"].errors["text"]
    assert agent.post(url, {"version": "1", "to": "accepted", "text": "", "by": "Mme Sy", "appointment": _today(2).isoformat()}).status_code == 302
    stale = agent.post(url, {"version": "1", "to": "declined", "text": "Complet"})
    assert stale.status_code == 409 and "Complet" in stale.content.decode()
    assert agent.post(url, {"version": "2", "to": "done", "text": "Soignée.", "by": ""}).status_code == 302
    referral.refresh_from_db()
    assert (referral.state, referral.answered_by, referral.appointment, referral.outcome) == ("done", "Mme Sy", _today(2), "Soignée.")


@pytest.mark.parametrize("start", list(State))
def test_only_the_ways_of_the_table_exist(centre, start):
    """The service and the database refuse all others."""
    for to in State:
        if to == start or to in TRANSITIONS[start]:
            continue
        referral = make_referral(centre("GAO"))
        now = timezone.now()
        way = {State.SENT: [], State.DONE: ["accepted", "done"]}.get(start, [start.value])
        for step in way:
            Referral.objects.filter(pk=referral.pk).update(state=step, answered_at=now, ended_at=now)
        with pytest.raises(ValidationError):
            move_referral(actor=agent_of(centre("GAO")), referral=referral, to=to, version=1, text="x")
        with pytest.raises(DatabaseError), transaction.atomic():
            Referral.objects.filter(pk=referral.pk).update(state=to)


# --- the link ------------------------------------------------------------------------------------------------------


def test_a_partner_answers_and_later_says_what_came_of_it(as_user, centre):
    person = make_migrant(centre("GAO"), surname="Zorgbata", phone="22376555444")
    referral = make_referral(centre("GAO"), person, shared=["name", "age"])
    shown = as_user("agent.gao").post(reverse("referrals:link", args=[referral.pk]))
    page = shown.content.decode()
    token = re.search(r"/r/([\w-]+)/", page)[1]
    assert "data:image/svg+xml;base64," in page and "Sira n’envoie ni courriel ni SMS" in page
    opened = _partner(token)
    text = opened.content.decode()
    assert opened.status_code == 200 and "Zorgbata" in text and "Fièvre depuis trois jours" in text
    assert "76555444" not in text and person.case_number not in text and "Guinée" not in text, "only what was shared"
    assert opened["Cache-Control"] == "no-store, private" and "noindex" in opened["X-Robots-Tag"] and 'content="noindex"' in text
    answered = _partner(token, _answer(appointment=_today(3).isoformat()))
    assert answered.status_code == 200 and "Zorgbata" not in answered.content.decode()
    referral.refresh_from_db()
    assert (referral.state, referral.answered_by, referral.answer, referral.appointment) == ("accepted", "Dr Ba, médecin", "Venez lundi.", _today(3))
    assert "acceptée" in as_user("agent.gao").get(f"/migrants/{person.pk}/").content.decode()
    second = _partner(token)
    assert second.status_code == 200 and "La suite donnée" in second.content.decode()
    wrong = _partner(token, _answer(to="declined"))
    assert wrong.status_code == 200 and wrong.context["form"].errors["to"]
    assert _partner(token, _answer(to="done", text="Guérie.")).status_code == 200
    referral.refresh_from_db()
    assert (referral.state, referral.outcome) == ("done", "Guérie.")
    assert _partner(token).status_code == 404


def test_what_does_not_open_looks_the_same(centre, as_user):
    declined, expired, replaced, agreed_no_more, cancelled = (make_referral(centre("GAO")) for _each in range(5))
    tokens = [make_token(referral) for referral in (declined, expired, replaced, agreed_no_more, cancelled)]
    assert [_partner(token).status_code for token in tokens] == [200] * 5
    _partner(tokens[0], _answer(to="declined", text="Complet"))
    Referral.objects.filter(pk=expired.pk).update(deadline=_today(-1))
    make_token(replaced)
    withdraw_consent(actor=agent_of(centre("GAO")), consent=agreed_no_more.migrant.consents.get(purpose="referral"))
    move_referral(actor=agent_of(centre("GAO")), referral=cancelled, to="cancelled", version=1, text="Partie")
    answers = [_partner(token) for token in [*tokens, "x", "é" * 40, make_token(make_referral(centre("GAO")))[:-1]]]
    assert {answer.status_code for answer in answers} == {404}
    assert len({re.sub(r'value="[^"]{30,}"', "", answer.content.decode()) for answer in answers}) == 1
    assert all(answer["Cache-Control"] == "no-store, private" for answer in answers)
    for token in tokens:
        assert _partner(token, _answer()).status_code == 404
    assert Referral.objects.filter(state="accepted").count() == 0


def test_taking_the_agreement_back_closes_the_link_for_good(centre):
    referral = make_referral(centre("GAO"))
    token = make_token(referral)
    consent = referral.migrant.consents.get(purpose="referral")
    type(consent).objects.filter(pk=consent.pk).update(withdrawn_at=timezone.now())  # by whatever way
    assert find_link(token) is None and ReferralLink.objects.get().revoked_at is not None
    make_referral(centre("GAO"), referral.migrant)  # the person agrees again
    assert find_link(token) is None, "the old address stays shut"
    with pytest.raises(ValidationError):
        withdraw_consent(actor=agent_of(centre("GAO")), consent=referral.migrant.consents.get(purpose="referral", withdrawn_at=None))
        make_link(actor=agent_of(centre("GAO")), referral=referral)


def test_an_accepted_referral_stays_open_a_month_after_its_day(centre):
    referral = make_referral(centre("GAO"))
    token = make_token(referral)
    _partner(token, _answer())
    Referral.objects.filter(pk=referral.pk).update(deadline=_today(-OUTCOME_DAYS))
    assert find_link(token) is not None
    Referral.objects.filter(pk=referral.pk).update(deadline=_today(-OUTCOME_DAYS - 1))
    assert find_link(token) is None


def test_a_double_click_is_one_answer_and_nothing_typed_is_lost(centre):
    referral = make_referral(centre("GAO"))
    token, sent = make_token(referral), _answer()
    unsigned = _partner(token, sent | {"by": ""})
    assert unsigned.status_code == 200 and "Venez lundi." in unsigned.content.decode()
    assert [_partner(token, sent).status_code for _twice in range(2)] == [200, 200]
    referral.refresh_from_db()
    assert (referral.state, referral.version) == ("accepted", 2)


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_wins(centre):
    referral = make_referral(centre("GAO"))
    token = make_token(referral)
    links = [find_link(token) for _each in range(8)]

    def one(number):
        try:
            answer_by_link(actor=None, link=links[number], key=uuid.uuid4(), to="accepted" if number % 2 else "declined", text=f"Réponse {number}", by="Dr Ba")
            return number
        except Stale:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        (winner,) = [number for number in pool.map(one, range(8)) if number is not None]
    referral.refresh_from_db()
    assert (referral.answer, referral.version) == (f"Réponse {winner}", 2)


def test_every_opening_is_written_down_and_the_secret_nowhere(as_user, centre):
    referral = make_referral(centre("GAO"))
    token = make_token(referral)
    _partner(token)
    _partner(token)
    first, second = ReadLog.objects.filter(user=None)
    assert first.rows == [str(referral.pk), str(referral.migrant_id)] and first.party == str(referral.structure) and first.path == "/r/"
    assert second.action == "opened"
    seen = as_user("agent.gao").get(f"/migrants/{referral.migrant_id}/reads/").content.decode()
    assert referral.structure.name in seen and "structure partenaire, par son lien" in seen
    auditor = as_user("auditor")
    assert referral.structure.name in auditor.get("/administration/reads/").content.decode()
    assert referral.structure.name in auditor.get("/administration/reads/export/").content.decode()
    kept = [str(row) for row in ReadLog.objects.values_list("path", "rows")] + [f"{change.before}{change.after}" for change in Change.objects.all()]
    assert not [text for text in kept if token in text or hash_of(token) in text]
    assert ReferralLink.objects.get().token_hash == hash_of(token) != token
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadLog.objects.create(user=None, action="opened", model="cases.referral", rows=[], path="/")


def test_that_a_partner_of_protection_read_is_for_protection_alone(as_user, centre):
    person = make_migrant(centre("GAO"))
    ordinary = make_referral(centre("GAO"), person)
    reserved = Referral.objects.create(**{**protected_fields(ordinary), "structure": make_structure(centre("GAO"), name="Refuge discret")})
    _partner(make_token(reserved))
    url = f"/migrants/{person.pk}/reads/"
    assert "Refuge discret" not in as_user("agent.gao").get(url).content.decode()
    assert "Refuge discret" in as_user("protection").get(url).content.decode()


def protected_fields(referral: Referral) -> dict:
    """Of the same referral, reserved to protection."""
    names = ("migrant", "centre", "service", "reason", "deadline", "shared", "urgency", "sent_by", "sent_at")
    return {name: getattr(referral, name) for name in names} | {"protected": True, "id": uuid.uuid4()}


def test_addresses_cannot_be_tried_for_long(centre):
    token = make_token(make_referral(centre("GAO")))
    client = Client()
    assert [_partner(f"wrong{number}", client=client).status_code for number in range(30)] == [404] * 30
    assert _partner("wrong", client=client).status_code == 429
    assert _partner(token, client=client).status_code == 429
    assert _partner(token, client=Client(REMOTE_ADDR="10.1.2.3")).status_code == 200


def test_who_may_make_the_link(as_user, centre):
    referral = make_referral(centre("GAO"))
    url = reverse("referrals:link", args=[referral.pk])
    assert as_user("agent.kayes").post(url).status_code == 404
    assert as_user("agent.gao").get(url).status_code == 405
    assert as_user("manager.gao").post(url).status_code == 200
    move(referral.migrant, centre("KAY"))
    assert as_user("agent.gao").post(url).status_code == 403, "read-only by now"
    assert as_user("agent.kayes").get(reverse("referrals:referral", args=[referral.pk])).status_code == 200


def test_one_key_is_one_referral(centre):
    person, key, structure = make_migrant(centre("GAO")), uuid.uuid4(), make_structure(centre("GAO"))
    first = make_referral(centre("GAO"), person, id=key, structure=structure)
    assert make_referral(centre("GAO"), person, id=key, structure=structure) == first
    with pytest.raises(SameKeyOtherContent):
        make_referral(centre("GAO"), person, id=key, structure=structure, reason="Autre")


# --- the directory -------------------------------------------------------------------------------------------------


def test_managers_and_administrators_keep_the_directory(as_user, centre):
    gao, kayes = centre("GAO"), centre("KAY")
    manager = as_user("manager.gao")
    sent = structure_form(gao, organisation="", new_organisation="Association Faso", new_kind="non_state", phone="76 12 34 56")
    for _twice in range(2):
        assert manager.post(reverse("referrals:new_structure"), sent).status_code == 302
    structure = Structure.objects.get(name=sent["name"])
    assert (structure.organisation.name, structure.phone) == ("Association Faso", "22376123456")
    assert manager.post(reverse("referrals:new_structure"), structure_form(kayes)).status_code == 200, "not a centre of theirs"
    edit = reverse("referrals:edit_structure", args=[structure.pk])
    changed = {key: value for key, value in sent.items() if key not in ("id", "organisation", "new_organisation", "new_kind")} | {"version": "1", "town": "Ansongo"}
    assert manager.post(edit, changed).status_code == 302
    stale = manager.post(edit, changed | {"town": "Bourem"})
    assert stale.status_code == 409 and "Bourem" in stale.content.decode() and "Ansongo" in stale.content.decode()
    for username, status in (("agent.gao", 403), ("manager.kayes", 403), ("admin", 302)):
        assert as_user(username).post(edit, changed | {"version": "2"}).status_code == status, username
    for username, status in (("agent.kayes", 200), ("admin", 200), ("steering.eu", 403)):
        assert as_user(username).get(reverse("referrals:directory")).status_code == status


def test_the_directory_is_searched(as_user, centre):
    clinic = make_structure(centre("GAO"), name="Clinique du fleuve")
    school = make_structure(centre("KAY"), name="École du rail", services=["education"])
    closed = make_structure(centre("GAO"), name="Ancien refuge", active=False)
    agent, url = as_user("agent.gao"), reverse("referrals:directory")
    for query, found in (
        ("", {clinic, school}),
        ("?q=fleuve gao", {clinic}),
        ("?service=education", {school}),
        ("?centre=GAO&all=on", {clinic, closed}),
        ("?q=rien", set()),
    ):
        page = agent.get(url + query).content.decode()
        assert {one for one in (clinic, school, closed) if one.name in page} == found, query
