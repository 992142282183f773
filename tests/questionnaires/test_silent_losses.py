"""Nothing of a file is dropped or changed without a line saying what and where; where the meaning would change it is refused.

2,000 random forms instead of a few: SIRA_FUZZ_FORMS=2000 pytest tests/questionnaires/test_silent_losses.py -k random"""

import contextlib
import dataclasses
import html
import io
import os
import random
import re
import time
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import assume, given
from hypothesis import settings as settings_of
from hypothesis import strategies as some
from openpyxl import Workbook

from questionnaires import conditions
from questionnaires.answers import clean_answer, said_with
from questionnaires.conditions import ConditionError
from questionnaires.definition import ChoiceSpec, Definition, QuestionSpec, check, spec_of
from questionnaires.forms import AnswerForm
from questionnaires.models import Version
from questionnaires.services import import_draft, new_draft, publish, write_question
from questionnaires.wording import COLUMN_NAMES, cited_in, said
from questionnaires.xlsform import Kind, Refused, as_workbook, as_xlsx, read_sheets, understand
from questionnaires.xlsform.columns import language_code, likely_language
from questionnaires.xlsform.expressions import cleaned
from questionnaires.xlsform.lists import code_of
from questionnaires.xlsform.types import parsed

from .factories import editor, make_published, workbook
from .fuzzing import random_form
from .judging import definition_of, judge, stored

HEAD = ["type", "name", "label::Français (fr)"]
FORMS = sorted((Path(__file__).parent / "forms").glob("*.xlsx"))


@pytest.mark.parametrize("path", FORMS, ids=[path.stem for path in FORMS])
def test_every_cell_is_kept_told_or_refused(path):
    verdict = judge(path.read_bytes())
    assert verdict.silent == []
    assert verdict.refused or verdict.kept


def test_random_forms_lose_nothing_in_silence():
    number = int(os.environ.get("SIRA_FUZZ_FORMS", "30"))
    refused, silent = [], []
    for seed in range(number):
        rng = random.Random(seed)
        verdict = judge(random_form(rng), rng)
        silent += [(seed, words) for words in verdict.silent]
        if verdict.refused:
            refused.append((seed, verdict.refused))
    print(f"{number} forms, {len(refused)} refused, {len(silent)} silent losses")
    assert silent == []
    assert len(refused) < number * 0.3, refused[:5]


OURS = [
    ["list_name", "name", *(f"label::{name}" for name in COLUMN_NAMES.values())],
    ["sira_yes_no", "yes", "oui", "yes", "sí"],
    ["sira_yes_no", "no", "non", "no", "no"],
]


def read(survey, choices=None, settings=None, more=None):
    return understand(read_sheets(workbook(survey, choices, settings, more)))


def form(name):
    return understand(read_sheets((Path(__file__).parent / "forms" / f"{name}.xlsx").read_bytes()))


def exported(found):
    return as_workbook(definition_of(found.questions, found.origin))


# --- each kind, with the value that is right -------------------------------------------------------------------------


def test_a_long_consent_is_kept_whole_and_a_longer_one_refused():
    assert form("x03_long_note").questions[0].text["fr"].endswith(".")
    whole = "Vous êtes libre de refuser. " * 142
    assert len(whole.strip()) > 3900
    assert read([HEAD, ["note", "n", whole], ["text", "q", "Q ?"]]).questions[0].text["fr"] == whole.strip()
    with pytest.raises(Refused, match="survey!C2, survey!C3"):
        read([HEAD, ["note", "n", "x" * 4001], ["note", "m", "x" * 5000], ["text", "q", "Q ?"]])


def test_all_rows_are_read_however_many_stand_empty_between_them():
    assert [q.code for q in form("x14_rows_past_602").questions][-1] == "q648"
    assert len(form("x14_rows_past_602").questions) == 216


