"""Everything a person says of themselves: asked, kept, shown, corrected, found."""

import datetime
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from cases.models import Card, IdentityDocument, Migrant
from cases.services import register_migrant
from centres.models import Area
from tests.factories import agent_of, make_migrant

from .factories import make_card, make_document, move, registration_form, registration_json

URL = "/migrants/register/"


def cercle(name: str = "") -> Area:
    areas = Area.objects.current().filter(level=2)
    return areas.filter(name=name).first() or areas.first()


def full(centre, **changed):
    return registration_form(
        centre,
        **{
            "other_names": "Vieux Traoré",
            "father_given_names": "Bakary",
            "mother_given_names": "Awa",
            "second_nationality": "GN",
            "origin_country": "ML",
            "origin_area": cercle().pk,
            "origin_place": "Diéma",
            "languages": ["bam", "fra"],
            "marital_status": "married",
            "other_phone": "66 11 22 33",
            "household_role": "head",
            "arrival_kind": "forced_return",
            "arrived_on": timezone.localdate().isoformat(),
            "document_kind": "nina",
            "document_number": "1 234-567 A",
            "document_country": "",
            "document_expires_on": "2031-05-06",
            **changed,
        },
    )


def test_all_fields_are_kept_and_shown(as_user, centre):
    browser, area = as_user("agent.gao"), cercle()
    response = browser.post(URL, full(centre("GAO")))
    person = Migrant.objects.get()
    assert response.status_code == 302
    assert (person.father_given_names, person.origin_area, person.languages, person.arrival_kind) == ("Bakary", area, ["bam", "fra"], "forced_return")
    assert (person.other_phone, person.marital_status, person.household_role) == ("22366112233", "married", "head")
    page = browser.get(reverse("cases:identity", args=[person.pk])).content.decode()
    for shown in (
        "fils de Bakary et d’Awa",
        area.pcode,
        Area.CURRENT_VINTAGE,
        "bambara, français",
        "marié(e)",
        "retour forcé",
        "Vieux Traoré",
        "Guinée",
        "1 234-567 A",
    ):
        assert shown in page, shown
    paper = browser.get(reverse("cases:print", args=[person.pk])).content.decode()
    assert "1 234-567 A" in paper and "Diéma" in paper and area.pcode in paper


def test_a_document_number_is_sealed_in_the_database(centre, as_user):
    as_user("agent.gao").post(URL, full(centre("GAO")))
    kept = IdentityDocument.objects.get()
    assert (kept.kind, kept.country, kept.expires_on, kept.number) == ("nina", "ML", datetime.date(2031, 5, 6), "1 234-567 A")
    assert "1234567" not in kept.number_sealed.replace("-", "").replace(" ", "")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("second_nationality", "ML"),
        ("second_nationality", "ZZ"),
        ("origin_country", "zz"),
        ("origin_area", "999999"),
        ("origin_area", "²"),
        ("languages", ["klingon"]),
        ("marital_status", "complicated"),
        ("other_phone", "abc"),
        ("father_given_names", "12"),
        ("other_names", "\x07"),
        ("arrival_kind", "by broom"),
        ("arrived_on", "2999-01-01"),
        ("arrived_on", "1999-12-31"),
        ("arrived_on", "yesterday"),
        ("document_kind", "library_card"),
        ("document_number", "---"),
        ("document_expires_on", "31/31/2030"),
        ("document_country", "XX"),
        ("origin_place", "P" * 101),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(as_user, centre, field, typed):
    response = as_user("agent.gao").post(URL, full(centre("GAO"), **{field: typed}))
    assert response.status_code == 200
    assert field in response.context["form"].errors, response.context["form"].errors
    assert not Migrant.objects.exists()
    # nothing typed is lost, and the part with the error is open
    assert response.context["form"]["other_names"].value() == (typed if field == "other_names" else "Vieux Traoré")


def test_a_number_without_a_kind_asks_for_the_kind(as_user, centre):
    response = as_user("agent.gao").post(URL, full(centre("GAO"), document_kind=""))
    assert "document_kind" in response.context["form"].errors


