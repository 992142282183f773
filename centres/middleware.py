"""Who sees names beyond one centre, and administrators, sign in with a second factor."""

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from audit.reading import reading_as

from . import access
from .roles import Right

_NAMES = (Right.VIEW_CASE, Right.VIEW_PROTECTION)


def needs_second_factor(user) -> bool:
    """True for administrators, auditors and everyone who sees names of more than one centre."""
    if access.may(user, Right.MANAGE_USERS) or access.may(user, Right.VIEW_AUDIT):
        return True
    return len({centre for right in _NAMES for centre in access.centres_for(user, right)}) > 1


class SecondFactorRequired:
    """Until the second factor is set up, such a user gets to the page that sets it up and nowhere else."""

    ALLOWED_PREFIXES = ("mfa_", "account_")
    ALLOWED = {"set_language", "healthz", "readyz"}

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not settings.SECOND_FACTOR_REQUIRED or not request.user.is_authenticated:
            return None
        name = request.resolver_match.url_name or ""
        if request.path.startswith("/api/"):
            return None  # the API's own permission class refuses, in its own words
        if name in self.ALLOWED or name.startswith(self.ALLOWED_PREFIXES):
            return None
        if needs_second_factor(request.user) and not is_mfa_enabled(request.user):
            messages.info(request, _("Votre rôle demande un second facteur : ajoutez une application d’authentification pour continuer."))
            return redirect("mfa_activate_totp")
        return None


class ReadAs:
    """What a page loads is loaded for whoever asks for it (audit.reading)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with reading_as(request.user):
            return self.get_response(request)
