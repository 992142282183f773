"""A fresh object and a good body for each address of this floor."""

from tests.factories import make_migrant, make_minor
from tests.samples import Sample

from .factories import (
    best_interest_form,
    group_form,
    make_assessment,
    make_attachment,
    make_card,
    make_consent,
    make_data_request,
    make_document,
    make_erasure_list,
    make_file,
    make_group,
    make_import,
    make_merge,
    make_notice,
    make_pair,
    make_photo,
    make_referral,
    make_saved_filter,
    make_step,
    make_structure,
    make_takeover,
    make_token,
    make_tracing,
    person_form,
    picture,
    referral_form,
    registration_form,
    registration_json,
    screening_form,
    step_form,
    structure_form,
)


def _migrant(centre):
    return {"pk": make_migrant(centre).pk}


def _import(centre):
    return {"pk": make_import(centre).pk}


def _new_form(centre):
    return registration_form(centre, surname="Sample", given_names="Unique")


def _correction(centre):
    return {key: value for key, value in registration_form(centre).items() if key not in ("id", "centre")} | {"version": "1"}


def _child(centre):
    return {"pk": make_minor(centre).pk}


def _agreed(centre):
    """Somebody who may be referred."""
    return {"pk": make_referral(centre).migrant_id}


def _referral_json(centre):
    sent = referral_form(centre)
    return sent | {"migrant": str(make_referral(centre).migrant_id)}


def _part(centre):
    return _migrant(centre) | {"number": 2}


def _step(centre):
    return {"pk": make_step(centre).pk}


def _document(centre):
    return {"pk": make_document(centre).pk}


def _group(centre):
    return {"pk": make_group(centre).pk}


def _paper(centre):
    return {"id": registration_form(centre)["id"], "kind": "nina", "number": "123 456", "country": "ML", "version": "1"}


def _common(centre):
    return {name: value for name, value in group_form(centre).items() if name not in ("id", "kind", "centre")} | {"version": "1"}