def test_a_cercle_of_before_another_country_was_chosen_falls_away(as_user, centre):
    as_user("agent.gao").post(URL, full(centre("GAO"), origin_country="GN"))
    assert Migrant.objects.get().origin_area is None


def test_a_cercle_alone_says_the_country(as_user, centre):
    as_user("agent.gao").post(URL, full(centre("GAO"), origin_country=""))
    assert Migrant.objects.get().origin_country == "ML"


def test_the_same_sending_with_everything_is_one_person_and_one_paper(as_user, centre):
    browser, body = as_user("agent.gao"), full(centre("GAO"))
    first, second = browser.post(URL, body), browser.post(URL, body)
    assert first["Location"] == second["Location"]
    assert (Migrant.objects.count(), IdentityDocument.objects.count()) == (1, 1)
    other = browser.post(URL, body | {"document_number": "999"})
    assert other.status_code == 200 and other.context["form"].non_field_errors()


def test_a_spoken_agreement_needs_its_witness(as_user, centre):
    browser = as_user("agent.gao")
    refused = browser.post(URL, full(centre("GAO"), consent_method="spoken"))
    assert "consent_witness" in refused.context["form"].errors
    browser.post(URL, full(centre("GAO"), consent_method="spoken", consent_witness="Fanta Maïga"))
    given = Migrant.objects.get().consents.get()
    assert (given.witness, given.method) == ("Fanta Maïga", "spoken")
    with pytest.raises(IntegrityError), transaction.atomic():
        given.migrant.consents.update(witness="")


# --- found by what they carry ----------------------------------------------------------------------------------------


def test_found_by_document_card_alias_and_other_phone(as_user, centre):
    gao = centre("GAO")
    person = make_migrant(gao, other_names="Le Grand Zoubir", other_phone="66112233")
    make_migrant(gao)
    make_document(gao, person, number="AB-123 456")
    card = make_card(gao, person)
    browser = as_user("agent.gao")
    for typed in ("ab123456", "AB 123.456", card.token, card.token.lower(), card.token_words, "66 11 22 33", "zubir"):
        assert [p.pk for p in browser.get("/migrants/", {"q": typed}).context["people"]] == [person.pk], typed
        assert [p["id"] for p in as_user("agent.gao").get("/api/v1/migrants/", {"q": typed}).json()["results"]] == [str(person.pk)], typed


def test_a_number_out_of_scope_finds_nobody(as_user, centre):
    person = make_migrant(centre("KAY"))
    make_document(centre("KAY"), person)
    card = make_card(centre("KAY"), person)
    for typed in ("AB123456", card.token):
        assert not as_user("agent.gao").get("/migrants/", {"q": typed}).context["people"]


def test_a_card_whose_number_is_of_letters_alone_finds_its_holder(as_user, centre):
    """One number in five hundred has no digit."""
    card, number = make_card(centre("GAO")), "ABCDEFGHJKMNPQRS"
    Card.objects.filter(pk=card.pk).update(token=number)
    for typed in (number, number.lower(), "ABCD EFGH JKMN PQRS"):
        assert [p.pk for p in as_user("agent.gao").get("/migrants/", {"q": typed}).context["people"]] == [card.migrant_id], typed
    assert not as_user("agent.kayes").get("/migrants/", {"q": number}).context["people"]


def test_a_card_that_was_lost_finds_nobody(as_user, centre):
    gao = centre("GAO")
    card, browser = make_card(gao), as_user("agent.gao")
    browser.post(reverse("cases:replace_card", args=[card.pk]), {"reason": "lost"})
    new = card.migrant.cards.valid().get()
    assert new.token != card.token
    assert not browser.get("/migrants/", {"q": card.token}).context["people"]
    assert [p.pk for p in browser.get("/migrants/", {"q": new.token}).context["people"]] == [card.migrant_id]


def test_a_name_with_a_year_is_still_a_name(as_user, centre):
    person = make_migrant(centre("GAO"), surname="Traoré", given_names="Moussa", born_on=datetime.date(1970, 1, 1))
    assert [p.pk for p in as_user("agent.gao").get("/migrants/", {"q": "Traoré 1970"}).context["people"]] == [person.pk]


