"""The day sheet and the handover: counts by local midnight, names in scope, one sheet of paper."""

import datetime
import io
import itertools
import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts.models import User
from audit.models import ReadLog
from centres.models import BedBlock
from reception import day_material, day_sheet
from reception.evening import evening_of
from reception.models import FlagKind, HandoverNote, HandoverRead, Incident, RollCall, RollCallLine, Stay
from reception.services import check_out, finish_note, leave_note, lift_flag, read_notes
from tests.factories import agent_of, make_minor

from .factories import a_bed, crowd, make_alert, make_assistance, make_expected, make_flag, make_incident, make_leave, make_note, make_stay, make_transfer, manager_of
from .test_board import queries_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 3, 10)


def at(day, hour=0, minute=0, second=0):
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour, minute, second)))


def sheet(browser, day=None, code="GAO"):
    return browser.get(reverse("reception:day", args=[code]), {"day": day.isoformat()} if day else {})


def figures(centre, day):
    return day_material.figures(next(iter(day_material.counted(day_sheet.Day(User(), centre, day))), None))


class TestDay:
    def test_by_local_midnight(self, centre, as_user):
        gao = centre("GAO")
        crowd(gao, 6)
        stays = list(Stay.objects.filter(centre=gao).order_by("pk"))
        times = [
            (at(DAY, 0) - datetime.timedelta(seconds=1), None),  # there the whole day
            (at(DAY, 0), None),  # on the first instant of the day
            (at(DAY, 23, 59, 59), at(DAY, 23, 59, 59) + datetime.timedelta(seconds=1)),  # left at midnight: on the next day
            (at(DAY, 8), at(DAY, 20)),  # came and left
            (at(DAY, 0) - datetime.timedelta(days=9), at(DAY, 0)),  # left on the first instant
            (at(DAY, 0) - datetime.timedelta(days=9), at(DAY, 0) - datetime.timedelta(seconds=1)),  # the day before
        ]
        for stay, (came, left) in zip(stays, times, strict=True):
            Stay.objects.filter(pk=stay.pk).update(arrived_at=came, departed_at=left, departure_reason="left" if left else "")
        assert figures(gao, DAY) == day_sheet.Figures(2, 3, 0, 2, 0, 3)
        assert figures(gao, DAY + datetime.timedelta(days=1)) == day_sheet.Figures(3, 0, 0, 1, 0, 2)
        page = sheet(as_user("agent.gao"), DAY)
        assert [len(part.lines) for part in page.context["sheet"].was[:2]] == [3, 2]
        assert "10 mars 2026" in page.content.decode()

    def test_what_was_given_and_what_went_wrong(self, centre, as_user):
        gao = centre("GAO")
        stay, other = make_stay(gao), make_stay(gao)
        for person in (stay, other):
            make_assistance(gao, migrant=person.migrant, service="diner")
        make_assistance(gao, migrant=stay.migrant, service="petit-dejeuner")
        make_assistance(gao, migrant=stay.migrant, quantity=3)
        make_incident(gao, what="Une vitre est cassée.")
        make_alert(gao, "occupancy", value=94, threshold=90)
        check_out(actor=agent_of(gao), stay=other, reason="hospital")
        parts = {part.title: [(line.text, line.detail) for line in part.lines] for part in sheet(as_user("agent.gao")).context["sheet"].parts}
        assert parts["Repas"] == [("Petit-déjeuner", "1 personne"), ("Dîner", "2 personnes")]
        assert parts["Assistance"] == [("Kit d’hygiène", "1 personne, 3 en tout")]
        assert parts["Départs"] == [] and [line[0] for line in parts["Départs à l’hôpital"]] == [str(other.migrant)]
        assert "Une vitre est cassée." in parts["Incidents"][0][1] and parts["Alertes ouvertes"][0][0] == "Occupation 94\u00a0% (seuil 90\u00a0%)"
        assert figures(gao, timezone.localdate()) == day_sheet.Figures(0, 2, 0, 0, 1, 1)

    def test_what_is_to_be_done_comes_first(self, centre, as_user, persona):
        gao, browser = centre("GAO"), as_user("agent.gao")
        child, away, sent, flagged = make_stay(gao, migrant=make_minor(gao)), make_stay(gao), make_stay(gao), make_stay(gao)
        make_alert(gao, subject=str(child.migrant_id), migrant=child.migrant)
        (
            make_leave(gao, stay=away),
            make_transfer(sent, "BKO", state="accepted"),
            make_expected(gao),
            make_expected(gao, expected_at=timezone.now() + datetime.timedelta(days=5)),
        )
        FlagKind.objects.create(code="lit-bas", name="Lit bas", instruction="Donner un lit du bas.")
        FlagKind.objects.create(code="muet", name="Sans consigne")
        flag = make_flag(gao, "lit-bas", migrant=flagged.migrant)
        make_flag(gao, "muet", migrant=flagged.migrant)
        lift_flag(actor=manager_of(gao), flag=flag, reason="Elle va mieux")
        bed = a_bed(gao, number=3)
        BedBlock.objects.create(bed=bed, reason="repair", note="Sommier cassé")
        page = sheet(browser).context["sheet"]
        assert page.parts[0].urgent and str(child.migrant) in page.parts[0].lines[0].text
        said = {part.title: [f"{line.text} {line.detail} {line.chip and line.chip[0]}" for line in part.lines] for part in page.todo}
        assert list(said) == ["Groupes attendus jusqu’à demain soir", "Transferts", "En permission cette nuit", "Consignes sur des personnes", "Lits bloqués"]
        for title, words in zip(said, ("19 personnes", str(sent.migrant), str(away.migrant), "Donner un lit du bas.", "Sommier cassé"), strict=True):
            assert words in said[title][0], title
        assert len(said["Groupes attendus jusqu’à demain soir"]) == 1 and "à faire partir" in said["Transferts"][0]
        assert len(said["Consignes sur des personnes"]) == 2 and "consigne levée" in said["Consignes sur des personnes"][1]
        text = TestPaper().pages(browser)[1]
        places = [text.index(words) for words in (f"appel : {child.migrant}", "équipe suivante", "19 personnes", "Arrivées (4)")]
        assert places == sorted(places)
        past = sheet(browser, timezone.localdate() - datetime.timedelta(days=3)).context["sheet"]
        assert not past.todo and not past.urgent  # what lay ahead then, nobody knows
        make_incident(gao, what="Le plus récent.")
        for number in range(20):
            incident = make_incident(gao, what=f"Ancien {number}")
            type(incident).objects.filter(pk=incident.pk).update(happened_at=timezone.now() - datetime.timedelta(days=9 + number))
        part = next(part for part in sheet(browser).context["sheet"].parts if part.title == "Incidents")
        assert [line.text for line in part.lines] == ["Vol", "20 incidents plus anciens encore ouverts"] and not part.more
        assert "Le plus récent." in part.lines[0].detail and part.lines[0].chip[0] == "gravité\u00a0: léger" and part.lines[1].url.endswith("/incidents/?state=open")
        Incident.objects.filter(what__in=["Ancien 3", "Ancien 4"]).update(severity="serious")
        Incident.objects.filter(what="Ancien 5").update(due_on=timezone.localdate())
        for number in range(12):
            make_incident(gao, what=f"Nouveau {number}", kind="other")
        part = next(part for part in sheet(browser).context["sheet"].parts if part.title == "Incidents")
        assert len(part.lines) == 13 and part.more == "et 4 autres" and part.lines[0].text == "Autre incident" and part.lines[-1].text.startswith("17 incidents")

    def test_names_in_scope_and_written_down(self, centre, as_user, persona):
        gao = centre("GAO")
        stay = make_stay(gao)
        assert str(stay.migrant) in sheet(as_user("agent.gao")).content.decode()
        log = ReadLog.objects.filter(user=persona("agent.gao")).latest("id")
        assert (log.action, log.rows, log.centre_code) == ("listed", [str(stay.migrant_id)], "GAO")
        for username in ("agent.kayes", "steering.eu", "me.iom", "admin"):
            assert sheet(as_user(username)).status_code == 404
        stay.migrant.custodies.update(since=at(DAY), until=at(DAY, 1))  # this centre's care ended before the stay
        page = sheet(as_user("agent.gao"))
        assert str(stay.migrant) not in page.content.decode() and "et 1 autre" in page.content.decode()

    def test_a_day_that_is_no_day(self, as_user):
        browser = as_user("agent.gao")
        for day in ("2099-01-01", "moon", "0001-01-01", "9999-12-31", "2026-02-30"):
            page = browser.get(reverse("reception:day", args=["GAO"]), {"day": day})
            assert "error-summary" in page.content.decode() and page.context["sheet"].day.is_today, day
            assert browser.get(reverse("reception:day-pdf", args=["GAO"]), {"day": day}).status_code == 200
        assert "Aucune arrivée." in sheet(browser, datetime.date(2025, 1, 1)).content.decode()

    def test_the_roll_call_of_the_evening(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        titles = lambda: [part.title for part in sheet(browser, evening_of()).context["sheet"].parts]  # noqa: E731
        assert "Appel du soir" not in titles()
        here, gone = (make_stay(gao).migrant for _ in range(2))
        call = RollCall.objects.create(centre=gao, date=evening_of())
        for person, state in ((here, "present"), (gone, "missing")):
            RollCallLine.objects.create(call=call, migrant=person, state=state)
        part = next(part for part in sheet(browser, evening_of()).context["sheet"].parts if part.title == "Appel du soir")
        assert [(line.text, line.detail) for line in part.lines] == [("Présente", "1"), ("Manquante", "1"), ("L’appel du soir n’est pas terminé.", "")]


moments = st.integers(-60, 60).map(lambda hours: at(DAY) + datetime.timedelta(hours=hours))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(moments, st.none() | st.integers(1, 90)), max_size=6))
def test_who_was_there_and_came_less_who_left_is_there(centre, spans):
    gao = centre("GAO")
    Stay.objects.all().delete()
    crowd(gao, len(spans))
    for stay, (came, hours) in zip(Stay.objects.filter(centre=gao), spans, strict=True):
        left = came + datetime.timedelta(hours=hours) if hours else None
        Stay.objects.filter(pk=stay.pk).update(arrived_at=came, departed_at=left, departure_reason="left" if left else "")
    days = [DAY + datetime.timedelta(days=number) for number in range(-3, 7)]
    counted = [figures(gao, day) for day in days]
    for today, tomorrow in itertools.pairwise(counted):
        assert today.at_start + today.arrived - today.left == today.at_end == tomorrow.at_start
    assert sum(one.arrived for one in counted) == len(spans)


