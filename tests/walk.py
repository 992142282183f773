"""Every address of Sira that answers GET, with an account that may see it and an object it is about."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from centres.access import ANYONE, DECLARED_ELSEWHERE, SIGNED_IN
from centres.models import Centre

from .test_access_matrix import OWN, PERSONAS, SAMPLES, URLS, declaration_of, expected

# Those with the most on their pages first.
ORDER = ["manager.gao", "returns.gao", "protection", "me.iom", "me.aecid", *PERSONAS]
# Where the object decides between two rights: an objective of OIM or of AECID.
VIEWERS = {"reporting:enter-value": "me.aecid"}
# They end the session or lead elsewhere; those of the second factor are seen in tests/browser/test_second_factor.py.
NO_PAGES = {"set_language", "stay-signed-in", "account_logout"}


def viewer(name: str) -> str | None:
    """The account to look at this page with: None for whoever is not signed in. Raises LookupError if nobody may GET it."""
    declaration = declaration_of(name)
    if declaration is None or "GET" not in declaration.methods or name in NO_PAGES or name.startswith("mfa_"):
        raise LookupError(name)
    if name in VIEWERS:
        return VIEWERS[name]
    if name in DECLARED_ELSEWHERE:
        return None if declaration.rights == ANYONE else "agent.gao"
    if declaration.rights == ANYONE:
        return None
    if declaration.rights == SIGNED_IN and declaration.model is None:
        return "manager.gao"
    which = "own" if declaration.model is not None else "none"
    for username in ORDER:
        if expected(declaration, username, "GET", which, "api" in name) == "through":
            return username
    raise LookupError(name)


def _has_viewer(name: str) -> bool:
    try:
        viewer(name)
    except LookupError:
        return False
    return True


READABLE = sorted(name for name in set(URLS) & set(SAMPLES) if _has_viewer(name))
PAGES = [name for name in READABLE if not name.startswith("api-")]


def address(name: str, kwargs: dict[str, Any]) -> str:
    return reverse(name, kwargs=kwargs)


def make_objects(names: list[str]) -> dict[str, dict[str, Any]]:
    """The URL arguments of each name, about a fresh object of the samples' own centre, written to the database in use.

    Where the demonstration has taken the sample's place already (one count per point and day), about one of its rows."""
    centre = Centre.objects.get(code=OWN)
    found = {}
    for name in names:
        try:
            with transaction.atomic():
                found[name] = SAMPLES[name].kwargs(centre)
        except ValidationError:
            found[name] = _existing(name)
    return found


def _existing(name: str) -> dict[str, Any]:
    declaration, username = declaration_of(name), viewer(name)
    assert declaration is not None and declaration.model is not None and username is not None
    (argument,) = URLS[name].pattern.converters
    row = declaration.model._default_manager.visible_to(User.objects.get(username=username)).first()  # type: ignore[attr-defined]
    return {argument: getattr(row, argument)}
