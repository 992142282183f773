"""Roles: given, confirmed by a second administrator, ended; agents by the manager of their centre."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import User
from administration import services
from administration.models import AccountAct
from centres import services as centres
from centres.access import may
from centres.models import Posting
from centres.roles import Right, Role

from .factories import give, make_account, make_administrator, make_posting, make_waiting_posting

pytestmark = pytest.mark.django_db


def again(user: User) -> User:
    """The user as the next request sees them."""
    return User.objects.get(pk=user.pk)


def test_a_role_gives_its_rights_and_its_end_takes_them(persona, centre):
    user = make_account()
    posting = give(user, Role.CENTRE_AGENT, centre("GAO"))
    assert may(again(user), Right.REGISTER, centre("GAO"))
    services.end_posting(actor=persona("admin"), posting=posting)
    assert not may(again(user), Right.REGISTER, centre("GAO"))


def test_manager_posts_agents_at_their_own_centre_only(persona, centre):
    manager = persona("manager.gao")
    services.give_posting(actor=manager, user=make_account(), role=Role.CENTRE_AGENT, centre=centre("GAO"))
    for role, place in ((Role.CENTRE_AGENT, centre("KAY")), (Role.CENTRE_MANAGER, centre("GAO")), (Role.ADMINISTRATOR, None)):
        with pytest.raises(PermissionDenied):
            services.give_posting(actor=manager, user=make_account(), role=role, centre=place)
    with pytest.raises(PermissionDenied):
        services.end_posting(actor=manager, posting=make_posting(centre("KAY")))
    services.end_posting(actor=manager, posting=make_posting(centre("GAO")))


def test_nobody_gives_themselves_a_role(persona, centre):
    admin = persona("admin")
    posting = services.give_posting(actor=admin, user=admin, role=Role.AUDITOR, centre=None)
    assert posting.confirmed_at is None
    assert not may(again(admin), Right.VIEW_AUDIT)
    with pytest.raises(ValidationError):
        services.confirm_posting(actor=admin, posting=posting)
    with pytest.raises(PermissionDenied):
        services.confirm_posting(actor=persona("manager.gao"), posting=posting)
    services.confirm_posting(actor=persona("admin2"), posting=posting)
    assert may(again(admin), Right.VIEW_AUDIT)


def test_who_got_their_access_from_someone_cannot_vouch_for_them(persona):
    """An administrator who opens a second account, or takes over the other administrator's, gains nothing by it."""
    admin = persona("admin")
    posting = services.give_posting(actor=admin, user=admin, role=Role.AUDITOR, centre=None)
    services.reset_password(actor=admin, user=persona("admin2"))
    with pytest.raises(ValidationError, match="vient de cette personne"):
        services.confirm_posting(actor=persona("admin2"), posting=posting)
    with pytest.raises(ValidationError, match="vient de cette personne"):
        services.give_posting(actor=persona("admin2"), user=admin, role=Role.AUDITOR, centre=None)
    services.confirm_posting(actor=make_administrator(), posting=posting)
    AccountAct.objects.update(at=timezone.now() - services.INDEPENDENCE - datetime.timedelta(days=1))
    services.give_posting(actor=persona("admin2"), user=admin, role=Role.FLOW_MONITOR, centre=None)


def test_nor_can_those_who_got_theirs_through_somebody_else(persona):
    """admin makes one, that one makes another: the chain leads back to admin."""
    admin = persona("admin")

    def made_by(actor, username):
        user, _password = services.create_user(actor=actor, username=username, first_name="", last_name="", organisation=actor.organisation)
        centres.post(actor=None, user=user, role=Role.ADMINISTRATOR, centre=None)
        return again(user)

    third = made_by(made_by(admin, "premier.relais"), "second.relais")
    posting = services.give_posting(actor=admin, user=admin, role=Role.AUDITOR, centre=None)
    with pytest.raises(ValidationError, match="vient de cette personne"):
        services.confirm_posting(actor=third, posting=posting)
    with pytest.raises(ValidationError, match="vient de cette personne"):
        services.give_posting(actor=third, user=admin, role=Role.FLOW_MONITOR, centre=None)
    services.confirm_posting(actor=persona("admin2"), posting=posting)


@pytest.mark.parametrize(
    ("role", "place", "organisation", "field"),
    [
        (Role.CENTRE_AGENT, None, "DGME", "__all__"),
        (Role.AUDITOR, "GAO", "DGME", "__all__"),
        (Role.CENTRE_AGENT, "GAO", "DUE", "role"),
    ],
)
def test_a_role_that_does_not_fit_is_refused_in_words(persona, centre, role, place, organisation, field):
    with pytest.raises(ValidationError) as refusal:
        services.give_posting(actor=persona("admin"), user=make_account(organisation=organisation), role=role, centre=centre(place) if place else None)
    assert field in refusal.value.message_dict


def test_a_role_is_had_once(persona, centre):
    user = make_account()
    make_posting(centre("GAO"), user)
    with pytest.raises(ValidationError, match="déjà ce rôle"):
        make_posting(centre("GAO"), user)
    make_posting(centre("KAY"), user)


def test_a_closed_account_gets_no_role(persona, centre):
    user = make_account()
    services.deactivate_user(actor=persona("admin"), user=user, reason="départ de la structure")
    with pytest.raises(ValidationError, match="désactivé"):
        make_posting(centre("GAO"), again(user))


def test_staff_page_of_a_centre(as_user, centre):
    user, client = make_account("awa.traore"), as_user("manager.gao")
    assert client.get("/administration/staff/")["Location"] == "/administration/centres/GAO/staff/"
    assert client.get("/administration/centres/KAY/staff/").status_code == 404
    assert as_user("agent.gao").get("/administration/centres/GAO/staff/").status_code == 403
    assert client.post("/administration/centres/GAO/staff/", {"username": "personne"}).status_code == 200
    assert client.post("/administration/centres/GAO/staff/", {"username": "Awa.Traore"}).status_code == 302
    posting = Posting.objects.get(user=user)
    assert (posting.role, posting.centre) == ("centre_agent", centre("GAO"))
    assert client.post(f"/administration/centres/GAO/staff/{posting.pk}/end/").status_code == 302
    assert not Posting.objects.active().filter(user=user).exists()


def test_staff_of_another_centre_is_out_of_reach(as_user, centre, persona):
    client = as_user("manager.gao")
    elsewhere = make_posting(centre("KAY"))
    assert client.post(f"/administration/centres/GAO/staff/{elsewhere.pk}/end/").status_code == 404
    manager = Posting.objects.get(user=persona("manager.gao"))
    assert client.post(f"/administration/centres/GAO/staff/{manager.pk}/end/").status_code == 403
    assert Posting.objects.active().filter(pk__in=[elsewhere.pk, manager.pk]).count() == 2


def test_waiting_list_and_confirmation(as_user):
    posting = make_waiting_posting()
    client = as_user("admin")
    assert str(posting.user_id) in client.get("/administration/postings/waiting/").content.decode()
    assert "attend votre confirmation" in client.get("/").content.decode()
    assert as_user("auditor").post(f"/administration/postings/{posting.pk}/confirm/").status_code == 403
    assert client.post(f"/administration/postings/{posting.pk}/confirm/").status_code == 302
    posting.refresh_from_db()
    assert posting.confirmed_by.username == "admin"