class TestHandover:
    def test_carried_over_read_and_done(self, as_user, persona, centre):
        gao = centre("GAO")
        evening, morning = as_user("agent.gao"), as_user("manager.gao")
        sent = {"id": uuid.uuid4(), "text": "Lit 12 : <b>rappeler</b> le consulat.", "for_whom": "équipe du matin"}
        assert evening.post(reverse("reception:day", args=["GAO"]), sent).status_code == 302
        assert evening.post(reverse("reception:day", args=["GAO"]), sent).status_code == 302
        note = HandoverNote.objects.get()
        assert sheet(evening).context["unread"] == []  # one's own
        HandoverNote.objects.update(written_at=timezone.now() - datetime.timedelta(days=3))
        page = sheet(morning)
        assert page.context["unread"] == [note] and "&lt;b&gt;" in page.content.decode() and "1 non lue" in page.content.decode()
        later = make_note(gao, text="Écrite après.")
        morning.post(reverse("reception:read-notes", args=["GAO"]), {"notes": f"{note.pk} "})
        assert HandoverRead.objects.get().note == note and sheet(morning).context["unread"] == [later]
        assert f"lue par {persona('manager.gao')}" in sheet(evening).content.decode()
        morning.post(reverse("reception:read-notes", args=["GAO"]), {"notes": f"{note.pk} "})
        morning.post(reverse("reception:read-notes", args=["GAO"]), {"notes": "nonsense"})
        assert HandoverRead.objects.count() == 1
        morning.post(reverse("reception:finish-note", args=[note.pk]))
        answer = evening.post(reverse("reception:finish-note", args=[note.pk]), follow=True)
        note.refresh_from_db()
        assert note.done_by == persona("manager.gao") and "avait déjà noté" in answer.content.decode()
        tomorrow = day_sheet.Day(persona("agent.gao"), gao, timezone.localdate() + datetime.timedelta(days=1))
        assert [one.text for one in day_sheet.notes(tomorrow)] == ["Écrite après."]
        past = sheet(evening, timezone.localdate() - datetime.timedelta(days=2)).context["sheet"].notes
        assert [one.pk for one in past] == [note.pk]

    def test_until_its_last_day(self, centre, persona):
        gao, today = centre("GAO"), timezone.localdate()
        make_note(gao, until=today)
        seen = [len(day_sheet.notes(day_sheet.Day(persona("agent.gao"), gao, today + datetime.timedelta(days=days)))) for days in (-1, 0, 1)]
        assert seen == [0, 1, 0]

    def test_wrong_ones(self, as_user):
        browser, url = as_user("agent.gao"), reverse("reception:day", args=["GAO"])
        for more, field in (
            ({"text": " "}, "text"),
            ({"text": "x" * 501}, "text"),
            ({"until": "2020-01-01"}, "until"),
            ({"until": "9999-01-01"}, "until"),
            ({"id": "x"}, "id"),
            ({"text": "a\x07"}, "text"),
        ):
            page = browser.post(url, {"id": uuid.uuid4(), "text": "Bon texte", **more})
            assert field in page.context["form"].errors, more
        assert not HandoverNote.objects.exists()

    def test_who_may(self, persona, centre, as_user):
        gao = centre("GAO")
        note = make_note(gao)
        for username in ("returns.gao", "agent.kayes", "protection"):
            with pytest.raises(PermissionDenied):
                leave_note(actor=persona(username), centre=gao, id=uuid.uuid4(), text="Bonjour")
            with pytest.raises(PermissionDenied):
                finish_note(actor=persona(username), note=note)
            with pytest.raises(PermissionDenied):
                read_notes(actor=persona(username), centre=gao, notes=[note.pk])
        page = sheet(as_user("returns.gao"))
        assert page.context["form"] is None and "Lit 12" in page.content.decode() and "C’est fait" not in page.content.decode()
        assert read_notes(actor=persona("agent.kayes"), centre=centre("KAY"), notes=[note.pk]) == 0  # of another centre


