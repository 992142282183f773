"""A list brought in: registered as by hand, all or nobody, once; whatever the file is, nothing is written that was not checked."""

import csv
import datetime
import io
import random
import threading
import uuid
import zipfile
from typing import Any

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from audit.services import verify
from cases.importing import batches, reading
from cases.importing.births import date_of
from cases.importing.columns import COLUMNS, guess, template
from cases.importing.reading import Unreadable, read
from cases.importing.titles import NEVER_GUESSED, field_of
from cases.models import Consent, ImportBatch, Migrant
from cases.services import register_migrant
from centres.models import Centre
from config.countries import country_name
from jobs.models import Job
from jobs.services import run
from tests.factories import make_migrant

State = ImportBatch.State
HEADER = ["Référence", "Nom", "Prénoms", "Sexe", "Date de naissance", "Nationalité", "Téléphone", "Accord", "Accord donné par"]


def row(number: int, **changed: Any) -> list[Any]:
    values = {
        "reference": f"R{number}",
        "surname": f"Essai{number}",
        "given_names": f"Nom{number}",
        "sex": "homme",
        "birth": "15/06/1995",
        "nationality": "Guinée",
        "phone": "",
        "consent": "oui",
        "method": "signature",
        **changed,
    }
    return list(values.values())


def as_csv(rows: list[list[Any]], header: list[str] = HEADER, separator: str = ";", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([header, *rows])
    return text.getvalue().encode(encoding)


def as_xlsx(rows: list[list[Any]], header: list[str] = HEADER, after: Any = None) -> bytes:
    book = openpyxl.Workbook()
    for values in [header, *rows]:
        book.active.append(values)
    if after:
        after(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


AGED = ["Nom", "Sexe", "Âge", "Nationalité", "Accord", "Accord donné par"]


def two_sheets() -> bytes:
    def after(sheet: Any) -> None:
        other = sheet.parent.create_sheet("Kayes")
        other.append(AGED)
        other.append(["Ailleurs", 1, 30, "ML", "oui", "signature"])

    return as_xlsx([row(1)], after=after)


def receive(content: bytes, centre: Centre, name: str = "liste.csv", username: str = "manager.gao") -> ImportBatch:
    actor = User.objects.get(username=username)
    batch = batches.receive(actor=actor, id=uuid.uuid4(), centre=centre, file=ContentFile(content), name=name, queued=False)
    return batches.read_step(batch, actor=actor)


def chosen(batch: ImportBatch) -> dict[int, str]:
    """What was guessed, and the column of the agreement, which a person chooses."""
    agreed = {place: field for place, title in enumerate(batch.columns) if (field := field_of(title)) in NEVER_GUESSED}
    return {int(place): name for place, name in batch.matching.items()} | agreed


def checked(content: bytes, centre: Centre, *, date_order: str = "dmy", username: str = "manager.gao", **said: Any) -> ImportBatch:
    actor = User.objects.get(username=username)
    batch = receive(content, centre, username=username)
    assert batch.state == State.READ, batch.refusal
    batch = batches.choose_columns(actor=actor, batch=batch, matching=chosen(batch), date_order=date_order, queued=False, **said)
    return batches.check_step(batch, actor=actor)


def imported(content: bytes, centre: Centre, alike: str = "keep_all") -> ImportBatch:
    actor = User.objects.get(username="manager.gao")
    batch = checked(content, centre)
    assert not batch.errors, batch.findings
    batch = batches.confirm(actor=actor, batch=batch, alike=alike, queued=False)
    return batches.write_step(batch, actor=actor)


def errors(batch: ImportBatch) -> list[tuple[int, str]]:
    return [(one["line"], one["column"]) for one in batch.findings if one["kind"] == "error"]


def words(batch: ImportBatch) -> str:
    return " ".join(one["words"] for one in batch.findings if one["kind"] == "error")


@pytest.fixture
def gao(centre) -> Centre:
    return centre("GAO")


# --- what is written ---------------------------------------------------------------------------------------------


def test_a_list_is_registered_and_the_file_is_gone(gao):
    batch = imported(as_csv([row(1), row(2, sex="F", birth="1990", nationality="malien")]), gao)
    assert (batch.state, batch.made, batch.known) == (State.DONE, 2, 0)
    woman = Migrant.objects.get(surname="Essai2")
    assert (woman.sex, woman.born_on, woman.birth_precision, woman.nationality) == ("female", datetime.date(1990, 12, 31), "year", "ML")
    assert woman.case_number.startswith("GAO-")
    assert list(woman.custodies.values_list("centre", "until")) == [(gao.pk, None)]
    assert list(woman.consents.values_list("purpose", "method")) == [("registration", "signed")]
    assert Migrant.objects.best_matching("Essai2 Nom2") == [woman]
    assert (batch.file.name, batch.sample, batch.findings) == ("", [], [])
    report = openpyxl.load_workbook(io.BytesIO(batch.report.read())).active
    assert [cell.value for cell in report[4]] == [3, "enregistrée", woman.case_number]


def test_the_same_list_again_registers_nobody(gao):
    for content in (as_csv([row(1), row(2)]), as_csv([r[1:] for r in (row(3), row(4))], HEADER[1:])):
        first = imported(content, gao)
        numbers = set(Migrant.objects.values_list("case_number", flat=True))
        again = imported(content, gao)
        assert (first.made, again.made, again.known) == (2, 0, 2)
        assert set(Migrant.objects.values_list("case_number", flat=True)) == numbers


def test_a_reference_that_is_another_persons_is_an_error(gao):
    imported(as_csv([row(1)]), gao)
    batch = checked(as_csv([row(1, surname="Autre")]), gao)
    assert errors(batch) == [(2, "A")]
    assert "cette référence a déjà servi" in words(batch)


def test_without_consent_a_row_is_refused_with_words(gao):
    batch = checked(as_csv([row(1), row(2, consent="non"), row(3, consent="")]), gao)
    assert errors(batch) == [(3, "H"), (4, "H")]
    assert "rien ne peut être noté" in words(batch)
    with pytest.raises(Exception, match="erreurs"):
        batches.confirm(actor=User.objects.get(username="manager.gao"), batch=batch, alike="keep_all", queued=False)
    assert not Migrant.objects.exists()


def test_every_error_is_named_with_line_and_column(gao):
    wrong = [row(1, sex="?"), row(2, birth="31/02/1990"), row(3, nationality="Atlantide"), row(4, phone="abc"), row(5, birth="2999"), row(6, surname="", given_names="")]
    batch = checked(as_csv(wrong), gao)
    assert errors(batch) == [(2, "D"), (3, "E"), (4, "F"), (5, "G"), (6, "E"), (7, "B")]
    everything = row(1, surname="123", given_names="", sex="?", birth="31/02/1990", nationality="", phone="abc", consent="non", method="télépathie")
    assert errors(checked(as_csv([everything]), gao)) == [(2, letter) for letter in "BDEFGHI"]
    assert not Migrant.objects.exists()


def test_who_may_be_known_is_named_and_may_be_left_aside(gao):
    known = make_migrant(gao, surname="Coulibaly", given_names="Fatoumata", sex="female", born_on=datetime.date(1990, 3, 2), nationality="ML")
    alike = row(1, surname="Koulibaly", given_names="Fatumata", sex="femme", birth="02/03/1990", nationality="ML")
    twins = [row(2, surname="Diarra", given_names="Awa", sex="f"), row(3, surname="Diara", given_names="Awa", sex="f")]
    batch = checked(as_csv([alike, *twins, row(4)]), gao)
    found = [(one["line"], one["key"], one["other_line"]) for one in batch.findings if one["kind"] == "alike"]
    assert (2, str(known.pk), None) in found
    assert (4, "", 3) in found
    assert batch.alike == 2
    actor = User.objects.get(username="manager.gao")
    with pytest.raises(Exception, match="ressemblantes"):
        batches.confirm(actor=actor, batch=batch, alike="", queued=False)
    batch = batches.write_step(batches.confirm(actor=actor, batch=batch, alike="skip_all", queued=False), actor=actor)
    assert (batch.made, batch.skipped) == (2, 2)
    assert set(Migrant.objects.values_list("surname", flat=True)) == {"Coulibaly", "Diarra", "Essai4"}


def test_two_rows_that_say_the_same_are_asked_about(gao):
    batch = checked(as_csv([row(1)[1:], row(1)[1:]], HEADER[1:]), gao)
    assert errors(batch) == [(3, "")]
    batch = checked(as_csv([row(1), row(1)]), gao)
    assert errors(batch) == [(3, "A")]


SURNAMES = st.sampled_from(["Traoré", "N'Diaye", "Ould  Ahmed", "Keïta ", "ßé", "Sow-Bâ"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    surname=SURNAMES,
    sex=st.sampled_from([("femme", "female"), ("M", "male"), ("autre", "other")]),
    birth=st.sampled_from(
        [("15/06/1995", (1995, 6, 15)), ("1990-02-03", (1990, 2, 3)), ("06/1988", (1988, 6, None)), ("1979", (1979, None, None)), ("vers 2001", (2001, None, None))]
    ),
    nationality=st.sampled_from(["ML", "GN", "SN"]),
    phone=st.sampled_from([("76 12 34 56", "76 12 34 56"), ("+224 621 00 00 00", "+224 621 00 00 00"), ("", "")]),
    method=st.sampled_from([("signature", "signed", ""), ("pouce", "thumb", ""), ("oral", "spoken", "A. Cissé")]),
)
def test_an_import_is_the_same_as_registering_by_hand(gao, surname, sex, birth, nationality, phone, method):
    """Property: but for key, number and moment, the two people and what hangs on them are equal."""
    from cases.services import latest_birth

    actor = User.objects.get(username="manager.gao")
    born_on, precision = latest_birth(*birth[1], estimated="vers" in birth[0])
    by_hand, _made = register_migrant(
        actor=actor, centre=gao, id=uuid.uuid4(), surname=surname, given_names="Awa", sex=sex[1], born_on=born_on, birth_precision=precision,
        nationality=nationality, phone=phone[1], consent_method=method[1], consent_witness=method[2],
    )  # fmt: skip
    reference = uuid.uuid4().hex
    content = as_csv(
        [
            row(
                1,
                reference=reference,
                surname=surname,
                given_names="Awa",
                sex=sex[0],
                birth=birth[0],
                nationality=country_name(nationality),
                phone=phone[0],
                method=method[0],
                witness=method[2],
            )
        ],
        [*HEADER, "Témoin"],
    )
    batch = imported(content, gao)
    listed = Migrant.objects.get(pk=batch.people[0])
    apart = {"id", "case_number", "registered_at", "registered_digest"}
    for field in Migrant._meta.concrete_fields:
        if field.name not in apart:
            assert getattr(listed, field.attname) == getattr(Migrant.objects.get(pk=by_hand.pk), field.attname), field.name
    for related, fields in (
        ("custodies", ("centre", "until", "reason")),
        ("consents", ("purpose", "method", "witness", "language", "text_version", "taken_by", "withdrawn_at")),
    ):
        assert list(getattr(listed, related).values_list(*fields)) == list(getattr(by_hand, related).values_list(*fields))


# --- columns -----------------------------------------------------------------------------------------------------


def test_columns_are_recognised_in_french_english_and_kobo():
    assert guess(["N°", "NOM", "Prénom(s)", "Sexe", "Date naissance", "Nationalité"]) == {
        0: "reference",
        1: "surname",
        2: "given_names",
        3: "sex",
        4: "birth",
        5: "nationality",
    }
    assert guess(["First name", "Last name", "Gender", "DOB", "Country of nationality"]) == {0: "given_names", 1: "surname", 2: "sex", 3: "birth", 4: "nationality"}
    kobo = ["start", "identite/nom", "identite/prenoms", "identite/sexe", "identite/age", "identite/nationalite", "_uuid", "_submission_time"]
    assert guess(kobo) == {1: "surname", 2: "given_names", 3: "sex", 4: "age", 5: "nationality", 6: "reference"}
    titles = [str(column.title) for column in COLUMNS if column.offered]
    assert guess(titles) == {place: column.name for place, column in enumerate(one for one in COLUMNS if one.offered) if column.name not in NEVER_GUESSED}


def test_the_template_filled_in_is_imported(gao):
    book = openpyxl.load_workbook(io.BytesIO(template()))
    sheet = book["Personnes"]
    assert [cell.value for cell in sheet[2]][:2] == ["#x_person+id+external", "#x_person+name+family"]
    sheet.append([column.example or None for column in COLUMNS if column.offered])
    out = io.BytesIO()
    book.save(out)
    batch = imported(out.getvalue(), gao)
    person = Migrant.objects.get(pk=batch.people[0])
    assert (person.surname, person.phone, person.languages, person.sex) == ("Traoré", "22376123456", ["bam", "fra"], "male")


def test_a_missing_column_is_named(gao):
    batch = checked(as_csv([row(1)[:5]], HEADER[:5]), gao)
    assert errors(batch) == [(1, "")]
    assert "Nationalité" in words(batch)
    assert "D’accord pour l’enregistrement" in words(batch)


# --- dates -------------------------------------------------------------------------------------------------------


def test_three_ways_to_write_a_date(gao):
    batch = imported(
        as_xlsx([row(1, birth="15/06/1995"), row(2, birth="1995-06-15"), row(3, birth=34865), row(4, birth=datetime.date(1995, 6, 15)), row(5, birth=1995)]), gao
    )
    born = dict(Migrant.objects.values_list("surname", "born_on"))
    assert {born[f"Essai{n}"] for n in range(1, 5)} == {datetime.date(1995, 6, 15)}
    assert born["Essai5"] == datetime.date(1995, 12, 31)
    assert batch.made == 5


def test_ambiguous_dates_are_named(gao):
    batch = checked(
        as_csv([row(1, birth="03/04/1990"), row(2, birth="12/25/1990"), row(3, birth="1990-04-03"), row(4, birth="05/05/1990"), row(5, birth="03/04/90")]), gao
    )
    assert errors(batch) == [(2, "E"), (3, "E"), (6, "E")]
    assert "ambiguë" in words(batch)
    batch = checked(as_csv([row(1, birth="03/04/1990"), row(2, birth="12/25/1990")]), gao, date_order="mdy")
    assert errors(batch) == []
    assert date_of("03/04/1990", month_first=False) == datetime.date(1990, 4, 3)


# --- hostile files -----------------------------------------------------------------------------------------------


def refusal(content: bytes, gao: Centre, name: str = "liste.xlsx") -> str:
    batch = receive(content, gao, name)
    assert batch.state == State.REFUSED, batch.state
    assert not batch.file
    assert not Migrant.objects.exists()
    return batch.refusal


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


HOSTILE = {
    "empty": (lambda: b"", "vide"),
    "no rows": (lambda: as_csv([]), "aucune personne"),
    "no header": (lambda: b"rien\n", "ligne de titres"),
    "merged": (lambda: as_xlsx([row(1)], after=lambda sheet: sheet.merge_cells("A1:B1")), "A1:B1"),
    "two of a name": (lambda: as_csv([row(1)], ["Nom", *HEADER[1:]]), "même titre «\xa0Nom\xa0» (A et B)"),
    "zip bomb": (lambda: zipped(xl__workbook_xml=b"", bomb=b"\x00" * 20_000_000), "décompressé"),
    "word": (lambda: zipped(word__document=b"<w/>"), "Word"),
    "ods": (lambda: zipped(**{"content.xml": b"<x/>"}), "ODS"),
    "not a workbook": (lambda: zipped(a=b"b"), "n’est pas un classeur"),
    "broken zip": (lambda: as_xlsx([row(1)])[:400], "abîmé"),
    "xls": (lambda: reading.OLE + b"\x00" * 600, ".xls"),
    "password": (lambda: reading.OLE + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"), "mot de passe"),
    "pdf": (lambda: b"%PDF-1.7\n%\xe2\xe3", "PDF"),
    "nul bytes": (lambda: as_csv([row(1)]).replace(b"Essai1", b"Es\x00ai1"), "octets nuls (ligne 2)"),
    "binary": (lambda: bytes(random.Random(1).choices(range(1, 32), k=4000)), "pas une liste"),
    "open quote": (lambda: as_csv([row(1)]) + b'"R2;x\n', "guillemet"),
    "too many values": (lambda: as_csv([[*row(1), "de trop"]]), "ligne 2 a plus de valeurs"),
    "broken utf-16": (lambda: b"\xff\xfe" + as_csv([row(1)], encoding="utf-16-le") + b"\x00\xd8", "encodage"),
    "formula in a title": (lambda: as_xlsx([row(1)], ["=A2", *HEADER[1:]]), "titre de colonne ne se lit pas (c’est une formule"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_file_gets_a_clear_message_and_writes_nothing(gao, name):
    content, expected = HOSTILE[name]
    assert expected in refusal(content(), gao)


def test_entities_are_not_expanded(gao):
    source = as_xlsx([row(1)])
    out = io.BytesIO()
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            new.writestr(member, bomb + content.split(b"?>", 1)[-1] if member.endswith("sheet1.xml") else content)
    assert "ne peut pas être lu" in refusal(out.getvalue(), gao)


def test_a_sheet_with_all_its_lines_is_refused_early(gao, monkeypatch):
    monkeypatch.setattr(reading, "MOST_LINES", 50)
    assert "plus de 50 lignes" in refusal(as_xlsx([row(n) for n in range(60)]), gao)
    monkeypatch.setattr(reading, "MOST_ROWS", 10)
    assert "plus de 10 personnes" in refusal(as_xlsx([row(n) for n in range(20)]), gao)


def test_formulas_are_errors_and_never_evaluated(gao):
    for content in (as_xlsx([row(1, surname="=1+1"), row(2)]), as_csv([row(1, surname="=HYPERLINK(A1)"), row(2)])):
        batch = checked(content, gao)
        assert errors(batch) == [(2, "B")]
        assert "formule" in words(batch)
    assert not Migrant.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_encodings_and_separators(gao, encoding, separator):
    content = as_csv([row(1, surname="Traoré", given_names="Aïssata")], separator=separator, encoding=encoding)
    person = Migrant.objects.get(pk=imported(content, gao).people[0])
    assert (person.surname, person.given_names) == ("Traoré", "Aïssata")


def test_other_sheets_with_data_are_not_silently_left(gao):
    batch = receive(as_xlsx([row(1)], after=lambda sheet: sheet.parent.create_sheet("Kayes").append(["x"])), gao)
    assert any("Kayes" in note for note in batch.notes)


@settings(max_examples=60, deadline=None)
@given(content=st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail), st.text(max_size=300).map(str.encode)))
def test_whatever_is_sent_is_read_or_refused(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(content)
    try:
        assert read(path).rows
    except Unreadable as error:
        assert str(error)


# --- the job, twice, at once -------------------------------------------------------------------------------------


def send(client: Client, content: bytes, name: str = "liste.csv", **data: Any) -> Any:
    file = io.BytesIO(content)
    file.name = name
    return client.post("/migrants/import/", {"id": str(uuid.uuid4()), "centre": "GAO", "file": file, **data})


@pytest.mark.django_db(transaction=True)
def test_through_the_pages_and_the_worker(as_user, centre):
    browser = as_user("manager.gao")
    content = as_csv([row(1), row(2)])
    page = send(browser, content)
    batch = ImportBatch.objects.get()
    assert page["Location"] == f"/migrants/import/{batch.pk}/"
    for job in Job.objects.filter(state="queued"):
        run(job.pk)
    assert "Référence" in browser.get(page["Location"]).content.decode()
    batch.refresh_from_db()
    places = {f"column_{place}": name for place, name in batch.matching.items()} | {"date_order": "dmy"}
    unanswered = browser.post(page["Location"] + "columns/", places)
    assert "Sira ne la devine pas" in unanswered.content.decode()
    browser.post(page["Location"] + "columns/", places | {"consent": str(HEADER.index("Accord"))})
    for job in Job.objects.filter(state="queued"):
        run(job.pk)
    for _click in range(2):
        assert browser.post(page["Location"] + "confirm/", {"alike": "keep_all"}).status_code == 302
    assert Job.objects.filter(parameters__step="write").count() == 1
    for job in Job.objects.filter(state="queued"):
        run(job.pk)
        run(job.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.made) == (State.DONE, 2)
    assert Migrant.objects.count() == 2
    shown = browser.get(page["Location"]).content.decode()
    assert Migrant.objects.first().case_number in shown
    assert browser.get(page["Location"] + "report/").status_code == 200
    assert verify().whole


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once_is_registered_once(centre):
    gao = centre("GAO")
    actor = User.objects.get(username="manager.gao")
    content = as_csv([row(n) for n in range(30)])
    ready = [batches.confirm(actor=actor, batch=checked(content, gao), alike="keep_all", queued=False) for _time in range(2)]
    assert [one.made + one.known for one in _at_once(ready, actor)] == [30, 30]
    assert Migrant.objects.count() == 30
    assert Migrant.objects.values("case_number").distinct().count() == 30


def _at_once(ready: list[ImportBatch], actor: User) -> list[ImportBatch]:
    done: list[ImportBatch] = []
    barrier = threading.Barrier(len(ready))

    def write(batch: ImportBatch) -> None:
        barrier.wait()
        try:
            done.append(batches.write_step(batch, actor=actor))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(batch,)) for batch in ready]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_the_work_writes_nothing(centre):
    actor = User.objects.get(username="manager.gao")
    batch = batches.confirm(actor=actor, batch=checked(as_csv([row(1)]), centre("GAO")), alike="", queued=False)
    held = []

    def hold() -> None:
        held.append(1)
        if len(held) == 2:  # at the end, just before the commit
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        batches.write_step(batch, actor=actor, hold=hold)
    assert not Migrant.objects.exists()
    batch.refresh_from_db()
    assert batch.state == State.WRITING
    assert batches.write_step(batch, actor=actor).made == 1
    assert batches.write_step(ImportBatch.objects.get(pk=batch.pk), actor=actor).made == 1
    assert Migrant.objects.count() == 1


def test_a_file_too_large_is_refused_before_it_is_read(as_user, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    response = send(as_user("manager.gao"), b"x" * 5000)
    assert response.status_code == 413
    assert "partagez" in response.content.decode().casefold()
    assert not ImportBatch.objects.exists()


def test_only_managers_and_only_their_centre(as_user, centre):
    content = as_csv([row(1)])
    assert send(as_user("agent.gao"), content).status_code == 403
    assert send(as_user("manager.gao"), content, centre="KAY").status_code == 200
    assert not ImportBatch.objects.exists()
    batch = receive(content, centre("GAO"))
    assert as_user("manager.gao").get(f"/migrants/import/{batch.pk}/").status_code == 200
    assert as_user("manager.kayes").get(f"/migrants/import/{batch.pk}/").status_code == 404


def test_giving_up_leaves_nothing_of_the_list(gao, django_capture_on_commit_callbacks):
    batch = checked(as_csv([row(1)]), gao)
    names, storage = (batch.file.name, batch.report.name), batch.file.storage
    assert all(storage.exists(name) for name in names)
    with django_capture_on_commit_callbacks(execute=True):
        batch = batches.discard(actor=User.objects.get(username="manager.gao"), batch=batch)
    assert (batch.state, batch.sample, batch.findings, batch.file.name, batch.report.name) == (State.DISCARDED, [], [], "", "")
    assert not any(storage.exists(name) for name in names)


# --- the command -------------------------------------------------------------------------------------------------


def command(path: Any, *options: str) -> str:
    out = io.StringIO()
    call_command("import_migrants", str(path), "--user", "manager.gao", "--centre", "GAO", "--column", "Accord=consent", *options, stdout=out)
    return out.getvalue()


def test_the_command(gao, tmp_path):
    path = tmp_path / "liste.csv"
    path.write_bytes(as_csv([row(1), row(2)]))
    assert "Rien n’est enregistré" in command(path, "--dry-run")
    assert not Migrant.objects.exists()
    assert "2 personnes enregistrées" in command(path)
    assert "0 personnes enregistrées, 2 l’étaient déjà" in command(path)
    path.write_bytes(as_csv([row(3, sex="?")]))
    with pytest.raises(CommandError, match="rien n’est enregistré"):
        command(path)
    for wrong in (["--user", "nobody"], ["--centre", "XXX"], ["--user", "agent.gao"], ["--column", "x=y"]):
        with pytest.raises(CommandError):
            command(path, *wrong)
    with pytest.raises(CommandError):
        command(tmp_path / "none.csv")
    with pytest.raises(CommandError, match="D’accord pour l’enregistrement"):  # never guessed
        call_command("import_migrants", str(path), "--user", "manager.gao", "--centre", "GAO")
    path.write_bytes(two_sheets())
    options = ("--dry-run", "--sheet", "Kayes", "--sex-codes", "fm", "--listed-on")
    assert "au jour de la liste" in command(path, *options, "2020-05-01")
    with pytest.raises(CommandError):
        command(path, *options, "hier")
    with pytest.raises(CommandError, match="Il y a"):
        command(path, "--sheet", "Ailleurs")
    assert Migrant.objects.count() == 2
    assert Consent.objects.count() == 2
