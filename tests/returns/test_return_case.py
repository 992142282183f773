"""Opening a return, conducting it, and who may."""

import datetime
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections, transaction
from django.db.utils import IntegrityError
from django.urls import reverse
from django.utils import timezone

from audit.acting import SameKeyOtherContent, Stale
from audit.models import Change, ReadLog
from cases.models import BestInterest
from reception.models import BedAssignment, Stay
from returns import services
from returns.models import ReturnCase
from returns.workflow import State

from ..cases.factories import make_best_interest
from ..factories import make_migrant, make_minor
from .factories import bring_to, day, fields_for, make_return, make_return_in

pytestmark = pytest.mark.django_db


def _url(case, name="case"):
    return reverse(f"returns:{name}", kwargs={"pk": case.pk})


# --- opening


def test_a_return_officer_opens_an_agent_may_not(persona, centre):
    migrant = make_migrant(centre("GAO"))
    case, made = services.open_return(actor=persona("returns.gao"), migrant=migrant, country_to="GN", place_to="  Labé ")
    assert made and case.state == State.REQUESTED and case.centre == centre("GAO") and case.place_to == "Labé"
    other = make_migrant(centre("GAO"))
    for username in ("agent.gao", "returns.bamako", "protection"):
        with pytest.raises(PermissionDenied):
            services.open_return(actor=persona(username), migrant=other, country_to="GN")
    assert not other.returns.exists()


def test_the_same_key_is_one_case(persona, centre):
    migrant, key = make_migrant(centre("GAO")), uuid.uuid4()
    asked = {"actor": persona("returns.gao"), "migrant": migrant, "country_to": "GN", "place_to": "Labé", "id": key}
    first, made = services.open_return(**asked)
    again, made_again = services.open_return(**asked)
    assert made and not made_again and first.pk == again.pk
    with pytest.raises(SameKeyOtherContent):
        services.open_return(**{**asked, "country_to": "SN"})


def test_one_open_return_a_person(persona, centre):
    case = make_return(centre("GAO"))
    with pytest.raises(ValidationError, match="déjà un retour"):
        services.open_return(actor=persona("returns.gao"), migrant=case.migrant, country_to="GN")
    bring_to(case, State.WITHDRAWN)
    assert services.open_return(actor=persona("returns.gao"), migrant=case.migrant, country_to="GN")[1]


def test_a_malian_in_mali_is_already_home(persona, centre):
    with pytest.raises(ValidationError, match="déjà dans son pays"):
        services.open_return(actor=persona("returns.gao"), migrant=make_migrant(centre("GAO"), nationality="ML"), country_to="GN")


@pytest.mark.parametrize("origin,refused", [("forced_return", True), ("transit", False)])
def test_after_a_forced_return_no_case_opens_from_abroad(persona, centre, origin, refused):
    migrant = make_migrant(centre("GAO"), nationality="ML")
    Stay.objects.create(migrant=migrant, centre=centre("GAO"), origin=origin, came_from="DZ")
    asked = {"actor": persona("returns.gao"), "migrant": migrant, "country_from": "DZ", "country_to": "ML"}
    if refused:
        with pytest.raises(ValidationError, match="retour forcé"):
            services.open_return(**asked)
    else:
        assert services.open_return(**asked)[1]


@pytest.mark.parametrize("country", ["XX", "", "gn", "ML", "\x00"])
def test_a_destination_is_another_country(persona, centre, country):
    with pytest.raises(ValidationError) as caught:
        services.open_return(actor=persona("returns.gao"), migrant=make_migrant(centre("GAO")), country_to=country)
    assert "country_to" in caught.value.message_dict


# --- moving


def test_from_the_request_to_the_arrival(centre):
    case = make_return_in(centre("GAO"), State.ARRIVED)
    assert case.state == State.ARRIVED and case.version == 7
    states = [change.after["state"] for change in Change.objects.filter(table="returns_returncase", row=str(case.pk), operation="UPDATE").order_by("id")]
    assert states == ["counselled", "consented", "documents", "ready", "departed", "arrived"]


def test_only_the_return_officer_of_the_centre_moves(persona, centre):
    case = make_return(centre("GAO"))
    for username in ("agent.gao", "manager.gao", "returns.bamako", "protection"):
        with pytest.raises(PermissionDenied):
            services.move(actor=persona(username), case=case, to="counselled", version=1, counselled_on=day())
    assert services.move(actor=persona("returns.gao"), case=case, to="counselled", version=1, counselled_on=day()).state == "counselled"