def full_day(gao):
    """More than a sheet holds."""
    crowd(gao, 150)
    for stay in Stay.objects.filter(centre=gao).order_by("pk")[:60]:
        Stay.objects.filter(pk=stay.pk).update(departed_at=timezone.now() + datetime.timedelta(seconds=1), departure_reason="left")
    for number in range(25):
        make_incident(gao, what=f"Incident {number} : " + "une longue histoire " * 60)
        make_alert(gao, "stock", subject=f"s{number}", value=3, threshold=10)
        make_note(gao, text=f"Consigne {number} : " + "il faut encore " * 30, for_whom="toute l’équipe")
    person = Stay.objects.filter(centre=gao, departed_at__isnull=True).first().migrant
    for service in ("petit-dejeuner", "dejeuner", "diner", "kit-hygiene", "consultation", "psychosocial", "transport", "information"):
        make_assistance(gao, migrant=person, service=service)


class TestPaper:
    def pages(self, browser):
        answer = browser.get(reverse("reception:day-pdf", args=["GAO"]))
        assert answer["Content-Type"] == "application/pdf"
        reader = PdfReader(io.BytesIO(answer.content))
        return len(reader.pages), " ".join(" ".join(page.extract_text() for page in reader.pages).split())

    def test_a_quiet_day(self, as_user, centre, persona):
        stay = make_stay(centre("GAO"))
        make_note(centre("GAO"))
        number, text = self.pages(as_user("agent.gao"))
        assert number == 1 and str(stay.migrant) in text and "Lit 12" in text and "autres" not in text
        assert ReadLog.objects.filter(user=persona("agent.gao"), action="printed").latest("id").rows == [str(stay.migrant_id)]

    def test_a_full_day_is_on_one_sheet(self, as_user, centre):
        full_day(centre("GAO"))
        number, text = self.pages(as_user("agent.gao"))
        assert number == 1 and "Arrivées (150)" in text
        assert "autres" in text and "Consigne 0" in text and "Repas" in text and "détruire" in text

    def test_what_is_reserved_never_lies_on_a_desk(self, as_user, centre):
        make_incident(centre("GAO"), kind="violence", what="Un secret.")
        make_incident(centre("GAO"), what="Un vol.")
        assert "Un secret." in sheet(as_user("manager.gao")).content.decode()
        _number, text = self.pages(as_user("manager.gao"))
        assert "Un secret." not in text and "Un vol." in text


def test_few_queries_and_small(as_user, centre):
    gao, browser, url = centre("GAO"), as_user("agent.gao"), reverse("reception:day", args=["GAO"])
    make_assistance(gao), make_incident(gao), make_alert(gao, migrant=make_minor(gao)), make_note(gao)
    few = queries_of(browser, url)
    crowd(gao, 100)
    for _ in range(10):
        make_incident(gao), make_note(gao)
    assert queries_of(browser, url) == few <= 12


@pytest.mark.django_db(transaction=True)
def test_read_by_two_clicks_at_once(centre, persona):
    gao = centre("GAO")
    notes, reader, faults = [make_note(gao).pk for _ in range(3)], persona("manager.gao"), []

    def read():
        try:
            read_notes(actor=reader, centre=gao, notes=notes)
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=read) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not faults and HandoverRead.objects.count() == 3