def test_a_long_list_takes_no_other_with_it():
    found = form("x01_long_list_then_other")
    assert [q.code for q in found.questions] == ["job"] and [c.code for c in found.questions[0].choices] == ["a", "b", "c"]
    assert {(loss.place, loss.kind) for loss in found.losses} == {("survey · 2", Kind.QUESTION), ("choices · 2–206", Kind.LEFT)}


def test_who_follows_a_group_called_suite_is_asked_all_the_same():
    found = form("x02_group_suite")
    assert [(q.code, q.type, q.relevant) for q in found.questions][1:] == [
        ("suite_entretien", "section", "${accord} = 'n'"),
        ("motif", "text", ""),
        ("suite", "section", ""),
        ("nom_mere", "text", ""),
    ]


def test_titles_of_groups_in_groups_are_kept():
    assert [q.text["fr"] for q in form("x18_nested_group_label").questions] == ["Famille", "Famille – La mère", "Âge ?", "Famille – Le père", "Âge ?"]


def test_codes_keep_their_meaning_and_go_back_as_they_came():
    found = form("x06_negative_codes")
    assert [(c.code, c.origin.get("name")) for c in found.questions[0].choices] == [("1", None), ("0", None), ("moins_1", "-1"), ("moins_99", "-99"), ("99", None)]
    assert [q.relevant for q in found.questions[1:]] == ["${dep} = 'moins_99'", "${dep} = 'moins_99'"]
    sheets = exported(found)
    assert [row["name"] for row in sheets["choices"]] == ["1", "0", "-1", "-99", "99"]
    assert [row["relevant"] for row in sheets["survey"]][1:] == ["${dep} = '-99'", "${dep} = '-99'"]
    assert next(row["type"] for row in sheets["survey"]) == "select_one d"
    upper = form("x28_case_choices")
    assert [(c.code, c.text["fr"]) for c in upper.questions[0].choices] == [("b", "petit b"), ("b_2", "grand B")]
    assert upper.questions[1].relevant == "${a} = 'b_2'"
    place = read([HEAD, ["select_one l", "a", "A ?"]], [["list_name", "name", "label"], ["l", "NG008015", "Ici"], ["l", "ng008015", "Là"]])
    assert [(c.code, c.origin) for c in place.questions[0].choices] == [("ng008015_2", {"name": "NG008015"}), ("ng008015", {})]


@pytest.mark.parametrize(
    ("condition", "here"),
    [
        ("${d} = -99", "${d} = 'moins_99'"),
        ("-99 = ${d}", "${d} = 'moins_99'"),
        ("${d} != '-99'", "${d} != 'moins_99'"),
        ("${d} < 0", "${d} = 'moins_1' or ${d} = 'moins_99'"),
        ("${d} >= 1", "${d} >= 1"),
        ("${d} = 1", "${d} = 1"),
        ("selected(${d}, '-1')", "selected(${d}, 'moins_1')"),
        ("selected(${d}, '')", "selected(${d}, '')"),
        ("${d} = ''", "${d} = ''"),
        ("${d} = 'moins_1'", "false()"),
        ("not(${d} = “-1”)", "not(${d} = 'moins_1')"),
        ("${d}\u00a0= ‘-1’", "${d} = 'moins_1'"),
    ],
)
def test_every_comparison_is_written_with_our_codes(condition, here):
    lists = [["list_name", "name", "label"], ["l", 1, "Un"], ["l", -1, "Refus"], ["l", -99, "NSP"], ["l", 99, "Cent moins un"]]
    found = read([[*HEAD, "relevant"], ["select_one l", "d", "D ?"], ["text", "t", "T ?", condition]], lists)
    assert found.questions[1].relevant == here
    assert [problem.words for problem in check("survey", found.questions)] == []


