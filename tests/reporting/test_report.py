"""The report: asked for, made by a worker, read back."""

import gc
import io
import tempfile
import uuid

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from pypdf import PdfReader

from audit.models import ReadLog
from config import pdf as printing
from jobs import services as jobs
from jobs.models import Job
from reporting import pdf
from reporting.models import Indicator, Report, Snapshot
from reporting.services import ask_for_report, freeze
from tests.factories import make_migrant

from . import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def facts(centre):
    make.make_everything({code: centre(code) for code in ("KAY", "BKO", "GAO")})
    make.make_assistance(make_migrant(centre("GAO"), surname="Introuvable", given_names="Zoumana"), centre("GAO"), make.after(3))


def read(content: bytes) -> tuple[PdfReader, str]:
    reader = PdfReader(io.BytesIO(content))
    return reader, "\n".join(page.extract_text() for page in reader.pages)


def test_a_job_makes_the_report(facts, persona, monkeypatch):
    said = []
    say = jobs.Progress.say
    monkeypatch.setattr(jobs.Progress, "say", lambda self, done, total, step: (said.append((done, total, step)), say(self, done, total, step)))
    report, _new = ask_for_report(actor=persona("steering.eu"), id=uuid.uuid4(), period=make.whole())
    jobs.run(report.pk)
    job = Job.objects.get(pk=report.pk)
    assert (job.state, job.error) == (Job.State.DONE, "")
    assert len(said) > 10
    assert [done for done, _total, _step in said] == sorted(done for done, _total, _step in said)
    assert all(done < total for done, total, _step in said)
    reader, text = read(job.file.read())
    for one in Snapshot.objects.get(job=job).figures["indicators"]:
        assert one["code"] in text
    for word in ("Introuvable", "Zoumana", "Agent Secret", "Anna", "Lindqvist", make_migrant.__name__):
        assert word not in text
    assert "Financé par l’Union européenne" in text
    assert "ne reflète pas nécessairement les opinions de l’Union européenne" in text.replace("\n", " ")
    assert "Page 2 sur" in text
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "fr"
    assert "/StructTreeRoot" in catalogue
    assert reader.metadata.title.startswith("Rapport des indicateurs")
    assert reader.metadata.author == "Sira – MME, OIM, AECID"
    assert b"pdfuaid" in catalogue["/Metadata"].get_data()
    fonts = {str(font.get_object()["/BaseFont"]) for page in reader.pages for font in page["/Resources"]["/Font"].get_object().values()}
    assert all("Source" in name for name in fonts), fonts


