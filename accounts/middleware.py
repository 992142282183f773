"""What holds for every signed-in request: time limits, and a first password that must be changed."""

import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

# Seconds between two notes of "still here" in the session, so that reading pages costs no write each time.
SEEN_STEP = 60


class NeverKept:
    """No page stays in the cache of a shared computer: those of packages and of errors too. What says otherwise itself may."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True, private=True)
        return response


class SessionLimits:
    """Ends a session after a time without a request, and after an absolute time, whatever happens in it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.session.session_key and request.user.is_authenticated:
            now = int(time.time())
            started = request.session.setdefault("started_at", now)
            seen = request.session.setdefault("seen_at", now)
            # A clock set back must not make a session immortal.
            idle, age = abs(now - seen), abs(now - started)
            if idle > settings.SESSION_IDLE_SECONDS or age > settings.SESSION_ABSOLUTE_SECONDS:
                logout(request)
                messages.info(request, _("Votre session a pris fin pour protéger les dossiers. Connectez-vous pour continuer."))
            elif idle > SEEN_STEP:
                request.session["seen_at"] = now
        return self.get_response(request)


class PasswordChangeDue:
    """A password given by an administrator opens only the page where it is changed."""

    ALLOWED = {"account_change_password", "account_logout", "account_reauthenticate", "set_language", "healthz", "readyz"}

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.user.is_authenticated and request.user.password_change_due and request.resolver_match.url_name not in self.ALLOWED:
            if request.path.startswith("/api/"):
                return None  # the API's own permission class refuses
            return redirect("account_change_password")
        return None
