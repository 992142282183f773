"""What holds for the whole API: one permission class, one error shape (RFC 9457), one kind of paging.

Named in settings, so nothing here may import a view of the framework at load time."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from redis.exceptions import RedisError
from rest_framework import exceptions, status
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from config.refusals import words_for
from config.throttle import address_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

from . import access
from .access import ANYONE, SIGNED_IN
from .middleware import needs_second_factor


class Declared(BasePermission):
    """Lets through only views that say what they need, to those who have it. The same table as for the pages."""

    def has_permission(self, request, view) -> bool:
        user = request.user
        wanted = getattr(view, "rights", None)
        if wanted is None and view.__class__.__module__.startswith("drf_spectacular"):
            wanted = SIGNED_IN
        if wanted is None:
            return False
        if wanted == ANYONE:
            return True
        if not user.is_authenticated or user.password_change_due:
            return False
        if settings.SECOND_FACTOR_REQUIRED and needs_second_factor(user) and not is_mfa_enabled(user):
            return False
        if wanted == SIGNED_IN:
            return True
        if view.lookup_field in view.kwargs and not getattr(view, "lists_within", False):
            return True  # decided on the object, after scope: out of scope must answer 404, not 403
        rights = view.write_rights if request.method not in ("GET", "HEAD", "OPTIONS") and view.write_rights else wanted
        return any(access.may(user, right) for right in rights)

    def has_object_permission(self, request, view, obj) -> bool:
        writing = request.method not in ("GET", "HEAD", "OPTIONS")
        rights = view.write_rights if writing and view.write_rights else view.rights
        return any(access.allows(request.user, right, obj, writing=writing) for right in rights)


class Pages(CursorPagination):
    """Pages by cursor: the last page costs what the first does."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-pk"

    def paginate_queryset(self, queryset, request, view=None):
        """A cursor that somebody made up (no date, a date the database can't hold) is as absent as one that is no cursor."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (DataError, ValidationError, ValueError, OverflowError) as error:
            raise exceptions.NotFound(self.invalid_cursor_message) from error


class TooMany(exceptions.Throttled):
    default_detail = _("Trop de demandes en une minute. Attendez un peu, puis recommencez : rien de cette demande n’a été enregistré.")

    def __init__(self, wait: float | None):
        super().__init__()  # its own words for the time to wait are English
        self.wait = wait


class EachMinute(BaseThrottle):
    """So many requests of one account in a minute, by `API_PER_MINUTE`. Counted in Redis, for all server processes together; while Redis is
    away nobody is held up."""

    def allow_request(self, request, view) -> bool:
        who = request.user.pk if request.user.is_authenticated else address_of(request)
        key = f"api:{who}:{int(time.time() // 60)}"
        try:
            caches["counts"].add(key, 0, 120)
            return caches["counts"].incr(key) <= settings.API_PER_MINUTE
        except (RedisError, ValueError):  # away, or emptied in between
            return True

    def wait(self) -> float:
        return 60 - time.time() % 60


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """RFC 9457 problem details for whatever goes wrong: type, title, status, detail, and `errors` by field."""
    from rest_framework import serializers
    from rest_framework.views import exception_handler

    error = words_for(error) or error
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError(serializers.as_serializer_error(error))
    elif isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, exceptions.Throttled):
        error = TooMany(getattr(error, "wait", None))
    response = exception_handler(error, context)
    if response is None:
        return None
    body: dict[str, Any] = {"type": "about:blank", "status": response.status_code}
    if isinstance(error, exceptions.ValidationError):
        body["title"] = str(exceptions.ValidationError.default_detail)
        body["errors"] = response.data if isinstance(response.data, dict) else {"non_field_errors": response.data}
        whole = body["errors"].get("non_field_errors") or [None]
        if (code := getattr(whole[0], "code", "invalid")) != "invalid":
            body["code"] = code  # why a service refused, for machines
    else:
        words = str(getattr(error, "default_detail", error))
        body["detail"] = str(getattr(error, "detail", error))
        body["title"] = body["detail"] if "{" in words else words  # those with a place for a value have it filled in the detail only
    if survivor := getattr(error, "survivor", None):
        body["survivor"] = str(survivor)  # the key to use instead
    response.data = body
    response.content_type = "application/problem+json"
    return response


def _page_or_problem(request: HttpRequest, status_code: int, title: "StrPromise", page: Callable[..., HttpResponse], *args: Any) -> HttpResponse:
    if not request.path.startswith("/api/"):
        return page(request, *args)
    body = {"type": "about:blank", "status": status_code, "title": str(title), "detail": str(title)}
    return JsonResponse(body, status=status_code, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False})


# What Django answers outside any view of the API: an address that no view has, a request it does not accept, a fault.
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page_or_problem(request, 404, _("Il n’y a rien à cette adresse."), defaults.page_not_found, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page_or_problem(request, 400, _("Cette demande n’est pas lisible."), defaults.bad_request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page_or_problem(request, 403, _("Vous n’avez pas le droit de faire cela."), defaults.permission_denied, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _page_or_problem(request, 500, _("Une erreur inattendue s’est produite. Elle est notée dans le journal du serveur."), defaults.server_error)


class Conflict(exceptions.APIException):
    """The same client-made key was used for something else."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("Conflit avec ce qui est déjà enregistré.")
    default_code = "conflict"
