"""A session notes who was there, once; each of them has one line of assistance from it."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation, User
from audit.acting import SameKeyOtherContent, Stale
from cases.models import Merge
from cases.services import merge_files, open_custody
from centres.models import Centre
from reception.models import Assistance, Session, SessionPresence, Stay
from reception.services import check_out, correct_session, record_session, withdraw_session
from tests.factories import make_migrant

from .factories import make_session, make_stay
from .test_bed import _together


def given(actor, **more):
    return {"topic": "rights", "language": "bam", "minutes": 45, "led_by": actor, **more}


def hold(actor, centre, people=(), *, kind="awareness", held_on=None, id=None, **more):
    return record_session(
        actor=actor, centre=centre, kind=kind, held_on=held_on or timezone.localdate(), id=id or uuid.uuid4(), people=[one.pk for one in people], **given(actor, **more)
    )


class TestRecord:
    def test_a_line_for_each_once(self, persona, centre):
        gao, agent, key = centre("GAO"), persona("agent.gao"), uuid.uuid4()
        people = [make_stay(gao).migrant for _ in range(3)]
        session, created = hold(agent, gao, people, id=key, women=2)
        assert created and hold(agent, gao, people, id=key, women=2) == (session, False)
        for other in ({"people": people[:2]}, {"minutes": 50}):
            with pytest.raises(SameKeyOtherContent):
                hold(agent, gao, **{"people": people, "id": key, "women": 2, **other})
        assert sorted(Assistance.objects.values_list("migrant_id", "service__code")) == sorted((one.pk, "information") for one in people)
        hold(persona("protection"), gao, people, kind="group_talk", topic="wellbeing")
        assert Assistance.objects.filter(service__code="psychosocial").count() == 3

    def test_who_and_when(self, persona, centre):
        gao, agent, today = centre("GAO"), persona("agent.gao"), timezone.localdate()
        for username, kind in (
            ("agent.kayes", "awareness"),
            ("returns.gao", "awareness"),
            ("protection", "awareness"),
            ("health.gao", "group_talk"),
            ("agent.gao", "party"),
        ):
            with pytest.raises(PermissionDenied):
                hold(persona(username), gao, kind=kind, women=3)
        for wrong, where in (
            ({"held_on": today + datetime.timedelta(days=1), "women": 1}, "held_on"),
            ({"held_on": datetime.date(2001, 1, 1), "women": 1}, "held_on"),
            ({}, "people"),
            ({"women": -1}, "women"),
            ({"women": 501}, "women"),
            ({"women": 1, "led_by": None}, "leader"),
        ):
            with pytest.raises(ValidationError) as refused:
                hold(agent, gao, **wrong)
            assert where in refused.value.error_dict
        for minutes in (0, 481):
            with pytest.raises(ValidationError):
                hold(agent, gao, women=1, minutes=minutes)
        hold(agent, gao, women=1, led_by=None, organisation=Organisation.objects.get(code="CRM"))
        assert Session.objects.count() == 1

    def test_only_who_was_there_that_day(self, persona, centre):
        gao, now = centre("GAO"), timezone.now()
        here, elsewhere, registered = make_stay(gao).migrant, make_stay(centre("KAY")).migrant, make_migrant(gao)
        longer = make_stay(gao, arrived_at=now - datetime.timedelta(days=3)).migrant
        session, _ = hold(persona("agent.gao"), gao, [here, elsewhere, registered, longer], women=1)
        assert set(session.presences.values_list("migrant_id", flat=True)) == {here.pk, longer.pk}
        before, _ = hold(persona("agent.gao"), gao, [here, longer], held_on=timezone.localdate() - datetime.timedelta(days=2))
        assert [one.migrant_id for one in before.presences.all()] == [longer.pk]
        assert before.presences.get().migrant.assistance.filter(given_on=before.held_on).count() == 1


class TestCorrectAndWithdraw:
    def test_correct(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        first, second, third = (make_stay(gao).migrant for _ in range(3))
        session, _ = hold(agent, gao, [first, second])
        kept = Assistance.objects.get(migrant=second).pk
        corrected = correct_session(actor=persona("manager.gao"), session=session, version=1, people=[second.pk, third.pk], **given(agent, minutes=60))
        assert (corrected.version, corrected.minutes) == (2, 60)
        assert set(Assistance.objects.values_list("migrant_id", flat=True)) == {second.pk, third.pk} and Assistance.objects.filter(pk=kept).exists()
        with pytest.raises(Stale):
            correct_session(actor=agent, session=session, version=1, people=[], **given(agent, women=1))
        with pytest.raises(PermissionDenied):
            correct_session(actor=persona("agent.kayes"), session=session, version=2, people=[], **given(agent, women=1))
        with pytest.raises(ValidationError):
            correct_session(actor=agent, session=session, version=2, people=[], **given(agent))

    def test_withdraw(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        session, _ = hold(agent, gao, [make_stay(gao).migrant])
        Session.objects.filter(pk=session.pk).update(recorded_at=timezone.now() - datetime.timedelta(days=2))
        with pytest.raises(ValidationError, match="le jour même"):
            withdraw_session(actor=agent, session=session)
        withdraw_session(actor=persona("manager.gao"), session=session)
        assert not Session.objects.exists() and not Assistance.objects.exists()

    def test_nothing_is_taken_off_the_file_of_somebody_whom_another_centre_follows_now(self, persona, centre, as_user):
        gao, agent, manager, today = centre("GAO"), persona("agent.gao"), persona("manager.gao"), timezone.localdate()
        left, here, late = (make_stay(gao, arrived_at=timezone.now() - datetime.timedelta(days=9)).migrant for _ in range(3))
        old, _ = hold(agent, gao, [left, here], held_on=today - datetime.timedelta(days=8))
        for person in (left, late):
            stay = Stay.objects.get(migrant=person)
            check_out(actor=agent, stay=stay, reason="left")
            open_custody(actor=agent, migrant=person, centre=centre("KAY"), reason="transferred", exclusive=True)
        url = reverse("reception:session", args=["GAO", old.pk])
        page = as_user("agent.gao").get(url).content.decode()
        assert page.count("checked disabled") == 1 and "présence gardée" in page
        sent = {"topic": "rights", "language": "bam", "minutes": 45, "leader": f"user:{agent.pk}", "version": 1, "women": 1}
        assert as_user("agent.gao").post(url, sent).status_code == 302  # nobody ticked: a box that is disabled is not sent
        assert [one.migrant_id for one in old.presences.all()] == [left.pk] and Assistance.objects.get().migrant_id == left.pk
        correct_session(actor=agent, session=old, version=2, people=[late.pk, here.pk], **given(agent, women=1))
        assert {one.migrant_id for one in old.presences.all()} == {left.pk, here.pk}  # nor is a line added
        with pytest.raises(ValidationError, match="Personne n’est noté"):
            hold(agent, gao, [late], held_on=today - datetime.timedelta(days=2))
        assert late.full_name not in as_user("agent.gao").get(reverse("reception:new_session", args=["GAO"])).content.decode()
        Session.objects.update(recorded_at=timezone.now() - datetime.timedelta(days=2))
        with pytest.raises(ValidationError, match="1 personne de cette séance n’est plus suivie"):
            withdraw_session(actor=manager, session=old)
        Session.objects.update(recorded_at=timezone.now())
        withdraw_session(actor=agent, session=old)  # a slip of today
        assert not Session.objects.exists()

    def test_two_files_joined(self, persona, centre):
        """Both were ticked: one presence of one person, and what was joined can be taken apart."""
        gao = centre("GAO")
        stays = [make_stay(gao) for _ in range(2)]
        people = [stay.migrant for stay in stays]
        session, _ = hold(persona("agent.gao"), gao, people)
        stays[1].delete()
        for person in people:
            person.refresh_from_db()
        survivor, merged = people
        versions = (survivor.version, merged.version)
        merge, _ = merge_files(actor=persona("manager.gao"), id=uuid.uuid4(), survivor=survivor, merged=merged, versions=versions, take=[])
        assert isinstance(merge, Merge) and session.presences.filter(migrant=survivor).count() == 1
        assert ["reception.sessionpresence", str(session.presences.get(migrant=merged).pk), "migrant"] in merge.stayed


class TestPages:
    def test_from_the_form_to_the_list(self, as_user, centre, django_assert_max_num_queries):
        gao, browser = centre("GAO"), as_user("agent.gao")
        people = [make_stay(gao).migrant for _ in range(3)]
        url, listed = reverse("reception:new_session", args=["GAO"]), reverse("reception:sessions", args=["GAO"])
        assert "Aucune séance" in browser.get(listed).content.decode()
        page = browser.get(url)
        assert all(person.full_name in page.content.decode() for person in people)
        key = page.context["form"].initial["id"]
        data = {
            "id": key,
            "held_on": timezone.localdate(),
            "kind": "awareness",
            "topic": "trafficking",
            "language": "bam",
            "minutes": 30,
            "men": 2,
            "people": [people[0].pk],
        }
        wrong = browser.post(url, {**data, "leader": ""}).content.decode()
        assert "Choisissez qui a animé" in wrong and f'value="{people[0].pk}" id="p-{people[0].pk}" checked' in wrong
        leader = f"user:{User.objects.get(username='agent.gao').pk}"
        nothing = browser.post(url, {"id": key, "held_on": timezone.localdate(), "kind": "awareness", "leader": leader}).context["form"]
        assert set(nothing.errors) == {"topic", "people"}  # all on one page; language and duration as far as they are known
        short = {"id": uuid.uuid4(), "held_on": timezone.localdate(), "kind": "awareness", "topic": "rights", "women": 2, "leader": leader}
        assert browser.post(url, short).status_code == 302
        assert browser.get(listed).content.decode().count("–</td>") == 2
        Session.objects.get(pk=short["id"]).delete()
        for _click in (1, 2):
            assert browser.post(url, {**data, "leader": leader}).status_code == 302
        hold(User.objects.get(username="agent.gao"), gao, people, topic="trafficking")
        with django_assert_max_num_queries(12):
            page = browser.get(listed)
        assert (page.context["people"], page.context["others"]) == (3, 2)  # the first of them came twice
        held = Session.objects.get(pk=key)
        one = reverse("reception:session", args=["GAO", held.pk])
        plain = {name: data[name] for name in ("topic", "language", "minutes")} | {"leader": leader, "version": 1, "people": [people[1].pk]}
        assert browser.post(one, plain).status_code == 302
        assert browser.post(one, plain).status_code == 409
        assert SessionPresence.objects.get(session=held).migrant == people[1]
        nurse = as_user("health.gao")
        assert nurse.get(listed).status_code == 200 and people[1].full_name not in nurse.get(listed).content.decode()
        assert nurse.get(one).status_code == nurse.get(url).status_code == 403
        assert as_user("agent.kayes").get(one).status_code == 404
        assert as_user("agent.bamako").get(reverse("reception:session", args=["BKO", held.pk])).status_code == 404
        assert browser.post(one, {"withdraw": 1}).status_code == 302 and not Session.objects.filter(pk=held.pk).exists()

    def test_officer_of_protection_notes_group_talks_alone(self, as_user, centre):
        url, browser = reverse("reception:new_session", args=["GAO"]), as_user("protection")
        leader = f"user:{User.objects.get(username='protection').pk}"
        data = {"id": uuid.uuid4(), "held_on": timezone.localdate(), "topic": "wellbeing", "language": "ful", "minutes": 60, "women": 4, "leader": leader}
        assert "pas une séance d’information" in browser.post(url, {**data, "kind": "awareness"}).content.decode()
        assert browser.post(url, {**data, "kind": "group_talk"}).status_code == 302
        assert make_session(centre("GAO")) and browser.get(reverse("reception:sessions", args=["GAO"])).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_same_session_from_ten_hands():
    gao, agent, key = Centre.objects.get(code="GAO"), User.objects.get(username="agent.gao"), uuid.uuid4()
    people = [make_stay(gao).migrant for _ in range(4)]
    outcomes = _together(10, lambda i: hold(agent, gao, people if i % 2 else people[::-1], id=key))
    assert all(isinstance(outcome, tuple) for outcome in outcomes), outcomes
    assert (Session.objects.count(), Assistance.objects.count()) == (1, 4)
    with transaction.atomic():
        assert sorted(SessionPresence.objects.values_list("migrant_id", flat=True)) == sorted(one.pk for one in people)
