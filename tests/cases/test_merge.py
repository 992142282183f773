"""Two files become one, field by field, with all that hangs on them; and two again exactly as they were."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from audit.acting import SameKeyOtherContent, Stale
from cases.models import Custody, DuplicatePair, Merge, Migrant, Note
from cases.services import correct_identity, give_consent, merge_files, undo_merge, withdraw_consent, write_note
from cases.services.merging import GROUPS, NOT_MOVED, relations
from centres.models import Centre
from reception.models import LastSeen, Stay
from reception.services import check_in, check_out
from reporting.measures import Period, tallies
from tests.factories import agent_of, make_migrant, make_minor
from tests.reception.factories import backdate, make_assistance, make_stay
from tests.reintegration.factories import make_reintegration
from tests.returns.factories import make_return

from .factories import make_merge, make_note, make_pair, manager_of, move
from .test_registration import _in_threads


def sides(pair):
    """Fresh from the database: (survivor, merged), the first registered stays."""
    return sorted(Migrant.objects.filter(pk__in=[pair.first_id, pair.second_id]), key=lambda person: person.registered_at)


def join(centre, survivor, merged, take=(), **changed):
    survivor, merged = Migrant.objects.get(pk=survivor.pk), Migrant.objects.get(pk=merged.pk)
    values = {"actor": manager_of(centre), "id": uuid.uuid4(), "survivor": survivor, "merged": merged, "versions": (survivor.version, merged.version), "take": take}
    return merge_files(**{**values, **changed})[0]


def snapshot():
    """Every row of a person and of all that points at people: {table: {key: values}}, without what only counts changes."""
    models = {field.model for field in relations()} | {Migrant, Custody, LastSeen}
    found = {}
    for model in models:
        rows = model._base_manager.values()
        found[model._meta.label] = {row[model._meta.pk.attname]: {name: value for name, value in row.items() if name != "version"} for row in rows}
    return found


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_every_floor_is_found_and_moves(centre):
    tables = {field.model._meta.label for field in relations()}
    assert {"reception.Stay", "reception.Assistance", "returns.ReturnCase", "reintegration.ReintegrationCase", "cases.Custody", "cases.Migrant"} <= tables
    assert tables.isdisjoint(model._meta.label for model in NOT_MOVED)


def test_the_form_joins_field_by_field(as_user, centre):
    gao = centre("GAO")
    pair = make_pair(gao)
    first, second = pair.first, pair.second
    Migrant.objects.filter(pk=second.pk).update(phone="22370000001")
    note = make_note(gao, second, "De l’autre dossier.")
    browser = as_user("manager.gao")
    url = reverse("cases:merge", args=[pair.pk])
    page = browser.get(url)
    form = page.context["form"]
    assert set(form.groups) == {"surname", "phone"}
    assert form["phone"].initial == "second"  # the fuller value is proposed
    body = {
        "id": str(uuid.uuid4()), "version_first": first.version, "version_second": second.version, "keep": "first", "surname": "first", "phone": "second",
    }  # fmt: skip
    assert "phone" in browser.post(url, body | {"phone": ""}).context["form"].errors
    done = browser.post(url, body)
    assert done["Location"] == f"/migrants/{first.pk}/"
    assert browser.post(url, body).status_code in (302, 403, 200)
    survivor = Migrant.objects.get(pk=first.pk)
    assert (survivor.surname, survivor.phone) == (first.surname, "22370000001")
    note.refresh_from_db()
    assert note.migrant_id == survivor.pk
    assert DuplicatePair.objects.get(pk=pair.pk).state == "merged"
    assert "De l’autre dossier." in browser.get(done["Location"]).content.decode()
    page = browser.get(reverse("cases:file_duplicates", args=[survivor.pk])).content.decode()
    assert second.case_number in page
    assert browser.post(reverse("cases:undo_merge", args=[Merge.objects.get().pk])).status_code == 302
    note.refresh_from_db()
    assert note.migrant_id == second.pk
    assert Migrant.objects.get(pk=first.pk).phone == ""


def test_the_joined_file_leads_to_the_survivor_everywhere(as_user, api_as, centre):
    gao = centre("GAO")
    pair = make_pair(gao)
    survivor, merged = sides(pair)
    merge = make_merge(gao, pair, survivor=survivor, merged=merged)
    browser = as_user("agent.gao")
    for name in ("migrant", "edit", "note", "print"):
        answer = browser.get(reverse(f"cases:{name}", args=[merged.pk]))
        assert (answer.status_code, answer["Location"]) == (302, reverse(f"cases:{name}", args=[survivor.pk]))
    posted = browser.post(reverse("cases:note", args=[merged.pk]), {"id": str(uuid.uuid4()), "kind": "ordinary", "text": "Tapé avant."})
    assert (posted.status_code, posted["Location"]) == (307, reverse("cases:note", args=[survivor.pk]))  # what was typed comes along
    assert as_user("agent.kayes").get(f"/migrants/{merged.pk}/").status_code == 404
    for words in (merged.case_number, "Kulibali", "Coulibaly"):
        assert [person.pk for person in browser.get("/migrants/", {"q": words}).context["people"]] == [survivor.pk]
    assert {person.pk for person in browser.get("/migrants/").context["people"]} == {survivor.pk}
    gone = api_as("agent.gao").get(f"/api/v1/migrants/{merged.pk}/")
    assert gone.status_code == 410 and gone.json()["survivor"] == str(survivor.pk)
    assert api_as("agent.kayes").get(f"/api/v1/migrants/{merged.pk}/").status_code == 404
    assert not DuplicatePair.objects.to_review_by(manager_of(gao)).exists()
    undo_merge(actor=manager_of(gao), merge=merge)
    assert browser.get(f"/migrants/{merged.pk}/").status_code == 200
    assert {person.pk for person in browser.get("/migrants/").context["people"]} == {survivor.pk, merged.pk}
    assert DuplicatePair.objects.to_review_by(manager_of(gao)).count() == 1


def test_the_survivor_is_in_the_scope_of_both_centres(centre, persona):
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao))
    Custody.objects.create(migrant=merged, centre=centre("KAY"), reason="arrived")
    join(gao, survivor, merged)
    for username in ("agent.gao", "agent.kayes"):
        assert list(Migrant.objects.visible_to(persona(username))) == [survivor]


def test_who_may_join_and_who_may_not(centre, persona):
    gao = centre("GAO")
    pair = make_pair(gao)
    survivor, merged = sides(pair)
    for username in ("agent.gao", "protection", "manager.kayes", "returns.gao"):
        with pytest.raises(PermissionDenied):
            join(gao, survivor, merged, actor=persona(username))
    move(merged, centre("KAY"))  # another team follows that file: Gao can't change it
    with pytest.raises(PermissionDenied):
        join(gao, survivor, merged)
    assert not Merge.objects.exists()


def test_what_both_have_open_is_settled_first(centre):
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao, nationality="GN"))
    stays = [make_stay(gao, migrant=person) for person in (survivor, merged)]
    for person in (survivor, merged):
        make_return(gao, person)
    with pytest.raises(ValidationError) as refused:
        join(gao, survivor, merged)
    text = " ".join(refused.value.messages)
    assert "séjour en cours" in text and "retour en préparation" in text and "terminez d’abord" in text
    assert Note.objects.count() == 0 and not Merge.objects.exists()
    check_out(actor=agent_of(gao), stay=stays[1], reason="left")
    with pytest.raises(ValidationError) as refused:
        join(gao, survivor, merged)
    assert "séjour" not in " ".join(refused.value.messages)


def test_what_says_the_same_stays_and_is_named(centre):
    """One consent, one meal a day, one custody of a centre, one moment in one place."""
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao))
    for person in (survivor, merged):
        stay = backdate(make_stay(gao, migrant=person), 3)
        make_assistance(gao, migrant=person, service="dejeuner")
        check_out(actor=agent_of(gao), stay=stay, reason="left")
    merge = join(gao, survivor, merged)
    stayed = {label for label, _key, _column in merge.stayed}
    assert {"cases.consent", "cases.custody", "reception.stay", "reception.assistance"} == stayed
    assert Stay.objects.filter(migrant=survivor).count() == 1


def test_a_child_under_the_own_second_file_is_alone_and_children_move(centre):
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao))
    child = make_minor(gao, accompanied_by=merged)
    merge = join(gao, survivor, merged)
    child.refresh_from_db()
    assert child.accompanied_by_id == survivor.pk
    undo_merge(actor=manager_of(gao), merge=merge)
    child.refresh_from_db()
    assert child.accompanied_by_id == merged.pk


def test_a_birth_that_makes_the_adult_a_child_is_refused(centre):
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao))
    make_minor(gao, accompanied_by=survivor)
    Migrant.objects.filter(pk=merged.pk).update(born_on=datetime.date(timezone.localdate().year - 12, 3, 4))
    with pytest.raises(ValidationError, match="répond d’un enfant"):
        join(gao, survivor, merged, take=("birth",))


def test_double_click_stale_page_and_used_key(centre):
    gao = centre("GAO")
    pair, other = make_pair(gao), make_pair(gao)
    survivor, merged = sides(pair)
    key = uuid.uuid4()
    with pytest.raises(Stale):
        join(gao, survivor, merged, versions=(1, 7))
    first = join(gao, survivor, merged, id=key)
    again, made = merge_files(actor=manager_of(gao), id=key, survivor=survivor, merged=merged, versions=(1, 1), take=())
    assert (again.pk, made) == (first.pk, False)
    with pytest.raises(SameKeyOtherContent):
        join(gao, *sides(other), id=key)
    with pytest.raises(ValidationError):
        join(gao, other.first, merged)
    assert undo_merge(actor=manager_of(gao), merge=first) == undo_merge(actor=manager_of(gao), merge=first) == []


def test_nothing_is_written_on_a_joined_file(centre):
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao))
    loaded = Migrant.objects.get(pk=merged.pk)  # a page that was open before
    join(gao, survivor, merged)
    with pytest.raises(ValidationError, match="réuni"):
        correct_identity(actor=agent_of(gao), migrant=loaded, version=loaded.version, surname="X")
    with pytest.raises((ValidationError, PermissionDenied)):
        check_in(actor=agent_of(gao), migrant=loaded, centre=gao, origin="transit", id=uuid.uuid4())


def test_a_chain_is_undone_from_its_end(as_user, centre):
    gao = centre("GAO")
    pair = make_pair(gao)
    b, a = sides(pair)
    c = make_migrant(gao, surname="Coulibaly", given_names=a.given_names, sex="female", nationality="ML")
    note = make_note(gao, b)
    one = join(gao, a, b)
    two = join(gao, c, a)
    assert Migrant.objects.get(pk=b.pk).merged_into_id == c.pk
    assert as_user("agent.gao").get("/migrants/", {"q": b.case_number}).context["people"] == [c]
    with pytest.raises(ValidationError, match="Défaites d’abord"):
        undo_merge(actor=manager_of(gao), merge=one)
    undo_merge(actor=manager_of(gao), merge=two)
    undo_merge(actor=manager_of(gao), merge=one)
    note.refresh_from_db()
    assert note.migrant_id == b.pk
    assert not Migrant.objects.filter(merged_into__isnull=False).exists()


def test_nobody_is_left_without_a_centre(centre):
    """The person went on to Bamako as one; the file given back is followed by whoever followed it before."""
    gao, kayes = centre("GAO"), centre("KAY")
    survivor, merged = sides(make_pair(gao))
    Custody.objects.create(migrant=merged, centre=kayes, reason="arrived")
    merge = join(gao, survivor, merged)
    move(survivor, centre("BKO"))
    with pytest.raises(PermissionDenied):
        undo_merge(actor=manager_of(gao), merge=merge)
    words = undo_merge(actor=manager_of(centre("BKO")), merge=merge)
    assert {c.centre_id for c in merged.custodies.filter(until__isnull=True)} in ({gao.pk, kayes.pk}, {kayes.pk}, {gao.pk})
    assert words == [] or "de nouveau suivi par" in words[0]
    assert {c.centre.code for c in survivor.custodies.filter(until__isnull=True)} == {"BKO"}


def test_later_changes_stay_with_the_survivor_and_are_named(centre):
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao))
    Migrant.objects.filter(pk=merged.pk).update(phone="22370000001", other_names="Fanta", marital_status="married")
    merge = join(gao, survivor, merged, take=("phone", "other_names", "marital_status"))
    person = Migrant.objects.get(pk=survivor.pk)
    assert person.phone == "22370000001"
    correct_identity(actor=agent_of(gao), migrant=person, version=person.version, phone="22370000002")
    words = undo_merge(actor=manager_of(gao), merge=merge)
    person.refresh_from_db()
    assert (person.phone, person.other_names, person.marital_status) == ("22370000002", "", "")
    assert words == ["Changé depuis la réunion, et gardé\u00a0: téléphone."]


def test_figures_count_one_person_and_two_again(centre):
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao))
    for person in (survivor, merged):
        stay = make_stay(gao, migrant=person)
        make_assistance(gao, migrant=person)
        make_assistance(gao, migrant=person, service="dejeuner")  # one of the two stays with the joined file
        check_out(actor=agent_of(gao), stay=stay, reason="left")
    today = timezone.localdate()
    period = Period(today, today)
    assert tallies(["assistance"], period)["assistance"].value == 2
    merge = join(gao, survivor, merged)
    assert tallies(["assistance"], period)["assistance"].value == 1
    undo_merge(actor=manager_of(gao), merge=merge)
    assert tallies(["assistance"], period)["assistance"].value == 2


@pytest.mark.django_db(transaction=True)
def test_two_managers_at_once_join_once(centre):
    gao = centre("GAO")
    survivor, merged = sides(make_pair(gao))
    results = _in_threads(6, lambda i: join(gao, *((survivor, merged) if i % 2 else (merged, survivor)), versions=(1, 1)))
    assert sum(isinstance(result, Merge) for result in results) == 1
    assert all(isinstance(result, (Merge, ValidationError, Stale)) for result in results), results
    assert Migrant.objects.filter(merged_into__isnull=False).count() == 1


# --- merge and undo are as nothing --------------------------------------------------------------------------------


def _fill(gao, kayes, person, draw, number):
    """Some of what a file may hold, as the product makes it."""
    if draw["consents"] & 1:
        give_consent(actor=agent_of(gao), migrant=person, purpose=("referral", "follow_up")[number], method="spoken", witness="A. Cissé")
    if draw["consents"] & 2:
        withdraw_consent(actor=agent_of(gao), consent=give_consent(actor=agent_of(gao), migrant=person, purpose="statistics", method="signed"))
    for text in range(draw["notes"]):
        write_note(actor=agent_of(gao), migrant=person, kind="ordinary", text=f"Note {text}")
    if draw["stay"]:
        stay = backdate(make_stay(gao, migrant=person), draw["days"])
        if draw["assistance"]:
            make_assistance(gao, migrant=person)
        if draw["stay"] == 1 or number:
            check_out(actor=agent_of(gao), stay=stay, reason="left")
    if draw["return"] and not number:
        make_return(gao, person)
    if draw["reintegration"] and not draw["return"] and not number:
        Custody.objects.create(migrant=person, centre=kayes, reason="reintegration")
        make_reintegration(kayes, person)
    if draw["child"]:
        make_minor(gao, accompanied_by=person)
    Migrant.objects.filter(pk=person.pk).update(other_names=draw["other_names"], languages=draw["languages"], origin_place=draw["other_names"])


CONTENT = st.fixed_dictionaries(
    {
        "consents": st.integers(0, 3),
        "notes": st.integers(0, 2),
        "stay": st.integers(0, 2),
        "days": st.integers(1, 5),
        "assistance": st.booleans(),
        "return": st.booleans(),
        "reintegration": st.booleans(),
        "child": st.booleans(),
        "other_names": st.sampled_from(["", "Fanta", "Coumba Sira"]),
        "languages": st.lists(st.sampled_from(["bam", "ful", "fra"]), unique=True, max_size=2),
    }
)


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(one=CONTENT, two=CONTENT, take=st.sets(st.sampled_from(sorted(GROUPS))), later=st.sets(st.sampled_from(["other", "note", "phone", "stay", "consent"])))
def test_merge_and_undo_is_as_before(centre, one, two, take, later):
    gao, kayes = Centre.objects.get(code="GAO"), Centre.objects.get(code="KAY")
    with transaction.atomic():
        survivor, merged = sides(make_pair(gao, nationality="GN" if one["return"] else "ML"))
        third = make_migrant(gao)
        for number, (person, content) in enumerate(((survivor, one), (merged, two))):
            _fill(gao, kayes, person, content, number)
        before = snapshot()
        merge = join(gao, survivor, merged, take=take)
        assert not Custody.objects.filter(migrant=merged, until__isnull=True).exclude(pk__in=[row[1] for row in merge.stayed if row[0] == "cases.custody"]).exists()
        # Life goes on: other records and the survivor change, and keep what was changed.
        person = Migrant.objects.get(pk=survivor.pk)
        kept = {}
        if "other" in later:
            third = correct_identity(actor=agent_of(gao), migrant=third, version=third.version, phone="22377777777")
            kept[("cases.Migrant", third.pk)] = {"phone": "22377777777"}
        if "phone" in later:
            correct_identity(actor=agent_of(gao), migrant=person, version=person.version, phone="22378888888")
            kept[("cases.Migrant", person.pk)] = {"phone": "22378888888"}
        if "note" in later:
            write_note(actor=agent_of(gao), migrant=person, kind="ordinary", text="Après")
        if "consent" in later:
            give_consent(actor=agent_of(gao), migrant=person, purpose="photo", method="spoken", witness="A. Cissé")
        if "stay" in later and not Stay.objects.open().filter(migrant=person).exists():
            make_stay(gao, migrant=person)
        undo_merge(actor=manager_of(gao), merge=merge)
        after = snapshot()
        for label, rows in before.items():
            for key, values in rows.items():
                expected = values | kept.get((label, key), {})
                if label == "cases.Custody" and after[label][key]["until"] != values["until"]:
                    assert "stay" in later  # a check-in alone ends the care of others
                    continue
                if label == "reception.LastSeen" and key == survivor.pk and "stay" in later and after[label][key] != values:
                    assert after[label][key]["how"] == "arrival" and after[label][key]["at"] > values["at"]  # they came since
                    continue
                assert after[label][key] == expected, (label, key)
        added = {label: set(after[label]) - set(rows) for label, rows in before.items()}
        assert len(added["cases.Note"]) == ("note" in later)
        assert all(after["cases.Note"][key]["migrant_id"] == survivor.pk for key in added["cases.Note"])
        transaction.set_rollback(True)
