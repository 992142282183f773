"""The page of a centre, the list of centres, the card on the home page, the part in the case file."""

import datetime
import gzip
import re

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from audit.models import ReadLog
from cases.models import Custody, Household, Migrant, RegistrationGroup
from centres.models import Bed, BedBlock, Centre
from reception import given_story, occupancy
from reception.models import Assistance, Stay
from reception.services import check_out
from tests.factories import make_migrant, make_minor

from .factories import a_bed, backdate, crowd, make_alert, make_assistance, make_expected, make_stay, make_transfer


def board(browser, code="GAO", **query):
    return browser.get(reverse("reception:centre", args=[code]), query)


def queries_of(browser, url):
    browser.get(url)
    with CaptureQueriesContext(connection) as counted:
        assert browser.get(url).status_code == 200
    return len(counted)


class TestBoard:
    def test_who_is_there(self, as_user, centre):
        gao = centre("GAO")
        bed = a_bed(gao)
        stay, elsewhere = make_stay(gao, bed=bed), make_stay(centre("KAY"))
        child = make_stay(gao, migrant=make_minor(gao))
        gone = make_stay(gao)
        check_out(actor=stay.checked_in_by, stay=gone, reason="left")
        page = board(as_user("agent.gao"))
        text = page.content.decode()
        assert [s.pk for s in page.context["page"]] == [child.pk, stay.pk]  # the child alone first
        assert "mineur non accompagné" in text and str(elsewhere.migrant) not in text
        figures = page.context["centre"]
        assert (figures.present, figures.capacity, figures.arrived_today, figures.left_today, figures.without_bed, figures.alone, figures.long) == (2, 82, 3, 1, 1, 1, 0)
        assert reverse("cases:migrant", args=[stay.migrant_id]) in text
        assert "2 / 82" in text

    def test_scope(self, as_user, centre):
        make_stay(centre("GAO"))
        assert board(as_user("agent.gao")).status_code == 200
        assert board(as_user("protection")).status_code == 200
        reader = board(as_user("returns.gao"))
        assert reader.status_code == 200 and "check-in" not in reader.content.decode() and "check-out" not in reader.content.decode()
        for username in ("agent.kayes", "steering.eu", "me.iom", "auditor", "admin"):
            assert board(as_user(username)).status_code == 404
        assert board(as_user("agent.gao"), code="gao").status_code == 404
        assert board(as_user("agent.gao"), code="ZZZ").status_code == 404

    def test_filters(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        fatou = make_stay(gao, migrant=make_migrant(gao, surname="Diarra", given_names="Fatoumata", sex="female"), bed=None)
        child = make_stay(gao, migrant=make_minor(gao), bed=a_bed(gao, "minors"))
        long = backdate(make_stay(gao, bed=a_bed(gao)), 20)
        assert [s.pk for s in board(browser, who="fatumata diara").context["page"]] == [fatou.pk]
        assert [s.pk for s in board(browser, show="alone").context["page"]] == [child.pk]
        assert [s.pk for s in board(browser, show="bed").context["page"]] == [fatou.pk]
        assert [s.pk for s in board(browser, show="long").context["page"]] == [long.pk]
        assert "Personne ne correspond" in board(browser, who="zzzz").content.decode()
        assert board(browser, show="nonsense").status_code == 200
        figures = occupancy.with_day(Centre.objects.filter(pk=gao.pk)).get()
        assert (figures.long, figures.alone, figures.without_bed) == (1, 1, 1)

    def test_long_lists_come_in_pages(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        crowd(gao, 120)
        pages = [list(board(browser, page=number).context["page"]) for number in (1, 2, 3, 4, 5)]
        assert [len(page) for page in pages] == [25, 25, 25, 25, 20]
        assert len({stay.pk for page in pages for stay in page}) == 120
        assert all(stay.migrant.is_unaccompanied_minor for stay in pages[0][:14])
        assert [stay.pk for stay in board(browser, page="last").context["page"]] == [stay.pk for stay in pages[0]]

    def test_those_to_admit(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        new, here, left = make_migrant(gao), make_stay(gao), make_stay(gao)
        check_out(actor=left.checked_in_by, stay=left, reason="left")
        assert [one.migrant for one in board(browser).context["awaited"]] == [new]
        assert here.migrant not in [one.migrant for one in board(browser).context["awaited"]]
        text = board(browser).content.decode()
        assert reverse("reception:check_in", args=["GAO", new.pk]) in text
        assert reverse("reception:check_in", args=["GAO", new.pk]) not in board(as_user("returns.gao")).content.decode()

    def test_sixty_to_admit_are_a_few_lines(self, as_user, centre, persona):
        """A bus, a family, people on the way and others one by one: a line an arrival, five in sight, no button but one that stands out."""
        gao, browser, now = centre("GAO"), as_user("agent.gao"), timezone.now()
        bus = RegistrationGroup.objects.create(kind="bus", title="Bus de Kidal", centre=gao, made_by=persona("agent.gao"))
        family = Household.objects.create()
        people = [make_minor(gao), *(make_migrant(gao) for _ in range(30))]
        Migrant.objects.filter(pk__in=[one.pk for one in people[:21]]).update(registration_group=bus)
        Migrant.objects.filter(pk__in=[one.pk for one in people[21:25]]).update(household=family)
        for number, person in enumerate(people):
            Custody.objects.filter(migrant=person).update(since=now - datetime.timedelta(minutes=number))
        page = board(browser)
        shown, folded = page.context["arrivals"], page.context["folded"]
        assert [len(one.people) for one in shown] == [21, 4, 1, 1, 1] and len(folded) == 3 and page.context["to_admit"] == 31
        text = page.content.decode()
        assert "Bus de Kidal" in text and "1 enfant non accompagné" in text and "3 autres arrivées" in text
        assert f"{reverse('reception:arrivals', args=['GAO'])}?group={bus.pk}" in text
        assert len(browser.get(shown[1].admit_url).context["rows"]) == 4
        assert text.count('name="people"') == 31  # each may be chosen, also in what is folded
        main = text[text.index("<main") : text.index("</main>")]
        assert len(re.findall(r'class="button"', main)) == 1
        log = ReadLog.objects.filter(user=persona("agent.gao"), model="cases.migrant", action="listed").order_by("id")
        assert {str(person.pk) for person in people} <= set(log[0].rows)
        assert queries_of(browser, reverse("reception:centre", args=["GAO"])) <= 12

    def test_empty(self, as_user, centre):
        assert "Personne n’est au centre en ce moment" in board(as_user("agent.gao")).content.decode()

    def test_more_people_than_beds(self, as_user, centre):
        gao = centre("GAO")
        others = Bed.objects.filter(room__centre=gao).exclude(pk=a_bed(gao).pk)
        BedBlock.objects.bulk_create(BedBlock(bed=bed, reason="repair") for bed in others)
        crowd(gao, 3)
        text = board(as_user("agent.gao")).content.decode()
        assert "3 / 1" in text and "capacité dépassée" in text and 'class="blocked"' in text

    def test_who_looked_is_written_down(self, as_user, persona, centre):
        stay = make_stay(centre("GAO"))
        board(as_user("agent.gao"))
        log = ReadLog.objects.filter(user=persona("agent.gao")).latest("id")
        assert (log.action, log.rows, log.centre_code) == ("listed", [str(stay.migrant_id)], "GAO")

    def test_same_number_of_queries_with_10_and_with_200(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        url = reverse("reception:centre", args=["GAO"])
        crowd(gao, 10)
        few = queries_of(browser, url)
        crowd(gao, 190)
        assert Stay.objects.open().count() == 200
        assert queries_of(browser, url) == few <= 12
        assert queries_of(browser, url + "?who=Essai") <= 12
        assert queries_of(browser, reverse("reception:meals", args=["GAO"])) <= 12
        migrant = Stay.objects.open().first()
        for name, arguments in (
            ("check_in", ["GAO", migrant.migrant_id]),
            ("assistance", ["GAO", migrant.migrant_id]),
            ("move", [migrant.pk]),
            ("check_out", [migrant.pk]),
        ):
            assert queries_of(browser, reverse(f"reception:{name}", args=arguments)) <= 12, name

    def test_three_hundred_people_at_a_glance(self, as_user, centre):
        """Rooms, awaited, groups, transfers and a filter: no more questions than with nobody, and 20 kB at the most over the line."""
        gao, browser = centre("GAO"), as_user("agent.gao")
        crowd(gao, 290)
        for number in range(5):
            make_expected(gao, coming_from=f"Ville {number}")
            make_transfer(make_stay(gao), "KAY")
            make_transfer(make_stay(centre("KAY")), "GAO", state="accepted")
            make_migrant(gao)
        url = reverse("reception:centre", args=["GAO"])
        for query in ("", "?show=long", "?who=Foule", "?page=3"):
            assert queries_of(browser, url + query) <= 12, query
        page = browser.get(url)
        assert len(gzip.compress(page.content)) <= 20_000
        for words in ('class="taken"', 'title="pris"', "Groupes annoncés", "Transferts vers ce centre", "Transferts vers un autre centre", "À admettre"):
            assert words in page.content.decode(), words

    def test_each_bed_says_what_it_is(self, as_user, centre):
        gao = centre("GAO")
        taken, kept, blocked = (a_bed(gao, number=number) for number in range(3))
        stay = make_stay(gao, bed=taken)
        check_out(actor=stay.checked_in_by, stay=make_stay(gao, bed=kept), reason="hospital", keep_bed_until=timezone.localdate())
        BedBlock.objects.create(bed=blocked, reason="repair")
        page = board(as_user("agent.gao"))
        beds = {bed.label: (bed.state, bed.letter) for room in page.context["rooms"] if room.name == taken.room.name for bed in room.beds}
        assert [beds[bed.label] for bed in (taken, kept, blocked)] == [("taken", "P"), ("kept", "G"), ("blocked", "B")]
        assert beds["12"] == ("free", "L")
        block = reverse("reception:places-block-change", args=["GAO", BedBlock.objects.get().pk])
        assert block in board(as_user("manager.gao")).content.decode() and block not in page.content.decode()

    def test_a_kept_bed_is_free_for_nobody(self, as_user, centre):
        gao = centre("GAO")
        kept, sleeper = a_bed(gao), make_stay(gao, bed=a_bed(gao, number=1))
        away = check_out(actor=sleeper.checked_in_by, stay=make_stay(gao, bed=kept), reason="hospital", keep_bed_until=timezone.localdate())
        assert occupancy.with_day(Centre.objects.filter(pk=gao.pk)).get().kept == 1
        for url in (reverse("reception:centre", args=["GAO"]), "/"):
            text = as_user("agent.gao").get(url).content.decode()
            assert "1 / 82" in text and "80 places libres, 1 gardée" in text, url
        page = board(as_user("agent.gao"))
        places = as_user("agent.gao").get(reverse("reception:places", args=["GAO"]))
        assert page.context["apart"] == "dont isolement\u00a0: 2 · 1 gardé en plus" and "1 gardée (isolement\u00a0: 2)" in page.content.decode()
        assert page.context["free"] == places.context["free"] == 80 and places.context["kept"] == 1 and "Lits gardés" in places.content.decode()
        room = as_user("agent.gao").get(reverse("reception:places-room", args=["GAO", kept.room_id])).content.decode()
        assert ">gardé<" in room
        # Whose it is and how long: only to those who may see the name, on whatever page.
        name, day = away.migrant.surname, date_format(timezone.localdate(), "j/m")
        urls = [
            reverse("reception:centre", args=["GAO"]),
            reverse("reception:places-room", args=["GAO", kept.room_id]),
            reverse("reception:day", args=["GAO"]),
        ]
        for url in urls:
            text = as_user("agent.gao").get(url).content.decode()
            assert name in text and (day in text or f"{timezone.localdate():%d/%m}" in text), url
            assert ReadLog.objects.filter(path=url, rows__contains=[str(away.migrant_id)]).exists(), url
        file = as_user("health.gao").get(reverse("cases:migrant", args=[away.migrant_id])).content.decode()
        assert "À l’hôpital depuis le" in file and "Lit gardé au centre" in file
        Custody.objects.filter(migrant=away.migrant).update(until=timezone.now())  # another team has them now
        (bed,) = [bed for room in occupancy.rooms(sleeper.checked_in_by, gao) for bed in room.beds if bed.state == "kept"]
        assert bed.who is None and bed.until == timezone.localdate()
        assert name not in as_user("agent.gao").get(urls[1]).content.decode()
        Stay.objects.filter(pk=away.pk).update(kept_until=timezone.localdate() - datetime.timedelta(days=1))  # the day is over
        assert "81 places libres" in board(as_user("agent.gao")).content.decode()

    def test_alerts_lead_to_what_they_are_about(self, as_user, centre):
        gao = centre("GAO")
        make_alert(gao, "occupancy", value=95, threshold=90)
        make_alert(gao, "long_stay", value=2, threshold=1)
        text = board(as_user("agent.gao")).content.decode()
        assert f'href="{reverse("reception:places-occupancy", args=["GAO"])}"><span class="chip danger"' in text
        assert 'href="/centres/GAO/?show=long#presentes"><span class="chip warn"' in text


class TestCentres:
    def test_one_centre_is_opened_at_once(self, as_user):
        answer = as_user("agent.gao").get(reverse("reception:centres"))
        assert answer.status_code == 302 and answer.url == "/centres/GAO/"

    def test_several_are_shown(self, as_user, centre):
        make_stay(centre("GAO"))
        page = as_user("protection").get(reverse("reception:centres"))
        assert [shown.code for shown, _bar in page.context["centres"]] == ["BKO", "GAO", "KAY"]
        assert "1 / 82" in page.content.decode()

    def test_not_for_the_committee(self, as_user):
        for username in ("steering.eu", "me.iom", "auditor", "admin", "flows"):
            assert as_user(username).get(reverse("reception:centres")).status_code == 403


class TestHome:
    def test_card_of_the_own_centre(self, as_user, centre):
        make_stay(centre("GAO"))
        make_stay(centre("KAY"))
        text = as_user("agent.gao").get("/").content.decode()
        assert "Centre de Gao" in text and "Centre de Kayes" not in text and "1 / 82" in text

    def test_not_for_those_who_do_not_receive(self, as_user):
        for username in ("steering.eu", "protection", "returns.gao"):
            assert "Centre de Gao" not in as_user(username).get("/").content.decode()


class TestCaseFile:
    def file(self, browser, migrant):
        return browser.get(reverse("cases:migrant", args=[migrant.pk])).content.decode()

    def test_the_next_thing_is_one_click_away(self, as_user, centre):
        gao, browser = centre("GAO"), as_user("agent.gao")
        migrant = make_migrant(gao)
        assert "Admettre au centre" in self.file(browser, migrant)
        stay = make_stay(gao, migrant=migrant)
        text = self.file(browser, migrant)
        assert all(words in text for words in ("Donner une assistance", "Attribuer un lit", "Noter le départ", "Au centre de Gao", "Sans lit"))
        assert "Admettre au centre" not in text
        check_out(actor=stay.checked_in_by, stay=stay, reason="hospital")
        text = self.file(browser, migrant)
        assert "Départ du centre de Gao" in text and "Hospitalisation" in text and "Admettre au centre" in text

    def test_readers_get_no_buttons(self, as_user, centre):
        stay = make_stay(centre("GAO"))
        text = self.file(as_user("returns.gao"), stay.migrant)
        assert "Arrivée au centre de Gao" in text
        assert not any(words in text for words in ("Donner une assistance", "Attribuer un lit", "Noter le départ", "Admettre au centre"))

    def test_assistance_by_day(self, as_user, centre):
        gao = centre("GAO")
        stay = make_stay(gao, arrived_at=timezone.now() - datetime.timedelta(days=2))
        for code in ("dejeuner", "diner", "kit-hygiene", "kit-hygiene"):
            make_assistance(gao, migrant=stay.migrant, service=code)
        make_assistance(gao, migrant=stay.migrant, service="diner", given_on=timezone.localdate() - datetime.timedelta(days=1))
        text = self.file(as_user("agent.gao"), stay.migrant)
        assert text.count("Assistance à Gao") == 1 and "Kit d’hygiène × 2" in text
        assert re.search(r"3 repas servis du .* à Gao", text) and "Déjeuner, Dîner" in text

    def test_meals_of_days_that_follow_each_other_are_one_line(self, as_user, centre, persona):
        gao, today = centre("GAO"), timezone.localdate()
        stay = make_stay(gao, arrived_at=timezone.now() - datetime.timedelta(days=30))
        days = [today - datetime.timedelta(days=number) for number in (0, 1, 2, 3, 4, 10, 20)]  # five together, two apart
        for day in days:
            for code in ("dejeuner", "diner"):
                make_assistance(gao, migrant=stay.migrant, service=code, given_on=day)
        make_assistance(gao, migrant=stay.migrant, service="kit-hygiene", given_on=days[-1])
        rows = given_story.rows(persona("agent.gao"), stay.migrant)
        assert sorted(len(row.parts) for row in rows) == [0, 0, 5]
        (folded,) = (row for row in rows if row.parts)
        assert folded.title.startswith("10 repas servis du ") and folded.title.endswith(f"{today.day} {date_format(today, 'F')} à Gao")
        assert folded.parts[0] == (date_format(today), "Déjeuner, Dîner")
        assert sorted(row.detail for row in rows if not row.parts) == ["Déjeuner, Dîner", "Déjeuner, Dîner, Kit d’hygiène"]
        text = self.file(as_user("agent.gao"), stay.migrant)
        assert text.count("repas servis") == 1 and text.count("Assistance à Gao") == 2 and text.count('<details class="detail">') == 1

    def test_meals_at_two_centres_are_two_lines(self, as_user, centre, persona):
        gao, kayes, today = centre("GAO"), centre("KAY"), timezone.localdate()
        stay = make_stay(gao, arrived_at=timezone.now() - datetime.timedelta(days=30))
        for place, number in ((gao, 0), (gao, 1), (kayes, 2), (kayes, 3)):
            line = make_assistance(gao, migrant=stay.migrant, service="dejeuner", given_on=today - datetime.timedelta(days=number))
            Assistance.objects.filter(pk=line.pk).update(centre=place)
        rows = given_story.rows(persona("agent.gao"), stay.migrant)
        assert [(row.title.rpartition(" ")[2], len(row.parts)) for row in rows] == [("Kayes", 2), ("Gao", 2)]

    def test_a_long_stay_is_due(self, as_user, centre):
        stay = backdate(make_stay(centre("GAO")), 20)
        assert "dépasse la durée prévue" in self.file(as_user("agent.gao"), stay.migrant)