def test_a_comparison_that_would_mean_something_else_is_refused():
    lists = [["list_name", "name", "label"], ["l", "-1", "A"], ["l", "B", "B"], ["m", "-1", "A"], ["m", "c", "C"]]
    rows = [["select_one l", "d", "D ?"], ["text", "e", "E ?"], ["select_one m", "f", "F ?"]]
    with pytest.raises(Refused, match="Ligne 5"):
        read([[*HEAD, "relevant"], *rows, ["text", "t", "T ?", "${d} = ${e}"]], lists)
    assert read([[*HEAD, "relevant"], *rows, ["text", "t", "T ?", "${d} = ${f}"]], lists).questions[3].relevant == "${d} = ${f}", "one code for one name in both"


def test_yes_and_no_keep_their_own_words():
    first = form("x07_yes_no_labels").questions[0]
    assert (first.type, [(c.code, c.text["fr"]) for c in first.choices]) == ("one", [("yes", "Oui, je veux rentrer"), ("no", "Non, je veux rester")])
    turned = form("xf_yesno").questions
    assert [[(c.code, c.text["fr"]) for c in q.choices] for q in turned[:2]] == [[("yes", "Non, elle refuse"), ("no", "Oui, d'accord")], [("no", "Non"), ("yes", "Oui")]]
    ours = read([HEAD, ["select_one sira_yes_no", "a", "A ?"]], OURS)
    assert (ours.questions[0].type, ours.questions[0].choices) == ("yes_no", ())


def test_what_a_form_says_besides_is_kept_used_and_given_back():
    found = form("x09_messages")
    assert {(loss.column, loss.kind) for loss in found.losses} == {("appearance", Kind.KEPT), ("required_message", Kind.KEPT)}
    with pytest.raises(ValidationError, match="L’âge va de 0 à 120"):
        clean_answer(stored(found.questions[0]), "130")
    asked = AnswerForm(definition=definition_of(found.questions, {}), questions=[stored(q) for q in found.questions], answers={}, version=0)
    assert asked.fields["q_age"].help_text == "Ne pas lire à voix haute"
    row = exported(found)["survey"][0]
    assert (row["constraint_message::Français (fr)"], row["required_message::Français (fr)"]) == ("L’âge va de 0 à 120.", "Demandez l’âge.")
    assert (row["guidance_hint::Français (fr)"], row["appearance"], row["required"]) == ("Ne pas lire à voix haute", "numbers", "yes")
    expression = form("x08_required_expr")
    assert (expression.questions[1].required, expression.losses[0].kind) == (False, Kind.CHECK)
    assert exported(expression)["survey"][1]["required"] == "${a}='o'"
    arabic = form("x04_arabic")
    bambara = read([["type", "name", "label::Bambara (bm)"], ["text", "q", "I tɔgɔ ?"]])
    assert (bambara.questions[0].text, bambara.questions[0].origin) == ({"fr": "I tɔgɔ ?"}, {"label::Bambara (bm)": "I tɔgɔ ?"})
    assert exported(arabic)["survey"][0]["label::العربية (ar)"] == "ما اسمك؟"


def test_settings_come_back_as_they_were():
    said = {"form_title": "Enquête", "form_id": "enq", "version": "7", "instance_name": "${q}", "public_key": "MIIB", "default_language": "English (en)"}
    found = read([["type", "name", "label::English (en)"], ["text", "q", "Name?"]], None, [list(said), list(said.values())])
    assert found.origin == said
    assert said.items() <= exported(found)["settings"][0].items()
    assert {loss.kind for loss in found.losses if loss.sheet == "settings"} == {Kind.KEPT}


def test_an_answer_cited_in_a_text_is_put_there():
    found = form("x05_ref_in_label")
    definition = definition_of(found.questions, {})
    for answers, label in (({"prenom": "Awa"}, "Âge de Awa\u00a0?"), ({}, "Âge de [Prénom\u00a0?]\u00a0?")):
        asked = AnswerForm(definition=definition, questions=definition.questions, answers=answers, version=0)
        assert asked.fields["q_age"].label == label
    assert (str(definition.questions[1]), said_with(definition, "${age} ans", {"age": 7})) == ("Âge de …\u00a0?", "7 ans")
    lost = read([HEAD, ["geopoint", "ou", "Où ?"], ["text", "q", "Ici : ${ou} ?"]])
    assert ["cite" in problem.words for problem in check("survey", lost.questions)] == [True], "not published so"


