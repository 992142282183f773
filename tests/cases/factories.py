"""Records of this floor, made by the services that make them in the product."""

import io
import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from cases.duplicates import identity_of
from cases.models import Attachment, Consent, Custody, DuplicatePair, Merge, Migrant, Note, Takeover
from cases.services import attach, check_person, merge_files, open_custody, take_over, write_note
from centres.models import Centre
from tests.factories import AGENTS, agent_of, make_migrant

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


def move(migrant: Migrant, centre: Centre) -> None:
    """The person goes to another centre; the first keeps what it wrote."""
    open_custody(actor=agent_of(centre), migrant=migrant, centre=centre, reason=Custody.Reason.TRANSFERRED, exclusive=True)


def manager_of(centre: Centre) -> User:
    return User.objects.get(username=AGENTS[centre.code].replace("agent", "manager"))


def make_pair(centre: Centre, other: Centre | None = None, **identity: Any) -> DuplicatePair:
    """Two files of one person, in two spellings; found by the check."""
    one = make_migrant(centre, **{"surname": "Coulibaly", "given_names": f"Fatoumata {_word()}", "sex": "female", "nationality": "ML", **identity})
    two = make_migrant(other or centre, **{"surname": "Kulibali", "given_names": one.given_names, "sex": "female", "nationality": "ML", **identity})
    return next(pair for pair in check_person(actor=None, migrant_id=two.pk) if one.pk in (pair.first_id, pair.second_id))


def make_merge(centre: Centre, pair: DuplicatePair | None = None, **changed: Any) -> Merge:
    pair = pair or make_pair(centre)
    first, second = Migrant.objects.get(pk=pair.first_id), Migrant.objects.get(pk=pair.second_id)
    values = {"actor": manager_of(centre), "id": uuid.uuid4(), "survivor": first, "merged": second, "versions": (first.version, second.version), "take": ()}
    return merge_files(**{**values, **changed})[0]


def make_takeover(centre: Centre, migrant: Migrant | None = None) -> Takeover:
    """Somebody of Bamako (of Kayes for Bamako itself) who walked to this centre."""
    migrant = migrant or make_migrant(Centre.objects.get(code="KAY" if centre.code == "BKO" else "BKO"), phone="22370112233")
    made, _now = take_over(
        actor=agent_of(centre), id=uuid.uuid4(), migrant=migrant, centre=centre, said=identity_of(migrant), reason="Arrivée à pied.", consent_method="spoken"
    )
    return made


def _word() -> str:
    """A name nobody else in the test bears."""
    return "".join("bdfgklmnst"[int(digit)] + "ao"[int(digit) % 2] for digit in str(uuid.uuid4().int)[:5]).capitalize()


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
