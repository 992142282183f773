"""Whatever is wrong in a form is said at once: what cannot be read, what is missing, consent, dates, and the rules of the service."""

import datetime
import uuid

import pytest
from django.utils import timezone

from cases.models import Consent, Migrant
from centres.models import Room
from reception.models import Stay
from returns.workflow import State

from .cases.factories import make_structure
from .factories import make_migrant
from .reception.factories import a_bed
from .reintegration import factories as reintegration
from .returns import factories as returns

TOMORROW = (timezone.localdate() + datetime.timedelta(days=1)).isoformat()
FUTURE_ARRIVAL = "L’arrivée ne peut pas être dans l’avenir"


def errors_of(answer) -> dict[str, list[str]]:
    """Of the form that came back."""
    assert answer.status_code == 200, answer
    return {name: list(words) for name, words in answer.context["form"].errors.items()}


WRONG = {
    "surname": "Zorgbata", "birth_0": "31", "birth_1": "12", "birth_2": str(timezone.localdate().year), "arrived_on": TOMORROW, "nationality": "",
    "consent_purposes": "photo", "consent_method": "spoken", "consent_witness": "", "consent_language": "fra", "document_kind": "passport",
    "document_number": "---", "document_country": "GN",
}  # fmt: skip


def test_registration_says_everything_at_once(as_user):
    found = errors_of(as_user("agent.gao").post("/migrants/register/", {"id": uuid.uuid4(), **WRONG}))
    assert set(found) == {"sex", "nationality", "birth", "arrived_on", "consent_purposes", "consent_witness", "document_number"}, found
    assert found["birth"] == ["La naissance ne peut pas être dans l’avenir."]
    assert "enregistrement" in found["consent_purposes"][0]


def test_and_lets_through_what_is_right(as_user):
    right = WRONG | {"sex": "female", "nationality": "GN", "birth_2": "1990", "arrived_on": "", "consent_purposes": "registration", "consent_witness": "Moussa"}
    key = uuid.uuid4()
    for _twice in range(2):
        answer = as_user("agent.gao").post("/migrants/register/", {"id": key, **right, "document_number": "A 12"})
        assert answer.status_code == 302
    assert Migrant.objects.filter(pk=key).count() == 1


def test_an_adult_of_the_child_is_judged_with_the_rest(as_user, centre):
    child = make_migrant(centre("GAO"), born_on=timezone.localdate() - datetime.timedelta(days=4000))
    data = WRONG | {
        "birth_2": "1990",
        "accompanied_by": child.case_number,
        "consent_purposes": "registration",
        "consent_witness": "Moussa",
        "document_kind": "",
        "document_number": "",
    }
    found = errors_of(as_user("agent.gao").post("/migrants/register/", {"id": uuid.uuid4(), **data}))
    assert "majeure" in found["accompanied_by"][0]
    assert {"sex", "arrived_on"} <= set(found)


def test_a_group_says_everything_at_once(as_user):
    found = errors_of(as_user("agent.gao").post("/migrants/register/group/", {"id": uuid.uuid4(), "kind": "", **WRONG}))
    assert {"kind", "arrived_on", "consent_purposes", "consent_witness"} <= set(found), found


def test_a_correction_says_everything_at_once(as_user, centre):
    person = make_migrant(centre("GAO"))
    found = errors_of(as_user("agent.gao").post(f"/migrants/{person.pk}/edit/", {"version": 1, **WRONG, "surname": "", "given_names": ""}))
    assert {"surname", "sex", "nationality", "birth", "arrived_on"} <= set(found), found


def test_the_api_says_everything_at_once(api_as):
    body = {
        "id": str(uuid.uuid4()), "centre": "GAO", "surname": "Zorgbata", "given_names": "Awa", "sex": "female", "born_on": "1990-01-01", "birth_precision": "day",
        "nationality": "GN", "arrived_on": TOMORROW, 
        "consent_method": "spoken", "consent_purposes": ["photo"],
    }  # fmt: skip
    answer = api_as("agent.gao").post_json("/api/v1/migrants/", body)
    assert answer.status_code == 400
    said = answer.content.decode()
    assert FUTURE_ARRIVAL in said
    assert "témoin" in said
    assert "Sans l’accord" in said


