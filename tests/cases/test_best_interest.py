"""What is best for a child, and the search for the family: protection's alone."""

import datetime
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connections, transaction
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from cases.models import BestInterest, FamilyTracing
from cases.services import record_best_interest, update_tracing
from tests.factories import make_migrant, make_minor

from .factories import best_interest_form, make_best_interest, make_tracing, protection_officer


def test_protection_writes_it_and_nobody_else_sees_it(as_user, persona, centre):
    child, officer = make_minor(centre("GAO")), as_user("protection")
    url, sent = reverse("cases:best_interest", args=[child.pk]), best_interest_form(child_view="Veut voir sa grand-mère")
    for _twice in range(2):
        assert officer.post(url, sent).status_code == 302
    record = BestInterest.objects.get()
    assert [member["name"] for member in record.panel] == ["M. Konaté", "A. Diarra"]
    assert BestInterest.objects.has_determination_for_return(child)
    page = officer.get(f"/migrants/{child.pk}/protection/").content.decode()
    assert "Une détermination permet le retour" in page and "grand-mère" in page
    for username in ("agent.gao", "manager.gao", "returns.gao"):
        browser = as_user(username)
        assert browser.post(url, sent).status_code == 403, username
        for tab in ("", "protection/"):
            text = browser.get(f"/migrants/{child.pk}/{tab}").content.decode()
            assert "grand-mère" not in text and "intérêt supérieur" not in text, username
        assert not BestInterest.objects.visible_to(persona(username)).exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"panel": [{"name": "M. Konaté", "function": "OIM"}]}, "panel"),
        ({"panel": [{"name": "M. Konaté", "function": ""}]}, "panel"),
        ({"child_view": "  "}, "child_view"),
        ({"reasons": ""}, "reasons"),
        ({"options": ["stay"]}, "options"),
        ({"decided_on": timezone.localdate() + datetime.timedelta(days=1)}, "decided_on"),
        ({"decision": "postponed", "options": ["postponed"]}, "__all__"),
        ({"guardian": "refused"}, "__all__"),
        ({"guardian": "who"}, "guardian"),
        ({"valid_until": timezone.localdate() - datetime.timedelta(days=1)}, "__all__"),
    ],
)
def test_what_is_no_decision_is_refused_in_words(centre, changed, field):
    with pytest.raises(ValidationError) as caught:
        make_best_interest(make_minor(centre("GAO")), **changed)
    assert field in caught.value.message_dict
    assert not BestInterest.objects.exists()


def test_nothing_typed_is_lost(as_user, centre):
    answer = as_user("protection").post(reverse("cases:best_interest", args=[make_minor(centre("GAO")).pk]), best_interest_form(name_2="", function_2=""))
    assert answer.status_code == 200 and "au moins deux membres" in answer.content.decode()
    assert answer.context["form"].data["reasons"] == "La mère attend."


def test_an_adult_needs_none(persona, centre):
    with pytest.raises(ValidationError):
        make_best_interest(make_migrant(centre("GAO")))
    with pytest.raises(PermissionDenied):
        record_best_interest(
            actor=persona("agent.gao"), migrant=make_minor(centre("GAO")), kind="assessment", decided_on=timezone.localdate(), panel=[], options=["stay"],
            decision="stay", reasons="x", guardian="given", child_view="x",
        )  # fmt: skip


def test_one_key_is_one_decision(centre):
    child, key = make_minor(centre("GAO")), uuid.uuid4()
    first = make_best_interest(child, id=key)
    assert make_best_interest(child, id=key) == first
    with pytest.raises(SameKeyOtherContent):
        make_best_interest(child, id=key, reasons="Autre chose")


def test_the_database_holds_no_return_against_the_guardian(centre):
    record = make_best_interest(make_minor(centre("GAO")))
    with pytest.raises(IntegrityError), transaction.atomic():
        BestInterest.objects.filter(pk=record.pk).update(guardian="refused")


def test_the_search_for_the_family(as_user, persona, centre):
    child, officer = make_minor(centre("GAO")), as_user("protection")
    url = reverse("cases:tracing", args=[child.pk])
    sent = {"id": str(uuid.uuid4()), "asked_on": timezone.localdate().isoformat(), "office": "OIM Conakry", "sought": "La mère, à Labé", "result": "pending"}
    for _twice in range(2):
        assert officer.post(url, sent).status_code == 302
    tracing = FamilyTracing.objects.get()
    result = reverse("cases:tracing_result", args=[tracing.pk])
    late = officer.post(result, sent | {"version": "1", "result": "found"})
    assert late.status_code == 200 and "Écrivez la date du résultat" in late.content.decode()
    found = sent | {
        "version": "1",
        "result": "found",
        "result_on": timezone.localdate().isoformat(),
        "contact": "Mme Bah",
        "home": "favourable",
        "home_on": timezone.localdate().isoformat(),
    }
    assert officer.post(result, found).status_code == 302
    stale = officer.post(result, found | {"contact": "M. Sow"})
    assert stale.status_code == 409 and "M. Sow" in stale.content.decode() and "Mme Bah" in stale.content.decode()
    for username in ("agent.gao", "returns.gao"):
        assert as_user(username).get(result).status_code == 404
        assert "Labé" not in as_user(username).get(f"/migrants/{child.pk}/protection/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_five_results_at_once_one_is_kept(centre):
    tracing, officer = make_tracing(make_minor(centre("GAO"))), protection_officer()

    def one(number):
        try:
            update_tracing(actor=officer, tracing=tracing, version=1, contact=f"Contact {number}")
            return "kept"
        except Stale:
            return "stale"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(one, range(5))) == ["kept"] + ["stale"] * 4