@pytest.mark.parametrize(
    "start,to,fields,wrong",
    [
        (State.REQUESTED, "counselled", {}, "counselled_on"),
        (State.REQUESTED, "counselled", {"counselled_on": day(1)}, "counselled_on"),
        (State.REQUESTED, "counselled", {"counselled_on": day(-1)}, "counselled_on"),
        (State.REQUESTED, "counselled", {"counselled_on": day(), "departed_on": day()}, "departed_on"),
        (State.COUNSELLED, "consented", {}, "declaration_signed_on"),
        (State.COUNSELLED, "consented", {"declaration_signed_on": day(-1)}, "declaration_signed_on"),
        (State.CONSENTED, "documents", {"document": "passport"}, "document_valid_until"),
        (State.CONSENTED, "documents", {"document_valid_until": day(9)}, "document"),
        (State.CONSENTED, "documents", {"document": "passport", "document_valid_until": day()}, "document_valid_until"),
        (State.CONSENTED, "documents", {"document": "napkin", "document_valid_until": day(9)}, "document"),
        (State.DOCUMENTS, "ready", {"fit_to_travel_on": day()}, "fit_until"),
        (State.DOCUMENTS, "ready", {"fit_to_travel_on": day(1), "fit_until": day(7)}, "fit_to_travel_on"),
        (State.DOCUMENTS, "ready", {"fit_to_travel_on": day(-9), "fit_until": day(-1)}, "fit_until"),
        (State.READY, "departed", {}, "departed_on"),
        (State.READY, "departed", {"departed_on": day(1)}, "departed_on"),
        (State.READY, "departed", {"departed_on": day(-1)}, "departed_on"),
        (State.DEPARTED, "arrived", {"arrived_on": day(-1)}, "arrived_on"),
        (State.DEPARTED, "arrived", {"arrived_on": day(1)}, "arrived_on"),
        (State.READY, "withdrawn", {"end_reason": "  "}, "end_reason"),
        (State.READY, "withdrawn", {"end_reason": "x" * 301}, "end_reason"),
        (State.READY, "ineligible", {"end_reason": "Trop tard"}, "to"),
        (State.DEPARTED, "withdrawn", {"end_reason": "Trop tard"}, "to"),
        (State.REQUESTED, "arrived", {"arrived_on": day()}, "to"),
        (State.REQUESTED, "moon", {}, "to"),
    ],
)
def test_a_step_asks_for_what_it_needs(persona, centre, start, to, fields, wrong):
    case = make_return_in(centre("GAO"), start) if start != State.REQUESTED else make_return(centre("GAO"))
    with pytest.raises(ValidationError) as caught:
        services.move(actor=persona("returns.gao"), case=case, to=to, version=case.version, **fields)
    assert wrong in caught.value.message_dict
    case.refresh_from_db()
    assert case.state == start


def test_nobody_departs_with_papers_that_ran_out(persona, centre):
    case = make_return_in(centre("GAO"), State.READY)
    ReturnCase.objects.filter(pk=case.pk).update(fit_until=day(-1), fit_to_travel_on=day(-5))
    with pytest.raises(ValidationError) as caught:
        services.move(actor=persona("returns.gao"), case=case, to="departed", version=case.version, departed_on=day())
    assert "departed_on" in caught.value.message_dict
    case = services.correct(actor=persona("returns.gao"), case=case, version=case.version, fit_to_travel_on=day(), fit_until=day(3))
    assert services.move(actor=persona("returns.gao"), case=case, to="departed", version=case.version, departed_on=day()).state == "departed"


def test_a_child_departs_only_after_a_best_interest_decision(persona, centre):
    case = bring_to(make_return(centre("GAO"), make_minor(centre("GAO"))), State.DOCUMENTS)
    assert case.minor
    with pytest.raises(ValidationError) as caught:
        services.move(actor=persona("returns.gao"), case=case, to="ready", version=case.version, **fields_for(State.READY))
    assert "best_interest_on" in caught.value.message_dict
    assert bring_to(case, State.DEPARTED).best_interest_on == day()


