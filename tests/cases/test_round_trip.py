"""What Sira wrote, Sira reads as the same: lists of people in every kind of file and every language; and a birth is as exact as it is known wherever it stands."""

import csv
import datetime
import io
import json
import uuid

import openpyxl
import pytest
from django.utils import timezone, translation
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts.models import User
from cases import own_data
from cases.exporting import LISTINGS, _sheet
from cases.importing.checking import check
from cases.importing.reading import read
from cases.importing.titles import guess
from cases.listing import PEOPLE, seen_by
from cases.models import Migrant, RouteStep, latest_of
from cases.services.identity import IDENTITY_FIELDS
from centres.models import Area
from config.spreadsheet import WRITERS, harmless, unguarded
from tests.factories import make_migrant

NAMES = st.sampled_from(["Traoré", "N'Diaye", "=Traoré", "'=x", "''+a", "-Awa", "@b", "'Aïssata", "Ould Ahmed", "Sow-Bâ", "٣محمد", "Total", "Ɓaldé", "1a"])
IDENTITY = st.fixed_dictionaries(
    {
        "surname": NAMES,
        "given_names": NAMES,
        "sex": st.sampled_from(Migrant.Sex.values),
        "born": st.tuples(st.dates(datetime.date(1930, 1, 1), datetime.date(2020, 1, 1)), st.sampled_from(Migrant.Precision.values)),
        "nationality": st.sampled_from(["ML", "GN", "CI", "NE", "NG", "CD", "CG", "GW", "GQ"]),
        "phone": st.sampled_from(["", "22376123456", "0701020304", "224620000000"]),
    },
    optional={
        "other_names": NAMES,
        "father_given_names": NAMES,
        "second_nationality": st.sampled_from(["SN", "FR"]),
        "origin_country": st.just("ML"),
        "area": st.integers(0, 60),
        "origin_place": st.sampled_from(["Ansongo", "-", "=1+1", "Village 3"]).filter(lambda text: text != "-"),
        "languages": st.lists(st.sampled_from(["bam", "fra", "snk", "ful"]), unique=True),
        "marital_status": st.sampled_from(Migrant.MaritalStatus.values),
        "arrival_kind": st.sampled_from(Migrant.ArrivalKind.values),
        "arrived_on": st.dates(datetime.date(2021, 1, 1), datetime.date(2025, 1, 1)),
        "other_phone": st.sampled_from(["22366112233", "0612345678"]),
    },
)
WRITTEN = [name for name in IDENTITY_FIELDS if name != "household_role"]


def made(centre, identity):
    identity = dict(identity)
    born, precision = identity.pop("born")
    area = identity.pop("area", None)
    if area is not None:
        identity |= {"origin_country": "ML", "origin_area": list(Area.objects.current().order_by("pcode"))[area]}
    return make_migrant(centre, **identity, born_on=latest_of(born, precision), birth_precision=precision)


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(everybody=st.lists(IDENTITY, min_size=1, max_size=4), kind=st.sampled_from(sorted(WRITERS)), language=st.sampled_from(["fr", "en", "es"]), short=st.booleans())
def test_an_export_is_read_as_the_people_it_was_written_of(centre, tmp_path, everybody, kind, language, short):
    gao, actor = centre("GAO"), User.objects.get(username="manager.gao")
    kept = {one.case_number: one for one in [made(gao, identity) for identity in everybody]}
    found = list(Migrant.objects.filter(case_number__in=kept).select_related("origin_area").with_care())
    columns = [column for column in PEOPLE.columns if column.usual or not short]
    with translation.override(language):
        content = WRITERS[kind](_sheet(PEOPLE, columns, seen_by(actor, found)))
    path = tmp_path / uuid.uuid4().hex
    path.write_bytes(content)
    table = read(path)
    matching = guess(table.columns)
    assert set(matching.values()) >= {"case_number", "birth", "birth_precision", "nationality"} | (set() if short else set(WRITTEN) - {"born_on"})
    again = check(table, actor=actor, centre=gao, matching=matching, duplicates=False)
    assert not again.problems, again.problems
    assert (again.ready, len(again.known)) == ({}, len(kept))
    # Read by somebody who does not know them: the same people, field by field.
    agreed = len(table.columns)
    table.columns += ["Accord", "Accord donné par", "Réf"]
    table.rows = [(line, [*cells, "oui", "signature", str(line)]) for line, cells in table.rows]
    matching = {place: name for place, name in matching.items() if name != "case_number"} | {agreed: "consent", agreed + 1: "consent_method", agreed + 2: "reference"}
    new = check(table, actor=actor, centre=gao, matching=matching, duplicates=False)
    assert not new.problems, new.problems
    number = next(place for place, name in guess(table.columns).items() if name == "case_number")
    for line, cells in table.rows:
        person, before = new.ready[line].migrant, kept[cells[number]]
        for name in WRITTEN if not short else ("surname", "given_names", "sex", "born_on", "birth_precision", "nationality", "phone"):
            assert getattr(person, name) == getattr(before, name), name


