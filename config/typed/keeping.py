"""Whose form it is, what of it is kept, and for how long."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme

from config.sealing import seal, unseal

FIELD = "typed_by"
SESSION = "typed"
_SALT = "sira.typed"
# As long as a session can last; a page older than that is nobody's any more.
LONGEST = settings.SESSION_ABSOLUTE_SECONDS
# Of all the text of one form; the longest questionnaire has some 30,000 characters.
MOST = 300_000
# Never kept, whatever page they stand on. Signing in, passwords and second factors are all below `/accounts/`, of which nothing is.
_SECRET = re.compile("token|password|secret|otp", re.IGNORECASE)
# Said anew by whoever sends the form again: the question is asked again.
_SAID_ANEW = frozenset({FIELD, "confirmed", "back"})
_NEVER = "/accounts/"


def account_of(user: Any) -> str:
    """A name of the account that says nothing about who it is."""
    return salted_hmac(_SALT, str(user.pk)).hexdigest()[:20]


def marker(request: HttpRequest) -> str:
    """For whom this page is made; empty for whoever is not signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return ""
    made = request.__dict__.get("_typed_by")
    if made is None:
        made = request.__dict__["_typed_by"] = signing.TimestampSigner(salt=_SALT).sign(account_of(user))
    return str(made)


def typed_names(names: Any) -> Iterator[str]:
    """The names of fields that somebody typed, without what belongs to the page."""
    return (name for name in names if name not in _SAID_ANEW and not _SECRET.search(name))


def whose(request: HttpRequest) -> str:
    """The account for which the form of this request was made; empty where it does not say, or no longer."""
    if request.method != "POST" or request.path.startswith(_NEVER):
        return ""
    try:
        return str(signing.TimestampSigner(salt=_SALT).unsign(request.POST.get(FIELD, ""), max_age=LONGEST))
    except signing.BadSignature:
        return ""


def page_of(request: HttpRequest) -> str:
    """The page on which the form stood: where it can be filled in again. Not every address a form is sent to has a page."""
    came_from = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        address = urlsplit(came_from)
        # two slashes would lead to another server
        if address.path.startswith("/") and not address.path.startswith(("//", _NEVER)):
            return f"{address.path}?{address.query}" if address.query else address.path
    return request.get_full_path()


def keep(request: HttpRequest) -> str:
    """Lays what this form says into the session, sealed. Returns the page to go back to; empty if nothing is kept: a stranger's form, one
    made for another account than the one that is signed in, one that is too long."""
    account = whose(request)
    if not account or (request.user.is_authenticated and account_of(request.user) != account):  # type: ignore[union-attr]
        return ""
    fields = {name: request.POST.getlist(name) for name in typed_names(request.POST)}
    files = [file.name for name in request.FILES for file in request.FILES.getlist(name) if hasattr(file, "name")]
    page = page_of(request)
    found = {"account": account, "at": int(time.time()), "path": request.path, "page": page, "fields": fields, "files": files}
    return page if keep_anew(request, found) else ""


def keep_anew(request: HttpRequest, found: dict[str, Any]) -> bool:
    text = json.dumps(found)
    if len(text) > MOST:
        return False
    request.session[SESSION] = seal(text)
    return True


def kept(request: HttpRequest) -> dict[str, Any] | None:
    """What is kept for whoever is signed in. What is another's, or too old, is thrown away."""
    if SESSION not in request.session or not request.user.is_authenticated:  # type: ignore[union-attr]
        return None
    try:
        found: dict[str, Any] = json.loads(unseal(request.session[SESSION]))
    except (InvalidToken, ValueError):
        found = {}
    if found.get("account") != account_of(request.user) or abs(time.time() - found["at"]) > LONGEST:
        del request.session[SESSION]
        return None
    return found
