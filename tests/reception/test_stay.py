"""Arrival, departure, and one open stay a person across all centres."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from audit.models import Change
from cases.models import Custody, Migrant
from centres.models import Bed, Room
from reception.models import BedAssignment, Stay
from reception.services import AlreadyLeft, assign_bed, check_in, check_out
from tests.factories import make_migrant

from .factories import a_bed, backdate, make_stay


def arrive(actor, migrant, centre, **more):
    return check_in(actor=actor, migrant=migrant, centre=centre, **{"origin": "transit", "came_from": "DZ", "id": uuid.uuid4(), **more})


class TestCheckIn:
    def test_agent_admits_a_person_of_the_centre(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        migrant = make_migrant(gao)
        stay, created = arrive(agent, migrant, gao, bed=a_bed(gao))
        assert created and stay.is_open and stay.checked_in_by == agent
        assert stay.beds.get().until is None
        assert Stay.objects.open().at(gao).get() == stay

    @pytest.mark.parametrize("username", ["agent.kayes", "steering.eu", "returns.gao", "protection", "me.iom", "admin", "auditor"])
    def test_nobody_else_does(self, persona, centre, username):
        migrant = make_migrant(centre("GAO"))
        with pytest.raises(PermissionDenied):
            arrive(persona(username), migrant, centre("GAO"))
        with pytest.raises(PermissionDenied):
            arrive(persona(username), migrant, centre("KAY"))  # the person is not in Kayes's scope
        assert not Stay.objects.exists()

    def test_same_id_is_one_stay_other_content_is_refused(self, persona, centre):
        gao, agent, key = centre("GAO"), persona("agent.gao"), uuid.uuid4()
        migrant, bed = make_migrant(gao), a_bed(gao)
        first, _ = arrive(agent, migrant, gao, id=key, bed=bed)
        again, created = arrive(agent, migrant, gao, id=key, bed=bed)
        assert again == first and not created
        assign_bed(actor=agent, stay=first, bed=a_bed(gao))
        assert arrive(agent, migrant, gao, id=key, bed=bed) == (first, False)  # also after a move
        for other in ({"origin": "returned"}, {"came_from": "LY"}, {"bed": None}, {"migrant": make_migrant(gao)}):
            with pytest.raises(SameKeyOtherContent):
                check_in(actor=agent, **{"migrant": migrant, "centre": gao, "origin": "transit", "came_from": "DZ", "id": key, "bed": bed, **other})
        assert Stay.objects.count() == 1

    def test_one_open_stay_across_all_centres(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        stay = make_stay(gao)
        with pytest.raises(ValidationError, match="déjà admise dans ce centre"):
            arrive(agent, stay.migrant, gao)
        # Kayes knew the person before: they are in its scope, but where they are now is none of its business.
        kayes = centre("KAY")
        Custody.objects.create(migrant=stay.migrant, centre=kayes, since=stay.arrived_at, until=timezone.now(), reason="registered")
        with pytest.raises(ValidationError) as refused:
            arrive(persona("agent.kayes"), stay.migrant, kayes)
        words = " ".join(refused.value.messages)
        assert "dans un autre centre" in words and "Gao" not in words and str(stay.migrant) not in words
        assert Stay.objects.count() == 1

    def test_the_centre_cares_alone_from_now_on(self, persona, centre):
        gao, kayes = centre("GAO"), centre("KAY")
        migrant = make_migrant(kayes)
        Custody.objects.create(migrant=migrant, centre=gao, reason="transferred")
        arrive(persona("agent.gao"), migrant, gao)
        assert set(Custody.objects.filter(migrant=migrant, until__isnull=True).values_list("centre__code", flat=True)) == {"GAO"}
        assert Migrant.objects.visible_to(persona("agent.kayes")).filter(pk=migrant.pk).exists()  # Kayes keeps reading what it wrote

    def test_written_down_later(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        yesterday = timezone.now() - datetime.timedelta(days=1)
        stay, _ = arrive(agent, make_migrant(gao), gao, arrived_at=yesterday, bed=a_bed(gao))
        assert stay.arrived_at == yesterday
        assert stay.beds.get().since > yesterday + datetime.timedelta(hours=23)  # the bed may have been another's until now
        for wrong in (timezone.now() + datetime.timedelta(hours=1), yesterday.replace(year=2016)):
            with pytest.raises(ValidationError) as refused:
                arrive(agent, make_migrant(gao), gao, arrived_at=wrong)
            assert "arrived_at" in refused.value.error_dict

    def test_not_before_the_end_of_the_stay_before(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        stay = backdate(make_stay(gao), 3)
        check_out(actor=agent, stay=stay, reason="left")
        with pytest.raises(ValidationError, match="déjà dans un centre à ce moment"):
            arrive(agent, stay.migrant, gao, arrived_at=timezone.now() - datetime.timedelta(days=1))
        again, _ = arrive(agent, stay.migrant, gao)
        assert again.is_open

    def test_unknown_words_are_refused(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        for field, value in (("origin", "parachute"), ("came_from", "XX"), ("came_from", "ZZZ")):
            with pytest.raises(ValidationError) as refused:
                arrive(agent, make_migrant(gao), gao, **{field: value})
            assert field in refused.value.error_dict


class TestCheckOut:
    def test_the_bed_is_free_and_the_care_goes_on(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        bed = a_bed(gao)
        stay = make_stay(gao, bed=bed)
        stay = check_out(actor=agent, stay=stay, reason="left")
        assert not stay.is_open and stay.checked_out_by == agent
        assert make_stay(gao, bed=bed).beds.get().bed == bed
        assert Custody.objects.filter(migrant=stay.migrant, centre=gao, until__isnull=True).exists()

    def test_others_may_not(self, persona, centre):
        stay = make_stay(centre("GAO"))
        for username in ("agent.kayes", "steering.eu", "returns.gao"):
            with pytest.raises(PermissionDenied):
                check_out(actor=persona(username), stay=stay, reason="left")
        assert Stay.objects.open().count() == 1

    def test_twice_is_once_and_another_reason_is_refused(self, persona, centre):
        agent, stay = persona("agent.gao"), make_stay(centre("GAO"))
        first = check_out(actor=agent, stay=stay, reason="left", version=1)
        assert check_out(actor=agent, stay=stay, reason="left", version=1).departed_at == first.departed_at
        with pytest.raises(AlreadyLeft):
            check_out(actor=agent, stay=stay, reason="hospital")
        with pytest.raises(Stale):
            check_out(actor=agent, stay=stay, reason="hospital", version=1)
        assert Change.objects.filter(table="reception_stay", row=str(stay.pk), operation="UPDATE").count() == 1

    def test_dates_and_reason(self, persona, centre):
        agent, stay = persona("agent.gao"), make_stay(centre("GAO"))
        for field, wrong in (
            ("departed_at", {"departed_at": timezone.now() + datetime.timedelta(hours=2)}),
            ("departed_at", {"departed_at": stay.arrived_at}),
            ("reason", {"reason": "bored"}),
            ("reason", {"reason": ""}),
            ("transfer_to", {"transfer_to": centre("KAY")}),
        ):
            with pytest.raises(ValidationError) as refused:
                check_out(actor=agent, stay=stay, **{"reason": "left", **wrong})
            assert field in refused.value.error_dict
        assert Stay.objects.open().count() == 1

    def test_noted_in_the_evening_for_the_morning(self, persona, centre):
        gao, agent = centre("GAO"), persona("agent.gao")
        stay = backdate(make_stay(gao, bed=a_bed(gao)), 2)  # the bed was given today only
        left = timezone.now() - datetime.timedelta(hours=5)
        check_out(actor=agent, stay=stay, reason="left", departed_at=left)
        stay.refresh_from_db()
        assert stay.departed_at == left
        assert not BedAssignment.objects.filter(until__isnull=True).exists()


class TestDatabase:
    """What no shell and no `.update()` can get around."""

    def test_overlapping_stays(self, centre):
        stay = make_stay(centre("GAO"))
        for broken in (
            {"arrived_at": stay.arrived_at - datetime.timedelta(days=2)},  # a second open one
            {"arrived_at": stay.arrived_at - datetime.timedelta(days=2), "departed_at": stay.arrived_at + datetime.timedelta(days=1), "departure_reason": "left"},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Stay.objects.create(migrant=stay.migrant, centre=centre("KAY"), origin="transit", **broken)
        before = {"arrived_at": stay.arrived_at - datetime.timedelta(days=2), "departed_at": stay.arrived_at, "departure_reason": "left"}
        Stay.objects.create(migrant=stay.migrant, centre=centre("KAY"), origin="transit", **before)  # up to the same instant is well

    def test_a_departure_without_reason(self, centre):
        stay = make_stay(centre("GAO"))
        with pytest.raises(IntegrityError), transaction.atomic():
            Stay.objects.filter(pk=stay.pk).update(departed_at=timezone.now())

    def test_two_people_in_a_bed(self, centre):
        gao = centre("GAO")
        bed = a_bed(gao)
        make_stay(gao, bed=bed)
        with pytest.raises(IntegrityError), transaction.atomic():
            BedAssignment.objects.create(stay=make_stay(gao), bed=bed)

    def test_full_clean_says_the_same_in_words(self, centre):
        gao = centre("GAO")
        bed = a_bed(gao)
        stay = make_stay(gao, bed=bed)
        with pytest.raises(ValidationError, match="Ce lit vient d’être pris"):
            BedAssignment(stay=make_stay(gao), bed=bed).full_clean()
        earlier = Stay(
            migrant=stay.migrant,
            centre=gao,
            origin="transit",
            arrived_at=stay.arrived_at - datetime.timedelta(days=1),
            departed_at=timezone.now() + datetime.timedelta(days=1),
            departure_reason="left",
            digest="-",
        )
        with pytest.raises(ValidationError, match="déjà dans un centre à ce moment"):
            earlier.full_clean(exclude=["checked_in_by", "checked_out_by"])
        with pytest.raises(ValidationError, match="déjà un séjour en cours"):
            Stay(migrant=stay.migrant, centre=gao, origin="transit", digest="-").full_clean(exclude=["checked_in_by"])
        # And nobody is refused for somebody else's sake.
        BedAssignment(stay=make_stay(gao), bed=a_bed(gao)).full_clean()
        Stay(migrant=make_migrant(gao), centre=gao, origin="transit", digest="-").full_clean(exclude=["checked_in_by"])

    def test_no_extension_is_needed(self, db):
        with connection.cursor() as cursor:
            cursor.execute("SELECT extname FROM pg_extension")
            assert {row[0] for row in cursor.fetchall()} == {"plpgsql"}

    def test_the_key_range_takes_any_key(self, db):
        """Also the largest: the range includes its upper end without running over."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT int8range(hashtextextended(k, 0) / 2, hashtextextended(k, 0) / 2, '[]') FROM generate_series(1, 20000) n, LATERAL (SELECT n::text AS k) s"
            )
            assert len(cursor.fetchall()) == 20000
            cursor.execute("SELECT int8range(k / 2, k / 2, '[]') FROM (VALUES ((-9223372036854775808)::bigint), (9223372036854775807)) AS ends (k)")
            assert len(cursor.fetchall()) == 2


