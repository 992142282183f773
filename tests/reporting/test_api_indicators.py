"""The API of indicators, proof and reports."""

import datetime
import io
import uuid

import openpyxl
import pytest

from audit.models import ReadLog
from jobs.models import Job
from reporting import figures
from reporting.models import Report
from tests.factories import make_migrant

from . import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def facts(centre):
    make.make_everything({code: centre(code) for code in ("KAY", "BKO", "GAO")})


def period() -> str:
    return f"?from={make.whole().start}&to={make.whole().end}"


def test_all_indicators(facts, api_as):
    answer = api_as("steering.eu").get(f"/api/v1/indicators/{period()}")
    assert answer.status_code == 200
    found = answer.json()
    assert len(found) == 36
    one = next(one for one in found if one["code"] == "E3")
    assert {"code", "level", "objective", "label", "unit", "baseline", "target", "targets", "value", "progress", "expected", "disaggregation", "note"} <= one.keys()
    assert (one["value"], one["target"], one["baseline"], one["objective"], one["level"]) == (37, 16000, 0, "OS1", "outcome")
    assert one["progress"] == round(37 / 16000, 4)


def test_without_a_period_it_is_from_the_start_to_today(api_as, centre):
    make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), datetime.date.today())  # noqa: DTZ011
    make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(-1))
    assert next(one for one in api_as("me.iom").get("/api/v1/indicators/").json() if one["code"] == "E3")["value"] == 1