def test_lists_that_stand_elsewhere_are_told():
    with pytest.raises(Refused, match="search"):
        form("x10_search")
    assert [q.code for q in form("x11_select_from_repeat").questions] == ["z"]
    outside = form("x12_external_choices")
    assert {loss.place for loss in outside.losses} == {"survey · 3", "external_choices"}
    entities = read([[*HEAD, "save_to"], ["text", "q", "Q ?", "nom"]], None, None, {"entities": [["list_name", "label"], ["people", "${q}"]]})
    assert {loss.place for loss in entities.losses} == {"entities", "survey · 2 · save_to"}


def test_a_form_in_english_is_not_taken_for_french():
    found = form("x17b_english_no_default")
    assert found.questions[0].text == {"fr": "What is your name?", "en": "What is your name?"}
    assert [loss.kind for loss in found.losses] == [Kind.TEXT, Kind.TEXT]


def test_formulas_refuse_only_where_they_would_be_taken_and_all_at_once():
    found = form("x30_version_formula")
    assert ("settings · 2 · version", Kind.FORMULA) in {(loss.place, loss.kind) for loss in found.losses}
    with pytest.raises(Refused) as refused:
        read([[*HEAD, "note"], ["text", "q", "=A1", "=B1"], ["text", '="r"', "R ?"]], None, [["version"], ["=NOW()"]])
    assert "survey!C2, survey!B3" in str(refused.value) and "D2" not in str(refused.value)


def test_one_name_for_two_columns_or_two_questions():
    with pytest.raises(Refused, match="disent la même chose"):
        read([[*HEAD, "relevant", "relevance"], ["text", "q", "Q ?", "true()", "false()"]])
    found = read([HEAD, ["begin_group", "g", "G"], ["text", "q", "Un ?"], ["end_group"], ["begin_group", "h", "H"], ["text", "q", "Deux ?"], ["end_group"]])
    assert [q.code for q in found.questions if q.type == "text"] == ["q", "q_2"]
    assert [loss.kind for loss in found.losses] == [Kind.CODE]


def test_what_somebody_changed_in_an_exported_file_counts():
    """Its columns of ours say less than what stands beside them."""
    found = read([HEAD, ["select_one sira_yes_no", "a", "A ?"]], OURS)
    sheets = exported(found)
    sheets["choices"][0]["label::Français (fr)"] = "certainement"
    sheets["survey"][0]["sira_code"] = "Pas un code"
    sheets["settings"][0]["form_title"] = "Un autre titre"
    again = read(*([list(rows[0]), *(list(row.values()) for row in rows)] for rows in sheets.values()))
    assert (again.questions[0].type, again.questions[0].choices[0].text["fr"]) == ("one", "certainement")
    assert again.origin == {"form_title": "Un autre titre"}
    assert {loss.column for loss in again.losses} == {"sira_type", "sira_code", "form_title"}


# --- there and back, as it stands in the database ------------------------------------------------------------------

CODE = some.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
TEXT = some.fixed_dictionaries(
    {"fr": some.sampled_from(["Oui ?", "Combien ?", "=1+1", "l’âge « ici »", "x" * 4000])}, optional={"en": some.just("How?"), "es": some.just("¿Cómo?")}
)


