"""A fresh object and a good body for each address of this floor."""

from tests.factories import make_migrant
from tests.samples import Sample

from .factories import make_attachment, make_consent, make_file, make_merge, make_pair, make_takeover, registration_form, registration_json


def _migrant(centre):
    return {"pk": make_migrant(centre).pk}


def _new_form(centre):
    return registration_form(centre, surname="Sample", given_names="Unique")


def _correction(centre):
    return {key: value for key, value in registration_form(centre).items() if key not in ("id", "centre")} | {"version": "1"}


SAMPLES: dict[str, Sample] = {
    "cases:migrants": Sample(),
    "cases:export": Sample(kwargs=lambda centre: {"kind": "csv"}),
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
    "api-duplicates": Sample(kwargs=_migrant),
}
