"""Personas, clients and the database of the tests. Reference data (centres, logframe, demonstration accounts) is in the template."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client, TransactionTestCase

from accounts.models import User
from centres.models import Centre

from . import databases


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        name = databases.own_name()
        databases.copy_template(name)
        databases.use(name)
        yield
        databases.drop(name)


def _copy_again(self: TransactionTestCase) -> None:
    """After a test that commits: the template again, with its reference data (flushing would lose that, and the logs forbid it)."""
    name = connections["default"].settings_dict["NAME"]
    databases.copy_template(name)


TransactionTestCase._fixture_teardown = _copy_again  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.API_PER_MINUTE = 1_000_000  # a minute of tests is one of many agents


@pytest.fixture
def persona(db) -> Callable[[str], User]:
    """One of the demonstration accounts: persona("agent.gao")."""
    return lambda username: User.objects.get(username=username)


@pytest.fixture
def as_user(persona) -> Callable[[str], Client]:
    """A browser in which this account is signed in."""

    def sign_in(username: str) -> Client:
        client = Client(raise_request_exception=True)
        client.force_login(persona(username))
        return client

    return sign_in


class JsonClient(Client):
    """Sends and expects JSON."""

    def send(self, method: str, path: str, data: Any = None, **extra: Any):
        return self.generic(method, path, json.dumps(data) if data is not None else b"", content_type="application/json", **extra)

    def post_json(self, path: str, data: Any):
        return self.send("POST", path, data)

    def patch_json(self, path: str, data: Any):
        return self.send("PATCH", path, data)


@pytest.fixture
def api_as(persona) -> Callable[[str], JsonClient]:
    def sign_in(username: str) -> JsonClient:
        client = JsonClient()
        client.force_login(persona(username))
        return client

    return sign_in


@pytest.fixture
def centre(db) -> Callable[[str], Centre]:
    """centre("GAO"), with its rooms, beds and services."""
    return lambda code: Centre.objects.get(code=code)
