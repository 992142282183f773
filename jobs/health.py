"""Is it up, and is all of it there? For the supervisor, the container and the one who is called at night."""

import contextlib
import datetime

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from centres.access import ANYONE, access

from .models import WorkerPulse

WORKER_SILENCE = datetime.timedelta(seconds=60)


@access(ANYONE)
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@access(ANYONE)
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, broker and a worker answer; else 503, and which does not."""
    state = {"database": False, "broker": False, "worker": False}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        state["database"] = True
        pulse = WorkerPulse.objects.first()
        state["worker"] = pulse is not None and timezone.now() - pulse.at < WORKER_SILENCE
    except DatabaseError:
        pass
    with contextlib.suppress(redis.RedisError, OSError):
        state["broker"] = bool(redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2).ping())
    response = JsonResponse({"ready": all(state.values()), **state}, status=200 if all(state.values()) else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # "not yet" is an answer here, not a fault: whoever polls would fill the log
    return response
