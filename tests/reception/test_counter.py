"""The counter: a card, a number or a name, one answer; and the gate."""

import datetime
import re
import uuid

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import ReadLog
from cases.models import Card, Household, Merge, Migrant
from cases.services import issue_card, merge_files, revoke_card
from centres.models import Centre, Service, ServiceOffer
from reception import absence
from reception.models import Assistance, FlagKind, PersonFlag, Stay
from reception.services import Called, check_out
from tests.factories import agent_of, make_migrant, make_minor

from .factories import crowd, make_assistance, make_leave, make_stay, make_transfer
from .test_bed import _together
from .test_roll_call import call


def card_of(migrant: Migrant, centre: Centre) -> Card:
    return issue_card(actor=agent_of(centre), migrant=migrant)


def send(browser, what="", *, code="GAO", service="dejeuner", mode="scan", **more):
    """One scan, answered without the page around it."""
    data = {"key": uuid.uuid4(), "service": service, "mode": mode, "what": what, **more}
    return browser.post(reverse("reception:counter", args=[code]), data, headers={"HX-Request": "true"})


def answer(response):
    assert response.status_code == 200
    return response.context["answer"]


def flag(migrant: Migrant, **does) -> PersonFlag:
    suspends = does.pop("suspends", [])
    kind = FlagKind.objects.create(code=uuid.uuid4().hex[:20], name=does.pop("name", "Attention"), **does)
    kind.suspends.set(suspends)
    return PersonFlag.objects.create(migrant=migrant, kind=kind, reason="essai")