@pytest.mark.parametrize(
    "taken",
    [
        {"kind": "assessment"},
        {"decision": "stay"},
        {"decision": "postponed", "review_on": day(20)},
        {"decided_on": day(-20), "valid_until": day(-1)},
    ],
)
def test_what_is_no_determination_for_return_lets_no_child_go(persona, centre, taken):
    child = make_minor(centre("GAO"))
    case = bring_to(make_return(centre("GAO"), child), State.DOCUMENTS)
    make_best_interest(child, **{"options": ["return", "stay", "postponed"], **taken})
    assert not BestInterest.objects.has_determination_for_return(child)
    with pytest.raises(ValidationError) as caught:
        services.move(actor=persona("returns.gao"), case=case, to="ready", version=case.version, **fields_for(State.READY))
    assert "best_interest_on" in caught.value.message_dict
    # Nor by any other way: the database asks for itself, whatever is written on the case.
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnCase.objects.filter(pk=case.pk).update(state="ready", fit_to_travel_on=day(), fit_until=day(3), best_interest_on=day())


def test_a_later_decision_takes_the_departure_away(persona, centre):
    child = make_minor(centre("GAO"))
    case = bring_to(make_return(centre("GAO"), child), State.READY)
    assert case.best_interest_on == day() and BestInterest.objects.has_determination_for_return(child)
    make_best_interest(child, decision="postponed", options=["return", "postponed"], review_on=day(9))
    with pytest.raises(ValidationError) as caught:
        services.move(actor=persona("returns.gao"), case=case, to="departed", version=case.version, departed_on=day())
    assert "departed_on" in caught.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnCase.objects.filter(pk=case.pk).update(state="departed", departed_on=day())
    # A paper that runs out may still be renewed, and the person may still withdraw.
    case = services.correct(actor=persona("returns.gao"), case=case, version=case.version, fit_until=day(9))
    assert services.move(actor=persona("returns.gao"), case=case, to="withdrawn", version=case.version, end_reason="Reste").state == "withdrawn"


def test_a_child_found_out_later_is_one(persona, centre):
    case = bring_to(make_return(centre("GAO")), State.DOCUMENTS)
    type(case.migrant).objects.filter(pk=case.migrant_id).update(born_on=day(-365 * 12))
    with pytest.raises(ValidationError) as caught:
        services.move(actor=persona("returns.gao"), case=case, to="ready", version=case.version, **fields_for(State.READY))
    assert "best_interest_on" in caught.value.message_dict


def test_departure_ends_the_stay_and_frees_the_bed(centre):
    migrant = make_migrant(centre("GAO"))
    stay = Stay.objects.create(migrant=migrant, centre=centre("GAO"), origin="transit", arrived_at=timezone.now() - datetime.timedelta(days=4))
    bed = BedAssignment.objects.create(stay=stay, bed=centre("GAO").rooms.first().beds.first(), since=stay.arrived_at)
    case = make_return_in(centre("GAO"), State.READY, migrant)
    stay.refresh_from_db()
    assert stay.departed_at is None
    bring_to(case, State.DEPARTED)
    stay.refresh_from_db()
    bed.refresh_from_db()
    assert stay.departure_reason == "return" and stay.departed_at <= timezone.now() and bed.until is not None


def test_a_stale_save_writes_nothing(persona, centre):
    case = make_return(centre("GAO"))
    services.move(actor=persona("returns.gao"), case=case, to="counselled", version=1, counselled_on=day())
    with pytest.raises(Stale) as caught:
        services.move(actor=persona("returns.gao"), case=case, to="withdrawn", version=1, end_reason="Reste")
    assert caught.value.current.state == "counselled"


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_moves(persona, centre):
    case, actor = make_return(centre("GAO")), persona("returns.gao")

    def one(number):
        try:
            services.move(actor=actor, case=case, to="counselled", version=1, counselled_on=day())
            return "moved"
        except Stale:
            return "stale"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(one, range(20)))
    assert sorted(results) == ["moved"] + ["stale"] * 19
    case.refresh_from_db()
    assert (case.state, case.version) == ("counselled", 2)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_opens(persona, centre):
    migrant, actor = make_migrant(centre("GAO")), persona("returns.gao")

    def one(number):
        try:
            return services.open_return(actor=actor, migrant=migrant, country_to="GN")[1]
        except ValidationError:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one, range(20))) == 1
    assert migrant.returns.count() == 1


# --- correcting


def test_the_present_step_can_be_put_right_until_departure(persona, centre):
    case = make_return_in(centre("GAO"), State.DOCUMENTS)
    case = services.correct(actor=persona("returns.gao"), case=case, version=case.version, document="passport", document_valid_until=day(200))
    assert (case.document, case.document_valid_until) == ("passport", day(200))
    with pytest.raises(ValidationError):  # another step's
        services.correct(actor=persona("returns.gao"), case=case, version=case.version, counselled_on=day())
    with pytest.raises(PermissionDenied):
        services.correct(actor=persona("agent.gao"), case=case, version=case.version, document="passport")
    case = bring_to(case, State.DEPARTED)
    with pytest.raises(ValidationError):
        services.correct(actor=persona("returns.gao"), case=case, version=case.version, fit_until=day(30))


