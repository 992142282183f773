"""A fresh object and a good body for each address of this floor."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.samples import Sample

from .factories import a_question, make_draft, make_published, workbook


def _draft(centre):
    return {"pk": make_draft().pk}


def _question(centre):
    return {"pk": a_question(make_draft()).pk}


def _questionnaire(centre):
    return {"pk": make_published().questionnaire_id}


_FORMSET = {"choices-TOTAL_FORMS": "0", "choices-INITIAL_FORMS": "0"}
_QUESTION = {"type": "text", "text_fr": "Essai ?", "version": "1", **_FORMSET}

SAMPLES: dict[str, Sample] = {
    "questionnaires:questionnaires": Sample(),
    "questionnaires:new": Sample(data={"title_fr": "Essai", "kind": "survey"}),
    "questionnaires:new_draft": Sample(kwargs=_questionnaire),
    "questionnaires:archive": Sample(kwargs=_questionnaire, data={"version": "1", "archived": "1"}),
    "questionnaires:import": Sample(
        kwargs=_questionnaire, data=lambda centre: {"file": SimpleUploadedFile("essai.xlsx", workbook([["type", "name", "label"], ["text", "nom", "Nom ?"]]))}
    ),
    "questionnaires:version": Sample(kwargs=_draft),
    "questionnaires:preview": Sample(kwargs=_draft),
    "questionnaires:publish": Sample(kwargs=_draft, data={"revision": "1"}),
    "questionnaires:discard": Sample(kwargs=_draft, data={"revision": "1"}),
    "questionnaires:export": Sample(kwargs=_draft),
    "questionnaires:add_question": Sample(kwargs=_draft, data=_QUESTION),
    "questionnaires:question": Sample(kwargs=_question, data=_QUESTION),
    "questionnaires:move_question": Sample(kwargs=_question, data={"revision": "1", "to": "down"}),
    "questionnaires:remove_question": Sample(kwargs=_question, data={"version": "1"}),
    "api-questionnaires": Sample(),
}
