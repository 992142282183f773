"""Accounts for the tests, made as the product makes them."""

import functools
import itertools

from django.contrib.auth.hashers import make_password

from accounts.models import Organisation, User
from administration.models import AccessRequest
from administration.services import confirm_posting, give_posting, reset_password
from centres import services as centres
from centres.models import Centre, Posting
from centres.roles import Role

_numbers = itertools.count(1)
PASSWORD = "un mot de passe assez long"


def admin(username: str = "admin") -> User:
    return User.objects.get(username=username)


@functools.cache
def _hashed() -> str:
    """Hashing is slow on purpose: once for all accounts of the tests."""
    return make_password(PASSWORD)


def make_account(username: str = "", organisation: str = "DGME") -> User:
    """An account without a role, opened long ago, with a password of its own."""
    return User.objects.create(
        username=username or f"essai.{next(_numbers)}",
        first_name="Awa",
        last_name="Traoré",
        organisation=Organisation.objects.get(code=organisation),
        password=_hashed(),
    )


def make_administrator() -> User:
    user = make_account()
    centres.post(actor=None, user=user, role=Role.ADMINISTRATOR, centre=None)
    return user


def give(user: User, role: Role, centre: Centre | None = None, **days) -> Posting:
    """A role proposed by one administrator and confirmed by another."""
    posting = give_posting(actor=admin(), user=user, role=role, centre=centre, **days)
    return confirm_posting(actor=admin("admin2"), posting=posting)


def make_posting(centre: Centre, user: User | None = None) -> Posting:
    """An agent at this centre."""
    return give(user or make_account(), Role.CENTRE_AGENT, centre)


def make_access_request(centre: Centre) -> AccessRequest:
    """A new password for an agent of this centre, asked by an administrator who asked long enough after getting theirs."""
    asked = reset_password(actor=make_administrator(), user=make_posting(centre).user)
    assert asked.request is not None
    return asked.request


def make_waiting_posting() -> Posting:
    """A role that an administrator asked for themselves."""
    asking = make_administrator()
    return give_posting(actor=asking, user=asking, role=Role.AUDITOR, centre=None)