@pytest.mark.parametrize("query", ["?from=hier", "?from=2026-02-01&to=2026-01-01", "?to=2026-02-30", "?from=0001-01-01&to=0001-01-02", "?to=9999-12-31"])
def test_a_wrong_period_is_a_problem(api_as, query):
    answer = api_as("steering.eu").get(f"/api/v1/indicators/{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["errors"]


def test_who_may_see_what(facts, api_as):
    for username, indicators, proof_iom, proof_aecid in [
        ("me.iom", 200, 200, 403), ("me.aecid", 200, 403, 200), ("steering.eu", 200, 403, 403), ("agent.gao", 403, 403, 403), ("auditor", 403, 403, 403),
    ]:  # fmt: skip
        client = api_as(username)
        assert client.get("/api/v1/indicators/").status_code == indicators, username
        assert client.get("/api/v1/indicators/E3/proof/").status_code == proof_iom, username
        assert client.get("/api/v1/indicators/R5.2/proof/").status_code == proof_aecid, username
    assert api_as("me.iom").get("/api/v1/indicators/E99/proof/").status_code == 404


def test_the_proof_has_a_line_for_each_person_and_is_logged(facts, api_as):
    client = api_as("me.iom")
    lines, after = [], ""
    while after is not None:
        page = client.get(f"/api/v1/indicators/E3/proof/{period()}&page_size=10&after={after}").json()
        lines += page["results"]
        after = page["next"]
    assert len(lines) == page["value"] == 37
    assert len({line["reference"] for line in lines}) == 37
    assert all(line["reference"].startswith(("KAY-", "BKO-", "GAO-", "ML-")) or "-" in line["reference"] for line in lines)
    logged = [row for entry in ReadLog.objects.filter(action="listed") for row in entry.rows]
    assert set(logged) == {line["subject"] for line in lines}
    assert client.get(f"/api/v1/indicators/E3/proof/{period()}&after=%27;--").status_code == 400


def test_no_name_and_no_case_number_for_those_without_the_right(facts, api_as, as_user):
    from cases.models import Migrant

    numbers = list(Migrant.objects.values_list("case_number", flat=True))
    names = list(Migrant.objects.values_list("surname", flat=True))
    for username in ("me.aecid", "steering.eu"):
        pages = [
            as_user(username).get(path).content.decode()
            for path in ("/", "/reporting/", "/reporting/indicators/E3/", "/reporting/indicators/E6/", "/reporting/indicators/R5.2/", "/reporting/reports/")
        ]
        pages.append(api_as(username).get(f"/api/v1/indicators/{period()}").content.decode())
        if username == "me.aecid":
            pages.append(as_user(username).get(f"/reporting/indicators/R5.2/proof/{period()}").content.decode())
            pages.append(as_user(username).get(f"/reporting/indicators/R4.1/proof/{period()}").content.decode())
        for page in pages:
            assert not [word for word in numbers + names + ["Agent Secret"] if word in page]
    proof = as_user("me.iom").get(f"/reporting/indicators/E3/proof/{period()}").content.decode()
    assert sum(number in proof for number in numbers) == 37
    assert not [name for name in names if f">{name}" in proof]


def test_report_by_the_api(api_as):
    client = api_as("steering.eu")
    body = {"id": str(uuid.uuid4()), "from": make.after(0).isoformat(), "to": make.after(30).isoformat()}
    first, again = client.post_json("/api/v1/reports/", body), client.post_json("/api/v1/reports/", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"] == body["id"]
    other = client.post_json("/api/v1/reports/", {**body, "to": make.after(31).isoformat()})
    assert (other.status_code, other["Content-Type"]) == (409, "application/problem+json")
    assert client.post_json("/api/v1/reports/", {"id": str(uuid.uuid4()), "from": "2026-02-01", "to": "2026-01-01"}).status_code == 400
    assert (Report.objects.count(), Job.objects.count()) == (1, 1)
    state = client.get(f"/api/v1/reports/{body['id']}/").json()
    assert (state["state"], state["progress"], state["file"]) == ("queued", 0.0, None)
    assert api_as("agent.gao").post_json("/api/v1/reports/", body).status_code == 403


def test_the_file_of_a_report_by_the_api(api_as):
    report = make.make_report()
    client = api_as("steering.eu")
    state = client.get(f"/api/v1/reports/{report.pk}/").json()
    assert (state["state"], state["progress"]) == ("done", 1.0)
    assert b"".join(client.get(state["file"]).streaming_content) == b"%PDF-1.7 essai"
    assert [one["id"] for one in client.get("/api/v1/reports/").json()["results"]] == [str(report.pk)]


def test_spreadsheet(facts, as_user):
    answer = as_user("me.iom").get(f"/reporting/indicators.xlsx{period()}")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet, parts = book.worksheets
    tags = [cell.value for cell in sheet[2]]
    assert tags[:2] == ["#indicator+code", "#indicator+name+i_fr"]
    codes = [row[0].value for row in sheet.iter_rows(min_row=3)]
    assert len(set(codes)) == 36
    reached, hidden = tags.index("#reached+num"), tags.index("#meta+suppressed")
    for row in sheet.iter_rows(min_row=3, values_only=True):
        assert row[reached] is None or isinstance(row[reached], int)
        assert not (row[hidden] and row[reached] is not None)
    part_tags = [cell.value for cell in parts[2]]
    for row in parts.iter_rows(min_row=3, values_only=True):
        value = row[part_tags.index("#reached+num")]
        assert (value is None) == bool(row[part_tags.index("#meta+suppressed")])
    assert ReadLog.objects.filter(action="exported").count() == 1
    assert as_user("agent.gao").get("/reporting/indicators.xlsx").status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/reporting/", "/reporting/indicators/E3/", "/reporting/indicators/E6/", "/reporting/indicators/R1.4/", "/reporting/indicators/E3/proof/", "/reporting/reports/"],
)
def test_pages_ask_the_database_little(facts, as_user, path, django_assert_max_num_queries):
    client = as_user("me.iom")
    client.get(path)
    with django_assert_max_num_queries(12):
        assert client.get(path).status_code == 200


def test_committee_page(facts, as_user):
    page = as_user("steering.eu").get(f"/reporting/{period()}").content.decode()
    assert page.count('href="/reporting/indicators/') >= 36
    for words in ("en retard", "à saisir", "échoués au Niger", "Notes de lecture", "70 000 migrants et migrants potentiels 200 communautés", "Produire le rapport"):
        assert words in page
    wrong = as_user("steering.eu").get("/reporting/?from=2026-02-01&to=2026-01-01").content.decode()
    assert "ne peut pas précéder" in wrong


def test_home_shows_the_state_of_the_targets_to_the_committee(facts, as_user):
    page = as_user("steering.eu").get("/").content.decode()
    assert "L’état des cibles" in page
    assert "Produire le rapport" in page
    assert "L’état des cibles" not in as_user("agent.gao").get("/").content.decode()


def test_values_to_validate_are_on_the_home_page_of_the_second_person(as_user):
    make.make_colleague("me.iom")
    make.make_value("me.iom", "R1.4", 12)
    assert "Valeurs à valider" in as_user("me.iom.2").get("/").content.decode()
    assert "Valeurs à valider" not in as_user("me.iom").get("/").content.decode()
    assert "Valeurs à valider" not in as_user("me.aecid").get("/").content.decode()


def test_home_and_committee_judge_alike(centre, as_user):
    """One judgement: the bar of the home page says the word of the table and of the report."""
    for _number in range(12):
        make.make_trainee(make.make_activity("training", make.after(40)))
    one = next(one for one in figures.build(figures.default_period()) if one["code"] == "E10")
    home = as_user("steering.eu").get("/").content.decode()
    [bar] = [svg for svg in home.split("<svg")[1:] if "Agents formés" in svg.split("</svg>")[0]]
    bar = bar.split("</svg>")[0]
    assert one["state_label"] in bar
    assert [word for word in ("en retard", "dans les temps", "en bonne voie", "en avance") if word in bar] == [one["state_label"]]


def test_an_empty_cell_of_the_sheet_is_empty(centre, as_user):
    content = as_user("steering.eu").get("/reporting/indicators.xlsx").content
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert all(cell.value != "'" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_a_day_of_ones_choice_is_said_to_count_from_the_start(centre, as_user, api_as):
    page = as_user("steering.eu").get("/reporting/?from=2026-11-16&to=2026-11-16").content.decode()
    assert "comptées depuis le début de l’action" in page
    one = next(one for one in api_as("steering.eu").get("/api/v1/indicators/?from=2026-11-16&to=2026-11-16").json() if one["code"] == "E6")
    assert one["counted"] == {"from": make.starts().isoformat(), "to": "2026-10-31"}
