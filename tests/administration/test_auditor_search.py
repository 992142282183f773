"""An auditor asks by case number, is told what that means, and reads words: nothing found is no false comfort."""

import csv
import io

import pytest

from audit.models import ReadLog
from cases.models import Migrant, RouteStep
from tests.cases.factories import make_note, make_referral, make_step
from tests.factories import make_migrant
from tests.reception.factories import make_stay

READS, CHANGES = "/administration/reads/", "/administration/changes/"


def asked(browser, address, **filters):
    """As the form sends it: by POST, then the page."""
    answer = browser.post(address, filters)
    assert answer.status_code == 302
    return browser.get(answer["Location"])


def spellings(number: str) -> tuple[str, ...]:
    """Ways in which people write it."""
    return number, number.lower(), number.replace("-", ""), number.replace("-", " "), f"  {number.replace('-', '–')} ", number.replace("-", " - ")


def test_a_case_number_in_any_spelling_finds_what_was_seen_of_the_person(as_user, centre):
    person, other = make_migrant(centre("GAO")), make_migrant(centre("GAO"))
    referral = make_referral(centre("GAO"), migrant=person)
    agent = as_user("agent.gao")
    agent.get(f"/migrants/{person.pk}/")
    agent.get(f"/migrants/{other.pk}/")
    agent.get(f"/referrals/{referral.pk}/")
    browser = as_user("auditor")
    for typed in spellings(person.case_number):
        rows = asked(browser, READS, row=typed).context["page"].rows
        assert {str(person.pk)} <= {key for row in rows for key in row.rows}, typed
        assert not any(str(other.pk) in row.rows and str(person.pk) not in row.rows for row in rows)
    seen = {(row.model, key) for row in ReadLog.objects.filter(rows__contains=[str(referral.pk)]) for key in row.rows}
    found = {(row.model, key) for row in rows for key in row.rows}
    assert {pair for pair in seen if pair[1] == str(referral.pk)} <= found  # also what hangs on the file
    page = asked(browser, READS, row=person.case_number).content.decode()
    assert f"Dossier {person.case_number}" in page and f"<code>{person.case_number}</code>" in page
    assert str(person) not in page  # a number, never a name
    for refused in ("admin", "manager.gao"):
        assert as_user(refused).post(READS, {"row": person.case_number}).status_code == 403


def test_no_reading_and_no_such_file_are_two_answers(as_user, centre):
    person = make_migrant(centre("GAO"))
    browser = as_user("auditor")
    unread = asked(browser, READS, row=person.case_number).content.decode()
    assert "Ce dossier existe, et aucune consultation n’en est notée." in unread
    wrong = person.case_number[:-1] + ("A" if person.case_number[-1] != "A" else "B")
    page = asked(browser, READS, row=wrong)
    assert "mal écrit" in page.content.decode() and page.context["page"].rows == [] and "Aucune consultation" not in page.content.decode()
    absent = "KAY-1999-00042-" + next(sign for sign in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" if _is_number(f"KAY-1999-00042-{sign}"))
    page = asked(browser, READS, row=absent)
    assert f"Aucun dossier ne porte le numéro {absent}." in page.content.decode() and page.context["page"].rows == []
    page = asked(browser, READS, user="personne.nulle.part")
    assert "Aucun compte ne porte cet identifiant." in page.content.decode() and page.context["page"].rows == []


def _is_number(text: str) -> bool:
    from cases import case_numbers

    return case_numbers.clean(text) is not None


def test_changes_of_a_file_and_of_what_hangs_on_it_are_told_in_words(as_user, centre):
    stay = make_stay(centre("GAO"))
    person = stay.migrant
    step = make_step(centre("GAO"), person)
    gone = str(step.pk)
    RouteStep.objects.filter(pk=step.pk).delete()
    note = make_note(centre("GAO"), migrant=person, text="Canari écrit.")
    Migrant.objects.filter(pk=person.pk).update(other_names="Canari")
    browser = as_user("auditor")
    page = asked(browser, CHANGES, row=person.case_number.lower().replace("-", " "))
    rows = page.context["page"].rows
    assert {"cases_migrant", "cases_note", "reception_stay"} <= {row.table for row in rows}
    update = next(row for row in rows if row.table == "cases_migrant" and row.operation == "UPDATE")
    assert "autres noms utilisés" in update.fields and update.number == person.case_number
    text = page.content.decode()
    assert "Canari" not in text and "other_names" not in text and "cases_migrant" not in text.split("<tbody>")[1].replace("table=cases_migrant", "")
    assert str(note.pk) in {row.row for row in rows}
    # What was deleted since is still found by its person.
    assert ("DELETE", gone) in {(row.operation, row.row) for row in rows}
    note_table = asked(browser, CHANGES, row=person.case_number, table="cases_note")
    assert [row.row for row in note_table.context["page"].rows] == [str(note.pk)]


def test_the_files_say_it_in_words_too(as_user, centre):
    person = make_migrant(centre("GAO"))
    as_user("agent.gao").get(f"/migrants/{person.pk}/")
    browser = as_user("auditor")
    for address in (READS, CHANGES):
        page = asked(browser, address, row=person.case_number)
        assert person.case_number not in page.context["export_url"]
        lines = list(csv.reader(io.StringIO(browser.get(page.context["export_url"]).content.decode("utf-8-sig"))))
        assert len(lines) > 1 and person.case_number in lines[1]
        assert "personne" in {cell for line in lines[1:] for cell in line}
        assert "cases" not in "".join(cell for line in lines for cell in line[:4])


@pytest.mark.parametrize("address", [READS, CHANGES])
def test_a_search_costs_few_questions(as_user, centre, django_assert_max_num_queries, address):
    person = make_stay(centre("GAO")).migrant
    as_user("agent.gao").get(f"/migrants/{person.pk}/")
    browser = as_user("auditor")
    where = browser.post(address, {"row": person.case_number})["Location"]
    with django_assert_max_num_queries(12):
        assert browser.get(where).context["page"].rows


def test_every_field_of_the_history_has_words(db):
    from django.apps import apps

    from administration.field_words import FIELDS
    from administration.history_words import field_words

    bare = []
    for model in apps.get_models(include_auto_created=True):
        if any(trigger.name == "audited" for trigger in getattr(model._meta, "triggers", ())):
            for field in model._meta.concrete_fields:
                named = str(field.verbose_name) != field.name.replace("_", " ") or field.name in FIELDS or field.is_relation
                if not named or field_words(model._meta.db_table, field.column).count("_"):
                    bare.append(f"{model._meta.label}.{field.name}")
    assert bare == []