@given(st.text(max_size=12))
def test_the_guard_against_formulas_is_taken_off_again(text):
    text = "".join(char for char in text if char.isprintable())
    assert unguarded(harmless(text)) == text


def test_apostrophes_stand_in_text_files_alone(as_user, centre):
    make_migrant(centre("GAO"), surname="=Traoré")
    browser = as_user("manager.gao")
    assert list(csv.reader(io.StringIO(browser.get("/migrants/export.csv").content.decode("utf-8-sig"))))[2][1] == "'=Traoré"
    cell = openpyxl.load_workbook(io.BytesIO(browser.get("/migrants/export.xlsx").content)).active["B3"]
    assert (cell.value, cell.data_type) == ("=Traoré", "s")


# --- a birth is as exact as it is known --------------------------------------------------------------------------

LAST_DAYS = ("31/12/1990", "31 décembre 1990", "1990-12-31", "31.12.1990", "December 31, 1990")
PARTS = [("year", "1990", "1990"), ("age", "vers 1990", "1990"), ("month", "décembre 1990", "1990-12")]


@pytest.mark.parametrize(("precision", "words", "machines"), PARTS)
def test_a_birth_known_in_part_is_nowhere_a_day(as_user, api_as, centre, precision, words, machines):
    person = make_migrant(centre("GAO"), born_on=datetime.date(1990, 12, 31), birth_precision=precision)
    browser = as_user("manager.gao")
    listed = browser.get("/migrants/export.csv").content.decode()
    shown = [browser.get(f"/migrants/{person.pk}/").content.decode(), browser.get("/migrants/").content.decode(), listed]
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/migrants/export.xlsx").content)).active
    shown.append(" ".join(str(cell.value) for row in book.iter_rows() for cell in row))
    shown.append(api_as("agent.gao").get(f"/api/v1/migrants/{person.pk}/").content.decode())
    RouteStep.objects.create(migrant=person, order=1, place="Alger", country="DZ", since=datetime.date(2024, 3, 1))
    parts = own_data.collect(person, with_protection=True)
    pdf = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(own_data.as_pdf(person, parts, with_protection=True))).pages).split())
    records = json.loads(own_data.as_json(person, parts, with_protection=True))["records"]["cases.migrant"][0]
    for text in (*shown, pdf, json.dumps(records)):
        assert not any(day in text for day in LAST_DAYS)
    assert words in pdf and words in shown[0]
    assert "mars 2024" in pdf and "1 mars 2024" not in pdf
    assert records["born_on"] == machines
    assert machines in listed


def test_only_one_place_writes_births():
    """No column of a list, and no other piece of our code, formats the day itself."""
    day = Migrant(born_on=datetime.date(1990, 12, 31), birth_precision="year", case_number="-", registered_at=timezone.now())
    for listing in LISTINGS.values():
        for column in listing.columns:
            if "birth" in column.tag or "born" in column.name:
                assert column.value(day) in ("1990", "année seulement")
