"""Filters that name people: they never stand in an address, where the history of a browser, a referrer and the logs of servers would keep
them. They come in the body of a request and go on in the address sealed, readable only for whoever asked, until the session must end."""

import base64
import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from . import typed
from .sealing import derived

SEALED = "s"  # the name in the address of all that is sealed
NOT_A_FILTER = ("csrfmiddlewaretoken", typed.FIELD)  # of every form: neither is asked for, and neither may stand in an address


class Asked(QueryDict):
    """The filters in clear. `lost`: what was sealed can no longer be read, so that nobody knows what was asked."""

    lost = False


@lru_cache(maxsize=2)
def _fernet(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived(secret, "search")))


def seal(user: Any, values: dict[str, list[str]]) -> str:
    """Values by the name of their filter, for this user alone."""
    return _fernet(settings.SECRET_KEY).encrypt(json.dumps([user.pk, values]).encode()).decode()


def unseal(user: Any, sealed: str) -> dict[str, list[str]] | None:
    """What `seal` was given; None if it is too old, another user's or no seal of ours."""
    try:
        owner, values = json.loads(_fernet(settings.SECRET_KEY).decrypt(sealed.encode(), ttl=settings.SESSION_ABSOLUTE_SECONDS))
    except (InvalidToken, UnicodeError):
        return None
    return values if owner == user.pk else None


def opened(user: Any, query: QueryDict, names: Collection[str]) -> Asked:
    """These filters as they were asked, with those that came sealed."""
    found = Asked(mutable=True)
    for name, values in query.lists():
        if name not in (SEALED, *NOT_A_FILTER):
            found.setlist(name, values)
    if sealed := query.get(SEALED):
        kept = unseal(user, sealed)
        found.lost = kept is None
        for name in names:
            if name not in found and kept and name in kept:
                found.setlist(name, kept[name])
    return found


def closed(user: Any, query: QueryDict, names: Collection[str]) -> QueryDict:
    """The same filters as an address may hold them: those with these names sealed, those without a value left out."""
    found, values = QueryDict(mutable=True), {}
    for name, given in query.lists():
        given = [value for value in given if value]
        if name in names and given:
            values[name] = given
        elif given and name not in NOT_A_FILTER:
            found.setlist(name, given)
    if values:
        found[SEALED] = seal(user, values)
    return found


def asked(request: HttpRequest, names: Collection[str]) -> Asked:
    """What a page is asked for, whether in its address or by POST. From here on `request.GET`, of which every link of the page is made, holds
    nothing of these names in clear."""
    query = request.POST if request.method == "POST" else request.GET
    found = opened(request.user, query, names)
    if request.method == "POST" or any(name in query for name in names):
        sealed = closed(request.user, found, names)
        if found.lost:
            sealed[SEALED] = query[SEALED]
        request.GET = sealed  # type: ignore[assignment]
    return found


def here(request: HttpRequest) -> str:
    """The address of this page after `asked`: it can be kept, gone back to and loaded again."""
    return request.path + (f"?{request.GET.urlencode()}" if request.GET else "")


def turn(request: HttpRequest) -> HttpResponse:
    """The answer to filters that came by POST: the same page at its address."""
    return HttpResponseRedirect(here(request))
