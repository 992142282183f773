"""Records of this floor, made by the services that make them in the product."""

import io
import uuid
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from cases.importing import batches
from cases.models import Attachment, Consent, Custody, DataRequest, Erasure, ErasureList, ImportBatch, Migrant, Note, SavedFilter
from cases.services import attach, open_custody, save_filter, write_note
from cases.services.own_data import ask_for_own_data, keep_copy
from centres.models import Centre
from tests.factories import agent_of, make_migrant

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
PDF = b"%PDF-1.7\n1 0 obj\n"
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 40


def make_file(content: bytes = PNG, name: str = "scan.png", kind: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=kind)


def make_note(centre: Centre, migrant: Migrant | None = None, text: str = "Arrivée ce matin.") -> Note:
    return write_note(actor=agent_of(centre), migrant=migrant or make_migrant(centre), kind="ordinary", text=text)


def make_attachment(centre: Centre, migrant: Migrant | None = None, content: bytes = PNG) -> Attachment:
    return attach(actor=agent_of(centre), migrant=migrant or make_migrant(centre), title="Passeport", file=make_file(content))


def make_consent(centre: Centre) -> Consent:
    return make_migrant(centre).consents.get(purpose="registration")


MANAGERS = {"KAY": "manager.kayes", "BKO": "manager.bamako", "GAO": "manager.gao"}
IMPORTED = "Référence;Nom;Sexe;Naissance;Nationalité;Accord;Accord donné par\n1;Essai;homme;1990;ML;oui;signature\n"


def manager_of(centre: Centre) -> User:
    return User.objects.get(username=MANAGERS[centre.code])


def make_import(centre: Centre) -> ImportBatch:
    """A list of one person, checked and without errors, not yet registered."""
    actor = manager_of(centre)
    batch = batches.receive(actor=actor, id=uuid.uuid4(), centre=centre, file=ContentFile(IMPORTED.encode()), name="liste.csv", queued=False)
    batch = batches.read_step(batch, actor=actor)
    matching = {int(place): name for place, name in batch.matching.items()}
    return batches.check_step(batches.choose_columns(actor=actor, batch=batch, matching=matching, date_order="dmy", queued=False), actor=actor)


def make_saved_filter(centre: Centre) -> SavedFilter:
    """Of the centre's manager."""
    return save_filter(actor=manager_of(centre), listing="people", name=f"Essai {uuid.uuid4().hex[:6]}", query="sex=female")


def make_data_request(centre: Centre) -> DataRequest:
    """With its copy there."""
    request = ask_for_own_data(actor=agent_of(centre), id=uuid.uuid4(), migrant=make_migrant(centre), asked="in_person", checked="card")
    return keep_copy(actor=agent_of(centre), request=request, pdf=PDF, json=b"{}")


def make_erasure_list(centre: Centre) -> ErasureList:
    """A list of one person that waits for a second person; as the service would propose it years from now."""
    waiting = ErasureList.objects.filter(centre=centre, confirmed_at=None, refused_at=None).first()
    if waiting is None:
        waiting = ErasureList.objects.create(centre=centre, proposed_by=manager_of(centre))
        Erasure.objects.create(list=waiting, migrant=make_migrant(centre))
    return waiting


def move(migrant: Migrant, centre: Centre) -> None:
    """The person goes to another centre; the first keeps what it wrote."""
    open_custody(actor=agent_of(centre), migrant=migrant, centre=centre, reason=Custody.Reason.TRANSFERRED, exclusive=True)


def registration_form(centre: Centre, /, **changed: Any) -> dict[str, Any]:
    """What the browser sends to register somebody."""
    return {
        "id": str(uuid.uuid4()),
        "centre": centre.code,
        "surname": "Traoré",
        "given_names": "Moussa",
        "sex": "male",
        "birth_0": "15",
        "birth_1": "6",
        "birth_2": "1995",
        "age": "",
        "nationality": "ML",
        "phone": "",
        "accompanied_by": "",
        "consent_purposes": ["registration"],
        "consent_method": "signed",
        "consent_language": "fra",
        **changed,
    }


def registration_json(centre: Centre, /, **changed: Any) -> dict[str, Any]:
    """What a client of the API sends to register somebody."""
    return {
        "id": str(uuid.uuid4()),
        "centre": centre.code,
        "surname": "Traoré",
        "given_names": "Moussa",
        "sex": "male",
        "born_on": "1995-06-15",
        "birth_precision": "day",
        "nationality": "ML",
        "phone": "",
        "consent_method": "signed",
        "consent_purposes": ["registration"],
        **changed,
    }


def body_of(response: Any) -> bytes:
    """The content of an answer that is streamed."""
    out = io.BytesIO()
    for part in response.streaming_content:
        out.write(part)
    return out.getvalue()
