"""Nobody who walks from Gao to Kayes is registered twice."""

import datetime
import uuid
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent
from audit.models import Change, ReadLog
from cases.duplicates import Identity, identity_of
from cases.models import Custody, Migrant, Takeover, TakeoverNotice
from cases.services import correct_identity, take_over, withdraw_consent
from centres.models import Bed
from reception.models import BedAssignment, Stay
from reception.services import check_in
from reintegration.models import ReintegrationCase
from reintegration.services import close_case, revise_plan
from tests.factories import agent_of, make_migrant
from tests.reintegration.factories import make_reintegration

from .factories import make_takeover, move, registration_form

URL = "/migrants/register/"
TAKE = "/migrants/take-over/"


def admitted(gao):
    """Somebody who has a bed in Gao."""
    person = make_migrant(gao, surname="Magassouba", given_names="Gaoussou Bakary", nationality="GN", phone="22370000001")
    bed = Bed.objects.filter(room__centre=gao, room__kind="men").first()
    check_in(actor=agent_of(gao), migrant=person, centre=gao, origin="transit", bed=bed, id=uuid.uuid4())
    return person


def step_one(browser, kayes, **changed):
    """Types the person at Kayes, and takes what the page proposes."""
    form = registration_form(kayes, surname="Magasuba", given_names="Gawsu", nationality="GN", **changed)
    page = browser.post(URL, form)
    token = next((likeness.token for likeness in page.context["alike"] if likeness.token), "") if page.context and "alike" in page.context else ""
    return form, page, token


def answers(**changed):
    return {
        "step": "2", "id": str(uuid.uuid4()), "present": "on", "agrees": "on", "consent_method": "spoken", "consent_witness": "A. Cissé", "consent_language": "ful", "reason": "Venu de Gao à pied", **changed,
    }  # fmt: skip


def test_walk_from_gao_to_kayes(as_user, centre):
    gao, kayes = centre("GAO"), centre("KAY")
    person, browser = admitted(gao), as_user("agent.kayes")
    form, page, token = step_one(browser, kayes)
    text = page.content.decode()
    assert "prendre en charge le dossier de Gao" in text
    for secret in ("Bakary", "Magassouba", person.case_number, str(person.pk), "22370000001"):
        assert secret not in text
    assert token and str(person.pk) not in token
    assert browser.get(f"/migrants/{person.pk}/").status_code == 404

    asked = browser.post(TAKE, form | {"token": token}).content.decode()
    for secret in ("Bakary", "Magassouba", person.case_number, str(person.pk)):
        assert secret not in asked  # nothing before the person has agreed
    assert browser.get(f"/migrants/{person.pk}/").status_code == 404
    for missing, value in (("agrees", ""), ("present", ""), ("reason", ""), ("consent_method", "")):
        refused = browser.post(TAKE, form | {"token": token} | answers(**{missing: value}))
        assert refused.status_code == 200 and refused.context["form"].errors[missing]
    assert not Takeover.objects.exists()

    done = browser.post(TAKE, form | {"token": token} | answers())
    assert done.status_code == 302 and done["Location"] == f"/migrants/{person.pk}/"
    assert "Bakary" in browser.get(done["Location"]).content.decode()
    assert [c.code for c in Migrant.objects.get(pk=person.pk).centres_now] == ["KAY"]
    assert Migrant.objects.count() == 1
    stay = Stay.objects.get()
    assert stay.departure_reason == "left" and stay.checked_out_by.username == "agent.kayes"
    assert not BedAssignment.objects.filter(until__isnull=True).exists()
    takeover = Takeover.objects.get()
    assert takeover.effects == ["Le séjour au centre de Gao est noté comme terminé."]
    assert (takeover.reason, takeover.consent_language, takeover.by.username) == ("Venu de Gao à pied", "ful", "agent.kayes")
    assert Change.objects.filter(table="cases_takeover", actor_id=takeover.by_id).exists()
    assert ReadLog.objects.filter(user__username="agent.kayes", path=TAKE, rows__contains=[str(person.pk)]).exists()

    check_in(actor=agent_of(kayes), migrant=person, centre=kayes, origin="transit", id=uuid.uuid4())
    assert Stay.objects.open().get().centre == kayes
    # Gao keeps what it wrote, and no more.
    assert "Votre centre ne la suit plus" in as_user("agent.gao").get(f"/migrants/{person.pk}/").content.decode()