# --- the database itself


@pytest.mark.parametrize("start", [State.REQUESTED, State.CONSENTED, State.READY])
def test_no_shell_skips_a_step(centre, start):
    case = make_return_in(centre("GAO"), start) if start != State.REQUESTED else make_return(centre("GAO"))
    from django.db import InternalError, transaction

    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        ReturnCase.objects.filter(pk=case.pk).update(state="arrived", departed_on=day(), arrived_on=day())
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE returns_returncase SET state = 'arrived' WHERE id = %s", [case.pk])
    case.refresh_from_db()
    assert case.state == start


@pytest.mark.parametrize(
    "broken",
    [
        {"departed_on": None},
        {"document": ""},
        {"document_valid_until": day(-1)},
        {"document_valid_until": None},
        {"fit_until": day(-1)},
        {"fit_until": None},
        {"declaration_signed_on": day(1)},
        {"fit_to_travel_on": day(1)},
    ],
)
def test_the_database_lets_nobody_depart_without_papers(centre, broken):
    case = make_return_in(centre("GAO"), State.READY)
    with pytest.raises(IntegrityError):
        ReturnCase.objects.filter(pk=case.pk).update(**{"state": "departed", "departed_on": day(), **broken})


def test_the_database_lets_no_child_depart_undecided(centre):
    migrant = make_minor(centre("GAO"))
    case = bring_to(make_return(centre("GAO"), migrant), State.DOCUMENTS)
    ReturnCase.objects.filter(pk=case.pk).update(minor=False)  # written away: the register of people says otherwise
    case.refresh_from_db()
    assert case.minor
    with pytest.raises(IntegrityError):
        ReturnCase.objects.filter(pk=case.pk).update(state="ready", fit_to_travel_on=day(), fit_until=day(5))


# --- pages


def test_the_list_shows_what_waits_longest_first_and_only_of_ones_centres(as_user, centre):
    old, new, elsewhere = make_return(centre("GAO")), make_return(centre("GAO")), make_return(centre("BKO"))
    ReturnCase.objects.filter(pk=old.pk).update(opened_on=day(-40))
    body = as_user("returns.gao").get(reverse("returns:list")).content.decode()
    assert body.index(str(old.migrant)) < body.index(str(new.migrant)) and str(elsewhere.migrant) not in body
    assert ReadLog.objects.filter(action="listed", model="returns.returncase", rows__contains=[str(old.pk)]).exists()
    assert as_user("agent.gao").get(reverse("returns:list")).status_code == 200
    assert as_user("steering.eu").get(reverse("returns:list")).status_code == 403


def test_the_list_keeps_its_filters_in_the_address(as_user, centre):
    guinea, senegal = make_return(centre("GAO")), make_return(centre("GAO"), country_to="SN")
    ended = make_return_in(centre("GAO"), State.WITHDRAWN)
    client = as_user("returns.gao")

    def shown(query):
        return {row["case"].pk for row in client.get(reverse("returns:list") + query).context["rows"]}

    assert shown("") == {guinea.pk, senegal.pk}
    assert shown("?country=SN") == {senegal.pk}
    assert shown("?state=withdrawn&centre=GAO") == {ended.pk}
    assert shown("?state=all") == {guinea.pk, senegal.pk, ended.pk}
    assert shown("?after=x~y") == {guinea.pk, senegal.pk}
    assert shown("?state=nonsense") == shown("?centre=XXX") == shown("?country=ZZ") == set()


def test_the_list_costs_the_same_for_many(as_user, centre, django_assert_max_num_queries):
    for _number in range(30):
        make_return(centre("GAO"))
    client = as_user("returns.gao")
    client.get("/")  # the first page of a session also writes the session
    with django_assert_max_num_queries(12):
        page = client.get(reverse("returns:list"))
    assert len(page.context["rows"]) == 25
    rest = client.get(reverse("returns:list") + page.context["page"]["next_url"])
    assert len(rest.context["rows"]) == 5 and rest.context["page"]["previous_url"]


