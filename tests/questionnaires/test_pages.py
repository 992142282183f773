"""The pages on which M&E officers write questionnaires."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from questionnaires import services
from questionnaires.definition import Definition, spec_of
from questionnaires.models import Question, Questionnaire, Version
from questionnaires.xlsform import as_xlsx

from .factories import a_question, editor, make_draft, make_published, spec, workbook

pytestmark = pytest.mark.django_db


def body(**changed):
    return {
        "type": "one",
        "text_fr": "Quel outil ?",
        "choices-TOTAL_FORMS": "3",
        "choices-INITIAL_FORMS": "0",
        "choices-0-fr": "marteau",
        "choices-1-fr": "scie",
        "choices-2-fr": "",
        **changed,
    }


def test_a_question_is_written_without_code(as_user):
    draft, browser = make_draft(spec("un", "yes_no")), as_user("me.iom")
    page = browser.get(reverse("questionnaires:add_question", args=[draft.pk])).content.decode()
    assert "Question un\u00a0?" in page and "toujours" in page
    url = reverse("questionnaires:add_question", args=[draft.pk])
    response = browser.post(url, body(when="selected(${un}, 'yes')", after="=un", required="on", **{"choices-1-value": "2,5"}))
    assert response.status_code == 302
    made = a_question(draft, "quel_outil")
    assert (made.relevant, made.required, [(c.code, str(c.value or "")) for c in made.choices.all()]) == (
        "selected(${un}, 'yes')",
        True,
        [("marteau", ""), ("scie", "2.5000")],
    )
    page = browser.get(reverse("questionnaires:version", args=[draft.pk])).content.decode()
    assert "« Question un\u00a0? »\u00a0: oui" in page.replace("«\u00a0", "« ").replace("\u00a0»", " »") or "oui" in page


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(as_user):
    draft, browser = make_draft(), as_user("me.iom")
    url = reverse("questionnaires:add_question", args=[draft.pk])
    response = browser.post(url, body(relevant="${nulle_part} = 'x'", code="un", text_fr="Ma question ?"))
    assert response.status_code == 200 and "Ma question ?" in response.content.decode() and "marteau" in response.content.decode()
    assert "code" in response.context["form"].errors
    response = browser.post(url, body(relevant="${nulle_part} = 'x'"))
    assert "nulle_part" in str(response.context["form"].errors["relevant"])
    response = browser.post(url, body(relevant="${un} =="))
    assert response.context["form"].errors["relevant"]
    response = browser.post(url, body(type="integer", minimum="9", maximum="3"))
    assert response.context["form"].errors["maximum"]
    response = browser.post(url, {"type": "text", "text_fr": ""})
    assert response.status_code == 200, "a formset without its own fields is no fault"
    assert draft.questions.count() == 2


def test_more_lines_for_answers_without_script(as_user):
    draft, browser = make_draft(), as_user("me.iom")
    response = browser.post(reverse("questionnaires:add_question", args=[draft.pk]), body(more="1"))
    page = response.content.decode()
    assert 'name="choices-7-fr"' in page and "marteau" in page and "Quel outil ?" in page
    assert not response.context["form"].errors
    assert draft.questions.count() == 2


def test_a_stale_save_shows_both(as_user, persona):
    draft = make_draft(spec("un", "one"))
    question = a_question(draft)
    url = reverse("questionnaires:question", args=[question.pk])
    mine = body(text_fr="La mienne", code="un", version="1")
    services.write_question(actor=persona("me.aecid"), draft=draft, question=question, version=1, spec=spec("un", "text", text={"fr": "La sienne"}))
    browser = as_user("me.iom")
    response = browser.post(url, mine)
    assert response.status_code == 409
    page = response.content.decode()
    assert "La sienne" in page and "La mienne" in page and "texte court" in page
    question.refresh_from_db()
    assert str(question) == "La sienne"
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    assert browser.post(url, mine | {"version": version}).status_code == 302
    question.refresh_from_db()
    assert str(question) == "La mienne"


def test_published_pages_offer_no_change(as_user):
    version, browser = make_published(), as_user("me.iom")
    page = browser.get(reverse("questionnaires:version", args=[version.pk])).content.decode()
    assert "Ajouter une question" not in page and "Retirer" not in page
    response = browser.post(reverse("questionnaires:question", args=[a_question(version).pk]), body(version="1"), follow=True)
    assert "elle ne change plus" in response.content.decode()
    assert str(a_question(version)) == "Question un\u00a0?"


def test_publishing_says_what_is_missing_and_then_works(as_user):
    browser = as_user("me.aecid")
    profile = Questionnaire.objects.get(code="profil")
    browser.post(reverse("questionnaires:new_draft", args=[profile.pk]))
    draft = profile.versions.get(state="draft")
    browser.post(reverse("questionnaires:remove_question", args=[a_question(draft, "motifs").pk]), {"version": "1"})
    page = browser.get(reverse("questionnaires:version", args=[draft.pk])).content.decode()
    assert "motifs du départ" in page and "À corriger" in page
    response = browser.post(reverse("questionnaires:publish", args=[draft.pk]), {"revision": "2"}, follow=True)
    assert "Il manque 1 information de base" in response.content.decode()
    services.write_question(actor=editor(), draft=draft, spec=spec("motifs", "several", basic_item=9, choices="travail autre", required=True), after="depart")
    response = browser.post(reverse("questionnaires:publish", args=[draft.pk]), {"revision": "2"}, follow=True)
    assert "Rien n’a été fait" in response.content.decode(), "another had changed it"
    response = browser.post(reverse("questionnaires:publish", args=[draft.pk]), {"revision": "3"}, follow=True)
    assert "est publiée" in response.content.decode()
    assert Version.objects.in_force("profile").number == 2


def test_an_import_is_shown_then_accepted(as_user):
    target, browser = make_published(), as_user("me.iom")
    url = reverse("questionnaires:import", args=[target.questionnaire_id])
    content = workbook([["type", "name", "label"], ["text", "nom", "Nom ?"], ["image", "photo", "Photo ?"]])
    before = Question.objects.count()
    page = browser.post(url, {"file": SimpleUploadedFile("a.xlsx", content)}).content.decode()
    assert "«\u00a0photo\u00a0» n’est pas reprise" in page and "Nom ?" in page
    assert Question.objects.count() == before
    accepted = re.search(r'name="accepted" value="([^"]+)"', page)[1]
    for wrong in ("", "x", accepted[:-2] + "xx"):
        assert "plus valable" in browser.post(url, {"accepted": wrong}, follow=True).content.decode()
    assert "plus valable" in as_user("me.aecid").post(url, {"accepted": accepted}, follow=True).content.decode(), "somebody else's reading"
    other = make_published()
    assert "plus valable" in browser.post(reverse("questionnaires:import", args=[other.questionnaire_id]), {"accepted": accepted}, follow=True).content.decode()
    assert Question.objects.count() == before + 2
    assert browser.post(url, {"accepted": accepted}).status_code == 302
    draft = Version.objects.get(questionnaire=target.questionnaire, state="draft")
    assert list(draft.questions.values_list("code", flat=True)) == ["nom"]
    assert "déjà un brouillon" in browser.post(url, {"accepted": accepted}, follow=True).content.decode(), "clicked twice"


def test_the_shipped_questionnaire_goes_out_and_in_through_the_pages(as_user):
    browser = as_user("me.iom")
    version = Version.objects.in_force("profile")
    sent = browser.get(reverse("questionnaires:export", args=[version.pk]))
    assert sent.content[:2] == b"PK" and 'filename="profil-v1.xlsx"' in sent["Content-Disposition"]
    url = reverse("questionnaires:import", args=[version.questionnaire_id])
    page = browser.post(url, {"file": SimpleUploadedFile("profil.xlsx", as_xlsx(Definition(version)))}).content.decode()
    assert "Tout ce que contient ce fichier est repris." in page
    browser.post(url, {"accepted": re.search(r'name="accepted" value="([^"]+)"', page)[1]})
    draft = version.questionnaire.versions.get(state="draft")
    assert [spec_of(q) for q in Definition(draft).questions] == [spec_of(q) for q in Definition(version).questions]
    services.publish(actor=editor(), draft=draft, revision=1)


def test_the_preview_asks_as_it_will_be_asked(as_user):
    version, browser = Version.objects.in_force("profile"), as_user("me.iom")
    page = browser.get(reverse("questionnaires:preview", args=[version.pk]), {"part": "2"}).content.decode()
    assert "Combien de personnes dépendent d’elle" in page and "À demander si" in page
    assert browser.get(reverse("questionnaires:preview", args=[version.pk]), {"part": "nonsense"}).status_code == 200
    broken = make_draft(spec("un"), spec("deux", relevant="${un} = 'x'"))
    broken.questions.filter(code="deux").update(relevant="${trois} =")
    assert browser.get(reverse("questionnaires:preview", args=[broken.pk])).status_code == 302


@pytest.mark.parametrize("name", ["version", "preview"])
def test_pages_ask_the_database_little(as_user, name):
    version, browser = Version.objects.in_force("profile"), as_user("me.iom")
    url = reverse(f"questionnaires:{name}", args=[version.pk])
    browser.get(url)
    with CaptureQueriesContext(connection) as asked:
        browser.get(url)
    assert len(asked) <= 8, [query["sql"][:120] for query in asked]


def test_the_api_tells_what_is_asked(api_as):
    draft = make_draft()
    published = make_published()
    found = api_as("agent.gao").get("/api/v1/questionnaires/").json()
    codes = {one["code"] for one in found}
    assert {"profil", published.questionnaire.code} <= codes and draft.questionnaire.code not in codes
    profile = next(one for one in found if one["code"] == "profil")
    assert profile["number"] == 1 and len(profile["questions"]) == 31
    assert profile["questions"][9]["text"]["en"].startswith("How many people")
    assert api_as("flows").get("/api/v1/questionnaires/").status_code == 403