def test_both_managers_are_told_until_they_have_seen_it(as_user, centre):
    takeover = make_takeover(centre("KAY"), make_migrant(centre("GAO"), surname="Unique"))
    for username in ("manager.gao", "manager.kayes"):
        browser = as_user(username)
        home = browser.get("/").content.decode()
        assert "Unique" in home and "prise en charge par le centre de Kayes" in home
        assert "Arrivée à pied." in browser.get("/migrants/take-overs/").content.decode()
        assert browser.post(f"/migrants/take-overs/{takeover.pk}/seen/").status_code == 302
        assert "Unique" not in browser.get("/").content.decode()
    assert TakeoverNotice.objects.filter(seen_at__isnull=False).count() == 2
    assert "Unique" not in as_user("manager.bamako").get("/").content.decode()
    assert as_user("manager.bamako").post(f"/migrants/take-overs/{takeover.pk}/seen/").status_code == 404


def test_a_double_click_is_one_takeover(as_user, centre):
    person, browser = admitted(centre("GAO")), as_user("agent.kayes")
    form, _page, token = step_one(browser, centre("KAY"))
    body = form | {"token": token} | answers()
    first, second = browser.post(TAKE, body), browser.post(TAKE, body)
    assert first["Location"] == second["Location"] == f"/migrants/{person.pk}/"
    assert Takeover.objects.count() == 1
    assert Custody.objects.filter(migrant=person, until__isnull=True).count() == 1


def test_a_token_is_of_use_to_whoever_it_was_given_for_an_hour(as_user, centre, monkeypatch):
    admitted(centre("GAO"))
    form, _page, token = step_one(as_user("agent.kayes"), centre("KAY"))
    for browser, word in (
        (as_user("agent.bamako"), token),
        (as_user("agent.kayes"), token[:-4] + "AAAA"),
        (as_user("agent.kayes"), "\x01"),
        (as_user("agent.kayes"), ""),
    ):
        assert browser.post(TAKE, form | {"token": word} | answers())["Location"] == URL
    now = timezone.now().timestamp()
    monkeypatch.setattr("cases.services.takeovers.time.time", lambda: now + 3700)
    assert as_user("agent.kayes").post(TAKE, form | {"token": token} | answers())["Location"] == URL
    assert not Takeover.objects.exists()


def test_nobody_opens_files_by_trying_names(as_user, centre, persona):
    person = admitted(centre("GAO"))
    said = identity_of(person)
    kayes, agent = centre("KAY"), persona("agent.kayes")

    def attempt(said, actor=agent, where=kayes):
        return take_over(actor=actor, id=uuid.uuid4(), migrant=person, centre=where, said=said, reason="x", consent_method="spoken", consent_witness="A. Cissé")

    for too_little in (Identity(surname="Magassouba", given_names="Gaoussou"), replace(said, born_on=datetime.date(1980, 1, 1), phone=""), Identity()):
        with pytest.raises(ValidationError) as refused:
            attempt(too_little)
        assert refused.value.code == "unlike"
    for actor, where in ((persona("agent.kayes"), centre("BKO")), (persona("protection"), kayes), (persona("returns.gao"), centre("GAO"))):
        with pytest.raises(PermissionDenied):
            attempt(said, actor, where)
    form, _page, token = step_one(as_user("agent.kayes"), kayes)
    other = form | {"surname": "Keïta", "given_names": "Salif"}  # a token kept, and another name typed
    page = as_user("agent.kayes").post(TAKE, other | {"token": token} | answers())
    assert page.status_code == 200 and page.context["form"].non_field_errors()
    assert not Takeover.objects.exists()


