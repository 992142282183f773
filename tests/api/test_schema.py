"""The API does what its own description says, and the description says what the API does."""

import functools
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from django.urls import Resolver404, resolve
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how
from hypothesis.errors import Unsatisfiable
from rest_framework.authtoken.models import Token
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from config.wsgi import application
from tests.test_access_matrix import OWN, SAMPLES, URLS, declaration_of, expected

# Each operation is tried by the first of these who may use it, and once by the last, who may use few.
PERSONAS = ["agent.gao", "returns.gao", "me.iom", "me.aecid", "flows", "outreach"]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PROBLEM = "application/problem+json"


@functools.cache
def description() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_description_is_valid_and_without_warnings():
    """As `manage.py spectacular --validate --fail-on-warn`."""
    GENERATOR_STATS.reset()
    validate_schema(SchemaGenerator().get_schema(request=None, public=True))
    assert dict(GENERATOR_STATS._warn_cache) == {}
    assert dict(GENERATOR_STATS._error_cache) == {}


def test_every_address_of_the_api_is_described():
    described = set(description()["paths"])
    for path in ("migrants/", "stays/", "assistance/", "return-cases/", "reintegration-cases/", "visits/", "flow-counts/", "activities/", "indicators/", "reports/"):
        assert f"/api/v1/{path}" in described


def sample_name(path: str) -> str | None:
    """The URL name behind a path of the description."""
    for value in (str(uuid.uuid4()), "1", "X"):
        try:
            return resolve(re.sub(r"\{\w+\}", value, path)).view_name
        except Resolver404:
            continue
    return None


def undone(call: Callable[[], None]) -> None:
    """Whatever the request wrote is undone, so that each example meets the same register."""
    with transaction.atomic():
        call()
        transaction.set_rollback(True)


@pytest.fixture
def one_connection():
    """As Django's own test client: the end of a request does not close the connection, in which the test's transaction lives."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("username", PERSONAS)
def test_answers_are_as_described(username, persona, centre):
    headers = {"Authorization": f"Token {Token.objects.get_or_create(user=persona(username))[0].key}", "Accept-Encoding": "identity"}
    schema = schemathesis.openapi.from_dict(description())
    schema.app = application
    for found in schema.get_all_operations():
        operation = found.ok()
        name = sample_name(operation.path)
        worker = _who_works_with(name, operation.method.upper())
        if username not in (worker, PERSONAS[-1]):
            continue
        own: dict[str, Any] = {}
        if "{" in operation.path and name in SAMPLES:
            kwargs = SAMPLES[name].kwargs(centre(OWN))
            own = dict(zip(re.findall(r"\{(\w+)\}", operation.path), map(str, kwargs.values()), strict=True))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for mode, examples in ((GenerationMode.POSITIVE, 4), (GenerationMode.NEGATIVE, 4)) if username == worker else ((GenerationMode.POSITIVE, 1),):
            _try(operation, mode, examples, own, headers)


def _who_works_with(name: str | None, method: str) -> str:
    declaration = declaration_of(name) if name else None
    if declaration is None:
        return PERSONAS[0]
    which = "own" if declaration.model is not None and URLS[name].pattern.converters else "none"
    able = [username for username in PERSONAS if expected(declaration, username, method, which, True) == "through"]
    return able[0] if able else PERSONAS[0]


def _try(operation: Any, mode: GenerationMode, examples: int, own: dict[str, Any], headers: dict[str, str]) -> None:
    if mode == GenerationMode.NEGATIVE and not (operation.body or operation.query):
        return  # nothing that could be sent wrong
    cases = operation.as_strategy(generation_mode=mode, **({"path_parameters": own} if own else {}))

    @how(max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def example(case: schemathesis.Case) -> None:
        def call() -> None:
            response = case.call(headers=headers)
            case.validate_response(response, checks=CHECKS, headers=headers)
            if response.status_code >= 400:
                assert response.headers["content-type"][0] == PROBLEM

        undone(call)

    with suppress(*([Unsatisfiable] if mode == GenerationMode.NEGATIVE else [])):
        example()


@pytest.mark.django_db
def test_refusals_are_problem_documents(api_as, client):
    """Each kind of refusal in the one shape of RFC 9457."""
    agent = api_as("agent.gao")
    refusals = {
        403: client.get("/api/v1/migrants/"),
        404: agent.get(f"/api/v1/migrants/{uuid.uuid4()}/"),
        405: agent.send("DELETE", "/api/v1/migrants/"),
        400: agent.post_json("/api/v1/migrants/", {"id": "not a key"}),
        415: agent.post("/api/v1/migrants/", {"id": "x"}),
    }
    for status, answer in refusals.items():
        assert answer.status_code == status
        assert answer["Content-Type"] == PROBLEM
        assert {"type", "title", "status"} <= set(answer.json())
        assert answer.json()["status"] == status
    assert "id" in refusals[400].json()["errors"]
    broken = agent.generic("POST", "/api/v1/migrants/", b"{not json", content_type="application/json")
    assert (broken.status_code, broken["Content-Type"]) == (400, PROBLEM)
