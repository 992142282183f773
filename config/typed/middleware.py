"""Where a form that came too late is caught, and where it is given back."""

from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string

from .filling import Filled
from .keeping import SESSION, keep, keep_anew, kept, page_of, whose

# Read by static/sira.js: this form has been taken, what the device keeps of it is no longer needed.
TAKEN = "taken"


class SignInFirst(LoginRequiredMiddleware):
    """A form sent when the session is over is kept for its account; after signing in one comes to its page, not to an address without one."""

    def handle_no_permission(self, request: HttpRequest, view_func) -> HttpResponseBase:  # type: ignore[override]
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401)  # part of a page: a sign-in form in the middle of it helps nobody
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        return redirect_to_login(keep(request) or page_of(request), self.get_login_url(view_func), self.get_redirect_field_name(view_func))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is no longer the one of this browser: mostly made before somebody signed in anew in another tab."""
    if _from_here(request) and (page := keep(request)):
        return HttpResponseRedirect(page) if request.user.is_authenticated else redirect_to_login(page)  # type: ignore[return-value,union-attr]
    return render(request, "403_csrf.html", {"anothers": bool(whose(request))}, status=403)


def _from_here(request: HttpRequest) -> bool:
    """Was this sent by one of our own pages? What a foreign page sends is never laid before somebody as their own words."""
    origin = request.META.get("HTTP_ORIGIN") or request.META.get("HTTP_REFERER", "")
    address = urlsplit(origin)
    return f"{address.scheme}://{address.netloc}" in {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}


class TypedAgain:
    """Fills in what was kept, once, on the page it was typed on; says when a form has been taken."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = kept(request)
        response = self.get_response(request)
        if found and request.method == "GET" and request.get_full_path() == found["page"]:
            if _is_page(response):
                self._give_back(request, response, found)
            elif response.status_code in (301, 302, 303):  # the page is not to be had again: where one is led instead
                keep_anew(request, {**found, "page": response["Location"]})
        elif request.method == "POST" and response.status_code in (301, 302, 303) and SESSION not in request.session and whose(request):
            response.set_cookie(TAKEN, quote(request.path, safe=""), max_age=120, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax")
        return response

    def _give_back(self, request: HttpRequest, response: HttpResponse, found: dict) -> None:
        filled = Filled(response.content.decode(), page=found["page"], path=found["path"], fields=found["fields"])
        notice = render_to_string("components/typed_again.html", {"files": found["files"], "lost": filled.lost, "found": filled.found}, request)
        response.content = filled.place(notice).encode()
        request.session.pop(SESSION, None)


def _is_page(response: HttpResponseBase) -> bool:
    return response.status_code == 200 and not response.streaming and response.get("Content-Type", "").startswith("text/html")
