"""A file that is longer than one page: nothing of it is out of reach, and its first page knows what matters however old it is."""

import datetime
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Note
from cases.pages import file
from reception.models import RollCall, RollCallLine
from tests.factories import agent_of, make_migrant
from tests.reception.factories import a_bed, make_flag, make_stay

pytestmark = pytest.mark.django_db
WORDS = re.compile(r"Parole (\d+)")


@pytest.fixture
def long_file(centre, monkeypatch):
    """Forty notes, twenty of them at one moment, and ten evenings on which the person was missing."""
    monkeypatch.setattr(file, "MOST_ON_FILE", 12)
    gao = centre("GAO")
    person = make_stay(gao, bed=a_bed(gao)).migrant
    at, agent = timezone.now() - datetime.timedelta(days=2), agent_of(gao)
    moments = [at if number < 20 else at - datetime.timedelta(minutes=number) for number in range(40)]
    Note.objects.bulk_create(
        Note(id=uuid.uuid4(), migrant=person, kind="ordinary", text=f"Parole {number}", written_by=agent, written_at=when) for number, when in enumerate(moments)
    )
    for back in range(1, 11):
        call = RollCall.objects.create(centre=gao, date=timezone.localdate() - datetime.timedelta(days=back))
        RollCallLine.objects.create(call=call, migrant=person, state="missing", noted_at=at - datetime.timedelta(days=back))
    return person


def pages_of(browser, url):
    """Every page from here on, by its link to older ones."""
    seen = []
    while url:
        text = browser.get(url).content.decode()
        seen.append(text)
        link = re.search(r'href="([^"]*\?after=[^"]*)"', text)
        url = link and (link[1] if link[1].startswith("/") else url.partition("?")[0] + link[1])
    return seen


def test_every_paper_stands_on_exactly_one_page(long_file, as_user):
    pages = pages_of(as_user("agent.gao"), f"/migrants/{long_file.pk}/")
    said = [int(number) for text in pages for number in WORDS.findall(text)]
    assert sorted(said) == list(range(40)) and len(pages) == 5
    assert sum(text.count("Manque à l’appel du soir") for text in pages) == 10 and "Plus anciens" not in pages[-1].partition("<main")[2].partition('class="actions')[2]


def test_the_first_page_knows_what_is_older_than_a_thousand_lines(long_file, as_user, centre):
    make_flag(centre("GAO"), "allergie", migrant=long_file)
    text = as_user("agent.gao").get(f"/migrants/{long_file.pk}/").content.decode()
    assert "D’accord pour" in text and "Aucun accord en cours" not in text  # given at registration, before all of these notes
    older = as_user("agent.gao").get(f"/migrants/{long_file.pk}/older/").content.decode()
    assert "Allergie" in older  # beside the name, on every page


def test_as_many_questions_for_a_long_file(long_file, as_user, centre, monkeypatch):
    browser = as_user("agent.gao")

    def questions(url):
        browser.get(url)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(url).status_code == 200
        return len([one for one in asked.captured_queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    monkeypatch.setattr(file, "MOST_ON_FILE", 300)
    whole = questions(f"/migrants/{long_file.pk}/")
    monkeypatch.setattr(file, "MOST_ON_FILE", 12)
    assert questions(f"/migrants/{long_file.pk}/") == whole <= 12
    assert questions(f"/migrants/{long_file.pk}/older/") <= 12


@pytest.mark.parametrize(
    "after",
    ["", "x", "1~2026~a~b", "2~2026-01-01T00:00:00+00:00~a~b", "1~2026-01-01T00:00:00~a~b", "1~9999-99-99T00:00:00+00:00~~"],
)
def test_an_address_that_makes_no_sense_shows_what_follows_the_file(long_file, as_user, after):
    answer = as_user("agent.gao").get(f"/migrants/{long_file.pk}/older/", {"after": after})
    first = as_user("agent.gao").get(f"/migrants/{long_file.pk}/older/")
    assert answer.status_code == 200 and WORDS.findall(answer.content.decode()) == WORDS.findall(first.content.decode()) != []


def test_an_address_that_is_no_text_is_refused(long_file, as_user):
    answer = as_user("agent.gao").get(f"/migrants/{long_file.pk}/older/", {"after": "1~2026-01-01T00:00:00+00:00~\x00~b"})
    assert answer.status_code == 400 and WORDS.findall(answer.content.decode()) == []


def test_only_in_scope(long_file, as_user, centre):
    assert as_user("agent.kayes").get(f"/migrants/{long_file.pk}/older/").status_code == 404
    assert "Rien de plus ancien" in as_user("agent.gao").get(f"/migrants/{make_migrant(centre('GAO')).pk}/older/").content.decode()