@some.composite
def questionnaires(draw):
    codes = draw(some.lists(CODE, min_size=1, max_size=8, unique=True))
    made = []
    for code in codes:
        kind = draw(some.sampled_from(["text", "long_text", "integer", "decimal", "date", "yes_no", "one", "several", "country", "language", "note", "section"]))
        listed = [spec for spec in made if spec.choices]
        choices, least, relevant = (), None, ""
        if kind in ("one", "several"):
            names = draw(some.lists(some.sampled_from(["1", "99", "moins_99", "b", "b_2", "yes", "no", "autre"]), min_size=1, max_size=5, unique=True))
            choices = tuple(ChoiceSpec(name, draw(TEXT), draw(some.sampled_from([None, Decimal("1.5")]))) for name in names)
        if kind == "integer":
            least = draw(some.sampled_from([None, Decimal(0), Decimal(-5)]))
        if listed and draw(some.booleans()):
            other = draw(some.sampled_from(listed))
            relevant = draw(some.sampled_from(["selected(${%s}, '%s')", "${%s} != '%s'"])) % (other.code, other.choices[0].code)
        answers = kind not in ("note", "section")
        made.append(QuestionSpec(code, kind, draw(TEXT), draw(some.just({}) | TEXT), relevant, answers and draw(some.booleans()), least, None, None, "", choices))
    assume(any(spec.type not in ("note", "section") for spec in made))
    return made


@settings_of(max_examples=25, deadline=None)
@given(questionnaires())
def test_what_leaves_comes_back_the_same(questions):
    found = understand(read_sheets(as_xlsx(definition_of(questions, {}))))
    assert (found.questions, found.origin, found.losses) == (questions, {}, [])


# --- hostile -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", ["${", "${q} ", "(", "'", "“", "not(", "${q} = 'a' and ", "selected(${q}, 'a') or ", " x", "(aa", "-_", "::"])
def test_twice_the_text_takes_about_twice_the_time(piece):
    """No expression over what strangers write goes through it more than a fixed number of times."""

    def seconds(size):
        text = (piece * size)[:size]
        began = time.process_time()  # of this process: others may be at work
        language_code(text), likely_language([text]), parsed(f"select_one {text}"), cleaned(text), code_of(text, set(), letter=True), cited_in(text), said({"fr": text})
        with contextlib.suppress(ConditionError):
            conditions.parse(text)
        return time.process_time() - began

    seconds(1000)
    small, large = (min(seconds(size) for _try in range(3)) for size in (20_000, 80_000))
    assert large < 10 * small + 0.1, "a square would be 16 times as much"
    assert large < 1


def test_conditions_and_texts_of_hostile_size_are_judged_quickly():
    rows = [["text", f"q{n}", ("${q} " * 800)[:3900], ("${q} = 'a' or " * 300)[:3900]] for n in range(150)]
    began = time.monotonic()
    with pytest.raises(Refused, match="5000 fois"):
        read([[*HEAD, "relevant"], ["text", "q", "Q ?"], *rows])
    read([[*HEAD, "relevant"], ["text", "q", "Q ?"], *(["text", f"q{n}", "x (" * 1300, "(" * 3900] for n in range(40))])
    assert time.monotonic() - began < 5


def test_cells_far_away_are_told_or_refused():
    book = Workbook()
    book.active.title = "survey"
    for row in ([*HEAD], ["text", "q", "Q ?"]):
        book.active.append(row)
    book.active.cell(3, 30, "perdu ?")
    book.active.cell(40_000, 1, "text")
    book.active.cell(40_000, 2, "loin")
    book.active.cell(40_000, 3, "Loin ?")
    out = io.BytesIO()
    book.save(out)
    found = understand(read_sheets(out.getvalue()))
    assert [q.code for q in found.questions] == ["q", "loin"]
    assert [loss.place for loss in found.losses] == ["survey · 3 · AD"]