class TestPages:
    def test_agent_admits_on_the_page_with_the_bed_proposed(self, as_user, centre):
        gao = centre("GAO")
        migrant = make_migrant(gao)
        url = reverse("reception:check_in", args=["GAO", migrant.pk])
        browser = as_user("agent.gao")
        page = browser.get(url)
        proposed = page.context["form"].initial["bed"]
        assert Bed.objects.get(pk=proposed).room.kind == Room.Kind.MEN
        data = {"id": page.context["form"].initial["id"], "origin": "forced_return", "came_from": "DZ", "bed": proposed}
        for _click in (1, 2):
            assert browser.post(url, data).status_code == 302
        stay = Stay.objects.get(migrant=migrant)
        assert (stay.origin, stay.came_from, stay.beds.get().bed_id) == ("forced_return", "DZ", proposed)

    def test_nobody_else_sees_the_page(self, as_user, centre):
        migrant = make_migrant(centre("GAO"))
        url = reverse("reception:check_in", args=["GAO", migrant.pk])
        assert as_user("agent.gao").get(url).status_code == 200
        assert as_user("agent.kayes").get(url).status_code == 404
        assert as_user("steering.eu").get(url).status_code == 404
        assert as_user("returns.gao").get(url).status_code == 403
        assert as_user("agent.kayes").get(reverse("reception:check_in", args=["KAY", migrant.pk])).status_code == 404

    def test_what_is_wrong_is_said_and_nothing_typed_is_lost(self, as_user, centre):
        gao = centre("GAO")
        stay = make_stay(gao)
        url = reverse("reception:check_in", args=["GAO", stay.migrant_id])
        page = as_user("agent.gao").post(url, {"id": uuid.uuid4(), "origin": "returned", "came_from": "LY"})
        assert page.status_code == 200
        text = page.content.decode()
        assert "déjà admise dans ce centre" in text and 'value="LY" selected' in text
        page = as_user("agent.gao").post(url, {"id": "nonsense"})
        assert "Choisissez comment la personne est venue" in page.content.decode()

    def test_departure_on_the_page(self, as_user, centre):
        stay = make_stay(centre("GAO"))
        url = reverse("reception:check_out", args=[stay.pk])
        browser = as_user("agent.gao")
        text = browser.get(url).content.decode()
        assert 'value="transferred"' not in text and reverse("reception:ask_transfer", args=[stay.pk]) in text  # nobody has accepted yet
        assert browser.post(url, {"version": 1, "reason": "left"}).status_code == 302
        assert not Stay.objects.open().exists()
        assert as_user("agent.kayes").get(url).status_code == 404

    def test_a_stale_page_shows_what_is_now(self, as_user, persona, centre):
        gao = centre("GAO")
        stay = make_stay(gao)
        assign_bed(actor=persona("agent.gao"), stay=stay, bed=(bed := a_bed(gao)))
        page = as_user("agent.gao").post(reverse("reception:move", args=[stay.pk]), {"version": 1, "bed": a_bed(gao).pk})
        assert page.status_code == 200 and str(bed) in page.content.decode()
        assert stay.beds.get(until__isnull=True).bed == bed
        assert page.context["form"]["version"].value() == 2