SAMPLES: dict[str, Sample] = {
    "cases:migrants": Sample(),
    "cases:export": Sample(kwargs=lambda centre: {"kind": "csv"}),
    "cases:own_data": Sample(kwargs=_migrant, data=lambda centre: {"id": registration_form(centre)["id"], "asked": "in_person", "checked": "card"}),
    "cases:own_data_file": Sample(kwargs=lambda centre: {"pk": make_data_request(centre).pk, "kind": "pdf"}),
    "cases:retention": Sample(),
    "cases:propose_erasure": Sample(kwargs=lambda centre: {"code": centre.code}),
    "cases:erasure": Sample(kwargs=lambda centre: {"pk": make_erasure_list(centre).pk}),
    "cases:decide_erasure": Sample(kwargs=lambda centre: {"pk": make_erasure_list(centre).pk}, data={"refuse": "1"}),
    "cases:imports": Sample(
        data=lambda centre: {"id": registration_form(centre)["id"], "centre": centre.code, "file": make_file(b"Nom;Sexe\nx;f\n", "liste.csv", "text/csv")}
    ),
    "cases:import_template": Sample(),
    "cases:import": Sample(kwargs=_import),
    "cases:import_columns": Sample(kwargs=_import, data={"date_order": "dmy"}),
    "cases:import_confirm": Sample(kwargs=_import, data={"alike": "keep_all"}),
    "cases:import_discard": Sample(kwargs=_import),
    "cases:import_report": Sample(kwargs=_import),
    "cases:numbers": Sample(data={"numbers": "GAO-2026-00042-K"}),
    "cases:bulk": Sample(data=lambda centre: {"person": [str(make_migrant(centre).pk)]}),
    "cases:columns": Sample(kwargs=lambda centre: {"name": "people"}, data={"columns": ["sex", "phone"]}),
    "cases:saved_filters": Sample(data={"listing": "people", "query": "sex=male", "name": "Hommes"}),
    "cases:rename_filter": Sample(kwargs=lambda centre: {"pk": make_saved_filter(centre).pk}, data={"name": "Autre"}),
    "cases:delete_filter": Sample(kwargs=lambda centre: {"pk": make_saved_filter(centre).pk}),
    "cases:register": Sample(data=_new_form),
    "cases:similar": Sample(data={"surname": "Traoré", "given_names": "Moussa"}),
    "cases:migrant": Sample(kwargs=_migrant),
    "cases:edit": Sample(kwargs=_migrant, data=_correction),
    "cases:print": Sample(kwargs=_migrant),
    "cases:older": Sample(kwargs=_migrant),
    "cases:reads": Sample(kwargs=_migrant),
    "cases:note": Sample(kwargs=_migrant, data=lambda centre: {"id": registration_form(centre)["id"], "kind": "ordinary", "text": "Essai."}),
    "cases:attach": Sample(kwargs=_migrant, data=lambda centre: {"id": registration_form(centre)["id"], "title": "Passeport", "file": make_file()}),
    "cases:attachment": Sample(kwargs=lambda centre: {"pk": make_attachment(centre).pk}),
    "cases:consents": Sample(kwargs=_migrant, data={"purpose": "referral", "method": "signed", "language": "fra"}),
    "cases:withdraw_consent": Sample(kwargs=lambda centre: {"pk": make_consent(centre).pk}),
    "cases:completeness": Sample(),
    "cases:profile": Sample(kwargs=_migrant),
    "cases:profile_part": Sample(kwargs=_part, data={"version": "0", "q_personnes_a_charge": "3"}),
    "cases:add_step": Sample(kwargs=_migrant, data=step_form),
    "cases:step": Sample(kwargs=_step, data=step_form),
    "cases:move_step": Sample(kwargs=_step, data={"version": "1", "to": "up"}),
    "cases:remove_step": Sample(kwargs=_step, data={"version": "1"}),
    "api-profile": Sample(kwargs=_migrant, data={"version": 0, "answers": {"personnes_a_charge": 3, "besoins": ["soins"]}}, json=True),
    "cases:group_start": Sample(data=group_form),
    "cases:group": Sample(kwargs=_group, data=lambda centre: person_form(surname="Sample", given_names="Unique")),
    "cases:group_common": Sample(kwargs=_group, data=_common),
    "cases:group_print": Sample(kwargs=_group),
    "cases:rights": Sample(),
    "cases:identity": Sample(kwargs=_migrant),
    "cases:add_document": Sample(kwargs=_migrant, data=_paper),
    "cases:document": Sample(kwargs=_document, data=_paper),
    "cases:remove_document": Sample(kwargs=_document),
    "cases:photo": Sample(kwargs=lambda centre: {"pk": make_photo(centre).pk}),
    "cases:take_photo": Sample(kwargs=lambda centre: {"pk": make_photo(centre).pk}, data=lambda centre: {"photo": make_file(picture(), "a.jpg", "image/jpeg")}),
    "cases:remove_photo": Sample(kwargs=lambda centre: {"pk": make_photo(centre).pk}),
    "cases:card": Sample(kwargs=lambda centre: {"pk": make_card(centre).migrant_id}),
    "cases:issue_card": Sample(kwargs=_migrant),
    "cases:replace_card": Sample(kwargs=lambda centre: {"pk": make_card(centre).pk}, data={"reason": "lost"}),
    "cases:duplicates": Sample(),
    "cases:pair": Sample(kwargs=lambda centre: {"pk": make_pair(centre).pk}),
    "cases:apart": Sample(kwargs=lambda centre: {"pk": make_pair(centre).pk}, data={"why": "Frères."}),
    "cases:merge": Sample(kwargs=lambda centre: {"pk": make_pair(centre).pk}, data={"keep": "first"}),
    "cases:undo_merge": Sample(kwargs=lambda centre: {"pk": make_merge(centre).pk}),
    "cases:file_duplicates": Sample(kwargs=_migrant),
    "cases:take_over": Sample(data={"token": "x"}),
    "cases:take_overs": Sample(),
    "cases:takeover_seen": Sample(kwargs=lambda centre: {"pk": make_takeover(centre).pk}),
    "api-migrants": Sample(data=registration_json, json=True),
    "api-migrant": Sample(kwargs=_migrant, data={"version": 1, "phone": "22376123456"}, json=True),
    "api-migrant-search": Sample(data={"q": "Traoré"}, json=True),
    "api-duplicates": Sample(kwargs=_migrant),
    "cases:protection": Sample(kwargs=_migrant),
    "cases:screen": Sample(kwargs=_migrant, data=lambda centre: screening_form()),
    "cases:decide": Sample(
        kwargs=lambda centre: {"pk": make_assessment(make_migrant(centre)).pk}, data={"version": "1", "decision": "not_confirmed", "reasons": "Entretien fait."}
    ),
    "cases:best_interest": Sample(kwargs=_child, data=lambda centre: best_interest_form()),
    "cases:tracing": Sample(
        kwargs=_child, data=lambda centre: {"id": registration_form(centre)["id"], "asked_on": "2026-01-05", "office": "OIM Conakry", "result": "pending"}
    ),
    "cases:tracing_result": Sample(
        kwargs=lambda centre: {"pk": make_tracing(make_minor(centre)).pk},
        data={
            "id": "00000000-0000-4000-8000-000000000000",
            "version": "1",
            "asked_on": "2026-01-05",
            "office": "OIM Conakry",
            "result": "found",
            "result_on": "2026-02-01",
        },
    ),
    "cases:emergency": Sample(data={"case_number": "GAO-2026-99999-X", "reason": "Menace reçue par téléphone"}),
    "cases:acknowledge_emergency": Sample(kwargs=lambda centre: {"pk": make_notice(centre).pk}),
    "cases:referrals": Sample(kwargs=_agreed),
    "referrals:list": Sample(),
    "referrals:directory": Sample(),
    "referrals:new_structure": Sample(data=structure_form),
    "referrals:edit_structure": Sample(kwargs=lambda centre: {"pk": make_structure(centre).pk}, data=lambda centre: structure_form(centre) | {"version": "1"}),
    "referrals:new": Sample(kwargs=_agreed, data=referral_form),
    "referrals:referral": Sample(kwargs=lambda centre: {"pk": make_referral(centre).pk}, data={"version": "1", "to": "accepted"}),
    "referrals:link": Sample(kwargs=lambda centre: {"pk": make_referral(centre).pk}),
    "partner": Sample(
        kwargs=lambda centre: {"token": make_token(make_referral(centre))}, data={"key": "00000000-0000-4000-8000-000000000001", "to": "accepted", "by": "Dr Ba"}
    ),
    "api-referrals": Sample(data=_referral_json, json=True),
    "api-referral": Sample(kwargs=lambda centre: {"pk": make_referral(centre).pk}),
}
