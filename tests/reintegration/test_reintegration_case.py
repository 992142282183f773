"""Opening, conducting and closing a reintegration, and who may."""

import datetime
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, InternalError, connection, connections, transaction
from django.urls import reverse

from audit.acting import SameKeyOtherContent, Stale
from audit.models import ReadLog
from cases.models import Migrant
from reintegration import services
from reintegration.models import ReintegrationCase, Support, Visit, add_months

from ..factories import make_migrant
from .factories import day, make_followed_up, make_reintegration, make_visit, officer_of, visit_of

pytestmark = pytest.mark.django_db


def _url(case, name="case"):
    return reverse(f"reintegration:{name}", kwargs={"pk": case.pk})


def _check_now():
    """What the database checks at the end of a transaction, now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


# --- opening


def test_the_officer_of_the_centre_opens_others_may_not(persona, centre):
    migrant = make_migrant(centre("KAY"), nationality="ML")
    asked = {"migrant": migrant, "kind": "individual", "returned_from": "DZ", "centre": centre("KAY")}
    for username in ("agent.kayes", "reintegration.bamako", "returns.gao", "protection"):
        with pytest.raises(PermissionDenied):
            services.open_reintegration(actor=persona(username), **asked)
    case, made = services.open_reintegration(actor=persona("reintegration.kayes"), **asked)
    assert made and case.returned_from_continent == "africa"
    assert list(case.visits.order_by("month").values_list("month", "due_on")) == [(m, add_months(day(), m)) for m in (1, 3, 6, 9, 12)]


def test_the_antenna_that_follows_sees_the_file_beside_the_first_centre(persona, centre):
    migrant = make_migrant(centre("BKO"), nationality="ML")
    assert not Migrant.objects.visible_to(persona("reintegration.kayes")).filter(pk=migrant.pk).exists()
    asked = {"actor": persona("reintegration.bamako"), "migrant": migrant, "kind": "individual", "returned_from": "DZ"}
    services.open_reintegration(**asked, centre=centre("KAY"))
    for username in ("reintegration.kayes", "reintegration.bamako", "agent.bamako"):
        assert Migrant.objects.visible_to(persona(username)).filter(pk=migrant.pk).exists()
    assert set(migrant.custodies.filter(until=None).values_list("centre__code", flat=True)) == {"BKO", "KAY"}


@pytest.mark.parametrize("country,continent", [("DZ", "africa"), ("FR", "europe"), ("ML", None), ("US", None), ("XX", None), ("", None)])
def test_a_return_from_europe_or_africa(persona, centre, country, continent):
    asked = {"actor": persona("reintegration.kayes"), "migrant": make_migrant(centre("KAY"), nationality="ML"), "kind": "community", "centre": centre("KAY")}
    if continent is None:
        with pytest.raises(ValidationError) as caught:
            services.open_reintegration(**asked, returned_from=country)
        assert "returned_from" in caught.value.message_dict
    else:
        assert services.open_reintegration(**asked, returned_from=country)[0].returned_from_continent == continent


def test_the_same_key_is_one_case(persona, centre):
    migrant = make_migrant(centre("KAY"), nationality="ML")
    asked = {"actor": persona("reintegration.kayes"), "migrant": migrant, "kind": "individual", "returned_from": "DZ", "centre": centre("KAY"), "id": uuid.uuid4()}
    first, again = services.open_reintegration(**asked), services.open_reintegration(**asked)
    assert (first[1], again[1]) == (True, False) and Visit.objects.filter(case=first[0]).count() == 5
    with pytest.raises(SameKeyOtherContent):
        services.open_reintegration(**{**asked, "returned_from": "FR"})


def test_one_open_reintegration_a_person(persona, centre):
    case = make_reintegration(centre("KAY"))
    with pytest.raises(ValidationError, match="déjà une réintégration"):
        make_reintegration(centre("KAY"), case.migrant)
    with pytest.raises(ValidationError) as caught:
        make_reintegration(centre("KAY"), opened_on=day(1))
    assert "opened_on" in caught.value.message_dict


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_opens(persona, centre):
    migrant, actor = make_migrant(centre("KAY"), nationality="ML"), persona("reintegration.kayes")

    def one(number):
        try:
            return services.open_reintegration(actor=actor, migrant=migrant, kind="individual", returned_from="DZ", centre=centre("KAY"))[1]
        except ValidationError:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one, range(20))) == 1
    assert Visit.objects.filter(case__migrant=migrant).count() == 5


# --- plan and supports


def test_the_plan_is_never_overwritten_unseen(persona, centre):
    case, actor = make_reintegration(centre("KAY")), persona("reintegration.kayes")
    services.revise_plan(actor=actor, case=case, version=1, plan="Boulangerie", enhanced=True, region="Kayes")
    with pytest.raises(Stale) as caught:
        services.revise_plan(actor=actor, case=case, version=1, plan="Élevage", enhanced=False, region="Kayes")
    assert caught.value.current.plan == "Boulangerie"
    with pytest.raises(PermissionDenied):
        services.revise_plan(actor=persona("agent.kayes"), case=case, version=2, plan="", enhanced=False, region="")


def test_a_support_is_delivered_once_and_not_before_the_opening(persona, centre):
    case, actor, key = make_reintegration(centre("KAY")), persona("reintegration.kayes"), uuid.uuid4()
    asked = {"actor": actor, "case": case, "kind": "business", "delivered_on": day(), "amount": 350000, "id": key}
    assert [services.record_support(**asked)[1] for _twice in range(2)] == [True, False]
    assert Support.objects.filter(case=case).count() == 1
    with pytest.raises(SameKeyOtherContent):
        services.record_support(**{**asked, "amount": 1})
    for wrong in ({"delivered_on": day(1)}, {"delivered_on": day(-41)}, {"amount": -1}, {"kind": "car"}):
        with pytest.raises(ValidationError):
            services.record_support(**{**asked, "id": uuid.uuid4(), **wrong})
    with pytest.raises(PermissionDenied):
        services.record_support(**{**asked, "actor": persona("reintegration.bamako"), "id": uuid.uuid4()})


# --- closing


def test_completed_only_after_a_year_and_the_last_visit(persona, centre):
    actor = persona("reintegration.kayes")
    young = make_reintegration(centre("KAY"))
    with pytest.raises(ValidationError) as caught:
        services.close_case(actor=actor, case=young, state="completed", closed_on=day(), version=1)
    assert len(caught.value.message_dict["state"]) == 2
    unvisited = make_reintegration(centre("KAY"), opened_on=day(-400))
    with pytest.raises(ValidationError, match="mois 12"):
        services.close_case(actor=actor, case=unvisited, state="completed", closed_on=day(), version=1)
    whole = make_followed_up(centre("KAY"))
    with pytest.raises(PermissionDenied):
        services.close_case(actor=persona("agent.kayes"), case=whole, state="completed", closed_on=day(), version=1)
    assert services.close_case(actor=actor, case=whole, state="completed", closed_on=day(), version=1).state == "completed"
    _check_now()


@pytest.mark.parametrize("wrong", [{"state": "open"}, {"state": "moon"}, {"closed_on": day(1)}, {"closed_on": day(-50)}])
def test_an_end_makes_sense(persona, centre, wrong):
    case = make_reintegration(centre("KAY"))
    with pytest.raises(ValidationError):
        services.close_case(actor=persona("reintegration.kayes"), case=case, version=1, **{"state": "lost", "closed_on": day(), **wrong})


def test_a_closed_case_takes_nothing_more(persona, centre):
    case, actor = make_reintegration(centre("KAY")), persona("reintegration.kayes")
    case = services.close_case(actor=actor, case=case, state="remigrated", closed_on=day(), version=1)
    with pytest.raises(ValidationError):
        services.record_support(actor=actor, case=case, kind="training", delivered_on=day())
    with pytest.raises(ValidationError):
        make_visit(case)
    with pytest.raises(ValidationError):
        services.close_case(actor=actor, case=case, state="lost", closed_on=day(), version=2)
    assert make_reintegration(centre("KAY"), case.migrant, opened_on=day()).state == "open"  # they may come back


def test_the_database_asks_for_the_year_and_the_last_visit(centre):
    young = make_reintegration(centre("KAY"))
    with pytest.raises(IntegrityError), transaction.atomic():
        ReintegrationCase.objects.filter(pk=young.pk).update(state="completed", closed_on=day())
    unvisited = make_reintegration(centre("KAY"), opened_on=day(-400))
    with pytest.raises(IntegrityError, match="last visit"), transaction.atomic():
        ReintegrationCase.objects.filter(pk=unvisited.pk).update(state="completed", closed_on=day())
        _check_now()
    whole = make_followed_up(centre("KAY"))
    ReintegrationCase.objects.filter(pk=whole.pk).update(state="completed", closed_on=day())
    _check_now()
    with pytest.raises(IntegrityError, match="last visit"), transaction.atomic():
        Visit.objects.filter(case=whole, month=12).update(done_on=None, situation="")
        _check_now()
    with pytest.raises(IntegrityError, match="last visit"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM reintegration_visit WHERE case_id = %s AND month = 12", [whole.pk])
        _check_now()
    with pytest.raises(InternalError, match="Invalid transition"), transaction.atomic():
        ReintegrationCase.objects.filter(pk=whole.pk).update(state="open", closed_on=None)
    whole.migrant.delete()  # forgetting a person takes all of it
    _check_now()


# --- pages


def test_the_list_shows_overdue_visits_first(as_user, centre, django_assert_max_num_queries):
    late = make_reintegration(centre("KAY"))
    fresh = make_reintegration(centre("KAY"), opened_on=day())
    elsewhere = make_reintegration(centre("BKO"))
    client = as_user("reintegration.kayes")
    client.get("/")  # the first page of a session also writes the session
    with django_assert_max_num_queries(12):
        page = client.get(reverse("reintegration:list"))
    body = page.content.decode()
    assert [visit.case_id for visit in page.context["overdue"]] == [late.pk]
    assert body.index("Visites en retard") < body.index(str(late.migrant)) < body.index(str(fresh.migrant)) and str(elsewhere.migrant) not in body
    assert {row["case"].pk for row in client.get(reverse("reintegration:list") + "?kind=community").context["rows"]} == set()
    assert {row["case"].pk for row in client.get(reverse("reintegration:list") + "?centre=KAY&state=all").context["rows"]} == {late.pk, fresh.pk}
    assert as_user("agent.kayes").get(reverse("reintegration:list")).status_code == 200
    assert as_user("flows").get(reverse("reintegration:list")).status_code == 403
    assert ReadLog.objects.filter(action="listed", model="reintegration.visit").exists()


def test_many_rows_cost_no_more(as_user, centre, django_assert_max_num_queries):
    for _number in range(28):
        make_reintegration(centre("KAY"))
    client = as_user("reintegration.kayes")
    client.get("/")  # the first page of a session also writes the session
    with django_assert_max_num_queries(12):
        page = client.get(reverse("reintegration:list"))
    assert len(page.context["rows"]) == 25 and page.context["more_overdue"]
    assert len(client.get(reverse("reintegration:list") + page.context["page"]["next_url"]).context["rows"]) == 3
    visits = client.get(reverse("reintegration:visits"))
    assert len(visits.context["visits"]) == 25 and visits.context["page"]["next_url"]


def test_the_case_page(as_user, centre, django_assert_max_num_queries):
    case = make_reintegration(centre("KAY"))
    make_visit(case)
    client = as_user("reintegration.kayes")
    client.get("/")  # the first page of a session also writes the session
    with django_assert_max_num_queries(12):
        body = client.get(_url(case)).content.decode()
    assert "Atelier de couture" in body and "Mois 12" in body and "Noter un appui remis" in body and "Pas d’accord noté" in body
    assert "Noter un appui remis" not in as_user("agent.kayes").get(_url(case)).content.decode()
    assert as_user("reintegration.bamako").get(_url(case)).status_code == 404


def test_opening_by_the_page(as_user, centre):
    migrant = make_migrant(centre("KAY"), nationality="ML")
    url = reverse("reintegration:open", kwargs={"pk": migrant.pk})
    client = as_user("reintegration.kayes")
    form = client.get(url).context["form"]
    assert form["centre"].value() == "KAY"
    sent = {"id": str(form["id"].value()), "kind": "individual", "returned_from": "DZ", "centre": "KAY", "opened_on": day().isoformat(), "plan": "Couture"}
    assert [client.post(url, sent).status_code for _twice in range(2)] == [302, 302]
    assert migrant.reintegrations.count() == 1
    assert "déjà une réintégration" in client.get(url).content.decode()
    assert "Europe ou d’Afrique" in client.post(url, {**sent, "id": str(uuid.uuid4()), "returned_from": "US"}).content.decode()
    assert as_user("agent.kayes").get(url).status_code == 403


def test_plan_support_and_close_by_the_pages(as_user, centre):
    case = make_reintegration(centre("KAY"))
    client = as_user("reintegration.kayes")
    assert client.post(_url(case, "plan"), {"version": 1, "plan": "Boulangerie", "region": "Kayes"}).status_code == 302
    stale = client.post(_url(case, "plan"), {"version": 1, "plan": "Élevage", "region": "Kayes"}).content.decode()
    assert "entre-temps" in stale and "Boulangerie" in stale and "Élevage" in stale
    sent = {"id": str(uuid.uuid4()), "kind": "training", "delivered_on": day().isoformat(), "amount": "25000"}
    assert [client.post(_url(case, "support"), sent).status_code for _twice in range(2)] == [302, 302]
    assert case.supports.count() == 1
    too_soon = client.post(_url(case, "close"), {"version": 2, "state": "completed", "closed_on": day().isoformat()})
    assert "douze mois" in too_soon.content.decode()
    assert client.post(_url(case, "close"), {"version": 2, "state": "lost", "closed_on": day().isoformat()}).status_code == 302
    assert "close" in client.get(_url(case, "plan"), follow=True).content.decode()
    for name in ("plan", "support", "close"):
        assert as_user("agent.kayes").get(_url(case, name)).status_code == 403


def test_the_sheet_is_printed_and_logged(as_user, centre):
    case = make_reintegration(centre("KAY"))
    body = as_user("agent.kayes").get(_url(case, "sheet")).content.decode()
    assert str(case.migrant) in body and "Signature ou empreinte" in body
    assert ReadLog.objects.filter(action="printed", rows=[str(case.pk)]).count() == 1
    assert as_user("agent.gao").get(_url(case, "sheet")).status_code == 404


def test_the_home_page_counts_what_is_due(as_user, centre):
    make_reintegration(centre("KAY"))
    soon = make_reintegration(centre("KAY"), opened_on=add_months(day(5), -1) if day(5).day <= 28 else day(-25))
    body = as_user("reintegration.kayes").get("/")
    card = next(card for card in body.context["cards"] if card["template"] == "reintegration/home_card.html")["context"]
    assert card["overdue"] == 1 and card["open"] == 2 and card["soon"] == 1
    assert visit_of(soon, 1).due_on <= day(14)
    assert "Visites en retard" not in as_user("agent.kayes").get("/").content.decode()


def test_officer_of_gao_is_made_for_the_matrix(centre):
    assert officer_of(centre("GAO")).postings.count() == 1
    assert make_reintegration(centre("GAO")).opened_on == day() - datetime.timedelta(days=40)