class TestScan:
    def test_a_card_serves_at_once_and_once(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay = make_stay(gao)
        make_stay(gao)
        token = card_of(stay.migrant, gao)
        first = send(browser, token.token_words.lower())  # as a reader or a hand may give it
        assert (answer(first).state, answer(first).tone, answer(first).person.person) == ("served", "yes", stay.migrant)
        line = Assistance.objects.get()
        assert (line.migrant, line.service.code, line.centre, line.recorded_by.username) == (stay.migrant, "dejeuner", gao, "agent.gao")
        text = first.content.decode()
        assert "<!doctype" not in text and 'data-tone="yes"' in text and str(stay.migrant) in text and "1</strong> servies sur 2 présentes" in text
        second = send(browser, token.token)
        assert (answer(second).state, answer(second).tone) == ("already", "already")
        assert re.search(r"Déjeuner donné à \d\d:\d\d", second.content.decode())
        assert Assistance.objects.count() == 1

    def test_the_same_sending_again_is_one_serving_and_a_yes(self, as_user, centre):
        gao, browser, key = centre("GAO"), as_user("agent.gao"), uuid.uuid4()
        number = make_stay(gao).migrant.case_number
        for waited in (0, 12, 400):
            assert answer(send(browser, number, key=key, waited=waited)).state == "served"
        assert Assistance.objects.count() == 1

    def test_what_was_typed_before_midnight_counts_for_that_day(self, as_user, centre):
        gao, browser, key = centre("GAO"), as_user("agent.gao"), uuid.uuid4()
        stay = make_stay(gao, arrived_at=timezone.now() - datetime.timedelta(days=3))
        since_midnight = (timezone.localtime() - timezone.localtime().replace(hour=0, minute=0, second=0)).seconds
        for _again in range(2):
            assert answer(send(browser, stay.migrant.case_number, key=key, waited=since_midnight + 600, service="diner")).state == "served"
        assert Assistance.objects.get().given_on == timezone.localdate() - datetime.timedelta(days=1)
        assert answer(send(browser, stay.migrant.case_number, service="diner")).state == "served"  # and today is another day
        assert answer(send(browser, stay.migrant.case_number, waited=-5)).state == answer(send(browser, stay.migrant.case_number, waited=10**9)).state == "broken"

    def test_number_and_name(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay = make_stay(gao, migrant=make_migrant(gao, surname="Keïta", given_names="Fanta"))
        for typed in ("Keita Fanta", "fant", stay.migrant.case_number.split("-")[2], stay.migrant.case_number.split("-")[2].lstrip("0")):
            shown = answer(send(browser, typed))
            assert (shown.state, shown.person.person) == ("shown", stay.migrant), typed  # a name is not proof: one click more
        assert not Assistance.objects.exists()
        assert answer(send(browser, person=stay.migrant_id)).state == "served"
        assert answer(send(browser, "Keita")).state == "already"
        other = make_stay(gao)
        assert answer(send(browser, other.migrant.case_number.replace("-", " ").lower())).state == "served"

    def test_several_of_one_name_are_offered_those_who_stay_here_first(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        away = make_migrant(gao, surname="Traoré", given_names="Adama")
        here = make_stay(gao, migrant=make_migrant(gao, surname="Traore", given_names="Moussa")).migrant
        make_stay(centre("KAY"), migrant=make_migrant(centre("KAY"), surname="Traoré", given_names="Ailleurs"))
        page = send(browser, "traoré")
        assert answer(page).state == "choose" and answer(page).found == [here, away]
        assert "Ailleurs" not in page.content.decode()
        assert answer(send(browser, person=here.pk)).state == "served"
        log = ReadLog.objects.filter(action="searched").latest("id")
        assert (set(log.rows), log.centre_code) == ({str(here.pk), str(away.pk)}, "GAO")

    def test_show_first_serves_nobody_before_the_click(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay = make_stay(gao)
        card = card_of(stay.migrant, gao)
        assert answer(send(browser, card.token, mode="show")).state == "shown"
        assert not Assistance.objects.exists()
        assert answer(send(browser, mode="show", person=stay.migrant_id)).state == "served"

    def test_what_may_be_given_twice(self, as_user, centre):
        gao, browser, key = centre("GAO"), as_user("agent.gao"), uuid.uuid4()
        person = make_stay(gao).migrant
        page = browser.get(reverse("reception:counter", args=["GAO"]), {"service": "kit-hygiene"})
        assert page.context["mode"] == "show"  # a card read twice would be two kits
        assert answer(send(browser, person=person.pk, service="kit-hygiene", key=key)).state == "served"
        assert answer(send(browser, person=person.pk, service="kit-hygiene", key=key)).state == "served"  # a double click
        assert Assistance.objects.count() == 1
        again = send(browser, person.case_number, service="kit-hygiene", mode="show")
        assert answer(again).state == "shown" and "donné à" in answer(again).words[0]  # said, not refused
        assert answer(send(browser, person=person.pk, service="kit-hygiene")).state == "served"
        assert Assistance.objects.count() == 2

    def test_undo(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay = make_stay(gao)
        served = send(browser, stay.migrant.case_number)
        (line,) = answer(served).lines
        assert f'name="undo" value="{line.pk}"' in served.content.decode()
        elsewhere = make_assistance(centre("KAY"))
        assert answer(send(as_user("manager.gao"), undo=[line.pk])).state == "broken"  # another's line
        assert answer(send(browser, undo=[elsewhere.pk])).words == ["C’est déjà retiré."]
        undone = send(browser, undo=[line.pk])
        assert answer(undone).state == "undone" and not Assistance.objects.filter(pk=line.pk).exists() and Assistance.objects.filter(pk=elsewhere.pk).exists()
        assert answer(send(browser, undo=[line.pk])).state == "undone"
        assert answer(send(browser, stay.migrant.case_number)).state == "served"


class TestWhoIsNotServed:
    def test_of_another_centre_nothing_is_said(self, as_user, centre):
        kay, browser = centre("KAY"), as_user("agent.gao")
        stay = make_stay(kay, migrant=make_migrant(kay, surname="Zwadoun"))
        card = card_of(stay.migrant, kay)
        lost = make_stay(kay).migrant
        gone = card_of(lost, kay)
        revoke_card(actor=agent_of(kay), card=gone, reason="lost")
        nobody = send(browser, "7K3M" * 4)
        for typed in (card.token, gone.token, stay.migrant.case_number, "Zwadoun"):
            page = send(browser, typed)
            assert (answer(page).state, answer(page).words, answer(page).person) == ("unknown", answer(nobody).words, None)
            assert "zwadoun" not in page.content.decode().replace(typed, "").lower() and str(stay.migrant_id) not in page.content.decode()
            assert ReadLog.objects.latest("id").rows == []
        assert answer(send(browser, person=stay.migrant_id)).state == "unknown"
        assert answer(send(browser, people=[stay.migrant_id])).state == "unknown"
        assert not Assistance.objects.exists()
        assert browser.get(reverse("reception:counter", args=["KAY"])).status_code == 404
        assert send(as_user("returns.gao"), "x").status_code == 403

    def test_a_revoked_card_never_serves_and_the_new_one_does(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay = make_stay(gao)
        old = card_of(stay.migrant, gao)
        new = issue_card(actor=agent_of(gao), migrant=stay.migrant, replaces=old, reason="stolen")
        for mode in ("scan", "show"):
            for service in ("dejeuner", "gate"):
                page = send(browser, old.token, mode=mode, service=service)
                assert (answer(page).state, answer(page).tone, answer(page).person) == ("revoked", "no", None)
                text = page.content.decode()
                assert "carte volée" in text and "responsable du centre" in text and str(stay.migrant) not in text
                assert reverse("cases:card", args=[stay.migrant_id]) in text  # the way to a new one
        assert not Assistance.objects.exists()
        assert answer(send(browser, new.token)).state == "served"

    def test_a_new_card_is_two_clicks_from_the_counter_and_from_the_file(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay = make_stay(gao)
        card = card_of(stay.migrant, gao)
        page_of_card, replace = reverse("cases:card", args=[stay.migrant_id]), reverse("cases:replace_card", args=[card.pk])
        assert page_of_card in send(browser, stay.migrant.case_number).content.decode()
        assert page_of_card in browser.get(reverse("cases:migrant", args=[stay.migrant_id])).content.decode()
        assert replace in browser.get(page_of_card).content.decode()
        browser.post(replace, {"reason": "lost"})
        assert answer(send(browser, card.token, service="diner")).state == "revoked"
        assert answer(send(browser, Card.objects.valid().get(migrant=stay.migrant).token, service="diner")).state == "served"

    def test_a_file_joined_to_another(self, persona, as_user, centre):
        """The card and the number of either file serve the one person, once."""
        gao, browser = centre("GAO"), as_user("agent.gao")
        one, two = make_stay(gao).migrant, make_migrant(gao)
        card = card_of(two, gao)
        versions = (Migrant.objects.get(pk=one.pk).version, Migrant.objects.get(pk=two.pk).version)
        merge_files(actor=persona("manager.gao"), id=uuid.uuid4(), survivor=one, merged=two, versions=versions, take=[])
        assert Merge.objects.exists()
        served = answer(send(browser, card.token))
        assert (served.state, served.person.person) == ("served", one)
        assert answer(send(browser, two.case_number)).state == answer(send(browser, one.case_number)).state == "already"
        # a card that stayed behind with the joined file
        Card.objects.filter(pk=card.pk).update(migrant=two)
        assert answer(send(browser, card.token)).person.person == one

    def test_flags_refuse_and_say_what_to_do(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        quarantine, banned, noted = make_stay(gao).migrant, make_stay(gao).migrant, make_stay(gao).migrant
        flag(quarantine, name="Isolement", instruction="Repas porté en chambre.", suspends=[Service.objects.get(code="dejeuner")])
        flag(banned, name="Exclusion", denies=True)
        flag(noted, name="Diabète", instruction="Repas sans sucre.")
        page = send(browser, quarantine.case_number)
        assert (answer(page).state, answer(page).tone) == ("refused", "no")
        assert "Isolement" in page.content.decode() and "Repas porté en chambre." in page.content.decode()
        assert answer(send(browser, quarantine.case_number, service="diner")).state == "served"
        assert answer(send(browser, banned.case_number)).state == "refused"
        assert answer(send(browser, person=banned.pk, mode="show")).state == "refused"
        page = send(browser, noted.case_number)
        assert answer(page).state == "served" and "Repas sans sucre." in page.content.decode() and "Repas sans sucre" in answer(page).said
        assert set(Assistance.objects.values_list("migrant", "service__code")) == {(quarantine.pk, "diner"), (noted.pk, "dejeuner")}

    def test_who_left_for_another_centre_is_to_be_admitted_first(self, as_user, persona, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay = make_stay(gao)
        make_transfer(stay, "KAY", state="travelling")
        page = send(browser, stay.migrant.case_number)
        assert answer(page).state == "absent" and answer(page).elsewhere and not answer(page).may_serve
        assert reverse("reception:check_in", args=["GAO", stay.migrant_id]) in page.content.decode()
        assert not Assistance.objects.exists()

    def test_hostile_and_broken_input(self, as_user, centre):
        browser = as_user("agent.gao")
        for more in ({"key": "x"}, {"service": "no-such"}, {"service": "<b>"}, {"mode": "x"}, {"person": "x"}, {"people": ["x"]}, {"undo": ["x"]}, {"waited": "soon"}):
            assert answer(send(browser, "1", **more)).state == "broken", more
        for typed in ("", "   ", "x" * 300):
            assert answer(send(browser, typed)).state == "broken", repr(typed)
        for typed in ("'; --", "%", "<script>alert(1)</script>", "٣٤٥٦٧", "🂡", "0", "99999"):
            page = send(browser, typed)
            assert answer(page).state == "unknown" and "<script>" not in page.content.decode()


class TestLookBeforeTheClick:
    """What the screen says before anything is written is what the writing would say."""

    def test_it_asks_the_same_rules_of_the_person_and_of_the_family(self, as_user, centre):
        gao, browser, home, today = centre("GAO"), as_user("agent.gao"), Household.objects.create(), timezone.localdate()
        mother, child = make_stay(gao), make_stay(gao)
        Migrant.objects.filter(pk__in=[mother.migrant_id, child.migrant_id]).update(household=home)
        guest = make_migrant(gao)

        def look(code: str, person=mother.migrant):
            shown = answer(send(browser, person.case_number, service=code, mode="show"))
            clicked = answer(send(browser, person=person.pk, service=code, mode="show"))
            assert (shown.state, shown.words) == (clicked.state, clicked.words) or shown.state in ("shown", "absent")
            assert (shown.state == "shown") == (clicked.state == "served")
            return shown

        def rule(code: str, **values) -> None:
            ServiceOffer.objects.filter(centre=gao, service__code=code).update(**values)

        rule("transport", suspended_since=today, suspended_reason="véhicule en panne")
        suspended = look("transport")
        assert (suspended.state, suspended.to_tick) == ("refused", []) and "véhicule en panne" in suspended.words[0]
        rule("information", right_needed="manage_centre")
        assert look("information").state == "refused" and "rôle" in look("information").words[0]
        stranger = look("hebergement", guest)  # has no bed here: said first, and why there is no serving
        assert stranger.state == "absent" and not stranger.may_serve and "réservé aux personnes hébergées" in stranger.words[1]
        rule("kit-hygiene", min_interval_days=10)
        make_assistance(gao, migrant=child.migrant, service="kit-hygiene")
        first = look("kit-hygiene")
        assert first.state == "shown" and first.to_tick == [] and first.family[0].refusal.code == "too_soon"  # of the family too
        assert look("kit-hygiene").state == "refused" and "Possible de nouveau" in look("kit-hygiene").words[0]
        rule("consultation", excludes=["kit-hygiene"])
        assert "ne vont pas ensemble" in look("consultation").words[0]
        assert look("kit-vestimentaire").state == "shown"
        assert look("kit-vestimentaire").state == "already"
        Assistance.objects.filter(service__code="kit-vestimentaire").update(given_on=today - datetime.timedelta(days=1))
        assert look("kit-vestimentaire").state == "already" and "pendant ce séjour" in look("kit-vestimentaire").words[0]

    def test_who_is_not_expected_here_is_never_green(self, as_user, centre):
        gao, browser, day = centre("GAO"), as_user("agent.gao"), datetime.timedelta(days=1)
        left, hospital, leave, missing, here = (make_stay(gao, arrived_at=timezone.now() - 3 * day) for _ in range(5))
        check_out(actor=agent_of(gao), stay=left, reason="left")
        check_out(actor=agent_of(gao), stay=hospital, reason="hospital")
        Stay.objects.filter(pk=left.pk).update(departed_at=timezone.now() - day)  # yesterday
        make_leave(gao, stay=leave)
        call(gao, Called(missing.migrant_id, "missing"), Called(here.migrant_id, "present"))
        said = {left: "Partie le", hospital: "À l’hôpital depuis le", leave: "En permission jusqu’à la nuit du", missing: "Manque depuis l’appel du"}
        for stay, words in said.items():
            state = "missing" if stay is missing else "absent"
            token = card_of(stay.migrant, gao).token
            for service in ("dejeuner", "gate"):
                for mode in ("scan", "show"):
                    page = send(browser, token, mode=mode, service=service)
                    assert (answer(page).state, answer(page).tone) == (state, "missing" if stay is missing else "away"), words
                    assert answer(page).title.startswith(words) and answer(page).said.startswith(words)
                    assert ('name="sure"' in page.content.decode()) == (service != "gate")
            assert answer(send(browser, person=stay.migrant_id)).state == state  # chosen among several of one name: still a question
            assert (reverse("reception:check_in", args=["GAO", stay.migrant_id]) in page.content.decode()) == (stay in (left, hospital))
        assert "Prévenez tout de suite le responsable" in answer(send(browser, missing.migrant.case_number)).words[0]
        assert not Assistance.objects.exists() and absence.with_evening(Centre.objects.filter(pk=gao.pk)).get().missing == 1
        done = answer(send(browser, person=missing.migrant_id, sure="1"))
        assert done.state == "served" and "Manque depuis l’appel du" in done.said  # and seen again
        assert answer(send(browser, missing.migrant.case_number, service="diner")).state == "served"
        for version, state in enumerate(("present", "missing"), 1):
            call(gao, Called(missing.migrant_id, state, note=state, version=version))
        again = answer(send(browser, missing.migrant.case_number))
        assert again.state == "missing" and not again.may_serve and "Déjeuner donné à" in again.said  # had it, and missed since: still an alarm
        assert answer(send(browser, here.migrant.case_number)).state == "served"
        residents = answer(send(browser, left.migrant.case_number, service="hebergement", mode="show"))
        assert residents.state == "absent" and residents.title.startswith("Partie le") and "réservé aux personnes hébergées" in residents.words[1]
        assert not residents.may_serve and answer(send(browser, person=left.migrant_id, service="hebergement", sure="1")).state == "refused"

    def test_one_of_the_family_who_is_away_is_not_ticked(self, as_user, centre):
        gao, browser, home = centre("GAO"), as_user("agent.gao"), Household.objects.create()
        mother, child = make_stay(gao), make_stay(gao)
        Migrant.objects.filter(pk__in=[mother.migrant_id, child.migrant_id]).update(household=home)
        make_leave(gao, stay=child)
        page = send(browser, mother.migrant.case_number, mode="show")
        text = page.content.decode()
        assert f'id="f-{mother.migrant_id}" checked' in text and f'value="{child.migrant_id}" id="f-{child.migrant_id}">' in text
        assert "En permission" in text

    def test_on_the_way_and_where_they_are_is_told_to_who_follows_them(self, as_user, centre):
        gao, kay = centre("GAO"), centre("KAY")
        stay = make_stay(gao)
        transfer = make_transfer(stay, "KAY", state="travelling")
        there = answer(send(as_user("agent.kayes"), stay.migrant.case_number, code="KAY"))
        assert there.state == "absent" and there.title.startswith("En route vers") and there.elsewhere
        make_stay(kay, migrant=stay.migrant)
        assert transfer.pk and answer(send(as_user("agent.kayes"), stay.migrant.case_number, code="KAY")).state == "served"
        before = answer(send(as_user("agent.gao"), stay.migrant.case_number, service="gate"))
        assert before.title.startswith("Transférée au centre de Kayes le")  # the transfer is of both centres; where they went from there is not said
        Migrant.objects.filter(pk=stay.migrant_id).update(died_on=timezone.localdate() - datetime.timedelta(days=1))
        refused = answer(send(as_user("agent.gao"), stay.migrant.case_number))
        assert refused.state == "absent" and not refused.may_serve and "décès noté" not in refused.said  # nor of what became of them since

    def test_by_name_whoever_was_sent_on_is_known_too(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay = make_stay(gao, migrant=make_migrant(gao, surname="Zwadoun", given_names="Fanta"))
        make_transfer(stay, "KAY", state="travelling")
        page = send(browser, "zwadoun")
        assert answer(page).state == "absent" and answer(page).title.startswith("En route vers Kayes") and not answer(page).may_serve
        text = page.content.decode()
        assert reverse("reception:check_in", args=["GAO", stay.migrant_id]) in text and reverse("cases:register") not in text
        make_stay(centre("KAY"), migrant=stay.migrant)
        Migrant.objects.filter(pk=stay.migrant_id).update(given_names="Nouveau")
        page = send(browser, "zwadoun")
        assert answer(page).title.startswith("Transférée au centre de Kayes") and "Fanta" in answer(page).said and "Nouveau" not in page.content.decode()
        here = make_stay(gao, migrant=make_migrant(gao, surname="Zwadoun", given_names="Ici")).migrant
        page = send(browser, "zwadoun")
        assert answer(page).found == [here, stay.migrant] and "Fanta" in page.content.decode() and "Nouveau" not in page.content.decode()
        assert answer(send(browser, person=stay.migrant_id)).state == "absent"  # chosen from the list
        assert answer(send(as_user("agent.bamako"), "zwadoun", code="BKO")).state == "unknown"  # never theirs

    def test_who_has_no_stay_here_is_admitted_before_being_served(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        registered = make_migrant(gao)
        page = send(browser, registered.case_number)
        text = page.content.decode()
        assert answer(page).state == "absent" and not Assistance.objects.exists()
        assert text.index(reverse("reception:check_in", args=["GAO", registered.pk])) < text.index("<details>") < text.index('name="sure"')
        make_leave(gao, stay=(stay := make_stay(gao)))
        text = send(browser, stay.migrant.case_number).content.decode()
        assert "<details>" not in text and 'name="sure"' in text and "Noter son arrivée" not in text


class TestFamily:
    @pytest.fixture
    def family(self, centre):
        """A mother and two children here, a father who stays elsewhere."""
        gao, home = centre("GAO"), Household.objects.create()
        mother = make_migrant(gao, given_names="Mère")
        children = [make_minor(gao, given_names=f"Enfant{number}", accompanied_by=mother) for number in (1, 2)]
        father = make_migrant(gao, given_names="Père")
        Migrant.objects.filter(pk__in=[mother.pk, father.pk, *(child.pk for child in children)]).update(household=home)
        for person in (mother, *children):
            make_stay(gao, migrant=Migrant.objects.get(pk=person.pk))
        return mother, children, father

    def test_one_click_serves_all_who_are_there(self, as_user, family):
        browser, (mother, children, father) = as_user("agent.gao"), family
        page = send(browser, mother.case_number)
        assert answer(page).state == "served" and {guest.person for guest in answer(page).to_tick} == set(children)
        text = page.content.decode()
        assert all(f'value="{child.pk}" id="f-{child.pk}" checked' in text for child in children) and f'id="f-{father.pk}"' not in text
        together = answer(send(browser, person=mother.pk, people=[child.pk for child in children]))
        assert together.state == "served" and len(together.lines) == 2
        assert set(Assistance.objects.values_list("migrant", flat=True)) == {mother.pk, *(child.pk for child in children)}
        assert answer(send(browser, undo=[line.pk for line in together.lines])).state == "undone"
        assert Assistance.objects.count() == 1

    def test_one_refused_or_served_before_stops_nobody(self, as_user, family):
        browser, (mother, children, _father) = as_user("agent.gao"), family
        send(browser, children[0].case_number)
        flag(children[1], denies=True)
        stranger = make_stay(Centre.objects.get(code="GAO")).migrant
        shown = answer(send(browser, mother.case_number, mode="show"))
        assert shown.state == "shown" and shown.to_tick == []
        together = answer(send(browser, mode="show", person=mother.pk, people=[mother.pk, *(child.pk for child in children), stranger.pk]))
        assert together.state == "served" and [line.migrant for line in together.lines] == [mother]
        assert "Déjà servi" in together.said and str(children[1]) in together.said
        assert not Assistance.objects.filter(migrant=stranger).exists()  # only the household is served with a person


class TestGate:
    def test_it_says_who_stays_here_and_notes_nothing(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay, registered, banned = make_stay(gao), make_migrant(gao), make_stay(gao).migrant
        flag(banned, name="Exclusion", denies=True, instruction="Appeler le responsable.")
        flag(stay.migrant, name="Plâtre", instruction="Ouvrir le grand portail.")
        here, away, no = (send(browser, who.case_number, service="gate") for who in (stay.migrant, registered, banned))
        assert [(answer(one).state, answer(one).tone) for one in (here, away, no)] == [("here", "yes"), ("absent", "away"), ("not_admitted", "no")]
        assert "Ouvrir le grand portail." in here.content.decode() and reverse("reception:check_in", args=["GAO", registered.pk]) in away.content.decode()
        assert "Appeler le responsable." in no.content.decode()
        assert answer(send(browser, person=stay.migrant_id, service="gate")).state == "here"  # chosen from a list: still nothing is noted
        assert not Assistance.objects.exists()
        page = browser.get(reverse("reception:counter", args=["GAO"]), {"service": "gate"})
        assert "Rien n’est noté" in page.content.decode() and page.context["progress"] is None


class TestPage:
    def test_without_a_script(self, as_user, centre):
        """The page comes back whole, with the answer, the service and an empty line that has the focus."""
        gao, browser = centre("GAO"), as_user("agent.gao")
        stay = make_stay(gao)
        url = reverse("reception:counter", args=["GAO"])
        page = browser.post(url, {"key": uuid.uuid4(), "service": "diner", "mode": "show", "what": stay.migrant.case_number})
        text = page.content.decode()
        assert "<title>À servir ? – Guichet" in text.replace("\xa0", " ") and "autofocus" in text and '<option value="diner" selected>' in text
        assert page["Permissions-Policy"].startswith("camera=(self)")
        page = browser.post(url, {"key": uuid.uuid4(), "service": "diner", "mode": "show", "person": stay.migrant_id})
        assert answer(page).state == "served"

    def test_the_meal_of_the_hour(self, as_user, centre):
        browser, url = as_user("agent.gao"), reverse("reception:counter", args=["GAO"])
        page = browser.get(url)
        assert page.context["service"].category == Service.Category.MEAL and page.context["mode"] == "scan"
        assert browser.get(url, {"service": "no-such"}).context["service"] is not None
        Service.objects.update(active=False)
        assert browser.get(url).status_code == 200

    def test_few_questions_with_few_or_many(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")

        def asked(work) -> int:
            with CaptureQueriesContext(connection) as captured:
                assert work().status_code == 200
            return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in captured)

        def scans() -> list[int]:
            people = [make_stay(gao).migrant for _ in range(2)]
            cards = [card_of(person, gao).token for person in people]
            send(browser, cards[0])
            url = reverse("reception:counter", args=["GAO"])
            return [asked(lambda: send(browser, cards[1], mode="show")), asked(lambda: send(browser, cards[1])), asked(lambda: browser.get(url))]

        few = scans()
        crowd(gao, 300)
        assert scans() == few
        shown, served, page = few
        assert shown <= 12 and page <= 12
        carrier = make_stay(gao).migrant
        flag(carrier, suspends=[Service.objects.get(code="diner")])
        assert asked(lambda: send(browser, carrier.case_number, mode="show")) <= 12
        assert served <= 12 + 11  # what `record_assistance` asks itself


@pytest.mark.django_db(transaction=True)
def test_two_counters_one_card():
    """Eight counters read the card of one person in the same instant: one meal, and seven are told so."""
    gao = Centre.objects.get(code="GAO")
    stay = make_stay(gao)
    card = card_of(stay.migrant, gao)
    browsers = []
    for username in ("agent.gao", "manager.gao") * 4:
        browsers.append(Client())
        browsers[-1].force_login(User.objects.get(username=username))
    outcomes = _together(8, lambda index: re.search(r'data-state="(\w+)"', send(browsers[index], card.token).content.decode())[1])
    assert sorted(outcomes) == ["already"] * 7 + ["served"]
    assert Assistance.objects.count() == 1 and Stay.objects.count() == 1
    connections.close_all()


@pytest.mark.django_db
def test_another_service_begins_with_its_own_way(as_user, centre):
    make_stay(centre("GAO"))
    url = reverse("reception:counter", args=["GAO"])
    mode = lambda **sent: as_user("agent.gao").get(url, sent).context["mode"]  # noqa: E731
    assert mode(service="kit-hygiene", was="diner", mode="scan") == "show"
    assert mode(service="kit-hygiene", was="kit-hygiene", mode="scan") == "scan"