# --- on the page, and in the database --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_groups_what_is_lost_the_dangerous_first(as_user):
    target, browser = make_published(), as_user("me.iom")
    rows = [[*HEAD, "relevant", "appearance"], *(["geopoint", f"g{n}", "Où ?"] for n in range(100)), ["text", "q", "Q ?", "regex(${g0}, 'a')", "w1"]]
    url = reverse("questionnaires:import", args=[target.questionnaire_id])
    page = browser.post(url, {"file": SimpleUploadedFile("a.xlsx", workbook(rows))}).content.decode()
    assert "Tout ce que contient ce fichier" not in page
    assert "102 endroits du fichier" in page
    titles = [(html.unescape(title), int(count)) for title, count in re.findall(r'<summary>\s*([^<]+) <span class="muted">\((\d+)\)', page)]
    assert titles == [(str(Kind.CONDITION.value), 1), (str(Kind.QUESTION.value), 100), (str(Kind.KEPT.value), 1)]
    assert re.findall(r'<details class="section"( open)?>', page) == [" open", "", ""]
    browser.post(url, {"accepted": re.search(r'name="accepted" value="([^"]+)"', page)[1]})
    draft = Version.objects.get(questionnaire=target.questionnaire, state="draft")
    assert draft.questions.get().relevant == "regex(${g0}, 'a')"
    page = browser.get(reverse("questionnaires:version", args=[draft.pk])).content.decode()
    assert "À corriger" in page
    assert browser.get(reverse("questionnaires:question", args=[draft.questions.get().pk])).status_code == 200
    with pytest.raises(ValidationError):
        publish(actor=editor(), draft=draft, revision=draft.revision)


@pytest.mark.django_db
def test_a_questionnaire_without_content_takes_an_import_at_once(as_user):
    browser = as_user("me.iom")
    browser.post(reverse("questionnaires:new"), {"title_fr": "Tout neuf", "kind": "survey"})
    draft = Version.objects.get(questionnaire__title__fr="Tout neuf")
    assert reverse("questionnaires:import", args=[draft.questionnaire_id]) in browser.get(reverse("questionnaires:version", args=[draft.pk])).content.decode()
    url = reverse("questionnaires:import", args=[draft.questionnaire_id])
    page = browser.post(url, {"file": SimpleUploadedFile("a.xlsx", (Path(__file__).parent / "forms" / "x06_negative_codes.xlsx").read_bytes())}).content.decode()
    assert "Tout ce que contient ce fichier est repris." in page
    accepted = {"accepted": re.search(r'name="accepted" value="([^"]+)"', page)[1]}
    assert browser.post(url, accepted).url == reverse("questionnaires:version", args=[draft.pk])
    draft.refresh_from_db()
    assert (draft.number, draft.revision, draft.questions.count()) == (1, 2, 3)
    assert "déjà un brouillon" in browser.post(url, accepted, follow=True).content.decode(), "clicked twice"
    assert draft.questions.count() == 3


@pytest.mark.django_db
def test_the_files_names_outlive_an_edit_and_the_next_version(as_user):
    found = form("x06_negative_codes")
    target = make_published()
    draft = import_draft(actor=editor(), questionnaire=target.questionnaire, questions=found.questions, origin={"version": "7", "form_id": "dep"})
    question = draft.questions.get(code="dep")
    seen = spec_of(question)
    plain = dataclasses.replace(seen, origin={}, text={"fr": "Déplacée ?"}, choices=tuple(dataclasses.replace(choice, origin={}) for choice in seen.choices))
    write_question(actor=editor(), draft=draft, question=question, version=1, spec=plain)
    again = spec_of(draft.questions.get(code="dep"))
    assert (again.text["fr"], again.choices, again.origin) == ("Déplacée ?", seen.choices, seen.origin)
    more = dataclasses.replace(plain, choices=(*plain.choices, ChoiceSpec("code_1", {"fr": "Neuf"})))
    write_question(actor=editor(), draft=draft, question=draft.questions.get(code="dep"), version=2, spec=more)
    draft.refresh_from_db()
    publish(actor=editor(), draft=draft, revision=draft.revision)
    following = new_draft(actor=editor(), questionnaire=target.questionnaire)
    assert following.origin == {"form_id": "dep"}, "the number that the file gave itself is of that version alone"
    assert [row["name"] for row in as_workbook(Definition(following))["choices"]] == ["1", "0", "-1", "-99", "99", "code_1"]
