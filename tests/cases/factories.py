"""Records of this floor, made by the services that make them in the product."""

import io
import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cases.models import Attachment, Card, Consent, Custody, IdentityDocument, Migrant, Note, RegistrationGroup
from cases.services import add_document, attach, give_consent, issue_card, open_custody, open_group, set_photo, write_note
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


def make_document(centre: Centre, migrant: Migrant | None = None, number: str = "AB 123456", **content: Any) -> IdentityDocument:
    values = {"kind": "passport", "country": "GN", "number": number, **content}
    document, _made = add_document(actor=agent_of(centre), migrant=migrant or make_migrant(centre), id=uuid.uuid4(), **values)
    return document


def make_card(centre: Centre, migrant: Migrant | None = None) -> Card:
    return issue_card(actor=agent_of(centre), migrant=migrant or make_migrant(centre))


def picture(kind: str = "JPEG", size: tuple[int, int] = (900, 600), colour: str = "teal", **options: Any) -> bytes:
    """A real picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def make_photo(centre: Centre, migrant: Migrant | None = None) -> Migrant:
    """A person of this centre with a photo, agreed to."""
    migrant = migrant or make_migrant(centre)
    give_consent(actor=agent_of(centre), migrant=migrant, purpose="photo", method="signed")
    return set_photo(actor=agent_of(centre), migrant=migrant, file=make_file(picture(), "moi.jpg", "image/jpeg"))


def make_group(centre: Centre, kind: str = "bus", **common: Any) -> RegistrationGroup:
    values = {"nationality": "GN", "consent_purposes": ("registration",), "consent_method": "signed", "consent_language": "fra", **common}
    group, _made = open_group(actor=agent_of(centre), id=uuid.uuid4(), centre=centre, kind=kind, title="Bus d’Agadez", common=values)
    return group


def group_form(centre: Centre, /, **changed: Any) -> dict[str, Any]:
    """What the browser sends to open a group."""
    return {
        "id": str(uuid.uuid4()),
        "centre": centre.code,
        "kind": "bus",
        "title": "Bus d’Agadez",
        "nationality": "GN",
        "arrival_kind": "transit",
        "consent_purposes": ["registration"],
        "consent_method": "signed",
        "consent_language": "fra",
        **changed,
    }


def person_form(**changed: Any) -> dict[str, Any]:
    """What the browser sends for the next person of a group."""
    return {
        "id": str(uuid.uuid4()),
        "surname": "Diallo",
        "given_names": "Mariama",
        "sex": "female",
        "birth_0": "",
        "birth_1": "",
        "birth_2": "1994",
        "age": "",
        "nationality": "GN",
        "phone": "",
        "adult": "alone",
        "consent_purposes": ["registration"],
        "consent_method": "signed",
        "consent_language": "fra",
        **changed,
    }


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