def test_numbers_are_looked_up_by_index(centre):
    person = make_migrant(centre("GAO"), other_phone="66112233")
    make_document(centre("GAO"), person)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        # In a table of one row another index costs the same; which one is taken would be chance.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP INDEX document_once")
        assert "document_number" in IdentityDocument.objects.numbered("AB123456").order_by().explain()
        plan = Migrant.objects.matching("66112233").order_by().explain()
    assert "migrant_phone_end" in plan and "migrant_other_phone_end" in plan


# --- the same paper elsewhere ------------------------------------------------------------------------------------------


def test_a_paper_that_another_file_has_is_shown_before_anything_is_kept(as_user, centre):
    known = make_migrant(centre("GAO"), surname="Sanogo", given_names="Oumou", sex="female")
    make_document(centre("GAO"), known, kind="nina", country="ML", number="1234567A")
    browser = as_user("agent.gao")
    response = browser.post(URL, full(centre("GAO")))
    assert response.templates[0].name == "cases/register_alike.html"
    assert known.case_number in response.content.decode()
    assert Migrant.objects.count() == 1
    again = browser.post(URL, _as_dict(response.context["typed"]) | {"confirmed": "on"})
    assert again.status_code == 302
    assert Migrant.objects.count() == 2
    assert Migrant.objects.exclude(pk=known.pk).get().languages == ["bam", "fra"]


def _as_dict(pairs):
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def test_a_paper_out_of_scope_is_said_without_any_detail(as_user, centre):
    known = make_migrant(centre("KAY"), surname="Secretissime", given_names="Zzyzx")
    make_document(centre("KAY"), known, kind="nina", country="ML", number="1234567A")
    page = as_user("agent.gao").post(URL, full(centre("GAO"))).content.decode()
    assert "Kayes" in page and "déjà dans un autre dossier" in page
    for secret in ("Secretissime", known.case_number, str(known.pk)):
        assert secret not in page


# --- correcting --------------------------------------------------------------------------------------------------------


def correction(person, **changed):
    return {key: value for key, value in full(person.registered_centre).items() if not key.startswith(("document", "consent", "id", "centre"))} | {
        "version": "1",
        "nationality": "ML",
        **changed,
    }


def test_every_field_is_corrected_and_a_stale_save_shows_both(as_user, centre):
    person = make_migrant(centre("GAO"), nationality="ML")
    browser, url = as_user("agent.gao"), reverse("cases:edit", args=[person.pk])
    assert browser.post(url, correction(person)).status_code == 302
    person.refresh_from_db()
    assert (person.origin_place, person.languages, person.mother_given_names, person.version) == ("Diéma", ["bam", "fra"], "Awa", 2)
    other = correction(person, languages=["snk", "fra"], origin_place="Nioro", marital_status="widowed")
    page = browser.post(url, other)
    assert page.status_code == 409
    differing = {one["name"]: one for one in page.context["differing"]}
    assert set(differing) == {"languages", "origin_place", "marital_status"}
    assert differing["languages"]["mine"] == "soninké, français" and differing["languages"]["theirs"] == "bambara, français"
    chosen = _as_dict(page.context["typed"]) | {
        "version": "2",
        "differing": list(differing),
        "choose_languages": "theirs",
        "choose_origin_place": "mine",
        "choose_marital_status": "theirs",
    }
    assert browser.post(url, chosen).status_code == 302
    person.refresh_from_db()
    assert (person.languages, person.origin_place, person.marital_status) == (["bam", "fra"], "Nioro", "married")


def test_the_correction_form_shows_what_is_kept(as_user, centre):
    browser = as_user("agent.gao")
    browser.post(URL, full(centre("GAO")))
    person = Migrant.objects.get()
    form = browser.get(reverse("cases:edit", args=[person.pk])).context["form"]
    assert form["languages"].value() == ["bam", "fra"]
    assert form["origin_area"].value() == person.origin_area_id
    assert form["other_phone"].value() == "22366112233"


