"""A fresh object and a good body for each address of this floor."""

from tests.factories import make_migrant
from tests.samples import Sample

from .factories import (
    make_attachment,
    make_consent,
    make_data_request,
    make_erasure_list,
    make_file,
    make_import,
    make_saved_filter,
    registration_form,
    registration_json,
)


def _migrant(centre):
    return {"pk": make_migrant(centre).pk}


def _import(centre):
    return {"pk": make_import(centre).pk}


def _new_form(centre):
    return registration_form(centre, surname="Sample", given_names="Unique")


def _correction(centre):
    return {key: value for key, value in registration_form(centre).items() if key not in ("id", "centre")} | {"version": "1"}


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
    "cases:reads": Sample(kwargs=_migrant),
    "cases:note": Sample(kwargs=_migrant, data=lambda centre: {"id": registration_form(centre)["id"], "kind": "ordinary", "text": "Essai."}),
    "cases:attach": Sample(kwargs=_migrant, data=lambda centre: {"id": registration_form(centre)["id"], "title": "Passeport", "file": make_file()}),
    "cases:attachment": Sample(kwargs=lambda centre: {"pk": make_attachment(centre).pk}),
    "cases:consents": Sample(kwargs=_migrant, data={"purpose": "referral", "method": "signed", "language": "fra"}),
    "cases:withdraw_consent": Sample(kwargs=lambda centre: {"pk": make_consent(centre).pk}),
    "api-migrants": Sample(data=registration_json, json=True),
    "api-migrant": Sample(kwargs=_migrant, data={"version": 1, "phone": "22376123456"}, json=True),
    "api-duplicates": Sample(kwargs=_migrant),
}
