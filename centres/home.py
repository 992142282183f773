"""The first page: what needs this user today, put together from what each floor registered."""

from typing import cast

from django.db.models import Exists
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User

from . import access
from .access import SIGNED_IN
from .navigation import HOME, may_any


@access.access(SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    offered = [card for card in HOME if may_any(user, card.rights)]
    asked = {card.template: Exists(card.rows(user).order_by()) for card in offered if card.rows is not None}
    found = User.objects.filter(pk=user.pk).values(**{f"has_{number}": exists for number, exists in enumerate(asked.values())}).get() if asked else {}
    empty = {template for template, there in zip(asked, found.values(), strict=True) if not there}
    cards = [(card, card.build(request)) for card in offered if card.template not in empty]
    shown = [{"template": card.template, "context": context} for card, context in cards if context is not None]
    return render(request, "centres/home.html", {"cards": shown, "postings": ", ".join(str(posting) for posting in access.roles_of(user))})


@access.access(SIGNED_IN)
def stay_signed_in(request: HttpRequest) -> HttpResponse:
    """The user said they are still there: the session goes on (accounts.middleware)."""
    return HttpResponse(status=204)