def test_an_area_of_an_older_list_stays_until_another_is_chosen(as_user, centre):
    old = Area.objects.exclude(vintage=Area.CURRENT_VINTAGE).filter(level=2).first()
    person = make_migrant(centre("GAO"), nationality="ML", origin_country="ML", origin_area=old)
    browser, url = as_user("agent.gao"), reverse("cases:edit", args=[person.pk])
    page = browser.get(url).content.decode()
    assert f"{old.pcode}, {old.vintage}" in page
    assert browser.post(url, correction(person, origin_area=old.pk)).status_code == 302
    person.refresh_from_db()
    assert person.origin_area == old
    fresh = browser.post(URL, full(centre("GAO"), surname="Autre", origin_area=old.pk))
    assert "origin_area" in fresh.context["form"].errors


# --- the API -----------------------------------------------------------------------------------------------------------


def test_the_api_takes_and_shows_all_of_it(api_as, centre):
    client, area = api_as("agent.gao"), cercle()
    body = registration_json(
        centre("GAO"),
        languages=["ful", "fra"],
        origin_country="ML",
        origin_area={"vintage": area.vintage, "pcode": area.pcode},
        mother_given_names="Awa",
        arrival_kind="transit",
        document={"kind": "passport", "number": "P 998877", "country": "ML", "expires_on": "2020-01-01"},
    )
    made = client.post_json("/api/v1/migrants/", body)
    assert made.status_code == 201, made.content
    assert "documents" not in made.json() and "P 998877" not in made.content.decode()
    assert client.post_json("/api/v1/migrants/", body).status_code == 200
    one = client.get(f"/api/v1/migrants/{body['id']}/").json()
    assert one["origin_area"] == {"vintage": area.vintage, "pcode": area.pcode, "name": area.name}
    assert one["languages"] == ["ful", "fra"]
    assert [(d["number"], d["expired"]) for d in one["documents"]] == [("P 998877", True)]
    changed = client.patch_json(f"/api/v1/migrants/{body['id']}/", {"version": 1, "marital_status": "single", "origin_area": None})
    assert (changed.status_code, changed.json()["marital_status"], changed.json()["origin_area"]) == (200, "single", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"languages": ["xxx"]},
        {"languages": "bam"},
        {"origin_area": "ML01"},
        {"origin_area": {"vintage": "2025", "pcode": "ML9999"}},
        {"origin_area": {"vintage": None, "pcode": []}},
        {"marital_status": "?"},
        {"arrived_on": "2999-01-01"},
        {"document": {"kind": "passport"}},
        {"document": {"kind": "passport", "country": "ZZ", "number": "1"}},
        {"consent_method": "spoken"},
    ],
)
def test_the_api_says_what_is_wrong(api_as, centre, wrong):
    answer = api_as("agent.gao").post_json("/api/v1/migrants/", registration_json(centre("GAO"), **wrong))
    assert answer.status_code == 400, answer.content
    assert not Migrant.objects.exists()


def test_a_former_centre_sees_no_phone_and_no_later_paper(api_as, as_user, centre):
    person = make_migrant(centre("GAO"), phone="76112233", other_phone="66112233")
    make_document(centre("GAO"), person, number="OLD111")
    move(person, centre("KAY"))
    make_document(centre("KAY"), person, number="NEW222")
    one = api_as("agent.gao").get(f"/api/v1/migrants/{person.pk}/").json()
    assert (one["phone"], one["other_phone"], [d["number"] for d in one["documents"]]) == ("", "", ["OLD111"])
    page = as_user("agent.gao").get(reverse("cases:identity", args=[person.pk])).content.decode()
    assert "OLD111" in page and "NEW222" not in page and "22366112233" not in page


def test_a_registration_by_service_judges_the_paper(centre):
    with pytest.raises(ValidationError) as refused:
        register_migrant(
            actor=agent_of(centre("GAO")),
            centre=centre("GAO"),
            id=uuid.uuid4(),
            surname="A",
            given_names="B",
            sex="male",
            born_on=datetime.date(1990, 1, 1),
            birth_precision="day",
            nationality="GN",
            consent_method="signed",
            document={"kind": "passport", "number": "1" * 60, "country": "GN"},
        )
    assert set(refused.value.error_dict) == {"document_number"}
    assert not Migrant.objects.exists()