def test_the_case_page_says_what_is_missing_and_takes_the_step(as_user, centre, django_assert_max_num_queries):
    case = make_return(centre("GAO"))
    client = as_user("returns.gao")
    client.get("/")  # the first page of a session also writes the session
    with django_assert_max_num_queries(12):
        body = client.get(_url(case)).content.decode()
    assert "entretien de conseil" in body and 'aria-current="step"' in body
    refused = client.post(_url(case), {"to": "counselled", "version": 1})
    assert refused.status_code == 200 and "Écrivez la date de l’entretien" in refused.content.decode()
    assert client.post(_url(case), {"to": "counselled", "version": 1, "counselled_on": day().isoformat()}).status_code == 302
    assert ReadLog.objects.filter(action="opened", rows=[str(case.pk)]).exists()


def test_an_agent_reads_the_case_but_has_no_form(as_user, centre):
    case = make_return(centre("GAO"))
    page = as_user("agent.gao").get(_url(case))
    assert page.status_code == 200 and page.context["step"] is None and page.context["stop"] is None
    assert as_user("agent.gao").post(_url(case), {"to": "counselled", "version": 1}).status_code == 403
    assert as_user("returns.bamako").get(_url(case)).status_code == 404


def test_a_stale_form_shows_both_values(as_user, persona, centre):
    case = make_return(centre("GAO"))
    case = bring_to(case, State.COUNSELLED)
    client = as_user("returns.gao")
    ReturnCase.objects.filter(pk=case.pk).update(opened_on=day(-3))
    services.correct(actor=persona("returns.gao"), case=case, version=case.version, counselled_on=day(-1))
    page = client.post(_url(case), {"to": "consented", "version": case.version, "declaration_signed_on": day().isoformat()})
    assert page.status_code == 200 and "entre-temps" in page.content.decode()
    case.refresh_from_db()
    assert case.state == "counselled"


def test_a_double_click_is_one_step(as_user, centre):
    case = make_return(centre("GAO"))
    client, sent = as_user("returns.gao"), {"to": "counselled", "version": 1, "counselled_on": day().isoformat()}
    assert [client.post(_url(case), sent).status_code for _twice in range(2)] == [302, 302]
    case.refresh_from_db()
    assert case.version == 2


def test_withdrawal_needs_a_reason(as_user, centre):
    case = make_return_in(centre("GAO"), State.READY)
    client = as_user("returns.gao")
    refused = client.post(_url(case), {"to": "withdrawn", "version": case.version, "end_reason": "", "ended_on": day().isoformat()})
    assert "Écrivez pourquoi" in refused.content.decode()
    client.post(_url(case), {"to": "withdrawn", "version": case.version, "end_reason": "Reste", "ended_on": day().isoformat()})
    case.refresh_from_db()
    assert (case.state, case.end_reason, case.ended_on) == ("withdrawn", "Reste", day())
    assert client.get(_url(case)).context["step"] is None


def test_opening_by_the_page(as_user, centre):
    migrant = make_migrant(centre("GAO"))
    url = reverse("returns:open", kwargs={"pk": migrant.pk})
    client = as_user("returns.gao")
    form = client.get(url).context["form"]
    sent = {"id": str(form["id"].value()), "country_to": "GN", "place_to": "Labé", "country_from": "ML"}
    assert [client.post(url, sent).status_code for _twice in range(2)] == [302, 302]
    assert migrant.returns.count() == 1
    assert as_user("agent.gao").get(url).status_code == 403
    assert "déjà un retour" in client.get(url).content.decode()


def test_the_page_leads_protection_to_the_determination(as_user, centre):
    child = make_minor(centre("GAO"))
    case = bring_to(make_return(centre("GAO"), child), State.DOCUMENTS)
    address = reverse("cases:best_interest", args=[child.pk])
    assert address in as_user("protection").get(_url(case)).content.decode()
    page = as_user("returns.gao").get(_url(case)).content.decode()
    assert address not in page and "détermination de l’intérêt supérieur" in page
    make_best_interest(child)
    assert "détermination de l’intérêt supérieur (BID) qui décide" not in as_user("returns.gao").get(_url(case)).content.decode()


def test_the_home_page_says_who_waits_and_whose_papers_run_out(as_user, centre):
    case = make_return_in(centre("GAO"), State.READY)
    ReturnCase.objects.filter(pk=case.pk).update(fit_until=day(1))
    body = as_user("returns.gao").get("/").content.decode()
    assert "Attendent depuis le plus longtemps" in body and "Aptitude bientôt expirée" in body and str(case.migrant) in body
    assert "Attendent depuis" not in as_user("agent.gao").get("/").content.decode()
    assert str(case.migrant) not in as_user("returns.bamako").get("/").content.decode()
