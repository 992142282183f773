"""Registers the menu entries and home cards of this floor, and the kinds of job it knows."""

import datetime

from django.conf import settings
from django.db.models import Exists, Q, QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from centres.access import may
from centres.models import Posting
from centres.navigation import DEMO_ACCOUNTS, Entry, HomeCard, add_to_home, add_to_menu
from centres.roles import Right, Role

from . import trail
from .models import AccessRequest, AccountAct


def _roles(user) -> QuerySet[Posting]:
    """Roles that this administrator may confirm; of anybody else none."""
    waiting = Posting.objects.filter(confirmed_at__isnull=True).exclude(Q(user=user) | Q(created_by=user))
    return waiting if may(user, Right.MANAGE_USERS) else waiting.none()


def _waits(user) -> QuerySet[User]:
    """The user, if anything waits for them as the second person."""
    return User.objects.filter(Exists(_roles(user).order_by()) | Exists(AccessRequest.objects.for_confirming(user).order_by()), pk=user.pk)


def _waiting(request) -> dict | None:
    """What waits for this user as the second person: roles (administrators only), and wishes about accounts."""
    roles = _roles(request.user).count()
    wishes = AccessRequest.objects.for_confirming(request.user).count()
    return {"roles": roles, "wishes": wishes} if roles or wishes else None


def _told(user) -> QuerySet[AccountAct]:
    kinds = (AccountAct.Kind.PASSWORD, AccountAct.Kind.SECOND_FACTOR, AccountAct.Kind.TOKEN)
    return AccountAct.objects.filter(user=user, kind__in=kinds, at__gte=timezone.now() - datetime.timedelta(days=14))


def _about_me(request) -> dict | None:
    """What somebody else did to this account lately, so that nobody uses it behind its owner's back."""
    acts = list(_told(request.user).select_related("by", "confirmed_by")[:10])
    return {"acts": acts} if acts else None


add_to_menu(
    Entry(_("Comptes"), "administration:users", (Right.MANAGE_USERS,), 90, "administration"),
    Entry(_("Personnel"), "administration:my_staff", (Right.POST_STAFF,), 91, "administration"),
    Entry(_("Journaux"), "administration:reads", (Right.VIEW_AUDIT,), 92, "administration"),
)
add_to_home(
    HomeCard("administration/home_about_me.html", tuple(Right), 1, _about_me, _told),
    HomeCard("administration/home_waiting.html", (Right.MANAGE_USERS, Right.POST_STAFF), 5, _waiting, _waits),
    HomeCard("administration/home_accounts.html", (Right.MANAGE_USERS,), 90, lambda request: {}),
    HomeCard("administration/home_trail.html", (Right.VIEW_AUDIT,), 90, lambda request: {"job": trail.last_verdict(), "links": trail.head()[0]}),
)

if settings.DEMO and not DEMO_ACCOUNTS:
    from .demo.accounts import ACCOUNTS

    DEMO_ACCOUNTS.extend(
        {"username": username, "role": format_lazy("{} ({})", Role(role).label, code) if code else Role(role).label}
        for username, _given, _surname, _organisation, ((role, code), *_more) in ACCOUNTS
    )