def test_only_a_likely_match_is_offered(as_user, centre):
    make_migrant(centre("GAO"), surname="Traoré", given_names="Moussa", nationality="ML", born_on=datetime.date(1995, 12, 31), birth_precision="year")
    page = as_user("agent.kayes").post(URL, registration_form(centre("KAY"), birth_0="", birth_1=""))
    assert "hors de votre vue" in page.content.decode()
    assert not any(likeness.token for likeness in page.context["alike"])


def test_an_agreement_taken_back_is_given_anew(centre, persona):
    gao = centre("GAO")
    person = make_migrant(gao)
    withdraw_consent(actor=agent_of(gao), consent=person.consents.get())
    make_takeover(centre("KAY"), person)
    assert person.consents.filter(withdrawn_at__isnull=True, purpose="registration", taken_by=persona("agent.kayes")).count() == 1


def test_one_key_for_two_people_is_refused(centre, persona):
    kayes, people = centre("KAY"), [make_migrant(centre("GAO")) for _ in range(2)]
    key = uuid.uuid4()
    for number, person in enumerate(people):
        call = {
            "actor": persona("agent.kayes"),
            "id": key,
            "migrant": person,
            "centre": kayes,
            "said": identity_of(person),
            "reason": "x",
            "consent_method": "spoken",
            "consent_witness": "A. Cissé",
        }
        if number:
            with pytest.raises(SameKeyOtherContent):
                take_over(**call)
        else:
            take_over(**call)


def test_a_centre_that_let_somebody_go_asks_anew_and_both_managers_know(as_user, persona, centre):
    """Who comes back to a former centre: no arrival behind the back of the team that follows them; the reintegration goes on."""
    gao, kayes = centre("GAO"), centre("KAY")
    person = make_migrant(gao, surname="Keïta", given_names="Lassana")
    move(person, kayes)
    case = make_reintegration(kayes, person)
    person.refresh_from_db()
    correct_identity(actor=persona("agent.kayes"), migrant=person, version=person.version, phone="22366001122")
    with pytest.raises(ValidationError, match="Une autre équipe suit"):
        check_in(actor=persona("agent.gao"), migrant=person, centre=gao, origin="transit", id=uuid.uuid4())
    browser = as_user("agent.gao")
    page = browser.get(reverse("reception:check_in", args=["GAO", person.pk]))
    assert "Une autre équipe suit cette personne" in page.content.decode() and "66001122" not in page.content.decode()
    sent = {"token": page.context["token"], **dict(page.context["said"])}
    browser.post(reverse("cases:take_over"), sent)
    step = {"step": "2", "id": str(uuid.uuid4()), "present": "on", "agrees": "on", "consent_method": "signed", "consent_language": "fra", "reason": "De retour de Kayes"}
    assert browser.post(reverse("cases:take_over"), sent | step).status_code == 302
    assert sorted(notice.centre.code for notice in Takeover.objects.get().notices.all()) == ["GAO", "KAY"]
    stay, _made = check_in(actor=persona("agent.gao"), migrant=Migrant.objects.get(pk=person.pk), centre=gao, origin="transit", id=uuid.uuid4())
    assert stay.is_open
    # The year of visits goes on; once it is over, the person is followed where they are.
    plan = {"case": case, "version": ReintegrationCase.objects.get(pk=case.pk).version, "plan": "Couture", "enhanced": False, "region": case.region}
    case = revise_plan(actor=persona("reintegration.kayes"), **plan)
    close_case(actor=persona("reintegration.kayes"), case=case, state="withdrawn", closed_on=timezone.localdate(), version=case.version)
    assert [custody.centre.code for custody in Migrant.objects.get(pk=person.pk).custodies.filter(until__isnull=True)] == ["GAO"]
