"""Records of this floor, made by the services that make them in the product."""

import datetime
import io
import uuid
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from accounts.models import Organisation, User
from cases.duplicates import identity_of
from cases.importing import batches
from cases.models import (
    Attachment,
    BestInterest,
    Card,
    Consent,
    Custody,
    DataRequest,
    DuplicatePair,
    EmergencyNotice,
    Erasure,
    ErasureList,
    FamilyTracing,
    IdentityDocument,
    ImportBatch,
    Merge,
    Migrant,
    Note,
    Referral,
    RegistrationGroup,
    RouteStep,
    SavedFilter,
    Structure,
    Takeover,
    VulnerabilityAssessment,
)
from cases.services import (
    add_document,
    add_step,
    add_structure,
    ask_for_tracing,
    assess_vulnerability,
    attach,
    check_person,
    current_assessment,
    give_consent,
    issue_card,
    make_link,
    merge_files,
    open_custody,
    open_group,
    open_in_emergency,
    record_best_interest,
    refer,
    save_filter,
    set_photo,
    take_over,
    write_note,
)
from cases.services.own_data import ask_for_own_data, keep_copy
from centres.models import Centre
from centres.roles import Role
from centres.services import post
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
    matching = {int(place): name for place, name in batch.matching.items()} | {batch.columns.index("Accord"): "consent"}
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
        actor=agent_of(centre), id=uuid.uuid4(), migrant=migrant, centre=centre, said=identity_of(migrant), reason="Arrivée à pied.", consent_method="signed"
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


# --- protection and referrals --------------------------------------------------------------------------------------


def protection_officer() -> User:
    return User.objects.get(username="protection")


def posted_protection_officer(centre: Centre, username: str = "protection.posted") -> User:
    """A protection officer of one centre alone: the one of the demonstration sees all of them."""
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User.objects.create(username=username, first_name="Awa", last_name="Sidibé", organisation=protection_officer().organisation, password="!")
        post(actor=None, user=user, role=Role.PROTECTION_OFFICER, centre=centre)
    return user


def make_assessment(migrant: Migrant, *, actor: User | None = None, **changed: Any) -> VulnerabilityAssessment:
    """The agent's screening, or (`actor`) somebody else's, over the one before."""
    current = current_assessment(migrant)
    values = {"factors": ["i_no_means", "h_contact"], "flags": ["ill"], "severity": "medium", "seen": current.pk if current else None, **changed}
    return assess_vulnerability(actor=actor or agent_of(migrant.custodies.filter(until__isnull=True).first().centre), migrant=migrant, **values)


def make_best_interest(migrant: Migrant, **changed: Any) -> BestInterest:
    """A determination for return that holds."""
    values: dict[str, Any] = {
        "kind": "determination",
        "decided_on": timezone.localdate(),
        "panel": [{"name": "M. Konaté", "function": "protection OIM"}, {"name": "A. Diarra", "function": "développement social"}],
        "options": ["return", "stay"],
        "decision": "return",
        "reasons": "La mère attend l’enfant.",
        "guardian": "given",
        "child_view": "Veut rentrer.",
        **changed,
    }
    return record_best_interest(actor=protection_officer(), migrant=migrant, **values)


def make_tracing(migrant: Migrant) -> FamilyTracing:
    return ask_for_tracing(actor=protection_officer(), migrant=migrant, asked_on=timezone.localdate(), office="OIM Conakry")


def make_structure(centre: Centre, **changed: Any) -> Structure:
    values: dict[str, Any] = {
        "organisation": Organisation.objects.get(code="CSREF"),
        "name": f"Centre de santé {uuid.uuid4().hex[:8]}",
        "centre": centre,
        "town": centre.name,
        "services": ["health", "violence"],
        "phone": "76123456",
        **changed,
    }
    return add_structure(actor=User.objects.get(username="admin"), **values)


def make_referral(centre: Centre, migrant: Migrant | None = None, **changed: Any) -> Referral:
    """Sent by the agent, with the person's agreement."""
    migrant = migrant or make_migrant(centre)
    give_consent(actor=agent_of(centre), migrant=migrant, purpose="referral", method="signed")
    values: dict[str, Any] = {
        "structure": changed.pop("structure", None) or make_structure(centre),
        "service": "health",
        "reason": "Fièvre depuis trois jours.",
        "deadline": timezone.localdate() + datetime.timedelta(days=10),
        "shared": ["name", "age"],
        **changed,
    }
    actor = values.pop("actor", None) or agent_of(centre)
    referral, _made = refer(actor=actor, migrant=migrant, **values)
    return referral


def make_token(referral: Referral) -> str:
    _link, token = make_link(actor=protection_officer() if referral.protected else agent_of(referral.centre), referral=referral)
    return token


def make_notice(centre: Centre) -> EmergencyNotice:
    """A file of this centre was opened by a protection officer of another one."""
    elsewhere = Centre.objects.exclude(pk=centre.pk).first()
    user = posted_protection_officer(elsewhere, f"protection.{elsewhere.code.lower()}")
    access = open_in_emergency(actor=user, case_number=make_migrant(centre).case_number, reason=f"Menace reçue par téléphone {uuid.uuid4().hex}")
    return access.notices.get(centre=centre)


def screening_form(**changed: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "seen": "", "flags": ["ill"], "risks_individual": ["i_no_means"], "severity": "medium", "note": "", **changed}


def best_interest_form(**changed: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()), "kind": "determination", "decided_on": timezone.localdate().isoformat(), "options": ["return", "stay"], "decision": "return",
        "reasons": "La mère attend.", "child_view": "Veut rentrer.", "guardian": "given", "name_1": "M. Konaté", "function_1": "OIM",
        "name_2": "A. Diarra", "function_2": "Développement social", **changed,
    }  # fmt: skip


def referral_form(centre: Centre, **changed: Any) -> dict[str, Any]:
    deadline = timezone.localdate() + datetime.timedelta(days=10)
    structure = changed.pop("structure", None) or make_structure(centre)
    return {
        "id": str(uuid.uuid4()), "service": "health", "structure": str(structure.pk), "reason": "Fièvre.", "urgency": "normal",
        "deadline": deadline.isoformat(), "shared": ["name", "age"], **changed,
    }  # fmt: skip


def structure_form(centre: Centre, **changed: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()), "organisation": str(Organisation.objects.get(code="CRM").pk), "name": f"Croix-Rouge {uuid.uuid4().hex[:6]}",
        "centre": centre.code, "town": "Ville", "services": ["family_tracing"], "active": "on", **changed,
    }  # fmt: skip


def make_step(centre: Centre, migrant: Migrant | None = None, /, **values: Any) -> RouteStep:
    """A place on somebody's road; the person is in the care of the centre."""
    values = {"place": "Agadez", "country": "NE", "means": "truck", "events": ["worked"], **values}
    return add_step(actor=agent_of(centre), migrant=migrant or make_migrant(centre), id=uuid.uuid4(), **values)


def step_form(centre: Centre, /, **changed: Any) -> dict[str, Any]:
    """What the browser sends to add a place to a road."""
    return {"id": str(uuid.uuid4()), "version": "1", "place": "Agadez (Niger)", "country": "", "since": "2024-03", "until": "2024-05", "means": "truck", **changed}
