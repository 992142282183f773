"""Accounts for the tests, made as the product makes them."""

import itertools

from accounts.models import Organisation, User
from administration.services import create_user, give_posting
from centres import services as centres
from centres.models import Centre, Posting
from centres.roles import Role

_numbers = itertools.count(1)
PASSWORD = "un mot de passe assez long"


def admin(username: str = "admin") -> User:
    return User.objects.get(username=username)


def make_account(username: str = "", organisation: str = "DGME", *, settled: bool = True) -> User:
    """An account without a role. `settled`: it was opened long ago and has a password of its own."""
    user, _password = create_user(
        actor=admin(), username=username or f"essai.{next(_numbers)}", first_name="Awa", last_name="Traoré", organisation=Organisation.objects.get(code=organisation)
    )
    if settled:
        user.acts_on.all().delete()
        user.set_password(PASSWORD)
        user.password_change_due = False
        user.save()
    return user


def make_administrator() -> User:
    user = make_account()
    centres.post(actor=None, user=user, role=Role.ADMINISTRATOR, centre=None)
    return user


def make_posting(centre: Centre, user: User | None = None) -> Posting:
    """An agent at this centre."""
    return give_posting(actor=admin(), user=user or make_account(), role=Role.CENTRE_AGENT, centre=centre)


def make_waiting_posting() -> Posting:
    """A role that an administrator asked for themselves."""
    asking = make_administrator()
    return give_posting(actor=asking, user=asking, role=Role.AUDITOR, centre=None)