def test_an_admission_says_everything_at_once_and_a_second_sending_is_the_same_admission(as_user, centre):
    person = make_migrant(centre("GAO"), sex="male")
    page = f"/centres/GAO/check-in/{person.pk}/"
    client = as_user("agent.gao")
    form = client.get(page).context["form"]
    other = a_bed(centre("GAO"), Room.Kind.ISOLATION).pk
    at = (timezone.localtime() + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    found = errors_of(client.post(page, {"id": uuid.uuid4(), "origin": "", "arrived_at": at, "bed": other}))
    assert "origin" in found
    assert FUTURE_ARRIVAL in found["arrived_at"][0]
    assert {"bed", "bed_reason"} & set(found), found
    key = uuid.uuid4()
    for _twice in range(2):
        assert client.post(page, {"id": key, "origin": "walked_in", "bed": form.initial["bed"]}).status_code == 302
    assert Stay.objects.filter(pk=key).count() == 1


def test_a_return_says_everything_at_once(as_user, centre):
    case = returns.make_return_in(centre("GAO"), State.CONSENTED)
    step = {"to": State.DOCUMENTS.value, "version": case.version, "document": "", "document_valid_until": "demain"}
    answer = as_user("returns.gao").post(f"/returns/{case.pk}/", step)
    found = {name: list(words) for name, words in answer.context["step"].errors.items()}
    assert {"document", "document_valid_until"} <= set(found), found


def test_a_reintegration_says_everything_at_once(as_user, centre):
    person = make_migrant(centre("KAY"), nationality="ML")
    officer = as_user("reintegration.kayes")
    data = {"id": uuid.uuid4(), "kind": "", "returned_from": "US", "centre": "KAY", "opened_on": TOMORROW}
    found = errors_of(officer.post(f"/reintegration/open/{person.pk}/", data))
    assert set(found) == {"kind", "returned_from", "opened_on"}, found
    case = reintegration.make_reintegration(centre("KAY"))
    visit = reintegration.visit_of(case, 1)
    found = errors_of(officer.post(f"/reintegration/visits/{visit.pk}/", {"version": visit.version, "done_on": TOMORROW, "situation": ""}))
    assert set(found) == {"done_on", "situation"}, found
    found = errors_of(officer.post(f"/reintegration/{case.pk}/support/", {"id": uuid.uuid4(), "kind": "", "delivered_on": TOMORROW, "amount": "1.5"}))
    assert set(found) == {"kind", "delivered_on", "amount"}, found
    data = {"id": uuid.uuid4(), "kind": "training", "delivered_on": timezone.localdate().isoformat(), "amount": "750 000 F CFA"}
    kinds = [value for value, _words in case.supports.model.Kind.choices]
    assert officer.post(f"/reintegration/{case.pk}/support/", data | {"kind": kinds[0]}).status_code == 302
    assert case.supports.get().amount == 750_000
    found = errors_of(officer.post(f"/reintegration/{case.pk}/close/", {"version": case.version, "state": "", "closed_on": TOMORROW}))
    assert set(found) == {"state", "closed_on"}, found


def test_a_referral_says_everything_at_once(as_user, centre):
    person = make_migrant(centre("GAO"), consent_purposes=(Consent.Purpose.REGISTRATION, Consent.Purpose.REFERRAL))
    structure = make_structure(centre("GAO"))
    far = (timezone.localdate() + datetime.timedelta(days=900)).isoformat()
    data = {"id": uuid.uuid4(), "service": structure.services[0], "structure": structure.pk, "reason": "", "deadline": far, "urgency": "normal"}
    found = errors_of(as_user("agent.gao").post(f"/referrals/new/{person.pk}/", data))
    assert set(found) == {"reason", "deadline"}, found


@pytest.mark.parametrize(("username", "page", "data", "expected"), [
    ("outreach", "/outreach/new/", {"kind": "awareness", "title": "", "held_on": TOMORROW, "women": "1.5", "men": "2", "girls": "0", "boys": "0"}, {"title", "held_on", "community", "women"}),
    ("flows", "/flows/count/", {"counted_on": TOMORROW, "direction": ""}, {"counted_on", "direction", "point"}),
])  # fmt: skip
def test_activities_and_counts_say_everything_at_once(as_user, username, page, data, expected):
    found = errors_of(as_user(username).post(page, {"id": uuid.uuid4(), **data}))
    assert expected <= set(found), found
