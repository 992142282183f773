"""The first page: what needs this user today, put together from what each floor registered."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User

from . import access
from .access import SIGNED_IN
from .navigation import HOME, may_any


@access.access(SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    cards = [(card, card.build(request)) for card in HOME if may_any(request.user, card.rights)]
    shown = [{"template": card.template, "context": context} for card, context in cards if context is not None]
    return render(request, "centres/home.html", {"cards": shown, "postings": ", ".join(str(posting) for posting in access.roles_of(cast(User, request.user)))})


@access.access(SIGNED_IN)
def stay_signed_in(request: HttpRequest) -> HttpResponse:
    """The user said they are still there: the session goes on (accounts.middleware)."""
    return HttpResponse(status=204)
