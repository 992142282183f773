"""From one centre to another: asked, accepted, travelling, arrived; who sees what, and what goes along."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, InternalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from cases.models import Custody, Migrant, Referral
from cases.services import merge_files, undo_merge
from reception.evening import evening_of
from reception.models import FlagKind, PersonFlag, Stay, Transfer
from reception.services import Called, ask_transfer, assign_bed, check_in, check_out, move_transfer, note_absence, save_roll_call
from reception.workflow import TRANSITIONS, State
from returns.models import ReturnCase
from tests.cases.factories import make_group, make_note, make_referral
from tests.factories import make_migrant, make_minor
from tests.reintegration.factories import make_reintegration
from tests.returns.factories import make_return

from .factories import MANAGERS, a_bed, make_leave, make_stay, make_transfer
from .test_bed import _together

TODAY = timezone.localdate


def ask(actor, stays, to, **more):
    given = {"id": uuid.uuid4(), "reason": "Plus de place", "planned_on": TODAY() + datetime.timedelta(days=2), **more}
    return ask_transfer(actor=actor, stays=stays, to_centre=to, **given)


def move(actor, transfer, to, **more):
    return move_transfer(actor=actor, versions={transfer.pk: transfer.version}, to=to, **more)[0]


class TestAsking:
    def test_one_request_however_often_it_is_sent(self, persona, centre):
        gao, agent, key = centre("GAO"), persona("agent.gao"), uuid.uuid4()
        stays = [make_stay(gao), make_stay(gao)]
        made, new = ask(agent, stays, centre("KAY"), id=key)
        assert new and {row.state for row in made} == {"asked"} and len({row.together for row in made}) == 1
        assert ask(agent, stays, centre("KAY"), id=key) == (sorted(made, key=lambda row: row.pk), False)
        with pytest.raises(SameKeyOtherContent):
            ask(agent, stays[:1], centre("KAY"), id=key)
        with pytest.raises(ValidationError, match="déjà en cours"):
            ask(agent, stays[:1], centre("BKO"))

    def test_who_may_and_what_is_needed(self, persona, centre):
        gao, kayes = centre("GAO"), centre("KAY")
        stay = make_stay(gao)
        for username in ("agent.kayes", "returns.gao", "protection", "health.gao"):
            with pytest.raises(PermissionDenied):
                ask(persona(username), [stay], kayes)
        for field, wrong in (("to_centre", {"to": gao}), ("reason", {"reason": " "}), ("planned_on", {"planned_on": TODAY() - datetime.timedelta(days=1)})):
            with pytest.raises(ValidationError) as refused:
                ask(persona("agent.gao"), [stay], wrong.pop("to", kayes), **wrong)
            assert field in refused.value.error_dict
        check_out(actor=persona("agent.gao"), stay=stay, reason="left")
        with pytest.raises(ValidationError, match="n’est plus au centre"):
            ask(persona("agent.gao"), [stay], kayes)
        assert not Transfer.objects.exists()

    def test_a_flag_blocks_it_when_asked_and_when_leaving(self, persona, centre):
        stay, agent = make_stay(centre("GAO")), persona("agent.gao")
        kind = FlagKind.objects.create(code="enquete", name="Enquête", blocks_transfer=True, instruction="Prévenez le responsable.")
        flag = PersonFlag.objects.create(migrant=stay.migrant, kind=kind, reason="Témoin")
        with pytest.raises(ValidationError, match="n’est pas transférée"):
            ask(agent, [stay], centre("KAY"))
        PersonFlag.objects.filter(pk=flag.pk).update(until=TODAY() - datetime.timedelta(days=1))
        transfer = make_transfer(stay, "KAY", state="accepted")
        PersonFlag.objects.filter(pk=flag.pk).update(until=None)
        for leave in (lambda: move(agent, transfer, "travelling"), lambda: check_out(actor=agent, stay=stay, reason="transferred")):
            with pytest.raises(ValidationError, match="n’est pas transférée"):
                leave()
        assert Stay.objects.open().count() == 1


class TestSteps:
    def test_each_step_is_somebodys(self, persona, centre):
        transfer = make_transfer(make_stay(centre("GAO")), "KAY")
        steps = (
            ("accepted", "manager.kayes", ("agent.gao", "manager.gao", "agent.kayes", "manager.bamako", "protection")),
            ("travelling", "agent.gao", ("agent.kayes", "manager.kayes", "returns.gao")),
            ("not_arrived", "agent.kayes", ("agent.gao", "manager.gao", "agent.bamako")),
        )
        for to, who, others in steps:
            for username in others:
                with pytest.raises(PermissionDenied):
                    move(persona(username), transfer, to, words="Non")
            transfer = move(persona(who), transfer, to, words="Oui")
        assert (transfer.state, transfer.end_reason, transfer.version) == ("not_arrived", "Oui", 4)

    def test_only_the_ways_of_the_table(self, persona, centre):
        """The service and the database refuse every other way; what ends it says why."""
        users = [persona(name) for name in ("manager.gao", "manager.kayes")]
        for start in State:
            for to in State:
                if start == to:
                    continue
                stay = make_stay(centre("GAO"))
                transfer = make_transfer(stay, "KAY", state=start if start in (State.ASKED, State.ACCEPTED, State.TRAVELLING) else State.ASKED)
                if start == State.ARRIVED:
                    transfer = make_transfer_arrived(transfer)
                elif start not in (State.ASKED, State.ACCEPTED, State.TRAVELLING):
                    if start == State.NOT_ARRIVED:
                        transfer = move(users[0], move(users[1], transfer, "accepted"), "travelling")
                    transfer = move(users[1] if start != State.CANCELLED else users[0], transfer, start, words="Fin")
                allowed = to in TRANSITIONS[start]
                if not allowed:
                    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
                        Transfer.objects.filter(pk=transfer.pk).update(state=to)
                done = 0
                for user in users:
                    try:
                        with transaction.atomic():
                            move(user, transfer, to, words="Fin")
                            done += 1
                            transaction.set_rollback(True)
                    except (PermissionDenied, ValidationError):
                        continue
                assert bool(done) == (allowed and to != State.ARRIVED), (start, to)

    def test_the_database_knows_where_a_transfer_begins(self, persona, centre):
        """Raw SQL neither begins one half-way nor leads it elsewhere; files that are joined take theirs along."""
        stay = make_stay(centre("GAO"))
        given = {"migrant": stay.migrant, "stay": stay, "from_centre": stay.centre, "to_centre": centre("KAY"), "reason": "Essai", "planned_on": TODAY()}
        now = {"answered_at": timezone.now(), "left_at": timezone.now()}
        wrong = (
            {"state": State.ACCEPTED, "answered_at": timezone.now()},
            {"state": State.TRAVELLING, **now},
            {"state": State.ARRIVED, "ended_at": timezone.now(), **now},
            {"migrant": make_stay(centre("GAO")).migrant},
            {"from_centre": centre("BKO")},
        )
        for values in wrong:
            with pytest.raises(IntegrityError, match=r"a transfer (begins as asked|is of somebody)"), transaction.atomic():
                Transfer.objects.create(**given | values)
        for day in (datetime.date(1, 1, 1), datetime.date(9999, 1, 1), TODAY() - datetime.timedelta(days=9), TODAY() + datetime.timedelta(days=400)):
            with pytest.raises(IntegrityError, match="transfer_planned"), transaction.atomic():
                Transfer.objects.create(**given | {"planned_on": day})
        transfer = Transfer.objects.create(**given)
        for values in ({"to_centre": centre("BKO")}, {"from_centre": centre("BKO")}, {"stay": make_stay(centre("GAO"))}):
            with pytest.raises(InternalError), transaction.atomic():
                Transfer.objects.filter(pk=transfer.pk).update(**values)
        other = make_migrant(centre("GAO"))
        with pytest.raises(IntegrityError, match="stays with its person"), transaction.atomic():
            Transfer.objects.filter(pk=transfer.pk).update(migrant=other)
            connection.check_constraints()
        versions = (other.version, stay.migrant.version)
        merge, _new = merge_files(actor=persona("manager.gao"), id=uuid.uuid4(), survivor=other, merged=stay.migrant, versions=versions, take=[])
        connection.check_constraints()
        assert Transfer.objects.get(pk=transfer.pk).migrant_id == other.pk
        undo_merge(actor=persona("manager.gao"), merge=merge)
        connection.check_constraints()
        assert Transfer.objects.get(pk=transfer.pk).migrant_id == stay.migrant_id

    def test_words_where_it_stops(self, persona, centre):
        transfer = make_transfer(make_stay(centre("GAO")), "KAY")
        with pytest.raises(ValidationError, match="Écrivez pourquoi"):
            move(persona("manager.kayes"), transfer, "refused")
        assert move(persona("manager.kayes"), transfer, "refused", words="Complet").end_reason == "Complet"
        again = make_transfer(transfer.stay, "KAY", state="accepted")  # asked again later
        assert again.pk != transfer.pk

    def test_second_click_and_stale_page(self, persona, centre):
        transfer = make_transfer(make_stay(centre("GAO")), "KAY")
        manager = persona("manager.kayes")
        assert move(manager, transfer, "accepted").version == move(manager, transfer, "accepted").version == 2
        with pytest.raises(Stale):
            move(manager, transfer, "refused", words="Complet")

    def test_a_family_goes_together_or_not_at_all(self, persona, centre):
        gao = centre("GAO")
        stays = [make_stay(gao), make_stay(gao)]
        made, _new = ask(persona("agent.gao"), stays, centre("KAY"))
        versions = {row.pk: row.version for row in made}
        move_transfer(actor=persona("manager.kayes"), versions=versions, to="accepted")
        Transfer.objects.filter(pk=made[1].pk).update(version=7)
        with pytest.raises(Stale):
            move_transfer(actor=persona("agent.gao"), versions=dict.fromkeys(versions, 2), to="travelling")
        assert Stay.objects.open().count() == 2
        move_transfer(actor=persona("agent.gao"), versions={made[0].pk: 2, made[1].pk: 7}, to="travelling")
        assert not Stay.objects.open().exists()

    @pytest.mark.django_db(transaction=True)
    def test_ten_answers_at_once(self, persona, centre):
        transfer = make_transfer(make_stay(centre("GAO")), "KAY")
        manager = persona("manager.kayes")

        def answer(index):
            try:
                return move(manager, transfer, "accepted" if index % 2 else "refused", words="Oui").state
            except Stale:
                return "stale"

        outcomes = _together(10, answer)
        transfer.refresh_from_db()
        assert set(outcomes) == {transfer.state, "stale"} and transfer.version == 2


def make_transfer_arrived(transfer):
    transfer = move_as("KAY", transfer, "accepted")
    move_as("GAO", transfer, "travelling")
    check_in(actor=user_of("KAY"), migrant=transfer.migrant, centre=transfer.to_centre, origin="transferred", id=uuid.uuid4())
    transfer.refresh_from_db()
    return transfer


def user_of(code):
    from accounts.models import User

    return User.objects.get(username=MANAGERS[code])


def move_as(code, transfer, to):
    return move(user_of(code), transfer, to, words="Oui")


class TestLeavingAndArriving:
    def test_what_is_open_goes_along(self, persona, centre):
        """Referral, return and reintegration are followed by the centre that receives; the sending one keeps what it wrote, read-only."""
        gao, bamako = centre("GAO"), centre("BKO")
        person = make_migrant(gao, nationality="ML")
        stay = make_stay(gao, migrant=person)
        referral = make_referral(gao, person)
        follow = make_reintegration(gao, migrant=person)
        make_transfer(stay, "BKO", state="travelling")
        referral.refresh_from_db()
        follow.refresh_from_db()
        assert referral.centre == bamako and follow.centre == bamako
        assert set(Custody.objects.filter(migrant=person, until__isnull=True).values_list("centre__code", flat=True)) == {"BKO"}
        assert Referral.objects.visible_to(persona("agent.gao")).filter(pk=referral.pk).exists()
        assert gao.pk not in referral.access_centres(writing=True)
        other = make_migrant(gao)
        case = make_return(gao, migrant=other)
        make_transfer(make_stay(gao, migrant=other), "BKO", state="travelling")
        case.refresh_from_db()
        assert case.centre == bamako and list(ReturnCase.objects.conducted_by(persona("returns.gao")).filter(pk=case.pk)) == []

    def test_old_way_of_leaving_goes_through_the_same_door(self, persona, centre):
        stay = make_stay(centre("GAO"), bed=a_bed(centre("GAO")))
        with pytest.raises(ValidationError, match="demandez d’abord le transfert"):
            check_out(actor=persona("manager.gao"), stay=stay, reason="transferred", transfer_to=centre("KAY"))
        transfer = make_transfer(stay, "KAY", state="accepted")
        with pytest.raises(ValidationError, match="Kayes"):
            check_out(actor=persona("agent.gao"), stay=stay, reason="transferred", transfer_to=centre("BKO"))
        left = check_out(actor=persona("agent.gao"), stay=stay, reason="transferred")
        transfer.refresh_from_db()
        assert (transfer.state, transfer.left_at, left.departure_reason) == ("travelling", left.departed_at, "transferred")
        assert check_out(actor=persona("agent.gao"), stay=stay, reason="transferred").departed_at == left.departed_at

    def test_a_departure_otherwise_ends_it(self, persona, centre):
        transfer = make_transfer(make_stay(centre("GAO")), "KAY", state="accepted")
        check_out(actor=persona("agent.gao"), stay=transfer.stay, reason="left")
        transfer.refresh_from_db()
        assert transfer.state == "cancelled" and "départ de son plein gré" in transfer.end_reason

    def test_the_vehicle_turned_round(self, persona, centre, as_user):
        """Back to what was before the departure, by the manager who sent them, as long as they have come nowhere."""
        gao, kayes, manager = centre("GAO"), centre("KAY"), persona("manager.gao")
        stay = make_stay(gao, bed=a_bed(gao))
        referral = make_referral(gao, stay.migrant)
        transfer = make_transfer(stay, "KAY", state="travelling")
        for username in ("agent.gao", "manager.kayes", "agent.kayes"):
            with pytest.raises(PermissionDenied):
                move(persona(username), transfer, "cancelled", words="Panne")
        page = reverse("reception:transfer", args=[transfer.pk])
        assert "Annuler le départ" in as_user("manager.gao").get(page).content.decode() and "Annuler le départ" not in as_user("agent.gao").get(page).content.decode()
        with pytest.raises(ValidationError, match="Écrivez pourquoi"):
            move(manager, transfer, "cancelled")
        sent = {"rows": f"{transfer.pk}:{transfer.version}", "to": "cancelled", "words": "Le car est en panne"}
        for _click in range(2):
            assert as_user("manager.gao").post(page, sent).url == page
        transfer.refresh_from_db(), stay.refresh_from_db(), referral.refresh_from_db()
        assert (transfer.state, transfer.left_at, transfer.end_reason) == ("cancelled", None, "Le car est en panne")
        assert (
            stay.is_open
            and (stay.departure_reason, stay.undone_reason, stay.undone_by) == ("", "Le car est en panne", manager)
            and not stay.beds.filter(until=None).exists()
        )
        assert list(Custody.objects.filter(migrant=stay.migrant, until__isnull=True).values_list("centre__code", flat=True)) == ["GAO"] and referral.centre == gao
        assert Stay.objects.filter(migrant=stay.migrant).count() == 1
        assign_bed(actor=persona("agent.gao"), stay=stay, bed=a_bed(gao, number=1))
        again = make_transfer(stay, "KAY", state="travelling")  # another day
        make_stay(kayes, migrant=stay.migrant)
        again.refresh_from_db()
        with pytest.raises(ValidationError, match="ne peut pas passer"):
            move(manager, again, "cancelled", words="Trop tard")

    def test_late_on_both_boards(self, as_user, centre):
        transfer = make_transfer(make_stay(centre("GAO")), "KAY", state="travelling")
        Transfer.objects.filter(pk=transfer.pk).update(planned_on=TODAY() - datetime.timedelta(days=1))
        for username, code in (("agent.gao", "GAO"), ("agent.kayes", "KAY")):
            text = as_user(username).get(reverse("reception:centre", args=[code])).content.decode()
            assert "attendue, pas arrivée" in text
        assert list(Transfer.objects.late()) == [transfer]
        home = as_user("agent.kayes").get("/").content.decode()
        assert "Transferts à suivre" in home and "attendue, pas arrivée" in home

    def test_a_group_on_the_way_is_admitted_together(self, as_user, centre):
        stay = make_transfer(make_stay(centre("GAO")), "KAY", state="travelling").stay
        group = make_group(centre("GAO"))
        Migrant.objects.filter(pk=stay.migrant_id).update(registration_group=group)
        page = f"{reverse('reception:arrivals', args=['KAY'])}?group={group.pk}"
        assert as_user("agent.kayes").get(page).context["form"].people == [stay.migrant]
        assert "form" not in as_user("agent.gao").get(page.replace("KAY", "GAO")).context  # who sent them has nobody to admit


class TestPages:
    def test_from_the_request_to_the_arrival(self, as_user, persona, centre):
        gao = centre("GAO")
        mother = make_migrant(gao, sex="female", surname="Kouyatesecret")
        child = make_minor(gao, accompanied_by=mother)
        mother.refresh_from_db()
        stays = [make_stay(gao, migrant=mother), make_stay(gao, migrant=child)]
        agent, manager, there = as_user("agent.gao"), as_user("manager.kayes"), as_user("agent.kayes")
        page = agent.get(reverse("reception:ask_transfer", args=[stays[0].pk]))
        data = {**page.context["form"].initial, "to_centre": "KAY", "reason": "Rejoint son frère", "needs": "Lit du bas"}
        url = agent.post(reverse("reception:ask_transfer", args=[stays[0].pk]), data).url
        before = manager.get(url).content.decode()
        assert "Kouyatesecret" not in before and "18–59 ans" in before and "12–17 ans" in before and "Lit du bas" in before
        assert "Kouyatesecret" not in manager.get(reverse("reception:transfers", args=["KAY"])).content.decode()
        assert "Kouyatesecret" not in manager.get(reverse("reception:centre", args=["KAY"])).content.decode()
        assert "Kouyatesecret" in agent.get(reverse("reception:transfers", args=["GAO"])).content.decode()
        first_page = manager.get("/").content.decode()
        assert "Transferts à suivre" in first_page and "2 personnes, arrivée prévue" in first_page and "Transferts à suivre" not in there.get("/").content.decode()
        assert as_user("manager.bamako").get(url).status_code == 404 and as_user("steering.eu").get(url).status_code == 404
        rows = [f"{row.pk}:1" for row in Transfer.objects.all()]
        assert there.post(url, {"rows": rows, "to": "accepted"}).status_code == 403
        assert "Écrivez pourquoi" in manager.post(url, {"rows": rows, "to": "refused"}).content.decode()
        assert manager.post(url, {"rows": rows, "to": "accepted", "words": "Bienvenue"}).status_code == 302
        after = manager.get(url).content.decode()
        assert "Kouyatesecret" in after and reverse("cases:migrant", args=[mother.pk]) not in after  # the name; the file follows the person
        assert manager.get(reverse("cases:migrant", args=[mother.pk])).status_code == 404
        assert "Entre-temps" in manager.post(url, {"rows": rows, "to": "refused", "words": "Complet"}).content.decode()
        assert agent.post(url, {"rows": [f"{row.pk}:2" for row in Transfer.objects.all()], "to": "travelling", "transport": "Bus"}).status_code == 302
        board = there.get(reverse("reception:centre", args=["KAY"]))
        assert "Kouyatesecret" in board.content.decode()
        assert {one.migrant for one in board.context["awaited"]} == {mother, child} and "en route depuis le centre de Gao" in board.content.decode()
        # The centre that sent them knows where to, and admits nobody who is on the way; whoever came back after all is noted as back.
        sent, received = (browser.get(reverse("cases:migrant", args=[mother.pk])).content.decode() for browser in (agent, there))
        assert "Transfert vers Kayes" in sent and "En route depuis le" in sent and "Admettre au centre" not in sent and "Noter le retour au centre de Gao" in sent
        assert "Admettre au centre" in received and "Noter le retour" not in received
        back = agent.get(reverse("reception:check_in", args=["GAO", mother.pk])).content.decode()
        assert "prend d’abord son dossier en charge" in back
        arrival = reverse("reception:arrivals", args=["KAY"])
        assert arrival in there.get(url).content.decode()
        page = there.get(arrival, {"people": [mother.pk, child.pk]})
        form = page.context["form"]
        assert form.initial["origin"] == "transferred"
        data = {"id": form.initial["id"], "origin": "transferred"} | {row["bed"].html_name: row["bed"].initial for row in form.rows()}
        assert there.post(f"{arrival}?people={mother.pk}&people={child.pk}", data).status_code == 302
        assert {row.state for row in Transfer.objects.all()} == {"arrived"}
        after = agent.get(reverse("cases:migrant", args=[mother.pk])).content.decode()
        assert "En route depuis le" not in after  # where they are now is no longer told
        for nonsense in ({"rows": ["x"]}, {"rows": [f"{uuid.uuid4()}:1"]}, {"rows": rows, "to": "teleported"}, {}):
            assert agent.post(url, {"to": "cancelled", **nonsense}).status_code == 200
        # Whose names the manager has read is in the read log: nobody's before the centre said yes.
        read = [set(rows) for rows in ReadLog.objects.filter(user=persona("manager.kayes"), path=url).values_list("rows", flat=True)]
        assert read and all(rows == {str(mother.pk), str(child.pk)} for rows in read)


def test_gao_bamako_kayes(as_user, persona, centre):
    """One person, three centres, one history: each sees what it may before, during and after (docs/access.md)."""
    codes = {"GAO": "agent.gao", "BKO": "agent.bamako", "KAY": "agent.kayes"}
    person = make_migrant(centre("GAO"))
    file_url = reverse("cases:migrant", args=[person.pk])

    def sees(code):
        return as_user(codes[code]).get(file_url).status_code == 200

    def stays_seen_by(code):
        return list(Stay.objects.visible_to(persona(codes[code])).filter(migrant=person).order_by("arrived_at").values_list("centre__code", flat=True))

    def writes(code):
        return centre(code).pk in Migrant.objects.get(pk=person.pk).access_centres(writing=True)

    stay = make_stay(centre("GAO"), migrant=person, bed=a_bed(centre("GAO")))
    make_note(centre("GAO"), person, "Écrit à Gao")
    save_roll_call(actor=persona("agent.gao"), centre=centre("GAO"), evening=evening_of(), lines=[Called(person.pk, "missing", "Parti au marché")])
    note_absence(actor=persona("agent.gao"), stay=stay, found=True, id=uuid.uuid4())  # nobody leaves who is missing
    make_leave(centre("GAO"), stay=stay, nights=3, reason="Chez un oncle de Gao")
    assign_bed(actor=persona("agent.gao"), stay=stay, bed=a_bed(centre("GAO")), bed_reason="Près de la porte")
    make_transfer(stay, "BKO", state="accepted")
    assert [sees(code) for code in codes] == [True, False, False]  # before: the other centres have no scope
    check_out(actor=persona("agent.gao"), stay=stay, reason="transferred")
    assert [sees(code) for code in codes] == [True, True, False] and [writes(code) for code in codes] == [False, True, False]  # on the way
    second, _made = check_in(actor=persona("agent.bamako"), migrant=person, centre=centre("BKO"), origin="transferred", id=uuid.uuid4())
    make_note(centre("BKO"), person, "Écrit à Bamako")
    with pytest.raises(PermissionDenied):
        assign_bed(actor=persona("agent.gao"), stay=second, bed=None)
    make_transfer(second, "KAY", state="travelling")
    check_in(actor=persona("agent.kayes"), migrant=person, centre=centre("KAY"), origin="transferred", id=uuid.uuid4())
    # One history; each centre keeps what was there while it had the person, and the last one has it all.
    assert {code: stays_seen_by(code) for code in codes} == {"GAO": ["GAO"], "BKO": ["GAO", "BKO"], "KAY": ["GAO", "BKO", "KAY"]}
    seen = {code: as_user(name).get(file_url).content.decode() for code, name in codes.items()}
    assert ["Écrit à Gao" in seen[code] for code in codes] == [True, True, True]
    for words in ("Permission d’absence : de la nuit du", "Chez un oncle de Gao", "Manque à l’appel du soir", "Parti au marché", "Autre lit", "Près de la porte",
                  "Transfert demandé vers le centre de Bamako", "Transfert accepté par le centre de Bamako", "En route vers le centre de Bamako"):  # fmt: skip
        assert [words in seen[code] for code in codes] == [True, True, True], words
    assert ["En route vers le centre de Kayes" in seen[code] for code in codes] == [False, True, True]
    assert ["Écrit à Bamako" in seen[code] for code in codes] == [False, True, True]
    assert ["Arrivée au centre de Kayes" in seen[code] for code in codes] == [False, False, True]
    assert "Au centre de Kayes" not in seen["GAO"] and "Noter le départ" not in seen["GAO"]
    assert [writes(code) for code in codes] == [False, False, True]
    assert [(row.from_centre.code, row.to_centre.code, row.state) for row in Transfer.objects.order_by("asked_at")] == [
        ("GAO", "BKO", "arrived"),
        ("BKO", "KAY", "arrived"),
    ]
