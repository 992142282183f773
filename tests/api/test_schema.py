"""The API does what its own description says, and the description says what the API does."""

import functools
import json
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from django.urls import Resolver404, resolve, reverse
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
from returns.models import ReturnCase
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
        401: client.get("/api/v1/migrants/"),
        403: api_as("flows").get("/api/v1/migrants/"),
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


WRITES = sorted(
    (name, method)
    for name in set(URLS) & set(SAMPLES)
    if (found := declaration_of(name)) is not None and name.startswith("api-") and name != "api-schema"
    for method in ("POST", "PATCH", "PUT")
    if method in found.methods
)


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "method"), WRITES)
def test_a_field_that_is_not_taken_is_refused_in_words(name, method, api_as, centre):
    """Every write of the API, whatever its serializer: nothing that was sent is left out without a word."""
    sample = SAMPLES[name]
    usual = {"api-best-interest": ("protection", OWN), "api-visit": ("reintegration.kayes", "KAY"), "api-reintegration-cases": ("reintegration.kayes", "KAY")}
    username, code = usual.get(name) or (_who_works_with(name, method), OWN)
    path = reverse(name, kwargs=sample.kwargs(centre(code)))
    data = sample.data(centre(code)) if callable(sample.data) else sample.data
    worker = api_as(username)
    answer = worker.send(method, path, json.loads(json.dumps({**(data or {}), "zzz": 1}, default=str)))
    assert answer.status_code == 400, answer.content
    assert "inconnu" in answer.json()["errors"]["zzz"][0]


@pytest.mark.django_db
def test_a_return_is_not_moved_by_its_state_nor_renumbered_by_nothing(api_as, centre):
    client = api_as("returns.gao")
    case = ReturnCase.objects.get(pk=SAMPLES["api-return-case"].kwargs(centre(OWN))["pk"])
    path = f"/api/v1/return-cases/{case.pk}/"
    answer = client.patch_json(path, {"state": "arrived", "version": case.version})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["state"])
    unchanged = client.patch_json(path, {"version": case.version})
    assert (unchanged.status_code, unchanged.json()["version"], unchanged.json()["state"]) == (200, case.version, case.state)
    same = client.patch_json(path, {"version": case.version, "country_to": case.country_to})
    assert (same.status_code, same.json()["version"]) == (200, case.version)
    changed = client.patch_json(path, {"version": case.version, "place_to": "Une autre ville"})
    assert (changed.status_code, changed.json()["version"]) == (200, case.version + 1)


@pytest.mark.django_db
def test_an_address_that_is_none_is_a_problem_document_below_the_api_only(api_as):
    agent = api_as("agent.gao")
    for path in ("/api/v1/migrants/zzz/", "/api/", "/api/v2/migrants/"):
        answer = agent.get(path)
        assert (answer.status_code, answer["Content-Type"], answer.json()["status"]) == (404, PROBLEM, 404)
    page = agent.get("/migrants/zzz/")
    assert page.status_code == 404 and page["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_who_is_not_signed_in_is_told_how(client, api_as, persona):
    answer = client.get("/api/v1/migrants/")
    assert (answer.status_code, answer["WWW-Authenticate"], answer["Content-Type"]) == (401, "Token", PROBLEM)
    assert client.get("/api/v1/migrants/", HTTP_AUTHORIZATION="Token faux").status_code == 401
    refused = api_as("flows").get("/api/v1/migrants/")  # signed in, without the right
    assert refused.status_code == 403 and "WWW-Authenticate" not in refused
    due = persona("agent.gao")
    due.password_change_due = True
    due.save()
    assert api_as("agent.gao").get("/api/v1/migrants/").status_code == 403


@pytest.mark.django_db
def test_the_description_is_json_unless_yaml_is_asked_for(api_as):
    agent = api_as("agent.gao")
    for accept in ("", "*/*", "application/json"):
        answer = agent.get("/api/v1/schema/", **({"HTTP_ACCEPT": accept} if accept else {}))
        assert answer["Content-Type"].startswith("application/json") and answer.json()["openapi"].startswith("3.")
    yaml = agent.get("/api/v1/schema/", HTTP_ACCEPT="application/yaml")
    assert yaml["Content-Type"].startswith("application/yaml") and yaml.content.decode().startswith("openapi: 3.")
