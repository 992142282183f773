"""A fresh object and a good body for each address of this floor."""

from tests.factories import make_migrant
from tests.samples import Sample

from .factories import (
    group_form,
    make_attachment,
    make_card,
    make_consent,
    make_document,
    make_file,
    make_group,
    make_photo,
    person_form,
    picture,
    registration_form,
    registration_json,
)


def _migrant(centre):
    return {"pk": make_migrant(centre).pk}


def _new_form(centre):
    return registration_form(centre, surname="Sample", given_names="Unique")


def _correction(centre):
    return {key: value for key, value in registration_form(centre).items() if key not in ("id", "centre")} | {"version": "1"}


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
    "api-migrants": Sample(data=registration_json, json=True),
    "api-migrant": Sample(kwargs=_migrant, data={"version": 1, "phone": "22376123456"}, json=True),
    "api-duplicates": Sample(kwargs=_migrant),
}