def test_no_folder_of_fonts_stays_behind(facts, tmp_path, monkeypatch):
    """A worker's process ends without collecting its garbage."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gc.disable()
    try:
        assert pdf.render(freeze(actor=None, period=make.whole())).startswith(b"%PDF")
        assert list(tmp_path.glob("weasyprint-*")) == []
    finally:
        gc.enable()


def test_every_picture_says_what_it_shows(facts):
    reader, _text = read(pdf.render(freeze(actor=None, period=make.whole())))
    figures, kinds = [], set()

    def walk(element):
        element = element.get_object()
        if isinstance(element, list):
            for child in element:
                walk(child)
        elif hasattr(element, "get"):
            kinds.add(str(element.get("/S", "")))
            if element.get("/S") == "/Figure":
                figures.append(str(element.get("/Alt", "")))
            if "/K" in element:
                walk(element["/K"])

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    assert len(figures) > 30
    assert all(figures)
    assert {"/Table", "/TR", "/TH", "/TD", "/H1", "/H2", "/Figure"} <= kinds


def test_the_report_is_made_of_the_snapshot_alone(facts, centre, django_assert_num_queries):
    snapshot = freeze(actor=None, period=make.whole())
    with django_assert_num_queries(0):
        before = read(pdf.render(snapshot))[1]
    make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(4))
    assert read(pdf.render(Snapshot.objects.get(pk=snapshot.pk)))[1] == before


def test_tried_again_it_keeps_what_was_frozen_first(centre, persona, monkeypatch):
    class Killed(BaseException):
        pass

    def die(snapshot, say, **asked):
        raise Killed

    report, _new = ask_for_report(actor=persona("steering.eu"), id=uuid.uuid4(), period=make.whole())
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(pdf, "render", die)
        jobs.run(report.pk)
    first = Snapshot.objects.get(job=report.job)
    make.make_assistance(make_migrant(centre("GAO")), centre("GAO"), make.after(4))
    Job.objects.filter(pk=report.pk).update(lease_until="2020-01-01T00:00Z")
    jobs.run(report.pk)
    assert Snapshot.objects.get() == first
    assert Job.objects.get(pk=report.pk).result["sha256"] == first.sha256


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://127.0.0.1/", "sira:font/../../x", "sira:static/../config/settings.py", "sira:static/sira.css", "data:text/plain,x"]
)
def test_the_report_fetches_nothing_but_its_fonts_and_the_emblem(url):
    with pytest.raises((ValueError, FileNotFoundError)):
        printing.fetcher().fetch(url)
    assert printing.fetcher().fetch("sira:static/eu_emblem.svg").read().lstrip().startswith(b"<")


# --- pages -------------------------------------------------------------------------------------------------------


def test_asking_twice_is_one_report(as_user):
    client = as_user("steering.eu")
    form = {"id": str(uuid.uuid4()), "from": make.after(0).isoformat(), "to": make.after(90).isoformat()}
    for _click in range(2):
        assert client.post("/reporting/reports/", form).url == f"/jobs/{form['id']}/"
    assert Report.objects.count() == Job.objects.count() == 1
    other = client.post("/reporting/reports/", {**form, "to": make.after(91).isoformat()})
    assert "déjà servi" in other.content.decode()
    backwards = client.post("/reporting/reports/", {"id": str(uuid.uuid4()), "from": "2026-02-01", "to": "2026-01-01"})
    assert "ne peut pas précéder" in backwards.content.decode()
    assert Report.objects.count() == 1


def test_every_member_of_the_committee_may_download_and_it_is_logged(as_user):
    report = make.make_report("steering.mme")
    client = as_user("steering.eu")
    assert f"/reporting/reports/{report.pk}/file/" in client.get("/reporting/reports/").content.decode()
    answer = client.get(f"/reporting/reports/{report.pk}/file/")
    assert (b"".join(answer.streaming_content), answer["Content-Type"]) == (b"%PDF-1.7 essai", "application/pdf")
    assert ReadLog.objects.get(action="downloaded").rows == [str(report.pk)]
    for username in ("agent.gao", "auditor", "protection"):
        assert as_user(username).get(f"/reporting/reports/{report.pk}/file/").status_code == 403


def test_a_report_asked_for_again_from_the_list_of_jobs_is_in_the_list_of_reports(persona):
    report, _new = ask_for_report(actor=persona("steering.eu"), id=uuid.uuid4(), period=make.whole())
    jobs.cancel(actor=persona("steering.eu"), job=report.job)
    again = jobs.retry(actor=persona("steering.eu"), job=Job.objects.get(pk=report.pk), id=uuid.uuid4())
    jobs.run(again.pk)
    assert Report.objects.get(pk=again.pk).job.state == Job.State.DONE


@pytest.mark.parametrize(("language", "words"), [("en", ("Report of the indicators", "Number of people reached by awareness raising", "Awareness raising", "Reading notes")), ("es", ("Informe de los indicadores", "Número de personas sensibilizadas", "Sensibilización", "Notas de lectura"))])  # fmt: skip
def test_the_report_in_the_language_in_which_it_was_asked_for(facts, persona, language, words):
    snapshot = freeze(actor=None, period=make.whole())
    with translation.override(language):
        report, _new = ask_for_report(actor=persona("steering.eu"), id=uuid.uuid4(), period=make.whole())
        html = render_to_string("reporting/report.html", pdf.context(snapshot))
    assert report.job.parameters["language"] == language and pdf.file_name(snapshot, language).endswith(f"-{language}.pdf")
    assert f'<html lang="{language}">' in html
    for one in words:
        assert one in html, one
    for one in Indicator.objects.current():
        assert escape(one.label) not in html, one.code
    with translation.override("fr"):
        french = render_to_string("reporting/report.html", pdf.context(snapshot))
        other, _new = ask_for_report(actor=persona("steering.eu"), id=uuid.uuid4(), period=make.whole())
    assert "language" not in other.job.parameters and "Nombre de personnes sensibilisées" in french and "Rapport des indicateurs" in french
