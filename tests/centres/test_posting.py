import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Organisation, User
from centres.access import centres_for, forget_rights, may, sync_grants
from centres.models import CentreUserObjectPermission, Posting
from centres.roles import NATIONAL, ROLE_RIGHTS, Right, Role
from centres.services import confirm_posting, end_posting, end_postings, post


def give(user, role, centre=None, **days):
    """Proposed by one administrator, confirmed by another."""
    posting = post(actor=User.objects.get(username="admin"), user=user, role=role, centre=centre, **days)
    confirm_posting(actor=User.objects.get(username="admin2"), posting=posting)
    forget_rights(user)
    return posting


@pytest.fixture
def newcomer(db):
    return User.objects.create_user("nouvelle", password=None, organisation=Organisation.objects.get(code="OIM"))


@pytest.mark.parametrize("role", list(Role))
def test_a_posting_grants_exactly_the_rights_of_its_role(role, newcomer, centre, persona):
    organisations = {"outreach_officer": "MME", "me_aecid": "AECID", "steering": "MME"}
    newcomer.organisation = Organisation.objects.get(code=organisations.get(role.value, "OIM"))
    newcomer.save()
    national = ROLE_RIGHTS[role] <= NATIONAL
    give(newcomer, role, None if national else centre("GAO"))
    assert {right for right in Right if may(newcomer, right)} == ROLE_RIGHTS[role]
    if not national:
        assert not any(may(newcomer, right, centre("KAY")) for right in Right)


def test_a_national_posting_reaches_every_centre(persona, centre):
    officer = persona("protection")
    assert all(may(officer, Right.VIEW_PROTECTION, centre(code)) for code in ("GAO", "BKO", "KAY"))
    assert not may(officer, Right.REGISTER)


def test_rights_end_with_the_end_date_without_any_clock_job(newcomer, centre, persona):
    today = timezone.localdate()
    give(newcomer, Role.CENTRE_AGENT, centre("GAO"), until=today)
    assert may(newcomer, Right.VIEW_CASE, centre("GAO"))
    with time_machine.travel(datetime.datetime.combine(today + datetime.timedelta(days=1), datetime.time(0, 5), datetime.UTC), tick=False):
        forget_rights(newcomer)
        assert not may(newcomer, Right.VIEW_CASE, centre("GAO"))
        assert not CentreUserObjectPermission.objects.filter(user=newcomer).exists()


def test_a_posting_of_tomorrow_gives_nothing_today(newcomer, centre, persona):
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    give(newcomer, Role.CENTRE_AGENT, centre("GAO"), since=tomorrow)
    assert not may(newcomer, Right.VIEW_CASE)
    with time_machine.travel(datetime.datetime.combine(tomorrow, datetime.time(8), datetime.UTC), tick=False):
        forget_rights(newcomer)
        assert may(newcomer, Right.VIEW_CASE, centre("GAO"))


def test_ending_one_of_two_postings_keeps_the_other(newcomer, centre, persona):
    admin = persona("admin")
    first = give(newcomer, Role.CENTRE_AGENT, centre("GAO"))
    give(newcomer, Role.RETURN_OFFICER, centre("GAO"))
    end_posting(actor=admin, posting=first)
    forget_rights(newcomer)
    assert {right for right in Right if may(newcomer, right)} == ROLE_RIGHTS[Role.RETURN_OFFICER]


def test_an_inactive_user_has_no_right_whatever_the_grants_say(newcomer, centre, persona):
    give(newcomer, Role.CENTRE_AGENT, centre("GAO"))
    newcomer.is_active = False
    forget_rights(newcomer)
    assert centres_for(newcomer, Right.VIEW_CASE) == []


def test_a_superuser_flag_gives_nothing(newcomer):
    newcomer.is_superuser = newcomer.is_staff = True
    newcomer.save()
    assert not any(may(newcomer, right) for right in Right)


def test_nobody_gives_themselves_a_role(persona, centre):
    admin, second = persona("admin"), persona("admin2")
    posting = post(actor=admin, user=admin, role=Role.AUDITOR, centre=None)
    assert not may(admin, Right.VIEW_AUDIT)
    with pytest.raises(PermissionDenied):
        confirm_posting(actor=admin, posting=posting)
    confirm_posting(actor=second, posting=posting)
    forget_rights(admin)
    assert may(admin, Right.VIEW_AUDIT)


def test_the_database_refuses_confirmation_by_oneself(persona, centre):
    admin = persona("admin")
    posting = post(actor=admin, user=admin, role=Role.AUDITOR, centre=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.filter(pk=posting.pk).update(confirmed_by=admin, confirmed_at=timezone.now())


def test_a_manager_posts_agents_to_the_own_centre_only(persona, newcomer, centre):
    manager = persona("manager.gao")
    with pytest.raises(PermissionDenied):
        post(actor=manager, user=newcomer, role=Role.CENTRE_AGENT, centre=centre("KAY"))
    with pytest.raises(PermissionDenied):
        post(actor=manager, user=newcomer, role=Role.CENTRE_MANAGER, centre=centre("GAO"))
    post(actor=manager, user=newcomer, role=Role.CENTRE_AGENT, centre=centre("GAO"))
    assert may(newcomer, Right.REGISTER, centre("GAO"))


def test_an_agent_posts_nobody(persona, newcomer, centre):
    with pytest.raises(PermissionDenied):
        post(actor=persona("agent.gao"), user=newcomer, role=Role.CENTRE_AGENT, centre=centre("GAO"))


def test_a_role_is_open_to_its_organisations_only(persona, newcomer):
    with pytest.raises(ValidationError):
        post(actor=persona("admin"), user=newcomer, role=Role.ME_AECID, centre=None)


def test_a_centre_role_needs_a_centre_and_a_national_one_has_none(persona, newcomer, centre):
    with pytest.raises(ValidationError):
        post(actor=persona("admin"), user=newcomer, role=Role.CENTRE_AGENT, centre=None)
    with pytest.raises(ValidationError):
        post(actor=persona("admin"), user=newcomer, role=Role.ME_IOM, centre=centre("GAO"))


def test_the_clock_takes_back_ended_grants(newcomer, centre, persona):
    posting = give(newcomer, Role.CENTRE_AGENT, centre("GAO"))
    Posting.objects.filter(pk=posting.pk).update(since=timezone.localdate() - datetime.timedelta(days=9), until=timezone.localdate() - datetime.timedelta(days=1))
    end_postings(actor=None)
    assert not CentreUserObjectPermission.objects.filter(user=newcomer).exists()


def test_a_grant_written_by_hand_does_not_survive_the_next_sync(persona, centre):
    from django.contrib.auth.models import Permission

    agent = persona("agent.gao")
    CentreUserObjectPermission.objects.create(user=agent, permission=Permission.objects.get(codename="view_protection"), content_object=centre("GAO"))
    sync_grants(agent)
    assert not may(agent, Right.VIEW_PROTECTION)
